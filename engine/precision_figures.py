"""How far features of one precision are from those of another: vectors, clusters, neighbours."""

from __future__ import annotations

from dataclasses import dataclass

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


def same_clusters(
    exact: np.ndarray, other: np.ndarray, clusters: int, seed: int, other_seed: int | None = None
) -> float:
    """Adjusted Rand index of k-means on both, standardised alike: 1 for the same map, 0 for chance."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    cells = drawn_cells(exact, seed)
    one, two = as_cells(exact)[cells], as_cells(other)[cells]
    scale = one.std(0) + 1e-12
    clusters = min(clusters, len(cells))
    seeds = (seed, seed if other_seed is None else other_seed)
    labels = [
        KMeans(clusters, n_init=10, random_state=drawn).fit_predict(part / scale)
        for part, drawn in zip((one, two), seeds)
    ]
    return float(adjusted_rand_score(*labels))


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
