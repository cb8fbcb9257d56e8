"""Pictures in reports show a raster as people know it, and names in figures can be read."""

from __future__ import annotations

import json

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from iamap.engine.reports.thumbnails import colour_bands  # noqa: E402
from making import make_raster  # noqa: E402
from rasterio.enums import ColorInterp  # noqa: E402

SENTINEL = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"]


def shown(path, chosen=None):
    with open_source(path) as source:
        return colour_bands(source, chosen or source.bands)


def bands(path, count, **about):
    return make_raster(path, np.arange(count * 12).reshape(count, 3, 4).astype(np.uint16), **about)


def test_red_green_and_blue_are_found_by_names_wavelengths_colours_and_style(tmp_path):
    path = bands(tmp_path / "a.tif", 12)
    with rasterio.open(path, "r+") as ds:
        ds.descriptions = SENTINEL
    assert shown(path) == [4, 3, 2] == shown(path, [8, 9, 10])
    path = bands(tmp_path / "b.tif", 5)
    with rasterio.open(path, "r+") as ds:
        for band, wave in enumerate((850, 490, 560, 660, 2200), 1):
            ds.update_tags(band, wavelength=str(wave), wavelength_units="Nanometers")
    assert shown(path) == [4, 3, 2]
    path = bands(tmp_path / "c.tif", 4, photometric="MINISBLACK")
    with rasterio.open(path, "r+") as ds:
        ds.colorinterp = [ColorInterp.gray, ColorInterp.blue, ColorInterp.green, ColorInterp.red]
    assert shown(path) == [4, 3, 2]
    path = bands(tmp_path / "d.tif", 4)
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", style=json.dumps({"bands": [3, 1, 4]}))
    assert shown(path) == [3, 1, 4]


def test_bands_of_which_nothing_is_known_are_shown_as_they_come(tmp_path):
    path = bands(tmp_path / "a.tif", 5)
    assert shown(path) == [1, 2, 3] and shown(path, [5, 4, 3, 2]) == [5, 4, 3] and shown(path, [2, 4]) == [2]
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", style=json.dumps({"bands": [3, 1, 9]}))
    assert shown(path) == [1, 2, 3]
