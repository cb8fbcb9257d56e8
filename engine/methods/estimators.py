"""Estimators of scikit-learn's kind that it does not have itself. They are saved in model files, so their names stay."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors

from ..preparation import PORTION, product

__all__ = ["LinearMap", "NeighbourMap", "NeighbourVote", "Renumbered"]

#: a tree finds neighbours faster than comparing with all, up to so many dims
_TREE_DIMS = 24


class LinearMap(BaseEstimator):  # type: ignore[misc]
    """Scores of cells on fixed axes: (cells, dims) to (cells, components) float32.

    Args:
        axes: (components, dims) float32.
        origin: (dims,) float32: taken off before; None for nothing.
    """

    def __init__(self, axes: np.ndarray, origin: np.ndarray | None = None) -> None:
        self.axes, self.origin = axes, origin

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Scores."""
        return product(x if self.origin is None else x - self.origin, self.axes)


class NeighbourMap(BaseEstimator):  # type: ignore[misc]
    """Give every cell what its neighbours among a sample have, weighted by how near they are.

    For methods that place a sample and can't place anything else. A cell of the sample gets its own place. The weight is one
    over the distance, less what that is for the next neighbour but those that count: so a neighbour's weight is 0 when
    another takes its turn, and places change without jumps.

    Args:
        sample: (cells, dims) float32.
        places: (cells, components) float32: where the method has put them.
        neighbours: how many count.
    """

    def __init__(self, sample: np.ndarray, places: np.ndarray, neighbours: int = 5) -> None:
        self.sample, self.places, self.neighbours = sample, places, neighbours

    def transform(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, components) float32."""
        distance, index = nearest(self.sample, self.neighbours + 1, x)
        near = np.maximum(distance, 1e-6 * np.maximum(distance[:, -1:], 1e-30))
        weight = 1 / near
        if len(self.sample) > self.neighbours:
            weight, index = weight[:, :-1] - weight[:, -1:], index[:, :-1]
            # all as far as each other
            weight[weight.sum(1) <= 0] = 1
        weight /= weight.sum(1, keepdims=True)
        return np.asarray(np.einsum("nk,nkc->nc", weight, self.places[index]), np.float32)


class NeighbourVote(BaseEstimator):  # type: ignore[misc]
    """Give every cell the cluster of the nearest cell of a sample; -1 (noise) where that is too far.

    Args:
        sample: (cells, dims) float32: of those that are in a cluster, or of all.
        labels: (cells,) int64, -1 for noise.
        reach: cells farther away than this from all of the sample are noise; None for any distance.
    """

    def __init__(self, sample: np.ndarray, labels: np.ndarray, reach: float | None = None) -> None:
        self.sample, self.labels, self.reach = sample, labels, reach

    @classmethod
    def of(cls, sample: np.ndarray, labels: np.ndarray, reach: float | None = None) -> NeighbourVote:
        """Make one in which cells that are the same have one vote: that of the first of them."""
        _, first = np.unique(sample, axis=0, return_index=True)
        first.sort()
        return cls(np.asarray(sample[first], np.float32), np.asarray(labels[first], np.int64), reach)

    @property
    def knows_noise(self) -> bool:
        """Whether it may call a cell noise."""
        return self.reach is not None or bool((self.labels < 0).any()) or not len(self.labels)

    @property
    def n_clusters(self) -> int:
        """How many there are."""
        return int(self.labels.max(initial=-1)) + 1

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) int64."""
        if not len(self.labels):
            return np.full(len(x), -1, np.int64)
        distance, index = nearest(self.sample, 2, x)
        found = self.labels[index[:, 0]]
        return found if self.reach is None else np.where(distance[:, 0] <= self.reach, found, -1)


class Renumbered(BaseEstimator):  # type: ignore[misc]
    """Clusters under other numbers.

    Args:
        inner: with ``predict``, -1 for noise, and maybe ``judge``.
        numbers: (clusters + 1,) int64: number of each cluster, that of noise last.
    """

    def __init__(self, inner: BaseEstimator, numbers: np.ndarray) -> None:
        self.inner, self.numbers = inner, numbers

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) int64."""
        return np.asarray(self.numbers[np.asarray(self.inner.predict(x), np.int64)])

    def judge(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cells, dims) to (cells,) int64 and the strength of the membership, (cells,) from 0 to 1."""
        found, strength = self.inner.judge(x)
        return np.asarray(self.numbers[np.asarray(found, np.int64)]), np.asarray(strength)


def nearest(sample: np.ndarray, count: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(cells, count) distances and indices of the nearest cells of *sample*, each as if asked for alone."""
    count = min(count, len(sample))
    if sample.shape[1] <= _TREE_DIMS:
        ranks = np.arange(1, count + 1)
        distance, index = cKDTree(sample.astype(np.float64)).query(x.astype(np.float64), ranks, workers=-1)
        return distance, index
    finder = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(sample)
    distance, index = np.empty((len(x), count)), np.empty((len(x), count), np.int64)
    for start in range(0, len(x), PORTION):
        part = slice(start, start + PORTION)
        found = np.sort(finder.kneighbors(x[part], return_distance=False), 1)
        # anew, without the short cut by scalar products: its rounding depends on the cells that come along
        exact = np.sqrt(np.square(x[part, None].astype(np.float64) - sample[found]).sum(2))
        order = np.argsort(exact, 1, kind="stable")
        distance[part], index[part] = np.take_along_axis(exact, order, 1), np.take_along_axis(found, order, 1)
    return distance, index
