"""The estimator of a search by examples. It is saved in model files, so its names stay."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from ..preparation import PORTION

__all__ = ["Similarity"]

#: distances shorter than this, relative to the lengths of both vectors, are computed anew from their differences
_NEAR = 1e-3
#: numbers of float64 that a table of cells and prototypes may have
_TABLE = 4 << 20


class Similarity(BaseEstimator):  # type: ignore[misc]
    """How similar cells are to the examples of some queries, less how similar they are to the counter-examples.

    Args:
        measure: ``cosine``, ``dot`` or ``distance``: 1 - distance / *typical*.
        width: of the soft maximum, in cosines or products (for distances in halves of their squares); 0: the nearest counts.
        typical: distance that counts as no similarity.
        examples: for each query (prototypes, dims) float32, one at least.
        counters: for each query (prototypes, dims) float32 of its own counter-examples, or none.
        shared: (prototypes, dims) float32 of those of all queries, or none.
    """

    def __init__(
        self,
        measure: str,
        width: float,
        typical: float,
        examples: list[np.ndarray],
        counters: list[np.ndarray],
        shared: np.ndarray,
    ) -> None:
        self.measure, self.width, self.typical = measure, width, typical
        self.examples, self.counters, self.shared = examples, counters, shared

    @property
    def products(self) -> int:
        """How many numbers are multiplied for one cell."""
        return sum(np.size(table) for table in [*self.examples, *self.counters, self.shared])

    def score(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, queries) float32."""
        most = max(len(self.shared), *(len(table) for table in [*self.examples, *self.counters]))
        portion = max(1, min(PORTION, _TABLE // max(1, most)))
        made = np.empty((len(x), len(self.examples)), np.float32)
        for start in range(0, len(x), portion):
            made[start : start + portion] = self._score(x[start : start + portion].astype(np.float64))
        return made

    def _score(self, x: np.ndarray) -> np.ndarray:
        if self.measure == "cosine":
            x = _of_length_1(x)
        shared = self._closeness(x, self.shared)
        columns = []
        for examples, own in zip(self.examples, self.counters):
            score = self._told(self._closeness(x, examples))
            against = np.concatenate([shared, self._closeness(x, own)], 1)
            columns.append(score - self._told(against) if against.shape[1] else score)
        return np.stack(columns, 1)

    def _closeness(self, x: np.ndarray, table: np.ndarray) -> np.ndarray:
        """(cells, prototypes) float64: cosines, products, or minus half the squared distances."""
        there = table.astype(np.float64)
        if self.measure == "cosine":
            there = _of_length_1(there)
        product = x @ there.T
        if self.measure != "distance" or not len(there):
            return np.asarray(product)
        lengths = np.einsum("ij,ij->i", x, x)[:, None] + np.einsum("ij,ij->i", there, there)
        squares = lengths - 2 * product
        # what is left of two large numbers has few right digits, and others in another portion
        cell, one = np.nonzero(squares < _NEAR * lengths)
        for start in range(0, len(cell), PORTION):
            part = slice(start, start + PORTION)
            squares[cell[part], one[part]] = np.square(x[cell[part]] - there[one[part]]).sum(1)
        return -squares / 2

    def _told(self, closeness: np.ndarray) -> np.ndarray:
        """(cells, prototypes) to (cells,): what the prototypes say together, as users read it."""
        best = closeness.max(1)
        if self.width > 0:
            best = best + self.width * np.log(np.exp((closeness - best[:, None]) / self.width).mean(1))
        if self.measure == "distance":
            return np.asarray(1 - np.sqrt(np.maximum(-2 * best, 0)) / self.typical)
        return np.asarray(best)


def _of_length_1(x: np.ndarray) -> np.ndarray:
    """Vectors divided by their lengths; those of no length stay, and are like nothing."""
    length = np.sqrt(np.einsum("ij,ij->i", x, x))
    return np.asarray(x / np.where(length > 0, length, 1)[:, None])
