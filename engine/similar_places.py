"""The best places of a map of scores: peaks that keep away from each other and from the examples."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pyogrio
import rasterio
import shapely
from rasterio.windows import Window
from scipy.ndimage import maximum_filter

from ..contract.job import Context
from .models import ClassOf
from .rasters import CACHE_BYTES

#: cells read at once
_CELLS = 1 << 20

Place = tuple[int, int, float]


def best(drawn: str, count: int, apart: int, known: Sequence[np.ndarray] | None, ctx: Context) -> list[list[Place]]:
    """Find the highest peaks of every band of the raster *drawn*, best first.

    A peak is a cell that none of its eight neighbours exceeds. None is taken nearer than *apart* cells to a better one, in
    rows or in columns.

    Args:
        count: peaks of each band at most.
        known: for each band (cells, 2) rows and columns around which no peak counts; None for none.

    Returns:
        For each band (row, column, score).
    """
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        found: list[list[Place]] = [[] for _ in ds.indexes]
        # strips of whole squares, of which only the best peak counts: the same squares however the file is laid out
        high = max(1, _CELLS // (ds.width * apart)) * apart
        for first in range(0, ds.height, high):
            ctx.progress(first, ds.height, "rows", "find the best places")
            for band in ds.indexes:
                values = _peaks(ds, band, first, min(ds.height, first + high))
                if known is not None:
                    values[_near(known[band - 1], first, values.shape, apart)] = -np.inf
                found[band - 1] += _of_squares(values, first, apart, count)
        ctx.progress(ds.height, ds.height, "rows", "find the best places")
    return [_spread(places, count, apart) for places in found]


def _peaks(ds: rasterio.DatasetReader, band: int, first: int, last: int) -> np.ndarray:
    """(rows, width) float32 of the rows from *first* to *last*: scores of peaks, -inf elsewhere."""
    top, bottom = max(0, first - 1), min(ds.height, last + 1)
    values = ds.read(band, window=Window(0, top, ds.width, bottom - top))
    values = np.where(np.isnan(values), -np.inf, values)
    peak = values >= maximum_filter(values, 3, mode="nearest")
    return np.where(peak, values, -np.inf)[first - top : last - top]


def _near(known: np.ndarray, first: int, shape: tuple[int, ...], apart: int) -> np.ndarray:
    """(rows, width) bool: what lies nearer than *apart* to one of the cells *known*."""
    rows, cols = known[:, 0] - first, known[:, 1]
    # cells outside matter too, as far as they reach in
    inside = (rows > -apart) & (rows < shape[0] + apart) & (cols > -apart) & (cols < shape[1] + apart)
    mask = np.zeros((shape[0] + 2 * apart, shape[1] + 2 * apart), np.uint8)
    mask[rows[inside] + apart, cols[inside] + apart] = 1
    if inside.any():
        mask = maximum_filter(mask, 2 * apart - 1, mode="constant")
    return np.asarray(mask[apart:-apart, apart:-apart] > 0)


def _of_squares(values: np.ndarray, first: int, apart: int, count: int) -> list[Place]:
    """The best peak of every square of *apart* cells, as many as may be needed."""
    rows, cols = -(-values.shape[0] // apart), -(-values.shape[1] // apart)
    padded = np.full((rows * apart, cols * apart), -np.inf, np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    squares = padded.reshape(rows, apart, cols, apart).swapaxes(1, 2).reshape(rows * cols, -1)
    place = squares.argmax(1)
    top = squares[np.arange(len(squares)), place]
    # each peak that is taken may shut out those of eight squares around
    order = np.argsort(-top, kind="stable")[: 9 * count]
    return [
        (first + i // cols * apart + int(place[i]) // apart, i % cols * apart + int(place[i]) % apart, float(top[i]))
        for i in order.tolist()
        if np.isfinite(top[i])
    ]


def _spread(places: list[Place], count: int, apart: int) -> list[Place]:
    """The best *count* of which none is too near to a better one."""
    ordered = sorted(places, key=lambda place: (-place[2], place[0], place[1]))
    chosen: list[Place] = []
    taken = np.empty((0, 2), np.int64)
    for row, col, score in ordered:
        if len(chosen) == count:
            break
        if not len(taken) or np.abs(taken - (row, col)).max(1).min() >= apart:
            chosen.append((row, col, score))
            taken = np.append(taken, [[row, col]], 0)
    return chosen


def write(path: str, layer: str, drawn: str, found: Sequence[Sequence[Place]], classes: Sequence[ClassOf]) -> None:
    """Write places as points in the middle of their cells, in the GeoPackage *path*; *classes* name the bands, or none do."""
    with rasterio.open(drawn) as ds:
        transform, crs = ds.transform, ds.crs.to_wkt() if ds.crs else None
    every = [(band, rank, *place) for band, places in enumerate(found) for rank, place in enumerate(places, 1)]
    rows, cols = (np.array([one[k] for one in every], np.float64) + 0.5 for k in (2, 3))
    x, y = transform * (cols, rows)
    columns: dict[str, np.ndarray] = {"rank": np.array([one[1] for one in every], np.int32)}
    if classes:
        columns["class"] = np.array([classes[one[0]].label for one in every], object)
        columns["colour"] = np.array([classes[one[0]].colour for one in every], object)
    columns["score"] = np.array([one[4] for one in every], np.float64)
    with warnings.catch_warnings():
        # a raster without a CRS gives points without one
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.raw.write(
            path, shapely.to_wkb(shapely.points(x, y)), list(columns.values()), list(columns), layer=layer, driver="GPKG",
            geometry_type="Point", crs=crs,
            # what QGIS 3.22 reads without a remark
            dataset_options={"VERSION": "1.2"},
        )  # fmt: skip
