"""Random forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class RandomForest(Learner):
    """Random forest: many decision trees, each grown on a part of the labels and bands, vote.

    A robust choice that needs no settings, whatever the bands measure and however they are scaled: good for rasters of different
    kinds stacked together, and for hundreds of labels and more. With a handful of labels on many features, logistic
    regression does better. Training takes seconds, mapping is slower than with linear methods.
    """

    id = "random_forest"
    title = "Random forest"
    scales = False
    levels = False
    source = "https://doi.org/10.1023/A:1010933404324"

    trees: int = f.integer(
        "Trees", 300, minimum=1, maximum=10_000, help="More: steadier, slower, and a larger model file."
    )
    leaf: int = f.integer(
        "Labels in a leaf", 1, minimum=1, maximum=1000, advanced=True,
        help="A tree stops where fewer are left. More: smoother maps, and less harm by wrong labels.",
    )  # fmt: skip
    share: str = f.choice(
        "Bands tried at a split", ("root", "third", "all"), "root", advanced=True,
        help="root: the square root of their number. Fewer make trees more different, which helps where many bands tell the same.",
    )  # fmt: skip

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        tried: Any = {"root": "sqrt", "third": 1 / 3, "all": 1.0}[self.share]
        options = {"min_samples_leaf": self.leaf, "max_features": tried, "n_jobs": -1, "random_state": seed}
        if task == "numbers":
            return RandomForestRegressor(self.trees, **options)
        return RandomForestClassifier(self.trees, class_weight="balanced" if balanced else None, **options)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Size of leaves; thorough: bands at a split too."""
        leaves = {"min_samples_leaf": [1, 3, 10]}
        return leaves if level == "quick" else {**leaves, "max_features": ["sqrt", 1 / 3, 1.0]}
