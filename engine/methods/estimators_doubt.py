"""What tells where not to trust a map. It is saved in model files, so its names stay."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["Applicability"]

#: numbers of a table of cells and examples that are held at once
_TABLE = 4 << 20
#: distances shorter than this share of what they are the difference of are looked for again, in float64
_NEAR = 0.1


class Applicability(BaseEstimator):  # type: ignore[misc]
    """How unlike cells are to all that was learnt from: the dissimilarity index of Meyer and Pebesma (2021).

    https://doi.org/10.1111/2041-210X.13650

    Args:
        origin: (bands,) float32, taken off.
        factor: (bands,) float32: weight over standard deviation, multiplied by then.
        examples: (n, bands) float32, after both.
        mean_distance: between two examples: what an index of 1 means.
        threshold: cells of a higher index are outside the area of applicability.
    """

    def __init__(
        self, origin: np.ndarray, factor: np.ndarray, examples: np.ndarray, mean_distance: float, threshold: float
    ) -> None:
        self.origin, self.factor, self.examples = origin, factor, examples
        self.mean_distance, self.threshold = mean_distance, threshold

    def index(self, x: np.ndarray) -> np.ndarray:
        """(cells, bands) to (cells,) float32, rounded to 4 digits: 0 for an example, NaN where a band is NaN."""
        portion = max(1, _TABLE // max(x.shape[1], len(self.examples)))
        made = np.empty(len(x), np.float32)
        for start in range(0, len(x), portion):
            with np.errstate(invalid="ignore", over="ignore"):
                cells = (x[start : start + portion] - self.origin) * self.factor
            known = np.isfinite(cells).all(1)
            cells[~known] = 0
            distance = nearest_distance(cells, self.examples)
            made[start : start + portion] = np.where(known, np.round(distance / self.mean_distance, 4), np.nan)
        return made

    def inside(self, x: np.ndarray) -> np.ndarray:
        """(cells, bands) to (cells,) bool: the area of applicability."""
        return np.asarray(self.index(x) <= self.threshold)


def nearest_distance(cells: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """(cells,) float64 distances to the nearest of (n, dims) *examples*, both float32.

    Candidates are found by products of matrices, whose rounding depends on the cells that come along; the distance to the
    one that is found does not.
    """
    winner = _closest(cells, examples)
    squares = _squares(cells, examples, winner)
    lengths = np.einsum("ij,ij->i", cells, cells) + np.einsum("ij,ij->i", examples, examples)[winner]
    # the difference of two long vectors has few right digits in float32
    again = np.flatnonzero(squares < _NEAR * lengths)
    if len(again):
        near = cells[again]
        squares[again] = _squares(near, examples, _closest(near.astype(np.float64), examples.astype(np.float64)))
    return np.asarray(np.sqrt(squares))


def _closest(cells: np.ndarray, examples: np.ndarray) -> np.ndarray:
    halves = np.einsum("ij,ij->i", examples, examples) / 2
    products = cells @ examples.T
    products -= halves
    return np.asarray(products.argmax(1))


def _squares(cells: np.ndarray, examples: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """(cells,) float64 squared distances, each to its own example."""
    gap = cells - examples[winner]
    return np.asarray(np.einsum("ij,ij->i", gap, gap, dtype=np.float64))
