"""Spectral clustering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class Spectral(Clustering):
    """Spectral clustering: cuts the web of nearest neighbours where it is thinnest; follows clusters of any shape.

    Every cell belongs to a cluster, also where they are bent or ring-shaped. Slow, so it is fitted on few cells: every
    other cell gets the cluster of the nearest of them.
    """

    id = "spectral"
    title = "spectral"
    cells = 5_000
    compress = 10
    most_cells = 30_000
    source = "https://scikit-learn.org/stable/modules/clustering.html#spectral-clustering"

    clusters: int = f.integer("Number of clusters", 8, minimum=2, maximum=200, help="How many the web is cut into.")
    neighbours: int = f.integer(
        "Neighbours", 15, minimum=2, maximum=200, help="In the web. More: broader bridges between clusters."
    )

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import at_least, possible
        from ..engine.methods.affinity import cut_web

        at_least(lesson, self.neighbours + 1, f"spectral clustering with {self.neighbours} neighbours")
        return cut_web(lesson, possible(lesson, self.clusters, self.title), self.neighbours), {}
