"""Estimators of clusterings that scikit-learn does not have. They are saved in model files, so their names stay.

All of them hold arrays and nothing else: a model file needs none of the packages that it was fitted with.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from .estimators import nearest

__all__ = ["Densities", "MeansTree", "Posterior"]


class Densities(BaseEstimator):  # type: ignore[misc]
    """HDBSCAN's clusters for cells that it has not seen, by the rule of ``hdbscan.approximate_predict``, many cells at once.

    A cell follows that cell of the sample which is nearest in mutual reachability, unless its own density there is below
    that at which the cluster begins. Density is one over distance.

    Args:
        sample: (cells, dims) float32.
        core: (cells,) float64: distance within which each has its neighbours.
        labels: (cells,) int64, -1 for noise.
        levels: (cells,) float64: density at which each leaves its cluster.
        births, peaks: (clusters,) float64: density at which each cluster begins, and the highest in it.
        neighbours: how many cells make a neighbourhood.
    """

    def __init__(
        self,
        sample: np.ndarray,
        core: np.ndarray,
        labels: np.ndarray,
        levels: np.ndarray,
        births: np.ndarray,
        peaks: np.ndarray,
        neighbours: int,
    ) -> None:
        self.sample, self.core, self.labels, self.levels = sample, core, labels, levels
        self.births, self.peaks, self.neighbours = births, peaks, neighbours

    @property
    def knows_noise(self) -> bool:
        """Any raster may hold cells that are noise."""
        return True

    @property
    def n_clusters(self) -> int:
        """How many there are."""
        return len(self.births)

    def judge(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cells, dims) to (cells,) int64, -1 for noise, and the strength of the membership, (cells,) from 0 to 1."""
        distance, index = nearest(self.sample, 2 * self.neighbours, x)
        own = distance[:, min(self.neighbours, distance.shape[1] - 1)]
        reach = np.maximum(np.maximum(self.core[index], own[:, None]), distance)
        rows, best = np.arange(len(x)), reach.argmin(1)
        follows = index[rows, best]
        density = densities(reach[rows, best])
        # the last entry stands for noise
        label, births, peaks = self.labels[follows], np.append(self.births, np.inf), np.append(self.peaks, np.inf)
        too_thin = (self.levels[follows] > density) & (births[label] >= density)
        label = np.where(too_thin, -1, label)
        return label, np.where(label < 0, 0, np.minimum(1, density / peaks[label]))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) int64, -1 for noise."""
        return self.judge(x)[0]


def densities(distance: np.ndarray) -> np.ndarray:
    """One over (cells,) distances, the highest number there is for none."""
    most = np.finfo(np.float64).max
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(np.minimum(1 / np.asarray(distance, np.float64), most))


class MeansTree(BaseEstimator):  # type: ignore[misc]
    """Clusters that were divided in two again and again: a cell goes down to the nearer mean at every fork.

    Args:
        means: (nodes, dims) float32, the root first, parents before their children.
        children: (nodes, 2) int64; -1 twice for a cluster.
        labels: (nodes,) int64: number of each cluster, -1 for forks.
    """

    def __init__(self, means: np.ndarray, children: np.ndarray, labels: np.ndarray) -> None:
        self.means, self.children, self.labels = means, children, labels

    @property
    def n_clusters(self) -> int:
        """How many there are."""
        return int(self.labels.max()) + 1

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) int64."""
        node = np.zeros(len(x), np.int64)
        means = self.means.astype(np.float64)
        for fork in np.flatnonzero(self.labels < 0):
            here = np.flatnonzero(node == fork)
            left, right = self.children[fork]
            between = means[right] - means[left]
            further = (x[here].astype(np.float64) - (means[left] + means[right]) / 2) @ between > 0
            node[here] = np.where(further, right, left)
        return self.labels[node]


class Posterior(BaseEstimator):  # type: ignore[misc]
    """A mixture whose strength is the probability of the component that a cell is given.

    Args:
        inner: of scikit-learn, with ``predict_proba``.
    """

    def __init__(self, inner: BaseEstimator) -> None:
        self.inner = inner

    @property
    def n_clusters(self) -> int:
        """How many there are."""
        return int(self.inner.n_components)

    def judge(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cells, dims) to (cells,) int64, and the strength, (cells,) from 0 to 1."""
        shares = self.inner.predict_proba(x)
        return shares.argmax(1), shares.max(1)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) int64."""
        return self.judge(x)[0]

    def bic(self, x: np.ndarray) -> float:
        """Bayesian information criterion: the lower the better."""
        return float(self.inner.bic(x))
