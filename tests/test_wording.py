"""Numbers in sentences; what is told, and what is kept out, of rasters that have no place on the ground."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest  # noqa: E402
from iamap.encoders.any_timm import AnyTimm  # noqa: E402
from iamap.engine.extents import window_of  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.inputs.principal import Principal  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from iamap.engine.statistics import whole_raster  # noqa: E402
from iamap.engine.wording import duration, many, of_labels, pixels  # noqa: E402
from learning import polygons, smooth_ground, square, train  # noqa: E402
from making import Averager, context, encode, is_a_sentence, make_raster, texture  # noqa: E402

#: what no sentence should hold
WRONG = re.compile(r"\b1 [a-z]+s\b|\b0 (seconds|tiles)\b|Warning")
PLUGIN = Path(__file__).resolve().parents[1]


@given(st.integers(0, 10**5), st.integers(0, 10**5))
def test_one_is_never_several(count, other):
    texts = many(count, "tile"), pixels(count), duration(count), of_labels(count, other)
    assert not any(re.search(r"\b1 [a-z ]*s\b(?! of)", text) for text in texts)
    assert all(str(count) in text for text in texts[:2]) and (str(other) in texts[3]) == (
        count != other or str(other) in str(count)
    )


@given(st.floats(0, 1e6))
def test_durations_are_near_what_they_tell(seconds):
    found = re.fullmatch(r"less than a second|about (\d+) (second|minute)s?", duration(seconds))
    if found[1] is None:
        assert seconds < 1
    else:
        unit = 60 if found[2] == "minute" else 1
        assert int(found[1]) > 0 and abs(int(found[1]) * unit - seconds) <= unit


def test_a_run_of_one_tile_tells_no_plurals_and_no_time_that_is_nothing(tmp_path, caplog):
    source = make_raster(tmp_path / "s.tif", texture(40, 40, 1), crs=None)
    with caplog.at_level(logging.INFO):
        encode(source, tmp_path / "f.tif", Averager())
    assert "1 tile of 64 pixels" in caplog.text and "1 feature:" in caplog.text
    assert not WRONG.search(caplog.text)


def test_libraries_say_nothing_of_rasters_without_a_place(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import boot; boot.load(); import numpy, rasterio\n"
        "from iamap.engine.rasters import open_source\n"
        "about = dict(driver='GTiff', count=1, width=9, height=9, dtype='uint8', transform=rasterio.Affine.identity())\n"
        "with rasterio.open(sys.argv[2], 'w', **about) as ds: ds.write(numpy.ones((1, 9, 9), 'uint8'))\n"
        "with open_source(sys.argv[2]) as source: print(source.transform.is_identity)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(PLUGIN / "worker"), str(tmp_path / "x.tif")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.strip() == "True" and ran.stderr == ""


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("crs", [None, "EPSG:32631"])
def test_a_training_measures_in_cells_where_there_are_no_metres(tmp_path, caplog, crs):
    source = smooth_ground(tmp_path / "s.tif", 0, side=90, crs=crs)
    labels = np.full((1, 90, 90), 255, np.uint8)
    labels[0, ::6, ::6] = np.random.default_rng(0).integers(1, 3, (15, 15))
    with caplog.at_level(logging.INFO):
        train(
            source,
            tmp_path,
            None,
            label_raster=make_raster(tmp_path / "l.tif", labels, nodata=255, crs=crs),
            column=None,
            validation="blocks",
        )
    told = [record.getMessage() for record in caplog.records]
    assert "225 labelled cells" in told, "in a raster of labels, each cell is a label"
    sizes = [text for text in told if "block" in text]
    assert sizes and all(bool(re.search(r"[\d.] m\b", text)) == (crs is not None) for text in sizes)
    assert all("cells" in text for text in sizes) == (crs is None)


def test_cells_of_polygons_are_counted_with_their_labels(tmp_path, caplog):
    source = smooth_ground(tmp_path / "s.tif", 0, side=60)
    places = [(row, col) for row in range(5, 55, 12) for col in range(5, 55, 12)]
    shapes = [square(row, col, 2) for row, col in places]
    layer = polygons(tmp_path / "l.gpkg", shapes, ["a" if i % 2 else "b" for i in range(len(places))])
    with caplog.at_level(logging.INFO):
        train(source, tmp_path, layer)
    assert f"{4 * len(places)} labelled cells of {len(places)} labels" in caplog.text


# --- bands and places without data


def test_principal_components_name_empty_bands_as_statistics_do(tmp_path):
    data = np.random.default_rng(0).normal(size=(9, 20, 30)).astype(np.float32)
    data[4:7] = np.nan
    path = make_raster(tmp_path / "lost.tif", data, nodata=np.nan)
    texts = []
    with open_source(path) as source:
        for look in (lambda: whole_raster(source, context()), lambda: Principal(source, 3, context())):
            with pytest.raises(BadRaster) as caught:
                look()
            texts.append(str(caught.value))
    assert texts[0] == texts[1] and "bands 5-7" in texts[0]


def test_cells_that_are_hardly_filled_are_not_called_empty_bands(tmp_path):
    data = np.zeros((3, 64, 64), np.uint8)
    data[:, ::8, ::8] = 9
    source = make_raster(tmp_path / "s.tif", data, nodata=0)
    with pytest.raises(BadRaster, match=r"no cell of .* holds valid data in 50 %") as caught:
        encode(source, tmp_path / "f.tif", Averager())
    assert is_a_sentence(caught.value) and "minimum_valid" in caught.value.hint
    encode(source, tmp_path / "f.tif", Averager(), minimum_valid=1)


@given(st.integers(-80, 130), st.integers(-80, 130), st.integers(1, 40))
def test_an_extent_is_refused_where_and_only_where_it_is_beside_the_raster(beside_raster, left, top, side):
    west, north = 500_000 + 10 * left, 5_000_000 - 10 * top
    extent = f"{west},{north - 10 * side},{west + 10 * side},{north}"
    overlaps = -side < left < 50 and -side < top < 40
    with open_source(beside_raster) as source:
        if overlaps:
            assert window_of(source, extent) == pytest.approx((left, top, left + side, top + side))
            return
        with pytest.raises(BadRequest) as caught:
            window_of(source, extent)
    assert "covers 500000,4999600,500500,5000000 [EPSG:32631]" in caught.value.text and is_a_sentence(caught.value)


def test_encode_and_maps_refuse_an_extent_in_the_same_words(tmp_path, beside_raster):
    with pytest.raises(BadRequest) as first:
        encode(beside_raster, tmp_path / "f.tif", Averager(), extent="0,0,10,10")
    with pytest.raises(BadRequest) as second, open_features(beside_raster, extent="0,0,10,10"):
        pass
    assert str(first.value) == str(second.value)


@pytest.fixture(name="beside_raster", scope="module")
def beside_raster_fixture(tmp_path_factory):
    """A raster of 50 x 40 pixels."""
    return make_raster(tmp_path_factory.mktemp("extent") / "s.tif", texture(50, 40))


# --- weights


@pytest.mark.parametrize(
    ("name", "model"),
    [("mobilenetv2_100_in1k_fp16", "mobilenetv2_100"), ("ResNet18-mine", "resnet18"), ("vit_tiny_patch16_224.best", "vit_tiny_patch16_224"),
     ("weights_of_mine", "vit_small_patch16_224"), ("", "vit_small_patch16_224")],
)  # fmt: skip
def test_a_file_named_after_its_model_is_told_so(name, model):
    from iamap.encoders.any_timm import proposed

    assert AnyTimm.needs_model and f" {model}" in proposed(name)
    assert ("begins" in proposed(name)) == (model != "vit_small_patch16_224")
