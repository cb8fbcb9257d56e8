"""Rasters and requests as they come: each is encoded, or refused in a sentence with nothing left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import IamapError, NoSpace  # noqa: E402
from iamap.contract.networks import Band  # noqa: E402
from iamap.engine.feature_raster import is_whole  # noqa: E402
from iamap.worker.cli import main  # noqa: E402
from making import (  # noqa: E402
    Averager,
    as_anybody,
    encode,
    files,
    folder_for_all,
    is_a_sentence,
    make_raster,
    read,
    texture,
)


@pytest.fixture
def refused(tmp_path):
    """Encode on the command line; check that it ends with 2, one sentence and no new file; return the sentence."""

    def run(capsys, source, output=None, **params):
        before = files(tmp_path)
        words = [f"--{name.replace('_', '-')}={value}" for name, value in ({"encoder": "MOSAIKS"} | params).items()]
        code = main(["encode", str(source), str(output or tmp_path / "f.tif"), *words])
        said = capsys.readouterr().err
        assert code == 2, said
        # what the log told before is no matter here
        line = said.strip().splitlines()[-1]
        assert line.startswith("iamap: ") and line.endswith(".") and "Traceback" not in said
        assert files(tmp_path) == before
        return line

    return run


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"])
@pytest.mark.parametrize("bands", [1, 5])
def test_any_type_of_number_is_encoded(tmp_path, dtype, bands):
    data = (texture(96, 64, bands) // 2).astype(dtype)
    found = read(encode(make_raster(tmp_path / "s.tif", data), tmp_path / "f.tif", Averager(), normalisation="raster"))
    wanted = data.reshape(bands, 4, 16, 6, 16).mean((2, 4))
    wanted = (wanted - data.mean((1, 2), keepdims=True)) / data.std((1, 2), keepdims=True)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
def test_the_encoder_that_is_drawn_from_the_raster_takes_any_type_of_number(tmp_path, dtype):
    data = (texture(90, 70, 2) // 2).astype(dtype)
    found = read(encode(make_raster(tmp_path / "s.tif", data), tmp_path / "f.tif"))
    assert found.shape == (256, 9, 12) and np.isfinite(found).all() and (found.std((1, 2)) > 0).any()


def test_two_hundred_bands_are_encoded(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(60, 60, 200))
    assert np.isfinite(read(encode(source, tmp_path / "1.tif", Averager()))).all()
    # drawing filters from that many bands takes a quarter of a minute
    found = read(encode(source, tmp_path / "2.tif", bands=list(range(1, 31))))
    assert found.shape == (256, 8, 8) and np.isfinite(found).all()


@pytest.mark.parametrize("width, height", [(1, 1), (1, 300), (300, 1), (5, 3), (17, 33), (255, 257)])
def test_any_size_is_encoded(tmp_path, width, height):
    found = read(encode(make_raster(tmp_path / "s.tif", texture(width, height)), tmp_path / "f.tif"))
    assert found.shape == (256, -(-height // 8), -(-width // 8)) and np.isfinite(found).all()


def test_a_degree_grid_is_encoded(tmp_path):
    transform = rasterio.Affine(0.01, 0, -180, 0, -0.01, 85)
    source = make_raster(tmp_path / "s.tif", texture(80, 80), crs="EPSG:4326", transform=transform)
    with rasterio.open(encode(source, tmp_path / "f.tif")) as ds:
        assert ds.crs.to_epsg() == 4326 and ds.bounds == pytest.approx((-180, 84.2, -179.2, 85))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -9999.0, -3.4028235e38])
def test_a_hole_of_any_kind_becomes_nodata_and_spreads_no_further(tmp_path, value):
    data = texture(160, 160, 2).astype(np.float32)
    data[0, 64:96, 64:96] = value
    known = {"nodata": value} if np.isfinite(value) else {}
    found = read(encode(make_raster(tmp_path / "s.tif", data, **known), tmp_path / "f.tif", Averager()))
    holes = np.zeros((10, 10), bool)
    holes[4:6, 4:6] = True
    assert np.array_equal(np.isnan(found), np.stack([holes, holes]))


def test_the_least_valid_share_decides_which_cells_stay(tmp_path):
    data = texture(64, 64, 1).astype(np.float32)
    for i, empty in enumerate((0, 4, 8, 12)):  # of 16 rows of the cells in the first row
        data[0, :empty, 16 * i : 16 * i + 16] = np.nan
    source = make_raster(tmp_path / "s.tif", data)
    for least, kept in ((0, 4), (26, 3), (50, 3), (51, 2), (100, 1)):
        found = read(encode(source, tmp_path / "f.tif", Averager(), minimum_valid=least))[0, 0]
        assert np.isfinite(found).sum() == kept, least


def test_transparency_is_nodata_and_no_band(tmp_path):
    data = texture(64, 64, 4)
    data[3] = 255
    data[3, :, :32] = 0
    source = make_raster(tmp_path / "s.tif", data, photometric="RGB", alpha="YES")
    found = read(encode(source, tmp_path / "f.tif", Averager()))
    assert found.shape == (3, 4, 4)
    assert np.isnan(found[:, :, :2]).all() and np.isfinite(found[:, :, 2:]).all()


def test_bands_come_in_the_order_asked_for_and_may_repeat(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(64, 64, 5))
    every = read(encode(source, tmp_path / "1.tif", Averager()))
    some = read(encode(source, tmp_path / "2.tif", Averager(), bands=[5, 1, 1]))
    assert np.array_equal(some, every[[4, 0, 0]])


def test_a_raster_without_crs_is_encoded_without_and_told(tmp_path, caplog):
    source = make_raster(tmp_path / "s.tif", texture(64, 64), crs=None)
    assert main(["encode", source, str(tmp_path / "f.tif"), "--encoder", "MOSAIKS"]) == 0
    assert "has no CRS" in caplog.text
    with rasterio.open(tmp_path / "f.tif") as ds:
        assert ds.crs is None


@pytest.mark.parametrize(
    "name", ["a b.tif", "été 地 ü.tif", "a[1]*?.tif", "{x,y}.tif", "'quoted' \"twice\".tif", "-dash.tif", "%20&#.tif", "UPPER.TIF", "a.b.tiff"]
)  # fmt: skip
def test_names_mean_themselves_for_source_folder_and_result(tmp_path, name):
    folder = tmp_path / ("folder of " + name)
    folder.mkdir()
    source = make_raster(folder / name, texture(64, 64))
    output = folder / ("features " + name)
    found = read(encode(source, output, Averager(), picture=str(folder / ("picture " + name))))
    assert found.shape == (3, 4, 4)
    assert files(folder) == sorted([name, "features " + name, "picture " + name])


# refusals


def test_a_missing_file_is_refused(tmp_path, capsys, refused):
    assert "nowhere.tif can't be opened" in refused(capsys, tmp_path / "nowhere.tif")


def test_a_text_file_is_refused(tmp_path, capsys, refused):
    (tmp_path / "text.tif").write_text("no raster")
    assert "text.tif can't be opened" in refused(capsys, tmp_path / "text.tif")


def test_a_file_cut_short_is_refused(tmp_path, capsys, refused):
    source = Path(
        make_raster(tmp_path / "s.tif", texture(300, 300), compress="deflate", tiled=True, blockxsize=64, blockysize=64)
    )
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert "cut short" in refused(capsys, source)


def test_nothing_but_nodata_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", np.zeros((3, 80, 80), np.uint8), nodata=0)
    assert "no pixel with valid data" in refused(capsys, source)


def test_an_extent_of_nothing_but_nodata_is_refused(tmp_path, capsys, refused):
    data = texture(256, 512)
    data[:, 200:] = 0
    source = make_raster(tmp_path / "s.tif", data, nodata=0)
    line = refused(capsys, source, extent="500000,4994880,502000,4996000", tile=64)
    assert "no pixel with valid data" in line and "within the extent" in line


def test_an_extent_outside_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert "which covers " in refused(capsys, source, extent="0,0,100,100")


def test_an_extent_in_an_unknown_crs_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert "EPSG:999999" in refused(capsys, source, extent="0,0,100,100 [EPSG:999999]")


def test_a_band_that_is_not_there_is_refused(tmp_path, capsys, refused):
    assert "no band 7, only 3" in refused(capsys, make_raster(tmp_path / "s.tif", texture(64, 64)), bands="1,7")


def test_a_wrong_number_of_bands_is_refused_before_anything_is_downloaded(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64, 5))
    assert "takes 3 bands (red, green, blue), 5 given" in refused(capsys, source, encoder="DINO ViT-S/16")


def test_what_needs_a_crs_is_refused_without_one(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64), crs=None)
    assert "has no CRS, so it can't be resampled" in refused(capsys, source, crs="EPSG:3857")
    assert "has no CRS, so it can't be resampled" in refused(capsys, source, resolution=5)
    assert "but" in (line := refused(capsys, source, extent="0,0,9,9 [EPSG:4326]")) and "has no CRS" in line


def test_a_crs_that_is_none_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert "crs = EPSG:1 is no known CRS" in refused(capsys, source, crs="EPSG:1")


def test_a_resolution_in_the_wrong_unit_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert "Choose larger pixels; mind the unit of the CRS." in refused(capsys, source, resolution=1e-5)


def test_complex_numbers_are_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", np.ones((1, 64, 64), np.complex64))
    assert "complex" in refused(capsys, source)


def test_a_tile_that_is_no_multiple_is_refused(tmp_path, capsys, refused):
    line = refused(capsys, make_raster(tmp_path / "s.tif", texture(64, 64)), tile=100)
    assert "tile = 100 is not a multiple of the patch of MOSAIKS, 8 pixels" in line


def test_an_unknown_encoder_is_refused(tmp_path, capsys, refused):
    assert "GPT-5" in refused(capsys, make_raster(tmp_path / "s.tif", texture(64, 64)), encoder="GPT-5")


def test_a_folder_that_does_not_exist_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert "does not exist" in refused(capsys, source, tmp_path / "no" / "f.tif")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert "s.tif" in refused(capsys, source, Path(source) / "f.tif")


def test_a_folder_in_place_of_the_output_is_refused_before_any_work(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    (tmp_path / "d.tif").mkdir()
    assert "d.tif is a folder" in refused(capsys, source, tmp_path / "d.tif")


def test_a_folder_that_may_not_be_written_is_refused_before_any_work(capsys):
    with folder_for_all() as folder:
        source = make_raster(folder / "s.tif", texture(64, 64))
        (folder / "locked").mkdir(mode=0o555)
        with as_anybody():
            assert main(["encode", source, str(folder / "locked" / "f.tif"), "--encoder", "MOSAIKS"]) == 2
            open_picture = ["--picture", str(folder / "locked" / "p.tif")]
            assert main(["encode", source, str(folder / "f.tif"), "--encoder", "MOSAIKS", *open_picture]) == 2
        said = capsys.readouterr().err.strip().splitlines()
        assert len(said) == 2 and all(
            f"{folder / 'locked'} can't be written to. Choose another." in line for line in said
        )
        assert files(folder) == ["locked", "s.tif"] and files(folder / "locked") == []


def test_a_source_in_a_folder_that_may_only_be_read_is_encoded():
    with folder_for_all() as folder:
        (folder / "disc").mkdir()
        source = make_raster(folder / "disc" / "s.tif", texture(64, 64))
        os.chmod(source, 0o444)
        (folder / "disc").chmod(0o555)
        with as_anybody():
            found = read(encode(source, folder / "f.tif", Averager()))
        assert found.shape == (3, 4, 4)
        assert files(folder / "disc") == ["s.tif"]


def test_a_source_that_may_not_be_read_is_refused(capsys):
    with folder_for_all() as folder:
        source = make_raster(folder / "s.tif", texture(64, 64))
        os.chmod(source, 0)
        with as_anybody():
            assert main(["encode", source, str(folder / "f.tif"), "--encoder", "MOSAIKS"]) == 2
        assert "s.tif can't be opened" in capsys.readouterr().err
        assert files(folder) == ["s.tif"]


def test_the_input_is_never_overwritten(tmp_path, capsys, refused):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    before = Path(source).read_bytes()
    assert "is the input too" in refused(capsys, source, source)
    assert Path(source).read_bytes() == before


def test_an_output_of_another_format_is_refused(tmp_path, capsys, refused):
    assert "not a GeoTIFF" in refused(capsys, make_raster(tmp_path / "s.tif", texture(64, 64)), tmp_path / "f.png")


def test_a_disk_too_small_is_refused_before_any_work(tmp_path, monkeypatch):
    source = make_raster(tmp_path / "s.tif", texture(500, 500))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(NoSpace, match=r"takes up to 4 MB, but 1 MB are free"):
        encode(source, tmp_path / "f.tif")
    assert files(tmp_path) == ["s.tif"]


@contextlib.contextmanager
def no_file_larger_than(size):
    """What a full disk does to a file that grows: the write fails."""
    resource = pytest.importorskip("resource", reason="limits of file sizes are POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("share", [0.0002, 0.5, 0.99, 0.9999, 1])
@pytest.mark.parametrize("resume", [False, True])
def test_a_disk_that_fills_up_costs_the_run_and_neither_lies_nor_overwrites(tmp_path, share, resume):
    source = make_raster(tmp_path / "s.tif", texture(1500, 900))
    params = {"enlarge": 4, "tile": 256, "overlap": 0, "picture": str(tmp_path / "p.tif"), "resume": resume}
    whole = encode(source, tmp_path / "f.tif", Averager(), **params)
    before = Path(whole).read_bytes(), (tmp_path / "p.tif").read_bytes()
    size = len(before[0])
    with (
        no_file_larger_than(int(share * size) - (share == 1)),
        pytest.raises(NoSpace, match="can't be written") as caught,
    ):
        encode(source, whole, Averager(), **params)
    assert is_a_sentence(caught.value)
    assert (Path(whole).read_bytes(), (tmp_path / "p.tif").read_bytes()) == before, "what was there is still there"
    assert files(tmp_path) == ["f.tif", "p.tif", "s.tif"]


@pytest.mark.parametrize("interleave", ["band", "pixel"])
def test_a_file_that_lacks_a_block_or_its_end_is_not_taken_for_whole(tmp_path, interleave):
    layout = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate", "interleave": interleave}
    path = Path(make_raster(tmp_path / "s.tif", texture(200, 300), **layout))
    assert is_whole(str(path))
    content = path.read_bytes()
    # the directory stands at the front: only the last block suffers
    path.write_bytes(content[:-10])
    with rasterio.open(path) as ds:
        assert ds.shape == (300, 200)
    assert not is_whole(str(path))
    path.write_bytes(content[:100])
    assert not is_whole(str(path))
    empty = np.zeros((1, 300, 200), np.uint8)
    assert not is_whole(make_raster(tmp_path / "sparse.tif", empty, SPARSE_OK=True, nodata=0, **layout))


def test_constants_of_an_encoder_for_8_bit_are_refused_for_other_rasters(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(64, 64, 1).astype(np.uint16))
    card = type("Grey", (Averager,), {"bands": (Band("grey", None, 0.5, 0.2),)})()
    with pytest.raises(IamapError, match="is for 8-bit images"):
        encode(source, tmp_path / "f.tif", card, normalisation="encoder")
    assert read(encode(source, tmp_path / "f.tif", card)).shape == (1, 4, 4)
