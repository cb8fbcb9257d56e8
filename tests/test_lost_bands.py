"""Bands that hold nothing are left out of rasters of many bands, and said to be; what somebody chose is never changed."""

from __future__ import annotations

import json
import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.errors import BadRaster  # noqa: E402
from making import encode, is_a_sentence, make_raster, read, tag, texture  # noqa: E402

COUNT, LOST = 40, (12, 13, 14, 30)


def many_bands(path, lost=LOST, count=COUNT):
    """A raster of 96 x 80 pixels whose bands *lost*, from 1, are NaN."""
    data = texture(96, 80, count).astype(np.float32)
    for band in lost:
        data[band - 1] = np.nan
    return make_raster(path, data)


def test_they_are_left_out_and_the_rest_is_encoded_as_if_it_had_been_chosen(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    source = many_bands(tmp_path / "s.tif")
    found = encode(source, tmp_path / "a.tif")
    assert "bands 12-14, 30 of" in caplog.text and "hold no data, and are left out" in caplog.text
    others = [band for band in range(1, COUNT + 1) if band not in LOST]
    assert json.loads(tag(found, "bands")) == others
    chosen = encode(source, tmp_path / "b.tif", bands=others)
    assert np.array_equal(read(found), read(chosen), equal_nan=True) and np.isfinite(read(found)).any()


def test_a_band_that_was_chosen_is_not_left_out(tmp_path):
    with pytest.raises(BadRaster, match="these hold none: bands 12-14, 30") as refused:
        encode(many_bands(tmp_path / "s.tif"), tmp_path / "f.tif", bands=list(range(1, COUNT + 1)))
    assert is_a_sentence(refused.value)


def test_few_bands_are_all_wanted(tmp_path):
    with pytest.raises(BadRaster, match="these hold none: band 3"):
        encode(many_bands(tmp_path / "s.tif", lost=(3,), count=6), tmp_path / "f.tif")


def test_a_band_with_a_single_pixel_stays(tmp_path, caplog):
    """Squares are looked at first: what they miss is found before a band is left out."""
    caplog.set_level(logging.WARNING)
    data = texture(900, 80, COUNT).astype(np.float32)
    data[4] = np.nan
    data[4, 70, 100] = 1.0
    with pytest.raises(BadRaster, match="holds valid data"):
        encode(make_raster(tmp_path / "s.tif", data), tmp_path / "f.tif")
    assert "left out" not in caplog.text


def test_a_raster_without_any_data_says_that(tmp_path):
    with pytest.raises(BadRaster, match="no pixel with valid data"):
        encode(many_bands(tmp_path / "s.tif", lost=range(1, COUNT + 1)), tmp_path / "f.tif")


def test_nothing_is_said_where_nothing_is_lost(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    found = encode(many_bands(tmp_path / "s.tif", lost=()), tmp_path / "f.tif")
    assert json.loads(tag(found, "bands")) == list(range(1, COUNT + 1)) and "left out" not in caplog.text
