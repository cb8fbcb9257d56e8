"""Clusters as places where cells lie dense: DBSCAN, HDBSCAN, and the search for a distance that suits them."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ..fitting import Lesson
from ..number_of_clusters import farthest_from_chord
from .estimators import NeighbourVote, nearest
from .estimators_cluster import Densities, densities

log = logging.getLogger(__name__)

#: cells whose distances to all others are held at once
_ROWS = 1_000


def knee_of_distances(x: np.ndarray, neighbours: int) -> float:
    """A distance beyond which cells lie alone: the knee of the sorted distances to the *neighbours*-th cell around each.

    The curve is that of Ester et al. (1996), section 4.2, https://dl.acm.org/doi/10.5555/3001460.3001507.
    """
    far = np.sort(nearest(x, neighbours, x)[0][:, -1])
    found = float(far[farthest_from_chord(np.arange(len(far)), far)])
    # most cells are the same as others: any distance that tells those from the rest does
    return found or float(far[far > 0].min(initial=np.inf)) / 2 if far.any() else 1.0


def dbscan(lesson: Lesson, reach: float, neighbours: int) -> NeighbourVote:
    """DBSCAN without its matrix: cells that have enough others within *reach*, and which of them hang together.

    Args:
        neighbours: cells within reach, itself included, that make a cell dense.

    Returns:
        The vote of dense cells: other cells belong to the cluster of the nearest within reach, or are noise.
    """
    x = lesson.x.astype(np.float64)
    lengths = np.einsum("ij,ij->i", x, x)

    def within(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        squares = lengths[rows][:, None] - 2 * x[rows] @ x[others].T + lengths[others]
        return np.asarray(squares <= reach**2 * (1 + 1e-12))

    everything = np.arange(len(x))
    count = np.empty(len(x), np.int64)
    for start in range(0, len(x), _ROWS):
        lesson.ctx.progress(start, 2 * len(x), "cells", "fit")
        rows = everything[start : start + _ROWS]
        count[rows] = within(rows, everything).sum(1)
    dense = np.flatnonzero(count >= neighbours)
    labels = np.full(len(x), -1, np.int64)
    alone, clusters = dense, 0
    while len(alone):
        waiting, labels[alone[0]] = alone[:1], clusters
        alone = alone[1:]
        while len(waiting) and len(alone):
            lesson.ctx.progress(2 * len(x) - len(alone), 2 * len(x), "cells", "fit")
            reached = within(waiting[:_ROWS], alone).any(0)
            labels[alone[reached]] = clusters
            waiting = np.concatenate([waiting[_ROWS:], alone[reached]])
            alone = alone[~reached]
        clusters += 1
    return NeighbourVote.of(lesson.x[dense], labels[dense], reach)


def hdbscan(lesson: Lesson, smallest: int, neighbours: int, selection: str, package: bool = True) -> Densities:
    """HDBSCAN, by the package of that name, or by scikit-learn where it is missing.

    Args:
        smallest: cells of the smallest cluster.
        neighbours: cells around one that make its density.
        selection: ``eom`` or ``leaf``.
        package: False for scikit-learn in any case.
    """
    try:
        return (_by_package if package else _by_scikit_learn)(lesson.x, smallest, neighbours, selection)
    except ImportError:
        log.info("the package hdbscan is not installed: scikit-learn's HDBSCAN does it")
        return _by_scikit_learn(lesson.x, smallest, neighbours, selection)


def _by_package(x: np.ndarray, smallest: int, neighbours: int, selection: str) -> Densities:
    from hdbscan import HDBSCAN

    # one process: others would be started as copies of the worker
    model = HDBSCAN(
        min_cluster_size=smallest,
        min_samples=neighbours,
        cluster_selection_method=selection,
        core_dist_n_jobs=1,
        prediction_data=True,
    ).fit(x)
    seen, tree = model.prediction_data_, model.condensed_tree_.to_numpy()
    cells = tree[tree["child_size"] == 1]
    cells = cells[cells["child"] < len(x)]
    levels = np.zeros(len(x))
    levels[cells["child"]] = cells["lambda_val"]
    born = dict(zip(tree["child"].tolist(), tree["lambda_val"].tolist()))
    nodes = [seen.reverse_cluster_map[i] for i in range(int(model.labels_.max(initial=-1)) + 1)]
    births, peaks = [born[node] for node in nodes], [seen.max_lambdas[node] for node in nodes]
    return _densities(x, seen.core_distances, model.labels_, levels, births, peaks, neighbours)


def _by_scikit_learn(x: np.ndarray, smallest: int, neighbours: int, selection: str) -> Densities:
    """What scikit-learn tells is less: the densities are found from the strengths and the distances."""
    from sklearn.cluster import HDBSCAN

    # it counts a cell among its own neighbours
    model = HDBSCAN(
        min_cluster_size=smallest, min_samples=neighbours + 1, cluster_selection_method=selection, copy=True
    ).fit(x)
    labels, strength = model.labels_, model.probabilities_
    distance, index = NearestNeighbors(n_neighbors=min(2 * neighbours + 1, len(x))).fit(x).kneighbors(x)
    core = distance[:, min(neighbours, len(x) - 1)]
    reach = np.maximum(np.maximum(core[index[:, 1:]], core[:, None]), distance[:, 1:]).min(1)
    # strength = level / peak, and no cell leaves before it is farther from the others than it is
    tightest = densities(reach)
    count = int(labels.max(initial=-1)) + 1
    peaks, births, levels = np.ones(count), np.zeros(count), tightest.copy()
    for one in range(count):
        inside = labels == one
        peaks[one] = (tightest[inside] / np.maximum(strength[inside], 1e-12)).min()
        levels[inside] = strength[inside] * peaks[one]
        births[one] = levels[inside].min() * (1 - 1e-9)
    return _densities(x, distance[:, min(neighbours - 1, len(x) - 1)], labels, levels, births, peaks, neighbours)


def _densities(
    x: np.ndarray, core: Any, labels: Any, levels: Any, births: Any, peaks: Any, neighbours: int
) -> Densities:
    most = np.finfo(np.float64).max
    core, levels, births, peaks = (
        np.nan_to_num(np.asarray(one, np.float64), posinf=most) for one in (core, levels, births, peaks)
    )
    return Densities(np.asarray(x, np.float32), core, np.asarray(labels, np.int64), levels, births, peaks, neighbours)
