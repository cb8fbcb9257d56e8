"""Cells of one grid made of the pixels of another raster: means and deviations, the same whatever block they are asked for in.

Not by GDAL's warper: its averages depend on how it cuts the work, and its masks on the kind of raster. Here every cell adds up
its own pixels, in float64 and in one order, with weights that follow from the cell's place in the whole grid alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from rasterio.transform import Affine

from ..features import Features
from ..resampling import Crossing
from .stack_pools import Pool, deviation_of, neighbours, overlaps, pixels, pool

#: bytes of float32 pixels that are held at once, and of those that GDAL's cache should keep while a row of blocks is gone through
_BYTES, _KEPT = 16 << 20, 48 << 20
#: rows of pixels that are gone through at once, whatever the bytes
_ROWS = 512
#: edges nearer to a pixel's than this are there, in pixels
_SAME = 0.01
#: places looked at within a cell along either side, where grids are turned against each other
_FEWEST, _MOST = 4, 32


@dataclass(frozen=True)
class Parallel:
    """Grids that lie side by side, whose rows and columns can be looked at one after the other.

    Attributes:
        features: the raster whose pixels are read.
        way: from columns and rows of the cells to those of the pixels; not turned.
        finer: cells are made of the pixels within; otherwise of the four around their middle.
    """

    features: Features
    way: Affine
    finer: bool

    @property
    def step(self) -> tuple[float, float]:
        """Pixels down and across a cell."""
        return abs(self.way.e), abs(self.way.a)

    def cells(self, rows: tuple[int, int], cols: tuple[int, int], spread: bool) -> Pool | None:
        """What the cells of these rows and columns are made of; None where the raster has no pixels there."""
        source = self.features.source
        sides = ((self.way.f, self.way.e, rows, source.height), (self.way.c, self.way.a, cols, source.width))
        if self.finer:
            down, across = (
                overlaps(start + step * np.arange(first, last + 1), size) for start, step, (first, last), size in sides
            )
            near = None
        else:
            found = [
                neighbours(start + step * (np.arange(first, last) + 0.5), size)
                for start, step, (first, last), size in sides
            ]
            (down, row), (across, col) = found
            near = row, col
        high, wide = down.reach(), across.reach()
        if high is None or wide is None:
            return None
        here = pixels(self.features, *high, *wide)
        made = pool(pool(here, down.within(*high), 1, spread), across.within(*wide), 2, spread)
        if near is not None and made.count is not None:
            made.count[~_known(here.count, near[0][:, None] - high[0], near[1][None, :] - wide[0], high, wide)] = 0
        return made


def _known(
    valid: np.ndarray | None, row: np.ndarray, col: np.ndarray, high: tuple[int, int], wide: tuple[int, int]
) -> np.ndarray:
    """Whether the pixels at these rows and columns of what was read hold data."""
    height, width = high[1] - high[0], wide[1] - wide[0]
    inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    if valid is not None:
        inside = inside & valid[np.clip(row, 0, height - 1), np.clip(col, 0, width - 1)]
    return np.asarray(inside)


@dataclass(frozen=True)
class Turned:
    """Grids that are turned against each other, or in different CRS.

    Attributes:
        features: the raster whose pixels are read.
        crossing: from columns and rows of the cells to those of the pixels.
        finer: cells are made of the pixels at places within, evenly spread; otherwise of the four around their middle.
        length: pixels that a cell is long.
    """

    features: Features
    crossing: Crossing
    finer: bool
    length: float

    @property
    def step(self) -> tuple[float, float]:
        """Pixels down and across a cell, about."""
        return self.length, self.length

    def cells(self, rows: tuple[int, int], cols: tuple[int, int], spread: bool) -> Pool | None:
        """What the cells of these rows and columns are made of; None where the raster has no pixels there."""
        more = (1, 0.0) if self.finer else (0, 0.5)
        col, row = self.crossing(
            *np.meshgrid(np.arange(cols[0], cols[1] + more[0]) + more[1], np.arange(rows[0], rows[1] + more[0]) + more[1])
        )  # fmt: skip
        source = self.features.source
        high, wide = _span(row, source.height), _span(col, source.width)
        if high is None or wide is None:
            return None
        size = rows[1] - rows[0], cols[1] - cols[0]
        if (high[1] - high[0]) * (wide[1] - wide[0]) * 4 * self.features.bands > 4 * _BYTES and max(size) > 1:
            return self._halves(rows, cols, spread)
        here = pixels(self.features, *high, *wide)
        if self.finer:
            return self._places(here, row - high[0], col - wide[0], spread)
        return _between(here, row - high[0], col - wide[0], high, wide)

    def _halves(self, rows: tuple[int, int], cols: tuple[int, int], spread: bool) -> Pool:
        size = (rows[1] - rows[0], cols[1] - cols[0])
        axis = int(size[1] >= size[0])
        start, end = (rows, cols)[axis]
        middle = (start + end) // 2
        bands = self.features.bands
        count, mean = np.zeros(size), np.zeros((bands, *size))
        scatter = np.zeros((bands, *size)) if spread else None
        for half in ((start, middle), (middle, end)):
            part = self.cells(rows, half, spread) if axis else self.cells(half, cols, spread)
            if part is None or part.count is None:
                continue
            some = slice(half[0] - start, half[1] - start)
            place = (slice(None), some) if axis else (some, slice(None))
            count[place], mean[(slice(None), *place)] = part.count, part.mean
            if scatter is not None and part.scatter is not None:
                scatter[(slice(None), *place)] = part.scatter
        return Pool(count, mean, scatter)

    def _places(self, here: Pool, row: np.ndarray, col: np.ndarray, spread: bool) -> Pool:
        """Look up the pixels at places within cells, whose corners lie at (rows + 1, cols + 1) *row* and *col*."""
        height, width = here.mean.shape[1:]
        flat = here.mean.reshape(len(here.mean), -1)
        valid = None if here.count is None else here.count.ravel()
        shape = (row.shape[0] - 1, row.shape[1] - 1)
        count = np.zeros(shape)
        first = np.zeros((len(flat), *shape))
        total, square = np.zeros_like(first), np.zeros_like(first) if spread else None
        inside = (np.arange(places := min(_MOST, max(_FEWEST, math.ceil(self.length - _SAME)))) + 0.5) / places
        for down in inside:
            rows, cols = (corner[:-1] + (corner[1:] - corner[:-1]) * down for corner in (row, col))
            for across in inside:
                r, c = (edge[:, :-1] + (edge[:, 1:] - edge[:, :-1]) * across for edge in (rows, cols))
                with np.errstate(invalid="ignore"):
                    known = (r >= 0) & (r < height) & (c >= 0) & (c < width)
                    place = np.where(known, np.floor(r) * width + np.floor(c), 0).astype(np.int64)
                if valid is not None:
                    known &= valid[place]
                found = flat[:, place]
                fresh = known & (count == 0)
                # deviations from a pixel of the cell: nothing cancels out where a mountain is flat
                if fresh.any():
                    np.copyto(first, found, where=fresh)
                gap = (found - first) * known
                total += gap
                count += known
                if square is not None:
                    square += gap * gap
        shift = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
        return Pool(count, first + shift, None if square is None else np.maximum(square - shift * total, 0))


def _span(places: np.ndarray, size: int) -> tuple[int, int] | None:
    """First pixel of a raster of *size* that is needed around *places*, and the one after the last."""
    known = places[np.isfinite(places)]
    if not len(known):
        return None
    first, last = max(0, math.floor(known.min() - 1)), min(size, math.ceil(known.max() + 1))
    return (first, last) if first < last else None


def _between(here: Pool, row: np.ndarray, col: np.ndarray, high: tuple[int, int], wide: tuple[int, int]) -> Pool:
    """Interpolate between the four pixels around (rows, cols) *row* and *col*."""
    height, width = here.mean.shape[1:]
    finite = np.isfinite(row) & np.isfinite(col)
    (down, near_row), (across, near_col) = (
        neighbours(np.where(finite, places, -9).ravel(), size, snapped=False)
        for places, size in ((row, height), (col, width))
    )
    flat = here.mean.reshape(len(here.mean), -1)
    count, total = np.zeros(row.size), np.zeros((len(flat), row.size))
    for i in (0, 1):
        for j in (0, 1):
            place = down.index[:, i] * width + across.index[:, j]
            weight = down.weight[:, i] * across.weight[:, j]
            if here.count is not None:
                weight = weight * here.count.ravel()[place]
            count += weight
            total += flat[:, place] * weight
    mean = np.divide(total, count, out=total, where=count > 0)
    count[~_known(here.count, near_row, near_col, high, wide)] = 0
    return Pool(count.reshape(row.shape), mean.reshape(len(flat), *row.shape))


def fill(
    out: np.ndarray, way: Parallel | Turned, rows: tuple[int, int], cols: tuple[int, int], deviation: bool
) -> None:
    """Write the cells of these rows and columns into (bands, rows, cols) float32 *out*, NaN without data.

    Args:
        deviation: write as many bands of standard deviations behind the means.
    """
    bands = way.features.bands
    down, across = (max(1.0, step) for step in way.step)
    length = 4 * bands * across * (cols[1] - cols[0])
    high = max(1, int(min(_ROWS, _KEPT // length) / down))
    wide = max(1, int(_BYTES / (4 * bands * across * down * high)))
    out.fill(np.nan)
    for top in range(*rows, high):
        bottom = min(rows[1], top + high)
        for left in range(*cols, wide):
            right = min(cols[1], left + wide)
            made = way.cells((top, bottom), (left, right), deviation)
            if made is None or made.count is None:
                continue
            known = made.count > 0
            here = out[:, top - rows[0] : bottom - rows[0], left - cols[0] : right - cols[0]]
            np.copyto(here[:bands], made.mean, where=known, casting="same_kind")
            if deviation and made.scatter is not None:
                np.copyto(here[bands:], deviation_of(made), where=known, casting="same_kind")
