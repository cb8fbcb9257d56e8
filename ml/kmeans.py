"""K-means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson

#: cells that first means are tried on, and how many there are of each cluster at least
_TRIAL_CELLS, _CELLS_OF_EACH = 25_000, 30


@dataclass(init=False, repr=False, eq=False)
class KMeans(Clustering):
    """K-means: as many clusters as asked for, each around its mean. Fast on any raster, the safe first choice.

    Clusters come out about equally wide. The number of clusters can be left to a score: *silhouette* looks for clusters that
    keep apart, *elbow* for the number after which more of them gain little, *BIC* weighs fit against number.
    """

    id = "kmeans"
    title = "k-means"
    cells = 50_000
    source = "https://scikit-learn.org/stable/modules/clustering.html#k-means"

    clusters: int = f.integer(
        "Number of clusters", 8, minimum=1, maximum=1000, help="The most to try where a score chooses."
    )
    choose: str = f.choice(
        "Choose the number by", ("given", "silhouette", "elbow", "BIC"), "given",
        help="given: as many as asked for. Otherwise the best of 2 to that many, with the curve in the report.",
    )  # fmt: skip
    starts: int = f.integer(
        "Starts",
        10,
        minimum=1,
        maximum=100,
        advanced=True,
        help="Runs from other first means on a small part of the sample; the best goes on with all of it.",
    )

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
        import numpy as np
        from sklearn.cluster import KMeans as Model

        from ..engine.methods.estimators import NeighbourVote

        # many starts find a better end than many cells do
        trial = lesson.portion(max(_TRIAL_CELLS, _CELLS_OF_EACH * count))
        model = Model(count, n_init=self.starts, random_state=lesson.seed).fit(trial.x)
        if len(trial.x) < len(lesson.x):
            model = Model(count, init=model.cluster_centers_, n_init=1, random_state=lesson.seed).fit(lesson.x)
        return NeighbourVote(model.cluster_centers_.astype(np.float32), np.arange(count))
