"""Bring one raster onto the cells of another: bilinear, what holds no data left out, the same pixels however it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform as transform_points
from scipy.sparse import csr_array

from .features import Features

#: places looked at within a cell, along either side, however much smaller the other raster's cells are
_MOST = 8
#: cells that are made at once, and bytes of the other raster that are read for them
_CELLS, _BYTES = 65_536, 32 << 20
#: a cell is valid where at least this share of what it is made of is
_SHARE = 0.5
#: the outline of a raster is followed at so many places along each side
_ALONG = 64


@dataclass(frozen=True)
class Crossing:
    """The way from the columns and rows of one grid to those of another.

    Attributes:
        here, there: from columns and rows to coordinates.
        crs, crs_there: both None, or both given.
    """

    here: Affine
    crs: CRS | None
    there: Affine
    crs_there: CRS | None

    def __call__(self, cols: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows there, float64; infinite or NaN for what can't be found there."""
        if self.crs == self.crs_there:
            col, row = ~self.there * self.here * (cols, rows)
            return np.asarray(col, np.float64), np.asarray(row, np.float64)
        x, y = self.here * (cols, rows)
        x, y = transform_points(self.crs, self.crs_there, np.ravel(x), np.ravel(y))[:2]
        with np.errstate(invalid="ignore"):
            col, row = ~self.there * (np.array(x, np.float64), np.array(y, np.float64))
        return col.reshape(np.shape(cols)), row.reshape(np.shape(rows))

    def back(self) -> Crossing:
        """The other way."""
        return Crossing(self.there, self.crs_there, self.here, self.crs)

    def window_of(self, width: int, height: int) -> tuple[int, int, int, int] | None:
        """(left, top, right, bottom) of the cells there whose centres lie in a raster of *width* x *height* cells here.

        None where the two have nothing in common. May reach beyond the raster there.
        """
        side = np.linspace(0, 1, _ALONG)
        zero, one = np.zeros(_ALONG), np.ones(_ALONG)
        cols, rows = self(width * np.r_[side, side, zero, one], height * np.r_[zero, one, side, side])
        known = np.isfinite(cols) & np.isfinite(rows)
        if not known.any():
            return None
        left, right, top, bottom = (
            float(edge) for edge in (cols[known].min(), cols[known].max(), rows[known].min(), rows[known].max())
        )
        return (
            math.ceil(left - 0.5 - 1e-6), math.ceil(top - 0.5 - 1e-6),
            math.floor(right - 0.5 + 1e-6) + 1, math.floor(bottom - 0.5 + 1e-6) + 1,
        )  # fmt: skip

    def step(self, col: float, row: float) -> float:
        """Cells there that one cell here is long, around this place."""
        cols, rows = self(np.array([col, col + 1, col]), np.array([row, row, row + 1]))
        return float(
            max(np.hypot(cols[1] - cols[0], rows[1] - rows[0]), np.hypot(cols[2] - cols[0], rows[2] - rows[0]))
        )


@dataclass(frozen=True)
class Resampled:
    """A raster on the cells of a window of another.

    Attributes:
        features: what is read; all of its raster counts, whatever its window.
        crossing: from the window's columns and rows to those of *features*' raster.
        width, height: of the window.
        places: that a cell is made of, along either side: more than 1 where the raster's cells are the smaller ones.
    """

    features: Features
    crossing: Crossing
    width: int
    height: int
    places: int = field(init=False)

    def __post_init__(self) -> None:
        step = self.crossing.step(self.width / 2, self.height / 2)
        # a hundredth more is no reason to look four times
        places = min(_MOST, max(1, math.ceil(step - 0.01))) if math.isfinite(step) else 1
        object.__setattr__(self, "places", places)

    def read(self, first: int, last: int) -> np.ndarray:
        """Rows *first* to *last* of the window as (bands, rows, width) float32, NaN without data."""
        out = np.full((self.features.bands, last - first, self.width), np.nan, np.float32)
        most = max(1, _CELLS // self.places**2)
        cols = min(self.width, most)
        rows = max(1, most // cols)
        for top in range(first, last, rows):
            for left in range(0, self.width, cols):
                self._fill(out, first, (top, min(last, top + rows)), (left, min(self.width, left + cols)))
        return out

    def _fill(self, out: np.ndarray, first: int, rows: tuple[int, int], cols: tuple[int, int]) -> None:
        entry, row, col, weight = self._parts(rows, cols)
        if not len(entry):
            return
        top, left = int(row.min()), int(col.min())
        high, wide = int(row.max()) - top + 1, int(col.max()) - left + 1
        size = (rows[1] - rows[0], cols[1] - cols[0])
        if 4 * self.features.bands * high * wide > _BYTES and max(size) > 1:
            longer = int(size[1] >= size[0])
            sides = [rows, cols]
            start, end = sides[longer]
            for half in ((start, (start + end) // 2), ((start + end) // 2, end)):
                sides[longer] = half
                self._fill(out, first, sides[0], sides[1])
            return
        values = self.features.window(top, top + high, left, left + wide)
        flat = values.reshape(len(values), -1).T
        valid = ~np.isnan(flat[:, 0])
        source = (row - top) * wide + (col - left)
        kept = valid[source]
        count = size[0] * size[1]
        # entries of a cell are added up in the order of the raster, wherever the window begins
        matrix = csr_array((weight[kept], (entry[kept], source[kept])), shape=(count, high * wide))
        total = matrix.sum(1)
        enough = total >= _SHARE - 1e-9
        made = matrix @ np.where(valid[:, None], flat, np.float32(0)).astype(np.float64)
        block = np.full((count, len(values)), np.nan, np.float32)
        block[enough] = made[enough] / total[enough, None]
        out[:, rows[0] - first : rows[1] - first, cols[0] : cols[1]] = block.T.reshape(-1, *size)

    def _parts(
        self, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What the cells of a block are made of: (cell of the block, row, column, weight), those of a cell up to 1 in all."""
        inside = (np.arange(self.places) + 0.5) / self.places
        down = (np.arange(*rows)[:, None] + inside).ravel()
        right = (np.arange(*cols)[:, None] + inside).ravel()
        col, row = self.crossing(*np.meshgrid(right, down))
        cell = np.arange(rows[1] - rows[0]).repeat(self.places)[:, None] * (cols[1] - cols[0]) + np.arange(
            cols[1] - cols[0]
        ).repeat(self.places)
        col, row, cell = col.ravel() - 0.5, row.ravel() - 0.5, cell.ravel()
        width, height = self.features.source.width, self.features.source.height
        with np.errstate(invalid="ignore"):
            near = (col > -1) & (row > -1) & (col < width) & (row < height)
        col, row, cell = col[near], row[near], cell[near]
        above, before = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
        lower, farther = row - above, col - before
        found = [
            (cell, above + i, before + j, (lower if i else 1 - lower) * (farther if j else 1 - farther))
            for i in (0, 1)
            for j in (0, 1)
        ]
        cell, row, col, weight = (np.concatenate(part) for part in zip(*found))
        kept = (weight > 0) & (row >= 0) & (col >= 0) & (row < height) & (col < width)
        return cell[kept], row[kept], col[kept], weight[kept] / self.places**2
