"""Distances to the centres of k-means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class KMeansDistances(Reduction):
    """How far each cell is from the middle of each of so many kinds of places, found by k-means: dark is alike.

    A soft version of the clusters of *Cluster: k-means*, and a good input for other tools with ten or more components. The
    largest kind comes first.
    """

    id = "kmeans_distances"
    title = "Distances to k-means"
    widens = True
    source = "https://scikit-learn.org/stable/modules/clustering.html#k-means"

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """K-means on the sample."""
        import numpy as np
        from sklearn.cluster import KMeans

        from ..engine.methods.embedding import distinct
        from ..engine.methods.estimators_reduce import CentreDistance

        distinct(lesson, components, f"k-means with {components} centres")
        model = KMeans(components, n_init=3, random_state=lesson.seed).fit(lesson.x)
        order = np.argsort(-np.bincount(model.labels_, minlength=components), kind="stable")
        return CentreDistance(np.ascontiguousarray(model.cluster_centers_[order], np.float32)), {}
