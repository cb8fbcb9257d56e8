"""Several rasters as one: features, source bands, a DEM or any other raster, brought to one grid and read as if it were a file."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from ...contract.errors import BadRaster
from ..features import Features, open_features
from ..features import _window as window_of_extent
from ..rasters import Source
from ..resampling import Crossing
from .stack_layers import Parallel, Turned, fill
from .stack_plan import StackPlan, check_settings, column_names, file_of
from .stack_pools import around, window_statistics

__all__ = ["Stack", "StackPlan", "covering", "open_stack"]

log = logging.getLogger(__name__)

#: pixels that lie along a cell are smaller than it from here on: a hundredth more is nothing
_FINER = 1.01
#: grids that are turned by less than this at their far end are not, in pixels
_SAME = 0.01
#: places along either side of a raster that are looked for in another one
_LOOKS = 64


@dataclass(frozen=True)
class Layer:
    """One raster of a stack.

    Attributes:
        features: the raster.
        way: how cells are made of its pixels; None where the grid is its own.
        deviation: its pixels' deviation within a cell is given too.
        window: side of the square of cells that mean and deviation are taken in too; 1 for none.
    """

    features: Features
    way: Parallel | Turned | None
    deviation: bool
    window: int

    @property
    def bands(self) -> int:
        """Columns that it gives."""
        return self.features.bands * (1 + self.deviation + 2 * (self.window > 1))

    def write(self, out: np.ndarray, rows: tuple[int, int], cols: tuple[int, int], height: int, width: int) -> None:
        """Write cells into (bands, rows, cols) float32 *out*, NaN in all bands without data.

        Args:
            height, width: of the whole grid.
        """
        if self.window == 1:
            self._write(out, rows, cols)
            return
        reach, bands = self.window // 2, self.features.bands
        (top, bottom), (left, right) = (
            (max(0, first - reach), min(size, last + reach)) for (first, last), size in ((rows, height), (cols, width))
        )
        plain = bands * (1 + self.deviation)
        values = np.empty((plain, bottom - top, right - left), np.float32)
        self._write(values, (top, bottom), (left, right))
        out[:plain] = values[:, rows[0] - top : rows[1] - top, cols[0] - left : cols[1] - left]
        down, across = around(*rows, reach, height).within(top, bottom), around(*cols, reach, width).within(left, right)
        window_statistics(out[plain:], values[:bands], down, across)
        out[plain:, np.isnan(out[0])] = np.nan

    def _write(self, out: np.ndarray, rows: tuple[int, int], cols: tuple[int, int]) -> None:
        if self.way is None:
            out[:] = self.features.window(*rows, *cols)
        else:
            fill(out, self.way, rows, cols, self.deviation)


@dataclass(frozen=True)
class Stack(Features):
    """Rasters on one grid, read as ``Features`` are. A cell has data where all of them do.

    ``source`` is the main raster, or where the grid is a finer one, that grid with the main raster's name and tags;
    ``contract`` is the main raster's own, ``plan`` tells of all.

    Attributes:
        layers: the main raster first.
        plan: what a model remembers.
    """

    layers: tuple[Layer, ...]
    plan: StackPlan

    def rasters(self) -> list[Features]:
        """Those that are stacked."""
        return [layer.features for layer in self.layers]

    @property
    def bands(self) -> int:
        """Number of columns: values of a cell."""
        return sum(layer.bands for layer in self.layers)

    def window(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """(bands, rows, cols) float32 of any rows and columns of the whole grid; NaN in all bands of a cell without data.

        Raises:
            BadRaster: a file is damaged.
        """
        if len(self.layers) == 1 and self.layers[0].way is None and self.layers[0].window == 1:
            return super().window(top, bottom, left, right)
        out = np.empty((self.bands, bottom - top, right - left), np.float32)
        missing = np.zeros(out.shape[1:], bool)
        at = 0
        for layer in self.layers:
            here = out[at : at + layer.bands]
            layer.write(here, (top, bottom), (left, right), self.source.height, self.source.width)
            missing |= np.isnan(here[0])
            at += layer.bands
        if missing.any():
            out[:, missing] = np.nan
        return out


class _FinerGrid(Source):
    """The grid of another raster, under the name of the main one. It has no pixels of its own: the stack is read."""

    def __init__(self, main: Source, finest: Source, window: tuple[int, int, int, int]) -> None:
        super().__init__(main._ds, main.name, main.bands)
        left, top, right, bottom = window
        self.width, self.height = right - left, bottom - top
        self.transform, self.crs = finest.transform * Affine.translation(left, top), finest.crs
        self._rows = finest.block_rows

    @property
    def block_rows(self) -> int:
        """Rows of the blocks that the finest raster is stored in."""
        return self._rows

    def read(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """There is nothing to read."""
        raise NotImplementedError("a grid has no pixels: read the stack")

    def empty_bands(self, top: int, bottom: int, left: int, right: int) -> list[int]:
        """Nobody knows."""
        return []


@contextlib.contextmanager
def open_stack(
    name: str, bands: list[int] | None, extent: str | None, others: Sequence[str],
    deviation: bool = False, window: int = 1, grid: str = "input",
) -> Iterator[Stack]:  # fmt: skip
    """Open the raster *name* with *others* on one grid.

    Pixels smaller than a cell give their mean: of the parts of pixels within where the grids are parallel, all of them counting
    alike where they are aligned; otherwise of pixels at places evenly spread in the cell. Larger ones are interpolated
    bilinearly at the cell's middle, from neighbours that hold data, where the pixel in the middle does.

    Args:
        bands: of the main raster, from 1; None for all but transparency. Others give all of theirs.
        extent: as for ``open_features``.
        deviation: finer rasters give the standard deviation of their pixels within a cell, too.
        window: side of a square of cells, odd; rasters that no encoder made give mean and deviation in it, too. 1 for none.
        grid: ``input``: the main raster's; ``finest``: that of the raster with the smallest pixels.

    Raises:
        BadRaster: one can't be read, does not overlap the main one, or is alone in having a CRS, or none.
        BadRequest: the extent lies beside the grid, or a setting is none.
    """
    check_settings(window, grid)
    with contextlib.ExitStack() as opened:
        main = opened.enter_context(open_features(name, bands, extent))
        rasters = [main, *(opened.enter_context(open_features(other)) for other in others)]
        for other in rasters[1:]:
            if not _share(main, other):
                raise BadRaster(
                    f"{other.source.name} and {main.source.name} have no place in common{' within the extent' if extent else ''}",
                    "choose rasters that overlap; mind their CRS, and the extent",
                )
        finest = max(rasters, key=lambda one: _pixels_along(main, one)) if grid == "finest" else main
        if _pixels_along(main, finest) <= _FINER:
            finest = main
        ground = main.source if finest is main else _finer_grid(main, finest)
        finer = [_pixels_along(ground, one) > _FINER for one in rasters]
        layers = tuple(
            Layer(
                one, None if one is main and finest is main else _way(ground, one, small), small and deviation,
                1 if one.contract.encoder else window,
            )
            for one, small in zip(rasters, finer)
        )  # fmt: skip
        contracts, files = [one.contract for one in rasters], [one.source.name for one in rasters]
        names = column_names(contracts, files, finer, deviation, window)
        plan = StackPlan(contracts, deviation, window, grid, names, [file_of(file) for file in files], finer)
        if finest is main:
            place, scaling = (main.top, main.left, main.width, main.height), (main.scale, main.offset)
        else:
            left, top, right, bottom = window_of_extent(ground, extent)
            place, scaling = (top, left, right - left, bottom - top), (None, None)
        yield Stack(ground, main.contract, *place, *scaling, layers, plan)


def covering(others: Sequence[str], features: Features | str) -> list[str]:
    """Those of *others* that overlap a main raster, or its window, in order.

    Raises:
        BadRaster: one can't be read, or is alone in having a CRS, or none.
    """
    if isinstance(features, str):
        with open_features(features) as main:
            return covering(others, main)
    found = []
    for name in others:
        with open_features(name) as other:
            if _share(features, other):
                found.append(name)
    return found


def _crossing(here: Features | Source, there: Features) -> Crossing:
    """From the whole grid of one raster to that of the other."""
    source = here if isinstance(here, Source) else here.source
    return Crossing(source.transform, source.crs, there.source.transform, there.crs)


def _share(main: Features, other: Features) -> bool:
    """Whether the window of the main raster and the other raster have a place in common."""
    if (main.crs is None) != (other.crs is None):
        bare, placed = (main, other) if main.crs is None else (other, main)
        raise BadRaster(
            f"{bare.source.name} has no CRS, {placed.source.name} has one",
            "assign it one (Raster > Projections > Assign projection)",
        )
    way = _crossing(main, other)
    window = (main.left, main.top, main.left + main.width, main.top + main.height)
    whole = (0, 0, other.source.width, other.source.height)
    try:
        return _reaches(way, window, whole) or _reaches(way.back(), whole, window)
    except (RasterioError, CPLE_BaseError) as error:
        raise BadRaster(
            f"nobody knows a way from the CRS of {other.source.name} to that of {main.source.name}",
            "reproject one of them first (Raster > Projections > Warp)",
        ) from error


def _reaches(way: Crossing, here: tuple[int, int, int, int], there: tuple[int, int, int, int]) -> bool:
    """Whether any place of a window (left, top, right, bottom) here lies within one there."""
    inside = (np.arange(_LOOKS) + 0.5) / _LOOKS
    cols, rows = np.meshgrid(here[0] + inside * (here[2] - here[0]), here[1] + inside * (here[3] - here[1]))
    col, row = way(cols, rows)
    with np.errstate(invalid="ignore"):
        return bool(((col > there[0]) & (col < there[2]) & (row > there[1]) & (row < there[3])).any())


def _pixels_along(main: Features | Source, other: Features) -> float:
    """Pixels of the other raster along a cell of the main one, in its middle: the root of how many it holds; 1 where unknown."""
    source = main if isinstance(main, Source) else main.source
    if other.source is source:
        return 1.0
    col, row = source.width / 2, source.height / 2
    cols, rows = _crossing(main, other)(np.array([col, col + 1, col]), np.array([row, row, row + 1]))
    area = (cols[1] - cols[0]) * (rows[2] - rows[0]) - (cols[2] - cols[0]) * (rows[1] - rows[0])
    return math.sqrt(abs(area)) if math.isfinite(area) else 1.0


def _way(ground: Source, other: Features, finer: bool) -> Parallel | Turned:
    crossing = _crossing(ground, other)
    if crossing.crs == crossing.crs_there:
        plain = ~crossing.there * crossing.here
        if abs(plain.b) * ground.height < _SAME and abs(plain.d) * ground.width < _SAME:
            return Parallel(other, plain, finer)
    length = crossing.step(ground.width / 2, ground.height / 2)
    return Turned(other, crossing, finer, length if math.isfinite(length) else 1.0)


def _finer_grid(main: Features, finest: Features) -> _FinerGrid:
    """The part of the finest raster's grid that lies over the main raster."""
    window = _crossing(main, finest).window_of(main.source.width, main.source.height) or (0, 0, 0, 0)
    left, top = max(0, window[0]), max(0, window[1])
    right, bottom = min(finest.source.width, window[2]), min(finest.source.height, window[3])
    if left >= right or top >= bottom:
        raise BadRaster(
            f"{finest.source.name} and {main.source.name} have no place in common", "choose rasters that overlap"
        )
    log.info("the grid is that of %s: %d x %d cells", finest.source.name, right - left, bottom - top)
    return _FinerGrid(main.source, finest.source, (left, top, right, bottom))
