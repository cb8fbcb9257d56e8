"""Birch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class Birch(Clustering):
    """Birch: gathers cells into many small balls first, then joins the balls into as many clusters as asked for.

    Joins balls as agglomerative clustering joins cells, but sees many more of them. Fast. A cell gets the cluster of the
    nearest ball.
    """

    id = "birch"
    title = "Birch"
    cells = 50_000
    compress = 15
    source = "https://doi.org/10.1145/233269.233324"

    clusters: int = f.integer(
        "Number of clusters", 8, minimum=1, maximum=1000, help="How many the balls are joined into."
    )
    radius: float | None = f.number(
        "Radius of the balls", None, minimum=1e-12, advanced=True,
        help="In scaled features. Empty: found by trying, so that there are at most 2000 balls; the log tells it.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import possible
        from ..engine.methods.balls import birch

        return birch(lesson, possible(lesson, self.clusters, self.title), self.radius)
