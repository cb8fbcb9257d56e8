"""The pattern that the place within the tile adds to features, and how it is estimated; without files.

Tiles that overlap see the same ground from different places. A feature is taken as the sum of what the ground is, of what the
place adds, and of noise, a mixed model: the pattern of the places is a fixed effect with a penalty, the ground a random one
(Henderson 1975, https://doi.org/10.2307/2529430). Where two tiles show the same cell, most of the ground cancels out; where
only one does, it is averaged over many tiles. What the place adds is not the same on snow and on rock: it also grows along the
two directions in which the ground varies most, for every row and every column by a slope of its own. docs/seams.md has figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

#: variance of the ground over that of the noise; anything from 1 to 20 gives the pattern an error that is at most 1.4 times as large
_GROUND = 5.0
#: directions along which slopes are taken; more brought nothing in four scenes; scores beyond so many deviations are cut off
_DIRECTIONS, _FARTHEST = 2, 2.5
#: features that are copied at once
_PORTION = 64


@dataclass(frozen=True)
class Cells:
    """Cells of some tiles, several of them of the same ground.

    Attributes:
        features: (cells, dim) float32.
        ground: (cells,) int: which cell of the raster it is.
        place: (cells,) int: which cell of the tile, row by row, from 0.
        fold: (cells,) int: which part of the tiles, from 0; -1 for cells that don't count.
        side: cells per side of a tile.
    """

    features: np.ndarray
    ground: np.ndarray
    place: np.ndarray
    fold: np.ndarray
    side: int

    @property
    def folds(self) -> list[int]:
        """Those that hold cells."""
        return [int(fold) for fold in np.unique(self.fold) if fold >= 0]

    def only(self, folds: list[int]) -> Cells:
        """The same where other folds don't count; nothing is copied."""
        return replace(self, fold=np.where(np.isin(self.fold, folds), self.fold, -1))

    def some(self, chosen: np.ndarray) -> Cells:
        """Those of the indices *chosen*."""
        return Cells(self.features[chosen], self.ground[chosen], self.place[chosen], self.fold[chosen], self.side)

    def twice(self) -> Cells:
        """The same where cells that no other tile shows, among those that count, don't count."""
        index = np.flatnonzero(self.fold >= 0)
        _, ground, seen = np.unique(self.ground[index], return_inverse=True, return_counts=True)
        fold = np.full(len(self.fold), -1)
        fold[index] = np.where(seen[ground] > 1, self.fold[index], -1)
        return replace(self, fold=fold)


@dataclass(frozen=True)
class Slopes:
    """What of the pattern grows with what is on the ground.

    Attributes:
        axes: (directions, dim) float32: scores are axes @ features - middle, of deviation 1.
        middle: (directions,) float32.
        rows, cols: (directions, side, dim) float32: what a score of 1 adds in each row and column.
    """

    axes: np.ndarray
    middle: np.ndarray
    rows: np.ndarray
    cols: np.ndarray

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(cells, dim), their mean pattern taken off, to (cells, directions)."""
        return np.asarray(np.clip(features @ self.axes.T - self.middle, -_FARTHEST, _FARTHEST), np.float32)


@dataclass(frozen=True)
class Pattern:
    """What places add to the features of cells.

    Attributes:
        mean: (places, dim) float32, whose mean over the places is 0.
        slopes: None where they would not help.
    """

    mean: np.ndarray
    slopes: Slopes | None = None

    def off(self, features: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Take it off (cells, dim) at (cells,) places; a new array."""
        found = features - self.mean[place]
        if self.slopes is not None:
            rows, cols = np.divmod(place, self.slopes.rows.shape[1])
            for score, down, across in zip(self.slopes.scores(found).T, self.slopes.rows, self.slopes.cols):
                found -= score[:, None] * (down[rows] + across[cols])
        return np.asarray(found, np.float32)

    def off_tiles(self, features: np.ndarray, shifts: int = 1) -> np.ndarray:
        """The same for (n, dim, rows, cols); each place is *shifts* rows and columns of interleaved grids; a new array."""
        side = features.shape[2]
        steps = np.arange(side) // shifts
        place = (steps[:, None] * (side // shifts) + steps).ravel()
        dim = self.mean.shape[1]
        found = features.copy()
        for one in found:
            # features of the whole tile, which are the last, stay
            flat = np.ascontiguousarray(one[:dim].reshape(dim, -1).T)
            one[:dim] = self.off(flat, place).T.reshape(dim, side, side)
        return found


@dataclass(frozen=True)
class Equations:
    """Normal equations of a pattern, and the energy of what it is to explain."""

    left: np.ndarray
    right: np.ndarray
    energy: float

    def solved(self, penalty: float) -> np.ndarray:
        """(unknowns, dim) float32."""
        left = self.left.copy()
        left.flat[:: len(left) + 1] += penalty
        factor = cho_factor(left, overwrite_a=True, check_finite=False)
        return np.asarray(cho_solve(factor, self.right, check_finite=False), np.float32)

    def explained(self, found: np.ndarray) -> float:
        """How much less energy there is once the pattern of these unknowns is taken off."""
        return float(2 * (found * self.right).sum() - (found * (self.left @ found)).sum())


def of_places(cells: Cells, middle: np.ndarray) -> Equations:
    """Of the mean pattern: an unknown a place. *middle* is (dim,) float32, taken off first."""
    return _equations(cells, _incidence(cells.place, np.ones(len(cells.place), np.float32), cells.side**2), middle)


def centred(found: np.ndarray, side: int) -> np.ndarray:
    """(unknowns, dim), their mean over each group of *side* unknowns taken off: it would be of the ground, not of the place."""
    groups = found.reshape(-1, side, found.shape[1])
    return np.asarray((groups - groups.mean(1, keepdims=True)).reshape(found.shape), np.float32)


class Slanting:
    """The equations of the slopes, once the mean pattern is known.

    Args:
        cells: their folds say what counts.
        mean: (places, dim) of the pattern.
        sample: indices of cells from which the directions are found.
    """

    def __init__(self, cells: Cells, mean: np.ndarray, sample: np.ndarray) -> None:
        self.cells, self.mean = cells, mean
        x = (cells.features[sample] - mean[cells.place[sample]]).astype(np.float64)
        self.middle = x.mean(0)
        values, vectors = np.linalg.eigh(np.cov(x.T).reshape(x.shape[1], -1))
        count = min(_DIRECTIONS, int((values > 1e-9 * max(values[-1], 1e-30)).sum()))
        strongest, spread = vectors[:, ::-1][:, :count].T, np.sqrt(values[::-1][:count])
        self.axes = np.asarray(strongest / spread[:, None], np.float32)
        self.shift = np.asarray(self.axes @ self.middle, np.float32)
        self.design = self._design(self._of_others())

    def _of_others(self) -> np.ndarray:
        """(cells, directions): the mean score of the other tiles that show the same ground: it shares no noise with the cell."""
        cells = self.cells
        index = np.flatnonzero(cells.fold >= 0)
        scores = cells.features @ self.axes.T - (self.mean @ self.axes.T)[cells.place] - self.shift
        _, ground, seen = np.unique(cells.ground[index], return_inverse=True, return_counts=True)
        sums = np.stack([np.bincount(ground, column) for column in scores[index].T], 1)
        found = np.zeros_like(scores)
        found[index] = (sums[ground] - scores[index]) / np.maximum(seen[ground] - 1, 1)[:, None]
        return np.clip(found, -_FARTHEST, _FARTHEST)

    def _design(self, scores: np.ndarray) -> Any:
        rows, cols = np.divmod(self.cells.place, self.cells.side)
        parts = [_incidence(at, score, self.cells.side) for score in scores.T for at in (rows, cols)]
        return sparse.hstack(parts).tocsr()

    def equations(self, folds: list[int]) -> Equations:
        """Of these parts of the tiles, where two tiles show a cell."""
        return _equations(self.cells.only(folds).twice(), self.design, self.middle.astype(np.float32), self.mean)

    def slopes(self, found: np.ndarray) -> Slopes:
        """What the unknowns mean."""
        groups = found.reshape(len(self.axes), 2, self.cells.side, -1)
        return Slopes(self.axes, self.shift, groups[:, 0], groups[:, 1])


def _incidence(at: np.ndarray, values: np.ndarray, count: int) -> Any:
    """(cells, count) sparse: *values* in the columns *at*."""
    return sparse.csr_matrix((values, (np.arange(len(at)), at)), shape=(len(at), count))


def _equations(cells: Cells, design: Any, middle: np.ndarray, mean: np.ndarray | None = None) -> Equations:
    """Equations of the unknowns of *design*, (cells, unknowns) sparse; what does not count has no part in them."""
    index = np.flatnonzero(cells.fold >= 0)
    _, ground = np.unique(cells.ground[index], return_inverse=True)
    turned = sparse.diags((cells.fold >= 0).astype(np.float32)) @ design
    on_ground = sparse.csr_matrix(
        (np.ones(len(index), np.float32), (ground, index)), shape=(ground.max(initial=-1) + 1, len(cells.fold))
    )
    weight = _GROUND / (1 + _GROUND * np.asarray(on_ground.sum(1), np.float64).ravel())
    both = (on_ground @ turned).tocsr()
    weighted = (both.T @ sparse.diags(weight)).tocsr()
    turned = turned.T.tocsr()
    left = np.asarray((turned @ turned.T - weighted @ both).toarray(), np.float32)
    right, energy = np.empty((design.shape[1], len(middle)), np.float32), 0.0
    for first in range(0, len(middle), _PORTION):
        part = slice(first, first + _PORTION)
        x = cells.features[:, part] - middle[part]
        if mean is not None:
            x -= mean[:, part][cells.place]
        sums = on_ground @ x
        right[:, part] = turned @ x - weighted @ sums
        energy += float(np.einsum("ij,ij->i", x, x)[index].sum(dtype=np.float64))
        energy -= float(weight @ np.einsum("ij,ij->i", sums, sums))
    return Equations(left, right, energy)
