"""How far features of one precision are from those of another: vectors, clusters, neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: cells that clusters and neighbours are compared on, at most
_CELLS = 4000


@dataclass(frozen=True)
class Closeness:
    """How close features are to those they should be.

    Attributes:
        cosine: mean cosine of the angle between the two vectors of a cell, 1 for the same.
        lowest: the same of the worst cell in a hundred.
        centred: mean cosine after the mean cell was subtracted from both: raw features of transformers all point one way,
            so that *cosine* is near 1 whatever happens to what tells places apart.
        error: length of the difference over length of the deviation from the mean cell, root mean square of all cells.
    """

    cosine: float
    lowest: float
    centred: float
    error: float


def as_cells(features: np.ndarray) -> np.ndarray:
    """(n, dim, rows, cols) to (cells, dim) float64."""
    return np.moveaxis(features, 1, -1).reshape(-1, features.shape[1]).astype(np.float64)


def closeness(exact: np.ndarray, other: np.ndarray) -> Closeness:
    """Compare (n, dim, rows, cols) features cell by cell; what is no number makes all figures 0, and the error infinite."""
    one, two = as_cells(exact), as_cells(other)
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        return Closeness(0.0, 0.0, 0.0, float("inf"))
    cosines = _cosines(one, two)
    mean = one.mean(0)
    deviation = float(np.sqrt(((one - mean) ** 2).sum(1).mean()))
    difference = float(np.sqrt(((one - two) ** 2).sum(1).mean()))
    # tiles without any structure: their deviation is rounding, so their length is the measure
    length = float(np.sqrt((one**2).sum(1).mean()))
    measure = deviation if deviation > 1e-4 * length else length
    centred = _cosines(one - mean, two - two.mean(0)) if deviation > 1e-4 * length else cosines
    error = difference / measure if measure else float(difference > 0)
    return Closeness(float(cosines.mean()), float(np.quantile(cosines, 0.01)), float(centred.mean()), error)


def relative_error(exact: np.ndarray, other: np.ndarray) -> float:
    """Length of the difference over length of *exact*; infinite where one is no number."""
    difference = float(np.linalg.norm((other - exact).astype(np.float64)))
    length = float(np.linalg.norm(exact.astype(np.float64)))
    if not np.isfinite(difference):
        return float("inf")
    return difference / length if length else float(difference > 0)


def _cosines(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    # a cell without any signal is like itself
    both_zero = (np.linalg.norm(one, axis=1) == 0) & (np.linalg.norm(two, axis=1) == 0)
    cosines = np.divide((one * two).sum(1), lengths, out=np.zeros(len(one)), where=lengths > 0)
    return np.where(both_zero, 1.0, cosines)


def drawn_cells(features: np.ndarray, seed: int) -> np.ndarray:
    """Indices of the cells that clusters and neighbours are compared on."""
    cells = features.shape[0] * features.shape[2] * features.shape[3]
    return np.sort(np.random.default_rng(seed).choice(cells, min(cells, _CELLS), replace=False))


def same_clusters(exact: np.ndarray, other: np.ndarray, clusters: int, seed: int) -> float:
    """Adjusted Rand index of k-means on both, scaled alike: 1 for the same map, 0 for chance.

    The second starts from the centres that the first found: which of many optima k-means ends in hangs on its start, and would
    tell nothing of the features. ``clusters_by_chance`` says how much that is.
    """
    from sklearn.metrics import adjusted_rand_score

    first, labels, other_cells = _clustered(exact, other, clusters, seed)
    found = type(first)(len(first.cluster_centers_), init=first.cluster_centers_, n_init=1).fit_predict(other_cells)
    return float(adjusted_rand_score(labels, found))


def clusters_by_chance(features: np.ndarray, clusters: int, seed: int) -> float:
    """Adjusted Rand index of two k-means on the same features with different seeds."""
    from sklearn.metrics import adjusted_rand_score

    labels = [_clustered(features, features, clusters, seed, fit)[1] for fit in (seed, seed + 1)]
    return float(adjusted_rand_score(*labels))


def _clustered(
    exact: np.ndarray, other: np.ndarray, clusters: int, seed: int, fit: int | None = None
) -> tuple[Any, np.ndarray, np.ndarray]:
    """K-means on cells of *exact* that *seed* draws, fitted by the seed *fit*; its labels, and the same cells of *other*."""
    from sklearn.cluster import KMeans

    cells = drawn_cells(exact, seed)
    one, two = as_cells(exact)[cells], as_cells(other)[cells]
    scale = one.std(0) + 1e-12
    means = KMeans(min(clusters, len(cells)), n_init=10, random_state=seed if fit is None else fit)
    return means, means.fit_predict(one / scale), two / scale


def same_neighbours(exact: np.ndarray, other: np.ndarray, neighbours: int, seed: int) -> float:
    """Share of a cell's nearest *neighbours* (cosine of deviations from the mean cell) that both have, mean of all cells."""
    cells = drawn_cells(exact, seed)
    count = min(neighbours, len(cells) - 1)
    if count < 1:
        return 1.0
    near = [_nearest(as_cells(part)[cells], count) for part in (exact, other)]
    shared = [len(np.intersect1d(a, b, assume_unique=True)) for a, b in zip(*near)]
    return float(np.mean(shared)) / count


def _nearest(cells: np.ndarray, count: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    cells = cells - cells.mean(0)
    cells /= np.linalg.norm(cells, axis=1, keepdims=True) + 1e-12
    found = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(cells).kneighbors(return_distance=False)
    return np.asarray(found)
