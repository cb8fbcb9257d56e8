"""Put pixels together along rows and columns: counts, means and deviations, the same whatever block they are asked for in.

Deviations are taken from a mean that is known already, so that nothing cancels out; sums are those of Chan, Golub and LeVeque
(1979), first down, then across.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..features import Features

#: bytes of float64 that a band's windows are worked out in at once
_BYTES = 16 << 20
#: edges nearer to a pixel's than this are there, in pixels
_SAME = 1e-3


@dataclass(frozen=True)
class Pool:
    """What is known of the pixels in every cell.

    Attributes:
        count: (rows, cols): pixels, parts of them too; None for 1 everywhere.
        mean: (bands, rows, cols); 0 where the count is.
        scatter: (bands, rows, cols) float64: sum of the squares of deviations from the mean; None where nobody asked, or for pixels.
    """

    count: np.ndarray | None
    mean: np.ndarray
    scatter: np.ndarray | None = None


@dataclass(frozen=True)
class Taps:
    """Along one axis, what each of n cells is made of.

    Attributes:
        index: (n, taps) int64: which pixels.
        weight: (n, taps) float64: how much of them; 0 beyond the raster.
    """

    index: np.ndarray
    weight: np.ndarray

    def reach(self) -> tuple[int, int] | None:
        """First pixel with a weight and the one after the last; None where there is none."""
        used = self.index[self.weight > 0]
        return (int(used.min()), int(used.max()) + 1) if len(used) else None

    def within(self, first: int, last: int) -> Taps:
        """The same, counted in pixels *first* to *last*."""
        return Taps(np.clip(self.index, first, last - 1) - first, self.weight)


def overlaps(edges: np.ndarray, size: int) -> Taps:
    """Pixels of a raster of *size* that lie between neighbours of (n + 1,) *edges*, with the part of them that does."""
    edges = _snapped(edges)
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    first = np.floor(low).astype(np.int64)
    taps = int((np.ceil(high) - first).max())
    index = first[:, None] + np.arange(taps)
    part = np.minimum(high[:, None], index + 1) - np.maximum(low[:, None], index)
    return _inside(index, np.maximum(part, 0), size)


def neighbours(middles: np.ndarray, size: int, snapped: bool = True) -> tuple[Taps, np.ndarray]:
    """The two pixels around each of (n,) *middles* to interpolate from, and the pixel that each lies in, may be beyond."""
    place = _snapped(middles - 0.5) if snapped else middles - 0.5
    first = np.floor(place).astype(np.int64)
    farther = place - first
    index = np.stack([first, first + 1], 1)
    return _inside(index, np.stack([1 - farther, farther], 1), size), np.floor(place + 0.5).astype(np.int64)


def around(first: int, last: int, reach: int, size: int) -> Taps:
    """Cells up to *reach* from each of *first* to *last*, within a grid of *size*."""
    index = np.arange(first, last)[:, None] + np.arange(-reach, reach + 1)
    return _inside(index, np.ones(index.shape), size)


def _snapped(places: np.ndarray) -> np.ndarray:
    near = np.rint(places)
    return np.where(np.abs(places - near) < _SAME, near, places)


def _inside(index: np.ndarray, weight: np.ndarray, size: int) -> Taps:
    beyond = (index < 0) | (index >= size)
    return Taps(np.clip(index, 0, size - 1), np.where(beyond, 0.0, weight))


def pool(cells: Pool, taps: Taps, axis: int, spread: bool) -> Pool:
    """Put together what lies along one axis.

    Args:
        axis: of (bands, rows, cols): 1 or 2.
        spread: ask for the scatter too.
    """
    size = len(taps.index)
    shape = (size, cells.mean.shape[2]) if axis == 1 else (cells.mean.shape[1], size)
    ways = [_way(taps.index[:, i]) for i in range(taps.index.shape[1])]
    weights = [taps.weight[:, i].reshape((-1, 1) if axis == 1 else (1, -1)) for i in range(len(ways))]
    counts = [weight if cells.count is None else _take(cells.count, way, axis - 1) * weight for way, weight in zip(ways, weights)]  # fmt: skip
    count = np.zeros(shape)
    total = np.zeros((len(cells.mean), *shape))
    single = cells.count is None or cells.count.dtype == bool
    for way, weight, number in zip(ways, weights, counts):
        count += number
        part = _take(cells.mean, way, axis)
        # single pixels without data are 0 and need no weight of 0; a sum is the same with and without a factor of 1
        factor = weight if single else number
        total += part if (factor == 1).all() else part * factor
    mean = np.divide(total, count, out=total, where=count > 0)
    if not spread:
        return Pool(count, mean)
    scatter = np.zeros_like(mean)
    for way, weight, number in zip(ways, weights, counts):
        gap = _take(cells.mean, way, axis) - mean
        gap *= gap
        if not (number == 1).all():
            gap *= number
        scatter += gap
        if cells.scatter is not None:
            scatter += _take(cells.scatter, way, axis) * weight
    return Pool(count, mean, scatter)


def _way(index: np.ndarray) -> np.ndarray | slice:
    """The same as a slice, if it is one: it needs no copy."""
    step = int(index[1] - index[0]) if len(index) > 1 else 1
    if step > 0 and (np.diff(index) == step).all():
        return slice(int(index[0]), int(index[-1]) + 1, step)
    return index


def _take(values: np.ndarray, way: np.ndarray | slice, axis: int) -> np.ndarray:
    return values[(slice(None),) * axis + (way,)] if isinstance(way, slice) else np.take(values, way, axis)


def pixels(features: Features, top: int, bottom: int, left: int, right: int) -> Pool:
    """Rows and columns of a raster as they are: float32, 0 without data."""
    values, valid = features.source.read(top, bottom, left, right)
    if features.scale is not None and features.offset is not None:
        values *= features.scale[:, None, None]
        values += features.offset[:, None, None]
    if valid.all():
        return Pool(None, values)
    values[:, ~valid] = 0
    return Pool(valid, values)


def deviation_of(made: Pool) -> np.ndarray:
    """(bands, rows, cols) float64; 0 where the count is."""
    scatter, count = np.asarray(made.scatter), np.asarray(made.count)
    return np.sqrt(np.divide(scatter, count, out=np.zeros_like(scatter), where=count > 0))


def window_statistics(out: np.ndarray, values: np.ndarray, down: Taps, across: Taps) -> None:
    """Write means and, behind them, standard deviations around cells into (2 * bands, rows, cols) float32 *out*.

    Args:
        values: (bands, rows, cols) float32 with the margin; NaN in all bands without data.
        down, across: which of its rows and columns are around each row and column of *out*.
    """
    valid = ~np.isnan(values[0])
    bands = len(values)
    some = max(1, _BYTES // (8 * valid.size))
    for first in range(0, bands, some):
        part = np.where(valid, values[first : first + some], np.float32(0))
        made = pool(pool(Pool(valid, part), down, 1, True), across, 2, True)
        out[first : first + len(part)] = made.mean
        out[bands + first : bands + first + len(part)] = deviation_of(made)
