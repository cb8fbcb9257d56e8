"""DBSCAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class DBSCAN(Clustering):
    """DBSCAN: cells that hang together at one distance make a cluster; what has too few neighbours there is noise.

    One density for the whole raster: HDBSCAN, which needs no distance, is mostly the better choice. Fitted on a sample: any
    other cell belongs to the cluster of the nearest dense cell of the sample within the distance, or is noise.
    """

    id = "dbscan"
    title = "DBSCAN"
    cells = 20_000
    compress = 10
    source = "https://dl.acm.org/doi/10.5555/3001460.3001507"

    distance: float | None = f.number(
        "Distance", None, minimum=1e-12,
        help="Between neighbours, in scaled features. Empty: the knee of the sorted distances to the last neighbour; the log tells it.",
    )  # fmt: skip
    neighbours: int = f.integer(
        "Neighbours",
        10,
        minimum=2,
        maximum=1000,
        help="Cells of the sample within the distance that make a place dense.",
    )

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import at_least
        from ..engine.methods.density import dbscan, knee_of_distances

        at_least(lesson, self.neighbours + 1, f"DBSCAN with {self.neighbours} neighbours")
        distance = self.distance or knee_of_distances(lesson.x, self.neighbours)
        return dbscan(lesson, distance, self.neighbours), {"distance": float(f"{distance:.6g}")}
