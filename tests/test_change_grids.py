"""Dates on other grids: the second one comes to lie where it belongs, on the cells of the first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import BadRaster  # noqa: E402
from iamap.engine import resampling  # noqa: E402
from iamap.engine.pairing import open_pair  # noqa: E402
from making import NORTH_UP, context, encode, make_raster, read  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from rasterio.warp import transform as transform_points  # noqa: E402
from test_change import HEIGHT, PLAIN, WIDTH, compare, look, places, write  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def plane(transform, width, height, crs="EPSG:32631"):
    """(2, height, width) float32: x and y of every cell's centre in EPSG:32631, from a nearby origin."""
    cols, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x, y = transform * (cols, rows)
    if crs != "EPSG:32631":
        x, y = (np.reshape(part, x.shape) for part in transform_points(crs, "EPSG:32631", x.ravel(), y.ravel()))
    return np.stack([x - 500_000, y - 4_999_000]).astype(np.float32)


def pair_of(before, after, extent=None):
    """What the job compares: (transform, first, second, how)."""
    with open_pair(str(before), str(after), None, extent) as pair:
        return pair.before.transform, pair.before.read(0, pair.height), pair.second.read(0, pair.height), pair.how


def grid(transform, width, height, crs="EPSG:32631"):
    return {"transform": transform, "crs": crs}, plane(transform, width, height, crs)


@pytest.fixture
def first(tmp_path):
    about, data = grid(NORTH_UP, WIDTH, HEIGHT)
    return write(tmp_path / "first.tif", data, **about)


def lonlat():
    """A grid in longitude and latitude over the middle of the first one, with cells of about 7 m."""
    (west, east), (north, south) = transform_points(
        "EPSG:32631", "EPSG:4326", [500_100, 500_600], [4_999_900, 4_999_500]
    )
    step = 7 / 111_320
    return Affine(step, 0, west, 0, -step, north), int((east - west) / step), int((north - south) / step), "EPSG:4326"


OTHER_GRIDS = {
    # name: (transform, width, height, crs), words of how, largest error in metres
    "shifted by 0.3 and 0.6 cells": ((NORTH_UP * Affine.translation(0.3, -0.6), WIDTH, HEIGHT), "shifted by", 0.01),
    "larger cells": ((NORTH_UP * Affine.scale(1.7), 60, 50), "measure 17 x 17", 0.01),
    "much smaller cells": ((NORTH_UP * Affine.translation(5, 5) * Affine.scale(0.23), 200, 170), "measure 2.3", 0.6),
    "turned": ((NORTH_UP * Affine.translation(30, -20) * Affine.rotation(33), 70, 60), "turned", 0.01),
    "south up": ((Affine(10, 0, 500_003, 0, 10, 4_999_400), WIDTH, HEIGHT), "turned", 0.01),
    "longitude and latitude": (lonlat(), "another CRS", 0.05),
}  # fmt: skip


@pytest.mark.parametrize(("other", "words", "error"), OTHER_GRIDS.values(), ids=list(OTHER_GRIDS))
def test_every_grid_is_brought_to_the_cells_of_the_first(tmp_path, first, other, words, error):
    about, data = grid(*other)
    transform, one, two, how = pair_of(first, write(tmp_path / "other.tif", data, **about))
    assert how.startswith("resampled") and words in how
    # what the first holds lies where its transform says
    np.testing.assert_allclose(one, plane(transform, one.shape[2], one.shape[1]), atol=1e-3)
    known = ~np.isnan(two[0])
    assert known.mean() > 0.4
    inner = known.copy()
    for shift in (1, -1):  # at the border of the other raster there is less to average
        inner &= np.roll(known, shift, 0) & np.roll(known, shift, 1)
    inner[[0, -1]] = inner[:, [0, -1]] = False
    assert np.abs(two - one)[:, inner].max() < error
    assert np.abs(two - one)[:, known].max() < 6 + error


@pytest.mark.parametrize(("left", "top", "width", "height"), [(0, 0, 30, 20), (11, 7, 40, 50), (-9, -5, 50, 40), (60, 50, 50, 50)])  # fmt: skip
def test_grids_shifted_by_whole_cells_are_compared_as_they_are(tmp_path, first, left, top, width, height):
    shifted = NORTH_UP * Affine.translation(left, top)
    transform, one, two, how = pair_of(
        first, write(tmp_path / "o.tif", plane(shifted, width, height), transform=shifted)
    )
    assert how == "" and np.array_equal(one, two)
    assert transform.almost_equals(NORTH_UP * Affine.translation(max(0, left), max(0, top)))
    assert one.shape[1:] == (min(HEIGHT, top + height) - max(0, top), min(WIDTH, left + width) - max(0, left))


def test_shifts_of_less_than_a_hundredth_of_a_cell_are_none(tmp_path, first):
    near = NORTH_UP * Affine.translation(0.004, 0.003)
    *_, how = pair_of(first, write(tmp_path / "o.tif", plane(NORTH_UP, WIDTH, HEIGHT), transform=near))
    assert how == ""


@pytest.mark.parametrize("name", ["turned", "much smaller cells", "longitude and latitude"])
def test_a_resampled_cell_does_not_depend_on_how_it_is_read(tmp_path, first, name, monkeypatch):
    about, data = grid(*OTHER_GRIDS[name][0])
    data[:, 20:30, 15:40] = np.nan
    data += np.random.default_rng(0).normal(size=data.shape).astype(np.float32)
    other = write(tmp_path / "other.tif", data, **about)
    whole = pair_of(first, other)[2]
    monkeypatch.setattr(resampling, "_CELLS", 311)
    monkeypatch.setattr(resampling, "_BYTES", 2_000)
    with open_pair(first, other, None, None) as pair:
        parts = [pair.second.read(row, min(row + 3, pair.height)) for row in range(0, pair.height, 3)]
    np.testing.assert_array_equal(np.concatenate(parts, 1), whole)


def test_blocks_of_the_other_raster_stay_small_whatever_its_cells(tmp_path, first, monkeypatch):
    """A turned raster, or one of tiny cells, would come into memory as a whole."""
    about, data = grid(*OTHER_GRIDS["turned"][0])
    other = write(tmp_path / "other.tif", data, **about)
    monkeypatch.setattr(resampling, "_BYTES", 4_000)
    with open_pair(first, other, None, None) as pair:
        sizes = []
        read_window = type(pair.after).window

        def watched(self, top, bottom, left, right):
            sizes.append(4 * self.bands * (bottom - top) * (right - left))
            return read_window(self, top, bottom, left, right)

        monkeypatch.setattr(type(pair.after), "window", watched)
        pair.second.read(0, pair.height)
    assert len(sizes) > 10 and max(sizes) <= 4_000


def test_cells_that_are_half_without_data_count_and_those_that_are_more_do_not(tmp_path, first):
    shifted = NORTH_UP * Affine.translation(0.25, 0)
    data = plane(shifted, WIDTH, HEIGHT)
    data[:, :, 30] = np.nan  # cell 30 is made of it by three quarters, cell 31 by one
    _, one, two, _ = pair_of(first, write(tmp_path / "o.tif", data, transform=shifted))
    empty = np.isnan(two[0]).all(0)
    assert np.flatnonzero(empty).tolist() == [30]
    # where a quarter is missing, the rest stands for it
    assert two[0, 5, 31] == pytest.approx(data[0, 5, 31]) and abs(two[0, 5, 31] - one[0, 5, 31]) == pytest.approx(2.5)


def test_a_planted_change_stays_in_its_place_on_a_shifted_grid(tmp_path):
    kinds, colours = places()
    one, two = look(kinds, colours, 1), look(kinds, colours, 2)
    two[:, 20:26, 30:36] = look((kinds + 2) % 5, colours, 3)[:, 20:26, 30:36]
    before = write(tmp_path / "1.tif", one)
    ctx = context()
    # the second raster has the same cells, cut from a larger one, and lies a third of a cell off
    after = write(tmp_path / "2.tif", two[:, 2:, 5:], transform=NORTH_UP * Affine.translation(5.3, 2.3))
    made, found = compare(tmp_path, before, after, ctx)
    assert found.shape == (HEIGHT - 2, WIDTH - 5) and ctx.facts["second date"].startswith(
        "resampled, its cells are shifted"
    )
    with rasterio.open(made["output"]) as ds:
        left, top = ~NORTH_UP * ds.transform * (0, 0)
    rows, cols = np.nonzero(found > 0.5 * np.nanmax(found))
    assert 20 <= np.median(rows + top) <= 26 and 30 <= np.median(cols + left) <= 36


def test_a_shift_by_whole_cells_gives_the_pixels_of_the_common_part(tmp_path):
    kinds, colours = places()
    one, two = look(kinds, colours, 1), look(kinds, colours, 2)
    before = write(tmp_path / "1.tif", one)
    _, whole = compare(tmp_path, before, write(tmp_path / "2.tif", two), **PLAIN)
    moved = write(tmp_path / "3.tif", two[:, 4:40, 9:], transform=NORTH_UP * Affine.translation(9, 4))
    _, part = compare(tmp_path, before, moved, **PLAIN)
    np.testing.assert_array_equal(part, whole[4:40, 9:])


def test_rasters_that_do_not_meet_or_can_not_be_placed_get_a_sentence(tmp_path, first):
    data = plane(NORTH_UP, WIDTH, HEIGHT)
    away = write(tmp_path / "away.tif", data, transform=NORTH_UP * Affine.translation(0, HEIGHT))
    bare = write(tmp_path / "bare.tif", data, crs=None)
    far = write(tmp_path / "far.tif", data, crs="EPSG:32733")
    corner = write(tmp_path / "corner.tif", data, transform=NORTH_UP * Affine.translation(50, 0))
    for other, extent, match in (
        (away, None, "no place in common"),
        (far, None, "no place in common"),
        (corner, "500000,4999500,500100,4999900", "no place in common"),
        (bare, None, "bare.tif has no CRS"),
    ):
        with pytest.raises(BadRaster, match=match):
            pair_of(first, other, extent)


def test_rasters_without_a_crs_are_compared_by_their_coordinates(tmp_path):
    data = plane(NORTH_UP, WIDTH, HEIGHT)
    one, two = (write(tmp_path / f"{i}.tif", data, crs=None) for i in (1, 2))
    _, first, second, how = pair_of(one, two)
    assert how == "" and np.array_equal(first, second)


def test_mosaiks_with_lent_filters_is_compared_on_one_grid(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(1, 255, (3, 160, 192), dtype=np.uint8)
    later = image.copy()
    later[:, 64:96, 96:128] = 255 - later[:, 64:96, 96:128] // 3
    one = encode(make_raster(tmp_path / "a.tif", image), tmp_path / "fa.tif")
    two = encode(make_raster(tmp_path / "b.tif", later), tmp_path / "fb.tif", weights=one)
    _, found = compare(tmp_path, one, two, report=str(tmp_path / "r.html"))
    with rasterio.open(one) as ds:
        step = 160 / ds.height
    row, col = np.unravel_index(np.nanargmax(found), found.shape)
    assert 64 - step <= row * step <= 96 and 96 - step <= col * step <= 128


NAIP = DATA / "change_naip_nd"


@pytest.mark.skipif(not NAIP.is_dir(), reason="needs the aerial photographs of ../shared/data/change_naip_nd")
def test_ponds_that_grew_between_two_aerial_photographs_are_found(tmp_path):
    """2009 and 2020 in North Dakota: what is water at one of the dates only lies high in the order of change."""
    names = [NAIP / f"m_4709963_se_14_1_{date}.tif" for date in ("20090818", "20200831")]
    ctx = context()
    made, found = compare(tmp_path, *names, ctx, correction="mean and deviation", changed=str(tmp_path / "c.tif"))
    assert ctx.facts["second date"].startswith("resampled, its cells are shifted by")
    with open_pair(*map(str, names), None, None) as pair:
        one, two = pair.before.read(0, pair.height), pair.second.read(0, pair.height)
    # water is darker in the near infrared than in the red
    water = [(date[3] < date[0]) & (date[3] < 90) for date in (one, two)]
    known = ~np.isnan(found)
    turned, kept = (water[0] ^ water[1]) & known, ~(water[0] | water[1]) & known
    assert turned.sum() > 5_000
    higher = np.median(found[turned])
    assert (found[kept] < higher).mean() > 0.75
    assert 0.02 < (read(made["changed"])[0] == 1).mean() < 0.5
    assert os.path.getsize(made["output"]) > 100_000
