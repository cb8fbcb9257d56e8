"""Logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner

#: strength 1 as C and alpha of scikit-learn: 0.1 beat 1 and 0.01 with 5 labels of each of 5 classes on 224 bands (EnMAP, Potsdam)
LOGISTIC, RIDGE = 0.1, 100.0
_QUICK, _THOROUGH = (1, 0.1, 10), (1, 0.1, 10, 0.01, 100, 0.001)


@dataclass(init=False, repr=False, eq=False)
class Logistic(Learner):
    """Logistic regression: a weighted sum of the bands for each class. The first choice for a handful of labels on features.

    Features of an encoder hold what is seen already, so that a straight cut through them is enough, and there is little that
    could be learnt by heart. Probabilities mean what they say. Training and mapping take seconds. On raw bands, where classes are
    not told apart by sums, try a random forest. Numbers are learnt by ridge regression.
    """

    id = "logistic"
    title = "Logistic regression"
    source = "https://doi.org/10.2307/2347628"

    strength: float = f.number(
        "Strength", 1.0, minimum=1e-6, maximum=1e6,
        help="How closely labels are followed. Smaller: steadier, for few or wrong labels. Larger: for many labels that can be trusted.",
    )  # fmt: skip
    rounds: int = f.integer(
        "Rounds", 1000, minimum=10, maximum=100_000, advanced=True, help="Of the search for weights, at most."
    )

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's: L2."""
        from sklearn.linear_model import LogisticRegression, Ridge

        if task == "numbers":
            return Ridge(RIDGE / self.strength)
        return LogisticRegression(
            C=LOGISTIC * self.strength, max_iter=self.rounds, class_weight="balanced" if balanced else None
        )

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Strength: of classes, and as its inverse of numbers."""
        powers = _QUICK if level == "quick" else _THOROUGH
        return {
            "C": [self.strength * LOGISTIC * p for p in powers],
            "alpha": [RIDGE / self.strength / p for p in powers],
        }
