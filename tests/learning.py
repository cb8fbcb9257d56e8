"""What tests of training need: a run with labels, and a look at the cells that are learnt from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from iamap.algorithms import jobs
from iamap.engine import models
from iamap.engine.training import train as training
from iamap.engine.training.labels import Rules
from making import NORTH_UP, context, make_raster, read
from stripes import layer

METHOD = "train_logistic"


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Paths as text."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def request(source: Any, folder: Path, labels: Any, job: str = METHOD, **params: Any) -> Any:
    """A training that checks by single features, unless *params* say otherwise."""
    values = {
        "input": source, "labels": labels, "column": "kind", "model": folder / "m.iamap", "validation": "random",
        "report": None,
    }  # fmt: skip
    return jobs()[job].make(plain({**values, **params}))


def train(source: Any, folder: Path, labels: Any, job: str = METHOD, ctx: Any = None, **params: Any) -> dict[str, Any]:
    """Train; return what the run tells of itself."""
    ctx = ctx or context()
    request(source, folder, labels, job, **params).run(ctx)
    return dict(ctx.facts)


def apply(source: Any, folder: Path, output: str = "applied.tif", ctx: Any = None, **params: Any) -> np.ndarray:
    """Apply the model in *folder*; return (bands, rows, cols) of the map."""
    values = {"input": source, "model": folder / "m.iamap", "output": folder / output, **params}
    jobs()["apply"].make(plain(values)).run(ctx or context())
    return read(folder / output)


def examples(source: Any, folder: Path, labels: Any, **params: Any) -> Any:
    """The labelled cells that a training with *params* would learn from."""
    return both(source, folder, labels, **params)[0]


def both(source: Any, folder: Path, labels: Any, **params: Any) -> tuple[Any, Any]:
    """The labelled cells to learn from, and those to test with."""
    job = request(source, folder, labels, **params)
    with training._stack(job, job.input, None, job.more or []) as stack:
        return training._read(job, stack, Rules.of(job), context())[:2]


def model(folder: Path) -> Any:
    """The saved model."""
    return models.load(str(folder / "m.iamap"))


def places(found: Any) -> dict[tuple[int, int], str]:
    """(row, column) of labelled cells -> name of the class, or the number."""
    named = [found.classes[i] for i in found.y] if found.classes else found.y.tolist()
    return {(int(row), int(col)): name for (row, col), name in zip(found.places, named)}


def square(row: float, col: float, side: float = 1.0, transform: Any = NORTH_UP) -> Any:
    """A polygon of *side* cells from the upper left corner of (*row*, *col*)."""
    corners = [(col, row), (col + side, row), (col + side, row + side), (col, row + side)]
    return shapely.Polygon([transform * corner for corner in corners])


def smooth_ground(path: Path, seed: int, bands: int = 6, side: int = 120, width: int = 9, **about: Any) -> str:
    """A raster of random fields that are alike over *width* cells or so, and tell nothing."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=(bands, side, side))
    fields = np.stack([gaussian_filter(band, width / 3, mode="reflect") for band in noise])
    return make_raster(path, (fields / fields.std()).astype(np.float32), **about)


def polygons(path: Path, shapes: list[Any], kinds: list[Any], **columns: Any) -> Path:
    """A layer with the column ``kind``."""
    kind = np.array(kinds, object) if any(isinstance(one, str) or one is None for one in kinds) else np.array(kinds)
    return layer(path, shapes, kind=kind, **columns)


def classes_of(path: Any) -> dict[str, Any]:
    """Tags, nodata and names of bands of a map."""
    with rasterio.open(path) as ds:
        return {"nodata": ds.nodata, "dtype": ds.dtypes[0], "bands": list(ds.descriptions), **ds.tags(ns="IAMAP")}
