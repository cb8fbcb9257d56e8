"""What lies above the threshold in a raster of change: cells, polygons, and the places that changed most."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.windows import Window

from .. import __version__
from ..contract.job import Context
from . import class_polygons, colours
from .cell_areas import CellAreas
from .class_outputs import each_strip
from .feature_raster import FeatureWriter, Layer, WriterThread
from .models import ClassOf
from .outputs import Outputs
from .rasters import CACHE_BYTES
from .storage import Storage

if TYPE_CHECKING:
    from ..algorithms.change import Change

UNCHANGED, CHANGED = ClassOf(0, "unchanged", "#e4e7eb"), ClassOf(1, "changed", "#c2255c")
_NODATA = 255
#: cells read at once
_CELLS = 1 << 20


def find(job: Change, threshold: float, outputs: Outputs, ctx: Context) -> tuple[int, float | None]:
    """Count the cells of ``output`` above the threshold; write ``changed`` and ``polygons`` where they are asked for.

    Returns:
        Cells, and their square metres; None where the ground is unknown.
    """
    drawn = outputs.part("output")
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        found = _count(ds, threshold, _writer(job, ds) if "changed" in outputs else None, ctx)
    if "polygons" in outputs:
        layer = os.path.splitext(os.path.basename(outputs.paths["polygons"]))[0]
        count = class_polygons.write(
            outputs.part("polygons"), layer, drawn, [], ctx,
            split=lambda scores: scores > threshold, smallest=job.minimum_area or 0.0,
        )  # fmt: skip
        ctx.fact("polygons", count)
    return found


def _count(
    ds: rasterio.DatasetReader, threshold: float, writer: FeatureWriter | None, ctx: Context
) -> tuple[int, float | None]:
    areas = CellAreas(ds.crs, ds.transform, ds.width, ds.height)
    cells, ground = 0, 0.0
    thread = WriterThread([(writer, lambda rows: rows)], None) if writer else None
    whole = False
    try:
        for first, values in each_strip(ds, ctx, "find changed cells", _CELLS):
            above = values > threshold
            cells += int(above.sum())
            ground += float(areas.rows(first, first + len(values))[above].sum())
            if thread:
                thread.add(np.where(np.isnan(values), np.nan, above).astype(np.float32)[None])
        if thread and writer:
            thread.end()
            writer.seal()
        whole = True
    finally:
        if thread and not whole:
            thread.stop(keep=False)
    return cells, ground if areas.known else None


def _writer(job: Change, ds: rasterio.DatasetReader) -> FeatureWriter:
    """For a raster of changed cells, on the grid of *ds*."""
    legend = [{"value": one.value, "label": one.label, "colour": one.colour} for one in (UNCHANGED, CHANGED)]
    noted = ds.tags(ns="IAMAP")
    tags = {name: noted[name] for name in ("request", "made_from", "weights_sha256") if name in noted}
    tags |= {"encoder": "change_cells", "versions": json.dumps({"iamap": __version__})}
    tags["style"] = json.dumps({"categories": legend, "band": 1})
    table = {one.value: colours.rgb(one.colour) for one in (UNCHANGED, CHANGED)}
    layer = Layer(str(job.changed), Storage("uint8", _NODATA), ["changed"], tags, table)
    return FeatureWriter(layer, ds.width, ds.height, ds.transform, ds.crs)


def strongest(drawn: str, count: int, apart: int, ctx: Context) -> list[tuple[int, int, float]]:
    """(row, column, change) of the *count* cells that changed most, none nearer to another than *apart* cells."""
    found: list[tuple[float, int, int]] = []
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        # strips of whole squares, of which only the strongest cell counts: the same squares however the file is laid out
        high = max(1, _CELLS // (ds.width * apart)) * apart
        for first in range(0, ds.height, high):
            ctx.progress(first, ds.height, "rows", "find the strongest changes")
            values = ds.read(1, window=Window(0, first, ds.width, min(high, ds.height - first)))
            rows, cols = -(-values.shape[0] // apart), -(-values.shape[1] // apart)
            padded = np.full((rows * apart, cols * apart), -1, np.float32)
            padded[: values.shape[0], : values.shape[1]] = np.where(np.isnan(values), -1, values)
            squares = padded.reshape(rows, apart, cols, apart).swapaxes(1, 2).reshape(rows * cols, -1)
            best = squares.argmax(1)
            top = squares[np.arange(len(squares)), best]
            # each place may shut out eight neighbours
            for i in np.argsort(-top, kind="stable")[: 9 * count].tolist():
                if top[i] > 0:
                    row = first + i // cols * apart + int(best[i]) // apart
                    found.append((float(top[i]), row, i % cols * apart + int(best[i]) % apart))
        ctx.progress(ds.height, ds.height, "rows", "find the strongest changes")
    chosen: list[tuple[int, int, float]] = []
    for value, row, col in sorted(found, key=lambda place: (-place[0], place[1], place[2])):
        if len(chosen) == count:
            break
        if all(max(abs(row - other[0]), abs(col - other[1])) >= apart for other in chosen):
            chosen.append((row, col, value))
    return chosen
