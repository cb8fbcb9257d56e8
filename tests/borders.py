"""What tests of guided upsampling need: an image with a border, cells that saw both sides of it, and a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio
from iamap.algorithms import jobs
from making import NORTH_UP, context, make_raster
from rasterio.transform import Affine

Sharpen = jobs()["sharpen"]
METHODS = ("guided filter", "joint bilateral")
#: pixels along a cell, cells across and down: no multiple of anything
SIDE, WIDTH, HEIGHT = 8, 13, 9
CELLS = NORTH_UP * Affine.scale(SIDE)


def sharpen(source: Any, guide: Any, output: Path, **params: Any) -> str:
    """Run the job; return the path of what it wrote."""
    values = {"input": str(source), "guide": str(guide), "output": str(output)}
    ctx = params.pop("ctx", None) or context()
    given = {name: str(value) if isinstance(value, Path) else value for name, value in params.items()}
    return str(Sharpen.make({**values, **given}).run(ctx)["output"])


def enlarged(values: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Every cell as so many pixels."""
    return values.repeat(side, -2).repeat(side, -1)


def coarse(folder: Path, data: np.ndarray, name: str = "coarse.tif", **about: Any) -> str:
    """Write cells, with ``tags`` and ``names`` of bands."""
    tags, names = about.pop("tags", {}), about.pop("names", [])
    path = make_raster(folder / name, data, **{"transform": CELLS, "nodata": np.nan, **about})
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", **tags)
        if names:
            ds.descriptions = names
    return path


class Step(NamedTuple):
    """An image with a border in the middle of cells (its path), which side each pixel is on, and the share of it in cells."""

    guide: str
    truth: np.ndarray
    cells: np.ndarray


def draw_step(folder: Path) -> Step:
    """A border that goes further right row by row, in noise."""
    cols, rows = np.meshgrid(np.arange(WIDTH * SIDE), np.arange(HEIGHT * SIDE))
    truth = (cols >= 37 + rows // 6).astype(np.float32)
    noise = np.random.default_rng(3).normal(0, 4, truth.shape)
    guide = np.stack([90 + 100 * truth + noise, 120 - 60 * truth + noise]).clip(0, 255).astype(np.uint8)
    cells = truth.reshape(HEIGHT, SIDE, WIDTH, SIDE).mean((1, 3))
    return Step(make_raster(folder / "guide.tif", guide), truth, cells.astype(np.float32))
