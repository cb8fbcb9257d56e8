"""Linear discriminant analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class LDA(Learner):
    """Linear discriminant analysis: classes are clouds of the same shape around their means. For classes only.

    Very fast, with nothing to set, and good with few labels on many features, since the shape is learnt from all classes together and
    drawn towards a sphere as far as the labels ask for. Choose another method where classes have several kinds of places in them.
    """

    id = "lda"
    title = "Linear discriminant analysis"
    numbers = False
    source = "https://doi.org/10.1016/S0047-259X(03)00096-4"

    shrinkage: float | None = f.number(
        "Shrinkage", None, minimum=0, maximum=1, advanced=True,
        help="1: all bands vary alike and on their own. 0: just as the labels show. Empty: what suits their number.",
    )  # fmt: skip

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """With one covariance for all classes. Where they count alike, so do they beforehand."""
        from ..engine.methods.estimators_learners import DiscriminantAnalysis
        from ..engine.methods.estimators_supervised import WithProbabilities

        return WithProbabilities(DiscriminantAnalysis(self.shrinkage), balanced, seed)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Shrinkage, by hand."""
        return {"shrinkage": [None, 0.1, 0.5, 0.9]} if level == "thorough" else {}
