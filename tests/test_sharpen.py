"""Guided upsampling: borders where the image has them, everything else as it was, and the same pixels however they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from borders import HEIGHT, METHODS, SIDE, WIDTH, Step, coarse, draw_step, enlarged, sharpen
from hypothesis import given, settings
from hypothesis import strategies as st
from iamap.engine import sharpening
from iamap.engine.guided_filter import GuidedFilter
from iamap.engine.pixels_in_cells import Pixels, gather, window_sum
from making import NORTH_UP, make_raster, read, texture
from rasterio.transform import Affine
from rasterio.warp import calculate_default_transform, reproject


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return draw_step(tmp_path)


@pytest.mark.parametrize("method", METHODS)
def test_a_step_moves_to_the_border_of_the_image(tmp_path: Path, step: Step, method: str) -> None:
    found = read(sharpen(coarse(tmp_path, step.cells[None]), step.guide, tmp_path / "o.tif", method=method))[0]
    assert found.shape == step.truth.shape
    near = np.abs(found - step.truth)
    before = np.abs(enlarged(step.cells) - step.truth)
    mixed = (enlarged(step.cells) > 0) & (enlarged(step.cells) < 1)
    assert mixed.sum() > 300 and ((found > 0.5) == step.truth).mean() > 0.995
    assert near[mixed].mean() < 0.5 * before[mixed].mean()


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=8, deadline=None)
@given(value=st.floats(-1e6, 1e6, width=32), seed=st.integers(0, 99), radius=st.integers(1, 3))
def test_what_is_the_same_everywhere_stays_so(
    tmp_path_factory: Any, method: str, value: float, seed: int, radius: int
) -> None:
    folder = tmp_path_factory.mktemp("constant")
    guide = make_raster(folder / "g.tif", texture(40, 30, seed=seed))
    source = coarse(folder, np.full((2, 4, 5), value, np.float32))
    found = read(sharpen(source, guide, folder / "o.tif", method=method, radius=radius))
    assert np.allclose(found, value, rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_no_value_leaves_the_range_of_the_cells_around(tmp_path: Path, method: str) -> None:
    cells = np.random.default_rng(0).normal(size=(3, HEIGHT, WIDTH)).astype(np.float32)
    guide = make_raster(tmp_path / "g.tif", texture(WIDTH * SIDE, HEIGHT * SIDE))
    found = read(sharpen(coarse(tmp_path, cells), guide, tmp_path / "o.tif", method=method))
    wide = np.pad(cells, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = np.stack([wide[:, i : i + HEIGHT, j : j + WIDTH] for i in range(3) for j in range(3)])
    assert (found >= enlarged(around.min(0)) - 1e-6).all() and (found <= enlarged(around.max(0)) + 1e-6).all()


def holes(data: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(data.shape[-2:]) < 0.15


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("other_crs", [False, True], ids=["same CRS", "other CRS"])
def test_the_size_of_blocks_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, other_crs: bool
) -> None:
    cells = np.random.default_rng(0).normal(size=(18, HEIGHT, WIDTH)).astype(np.float32)
    cells[:, holes(cells, 1)] = np.nan
    image = texture(WIDTH * SIDE, HEIGHT * SIDE)
    image[:, holes(image, 2)] = 0
    guide = make_raster(tmp_path / "g.tif", image, nodata=0)
    source = coarse(tmp_path, cells)
    if other_crs:
        source = moved(tmp_path, source, "EPSG:3857")
    made = {}
    for name, side, strip in (("whole", 256, 32 << 20), ("tiny", 11, 1)):
        monkeypatch.setattr(sharpening, "_SIDE", side)
        monkeypatch.setattr(sharpening, "_STRIP_BYTES", strip)
        made[name] = read(sharpen(source, guide, tmp_path / f"{name}.tif", method=method, radius=2))
    assert np.isfinite(made["whole"]).any()
    np.testing.assert_allclose(made["tiny"], made["whole"], rtol=1e-6, atol=1e-6)


def moved(folder: Path, path: str, crs: str) -> str:
    """The same raster in another reference system, nearest neighbour."""
    with rasterio.open(path) as ds:
        grid, width, height = calculate_default_transform(ds.crs, crs, ds.width, ds.height, *ds.bounds)
        made = np.full((ds.count, height, width), np.nan, np.float32)
        reproject(
            ds.read(), made, src_transform=ds.transform, src_crs=ds.crs, dst_transform=grid, dst_crs=crs,
            src_nodata=np.nan, dst_nodata=np.nan,
        )  # fmt: skip
    return make_raster(folder / "moved.tif", made, transform=grid, crs=crs, nodata=np.nan)


@pytest.mark.parametrize("method", METHODS)
def test_nodata_of_both_is_kept_and_nothing_else_lost(tmp_path: Path, method: str) -> None:
    cells = np.random.default_rng(0).normal(size=(2, HEIGHT, WIDTH)).astype(np.float32)
    image = texture(WIDTH * SIDE, HEIGHT * SIDE)
    gone, dark = holes(cells, 1), holes(image, 2)
    cells[0, gone] = np.nan
    image[:, dark] = 0
    image[:, 16:32, 16:40] = 0  # whole cells without a pixel
    dark = (image == 0).all(0)
    guide = make_raster(tmp_path / "g.tif", image, nodata=0)
    found = read(sharpen(coarse(tmp_path, cells), guide, tmp_path / "o.tif", method=method))
    assert (np.isnan(found) == (enlarged(gone) | dark)).all()


def test_what_lies_under_nodata_does_not_matter(tmp_path: Path) -> None:
    cells = np.random.default_rng(0).normal(size=(1, HEIGHT, WIDTH)).astype(np.float32)
    made = []
    for fill in (-1e9, 0.0):
        holed = cells.copy()
        holed[:, 3:5, 4:7] = fill if fill else -9999
        guide = make_raster(tmp_path / "g.tif", texture(WIDTH * SIDE, HEIGHT * SIDE))
        source = coarse(tmp_path, holed, nodata=fill or -9999)
        made.append(read(sharpen(source, guide, tmp_path / "o.tif")))
    np.testing.assert_array_equal(made[0], made[1])


@pytest.mark.parametrize("method", METHODS)
def test_another_crs_gives_nearly_the_same(tmp_path: Path, step: Step, method: str) -> None:
    source = coarse(tmp_path, step.cells[None])
    here = read(sharpen(source, step.guide, tmp_path / "o.tif", method=method))[0]
    there = read(sharpen(moved(tmp_path, source, "EPSG:3857"), step.guide, tmp_path / "p.tif", method=method))[0]
    both = ~np.isnan(there[: here.shape[0], : here.shape[1]])
    assert both.mean() > 0.8
    shown = step.truth[: there.shape[0], : there.shape[1]]
    assert ((there > 0.5) == shown)[~np.isnan(there)].mean() > 0.98


def test_a_turned_raster_is_followed(tmp_path: Path) -> None:
    # values are those of the cells' middles, so that any mistake of the way from grid to grid would show
    turned = NORTH_UP * Affine.rotation(20) * Affine.scale(SIDE)
    col, row = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    x, y = turned * (col, row)
    source = coarse(tmp_path, np.stack([x - 500_000, y - 5_000_000]).astype(np.float32), transform=turned)
    guide = make_raster(tmp_path / "g.tif", texture(210, 190), transform=NORTH_UP * Affine.translation(-60, -70))
    output = sharpen(source, guide, tmp_path / "o.tif", epsilon=100)
    found = read(output)
    with rasterio.open(output) as ds:
        cols, rows = np.meshgrid(np.arange(ds.width) + 0.5, np.arange(ds.height) + 0.5)
        x, y = ds.transform * (cols, rows)
    valid = ~np.isnan(found[0])
    col, row = ~turned * (x, y)
    assert (valid == ((col >= 0) & (row >= 0) & (col < WIDTH) & (row < HEIGHT))).all() and not valid.all()
    # a function that is linear comes back where no window reaches beyond the end; a cell is 80 long
    whole = (col > 2.5) & (row > 2.5) & (col < WIDTH - 2.5) & (row < HEIGHT - 2.5)
    error = np.hypot(found[0] - (x - 500_000), found[1] - (y - 5_000_000))[whole]
    assert len(error) > 1000 and error.max() < 4


@pytest.mark.parametrize("image", ["one band", "constant bands", "all constant"])
@pytest.mark.parametrize("method", METHODS)
def test_plain_images_are_guides_too(tmp_path: Path, step: Step, image: str, method: str) -> None:
    bands = read(step.guide)[:1]
    flat = np.full_like(bands, 7)
    data = {"one band": bands, "constant bands": np.concatenate([flat, bands, flat]), "all constant": flat}[image]
    guide = make_raster(tmp_path / "plain.tif", data)
    found = read(sharpen(coarse(tmp_path, step.cells[None]), guide, tmp_path / "o.tif", method=method))[0]
    assert np.isfinite(found).all()
    assert ((found > 0.5) == step.truth).mean() > (0.99 if image != "all constant" else 0.95)


def test_units_of_the_image_do_not_matter(tmp_path: Path, step: Step) -> None:
    source = coarse(tmp_path, step.cells[None])
    other = make_raster(tmp_path / "other.tif", read(step.guide).astype(np.float32) * np.float32(1e-4) - 3)
    here, there = (read(sharpen(source, guide, tmp_path / "o.tif")) for guide in (step.guide, other))
    np.testing.assert_allclose(here, there, atol=1e-3)


def test_an_extent_gives_the_same_pixels(tmp_path: Path, step: Step) -> None:
    source = coarse(tmp_path, step.cells[None])
    whole = read(sharpen(source, step.guide, tmp_path / "o.tif"))
    output = sharpen(source, step.guide, tmp_path / "p.tif", extent="500205,4999500,500795,4999895")
    part = read(output)
    with rasterio.open(output) as ds:
        left, top = (round(part) for part in ~NORTH_UP * (ds.transform.c, ds.transform.f))
    assert part.shape[1:] == (40, 60)
    np.testing.assert_array_equal(part, whole[:, top : top + 40, left : left + 60])


@given(
    values=st.lists(st.lists(st.integers(-9, 9), min_size=5, max_size=5), min_size=1, max_size=6),
    radius=st.integers(1, 4),
)
def test_window_sums_are_sums_over_windows(values: list[list[int]], radius: int) -> None:
    data = np.array(values, float)
    found = window_sum(data, radius)
    for row in range(data.shape[0]):
        for col in range(data.shape[1]):
            part = data[max(0, row - radius) : row + radius + 1, max(0, col - radius) : col + radius + 1]
            assert found[row, col] == part.sum()


def test_it_is_the_guided_filter_of_all_pixels(tmp_path: Path) -> None:
    """Away from borders, the coefficients of a cell are those of least squares over all pixels of its window."""
    rng = np.random.default_rng(5)
    rows, cols = np.meshgrid(np.arange(12), np.arange(12), indexing="ij")
    pixels = Pixels(rng.normal(size=(2, 144)), rows.ravel() / 4 + 0.125, cols.ravel() / 4 + 0.125)
    values = rng.normal(size=(1, 3, 3))
    made = GuidedFilter(gather(np.ones((3, 3), bool), pixels), pixels, 5, 0.3)(values)
    # with a window of all cells there is one function: ridge regression of the enlarged raster on the guide
    target = enlarged(values[0], 4).ravel()
    x = pixels.guide - pixels.guide.mean(1, keepdims=True)
    slope = np.linalg.solve(x @ x.T / 144 + 0.3 * np.eye(2), x @ (target - target.mean()) / 144)
    np.testing.assert_allclose(made[:, 0], target.mean() + slope @ x, atol=1e-10)
