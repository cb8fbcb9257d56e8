"""One pass over a raster: exact statistics, an even sample, whatever the file's layout; extents on whole cells."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, IamapError  # noqa: E402
from iamap.engine import features as features_module  # noqa: E402
from iamap.engine.features import cells_of, open_features, spread_out  # noqa: E402
from iamap.engine.preparation import prepare, principal_axes  # noqa: E402
from iamap.engine.survey import survey, to_unit  # noqa: E402
from making import context, make_raster  # noqa: E402

LAYOUTS = (
    {"tiled": True, "blockxsize": 32, "blockysize": 16, "interleave": "band"},
    {"tiled": True, "blockxsize": 16, "blockysize": 64, "interleave": "pixel", "compress": "deflate"},
    {"blockysize": 1},
)


def numbers(bands=6, height=83, width=61, seed=0, holes=True):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(bands, bands))
    data = np.einsum("bc,chw->bhw", mix, rng.normal(size=(bands, height, width))) + 1000 * rng.normal(
        size=(bands, 1, 1)
    )
    if holes:
        data[:, 10:30, 5:20] = np.nan
        data[2, 50, 50] = np.nan  # one band is enough to lose a cell
    return data.astype(np.float32)


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 20_000)


def look(path, size=500, seed=1, **about):
    with open_features(path, **about) as features:
        return survey(features, size, seed, context())


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_statistics_are_those_of_all_valid_cells(tmp_path, small_pieces, layout):
    data = numbers()
    found = look(make_raster(tmp_path / "s.tif", data, nodata=np.nan, **layout))
    cells = data.reshape(len(data), -1).T.astype(np.float64)
    cells = cells[np.isfinite(cells).all(1)]
    assert found.count == len(cells)
    np.testing.assert_allclose(found.mean, cells.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(cells.T, bias=True), rtol=1e-7, atol=1e-9)


def test_the_sample_depends_on_raster_size_and_seed_only(tmp_path, monkeypatch):
    data = numbers()
    samples = []
    for k, layout in enumerate(LAYOUTS):
        monkeypatch.setattr(features_module, "_PIECE_BYTES", 10_000 * 7**k)
        samples.append(look(make_raster(tmp_path / f"{k}.tif", data, nodata=np.nan, **layout)))
    for other in samples[1:]:
        assert np.array_equal(samples[0].places, other.places) and np.array_equal(samples[0].sample, other.sample)
    again = look(str(tmp_path / "0.tif"), seed=2)
    assert not np.array_equal(samples[0].places, again.places)


def test_a_sample_holds_what_lies_at_its_places_once_and_from_everywhere(tmp_path, small_pieces):
    data = numbers(height=200, width=150)
    found = look(make_raster(tmp_path / "s.tif", data, nodata=np.nan), size=2000)
    rows, cols = found.places.T
    assert len(found.places) == 2000 == len(np.unique(rows * 1000 + cols))
    assert np.array_equal(found.sample, data[:, rows, cols].T)
    # quarters of the raster get their share: 25 % of 2000 give or take five standard deviations
    shares = np.bincount(2 * (rows >= 100) + (cols >= 75), minlength=4)
    assert (np.abs(shares - 500) < 5 * np.sqrt(2000 * 0.25 * 0.75) + 60).all()


def test_a_sample_of_more_than_there_is_is_all_there_is(tmp_path):
    data = numbers(height=12, width=9, holes=False)
    found = look(make_raster(tmp_path / "s.tif", data), size=10_000)
    assert len(found.sample) == 108 and np.array_equal(found.sample.T.reshape(data.shape), data)


@pytest.mark.parametrize(
    "transform", [(10, 0, 5e5, 0, -10, 5e6), (10, 0, 5e5, 0, 10, 4e6), (8, 3, 5e5, 2, -9, 5e6)], ids=str
)
def test_extents_are_enlarged_to_whole_cells_and_clipped_P1_P2(tmp_path, transform):
    data = numbers(holes=False)
    affine = rasterio.Affine(*transform)
    path = make_raster(tmp_path / "s.tif", data, transform=affine)
    # from within cell (20, 10) to within cell (40.., 30..), and far beyond the raster's right edge
    xs, ys = zip(*(affine * corner for corner in ((20.3, 10.2), (40.6, 10.2), (20.3, 30.9), (40.6, 30.9))))
    extent = f"{min(xs)!r},{min(ys)!r},{max(xs)!r},{max(ys)!r}"
    with open_features(path, extent=extent) as features:
        assert features.left <= 20 and features.top <= 10 and features.left + features.width >= 41
        if not transform[1]:
            assert (features.left, features.top, features.width, features.height) == (20, 10, 21, 21)
        assert features.transform * (0, 0) == pytest.approx(affine * (features.left, features.top))
        inner = features.read(0, features.height)
    assert np.array_equal(
        inner, data[:, features.top : features.top + features.height, features.left : features.left + features.width]
    )


def test_an_extent_beyond_the_raster_keeps_what_overlaps_where_it_lies_P1(tmp_path):
    path = make_raster(tmp_path / "s.tif", numbers(holes=False))
    with open_features(path, extent="400000,4999500,500105,6000000") as features:
        assert (features.left, features.top, features.width, features.height) == (0, 0, 11, 50)


def test_an_extent_in_another_crs_finds_the_same_cells_P3(tmp_path):
    path = make_raster(tmp_path / "s.tif", numbers(holes=False))
    with open_features(path) as features:
        crs = features.crs
    box = (500_105.0, 4_999_505.0, 500_295.0, 4_999_795.0)
    from rasterio.warp import transform_bounds

    there = transform_bounds(crs, "EPSG:4326", *box)
    with open_features(path, extent=",".join(map(repr, there)) + " [EPSG:4326]") as features:
        assert abs(features.left - 10) <= 1 and abs(features.width - 20) <= 2 and abs(features.top - 20) <= 1


def test_an_extent_beside_the_raster_is_refused(tmp_path):
    path = make_raster(tmp_path / "s.tif", numbers(holes=False))
    with pytest.raises(BadRequest, match="lies beside"), open_features(path, extent="0,0,10,10"):
        pass


def test_scaled_integers_are_read_as_values(tmp_path):
    stored = np.random.default_rng(0).integers(-30_000, 30_000, (3, 20, 30)).astype(np.int16)
    stored[:, 3, 4] = -32768
    path = make_raster(tmp_path / "s.tif", stored, nodata=-32768)
    with rasterio.open(path, "r+") as ds:
        ds.scales, ds.offsets = (0.5, 0.25, 2.0), (1.0, -3.0, 0.0)
    with open_features(path) as features:
        values = features.read(0, 20)
    wanted = stored * np.array([0.5, 0.25, 2.0])[:, None, None] + np.array([1.0, -3.0, 0.0])[:, None, None]
    wanted[:, 3, 4] = np.nan
    np.testing.assert_allclose(values, wanted, rtol=1e-6)


def test_cells_go_out_and_come_back_to_their_places():
    values = numbers(height=9, width=7, holes=False)
    values[:, 0, 3] = np.nan
    cells, valid = cells_of(values)
    back = spread_out(cells, valid)
    assert np.array_equal(np.isnan(back[0]), np.isnan(values[0]))
    assert np.array_equal(back[:, valid], values[:, valid])


def test_a_raster_without_data_is_refused(tmp_path):
    path = make_raster(tmp_path / "s.tif", np.full((2, 9, 8), np.nan, np.float32))
    with pytest.raises(BadRaster, match="no pixel with valid data"):
        look(path)


def test_bands_that_never_change_do_no_harm_and_nothing_but_such_is_refused(tmp_path):
    data = numbers(holes=False)
    data[3] = 123.456
    found = look(make_raster(tmp_path / "s.tif", data))
    preparation, covariance = prepare(found, "standardise")
    ready = preparation(found.sample)
    assert np.isfinite(ready).all() and np.abs(ready[:, 3]).max() < 1e-3
    np.testing.assert_allclose(np.diag(covariance), [1, 1, 1, 0, 1, 1], atol=1e-9)
    flat = look(make_raster(tmp_path / "flat.tif", np.full((2, 9, 8), 7.7, np.float32)))
    with pytest.raises(IamapError, match="same values"):
        prepare(flat, "standardise")


@pytest.mark.parametrize("scaling", ["standardise", "centre", "unit length"])
@pytest.mark.parametrize("compress", [None, 3])
def test_the_covariance_after_preparation_is_that_of_prepared_cells(tmp_path, scaling, compress):
    data = numbers(holes=False)
    path = make_raster(tmp_path / "s.tif", data)
    with open_features(path) as features:
        found = survey(features, 100_000, 0, context(), unit=scaling == "unit length")
    preparation, covariance = prepare(found, scaling, compress)
    cells = data.reshape(len(data), -1).T
    ready = preparation(np.ascontiguousarray(cells)).astype(np.float64)
    assert ready.shape[1] == (compress or 6)
    np.testing.assert_allclose(covariance, np.cov(ready.T, bias=True), rtol=2e-3, atol=1e-5 * np.abs(covariance).max())


def test_unit_length_is_one_also_where_numbers_are_huge_and_zero_stays_zero():
    cells = np.array([[3e19, 4e19], [0, 0], [1e-30, 0]], np.float32)
    np.testing.assert_allclose(to_unit(cells), [[0.6, 0.8], [0, 0], [1, 0]], rtol=1e-6)


def test_axes_have_a_sign_of_their_own():
    covariance = np.cov(np.random.default_rng(3).normal(size=(5, 200)))
    values, axes = principal_axes(covariance)
    assert (np.diff(values) <= 0).all()
    assert (np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1) > 0).all()
    np.testing.assert_allclose(axes @ axes.T, np.eye(5), atol=1e-12)
