"""Two rasters of the same features, cell by cell: on one grid as they are, otherwise the second brought onto the first's cells."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..contract.errors import BadRaster
from .features import Features, open_features
from .prefetch import prefetch
from .resampling import Crossing, Resampled

log = logging.getLogger(__name__)

#: bytes of float32 read at once of either raster
_PIECE_BYTES = 16 << 20
#: grids that differ by less than this, in cells, are one
_SAME = 0.01


@dataclass(frozen=True)
class Pair:
    """What two rasters have in common.

    Attributes:
        before: the window of the first raster that the second covers.
        after: the second one, as it is in the file.
        second: reads it on the cells of *before*.
        how: in a few words, how the second came onto the first's cells; empty where nothing had to be done.
    """

    before: Features
    after: Features
    second: Features | Resampled
    how: str

    @property
    def bands(self) -> int:
        """Number of features of a cell."""
        return self.before.bands

    @property
    def height(self) -> int:
        """Rows."""
        return self.before.height

    @property
    def width(self) -> int:
        """Columns."""
        return self.before.width

    def pieces(self) -> list[tuple[int, int]]:
        """(first, last) rows of the pieces that are read, top to bottom, along the blocks of the first raster."""
        block = self.before.source.block_rows
        rows = max(1, _PIECE_BYTES // (4 * self.bands * self.width))
        rows = rows // block * block or rows
        edges = sorted({max(0, edge) for edge in range(-(self.before.top % block), self.height, rows)})
        return list(zip(edges, [*edges[1:], self.height]))

    def each(self) -> Generator[tuple[int, int, np.ndarray, np.ndarray], None, None]:
        """Yield (first row, last row, before, after), read ahead; both (bands, rows, width) float32, NaN without data."""
        return prefetch(
            ((first, last, self.before.read(first, last), self.second.read(first, last)) for first, last in self.pieces()),
            ahead=1,
        )  # fmt: skip


def cells_of_both(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(cells, bands) of either date where both have data, and (rows, width) bool: which cells those are."""
    valid = ~(np.isnan(before[0]) | np.isnan(after[0]))
    x, y = (
        np.ascontiguousarray(part.reshape(len(part), -1)[:, valid.ravel()].T if not valid.all() else _flat(part))
        for part in (before, after)
    )
    return x, y, valid


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).T


@contextlib.contextmanager
def open_pair(before: str, after: str, bands: list[int] | None, extent: str | None) -> Iterator[Pair]:
    """Open two rasters of the same features.

    Args:
        bands: of both, counted from 1; None for all but transparency.
        extent: of the first, as for ``open_features``.

    Raises:
        BadRaster: they can't be read, hold features that were not made alike, or have no place in common.
        BadRequest: the extent lies beside the first.
    """
    with open_features(before, bands, extent) as one, open_features(after, bands) as two:
        one.contract.check(two.contract, two.source.name)
        _mention(one, two)
        yield _pair(one, two)


def _pair(one: Features, two: Features) -> Pair:
    if (one.crs is None) != (two.crs is None):
        bare, other = (one, two) if one.crs is None else (two, one)
        raise BadRaster(
            f"{bare.source.name} has no CRS, {other.source.name} has one",
            "assign it one (Raster > Projections > Assign projection)",
        )
    there = Crossing(two.source.transform, two.crs, one.source.transform, one.crs)
    found = there.window_of(two.source.width, two.source.height)
    left, top, right, bottom = found or (0, 0, 0, 0)
    left, right = max(left, one.left), min(right, one.left + one.width)
    top, bottom = max(top, one.top), min(bottom, one.top + one.height)
    if left >= right or top >= bottom:
        raise BadRaster(
            f"{one.source.name} and {two.source.name} have no place in common",
            "choose rasters that overlap; mind their CRS, and the extent",
        )
    before = replace(one, left=left, top=top, width=right - left, height=bottom - top)
    if (before.width, before.height) != (one.width, one.height):
        log.info(
            "%s covers %d x %d of the %d x %d cells of %s: only those are compared",
            two.source.name, before.width, before.height, one.width, one.height, one.source.name,
        )  # fmt: skip
    way = Crossing(before.transform, before.crs, two.source.transform, two.crs)
    moved = _whole_cells(way, before)
    if moved is not None:
        second = replace(two, left=moved[0], top=moved[1], width=before.width, height=before.height)
        return Pair(before, two, second, "")
    how = _difference(before, two, way)
    log.warning("%s is resampled to the cells of %s (bilinear): %s", two.source.name, one.source.name, how)
    return Pair(before, two, Resampled(two, way, before.width, before.height), f"resampled, {how}")


def _whole_cells(way: Crossing, before: Features) -> tuple[int, int] | None:
    """(column, row) of the second raster where the window begins, if its cells are the window's; None otherwise."""
    if way.crs != way.crs_there:
        return None
    cols = np.array([0, before.width, 0, before.width])
    rows = np.array([0, 0, before.height, before.height])
    col, row = way(cols, rows)
    left, top = round(float(col[0])), round(float(row[0]))
    off = max(np.abs(col - cols - left).max(), np.abs(row - rows - top).max())
    return (left, top) if off < _SAME else None


def _difference(before: Features, two: Features, way: Crossing) -> str:
    """What keeps two grids from being one, in a few words."""
    if way.crs != way.crs_there:
        return "it has another CRS"
    a, b = before.transform, two.source.transform
    sizes = [np.array([np.hypot(t.a, t.d), np.hypot(t.b, t.e)]) for t in (a, b)]
    if not np.allclose(sizes[0], sizes[1], rtol=1e-4):
        return f"its cells measure {sizes[1][0]:g} x {sizes[1][1]:g}, not {sizes[0][0]:g} x {sizes[0][1]:g}"
    if not np.allclose([a.a, a.b, a.d, a.e], [b.a, b.b, b.d, b.e], atol=1e-4 * sizes[0][0]):
        return "it is turned"
    col, row = way(np.zeros(1), np.zeros(1))
    shift = [float(part[0] - np.round(part[0])) for part in (col, row)]
    return f"its cells are shifted by {shift[0]:.2f} columns and {shift[1]:.2f} rows"


def _mention(one: Features, two: Features) -> None:
    """Tell what two encoded rasters do not share though their features can be compared."""
    first, second = one.contract.statistics, two.contract.statistics
    if first.get("origin") == second.get("origin") == "raster" and first != second:
        log.info(
            "each raster was normalised with its own mean and deviation: part of what changed everywhere is taken off already"
        )
    notes = one.source.tags(), two.source.tags()
    bands = [_json(tags.get("bands")) for tags in notes]
    if one.contract.encoder and bands[0] != bands[1]:
        log.warning(
            "%s was encoded from the bands %s, %s from %s: make sure they mean the same",
            one.source.name, bands[0], two.source.name, bands[1],
        )  # fmt: skip
    cells = [_json(tags.get("cell")) for tags in notes]
    if one.contract.encoder and cells[0] != cells[1]:
        log.warning(
            "cells of %s were made of %s pixels, those of %s of %s: features change with the scale",
            one.source.name, cells[0], two.source.name, cells[1],
        )  # fmt: skip


def _json(text: str | None) -> object:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
