"""Which cells carry a label in a raster of labels: those that one class covers for the most part."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ...contract.errors import BadRaster, BadRequest
from ...contract.job import Context
from ..features import Features
from ..rasters import CACHE_BYTES, open_source
from .labels import Marks, Rules, glue, lowest

log = logging.getLogger(__name__)

#: places looked at along either side of a cell, and cells looked at at once
_MOST_PLACES, _CELLS = 16, 200_000
#: stands for a CRS where neither raster has one: any will do, for both are in the same
_ANY = CRS.from_epsg(3857)


def from_raster(path: str, features: Features, rules: Rules, ctx: Context, most: int | None = None) -> Marks:
    """Labels in band 1 of the raster *path*; each cell is a feature of its own.

    Args:
        most: cells that will be used of all, whatever their label; None: those of each class that *rules* allow.

    Raises:
        BadRaster: it can't be opened, or only one of both has a CRS.
        BadRequest: it holds numbers with decimals where classes are learnt.
    """
    parts: list[Marks] = []
    with _on_cells(path, features) as (view, places, names):
        source, first_number = features.source, 0
        rows = max(1, _CELLS // source.width)
        for top in range(0, source.height, rows):
            ctx.progress(top, source.height, "rows", "read the raster of labels")
            count = min(rows, source.height - top)
            window = Window(0, top * places, source.width * places, count * places)
            stored = view.read(1, window=window, masked=True)
            values = np.where(np.ma.getmaskarray(stored), np.nan, stored.data.astype(np.float64))
            cells = values.reshape(count, places, source.width, places).swapaxes(1, 2).reshape(-1, places**2)
            label = _mean(cells, rules) if rules.numbers else _main_class(cells, rules, names, path)
            which = np.flatnonzero(~np.isnan(label))
            row, col = np.divmod(which, source.width)
            fold = np.full(len(which), "", object)
            parts.append(Marks(row + top, col, label[which], which + first_number, fold))
            first_number += len(cells)
            parts = _pruned(parts, rules, most)
        ctx.progress(source.height, source.height, "rows", "read the raster of labels")
    return glue(parts)


def _pruned(parts: list[Marks], rules: Rules, most: int | None) -> list[Marks]:
    """No more than will be used, so that memory does not grow with the raster."""
    if sum(map(len, parts)) < 2 * (most or 10 * rules.per_class) + 2 * _CELLS:
        return parts
    marks = glue(parts)
    together = rules.numbers or most is not None
    of = np.zeros(len(marks), np.int64) if together else marks.label.astype(np.int64)
    most = most or (10 if rules.numbers else 1) * rules.per_class
    return [marks.some(lowest(marks, of, most, rules.seed))]


@contextmanager
def _on_cells(path: str, features: Features) -> Iterator[tuple[WarpedVRT, int, dict[int, str]]]:
    """A view of the raster on the cells of *features*, each cut into places along either side; and names of classes."""
    with open_source(path, [1], classes=True) as checked:
        names = _names(checked.tags())
    source = features.source
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as ds:
        if (ds.crs is None) != (source.crs is None):
            lacking = path if ds.crs is None else source.name
            raise BadRaster(f"{lacking} has no CRS, the other raster has one", "assign it first, in QGIS")
        fine, coarse = abs(ds.transform.determinant), abs(source.transform.determinant)
        same = ds.crs == source.crs
        places = min(_MOST_PLACES, max(1, round(math.sqrt(coarse / fine)))) if same else _MOST_PLACES // 2
        grid = source.transform * Affine.scale(1 / places)
        with WarpedVRT(
            ds, src_crs=ds.crs or _ANY, crs=source.crs or _ANY, transform=grid, width=source.width * places,
            height=source.height * places, resampling=Resampling.nearest,
            **({} if ds.nodata is not None else {"add_alpha": True}),
        ) as view:  # fmt: skip
            yield view, places, names


def _names(tags: dict[str, str]) -> dict[int, str]:
    """Names of classes of a map that IAMAP made."""
    try:
        return {int(one["value"]): str(one["label"]) for one in json.loads(tags.get("style", "{}"))["categories"]}
    except (ValueError, KeyError, TypeError):
        return {}


def _mean(cells: np.ndarray, rules: Rules) -> np.ndarray:
    """(cells, places) to (cells,): the mean where enough of the cell has a value."""
    valid = ~np.isnan(cells)
    for word in rules.unlabelled:
        try:
            valid &= cells != float(word)
        except ValueError:
            continue
    count = valid.sum(1)
    total = np.where(valid, cells, 0).sum(1)
    return np.where(count >= max(1.0, rules.share * cells.shape[1]), total / np.maximum(count, 1), np.nan)


def _main_class(cells: np.ndarray, rules: Rules, names: dict[int, str], path: str) -> np.ndarray:
    """(cells, places) to (cells,): number of the class that covers *share* of the cell or more, NaN for none."""
    values, index = np.unique(cells, return_inverse=True)
    index = index.reshape(cells.shape)
    odd = values[np.isfinite(values) & (values != np.rint(values))]
    if len(odd):
        raise BadRequest(
            f"{path} holds numbers with decimals, such as {odd[0]:g}, which name no classes",
            "choose a raster of classes; or map numbers, with task = numbers",
        )
    best, most = np.full(len(cells), np.nan), np.zeros(len(cells))
    for i, value in enumerate(values):
        if np.isnan(value):
            continue
        code = rules.code(np.array([names.get(int(value), str(int(value)))], object))[0]
        share = (index == i).mean(1)
        better = (share > most) & (share >= rules.share)
        best[better] = code if code >= 0 else np.nan
        most = np.maximum(most, share)
    return best
