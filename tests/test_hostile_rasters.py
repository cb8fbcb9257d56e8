"""Rasters on other grids, with holes of every kind, and real ones that are odd: pixels stay where and what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import IamapError  # noqa: E402
from iamap.contract.networks import Band  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from making import NORTH_UP, Averager, encode, files, is_a_sentence, make_raster, read, texture  # noqa: E402
from rasterio.control import GroundControlPoint  # noqa: E402
from rasterio.crs import CRS  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

ROBUST = Path(__file__).resolve().parents[2] / "shared" / "data" / "robust"


# other grids


GRIDS = {
    "north-up": NORTH_UP, "south-up": Affine(10, 0, 5e5, 0, 10, 5e6), "mirrored": Affine(-10, 0, 5e5, 0, -10, 5e6),
    "rotated": NORTH_UP * Affine.rotation(25), "sheared": NORTH_UP * Affine.shear(20), "control points": NORTH_UP * Affine.rotation(-35),
}  # fmt: skip


def places(transform, width=80, height=60):
    """(2, height, width) float32: how far every pixel's centre lies from the origin of the tests, in units of the CRS."""
    cols, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x, y = transform * (cols, rows)
    return np.stack([x - 5e5, y - 5e6]).astype(np.float32)


def gridded(path, name, dtype, **profile):
    """A raster whose values say where its pixels are."""
    data = places(GRIDS[name]).astype(dtype)
    if name != "control points":
        return make_raster(path, data, transform=GRIDS[name], **profile)
    points = [GroundControlPoint(row, col, *(GRIDS[name] * (col, row))) for row in (0, 30, 60) for col in (0, 40, 80)]
    make_raster(path, data, transform=Affine.identity(), crs=None, **profile)
    with rasterio.open(path, "r+") as ds:
        ds.gcps = (points, CRS.from_epsg(32631))
    return str(path)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("dtype, nodata", [("float32", None), ("float32", -9999), ("int16", None), ("int32", -9999)])
def test_resampling_keeps_every_pixel_in_its_place_and_adds_none(tmp_path, name, dtype, nodata):
    path = gridded(tmp_path / "s.tif", name, dtype, nodata=nodata)
    with open_source(path, resolution=5) as source:
        data, valid = source.read(0, source.height, 0, source.width)
        transform, size = source.transform, (source.width, source.height)
    error = np.abs(data - places(transform, *size)).max(0)
    assert error[valid].max() < 8, "less than a pixel of the source"
    area = abs(GRIDS[name].determinant) * 80 * 60
    assert valid.sum() * 25 == pytest.approx(area, rel=0.03)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_control_points_are_a_grid_as_good_as_any(tmp_path):
    path = gridded(tmp_path / "s.tif", "control points", "float32")
    first = encode(path, tmp_path / "1.tif", Averager(), normalisation="raster", minimum_valid=99)
    with rasterio.open(first) as ds:
        assert ds.crs.to_epsg() == 32631
        found, about = ds.read(), json.loads(ds.tags(ns="IAMAP")["statistics"])
        cells = places(ds.transform, ds.width, ds.height)
    there = found * np.array(about["std"])[:, None, None] + np.array(about["mean"])[:, None, None]
    assert np.nanmax(np.abs(there - cells)) < 2, "of 160 units a cell is wide"
    # other content under the same name is another raster, also through two views
    make_again = places(GRIDS["control points"])[::-1]
    before = read(encode(path, tmp_path / "2.tif", Averager(), resolution=20))
    with rasterio.open(path, "r+") as ds:
        ds.write(make_again)
    assert not np.array_equal(before, read(encode(path, tmp_path / "2.tif", Averager(), resolution=20)), equal_nan=True)


HOLES = [(how, dtype) for how in ("mask", "mask file", "alpha", "nodata") for dtype in ("uint8", "int16", "float32")]


@pytest.mark.parametrize("how, dtype", [*HOLES, ("nan", "float32")])
@pytest.mark.parametrize("view", [{}, {"resolution": 5}, {"crs": "EPSG:3857"}], ids=str)
def test_holes_stay_holes_in_every_view(tmp_path, how, dtype, view):
    data = (texture(64, 64, 4) // 2 + 1).astype(dtype)
    hole = np.zeros((64, 64), bool)
    hole[:, :32] = True
    about = {"alpha": "YES", "photometric": "RGB"} if how == "alpha" else {"nodata": 0} if how == "nodata" else {}
    data[3] = np.where(hole, 0, 127)
    if how in ("nan", "nodata"):
        data[:, hole] = np.nan if how == "nan" else 0
    source = make_raster(tmp_path / "s.tif", data, **about)
    if "mask" in how:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=how == "mask"), rasterio.open(source, "r+") as ds:
            ds.write_mask(np.where(hole, 0, 255).astype(np.uint8))
    with open_source(source, [1, 2, 3], **view) as opened:
        valid = opened.read(0, opened.height, 0, opened.width)[1]
    middle = valid.shape[1] // 2
    assert not valid[:, : middle - 1].any() and valid[2:-2, middle + 1 : -1].all()


def test_reprojecting_and_resampling_give_the_grid_asked_for(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(100, 100))
    with rasterio.open(encode(source, tmp_path / "1.tif", Averager(), resolution=20)) as ds:
        assert (ds.width, ds.height, ds.res) == (4, 4, (320, 320))
    with rasterio.open(encode(source, tmp_path / "2.tif", Averager(), crs="EPSG:3857")) as ds:
        assert ds.crs.to_epsg() == 3857


# real rasters of every odd kind

ODD = sorted(path for path in ROBUST.iterdir() if path.suffix in (".tif", ".jpg", ".vrt")) if ROBUST.is_dir() else []
#: what can't be encoded, and why; all the others are
REFUSED = {
    "all-nodata.tif": "no pixel with valid data",
    "inverted_lat.tif": "no pixel with valid data",  # holds nothing but its nodata value
    "corrupt.tif": "can't be read at rows .* damaged or cut short",
    "float_raster_with_extra_nodata.tif": "no cell of .* holds valid data in 50 %",  # 98 scattered pixels: no cell is half full
}
#: larger than this, a test reads only a part
PIXELS = 400_000


def somewhere_valid(path):
    """A place that holds data, as shares of width and height; the middle where that does."""
    with rasterio.open(path) as ds:
        mask = ds.dataset_mask(out_shape=(33, 33)) > 0
    rows, cols = np.nonzero(mask)
    nearest = np.argmin(np.hypot(rows - 16, cols - 16))
    return (cols[nearest] + 0.5) / 33, (rows[nearest] + 0.5) / 33


@pytest.mark.skipif(not ODD, reason=f"needs the real rasters in {ROBUST}")
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("path", ODD or [ROBUST], ids=lambda path: path.name)
def test_a_real_raster_is_encoded_or_refused_in_a_sentence(tmp_path, path):
    output, reason = tmp_path / "f.tif", REFUSED.get(path.name)
    if reason:
        with pytest.raises(IamapError, match=reason) as caught:
            encode(path, output, Averager())
        assert is_a_sentence(caught.value) and files(tmp_path) == []
        return
    across, down = somewhere_valid(path)
    with open_source(str(path)) as source:
        large, middle = source.width * source.height > PIXELS, (source.width * across, source.height * down)
        corners = [source.transform * (middle[0] + k, middle[1] + k) for k in (-48, 48)]
        count, eight_bit = len(source.bands), source.eight_bit
    (west, east), (south, north) = (sorted(corner[i] for corner in corners) for i in (0, 1))
    extent = f"{west},{south},{east},{north}" if large else None
    # constants of an encoder spare reading all of a large raster
    bands = tuple(Band(str(i), None, 0.5, 0.2) for i in range(count))
    card = type("Constant", (Averager,), {"bands": bands})() if large and eight_bit else Averager()
    encode(path, output, card, extent=extent)
    assert files(tmp_path) == ["f.tif"]
    with open_source(str(path)) as source, rasterio.open(output) as ds:
        found = ds.read()
        assert found.shape[0] == count and np.isfinite(found).any() and not np.isinf(found).any()
        if not large:
            assert found.shape[1:] == (-(-source.height // 16), -(-source.width // 16))
        assert (ds.crs or None) == (source.crs or None)
        # the corner of a cell is the corner of a pixel
        col, row = ~source.transform * (ds.transform * (0, 0))
        assert (col / 16, row / 16) == pytest.approx((round(col / 16), round(row / 16)), abs=0.01)


@pytest.mark.skipif(not ODD, reason=f"needs the real rasters in {ROBUST}")
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", ["float_nan.tif", "rotated.tif", "tinymarble.tif", "au-gcp.tif", "RGBA.uint16.tif"])
def test_the_encoder_that_is_drawn_from_the_raster_takes_odd_ones(tmp_path, name):
    found = read(encode(ROBUST / name, tmp_path / "f.tif", enlarge=1, tile=64, overlap=0))
    assert found.shape[0] == 256 and np.isfinite(found).any() and not np.isinf(found).any()
