"""A raster of three kinds of places in stripes, and what a search in it needs: layers of examples, a run."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from iamap.algorithms import jobs
from making import NORTH_UP, context, make_raster, read
from rasterio.transform import Affine

WIDTH, HEIGHT, BANDS = 61, 47, 5
#: cells (row, column) of examples, by the kind of place they lie on
SPOTS = {
    "forêt": [(3, 2), (20, 4), (44, 1)],
    "水": [(5, 13), (30, 12), (41, 14)],
    "field": [(9, 25), (12, 23), (33, 26)],
}


def numbers(seed: int = 0) -> np.ndarray:
    """(bands, rows, cols) float32: the stripes, with noise and an island without data."""
    kinds = np.random.default_rng(5).normal(size=(3, BANDS)) * 3 + 7
    noise = np.random.default_rng(seed).normal(size=(BANDS, HEIGHT, WIDTH))
    data = kinds[(np.arange(WIDTH) // 10) % 3].T[:, None, :] + noise
    data[:, 15:19, 40:50] = np.nan
    data[2, 40, 7] = np.nan
    return data.astype(np.float32)


def stripes(path: Path, seed: int = 0, **about: Any) -> str:
    """Write the raster; return its path."""
    return make_raster(path, numbers(seed), nodata=np.nan, **about)


def middle(row: int, col: int, transform: Affine = NORTH_UP) -> tuple[float, float]:
    """Where the middle of a cell lies."""
    return transform * (col + 0.5, row + 0.5)


def layer(path: Path, shapes: list[Any], crs: str | None = "EPSG:32631", **columns: Any) -> Path:
    """Write a layer; return its path."""
    data = [np.asarray(column) for column in columns.values()]
    raw = shapely.to_wkb(np.array(shapes, object))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a layer without a CRS is meant
        pyogrio.raw.write(path, raw, data, list(columns), geometry_type="Unknown", crs=crs)
    return path


def dots(path: Path, cells: list[tuple[int, int]], **columns: Any) -> Path:
    """A layer of points in the middle of *cells*."""
    return layer(path, [shapely.Point(middle(*cell)) for cell in cells], **columns)


def all_dots(path: Path) -> Path:
    """All SPOTS, with the name of their kind in the column ``kind``."""
    places = [(name, place) for name, some in SPOTS.items() for place in some]
    return dots(path, [place for _, place in places], kind=np.array([name for name, _ in places], object))


def run(
    source: Any, folder: Path, output: str = "o.tif", ctx: Any = None, job: str = "similarity", **params: Any
) -> np.ndarray:
    """Run a search, or another job; return (bands, rows, cols) of its result."""
    values = {"input": source, "output": folder / output, **params}
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    jobs()[job].make(plain).run(ctx or context())
    return read(folder / output)


def facts(model: Path) -> dict[str, Any]:
    """What a model file remembers."""
    from iamap.engine import models

    return models.load(str(model)).facts
