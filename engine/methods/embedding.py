"""What methods share that place a sample by its neighbours: distinct cells, graphs, eigenvectors, an orientation."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.neighbors import NearestNeighbors

from ...contract.errors import BadRequest
from ...contract.job import Context
from ..fitting import Lesson
from ..preparation import principal_axes, signs
from .estimators import NeighbourMap
from .estimators_reduce import squared_distances

#: up to so many cells, all eigenvectors are quicker than a few
_FEW = 400


def distinct(lesson: Lesson, needed: int, what: str) -> np.ndarray:
    """(cells, dims) float32: the sample without repetitions, in its order.

    Cells that are the same, which is common in rasters of bytes, would be each other's only neighbours.

    Raises:
        BadRequest: fewer than *needed*, which *what* needs.
    """
    _, first = np.unique(lesson.x, axis=0, return_index=True)
    if len(first) < needed:
        raise BadRequest(
            f"{what} needs {needed} cells with different values, there are {len(first)}",
            "ask for fewer, fit on more cells, or choose a larger extent",
        )
    return np.ascontiguousarray(lesson.x[np.sort(first)])


def neighbours_of(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(cells, count) indices and distances of the nearest other cells."""
    distance, index = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(x).kneighbors()
    return index, np.maximum(distance, 1e-9 * max(float(distance.max()), 1e-30))


def graph_of(index: np.ndarray, distance: np.ndarray, x: np.ndarray) -> csr_matrix:
    """Symmetric graph of neighbours with distances; parts that hang on nothing are tied to what is nearest to them."""
    rows = np.repeat(np.arange(len(x)), index.shape[1])
    graph = _symmetric(rows, index.ravel(), distance.ravel(), len(x))
    while True:
        count, part = connected_components(graph, directed=False)
        if count == 1:
            return graph
        inside = part == np.bincount(part).argmin()
        here, there = np.flatnonzero(inside), np.flatnonzero(~inside)
        gap, nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(x[there]).kneighbors(x[here])
        i = int(gap[:, 0].argmin())
        bridge = _symmetric(here[[i]], there[nearest[i]], np.maximum(gap[i], 1e-30), len(x))
        graph = graph + bridge


def _symmetric(rows: np.ndarray, cols: np.ndarray, values: np.ndarray, size: int) -> csr_matrix:
    one_way = coo_matrix((values, (rows, cols)), shape=(size, size)).tocsr()
    return one_way.maximum(one_way.T)


def top_eigen(matrix: np.ndarray | LinearOperator, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(count,) largest eigenvalues, largest first, and (n, count) eigenvectors of a symmetric matrix."""
    size = matrix.shape[0]
    if isinstance(matrix, np.ndarray) and (size <= _FEW or 4 * count > size):
        values, vectors = eigh(matrix, subset_by_index=(size - count, size - 1))
    else:
        start = np.random.default_rng(seed).normal(size=size)
        values, vectors = eigsh(matrix, count, which="LA", v0=start, ncv=min(size, max(40, 3 * count)), maxiter=5000)
    order = np.argsort(-values, kind="stable")
    return values[order], vectors[:, order]


def placed(x: np.ndarray, places: np.ndarray, turn: bool = False) -> NeighbourMap:
    """The estimator that gives every cell what its neighbours in *x* have.

    Args:
        x: (cells, dims) float32, no two alike.
        places: (cells, components): where a method has put them. Mirror images are all the same to it, so each component is
            mirrored to rise with the feature that it follows most.
        turn: the method does not care about rotation either: turn the places so that the first component is the widest.
    """
    places = np.asarray(places, np.float64) - places.mean(0)
    if turn:
        places = places @ principal_axes(places.T @ places)[1].T
    return NeighbourMap(x, (places * signs(places.T @ (x - x.mean(0)))).astype(np.float32))


def first_places(x: np.ndarray, components: int) -> np.ndarray:
    """(cells, components) float64 to begin with: scores on the principal axes, the first with deviation 1."""
    middle = x.astype(np.float64) - x.mean(0)
    values, axes = principal_axes(middle.T @ middle / len(x))
    return np.asarray(middle @ axes[:components].T / np.sqrt(max(float(values[0]), 1e-300)))


def parts_of(x: np.ndarray, neighbours: int) -> int:
    """How many parts a sample has that are not neighbours of each other."""
    index, distance = neighbours_of(x, neighbours)
    rows = np.repeat(np.arange(len(x)), neighbours)
    return int(connected_components(_symmetric(rows, index.ravel(), distance.ravel(), len(x)), directed=False)[0])


def slow_changes(graph: csr_matrix, components: int, seed: int) -> np.ndarray:
    """(cells, components): eigenvectors of the normalised Laplacian after the constant one, with deviation 1.

    Every cell is tied a little to all others: without that, a handful of outliers would have a component of their own
    (regularised spectral clustering, Qin and Rohe 2013, https://arxiv.org/abs/1309.4111).
    """
    size = graph.shape[0]
    degree = np.asarray(graph.sum(1)).ravel()
    tie = 0.1 * degree.mean()
    root = 1 / np.sqrt(degree + tie)

    def spread(vector: np.ndarray) -> np.ndarray:
        there = root * vector.ravel()
        return np.asarray(root * (graph @ there + tie * there.mean()))

    steps = LinearOperator((size, size), matvec=spread, dtype=np.float64)
    matrix = steps if size > _FEW and 4 * (components + 1) < size else steps @ np.eye(size)
    _, vectors = top_eigen(matrix, components + 1, seed)
    places = vectors[:, 1:] * root[:, None]
    return np.asarray(places / np.maximum(places.std(0), 1e-300))


def scaled_to_distances(x: np.ndarray, components: int, steps: int, ctx: Context) -> tuple[np.ndarray, float]:
    """(cells, components) whose distances are as much as possible those of *x*, and Kruskal's stress, 0 at best.

    De Leeuw's majorisation (SMACOF), https://doi.org/10.18637/jss.v031.i03.
    """
    wanted = np.sqrt(squared_distances(x, x))
    np.fill_diagonal(wanted, 0)
    total = float((wanted**2).sum())
    places = first_places(x, components)
    places *= np.sqrt(total / max(float(squared_distances(places, places).sum()), 1e-300))
    before = np.inf
    for step in range(steps):
        ctx.progress(step, steps, "steps", "fit")
        is_now = np.sqrt(squared_distances(places, places))
        stress = float(((is_now - wanted) ** 2).sum()) / total
        if before - stress < 1e-5 * before:
            break
        before = stress
        pull = np.divide(wanted, is_now, out=np.zeros_like(wanted), where=is_now > 1e-12)
        places = (pull.sum(1)[:, None] * places - pull @ places) / len(x)
    return places, float(np.sqrt(stress))
