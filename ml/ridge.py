"""Ridge classification and regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class RidgeLearner(Learner):
    """Ridge: a weighted sum of the bands that is kept small, found in one step. The fastest method there is.

    For numbers, such as heights, shares or biomass, the first choice with few labels on features. Classes are learnt as numbers 1 and
    -1, which is about as good as logistic regression, faster with thousands of labels, but probabilities are estimates.
    """

    id = "ridge"
    title = "Ridge"
    source = "https://doi.org/10.1080/00401706.1970.10488634"

    penalty: float = f.number(
        "Penalty", 100.0, minimum=1e-6, maximum=1e9,
        help="Larger: steadier, for few labels or many bands. Smaller: follows the labels more closely.",
    )  # fmt: skip

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's."""
        from sklearn.linear_model import Ridge, RidgeClassifier

        from ..engine.methods.estimators_supervised import WithProbabilities

        if task == "numbers":
            return Ridge(self.penalty)
        return WithProbabilities(
            RidgeClassifier(self.penalty, class_weight="balanced" if balanced else None), seed=seed
        )

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Penalty."""
        powers = (1, 0.1, 10) if level == "quick" else (1, 10, 0.1, 100, 0.01, 1000)
        return {"alpha": [self.penalty * power for power in powers]}
