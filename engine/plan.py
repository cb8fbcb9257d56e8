"""Cut a raster into overlapping tiles, and share every output cell out among them. Pure arithmetic, no files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..contract.errors import BadRequest

Blending = Literal["window", "central crop", "none"]


@dataclass(frozen=True)
class Axis:
    """One direction of a tiling, in output cells counted from the raster's first row or column.

    Attributes:
        total: cells that cover the raster.
        first, stop: the cells asked for, ``0 <= first < stop <= total``.
        per_tile: cells a tile covers.
        overlap: cells that neighbouring tiles share, less than per_tile.
        blending: how shared cells are weighted.
    """

    total: int
    first: int
    stop: int
    per_tile: int
    overlap: int
    blending: Blending

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.stop <= self.total:
            raise BadRequest(f"cells {self.first} to {self.stop} are not within the raster's {self.total}")
        if not 0 <= self.overlap < self.per_tile:
            raise BadRequest(
                f"an overlap of {self.overlap} cells leaves nothing of a tile of {self.per_tile}", "choose less overlap"
            )

    @cached_property
    def starts(self) -> list[int]:
        """First cell of every tile, ascending.

        Tiles stay within the raster where it is large enough, so that the encoder sees real pixels rather than padding;
        they may begin before ``first`` and end behind ``stop`` for the same reason.
        """
        wanted, room = self.stop - self.first, max(0, self.total - self.per_tile)
        if wanted <= self.per_tile:
            return [min(max(0, self.first - (self.per_tile - wanted) // 2), room)]
        last = self.stop - self.per_tile
        step = self.per_tile - self.overlap
        return [*range(self.first, last, step), last]

    @cached_property
    def weights(self) -> np.ndarray:
        """(tiles, per_tile) float32: share of each tile in each of its cells; shares of a wanted cell sum to 1, others are 0."""
        raw = np.stack([self._raw(i) for i in range(len(self.starts))])
        cells = np.array(self.starts)[:, None] + np.arange(self.per_tile)
        raw[(cells < self.first) | (cells >= self.stop)] = 0
        base = self.starts[0]
        total = np.zeros(self.starts[-1] + self.per_tile - base)
        np.add.at(total, cells - base, raw)
        return (raw / np.maximum(total[cells - base], 1e-12)).astype(np.float32)

    def _raw(self, i: int) -> np.ndarray:
        weights = np.ones(self.per_tile)
        if self.blending == "window":
            # Hann flanks as long as the overlap, flat between: neighbours' flanks add up to 1
            ramp = min(self.overlap, self.per_tile // 2)
            flank = np.sin(0.5 * np.pi * (np.arange(ramp) + 0.5) / max(1, ramp)) ** 2
            weights[:ramp] = flank
            weights[self.per_tile - ramp :] = flank[::-1]
            return weights
        cells = self.starts[i] + np.arange(self.per_tile)
        if i > 0:
            weights[cells < self._border(i - 1)] = 0
        if i + 1 < len(self.starts):
            weights[cells >= self._border(i)] = 0
        return weights

    def _border(self, i: int) -> int:
        """First cell that belongs to tile i + 1 and no longer to tile i."""
        end = self.starts[i] + self.per_tile
        return end if self.blending == "none" else (self.starts[i + 1] + end + 1) // 2


@dataclass(frozen=True)
class Tile:
    """One tile: its place in the tiling, and its first output cell counted from the raster's origin."""

    down: int
    across: int
    row: int
    col: int


@dataclass(frozen=True)
class Plan:
    """The tiling of a raster.

    Attributes:
        width, height: of the raster, in pixels.
        cell: pixels of the raster per side of an output cell; need not be whole.
        tile: side of what is fed to the encoder, in fed pixels.
        rows, cols: the two directions.
        shifts: grids of patches in each direction that are interleaved, see ``shifted``; 1 for a single grid.
    """

    width: int
    height: int
    cell: float
    tile: int
    rows: Axis
    cols: Axis
    shifts: int = 1

    @property
    def runs(self) -> int:
        """How often the encoder runs for a tile."""
        return self.shifts**2

    @property
    def per_tile(self) -> int:
        """Cells per side of a tile."""
        return self.rows.per_tile

    @property
    def side(self) -> float:
        """Pixels of the raster per side of a tile."""
        return self.per_tile * self.cell

    @property
    def enlarge(self) -> float:
        """Fed pixels per pixel of the raster."""
        return self.tile / self.side

    @cached_property
    def tiles(self) -> list[Tile]:
        """All tiles, row by row."""
        return [
            Tile(i, j, row, col) for i, row in enumerate(self.rows.starts) for j, col in enumerate(self.cols.starts)
        ]

    @property
    def out_width(self) -> int:
        """Columns of the result."""
        return self.cols.stop - self.cols.first

    @property
    def out_height(self) -> int:
        """Rows of the result."""
        return self.rows.stop - self.rows.first

    def weight(self, tile: Tile) -> np.ndarray:
        """(per_tile, per_tile) float32: share of *tile* in each of its cells."""
        return np.outer(self.rows.weights[tile.down], self.cols.weights[tile.across])


def _cells(pixels: float, cell: float) -> int:
    """Cells needed to cover *pixels*: rounded up, unless it is a rounding error beyond a whole number."""
    return max(1, math.ceil(pixels / cell - 1e-6))


def snap(low: float, high: float, cell: float, pixels: int) -> tuple[int, int]:
    """Enlarge a range of pixels outward to whole cells and clip it to the raster; (first, stop), empty if stop <= first."""
    return max(0, math.floor(low / cell + 1e-6)), min(_cells(pixels, cell), math.ceil(high / cell - 1e-6))


def make_plan(
    width: int,
    height: int,
    *,
    tile: int,
    patch: int,
    enlarge: float = 1.0,
    shifts: int = 1,
    overlap: float = 0.0,
    blending: Blending = "window",
    window: tuple[float, float, float, float] | None = None,
) -> Plan:
    """Plan the tiles of a raster of *width* x *height* pixels.

    Args:
        tile, patch: in pixels as fed to the encoder; tile is a multiple of patch.
        enlarge: fed pixels per pixel of the raster, 1 or more.
        shifts: grids of patches in each direction that are interleaved; without enlarging where there are several.
        overlap: share of a tile that its neighbour covers too, 0 to less than 1; rounded to whole cells.
        blending: how shared cells are weighted.
        window: (left, top, right, bottom) in pixels, of the part that is wanted; None for all.

    Raises:
        BadRequest: tile is no multiple of patch, the overlap leaves nothing, shifts are finer than a pixel, or the window
            lies outside the raster.
    """
    if tile % patch:
        raise BadRequest(
            f"tile = {tile} is not a multiple of the patch, {patch} pixels", f"{max(1, round(tile / patch)) * patch} is"
        )
    if shifts > patch:
        raise BadRequest(
            f"grids can't be shifted by less than a pixel: the patch is {patch} pixels, the finer grid {shifts} times",
            "choose finer_by = enlarged image",
        )
    cell, per_tile = patch / (enlarge * shifts), tile // patch * shifts
    shared = min(per_tile - 1, int(overlap * per_tile + 0.5))
    left, top, right, bottom = window or (0, 0, width, height)
    axes = []
    for low, high, pixels, name in ((top, bottom, height, "rows"), (left, right, width, "columns")):
        first, stop = snap(low, high, cell, pixels)
        if stop <= first:
            text = f"the extent is of {name} {low:.6g} to {high:.6g}, which is no cell of the raster's {pixels} {name}"
            raise BadRequest(text, "choose an extent that overlaps the raster; mind its CRS")
        axes.append(Axis(_cells(pixels, cell), first, stop, per_tile, shared, blending))
    return Plan(width, height, cell, tile, rows=axes[0], cols=axes[1], shifts=shifts)
