"""Open a raster of features, or any other, and read it in bands of rows; cells without data are NaN in all bands."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from ..contract.errors import BadRaster
from .extents import beside, window_of
from .feature_contract import FeatureContract, read_contract
from .prefetch import prefetch
from .rasters import Source, nothing_valid, open_source

#: bytes of float32 read at once; more brings nothing, and a reader thread holds two such pieces
_PIECE_BYTES = 64 << 20
#: how far beyond a cell's border an extent may reach before the cell counts as asked for, in cells
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Features:
    """A window of a raster, whole cells only.

    Attributes:
        source: the raster, its bands chosen.
        contract: what made its features.
        top, left: first row and column of the window in the raster.
        width, height: of the window, in cells.
        scale, offset: (bands,) float32: value = stored * scale + offset; None where the file holds values.
    """

    source: Source
    contract: FeatureContract
    top: int
    left: int
    width: int
    height: int
    scale: np.ndarray | None
    offset: np.ndarray | None

    @property
    def bands(self) -> int:
        """Number of features of a cell."""
        return len(self.source.bands)

    @property
    def transform(self) -> Affine:
        """From columns and rows of the window to coordinates."""
        return self.source.transform * Affine.translation(self.left, self.top)

    @property
    def crs(self) -> CRS | None:
        """None where the raster has none."""
        return self.source.crs

    def rasters(self) -> list[Features]:
        """Those that it is read from: itself; where several are stacked, all of them, the main one first."""
        return [self]

    def read(self, first: int, last: int) -> np.ndarray:
        """Read rows *first* to *last* of the window as (bands, rows, width) float32; NaN in all bands of a cell without data.

        Raises:
            BadRaster: the file is damaged.
        """
        return self.window(self.top + first, self.top + last, self.left, self.left + self.width)

    def window(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """The same for any rows and columns of the whole raster."""
        data, valid = self.source.read(top, bottom, left, right)
        if self.scale is not None and self.offset is not None:
            data *= self.scale[:, None, None]
            data += self.offset[:, None, None]
        if not valid.all():
            data[:, ~valid] = np.nan
        return data

    def pieces(self) -> list[tuple[int, int]]:
        """(first, last) rows of the pieces that the window is read in, top to bottom, along the blocks of the file."""
        block = self.source.block_rows
        rows = max(1, _PIECE_BYTES // (4 * self.bands * self.width))
        rows = rows // block * block or rows
        first = -(self.top % block)
        edges = sorted({max(0, edge) for edge in range(first, self.height, rows)})
        return list(zip(edges, [*edges[1:], self.height]))

    def each(self) -> Generator[tuple[int, int, np.ndarray], None, None]:
        """Yield (first, last, values) of all pieces, read ahead in a thread."""
        return prefetch(((first, last, self.read(first, last)) for first, last in self.pieces()), ahead=1)


def bounds(features: Features) -> tuple[float, float, float, float]:
    """(xmin, ymin, xmax, ymax) of the whole raster."""
    source = features.source
    corners = [source.transform * (x, y) for x in (0, source.width) for y in (0, source.height)]
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return min(xs), min(ys), max(xs), max(ys)


def cells_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (cells, bands) of the valid cells of (bands, rows, width), and (rows, width) bool: which those are.

    The cells lie in memory as they were read, band by band: turning them takes as long as multiplying them.
    """
    valid = ~np.isnan(values[0])
    flat = values.reshape(len(values), -1)
    return (flat if valid.all() else flat[:, valid.ravel()]).T, valid


def spread_out(cells: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """The way back: (cells, k) to (k, rows, width) float32 with NaN where nothing is valid."""
    if valid.all():
        return np.ascontiguousarray(cells.T, np.float32).reshape(-1, *valid.shape)
    out = np.full((cells.shape[1], *valid.shape), np.nan, np.float32)
    out[:, valid] = cells.T
    return out


@contextlib.contextmanager
def open_features(
    name: str, bands: list[int] | None = None, extent: str | None = None, classes: bool = False
) -> Iterator[Features]:
    """Open the raster *name* for exploring.

    Args:
        bands: counted from 1; None for all but transparency.
        extent: ``xmin,ymin,xmax,ymax [CRS]``, enlarged to whole cells and clipped to the raster; None for all of it.
        classes: values are numbers of classes, so that a colour table is in its place.

    Raises:
        BadRaster: it can't be read.
        BadRequest: the extent lies beside it.
    """
    with open_source(name, bands, classes=classes) as source:
        left, top, right, bottom = _window(source, extent)
        scaled = source.scaling()
        scale, offset = scaled if scaled else (None, None)
        yield Features(source, read_contract(source), top, left, right - left, bottom - top, scale, offset)


def _window(source: Source, extent: str | None) -> tuple[int, int, int, int]:
    if not extent:
        return 0, 0, source.width, source.height
    left, top, right, bottom = window_of(source, extent)
    inner = (
        max(0, math.floor(left + _TOLERANCE)),
        max(0, math.floor(top + _TOLERANCE)),
        min(source.width, math.ceil(right - _TOLERANCE)),
        min(source.height, math.ceil(bottom - _TOLERANCE)),
    )
    if inner[0] >= inner[2] or inner[1] >= inner[3]:
        raise beside(source, extent)
    return inner


def no_data(features: Features) -> BadRaster:
    """What to raise where not one cell is valid."""
    parts = features.rasters()
    source, main = features.source, parts[0]
    return nothing_valid(
        [(one.source, (one.top, one.top + one.height, one.left, one.left + one.width)) for one in parts],
        (main.width, main.height) != (main.source.width, main.source.height)
        or (features.width, features.height) != (source.width, source.height),
    )
