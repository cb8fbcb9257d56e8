"""K-means that divides one cluster after the other in two."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from ..fitting import Lesson
from .estimators_cluster import MeansTree


def bisect(lesson: Lesson, clusters: int, starts: int, largest: bool) -> MeansTree:
    """Divide the sample into *clusters*, or fewer where the cells of the rest are all the same.

    Args:
        starts: runs of each division, of which the best counts.
        largest: divide that cluster next which has the most cells, not that with the most squared distance from its mean.
    """
    x = lesson.x
    means, children = [x.mean(0)], [(-1, -1)]
    leaves = {0: np.arange(len(x))}
    weights = {0: _weight(x, largest)}
    while len(leaves) < clusters and max(weights.values()) > 0:
        lesson.ctx.progress(len(leaves), clusters, "clusters", "fit")
        fork = max(weights, key=lambda node: (weights[node], -node))
        cells = leaves.pop(fork)
        del weights[fork]
        halves = KMeans(2, n_init=starts, random_state=lesson.seed, copy_x=False).fit(x[cells])
        children[fork] = len(means), len(means) + 1
        for side in (0, 1):
            inside = cells[halves.labels_ == side]
            leaves[len(means)], weights[len(means)] = inside, _weight(x[inside], largest)
            means.append(halves.cluster_centers_[side])
            children.append((-1, -1))
    labels = np.full(len(means), -1, np.int64)
    labels[list(leaves)] = np.arange(len(leaves))
    return MeansTree(np.asarray(means, np.float32), np.asarray(children, np.int64), labels)


def _weight(x: np.ndarray, largest: bool) -> float:
    """How much a cluster asks to be divided; 0 where it can't be."""
    spread = _squares(x - x.mean(0))
    # what rounding makes of cells that are the same
    if spread <= 1e-9 * _squares(x):
        return 0.0
    return float(len(x)) if largest else spread


def _squares(x: np.ndarray) -> float:
    return float(np.einsum("ij,ij->i", x, x).sum(dtype=np.float64))
