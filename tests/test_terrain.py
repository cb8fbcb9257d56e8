"""Slope, hillshade and the like, computed from heights while they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.errors import BadRaster
from iamap.engine.inputs.known import recognised
from iamap.engine.inputs.terrain import Terrain, derived
from iamap.engine.rasters import open_source
from rasterio.transform import Affine

ALL = "slope + hillshade + local relief + position + roughness"
HILLS = np.random.default_rng(4).normal(0, 30, (1, 9, 11)).astype(np.float32).repeat(9, 1).repeat(9, 2)[:, :75, :90]


def derive(path: str, choice: str = ALL, window: tuple[int, int, int, int] | None = None) -> tuple[Any, Any]:
    """Read derivatives, of all pixels where no window is named."""
    with open_source(path) as source:
        made = Terrain(source, choice)
        return made.read(*(window or (0, source.height, 0, source.width)))


def plane(width: int, height: int, right: float, down: float) -> np.ndarray:
    cols, rows = making.coordinates(width, height)
    return (500 + right * cols + down * rows)[None].astype(np.float32)


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hills with a hole and a frame of nodata."""
    heights = HILLS.copy()
    heights[0, 30:36, 40:47] = -9999
    heights[0, :, :3] = -9999
    return making.make_raster(tmp_path_factory.mktemp("dem") / "rough.tif", heights, nodata=-9999)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_pixel_is_the_same_whatever_is_read_with_it(rough: str, data: st.DataObject) -> None:
    top, left = data.draw(st.integers(0, 74)), data.draw(st.integers(0, 89))
    bottom, right = data.draw(st.integers(top + 1, 75)), data.draw(st.integers(left + 1, 90))
    whole, known = derive(rough)
    part, valid = derive(rough, window=(top, bottom, left, right))
    np.testing.assert_array_equal(part, whole[:, top:bottom, left:right])
    np.testing.assert_array_equal(valid, known[top:bottom, left:right])


def test_what_has_a_height_has_derivatives_and_nothing_else(rough: str) -> None:
    made, valid = derive(rough)
    with open_source(rough) as source:
        _, known = source.read(0, source.height, 0, source.width)
    np.testing.assert_array_equal(valid, known)
    assert not valid.all() and np.isfinite(made).all()
    # a hole of -9999 would be a cliff of 89 degrees, and a pit of thousands of metres
    assert made[0].max() < 85 and np.abs(made[2]).max() < 200


@pytest.mark.parametrize("holes", [False, True])
def test_a_plane_is_as_steep_everywhere(tmp_path: Path, holes: bool) -> None:
    heights = plane(60, 50, 3.0, 4.0)
    if holes:
        heights[0, 20, 20:25] = -9999
    made, valid = derive(making.make_raster(tmp_path / "plane.tif", heights, nodata=-9999))
    slope, shade, _, _, roughness = made[:, valid].reshape(5, -1)
    np.testing.assert_allclose(slope, np.degrees(np.arctan(0.5)), atol=0.02)
    np.testing.assert_allclose(shade, shade[0], atol=1e-4)
    np.testing.assert_allclose(roughness, 0, atol=0.01)
    inside = made[2:4, 21:29, 26:39]
    np.testing.assert_allclose(inside if not holes else inside[:, :, :0], 0, atol=1e-3)


def test_flat_ground_has_nothing(tmp_path: Path) -> None:
    made, _ = derive(making.make_raster(tmp_path / "flat.tif", np.full((1, 50, 60), 1234.5, np.float32)))
    np.testing.assert_allclose(made[[0, 2, 3, 4]], 0, atol=1e-6)
    np.testing.assert_allclose(made[1], np.sin(np.radians(45)), atol=1e-6)


def test_slopes_face_the_light(tmp_path: Path) -> None:
    # light comes from the north-west, so what falls towards it is the brighter
    to_light, away = (
        derive(making.make_raster(tmp_path / f"{sign}.tif", plane(40, 40, sign * 3.0, sign * 3.0)), "hillshade")[0]
        for sign in (1, -1)
    )
    assert to_light[0, 20, 20] > away[0, 20, 20] + 0.1


def test_a_ridge_stands_above_and_a_valley_lies_below(tmp_path: Path) -> None:
    cols, _ = making.coordinates(120, 60)
    made, _ = derive(making.make_raster(tmp_path / "waves.tif", (20 * np.cos(cols / 5))[None].astype(np.float32)))
    ridge, valley = made[:, 30, 62], made[:, 30, 46]
    assert ridge[2] > 5 and valley[2] < -5
    assert ridge[3] > 1 and valley[3] < -1


def test_slopes_count_in_metres_on_the_ground(tmp_path: Path) -> None:
    """The same hillside in UTM, in degrees and in Web Mercator, whose metres are half as long at 60 degrees north."""
    step, falls = 1e-4, 5.0
    north = {"EPSG:4326": (Affine(step, 0, 15.0, 0, -step, 60.0), 111_412 * step)}
    north["EPSG:3857"] = (Affine(20, 0, 1_669_792, 0, -20, 8_399_738), 10.0)
    north["EPSG:32633"] = (Affine(10, 0, 500_000, 0, -10, 6_651_411), 10.0)
    for crs, (transform, metres) in north.items():
        path = making.make_raster(tmp_path / f"{crs[5:]}.tif", plane(50, 40, 0.0, falls), crs=crs, transform=transform)
        slope = derive(path, "slope")[0][0, 20, 25]
        assert slope == pytest.approx(np.degrees(np.arctan(falls / metres)), rel=0.006), crs


@pytest.mark.parametrize(
    "turned, transform",
    [
        (lambda z: z[:, ::-1], Affine(10, 0, 500_000, 0, 10, 5_000_000 - 750)),
        (lambda z: np.rot90(z, axes=(1, 2)), Affine(0, -10, 500_900, -10, 0, 5_000_000)),
    ],
    ids=["south up", "turned by a quarter"],
)
def test_it_does_not_matter_how_the_raster_lies(tmp_path: Path, turned: Any, transform: Affine) -> None:
    plain, _ = derive(making.make_raster(tmp_path / "plain.tif", HILLS))
    other, _ = derive(making.make_raster(tmp_path / "other.tif", turned(HILLS), transform=transform))
    np.testing.assert_allclose(other, turned(plain), atol=2e-3)


def test_features_of_terrain_need_one_band_of_heights(tmp_path: Path) -> None:
    path = making.make_raster(tmp_path / "two.tif", making.texture(70, 70, 2))
    with pytest.raises(BadRaster, match="one band of heights, 2 given") as caught:
        making.encode(path, tmp_path / "out.tif", terrain="slope + position + roughness")
    assert making.is_a_sentence(caught.value) and "bands" in caught.value.hint
    assert making.files(tmp_path) == ["two.tif"]


def test_encoding_terrain_says_so_and_fills_three_bands(tmp_path: Path) -> None:
    path = making.make_raster(tmp_path / "dem.tif", HILLS)
    plain = making.encode(path, tmp_path / "plain.tif", encoder="bands", overlap=0)
    found = making.encode(
        path, tmp_path / "terrain.tif", encoder="bands", overlap=0, terrain="slope + hillshade + local relief"
    )
    assert making.read(plain).shape[0] == 1 and making.read(found).shape[0] == 3
    assert making.tag(found, "terrain") == "slope + hillshade + local relief"
    assert making.tag(found, "bands") == "[1]"


def test_what_is_known_of_the_heights_is_not_said_of_slopes(rough: str) -> None:
    with open_source(rough) as source:
        job = making.Encode.make({"input": rough, "output": "out.tif"})
        view, known = derived("slope + position + roughness", source, recognised(job, source))
        assert view.band_names() == list(known.names) == ["slope", "position", "roughness"]
        assert known.micrometres == (None, None, None) and not view.eight_bit


def test_the_report_names_what_was_computed(tmp_path: Path) -> None:
    path = making.make_raster(tmp_path / "dem.tif", HILLS)
    report = tmp_path / "report.html"
    making.encode(path, tmp_path / "o.tif", encoder="bands", terrain="slope + position + roughness", report=str(report))
    text = report.read_text("utf-8")
    assert "Left: slope, position, roughness as red, green, blue." in text and "1 (slope)" not in text
