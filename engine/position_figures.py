"""How much features tell of the place within their tile, and the pattern that does: figures and estimates, without files.

Tiles that overlap see the same ground from different places. A feature is taken as the sum of what the ground is, of what the
place adds, and of noise, a mixed model: the pattern of the places is a fixed effect with a penalty, the ground a random one
(Henderson 1975, https://doi.org/10.2307/2529430). Where two tiles show the same cell, most of the ground cancels out; where
only one does, it is averaged over many tiles. docs/seams.md has the errors of this and of the plain mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

#: variance of the ground over that of the noise; anything from 1 to 20 gives the pattern an error that is at most 1.4 times as large
_GROUND = 5.0
#: penalties of the pattern, in variances of the noise over its own: from a strong pattern to hardly any
_PENALTIES = (1.0, 4.0, 16.0, 64.0)
#: parts that the tiles are shared out to, to be held out in turns
FOLDS = 4
#: penalties of the regression from features to places, a cell; cells it looks at in each half
_RIDGES, _CELLS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0), 6144
#: features that are copied at once
_PORTION = 64


@dataclass(frozen=True)
class Cells:
    """Cells of some tiles, several of them of the same ground.

    Attributes:
        features: (cells, dim) float32.
        ground: (cells,) int: which cell of the raster it is.
        place: (cells,) int: which cell of the tile, row by row, from 0.
        fold: (cells,) int: which part of the tiles, 0 to FOLDS - 1; -1 for cells that don't count.
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

    def some(self, count: int, seed: int) -> Cells:
        """At most *count* of those that count, drawn at random."""
        chosen = np.flatnonzero(self.fold >= 0)
        if len(chosen) > count:
            chosen = np.sort(np.random.default_rng(seed).choice(chosen, count, replace=False))
        return Cells(self.features[chosen], self.ground[chosen], self.place[chosen], self.fold[chosen], self.side)


@dataclass(frozen=True)
class Figures:
    """What was measured on tiles that the pattern was not estimated from.

    Attributes:
        before, after: R² of row and column within the tile, told from the features of a cell: 1 for always, 0 for never.
        gain: share of the differences between cells of the same ground, and between cells of different ground, that the pattern
            accounts for; less than 0 where taking it off adds more than it takes.
    """

    before: float
    after: float
    gain: float


@dataclass(frozen=True)
class _Equations:
    """Normal equations of the pattern, and the energy of what it is to explain."""

    left: np.ndarray
    right: np.ndarray
    energy: float

    def solved(self, penalty: float) -> np.ndarray:
        """(places, dim) float32, of mean 0 over the places."""
        left = self.left.copy()
        left.flat[:: len(left) + 1] += penalty
        found = cho_solve(cho_factor(left, overwrite_a=True, check_finite=False), self.right, check_finite=False)
        return np.asarray(found - found.mean(0), np.float32)

    def explained(self, pattern: np.ndarray) -> float:
        """How much less energy there is once *pattern* is taken off."""
        return float(2 * (pattern * self.right).sum() - (pattern * (self.left @ pattern)).sum())


def _equations(cells: Cells, middle: np.ndarray) -> _Equations:
    """*middle* is (dim,) float64, taken off first; what does not count has an empty row in both incidences."""
    index = np.flatnonzero(cells.fold >= 0)
    _, ground = np.unique(cells.ground[index], return_inverse=True)
    ones, count = np.ones(len(index), np.float32), len(cells.fold)
    on_ground = sparse.csr_matrix((ones, (index, ground)), shape=(count, ground.max() + 1)).T.tocsr()
    on_place = sparse.csr_matrix((ones, (index, cells.place[index])), shape=(count, cells.side**2)).T.tocsr()
    seen, met = (np.asarray(one.sum(1), np.float64).ravel() for one in (on_ground, on_place))
    weight = _GROUND / (1 + _GROUND * seen)
    both = on_place @ on_ground.T
    weighted = both @ sparse.diags(weight)
    left = np.asarray((sparse.diags(met) - weighted @ both.T).toarray(), np.float32)
    right, energy = np.empty((cells.side**2, len(middle)), np.float32), 0.0
    for first in range(0, len(middle), _PORTION):
        some = slice(first, first + _PORTION)
        x = cells.features[:, some] - middle[some].astype(np.float32)
        sums = on_ground @ x
        right[:, some] = on_place @ x - weighted @ sums
        squares = np.einsum("ij,ij->i", x, x)[index].sum(dtype=np.float64)
        energy += float(squares - weight @ np.einsum("ij,ij->i", sums, sums))
    return _Equations(left, right, energy)


def estimate(cells: Cells, seed: int) -> tuple[np.ndarray, Figures]:
    """Estimate the pattern of places, and measure what it is good for.

    Figures are of halves of the tiles, with the pattern of the other half: they are those of a pattern that is a little worse
    than the one that is returned. The penalty is the one with the largest gain. For the R², the place is learned on one fold of
    the half, and told of its other.

    Returns:
        (places, dim) float32 of mean 0 over the places; and figures, NaN where there are too few tiles.
    """
    with threadpool_limits(1):
        middle = cells.features[cells.fold >= 0].mean(0, dtype=np.float64)
        if len(cells.folds) < FOLDS:
            nothing = float("nan")
            return _equations(cells, middle).solved(_PENALTIES[-1]), Figures(nothing, nothing, nothing)
        halves = [cells.only(cells.folds[: FOLDS // 2]), cells.only(cells.folds[FOLDS // 2 :])]
        parts = [_equations(half, middle) for half in halves]
        energy = parts[0].energy + parts[1].energy
        found: list[tuple[float, float, list[np.ndarray]]] = []
        for penalty in _PENALTIES:
            patterns = [part.solved(penalty) for part in parts]
            gain = parts[0].explained(patterns[1]) + parts[1].explained(patterns[0])
            found.append((gain / max(energy, 1e-30), penalty, patterns))
        gain, penalty, patterns = max(found, key=lambda one: one[0])
        before, after = [], []
        for half, other in zip(halves, patterns[::-1]):
            few = half.some(_CELLS, seed)
            before.append(told(few))
            after.append(told(replace(few, features=few.features - other[few.place])))
        pattern = _equations(cells, middle).solved(penalty)
    return pattern, Figures(float(np.mean(before)), float(np.mean(after)), gain)


def told(cells: Cells) -> float:
    """R² of row and column within the tile, told from features by ridge regression of folds held out; the best penalty counts."""
    rows, cols = np.divmod(cells.place, cells.side)
    aim = np.stack([rows, cols], 1) - (cells.side - 1) / 2
    errors, total = np.zeros(len(_RIDGES)), 0.0
    for fold in cells.folds:
        held, rest = cells.fold == fold, (cells.fold >= 0) & (cells.fold != fold)
        if not rest.any():
            return float("nan")
        x, y = cells.features[rest].astype(np.float64), aim[rest]
        middle, spread = x.mean(0), x.std(0)
        scale = np.where(spread > 1e-6 * np.maximum(np.abs(middle), 1e-30), spread, np.inf)
        x, unseen = (x - middle) / scale, (cells.features[held] - middle) / scale
        inner, ahead = x.T @ x / len(x), x.T @ (y - y.mean(0)) / len(x)
        for i, ridge in enumerate(_RIDGES):
            weights = np.linalg.solve(inner + ridge * np.eye(len(inner)), ahead)
            errors[i] += ((unseen @ weights + y.mean(0) - aim[held]) ** 2).sum()
        total += float((aim[held] ** 2).sum())
    return float(1 - errors.min() / max(total, 1e-30))
