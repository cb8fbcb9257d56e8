"""Clusters from how alike cells are two by two: affinity propagation and spectral clustering."""

from __future__ import annotations

import logging
import warnings

import numpy as np
from sklearn.cluster import AffinityPropagation, SpectralClustering
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances

from ...contract.errors import BadRequest
from ..fitting import Lesson
from .estimators import NeighbourVote

log = logging.getLogger(__name__)


def propagate(lesson: Lesson, readiness: float, damping: float, rounds: int) -> NeighbourVote:
    """Affinity propagation.

    Args:
        readiness: of cells to stand for others: 0 for the least similarity, 1 for the middle one, and on either side of them.

    Raises:
        BadRequest: no cell stands for others after so many rounds.
    """
    alike = -pairwise_distances(lesson.x, metric="sqeuclidean").astype(np.float64)
    least, middle = float(alike.min()), float(np.median(alike))
    model = AffinityPropagation(
        affinity="precomputed", preference=least + readiness * (middle - least), damping=damping, max_iter=rounds,
        random_state=lesson.seed, copy=False,
    )  # fmt: skip
    with warnings.catch_warnings():
        # told below, in words; and where all cells are as far from each other, any of them may stand for the rest
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)
        model.fit(alike)
    chosen = np.asarray(model.cluster_centers_indices_, np.int64)
    if not len(chosen):
        raise BadRequest(f"affinity propagation finds no clusters in {rounds} rounds", "raise damping, rounds, or both")
    if model.n_iter_ >= rounds:
        log.warning("affinity propagation has not come to rest in %d rounds: raise damping or rounds", rounds)
    return NeighbourVote(lesson.x[chosen], np.arange(len(chosen)))


def cut_web(lesson: Lesson, clusters: int, neighbours: int) -> NeighbourVote:
    """Spectral clustering of the web of nearest neighbours."""
    if clusters < 2:
        return NeighbourVote(lesson.x[:1], np.zeros(1, np.int64))
    model = SpectralClustering(
        clusters,
        affinity="nearest_neighbors",
        n_neighbors=neighbours,
        assign_labels="cluster_qr",
        random_state=lesson.seed,
    )
    with warnings.catch_warnings():
        # a web in several pieces is cut between them first, as it should be
        warnings.simplefilter("ignore", UserWarning)
        labels = model.fit(lesson.x).labels_
    return NeighbourVote.of(lesson.x, labels)
