"""Bisecting k-means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class BisectingKMeans(Clustering):
    """Bisecting k-means: one cluster is divided in two, then another, until there are as many as asked for.

    The clusters of a run with more of them lie within those of a run with fewer, so that a coarse map and a fine one agree.
    Fast, also for hundreds of clusters; clusters come out more even in size than with k-means.
    """

    id = "bisecting_kmeans"
    title = "bisecting k-means"
    cells = 50_000
    source = "https://scikit-learn.org/stable/modules/clustering.html#bisecting-k-means"

    clusters: int = f.integer(
        "Number of clusters", 8, minimum=1, maximum=1000, help="The most to try where a score chooses."
    )
    choose: str = f.choice(
        "Choose the number by", ("given", "silhouette", "elbow", "BIC"), "given",
        help="given: as many as asked for. Otherwise the best of 2 to that many, with the curve in the report.",
    )  # fmt: skip
    divide: str = f.choice(
        "Divide next", ("widest", "largest"), "widest", advanced=True,
        help="widest: the cluster whose cells lie farthest from their mean, all in all. largest: the one with most cells.",
    )  # fmt: skip
    starts: int = f.integer(
        "Starts", 3, minimum=1, maximum=100, advanced=True,
        help="Runs of each division from other first means, of which the best counts.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import possible

        clusters = possible(lesson, self.clusters, self.title)
        if self.choose == "given":
            return self._fit(lesson, clusters), {}
        from ..engine.number_of_clusters import best_number

        count, facts = best_number(lesson, self._fit, clusters, self.choose)
        return self._fit(lesson, count), facts

    def _fit(self, lesson: Lesson, count: int) -> Any:
        from ..engine.methods.bisecting import bisect

        return bisect(lesson, count, self.starts, self.divide == "largest")
