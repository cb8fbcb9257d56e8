"""What several tests need: rasters made on the spot, encoders small enough to know their answer, and a run of both."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from iamap.algorithms import jobs
from iamap.contract.errors import IamapError
from iamap.encoders import Encoder, Network, Order
from iamap.engine import encoding
from iamap.worker.context import RunContext
from rasterio.crs import CRS
from rasterio.transform import Affine

Encode = jobs()["encode"]
NORTH_UP = Affine(10, 0, 500_000, 0, -10, 5_000_000)


def make_raster(
    path: Path, data: np.ndarray, *, transform: Affine = NORTH_UP, crs: Any = "EPSG:32631", **profile: Any
) -> str:
    """Write (bands, rows, cols) as a GeoTIFF and return its path; *crs* None for none."""
    bands, height, width = data.shape
    about = {"driver": "GTiff", "count": bands, "height": height, "width": width, "dtype": data.dtype, **profile}
    with rasterio.open(path, "w", transform=transform, crs=crs and CRS.from_user_input(crs), **about) as ds:
        ds.write(data)
    return str(path)


def coordinates(width: int, height: int) -> np.ndarray:
    """(2, height, width) float32: column and row of every pixel's centre, counted in pixels from the upper left corner."""
    cols, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack([cols, rows]).astype(np.float32)


def texture(width: int, height: int, bands: int = 3, seed: int = 0) -> np.ndarray:
    """(bands, height, width) uint8 without two places alike."""
    return np.random.default_rng(seed).integers(1, 255, (bands, height, width), dtype=np.uint8)


class Mean(torch.nn.Module):
    """The mean of every band in every patch: what an encoder would say that only knows what it was shown where."""

    def __init__(self, patch: int) -> None:
        super().__init__()
        self.patch = patch

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, bands, tile, tile) to (n, bands, tile / patch, tile / patch)."""
        return torch.nn.functional.avg_pool2d(images, self.patch)


class Averager(Encoder):
    """A card whose features are the mean of each patch, after normalisation."""

    id, patch, tile = "MOSAIKS", 16, 64

    def module(self) -> torch.nn.Module:
        """The network itself."""
        return Mean(self.patch)

    def build(self, order: Order) -> Network:
        """Any number of bands, one feature each."""
        return Network(self.module(), order.bands, order.bands, self.patch, order.tile or self.tile, None, None)


def context(cancelled: Any = lambda: False) -> RunContext:
    """Nobody listens."""
    return RunContext(lambda *_: None, cancelled, interval=0)


def encode(source: Any, output: Any, card: Any = None, ctx: Any = None, **params: Any) -> str:
    """Encode with *card*, or as the request says where there is none; return the path of the features."""
    # one thread: networks this small only wait for each other's, most of all where other work goes on beside the tests
    job = Encode.make({"input": str(source), "output": str(output), "encoder": "MOSAIKS", "threads": 1, **params})
    ctx = ctx or context()
    result: str = (encoding.run(job, card, ctx) if card else job.run(ctx))["output"]
    return result


def read(path: Any) -> np.ndarray:
    """All bands as they are stored."""
    with rasterio.open(path) as ds:
        return ds.read()


def tag(path: Any, name: str) -> str:
    """One tag of a feature raster."""
    with rasterio.open(path) as ds:
        value: str = ds.tags(ns="IAMAP")[name]
        return value


def files(folder: Path) -> list[str]:
    """Names of everything in *folder*."""
    return sorted(path.name for path in folder.iterdir())


@contextlib.contextmanager
def as_anybody() -> Iterator[None]:
    """Give up the rights of root, who may write everywhere, until the block ends; nothing to give up for anybody else."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return
    os.setresgid(65534, 65534, 0)
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@contextlib.contextmanager
def folder_for_all() -> Iterator[Path]:
    """A temporary folder that everybody may write to; those of pytest belong to whoever runs it alone."""
    with tempfile.TemporaryDirectory(prefix="iamap_all_") as name:
        os.chmod(name, 0o777)
        yield Path(name)


def is_a_sentence(error: IamapError) -> bool:
    """Whether the text tells a person something: words, no trace of code, no full stop, which the doors add."""
    return bool(
        len(error.text.split()) > 3
        and not error.text.endswith(".")
        and not re.search(r"Traceback|0x[0-9a-f]{6}|<class|Errno", str(error))
    )
