"""Extremely randomised trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class ExtraTrees(Learner):
    """Extra trees: like a random forest, but splits are drawn at random, which makes smoother maps.

    Often as good as a random forest or a little better where many bands tell the same, as features do, and faster to train.
    Choose it when a random forest draws sharp borders that are not there.
    """

    id = "extra_trees"
    title = "Extra trees"
    scales = False
    levels = False
    source = "https://doi.org/10.1007/s10994-006-6226-1"

    trees: int = f.integer(
        "Trees", 300, minimum=1, maximum=10_000, help="More: steadier, slower, and a larger model file."
    )
    leaf: int = f.integer(
        "Labels in a leaf", 1, minimum=1, maximum=1000, advanced=True,
        help="A tree stops where fewer are left. More: smoother maps, and less harm by wrong labels.",
    )  # fmt: skip
    share: str = f.choice(
        "Bands tried at a split", ("root", "third", "all"), "root", advanced=True,
        help="root: the square root of their number. More: each tree is better, but they are less different.",
    )  # fmt: skip

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's."""
        from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

        tried: Any = {"root": "sqrt", "third": 1 / 3, "all": 1.0}[self.share]
        options = {"min_samples_leaf": self.leaf, "max_features": tried, "n_jobs": -1, "random_state": seed}
        if task == "numbers":
            return ExtraTreesRegressor(self.trees, **options)
        return ExtraTreesClassifier(self.trees, class_weight="balanced" if balanced else None, **options)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Size of leaves; thorough: bands at a split too."""
        leaves = {"min_samples_leaf": [1, 3, 10]}
        return leaves if level == "quick" else {**leaves, "max_features": ["sqrt", 1 / 3, 1.0]}
