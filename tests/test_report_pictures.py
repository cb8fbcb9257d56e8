"""Pictures in reports show a raster as people know it, and names in figures can be read."""

from __future__ import annotations

import json
import warnings

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.engine import lettering  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from iamap.engine.report import Report  # noqa: E402
from iamap.engine.reports import backdrop as backdrop_of  # noqa: E402
from iamap.engine.reports.backdrop import backdrop  # noqa: E402
from iamap.engine.reports.thumbnails import colour_bands  # noqa: E402
from iamap.engine.training.ground import Ground  # noqa: E402
from iamap.engine.training.learning_curve import Point, counted  # noqa: E402
from making import NORTH_UP, make_raster  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.font_manager import findfont  # noqa: E402
from rasterio.enums import ColorInterp  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

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


# --- letters


def odd_letter():
    """A letter that the plain font lacks, and another font of this computer has: matplotlib brings some itself."""
    plain = set(lettering._letters(findfont(lettering.PLAIN)))
    for _, path in lettering._fonts():
        for letter in sorted(lettering._letters(path) - plain):
            if chr(letter).isalpha() and chr(letter).isprintable():
                return chr(letter)
    pytest.skip("needs a font with letters that DejaVu Sans lacks")


def test_a_letter_is_written_in_a_font_that_has_it():
    name = f"a{odd_letter()}"
    assert lettering.ticks([name]) == [name] and len(lettering.families([name])) == 2
    report = Report("r", "a.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with report.figure(3, 2, "c", [name]) as figure:
            axes = figure.subplots()
            axes.set_xticks([0.5], [name])
    with report.figure(3, 2, "c") as figure, pytest.warns(UserWarning, match="missing from"):
        axes = figure.subplots()
        axes.set_xticks([0.5], [name])
        figure.draw_without_rendering()


def test_what_no_font_has_is_a_number_that_the_text_explains(monkeypatch):
    monkeypatch.setattr(lettering, "_family", lambda letter: lettering.PLAIN if letter < 256 else None)
    names = ["été", "草地", "$x$", "a" * 40]
    assert lettering.ticks(names) == ["été", "№ 2", "№ 3", "№ 4 " + "a" * 23 + "…"]
    assert lettering.told_apart(names).startswith("In plots, № 2 is 草地, № 3 is $x$, № 4 is aaa")
    assert lettering.families(names) == [lettering.PLAIN] and lettering.told_apart(["été"]) == ""


@pytest.mark.parametrize(
    ("labels", "told"), [([1.8, 3.2, 4.8], ["2", "3", "5"]), ([1.8, 2.2, 12], ["1.8", "2.2", "12.0"])]
)
def test_numbers_of_labels_are_called_the_same_everywhere(labels, told):
    assert counted([Point(one, False, 0.5, 0.5, np.zeros((1, 1))) for one in labels]) == told


# --- what lies under the labels

WAYS = {
    "north up": (NORTH_UP, "EPSG:32631"), "south up": (Affine(10, 0, 5e5, 0, 10, 5e6), "EPSG:32631"),
    "turned": (NORTH_UP * Affine.rotation(25), "EPSG:32631"), "degrees": (Affine(1e-4, 0, 120, 0, -1e-4, 45), "EPSG:4326"),
    "cells": (Affine.scale(2, -2), None),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_picture_under_the_labels_lies_where_they_do(tmp_path, way):
    transform, crs = WAYS[way]
    data = np.random.default_rng(0).integers(1, 255, (3, 30, 20), dtype=np.uint8)
    path = make_raster(tmp_path / "a.tif", data, transform=transform, crs=crs, nodata=0)
    rows, cols = np.array([0, 0, 29, 29, 7]), np.array([0, 19, 19, 0, 13])
    with open_features(path) as features:
        under = backdrop(features, np.zeros((9, 3), np.float32))
        places = Ground.of(features).measure(np.stack([rows, cols], 1), features.source.transform, features.crs)
    figure = Figure()
    axes = figure.subplots()
    under.draw(axes)
    image = axes.images[0]
    shown = (image.get_transform() - axes.transData).transform(np.stack([(cols + 0.5) / 20, (rows + 0.5) / 30], 1))
    assert np.allclose(shown, places)
    low, high = under.outline.min(0), under.outline.max(0)
    assert (places > low).all() and (places < high).all()
    assert axes.get_xlim()[0] < low[0] and axes.get_ylim()[1] > high[1]
    # darker where the raster is
    grey = under.picture[..., 0].astype(float)
    assert np.corrcoef(grey.ravel(), data.mean(0).ravel())[0, 1] > 0.99


def test_a_raster_that_would_take_long_to_read_has_an_outline_only(tmp_path, monkeypatch):
    path = make_raster(tmp_path / "a.tif", np.ones((3, 30, 20), np.uint8))
    monkeypatch.setattr(backdrop_of, "_MOST", 100)
    with open_features(path) as features:
        under = backdrop(features, np.zeros((9, 3), np.float32))
    assert under.picture is None and under.outline.shape == (4, 2)
    under.draw(Figure().subplots())
