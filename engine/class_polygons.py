"""The polygons of a map of classes, traced strip by strip: only those that go on in the next strip are held."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyogrio
import rasterio
import shapely
from rasterio.features import shapes
from rasterio.transform import Affine
from rasterio.windows import Window
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..contract.job import Context
from .cell_areas import CellAreas
from .class_outputs import each_strip
from .models import ClassOf
from .rasters import CACHE_BYTES

#: cells that are traced at once, and polygons that are written at once
_CELLS, _POLYGONS = 1 << 20, 20_000


@dataclass
class _Patch:
    """Cells of one class that hang together by their sides.

    Attributes:
        value: of the class.
        cells: how many.
        square_metres: on the ground; NaN where that can't be told.
        scores: of all cells, added up; 0 where they have none.
        best: the highest of them.
        pieces: polygons in columns and rows, one a strip and more.
    """

    value: int
    cells: int = 0
    square_metres: float = 0.0
    scores: float = 0.0
    best: float = -np.inf
    pieces: list[shapely.Polygon] = field(default_factory=list)

    def take(self, other: _Patch) -> None:
        """Make *other* a part of this."""
        self.cells += other.cells
        self.square_metres += other.square_metres
        self.scores += other.scores
        self.best = max(self.best, other.best)
        self.pieces += other.pieces

    def outline(self) -> shapely.Polygon:
        """The polygon, in columns and rows."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        # where strips meet, points are left in the middle of straight sides
        return shapely.simplify(shapely.union_all(self.pieces), 0)


def write(
    path: str,
    layer: str,
    drawn: str,
    classes: Sequence[ClassOf],
    ctx: Context,
    split: Callable[[np.ndarray], np.ndarray] | None = None,
    smallest: float = 0.0,
    confidence: str | None = None,
    columns: dict[str, Any] | None = None,
) -> int:
    """Write a polygon for every patch of band 1 of the map *drawn*; return how many.

    Args:
        layer: name of the layer in the GeoPackage *path*.
        classes: names and colours of the values; none for polygons without.
        split: for a map of scores: turns a strip of them, (rows, width) or of several bands (bands, rows, width), into values
            of classes, 0 for what gets no polygon. Then each polygon has the mean and the highest score of its cells, in the
            band of that number where there are several. None for a map of classes.
        smallest: patches of fewer square metres are left out; of squares of map units where the ground is unknown.
        confidence: a raster on the same cells, whose first band gives each polygon a mean confidence.
        columns: more of them, with the same value in each polygon.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES))
        ds = stack.enter_context(rasterio.open(drawn))
        sure = stack.enter_context(rasterio.open(confidence)) if confidence else None
        areas = CellAreas(ds.crs, ds.transform, ds.width, ds.height)
        crs = ds.crs.to_wkt() if ds.crs else None
        scored = "confidence" if sure else "score" if split is not None else ""
        sink = _Sink(path, layer, crs, ds.transform, classes, areas, scored, smallest, columns or {})
        seam = _Seam(ds.width)
        bands = 1 if split is None or ds.count == 1 else list(ds.indexes)
        for first, strip in each_strip(ds, ctx, "draw polygons", max(1, _CELLS // np.size(bands)), bands):
            values, scores = (strip, None) if split is None else _split(strip, split)
            if sure:
                window = Window(0, first, ds.width, values.shape[0])
                scores = np.nan_to_num(sure.read(1, window=window))
            number = patches_of(values, values != (ds.nodata if split is None else 0))
            fresh = _trace(number, values, first, areas.rows(first, first + len(values)), scores)
            sink.add(seam.join(fresh, number, values))
        sink.add(seam.rest())
        return sink.end()


def _split(strip: np.ndarray, split: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(rows, width) values of classes, 0 where there is no data, and the scores of those classes."""
    missing = np.isnan(strip).all(0) if strip.ndim == 3 else np.isnan(strip)
    values = np.where(missing, 0, split(strip)).astype(np.int64)
    if strip.ndim == 2:
        return values, np.where(missing, 0, strip)
    scores = np.take_along_axis(strip, np.maximum(values - 1, 0)[None], 0)[0]
    return values, np.where(missing, 0, scores)


def patches_of(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Number the patches of (rows, cols) from 1, in reading order of their first cells; 0 where not *valid*."""
    # runs of the same value within a row, then which of them touch one in the next row
    starts = np.ones(values.shape, bool)
    starts[:, 1:] = (values[:, 1:] != values[:, :-1]) | (valid[:, 1:] != valid[:, :-1])
    run = np.cumsum(starts.ravel(), dtype=np.int64).reshape(values.shape) - 1
    count = int(run[-1, -1]) + 1
    touch = (values[1:] == values[:-1]) & valid[1:] & valid[:-1]
    above, below = run[:-1][touch], run[1:][touch]
    graph = coo_array((np.ones(len(above), np.int8), (above, below)), shape=(count, count))
    patch = connected_components(graph, directed=False)[1]
    kept = np.unique(patch[run[valid]])
    number = np.zeros(int(patch.max()) + 1, np.int64)
    number[kept] = np.arange(1, len(kept) + 1)
    return np.where(valid, number[patch[run]], 0)


def _trace(
    number: np.ndarray, values: np.ndarray, first: int, areas: np.ndarray, scores: np.ndarray | None = None
) -> dict[int, _Patch]:
    """The patches of a strip whose first row is *first*, by their numbers."""
    flat = number.ravel()
    cells, ground = np.bincount(flat), np.bincount(flat, areas.ravel())
    score, best = np.zeros(len(cells)), np.full(len(cells), -np.inf)
    if scores is not None:
        score += np.bincount(flat, scores.ravel())
        np.maximum.at(best, flat, scores.ravel())
    value = np.zeros(len(cells), np.int64)
    value[flat] = values.ravel()
    found = {}
    down = Affine.translation(0, first)
    for outline, one in shapes(number.astype(np.int32), mask=number > 0, connectivity=4, transform=down):
        i, rings = int(one), outline["coordinates"]
        outlined = [shapely.Polygon(rings[0], rings[1:])]
        found[i] = _Patch(int(value[i]), int(cells[i]), float(ground[i]), float(score[i]), float(best[i]), outlined)
    return found


class _Seam:
    """What hangs together across the border of two strips."""

    def __init__(self, width: int) -> None:
        self._number, self._values = np.zeros(width, np.int64), np.zeros(width, np.int64)
        self._open: dict[int, _Patch] = {}

    def join(self, fresh: dict[int, _Patch], number: np.ndarray, values: np.ndarray) -> list[_Patch]:
        """Take the next strip; return the patches that are whole."""
        parent = self._keys()
        touch = (self._number > 0) & (number[0] > 0) & (self._values == values[0])
        for old, new in np.unique(np.stack([self._number[touch], number[0][touch]], 1), axis=0).tolist():
            parent.setdefault(new, new)
            parent[_root(parent, new)] = _root(parent, -old)
        last = set(np.unique(number[-1][number[-1] > 0]).tolist())
        groups: dict[int, _Patch] = {}
        seen: set[int] = set()
        parts = [(-old, patch) for old, patch in self._open.items()] + list(fresh.items())
        for key, patch in parts:
            root = _root(parent, key) if key in parent else key
            if root not in groups:
                groups[root] = patch
            elif groups[root] is not patch and id(patch) not in seen:
                groups[root].take(patch)
            seen.add(id(patch))
        going_on = {i: groups[_root(parent, i) if i in parent else i] for i in last}
        held = {id(patch) for patch in going_on.values()}
        self._open, self._number, self._values = going_on, number[-1], values[-1].astype(np.int64)
        return [patch for patch in groups.values() if id(patch) not in held]

    def _keys(self) -> dict[int, int]:
        """Number of each open patch, made negative -> that of one number of the same patch."""
        first: dict[int, int] = {}
        return {-old: first.setdefault(id(patch), -old) for old, patch in self._open.items()}

    def rest(self) -> list[_Patch]:
        """Those that end with the raster."""
        return list({id(patch): patch for patch in self._open.values()}.values())


def _root(parent: dict[int, int], key: int) -> int:
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key


class _Sink:
    """Writes polygons, many at a time; those of less than *smallest* are dropped, those with scores get their mean."""

    def __init__(
        self, path: str, layer: str, crs: str | None, transform: Affine, classes: Sequence[ClassOf], areas: CellAreas,
        scored: str, smallest: float, more: dict[str, Any],
    ) -> None:  # fmt: skip
        self._path, self._layer, self._crs, self._transform = path, layer, crs, transform
        self._classes = {one.value: one for one in classes}
        self._areas, self._scored, self._smallest, self._more = areas, scored, smallest, more
        self._waiting: list[_Patch] = []
        self._written = 0

    def add(self, patches: list[_Patch]) -> None:
        """Take more."""
        self._waiting += [patch for patch in patches if self._size(patch) >= self._smallest]
        while len(self._waiting) >= _POLYGONS:
            self._write(self._waiting[:_POLYGONS])
            del self._waiting[:_POLYGONS]

    def _size(self, patch: _Patch) -> float:
        return patch.square_metres if self._areas.known else patch.cells * self._areas.on_map

    def end(self) -> int:
        """Write what is left, which may be nothing at all; return how many there are."""
        if self._waiting or not self._written:
            self._write(self._waiting)
        return self._written

    def _write(self, patches: list[_Patch]) -> None:
        outlines = np.array([patch.outline() for patch in patches], object)
        x, y = shapely.get_coordinates(outlines).T
        placed = shapely.set_coordinates(outlines, np.stack(self._transform * (x, y), 1)) if len(outlines) else outlines
        of = [self._classes.get(patch.value) for patch in patches]
        metres = np.array([patch.square_metres for patch in patches], np.float64)
        columns: dict[str, np.ndarray] = {}
        if self._classes:
            columns = {
                "value": np.array([patch.value for patch in patches], np.int32),
                "class": np.array([one.label if one else "" for one in of], object),
                "colour": np.array([one.colour if one else "" for one in of], object),
            }
        columns |= {"cells": np.array([patch.cells for patch in patches], np.int64), "area_m2": metres}
        masks = [None] * (len(columns) - 1) + [np.full(len(metres), not self._areas.known)]
        if self._scored:
            columns[self._scored] = np.array([patch.scores / patch.cells for patch in patches], np.float64)
            masks.append(None)
        if self._scored == "score":
            columns["score_max"] = np.array([patch.best for patch in patches], np.float64)
            masks.append(None)
        for name, value in self._more.items():
            kind = object if isinstance(value, str) else np.int32
            columns[name] = np.full(len(patches), value, kind)
            masks.append(None)
        with warnings.catch_warnings():
            # a map without a CRS gives polygons without one
            warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
            pyogrio.raw.write(
                self._path, shapely.to_wkb(placed), list(columns.values()), list(columns), field_mask=masks, layer=self._layer,
                driver="GPKG", geometry_type="Polygon", crs=self._crs, append=self._written > 0,
                # what QGIS 3.22 reads without a remark
                dataset_options=None if self._written else {"VERSION": "1.2"},
            )  # fmt: skip
        self._written += len(patches)
