"""Affinity propagation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class AffinityPropagation(Clustering):
    """Affinity propagation: cells choose among themselves those that stand for others; finds the number of clusters itself.

    Each cluster has a cell that stands for it. Compares all cells of its sample with each other, so that this must be
    small: every other cell gets the cluster of the nearest of those that stand for others.
    """

    id = "affinity_propagation"
    title = "affinity propagation"
    cells = 2_000
    compress = 10
    most_cells = 5_000
    source = "https://doi.org/10.1126/science.1136800"

    preference: float = f.number(
        "Readiness", 0, minimum=-1000, maximum=100, unit="%",
        help="To stand for others, between the least (0) and the middle (100) of all similarities. More: more clusters. Below 0: fewer still.",
    )  # fmt: skip
    damping: float = f.number(
        "Damping", 0.8, minimum=0.5, maximum=0.99, advanced=True, help="Higher where the method does not come to rest."
    )
    rounds: int = f.integer(
        "Rounds at most",
        500,
        minimum=10,
        maximum=10_000,
        advanced=True,
        help="More where the method does not come to rest.",
    )

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import at_least
        from ..engine.methods.affinity import propagate

        at_least(lesson, 2, self.title)
        return propagate(lesson, self.preference / 100, self.damping, self.rounds), {}
