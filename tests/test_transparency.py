"""What holds no data: transparency that is none, and collars that no nodata value tells of."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rasterio", reason="needs the engine environment")

import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iamap.contract.errors import BadRaster
from iamap.engine.inputs.known import recognised
from iamap.engine.rasters import open_source
from making import make_raster, texture
from rasterio.enums import ColorInterp
from scipy.ndimage import gaussian_filter

FLAGGED = {"alpha": "YES", "photometric": "RGB"}


def four(path: Path, fourth: np.ndarray, name: str = "") -> str:
    """Red, green and blue of 90 x 80 pixels, and a fourth band that the file calls transparency."""
    data = np.concatenate([texture(90, 80), fourth[None].astype(np.uint8)])
    made = make_raster(path, data, **FLAGGED)
    with rasterio.open(made, "r+") as ds:
        ds.set_band_description(4, name)
        assert ds.colorinterp[3] == ColorInterp.alpha
    return made


def infrared() -> np.ndarray:
    """Values of all kinds, some of them 0."""
    return np.random.default_rng(1).integers(0, 220, (80, 90))


@pytest.mark.parametrize("bands, view", [(None, {}), ([1, 2, 3], {}), ([4, 1], {"resolution": 5})])
def test_infrared_that_is_flagged_as_transparency_is_data(
    tmp_path: Path, caplog: Any, bands: list[int] | None, view: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO)
    path = four(tmp_path / "naip.tif", infrared())
    with open_source(path, bands, **view) as source:
        assert source.bands == (bands or [1, 2, 3, 4])
        data, valid = source.read(2, source.height - 2, 2, source.width - 2)
        print_of_view = source.fingerprint()
    # none of its zeros is a hole
    assert valid.all()
    if not view:
        with rasterio.open(path) as ds:
            np.testing.assert_array_equal(data, ds.read(source.bands)[:, 2:-2, 2:-2])
    told = [record.getMessage() for record in caplog.records if "it is taken for data" in record.getMessage()]
    assert len(told) == 1 and told[0].startswith(f"band 4 of {path} is called transparency")
    # what the file holds counts, not where the view of it lies in memory
    with open_source(path, bands, **view) as source:
        assert source.fingerprint() == print_of_view
    with rasterio.open(path, "r+") as ds:
        ds.write(ds.read(1) ^ 1, 1)
    with open_source(path, bands, **view) as source:
        assert source.fingerprint() != print_of_view


@pytest.mark.parametrize("edge", [0, 3])
def test_real_transparency_stays_a_mask(tmp_path: Path, caplog: Any, edge: int) -> None:
    """Also one whose borders fade out."""
    caplog.set_level(logging.INFO)
    alpha = np.clip((np.arange(90) - 30) * (255 if edge == 0 else 255 // edge), 0, 255) * np.ones((80, 1))
    with open_source(four(tmp_path / "rgba.tif", alpha)) as source:
        assert source.bands == [1, 2, 3]
        np.testing.assert_array_equal(source.read(0, 80, 0, 90)[1], alpha > 0)
    assert "taken for data" not in caplog.text


@pytest.mark.parametrize("value", [0, 77, 255])
def test_transparency_that_never_changes_is_no_data(tmp_path: Path, value: int) -> None:
    with open_source(four(tmp_path / "rgba.tif", np.full((80, 90), value))) as source:
        assert source.bands == [1, 2, 3] and source.read(0, 80, 0, 90)[1].all() == (value > 0)


@pytest.mark.parametrize(
    "name, is_data", [("B8", True), ("nir", True), ("Alpha", False), ("Band 4", False), ("", False)]
)
def test_a_name_that_only_data_has_is_believed(tmp_path: Path, name: str, is_data: bool) -> None:
    with open_source(four(tmp_path / "x.tif", np.where(infrared() > 30, 255, 0), name)) as source:
        assert source.bands == ([1, 2, 3, 4] if is_data else [1, 2, 3])


def test_the_sensor_that_is_told_names_the_infrared(tmp_path: Path) -> None:
    with open_source(four(tmp_path / "x.tif", infrared())) as source:
        assert look(source, sensor="NAIP").names == ("red", "green", "blue", "nir")


def look(source: Any, **said: Any) -> Any:
    from types import SimpleNamespace

    return recognised(SimpleNamespace(**{"wavelengths": None, "sensor": "auto", "unit": "auto", **said}), source)


# ---- collars


def collared(path: Path, value: float, wide: int, dtype: str = "uint8", **about: Any) -> str:
    data = texture(90, 80, 4).astype(dtype)
    data[:, :, :wide] = value
    return make_raster(path, data, photometric="MINISBLACK", alpha="NO", **about)


@pytest.mark.parametrize(
    "value, wide, dtype, about, warned",
    [
        (255, 20, "uint8", {}, True),
        (0, 20, "uint8", {}, True),
        (0, 20, "float32", {}, True),
        (65535, 20, "uint16", {}, True),
        (255, 20, "uint16", {}, False),
        (255, 1, "uint8", {}, False),
        (255, 20, "uint8", {"nodata": 255}, False),
        (200, 20, "uint8", {}, False),
    ],
)
def test_a_collar_without_nodata_is_mentioned(
    tmp_path: Path, caplog: Any, value: float, wide: int, dtype: str, about: dict[str, Any], warned: bool
) -> None:
    with open_source(collared(tmp_path / "x.tif", value, wide, dtype, **about)) as source:
        look(source)
    said = [record.getMessage() for record in caplog.records if "no nodata value is set" in record.getMessage()]
    assert len(said) == warned
    assert not warned or f"Assign a specified nodata value: {value}" in said[0]


def test_what_is_bright_in_the_middle_is_no_collar(tmp_path: Path, caplog: Any) -> None:
    data = texture(200, 200, 3)
    data[:, 50:150, 50:150] = 255
    with open_source(make_raster(tmp_path / "x.tif", data)) as source:
        look(source)
    assert "no nodata value" not in caplog.text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turned=st.floats(-45, 45),
    middle=st.tuples(st.floats(0, 300), st.floats(0, 260)),
    half=st.floats(60, 140),
    value=st.sampled_from([0, 255]),
)
def test_a_scene_that_was_turned_or_cut_has_a_collar(
    tmp_path: Path, caplog: Any, turned: float, middle: tuple[float, float], half: float, value: int
) -> None:
    """A square of ground anywhere, in any direction: also where a side of the raster is full of it."""
    caplog.clear()
    rows, cols = np.mgrid[:260, :300]
    along = complex(math.cos(math.radians(turned)), math.sin(math.radians(turned)))
    place = ((cols - middle[0]) + 1j * (rows - middle[1])) * along
    ground = np.maximum(abs(place.real), abs(place.imag)) < half
    data = np.where(ground, texture(300, 260), np.uint8(value))
    assert said_of(make_raster(tmp_path / "x.tif", data), caplog) == [value]


def test_a_ragged_collar_fills_a_side(tmp_path: Path, caplog: Any) -> None:
    """As lines of a scanner end, each somewhere else."""
    ends = np.random.default_rng(0).integers(5, 120, (260, 1))
    data = np.where(np.arange(300) < ends, np.uint8(255), texture(300, 260))
    assert said_of(make_raster(tmp_path / "x.tif", data), caplog) == [255]


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_snow_and_shadow_are_ground(tmp_path: Path, caplog: Any, share: float, value: int) -> None:
    """Ragged as they are, they may reach the raster's edges."""
    noise = np.random.default_rng(3)
    field = sum(gaussian_filter(noise.normal(size=(260, 300)), far) * far**1.3 for far in (1, 2, 4, 8, 16))
    covered = field > np.quantile(field, 1 - share)
    assert np.concatenate([covered[0], covered[-1], covered[:, 0], covered[:, -1]]).mean() > 0.05
    data = np.where(covered, np.uint8(value), texture(300, 260))
    assert said_of(make_raster(tmp_path / "x.tif", data), caplog) == []


@pytest.mark.parametrize("name, unit", [("dem.tif", "auto"), ("x.tif", "metres")])
def test_the_sea_is_no_collar_of_elevation(tmp_path: Path, caplog: Any, name: str, unit: str) -> None:
    """But what is higher than any mountain is none of it."""
    heights = texture(300, 260, 1).astype(np.int16)
    heights[:, :, :100] = 0
    assert said_of(make_raster(tmp_path / name, heights), caplog, unit=unit) == []
    assert said_of(make_raster(tmp_path / "image.tif", heights), caplog) == [0]
    caplog.clear()
    heights[:, :, :100] = 32767
    assert said_of(make_raster(tmp_path / name, heights), caplog, unit=unit) == [32767]


def said_of(path: str, caplog: Any, **told: Any) -> list[int]:
    """Values that are said to look like a collar."""
    with open_source(path) as source:
        look(source, **told)
    return [
        int(record.getMessage().rsplit(":", 1)[1])
        for record in caplog.records
        if "no nodata value is set" in record.getMessage()
    ]


def test_a_collar_in_one_band_only_is_none(tmp_path: Path, caplog: Any) -> None:
    data = texture(90, 80, 3)
    data[1, :, :30] = 255
    with open_source(make_raster(tmp_path / "x.tif", data)) as source:
        look(source)
    assert "no nodata value" not in caplog.text


def test_a_file_of_transparency_alone_is_still_read(tmp_path: Path) -> None:
    path = make_raster(tmp_path / "x.tif", texture(20, 20, 1))
    with rasterio.open(path, "r+") as ds:
        ds.colorinterp = [ColorInterp.alpha]
    with open_source(path) as source:
        assert source.bands == [1]
    with pytest.raises(BadRaster), open_source(path, [2]):
        pass
