"""K nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class KNN(Learner):
    """k nearest neighbours: each cell gets what the labelled cells have whose features are most like its own.

    Nothing is fitted, so the result is easy to understand, and a few labels are enough where features are good. With many
    bands that tell nothing it suffers: compress first. Mapping takes longer the more labels there are.
    Where classes count alike, the vote of a neighbour weighs less the more labels its class has.
    """

    id = "knn"
    title = "k nearest neighbours"
    source = "https://doi.org/10.1109/TIT.1967.1053964"

    neighbours: int = f.integer(
        "Neighbours", 5, minimum=1, maximum=1000, help="1: the most similar label decides. More: smoother, but classes of few labels lose."
    )  # fmt: skip
    weights: str = f.choice(
        "Weights", ("distance", "alike"), "distance", advanced=True, help="distance: the nearer ones count more."
    )

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """Compares with all examples."""
        from ..engine.methods.estimators_learners import NearestNumbers, NearestVotes
        from ..engine.methods.estimators_supervised import WithProbabilities

        if task == "numbers":
            return NearestNumbers(self.neighbours, self.weights)
        return WithProbabilities(NearestVotes(self.neighbours, self.weights), balanced, seed)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Number of neighbours."""
        tried = [k for k in ([5, 1, 15] if level == "quick" else [5, 1, 3, 9, 15, 31]) if k <= max(1, examples // 2)]
        return {"neighbours": tried}
