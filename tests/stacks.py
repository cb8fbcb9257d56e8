"""What tests of stacks need: a main raster, others that lie over it in every way, and a look at all cells."""

from __future__ import annotations

import numpy as np
import rasterio
from making import NORTH_UP, make_raster, texture
from rasterio.transform import Affine

WIDTH, HEIGHT, ACROSS = 23, 17, 16


def whole(stack):
    """(bands, rows, cols) of the window, all at once."""
    return stack.read(0, stack.height)


def cut(values, fine=ACROSS):
    """(bands, rows * fine, cols * fine) to (bands, rows, cols, fine * fine) float64."""
    bands, rows, cols = values.shape
    parts = values.astype(np.float64).reshape(bands, rows // fine, fine, cols // fine, fine)
    return parts.swapaxes(2, 3).reshape(bands, rows // fine, cols // fine, -1)


def main_raster(path, seed=0, **about):
    data = np.random.default_rng(seed).normal(size=(2, HEIGHT, WIDTH)).astype(np.float32)
    data[:, 3:5, 20:] = np.nan
    return make_raster(path, data, nodata=np.nan, **about)


def encoded(path, data, encoder="DINOv2", weights="ab" * 32, **about):
    """A raster that seems to hold features."""
    make_raster(path, data, **about)
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", encoder=encoder, weights_sha256=weights)
        ds.descriptions = [f"feature {i + 1}" for i in range(len(data))]
    return str(path)


def photo(path, **about):
    """(path, data) of three bands of bytes, 16 pixels a cell, over the main raster."""
    data = texture(WIDTH * ACROSS, HEIGHT * ACROSS)
    return make_raster(path, data, transform=NORTH_UP * Affine.scale(1 / ACROSS), **about), data


def settings_of(others):
    """Stacks that are as unlike as can be: (others, deviation, window, grid)."""
    name, dem, turned, features = others
    return [
        ([name, dem, turned, features], True, 5, "input"),
        ([dem, turned, features], False, 3, "finest"),
        ([turned], True, 1, "finest"),
    ]


def others_in(tmp_path):
    """Paths of a photo, a DEM of larger pixels, a turned raster and features, all over the main one."""
    random = np.random.default_rng(4)
    data = random.normal(size=(1, 19, 21)).astype(np.float32)
    data[0, 5:7, 8] = -99
    dem = make_raster(tmp_path / "dem.tif", data, transform=NORTH_UP * Affine.translation(-1, 0) * Affine.scale(1.3), nodata=-99)  # fmt: skip
    grid = NORTH_UP * Affine.translation(-3, 6) * Affine.rotation(-20) * Affine.scale(0.3)
    turned = make_raster(tmp_path / "turned.tif", random.normal(size=(2, 70, 80)).astype(np.float32), transform=grid)
    features = encoded(tmp_path / "f.tif", random.normal(size=(3, 12, 15)).astype(np.float32), transform=NORTH_UP * Affine.scale(2))  # fmt: skip
    return [photo(tmp_path / "photo.tif")[0], dem, turned, features]
