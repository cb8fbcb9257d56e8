"""Areas and polygons of the classes of a map that is written."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import rasterio
from rasterio.windows import Window

from ..contract.job import Context
from .cell_areas import CellAreas
from .models import ClassOf
from .outputs import Outputs
from .rasters import CACHE_BYTES

#: cells of a map that are read at once
_CELLS = 4 << 20


@dataclass(frozen=True)
class Extent:
    """How much of a map is of one class.

    Attributes:
        of: the class.
        cells: how many.
        square_metres: on the ground; None where there is no CRS that could tell.
        on_map: in squares of *unit*.
        unit: of lengths on the map, ``cell`` where there is no CRS.
    """

    of: ClassOf
    cells: int
    square_metres: float | None
    on_map: float
    unit: str


def write(outputs: Outputs, classes: list[ClassOf], ctx: Context, confidence: str | None = None) -> None:
    """Write the outputs ``table`` and ``polygons``, where they are asked for, from the map in ``output``.

    Args:
        confidence: a raster on the same cells, whose first band gives each polygon a mean confidence.
    """
    drawn = outputs.part("output")
    if "table" in outputs:
        write_table(outputs.part("table"), measure(drawn, classes, ctx))
    if "polygons" in outputs:
        from . import class_polygons

        layer = os.path.splitext(os.path.basename(outputs.paths["polygons"]))[0]
        count = class_polygons.write(outputs.part("polygons"), layer, drawn, classes, ctx, confidence=confidence)
        ctx.fact("polygons", count)


def strips(ds: rasterio.DatasetReader, cells: int) -> list[tuple[int, int]]:
    """(first, last) rows of pieces of a raster, along its blocks."""
    block = ds.block_shapes[0][0]
    rows = max(1, cells // ds.width)
    rows = rows // block * block or rows
    return [(first, min(ds.height, first + rows)) for first in range(0, ds.height, rows)]


def each_strip(
    ds: rasterio.DatasetReader, ctx: Context, stage: str, cells: int, bands: int | list[int] = 1
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (first row, (rows, width) values of band 1) from top to bottom; of several *bands* (bands, rows, width)."""
    ctx.progress(0, ds.height, "rows", stage)
    for first, last in strips(ds, cells):
        yield first, ds.read(bands, window=Window(0, first, ds.width, last - first))
        ctx.progress(last, ds.height, "rows", stage)


def measure(drawn: str, classes: Sequence[ClassOf], ctx: Context) -> list[Extent]:
    """Measure all *classes* in band 1 of the map *drawn*, in their order."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        areas = CellAreas(ds.crs, ds.transform, ds.width, ds.height)
        top = int(max([ds.nodata or 0, *(one.value for one in classes)])) + 1
        cells, ground = np.zeros(top, np.int64), np.zeros(top)
        for first, values in each_strip(ds, ctx, "measure areas", _CELLS):
            cells += np.bincount(values.ravel(), minlength=top)
            covered = areas.rows(first, first + len(values))
            ground += np.bincount(values.ravel(), covered.ravel(), minlength=top)
    return [
        Extent(
            one,
            int(cells[one.value]),
            float(ground[one.value]) if areas.known else None,
            float(cells[one.value] * areas.on_map),
            areas.unit,
        )
        for one in classes
    ]


def write_table(path: str, found: Sequence[Extent]) -> None:
    """Write the areas as CSV: a row for each class, with a full stop in numbers whatever the language."""
    head = ("value", "class", "colour", "cells", "percent", "area_m2", "area_ha", "area_map", "map_unit")
    total = max(1, sum(one.cells for one in found))
    # with the mark by which spreadsheets know UTF-8
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for one in found:
            metres = one.square_metres
            ground = ("", "") if metres is None else (f"{metres:.10g}", f"{metres / 1e4:.10g}")
            share, unit = f"{100 * one.cells / total:.10g}", one.unit if one.unit == "cell" else f"{one.unit}²"
            row = (one.of.value, one.of.label, one.of.colour, one.cells, share, *ground, f"{one.on_map:.10g}", unit)
            table.writerow(row)
