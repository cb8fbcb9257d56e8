"""Gradient boosting on histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class GradientBoosting(Learner):
    """Gradient boosting: trees are grown one after the other, each where those before are still wrong.

    The most accurate of the tree methods where there are thousands of labels, in any mix of rasters. With fewer than some hundred it
    learns the labels by heart: prefer a random forest or logistic regression. Training is slow with hundreds of bands.
    """

    id = "gradient_boosting"
    title = "Gradient boosting"
    scales = False
    source = "https://doi.org/10.1214/aos/1013203451"

    trees: int = f.integer(
        "Trees", 100, minimum=1, maximum=5000, help="More, with a lower learning rate: finer and slower."
    )
    rate: float = f.number(
        "Learning rate",
        0.1,
        minimum=0.001,
        maximum=1,
        advanced=True,
        help="How much of each tree's correction is kept. Smaller: steadier, with more trees.",
    )
    leaves: int = f.integer(
        "Leaves of a tree",
        8,
        minimum=2,
        maximum=1024,
        advanced=True,
        help="More: bands act together in more intricate ways.",
    )
    leaf: int = f.integer(
        "Labels in a leaf",
        3,
        minimum=1,
        maximum=10_000,
        advanced=True,
        help="At least. More: less is learnt by heart.",
    )
    share: float = f.number(
        "Bands tried at a split", 20.0, minimum=1, maximum=100, unit="%", advanced=True,
        help="Drawn anew each time. Fewer: faster, and trees differ more. With fewer than 20 bands all are tried.",
    )  # fmt: skip

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's, without a part that is held back to stop early."""
        from ..engine.methods.estimators_learners import Boosted

        return Boosted(task, self.trees, self.rate, self.leaves, self.leaf, self.share / 100, balanced, seed)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Size of leaves; thorough: how many of them, and how fast it learns."""
        leaf = {"leaf": [3, 1, 10]}
        return leaf if level == "quick" else {**leaf, "leaves": [8, 2, 31], "rate": [0.1, 0.03]}
