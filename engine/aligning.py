"""Take off what changed everywhere between two dates: light, season, sensor. What did not change says how.

Cells count the less the worse the dates fit there, so that what changed in places does not bend the correction. Weights from the
chi-square distribution, as iteratively reweighted MAD has them, were tried and are worse with features of 128 bands: so few cells
keep any weight that the correction follows their noise. Leaving out the worst half keeps the cells of the plainest surfaces only.
Weights that never reach zero let a large change of one kind through (tests/test_change.py). docs/change.md has the figures.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from ..contract.errors import BadRequest
from ..contract.job import Context
from .pairing import Pair, cells_of_both

log = logging.getLogger(__name__)

CORRECTIONS = ("none", "mean and deviation", "covariance")
#: cells that a correction needs at least, and for each axis that it turns: with fewer it would fit itself to the changes
_LEAST, _PER_AXIS = 30, 3
#: rounds at most, and the change of the weights, in the mean, at which they end
_ROUNDS, _STILL = 25, 1e-3
#: cells that differ by so many times the median difference count for nothing
_REACH = 3
#: cells that are added up at once
_PORTION = 4096
#: axes with less than this share of the strongest one's variance are not turned: rounding of float32 is all they hold
_FLAT = 1e-10


@dataclass(frozen=True)
class Frame:
    """Features as deviations from the mean cell of the first date, in deviations of each band or in the bands' own units.

    Attributes:
        mean, scale: (bands,) float64.
    """

    mean: np.ndarray
    scale: np.ndarray

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        """(cells, bands) float32 to float64."""
        return np.asarray((cells.astype(np.float64) - self.mean) / self.scale)


@dataclass(frozen=True)
class Alignment:
    """What is done to the second date, in the frame.

    Attributes:
        matrix: (bands, bands) float64.
        shift: (bands,) float64, added afterwards.
    """

    matrix: np.ndarray
    shift: np.ndarray

    def __call__(self, after: np.ndarray) -> np.ndarray:
        """(cells, bands) float64 as the first date would have them."""
        return np.asarray(after @ self.matrix.T + self.shift)

    @classmethod
    def none(cls, bands: int) -> Alignment:
        """Leave everything as it is."""
        return cls(np.eye(bands), np.zeros(bands))


@dataclass
class Moments:
    """Weighted sums over cells of two dates, in float64: what a correction is made from.

    Args:
        bands: of either date.
        crossed: also sum the products of bands; otherwise their squares only.
    """

    bands: int
    crossed: bool
    weight: float = 0.0
    squared_weight: float = 0.0
    sums: np.ndarray = field(init=False)
    products: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        wide = 2 * self.bands
        self.sums, self.products = np.zeros(wide), np.zeros((wide, wide) if self.crossed else wide)

    def add(self, before: np.ndarray, after: np.ndarray, weight: np.ndarray) -> None:
        """Add (cells, bands) of both dates, in the frame."""
        both = np.concatenate([before, after], 1)
        weighted = both * weight[:, None]
        self.weight += float(weight.sum())
        self.squared_weight += float((weight**2).sum())
        self.sums += weighted.sum(0)
        self.products += both.T @ weighted if self.crossed else (both * weighted).sum(0)

    @property
    def effective(self) -> float:
        """Cells of equal weight that would tell as much."""
        return self.weight**2 / max(self.squared_weight, 1e-300)

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """(bands,) of either date."""
        mean = self.sums / max(self.weight, 1e-300)
        return mean[: self.bands], mean[self.bands :]

    def variances(self) -> tuple[np.ndarray, np.ndarray]:
        """(bands,) of either date."""
        squares = np.diag(self.products) if self.crossed else self.products
        spread = np.maximum(squares / max(self.weight, 1e-300) - (self.sums / max(self.weight, 1e-300)) ** 2, 0)
        return spread[: self.bands], spread[self.bands :]

    def covariances(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(bands, bands) of the first date, of the second, and of the first with the second."""
        mean = self.sums / self.weight
        whole = self.products / self.weight - np.outer(mean, mean)
        whole = (whole + whole.T) / 2
        k = self.bands
        return whole[:k, :k], whole[k:, k:], whole[:k, k:]


def solve(moments: Moments, correction: str) -> Alignment:
    """The correction that these sums ask for.

    ``mean and deviation``: each band of the second date gets those of the first. ``covariance``: of all linear maps that give the
    second date the covariance of the first, the one that leaves the least difference between the dates.
    """
    mean, mean_after = moments.means()
    if correction == "mean and deviation":
        matrix = np.diag(_ratio(*moments.variances()))
    else:
        # on one thread: how many there are must not change how the last digits are rounded
        with threadpool_limits(1):
            matrix = _turned(*moments.covariances(), axes=int(moments.effective / _PER_AXIS))
    # coarser than what rounding makes of sums in another order
    matrix = np.rint(matrix * 2**30) / 2**30
    shift = mean - matrix @ mean_after
    return Alignment(matrix, np.rint(shift * 2**30) / 2**30)


def _ratio(variance: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Deviation of the first by that of the second; 1 where either has none."""
    alive = (variance > _FLAT * max(variance.max(), 1e-300)) & (other > _FLAT * max(other.max(), 1e-300))
    return np.sqrt(np.where(alive, variance, 1) / np.where(alive, other, 1))


def _turned(cx: np.ndarray, cy: np.ndarray, cxy: np.ndarray, axes: int) -> np.ndarray:
    """The map of ``covariance``, on the strongest *axes* of both dates together; the weaker ones are given their deviation only."""
    # bands first get the deviations of the first date, so that both dates have a say in which axes are strong
    ratio = _ratio(np.diag(cx), np.diag(cy))
    cy, cxy = cy * np.outer(ratio, ratio), cxy * ratio
    values, vectors = np.linalg.eigh(cx + cy)
    values, basis = values[::-1], vectors[:, ::-1]
    cx, cy, cxy = (basis.T @ part @ basis for part in (cx, cy, cxy))
    matrix = np.diag(_ratio(np.diag(cx), np.diag(cy)))
    k = min(axes, int((values > _FLAT * max(values[0], 1e-300)).sum()))
    if k:
        # A = Cx^½ Q Cy^-½ has A Cy Aᵀ = Cx for every orthogonal Q; tr(A Cyx), all that the difference depends on, is largest
        # for the Q of the polar decomposition of Cx^½ Cxy Cy^-½
        root, inverse = _power(cx[:k, :k], 0.5), _power(cy[:k, :k], -0.5)
        left, _, right = np.linalg.svd(root @ cxy[:k, :k] @ inverse)
        matrix[:k, :k] = root @ (left @ right) @ inverse
    return np.asarray(basis @ matrix @ basis.T * ratio)


def _power(covariance: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, _FLAT * max(values[-1], 1e-300))
    return np.asarray((vectors * values**exponent) @ vectors.T)


def weights(before: np.ndarray, after: np.ndarray, alignment: Alignment, scale: float) -> np.ndarray:
    """(cells,) from 1 where the dates agree to 0 where they differ by ``_REACH`` times *scale* and more: Tukey's biweight."""
    gap = before - alignment(after)
    far = np.einsum("ij,ij->i", gap, gap) / (_REACH * max(scale, 1e-12)) ** 2
    return np.asarray(np.maximum(0, 1 - far) ** 2)


def from_sample(before: np.ndarray, after: np.ndarray, correction: str, ctx: Context) -> tuple[Alignment, float]:
    """Go round from weights to correction to weights until they stay.

    Args:
        before, after: (cells, bands) float64: a sample, in the frame.

    Returns:
        The correction, and the median difference of the dates after it.

    Raises:
        BadRequest: too few cells.
    """
    if len(before) < _LEAST:
        raise BadRequest(
            f"the correction needs {_LEAST} cells that are valid at both dates, there are {len(before)}",
            "choose correction = none, or rasters that overlap more",
        )
    # the simpler correction first: it can't mistake a change of many cells for a mixture of bands, and shows which to distrust
    steps = ("mean and deviation", correction) if correction == "covariance" else (correction,)
    weight = np.ones(len(before))
    for step in steps:
        alignment, scale, weight = _rounds(before, after, weight, step, ctx)
    return alignment, scale


def _rounds(
    before: np.ndarray, after: np.ndarray, weight: np.ndarray, correction: str, ctx: Context
) -> tuple[Alignment, float, np.ndarray]:
    """The correction that fits its own weights, the median difference after it, and those weights."""
    for turn in range(_ROUNDS):
        ctx.progress(turn, _ROUNDS, "rounds", "fit the correction")
        moments = Moments(before.shape[1], correction == "covariance")
        for start in range(0, len(before), _PORTION):
            part = slice(start, start + _PORTION)
            moments.add(before[part], after[part], weight[part])
        alignment = solve(moments, correction)
        gap = before - alignment(after)
        scale = float(np.median(np.sqrt(np.einsum("ij,ij->i", gap, gap))))
        fresh = weights(before, after, alignment, scale)
        moved = float(np.abs(fresh - weight).mean())
        weight = fresh
        if moved < _STILL:
            break
    log.info("%s: the correction stands after %d rounds", correction, turn + 1)
    ctx.progress(_ROUNDS, _ROUNDS, "rounds", "fit the correction")
    return alignment, scale, weight


def from_all(pair: Pair, frame: Frame, first: Alignment, scale: float, correction: str, ctx: Context) -> Alignment:
    """The correction by the weights that *first* gives all cells; row by row, so that it does not depend on how they are read."""
    moments = Moments(pair.bands, correction == "covariance")
    ctx.progress(0, pair.height, "rows", "correct")
    for begin, end, before, after in pair.each():
        for row in range(end - begin):
            x, y, _ = cells_of_both(before[:, row : row + 1], after[:, row : row + 1])
            if len(x):
                x, y = frame(x), frame(y)
                moments.add(x, y, weights(x, y, first, scale))
            ctx.progress(begin + row + 1, pair.height, "rows", "correct")
        ctx.progress(end, pair.height, "rows", "correct")
    axes = int(moments.effective / _PER_AXIS)
    if correction == "covariance" and axes < pair.bands:
        log.warning(
            "%.0f cells are few for %d bands: the correction turns the strongest %d axes only, and scales the rest",
            moments.effective, pair.bands, axes,
        )  # fmt: skip
    return solve(moments, correction)
