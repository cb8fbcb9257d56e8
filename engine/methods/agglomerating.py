"""Agglomerative clustering: one tree, cut anywhere."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import AgglomerativeClustering

from ..fitting import Lesson
from .estimators import NeighbourVote


class Tree:
    """All the joins of a sample, the closest first.

    Args:
        linkage: ``ward``, ``average``, ``complete`` or ``single``.
    """

    def __init__(self, lesson: Lesson, linkage: str) -> None:
        self._x = lesson.x
        cells = len(lesson.x)
        lesson.ctx.progress(0, 1, "methods", "fit")
        model = AgglomerativeClustering(min(2, cells), linkage=linkage, compute_full_tree=True)
        self._joins = model.fit(lesson.x).children_ if cells > 1 else np.zeros((0, 2), np.int64)

    def cut(self, clusters: int) -> NeighbourVote:
        """The vote of all cells of the sample, in so many clusters."""
        cells = len(self._x)
        parent = np.arange(2 * cells - 1)
        done = self._joins[: cells - clusters]
        parent[done.ravel()] = np.repeat(np.arange(cells, cells + len(done)), 2)
        # a join comes after those that it joins, so that the way up gets halved from the top
        for node in range(cells + len(done) - 1, -1, -1):
            parent[node] = parent[parent[node]]
        return NeighbourVote.of(self._x, np.unique(parent[:cells], return_inverse=True)[1])
