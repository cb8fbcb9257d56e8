"""Every feature lies where its pixels lie: a network that answers with coordinates must give each cell its own."""

from __future__ import annotations

import json

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from making import NORTH_UP, Averager, coordinates, encode, make_raster, read, tag  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

SIZES = [(64, 64), (100, 130), (193, 77), (257, 64), (200, 145)]
GEOMETRIES = {
    "north-up": NORTH_UP,
    "non-square": Affine(10, 0, 500_000, 0, -20, 5_000_000),
    "south-up": Affine(10, 0, 500_000, 0, 10, 5_000_000),
    "rotated": Affine.translation(500_000, 5_000_000) * Affine.rotation(30) * Affine.scale(10, -10),
    "sheared": Affine(10, 3, 500_000, -2, -12, 5_000_000),
}


def check(folder, width, height, transform=NORTH_UP, window=None, enlarge=1.0, **params):
    """Encode coordinates and compare every cell with the centre of its footprint; return the features' transform."""
    source = make_raster(folder / "coordinates.tif", coordinates(width, height), transform=transform)
    if window:
        left, top, right, bottom = window
        corners = [transform * corner for corner in ((left, top), (right, bottom))]
        xs, ys = sorted(c[0] for c in corners), sorted(c[1] for c in corners)
        params["extent"] = f"{xs[0]},{ys[0]},{xs[1]},{ys[1]}"
    output = encode(
        source, folder / "features.tif", Averager(), enlarge=enlarge, normalisation="raster", minimum_valid=0, **params
    )
    statistics = json.loads(tag(output, "statistics"))
    found = read(output) * np.array(statistics["std"])[:, None, None] + np.array(statistics["mean"])[:, None, None]
    cell = 16 / enlarge
    left, top, right, bottom = window or (0, 0, width, height)
    cols = np.arange(max(0, np.floor(left / cell + 1e-6)), np.ceil(min(width, right) / cell - 1e-6))
    rows = np.arange(max(0, np.floor(top / cell + 1e-6)), np.ceil(min(height, bottom) / cell - 1e-6))
    assert found.shape == (2, len(rows), len(cols))
    # cells that reach beyond the raster see it mirrored there; they are looked at in a test of their own
    whole = np.outer((rows + 1) * cell <= height, (cols + 1) * cell <= width)
    assert np.abs(found[0] - (cols[None, :] + 0.5) * cell)[whole].max() <= 0.01 * cell
    assert np.abs(found[1] - (rows[:, None] + 0.5) * cell)[whole].max() <= 0.01 * cell
    with rasterio.open(output) as ds:
        wanted = transform * Affine.translation(cols[0] * cell, rows[0] * cell) * Affine.scale(cell)
        assert tuple(ds.transform)[:6] == pytest.approx(tuple(wanted)[:6], rel=1e-12, abs=1e-9)
        assert ds.crs.to_epsg() == 32631
    return found


@pytest.mark.parametrize("width, height", SIZES)
@pytest.mark.parametrize("enlarge", [1, 1.5, 2, 3])
def test_cells_hold_their_own_coordinates_at_any_size_and_enlargement(tmp_path, width, height, enlarge):
    check(tmp_path, width, height, enlarge=enlarge)


@pytest.mark.parametrize("overlap", [0, 25, 50, 75])
@pytest.mark.parametrize("blending", ["window", "central crop", "none"])
def test_cells_hold_their_own_coordinates_with_any_blending(tmp_path, overlap, blending):
    check(tmp_path, 217, 190, overlap=overlap, blending=blending)


@pytest.mark.parametrize("transform", GEOMETRIES.values(), ids=list(GEOMETRIES))
@pytest.mark.parametrize("enlarge", [1, 1.5])
def test_cells_hold_their_own_coordinates_in_any_geometry(tmp_path, transform, enlarge):
    check(tmp_path, 150, 121, transform, enlarge=enlarge)


@pytest.mark.parametrize(
    "window", [(16, 32, 112, 96), (5, 7, 100, 90), (-40, -90, 70, 60), (100, 100, 900, 900), (70, 70, 71, 71)]
)
@pytest.mark.parametrize("enlarge", [1, 2])
def test_an_extent_gives_the_same_cells_on_the_same_grid(tmp_path, window, enlarge):
    check(tmp_path, 190, 150, window=window, enlarge=enlarge)


@pytest.mark.parametrize("name", ["non-square", "south-up"])
def test_an_extent_means_the_same_place_in_any_geometry(tmp_path, name):
    check(tmp_path, 190, 150, GEOMETRIES[name], window=(20, 30, 120, 110))


@pytest.mark.parametrize("tile", [16, 32, 128, 256])
def test_cells_hold_their_own_coordinates_with_tiles_of_any_size(tmp_path, tile):
    check(tmp_path, 145, 130, tile=tile)


def test_a_cell_beyond_the_edge_sees_the_raster_mirrored(tmp_path):
    found = check(tmp_path, 100, 64)
    # columns 96 to 99, then 98, 97 and so on backwards
    seen = [99 - abs(99 - col) + 0.5 for col in range(96, 112)]
    assert found[0][:, -1] == pytest.approx(np.mean(seen), abs=1e-3)
