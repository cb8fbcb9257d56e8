"""Several rasters read as one: every column holds what its name says, on every grid, whatever block is asked for."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.engine.cell_values import values_at  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.survey import survey  # noqa: E402
from iamap.engine.training.stack import open_stack  # noqa: E402
from iamap.engine.training.stack_pools import Pool, overlaps, pool  # noqa: E402
from making import NORTH_UP, context, make_raster  # noqa: E402
from numpy.lib.stride_tricks import sliding_window_view  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from rasterio.warp import transform as transform_points  # noqa: E402
from stacks import ACROSS, HEIGHT, WIDTH, cut, encoded, main_raster, others_in, photo, settings_of, whole  # noqa: E402


@pytest.fixture
def main(tmp_path):
    return main_raster(tmp_path / "main.tif")


@pytest.fixture
def others(tmp_path):
    return others_in(tmp_path)


def test_a_stack_of_one_is_the_raster_itself(main):
    extent = "500035,4999860,500190,4999980"
    for bands, window in ((None, None), ([2], None), (None, extent)):
        with (
            open_features(main, bands, window) as plain,
            open_stack(main, bands, window, [], True, 1, "input") as stack,
        ):
            assert np.array_equal(whole(plain), whole(stack), equal_nan=True)
            assert (plain.pieces(), plain.transform, plain.bands, plain.top, plain.left) == (stack.pieces(), stack.transform, stack.bands, stack.top, stack.left)  # fmt: skip
            assert stack.plan.contracts == [plain.contract] and len(stack.plan.names) == stack.bands
            one, two = (survey(some, 50, 0, context()) for some in (plain, stack))
            assert np.array_equal(one.sample, two.sample) and np.array_equal(one.places, two.places)


@pytest.mark.parametrize("south_up", [False, True])
def test_aligned_pixels_give_their_exact_mean_and_deviation(tmp_path, main, south_up):
    name, data = photo(tmp_path / "photo.tif")
    if south_up:
        upside = NORTH_UP * Affine.translation(0, HEIGHT) * Affine.scale(1 / ACROSS, -1 / ACROSS)
        make_raster(tmp_path / "photo.tif", np.ascontiguousarray(data[:, ::-1]), transform=upside)
    with open_stack(main, None, None, [name], True, 1, "input") as stack, open_features(main) as plain:
        values, own = whole(stack), whole(plain)
    known = ~np.isnan(own[0])
    assert np.array_equal(np.isnan(values).any(0), ~known) and np.array_equal(np.isnan(values).all(0), ~known)
    assert np.array_equal(values[:2, known], own[:, known])
    cells = cut(data)
    assert np.array_equal(values[2:5, known], cells.mean(-1).astype(np.float32)[:, known])
    np.testing.assert_allclose(values[5:, known], cells.std(-1)[:, known], rtol=1e-7)
    assert stack.plan.names == ["main 1", "main 2", *(f"photo {i} {what}" for what in ("mean", "deviation") for i in (1, 2, 3))]  # fmt: skip


def test_small_deviations_of_high_ground_are_exact_and_flat_ground_has_none(tmp_path, main):
    random = np.random.default_rng(1)
    data = (3000 + random.normal(size=(1, HEIGHT * ACROSS, WIDTH * ACROSS)) * 0.1).astype(np.float32)
    data[:, : 5 * ACROSS] = 3000.1
    for turn in (0, 3):
        grid = NORTH_UP * Affine.translation(8, 8) * Affine.rotation(turn) * Affine.translation(-8, -8)
        dem = make_raster(tmp_path / "dem.tif", data, transform=grid * Affine.scale(1 / ACROSS))
        with open_stack(main, None, None, [dem], True, 1, "input") as stack:
            _, _, _mean, deviation = whole(stack)
        assert stack.plan.names[2:] == ["dem mean", "dem deviation"]
        assert np.nanmax(deviation[1:4, :18]) == 0  # the place where the grids meet is (8, 8): rows above stay flat
        if not turn:
            expected = cut(data).std(-1)[0]
            known = ~np.isnan(deviation)
            np.testing.assert_allclose(deviation[known], expected[known], rtol=1e-6)
        assert abs(np.nanmedian(deviation[7:]) - 0.1) < 0.004


def test_scaled_numbers_islands_and_cells_without_data(tmp_path, main):
    data = np.random.default_rng(2).integers(1, 5000, (2, HEIGHT * 4, WIDTH * 4)).astype(np.int16)
    data[:, :4, :8] = -1  # two cells
    data[0, 20:22, 21] = -1
    name = make_raster(tmp_path / "o.tif", data, transform=NORTH_UP * Affine.scale(0.25), nodata=-1)
    with rasterio.open(name, "r+") as ds:
        ds.scales, ds.offsets = (0.01, 2.0), (-3.0, 1.0)
    with open_stack(main, None, None, [name], True, 1, "input") as stack:
        values = whole(stack)
    real = data * np.array([0.01, 2.0])[:, None, None] + np.array([-3.0, 1.0])[:, None, None]
    real[:, (data == -1).any(0)] = np.nan
    cells = cut(real, 4)
    assert np.isnan(values[:, 0, :2]).all() and not np.isnan(values[:, 0, 2]).any()
    known = ~np.isnan(values[0])
    assert known.sum() == HEIGHT * WIDTH - 6 - 2
    np.testing.assert_allclose(values[2:4, known], np.nanmean(cells[:, known], -1), rtol=2e-6)
    np.testing.assert_allclose(values[4:, known], np.nanstd(cells[:, known], -1), rtol=2e-5)


@settings(max_examples=40, deadline=None)
@given(st.floats(-9, 30), st.floats(1.02, 9), st.booleans(), st.integers(0, 99))
def test_pixels_cut_by_a_border_count_with_the_part_within(start, step, backwards, seed):
    size, cells = 31, 7
    edges = start + step * np.arange(cells + 1)
    edges = edges[::-1] if backwards else edges
    values = np.random.default_rng(seed).normal(size=(1, 1, size)) + 100
    made = pool(Pool(None, values.astype(np.float32)), overlaps(edges, size), 2, True)
    fine = (np.arange(size * 1000) + 0.5) / 1000  # the same in slices of a thousandth
    many = values[0, 0].astype(np.float32).astype(float).repeat(1000)
    for i in range(cells):
        inside = (fine > min(edges[i : i + 2])) & (fine < max(edges[i : i + 2]))
        assert abs(made.count[0, i] - inside.sum() / 1000) < 0.03  # edges near a pixel's are snapped to it
        if inside.sum() > 500:
            assert abs(made.mean[0, 0, i] - many[inside].mean()) < 0.06
            assert abs(np.sqrt(made.scatter[0, 0, i] / made.count[0, i]) - many[inside].std()) < 0.06


def plane(transform, width, height, crs="EPSG:32631"):
    """(2, height, width) float32: metres east and north of a nearby place."""
    x, y = transform * np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    if crs != "EPSG:32631":
        x, y = (np.reshape(part, x.shape) for part in transform_points(crs, "EPSG:32631", x.ravel(), y.ravel()))
    return np.stack([x - 500_000, y - 4_999_800]).astype(np.float32)


def lonlat(step):
    west, north = (part[0] for part in transform_points("EPSG:32631", "EPSG:4326", [499_990], [5_000_010]))
    return Affine(step / 79_000, 0, west, 0, -step / 111_000, north)


OTHERS = {
    "coarser": (NORTH_UP * Affine.translation(-1, -1) * Affine.scale(3.7), 9, 9, "EPSG:32631", 0.01),
    "shifted": (NORTH_UP * Affine.translation(-0.6, -0.3), 30, 25, "EPSG:32631", 0.01),
    "a little finer": (NORTH_UP * Affine.scale(0.7), 40, 40, "EPSG:32631", 0.7),
    "finer": (NORTH_UP * Affine.scale(0.13), 190, 140, "EPSG:32631", 0.13),
    "turned": (NORTH_UP * Affine.translation(-4, 5) * Affine.rotation(-25), 40, 40, "EPSG:32631", 0.01),
    "turned, finer": (NORTH_UP * Affine.translation(-4, 5) * Affine.rotation(-25) * Affine.scale(0.1), 400, 400, "EPSG:32631", 0.3),
    "turned by a quarter": (NORTH_UP * Affine(0, 0.5, -1, 0.5, 0, -1), 60, 60, "EPSG:32631", 0.5),
    "south up": (Affine(7, 0, 499_990, 0, 7, 4_999_800), 40, 40, "EPSG:32631", 0.7),
    "degrees": (lonlat(12.0), 30, 30, "EPSG:4326", 0.05),
    "degrees, finer": (lonlat(2.0), 140, 140, "EPSG:4326", 0.6),
}  # fmt: skip


@pytest.mark.parametrize(("grid", "width", "height", "crs", "error"), OTHERS.values(), ids=list(OTHERS))
@pytest.mark.parametrize("turned_main", [False, True])
def test_every_grid_comes_to_lie_where_it_belongs(tmp_path, grid, width, height, crs, error, turned_main):
    own = NORTH_UP * Affine.translation(3, 2) * Affine.rotation(12) if turned_main else NORTH_UP
    main = make_raster(tmp_path / "main.tif", plane(own, WIDTH, HEIGHT), transform=own)
    other = make_raster(tmp_path / "other.tif", plane(grid, width, height, crs), transform=grid, crs=crs)
    with open_stack(main, None, None, [other], False, 1, "input") as stack:
        values = whole(stack)
    known = ~np.isnan(values[0])
    assert known.mean() > 0.5
    inner = known.copy()
    for axis in (0, 1):
        for shift in (-2, -1, 1, 2):
            inner &= np.roll(known, shift, axis)
    inner[:2] = inner[-2:] = False
    inner[:, :2] = inner[:, -2:] = False
    far = np.abs(values[2:] - values[:2]).max(0)
    # a straight line is its own mean; places evenly spread in a turned cell miss it by parts of a pixel
    assert far[inner].max() < (error if not turned_main else max(error, 1))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_same_pixels_whatever_block_is_asked_for(main, others, which, monkeypatch):
    from iamap.engine.training import stack_layers, stack_pools

    more, *rest = settings_of(others)[which]
    with open_stack(main, None, None, more, *rest) as stack:
        values = whole(stack)
        assert np.isfinite(values).any() and values.shape == (len(stack.plan.names), stack.height, stack.width)
        for rows in (1, 4, 7):
            edges = [*range(0, stack.height, rows), stack.height]
            pieces = [stack.read(first, last) for first, last in zip(edges, edges[1:])]
            assert np.array_equal(np.concatenate(pieces, 1), values, equal_nan=True)
        random = np.random.default_rng(0)
        for _ in range(20):
            top, left = (int(random.integers(0, size)) for size in (stack.height, stack.width))
            bottom, right = int(random.integers(top, stack.height)) + 1, int(random.integers(left, stack.width)) + 1
            found = stack.window(top, bottom, left, right)
            assert np.array_equal(found, values[:, top:bottom, left:right], equal_nan=True)
        row, col = random.integers(0, stack.height, 50), random.integers(0, stack.width, 50)
        assert np.array_equal(values_at(stack, row, col), values[:, row, col].T, equal_nan=True)
        for module, bytes_ in ((stack_layers, 4000), (stack_pools, 3000)):
            monkeypatch.setattr(module, "_BYTES", bytes_)
        monkeypatch.setattr(stack_layers, "_ROWS", 40)
        assert np.array_equal(np.concatenate([part for _, _, part in stack.each()], 1), values, equal_nan=True)


def test_an_extent_cuts_the_same_cells_out_on_either_grid(main, others):
    for more, *rest in settings_of(others):
        with open_stack(main, None, None, more, *rest) as stack, open_stack(main, None, "500050,4999880,500160,4999960", more, *rest) as part:  # fmt: skip
            assert (part.width, part.height) < (stack.width, stack.height)
            here = whole(stack)[:, part.top : part.top + part.height, part.left : part.left + part.width]
            assert np.array_equal(whole(part), here, equal_nan=True)
            assert part.transform.almost_equals(stack.transform * Affine.translation(part.left, part.top))


def test_window_statistics_are_those_of_the_valid_cells_around(tmp_path, main):
    name, _ = photo(tmp_path / "photo.tif")
    with open_stack(main, None, None, [name], False, 1, "input") as plain:
        values = whole(plain)
    with open_stack(main, None, None, [name], False, 5, "input") as stack:
        found = whole(stack)
    assert stack.plan.names == [
        *(f"main {i}{what}" for what in ("", " mean 5x5", " deviation 5x5") for i in (1, 2)),
        *(f"photo {i} {what}" for what in ("mean", "mean 5x5", "deviation 5x5") for i in (1, 2, 3)),
    ]
    known = ~np.isnan(values[0])
    own = np.pad(values[:2].astype(float), ((0, 0), (2, 2), (2, 2)), constant_values=np.nan)
    own = sliding_window_view(own, (5, 5), (1, 2)).reshape(2, HEIGHT, WIDTH, 25)
    np.testing.assert_allclose(found[2:4, known], np.nanmean(own, -1)[:, known], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found[4:6, known], np.nanstd(own, -1)[:, known], rtol=1e-5)
    # the photo has data where the main raster has none: those cells count for its own windows
    cells = np.pad(cut(photo(tmp_path / "again.tif")[1]).mean(-1), ((0, 0), (2, 2), (2, 2)), constant_values=np.nan)
    cells = sliding_window_view(cells, (5, 5), (1, 2)).reshape(3, HEIGHT, WIDTH, 25)
    np.testing.assert_allclose(found[9:12, known], np.nanmean(cells, -1)[:, known], rtol=1e-6)
    np.testing.assert_allclose(found[12:15, known], np.nanstd(cells, -1)[:, known], rtol=1e-5)


def test_features_get_no_windows_and_keep_their_names(tmp_path, main, others):
    with open_stack(others[3], None, None, [main], True, 3, "input") as stack:
        whats = ("mean", "deviation", "mean 3x3", "deviation 3x3")
        others_names = [f"main {i} {what}" for what in whats for i in (1, 2)]
        assert stack.plan.names == ["feature 1", "feature 2", "feature 3", *others_names]
    again = encoded(tmp_path / "g.tif", np.ones((3, 12, 15), np.float32), transform=NORTH_UP * Affine.scale(2))
    with open_stack(others[3], None, None, [again], True, 3, "input") as stack:
        assert len(set(stack.plan.names)) == 6 and "g feature 2" in stack.plan.names


def test_rasters_on_the_same_grid_are_taken_as_they_are(tmp_path, main):
    data = np.random.default_rng(3).normal(size=(1, 30, 40)).astype(np.float32)
    data[0, 12, 12] = np.nan
    near = NORTH_UP * Affine.translation(-5 + 1e-7, -6 + 1e-7)
    other = make_raster(tmp_path / "o.tif", data, transform=near)
    with open_stack(main, None, None, [other], True, 1, "input") as stack:
        values = whole(stack)
    known = ~np.isnan(values[0])
    assert not known[6, 7] and known.sum() == HEIGHT * WIDTH - 7
    assert np.array_equal(values[2][known], data[0, 6 : 6 + HEIGHT, 5 : 5 + WIDTH][known])


def test_the_finest_grid_lies_over_the_main_raster(tmp_path, main):
    data = np.random.default_rng(3).integers(1, 200, (1, HEIGHT * 4 + 20, WIDTH * 4)).astype(np.uint8)
    fine = make_raster(tmp_path / "fine.tif", data, transform=NORTH_UP * Affine.translation(0, -2) * Affine.scale(0.25))
    with open_stack(main, None, None, [fine], True, 1, "finest") as stack:
        values = whole(stack)
        assert (stack.width, stack.height, stack.source.name) == (WIDTH * 4, HEIGHT * 4, main)
        assert stack.transform.almost_equals(NORTH_UP * Affine.scale(0.25)) and stack.plan.names == ["main 1", "main 2", "fine"]  # fmt: skip
    known = ~np.isnan(values[0])
    with open_features(main) as plain:
        own = whole(plain)
    assert np.array_equal(np.isnan(own[0]).repeat(4, 0).repeat(4, 1), ~known)
    assert np.array_equal(values[2][known], data[0, 8 : 8 + HEIGHT * 4][known])
    # three eighths of the way from one cell's middle to the next
    np.testing.assert_allclose(values[:2, 9, 13], _between(own, (9.5 / 4 - 0.5), (13.5 / 4 - 0.5)), rtol=1e-5)


def _between(values, row, col):
    r, c = int(row), int(col)
    i, j = row - r, col - c
    return sum(w * values[:, r + a, c + b] for a, b, w in ((0, 0, (1 - i) * (1 - j)), (0, 1, (1 - i) * j), (1, 0, i * (1 - j)), (1, 1, i * j)))  # fmt: skip


def test_a_single_window_reads_little_of_a_large_raster(tmp_path, main, monkeypatch):
    from iamap.engine import rasters

    name, _ = photo(tmp_path / "photo.tif")
    read, seen = rasters.Source.read, []

    def counted(self, top, bottom, left, right):
        seen.append((bottom - top) * (right - left))
        return read(self, top, bottom, left, right)

    monkeypatch.setattr(rasters.Source, "read", counted)
    with open_stack(main, None, None, [name], True, 3, "input") as stack:
        stack.window(8, 9, 8, 9)
        assert max(seen) == (3 * ACROSS) ** 2
        seen.clear()
        list(stack.each())
    assert sum(seen) < 1.1 * (WIDTH * HEIGHT * (1 + ACROSS**2))
