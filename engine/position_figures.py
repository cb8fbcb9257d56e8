"""How much features tell of the place within their tile, before and after the pattern of places is taken off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from .position_pattern import Cells, Equations, Pattern, Slanting, centred, of_places

#: penalties of the pattern, in variances of the noise over its own: from a strong pattern to hardly any
_PENALTIES = (1.0, 4.0, 16.0, 64.0)
#: parts that the tiles are shared out to, to be held out in turns
FOLDS = 4
#: slopes are taken off where they explain this share of what is held out; and are looked for in so many cells at least
_LEAST_SLOPES, _LEAST_CELLS = 0.01, 256
#: penalties of the regression from features to places, a cell; cells that are looked at in each half
_RIDGES, _CELLS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0), 6144


@dataclass(frozen=True)
class Figures:
    """What was measured on tiles that the pattern was not estimated from.

    Attributes:
        before, after: R² of row and column within the tile, told from the features of a cell: 1 for always, 0 for never.
        gain: how much less the features of the same ground differ between tiles, as a share; less than 0 where they differ more.
    """

    before: float
    after: float
    gain: float


def estimate(cells: Cells, seed: int) -> tuple[Pattern, Figures]:
    """Estimate the pattern of places, and measure what it is good for.

    Figures are of halves of the tiles, with the pattern of the other half: they are those of a pattern that is a little worse
    than the one that is returned. For the R², the place is learned on one fold of the half, and told of its other.

    Returns:
        The pattern; and figures, NaN where there are too few tiles.
    """
    nothing = float("nan")
    with threadpool_limits(1):
        middle = cells.features[cells.fold >= 0].mean(0, dtype=np.float64).astype(np.float32)
        if len(cells.folds) < FOLDS:
            mean = of_places(cells, middle).solved(_PENALTIES[-1])
            return Pattern(centred(mean, cells.side**2)), Figures(nothing, nothing, nothing)
        halves = cells.folds[: FOLDS // 2], cells.folds[FOLDS // 2 :]
        mean, means, _ = _chosen(lambda folds: of_places(cells.only(folds), middle), halves, cells.side**2)
        patterns = [Pattern(mean), *(Pattern(one) for one in means)]
        slanting = Slanting(cells, mean, _few(cells, seed))
        if min(int((cells.only(half).twice().fold >= 0).sum()) for half in halves) >= _LEAST_CELLS:
            slopes, others, gain = _chosen(slanting.equations, halves, cells.side)
            if gain >= _LEAST_SLOPES:
                patterns = [
                    replace(one, slopes=slanting.slopes(found)) for one, found in zip(patterns, (slopes, *others))
                ]
        before, after, gains = [], [], []
        for folds, pattern in zip(halves, patterns[:0:-1]):
            half = cells.only(folds)
            few = half.some(_few(half, seed))
            before.append(told(few))
            after.append(told(replace(few, features=pattern.off(few.features, few.place))))
            gains.append(_gain(half.twice(), pattern, seed))
    return patterns[0], Figures(*(float(np.mean(one)) for one in (before, after, gains)))


def _chosen(
    equations: Callable[[list[int]], Equations], halves: tuple[list[int], list[int]], group: int
) -> tuple[np.ndarray, list[np.ndarray], float]:
    """Solve with the penalty that explains most of the half that is held out.

    Returns:
        Unknowns from all, those from each half, and the share of the energy that they explain in the other.
    """
    one, two = equations(halves[0]), equations(halves[1])
    best: tuple[float, float, list[np.ndarray]] | None = None
    for penalty in _PENALTIES:
        found = [centred(part.solved(penalty), group) for part in (one, two)]
        gain = (one.explained(found[1]) + two.explained(found[0])) / max(one.energy + two.energy, 1e-30)
        if best is None or gain > best[0]:
            best = gain, penalty, found
    if best is None:
        raise RuntimeError("there are no penalties to choose from")
    return centred(equations(halves[0] + halves[1]).solved(best[1]), group), best[2], best[0]


def _few(cells: Cells, seed: int) -> np.ndarray:
    """Indices of some of the cells that count, drawn at random."""
    chosen = np.flatnonzero(cells.fold >= 0)
    if len(chosen) > _CELLS:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, _CELLS, replace=False))
    return chosen


def _gain(cells: Cells, pattern: Pattern, seed: int) -> float:
    """How much less the features of the same ground differ between tiles; NaN where no ground is seen twice."""
    index = np.flatnonzero(cells.fold >= 0)
    known = np.unique(cells.ground[index])
    if not len(known):
        return float("nan")
    known = np.random.default_rng(seed).permutation(known)[: _CELLS // 2]
    few = cells.some(index[np.isin(cells.ground[index], known)])
    ground = np.unique(few.ground, return_inverse=True)[1]
    count = np.bincount(ground)[:, None]
    on_ground = sparse.csr_matrix((np.ones(len(ground)), (ground, np.arange(len(ground)))))

    def differ(features: np.ndarray) -> float:
        means = (on_ground @ features) / count
        return float(((features - means[ground]) ** 2).sum())

    before = differ(few.features)
    return 1 - differ(pattern.off(few.features, few.place)) / before if before > 0 else 0.0


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
