"""From the bands of a raster to those of an encoder."""

from __future__ import annotations

import itertools
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.errors import BadRaster, BadRequest, IamapError  # noqa: E402
from iamap.contract.networks import RADAR, Band, Network, Order  # noqa: E402
from iamap.contract.sensors import SENSORS  # noqa: E402
from iamap.encoders import Encoder, encoders  # noqa: E402
from iamap.encoders._timm import IMAGENET, rgb  # noqa: E402
from iamap.engine.feature_contract import read_contract  # noqa: E402
from iamap.engine.inputs import band_order, by_wavelength, first_weights  # noqa: E402
from iamap.engine.inputs.fitted import fit  # noqa: E402
from iamap.engine.inputs.known import Known  # noqa: E402
from iamap.engine.inputs.principal import Principal  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from iamap.engine.statistics import whole_raster  # noqa: E402
from timm.models._manipulate import adapt_input_conv  # noqa: E402

SIX = "0.485,0.56,0.66,0.83,1.65,2.215"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
S2 = encoders()["SSL4EO Sentinel-2 ViT-S/16 DINO"].bands


class Photo(Encoder):
    """A card of one convolution, for red, green and blue."""

    id, patch, tile, bands = "MOSAIKS", 8, 64, rgb(IMAGENET)

    def build(self, order: Order) -> Network:
        assert order.bands == 3
        torch.manual_seed(1)
        module = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 8, 8), torch.nn.Tanh()).eval().requires_grad_(False)
        return Network(module, 3, 5, 8, order.tile or self.tile, None, None)


class Plain(Photo):
    """A card for photos that gives their means."""

    def build(self, order: Order) -> Network:
        return Network(making.Mean(8), order.bands, order.bands, 8, order.tile or self.tile, None, None)


@pytest.fixture
def six(tmp_path: Path) -> str:
    """Six bands that have something in common."""
    common = making.texture(70, 75, 1, seed=3).astype(float)
    own = making.texture(70, 75, 6, seed=4)
    return making.make_raster(tmp_path / "six.tif", (0.7 * common + 0.3 * own).astype(np.uint8))


def run(source: str, folder: Path, card: Encoder | None = None, **params: Any) -> np.ndarray:
    return making.read(making.encode(source, folder / "out.tif", card or Photo(), overlap=0, **params))


def refused(source: str, folder: Path, card: Any = None, **params: Any) -> IamapError:
    """The error that an encode ends with; nothing may be left behind."""
    before = making.files(folder)
    with pytest.raises(IamapError) as caught:
        run(source, folder, card, **params)
    assert making.is_a_sentence(caught.value) and caught.value.hint
    assert making.files(folder) == before
    return caught.value


# ---- by wavelength


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)))
def test_bands_are_found_wherever_they_are(order: list[int]) -> None:
    waves = [float(wave) for wave in SIX.split(",")]
    known = Known("", ("",) * 6, tuple(waves[i] for i in order), "", "")
    assert [order[i] for i in by_wavelength.choose(rgb(IMAGENET), known) if i is not None] == [2, 1, 0]


def test_chosen_bands_are_encoded_as_if_they_were_given(six: str, tmp_path: Path, caplog: Any) -> None:
    expected = run(six, tmp_path, bands=[3, 2, 1])
    with caplog.at_level(logging.INFO):
        found = run(six, tmp_path, wavelengths=SIX)
    np.testing.assert_array_equal(found, expected)
    assert "red = band 3 (0.66 µm), green = band 2 (0.56 µm), blue = band 1 (0.485 µm)" in caplog.text
    assert making.tag(tmp_path / "out.tif", "bands") == "[3, 2, 1]"
    assert making.tag(tmp_path / "out.tif", "fit_bands") == "by wavelength"


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_colours_of_known_sensors_are_found(sensor: Any) -> None:
    """Where a sensor has bands that are called red, green and blue, it is those that are chosen."""
    names = [{band.name.lower(), *band.aliases} for band in sensor.bands]
    colours = [next((i for i, name in enumerate(names) if colour in name), None) for colour in ("red", "green", "blue")]
    known = Known(sensor.name, tuple(b.name for b in sensor.bands), tuple(b.micrometres for b in sensor.bands), "", "")
    found = by_wavelength.choose(rgb(IMAGENET), known)
    for index, colour in zip(found, colours):
        assert index == colour or colour is None


@given(st.floats(0.69, 3))
def test_nothing_beyond_the_red_edge_is_red(wave: float) -> None:
    assert not any(by_wavelength.near(wanted, wave) for wanted in (0.665, 0.56, 0.49))


@pytest.mark.parametrize(
    "wanted, there, near",
    [
        (0.49, 0.443, False), (0.49, 0.46, True), (0.665, 0.605, False), (0.665, 0.645, True), (0.74, 0.705, False),
        (0.842, 0.865, True), (1.61, 1.65, True), (1.375, 1.61, False), (11.45, 10.895, True), (0.49, RADAR["VV"], False),
        (RADAR["VV"], RADAR["VV"], True), (RADAR["VV"], RADAR["VH"], False),
    ],
)  # fmt: skip
def test_how_near_is_near(wanted: float, there: float, near: bool) -> None:
    assert by_wavelength.near(wanted, there) is near


def test_radar_is_told_by_its_polarisation() -> None:
    card = encoders()["SSL4EO Sentinel-1 ViT-S/16 MAE"]
    known = Known("", ("", "", ""), (RADAR["VH"], RADAR["HH"], RADAR["VV"]), "", "")
    assert by_wavelength.choose(card.bands, known) == [2, 0]


def test_a_band_that_is_missing_is_named(six: str, tmp_path: Path) -> None:
    error = refused(six, tmp_path, fit_bands="by wavelength", wavelengths="0.443,0.56,0.66,0.83,1.65,2.215")
    assert "blue (0.49 µm)" in error.text and "weights" in error.hint and "DOFA" in error.hint


def test_unknown_wavelengths_are_asked_for(six: str, tmp_path: Path) -> None:
    error = refused(six, tmp_path, fit_bands="by wavelength")
    assert "not known" in error.text and "wavelengths" in error.hint


# ---- as given, and auto


def test_numbers_that_do_not_agree_name_all_ways_out(six: str, tmp_path: Path) -> None:
    error = refused(six, tmp_path)
    assert "takes 3 bands (red, green, blue), 6 given" in error.text
    for way in ("bands", "by wavelength", "principal components", "weights", "DOFA"):
        assert way in error.hint
    assert "by wavelength, or" not in refused(six, tmp_path, bands=[1, 2]).hint.split("weights")[0]


def test_one_band_stands_for_three(six: str, tmp_path: Path) -> None:
    expected = run(six, tmp_path, Plain(), bands=[2, 2, 2])
    np.testing.assert_array_equal(run(six, tmp_path, Plain(), bands=[2]), expected)
    assert making.tag(tmp_path / "out.tif", "bands") == "[2, 2, 2]"


def test_a_wrong_order_is_put_right(six: str, tmp_path: Path, caplog: Any) -> None:
    expected = run(six, tmp_path, bands=[3, 2, 1])
    found = run(six, tmp_path, bands=[1, 2, 3], wavelengths="0.485,0.56,0.66")
    np.testing.assert_array_equal(found, expected)


def test_a_wrong_order_that_is_wanted_is_mentioned(six: str, tmp_path: Path, caplog: Any) -> None:
    given_ = run(six, tmp_path, bands=[1, 2, 3], fit_bands="as given", wavelengths="0.485,0.56,0.66")
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("band 1 (0.485 µm) is given as red (0.665 µm)" in text and "by wavelength" in text for text in told)
    np.testing.assert_array_equal(given_, run(six, tmp_path, bands=[1, 2, 3]))


def test_infrared_as_red_is_taken_with_a_word(six: str, tmp_path: Path, caplog: Any) -> None:
    run(six, tmp_path, bands=[4, 3, 2], wavelengths="0.83,0.66,0.56")
    assert "band 4 (0.83 µm) is given as red (0.665 µm)" in caplog.text


@pytest.mark.parametrize(
    "bands, waves", [([3, 2, 1], "0.66,0.56,0.485"), ([3, 2, 1], None), ([1, 1, 1], "0.6,0.6,0.6")]
)
def test_a_right_order_is_not_mentioned(six: str, tmp_path: Path, caplog: Any, bands: list[int], waves: Any) -> None:
    run(six, tmp_path, bands=bands, wavelengths=waves)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


# ---- the order of bands, by their values


def spectrum(bands: Any, order: list[int], factor: float = 1.0) -> np.ndarray:
    """(bands, 64, 64) whose means are those that an encoder met, times up to 1.3, in another order."""
    rng = np.random.default_rng(5)
    usual = np.array([(bands[i].seen or (bands[i].mean, 0))[0] for i in order])
    usual = factor * usual * rng.uniform(0.77, 1.3, len(order))
    return (usual[:, None, None] * rng.uniform(0.5, 1.5, (len(order), 64, 64))).astype(np.float32)


@pytest.mark.parametrize("factor", [1.0, 1e-4])
def test_values_tell_bands_that_are_sorted_by_name(tmp_path: Path, factor: float) -> None:
    names = [band.name for band in S2]
    by_name = sorted(range(13), key=lambda i: names[i])
    path = making.make_raster(tmp_path / "sorted.tif", spectrum(S2, by_name, factor))
    card = encoders()["SSL4EO Sentinel-2 ViT-S/16 DINO"]
    with open_source(path) as source:
        told = band_order.noticed(card, source, Known("", ("",) * 13, (None,) * 13, "", ""))
        assert band_order.likelier_order(S2, source) == tuple(by_name)
    assert "B1, B10, B11, B12, B2" in told
    # what is proposed gives the encoder's own order
    proposed = [int(number) for number in told.rpartition("= ")[2].split(", ")]
    assert [names[by_name[number - 1]] for number in proposed] == names


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_values_in_the_right_order_are_not_doubted(tmp_path_factory: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = spectrum(S2, list(range(13))) * rng.uniform(0.6, 1.6, (13, 1, 1)).astype(np.float32)
    with open_source(making.make_raster(tmp_path_factory.mktemp("right") / "right.tif", data)) as source:
        assert band_order.likelier_order(S2, source) == ()


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the real rasters in {SHARED}")
@pytest.mark.parametrize(
    "scene",
    [
        "ms_clouds_landsat7/ukis_landsat7_6band_toa.tif",
        "ms_landsat_small/L7_ETMs.tif",
        "ms_landsat8_s1/LC08_232066_20190727.tif",
        "ms_iamap_congo/test.tif",
        "hsi_enmap_potsdam/enmap_potsdam_mosaic.tif",
    ],
)
def test_no_real_scene_is_doubted_by_any_encoder(scene: str) -> None:
    """Whatever bands of it an encoder is given, in the order of their wavelengths."""
    every = {card.bands for card in encoders().values() if len(card.bands) >= 6}
    with open_source(str(SHARED / scene)) as source:
        fitting = [bands for bands in every if len(bands) <= len(source.bands)]
        for bands in fitting:
            few = np.linspace(1, min(len(source.bands), 90), len(bands)).astype(int).tolist()
            assert band_order.likelier_order(bands, source.of_bands(few)) == ()
    assert fitting


# ---- principal components


def test_components_are_those_of_all_pixels(six: str) -> None:
    with open_source(six) as source:
        pixels = source.read(0, source.height, 0, source.width)[0].reshape(6, -1).astype(float)
        made = Principal(source, 3, making.context())
        found, _ = made.read(0, source.height, 0, source.width)
        measured = whole_raster(made, making.context())
    z = (pixels - pixels.mean(1, keepdims=True)) / pixels.std(1, keepdims=True)
    values, vectors = np.linalg.eigh(np.cov(z, bias=True))
    for i in range(3):
        own = vectors[:, -1 - i] @ z
        assert abs(np.corrcoef(own, found[i].ravel())[0, 1]) > 1 - 1e-9
    np.testing.assert_allclose(made.shares, values[::-1][:3] / values.sum(), rtol=1e-6)
    # said beforehand, and true
    np.testing.assert_allclose(measured.mean, found.mean((1, 2), dtype=float), atol=1e-5)
    np.testing.assert_allclose(measured.std, found.std((1, 2), dtype=float), rtol=1e-5)


def test_part_of_a_raster_has_the_components_of_all_of_it(six: str, tmp_path: Path) -> None:
    whole = run(six, tmp_path, Plain(), fit_bands="principal components")
    extent = "500080,4999360,500480,4999920"
    part = run(six, tmp_path, Plain(), fit_bands="principal components", extent=extent)
    # the tile is reflected where it is larger than the extent, its cells are not
    np.testing.assert_allclose(part, whole[:, 1:8, 1:6], atol=1e-5)


def test_components_are_noted_and_made_alike_by_them(six: str, tmp_path: Path) -> None:
    run(six, tmp_path, Plain(), fit_bands="principal components")
    note = json.loads(making.tag(tmp_path / "out.tif", "principal_components"))
    with open_source(six) as source:
        made = Principal(source, 3, making.context())
        pixels, _ = source.read(3, 5, 7, 9)
        found, _ = made.read(3, 5, 7, 9)
    z = (pixels - np.array(note["mean"])[:, None, None]) / np.array(note["scale"])[:, None, None]
    np.testing.assert_allclose(np.tensordot(np.array(note["rotation"]), z, 1), found, atol=1e-4)
    assert making.tag(tmp_path / "out.tif", "bands") == "[1, 2, 3, 4, 5, 6]"


def test_components_do_not_see_nodata(tmp_path: Path) -> None:
    data = making.texture(70, 75, 4).astype(np.float32)
    holes = data.copy()
    holes[:, 20:40, 30:50] = -9999
    parts = data[:, :, :30], data[:, :20, 30:], data[:, 40:, 30:], data[:, 20:40, 50:]
    pixels = np.concatenate([part.reshape(4, -1) for part in parts], 1)
    path = making.make_raster(tmp_path / "holes.tif", holes, nodata=-9999)
    with open_source(path) as source:
        made = Principal(source, 3, making.context())
    np.testing.assert_allclose(made.preparation.mean, pixels.mean(1), rtol=1e-5)


def test_bands_that_say_the_same_have_no_three_components(tmp_path: Path) -> None:
    band = making.texture(70, 75, 1)
    path = making.make_raster(tmp_path / "same.tif", np.concatenate([band, band, band // 2, np.full_like(band, 7)]))
    assert "3 principal components" in refused(path, tmp_path, fit_bands="principal components").text
    assert "of 2 bands" in refused(path, tmp_path, fit_bands="principal components", bands=[1, 3]).text


# ---- first weights


@pytest.mark.parametrize("given_bands", range(1, 15))
def test_repeated_weights_are_those_of_timm(given_bands: int) -> None:
    weight = torch.randn(4, 3, 2, 2)
    matrix = first_weights.share(3, "repeated", range(given_bands), given_bands)
    if given_bands != 3:
        expected = adapt_input_conv(given_bands, weight.clone())
        torch.testing.assert_close(torch.einsum("gt,otkl->ogkl", matrix, weight), expected)
    else:
        torch.testing.assert_close(matrix, torch.eye(3))


@given(st.data(), st.sampled_from(["repeated", "averaged", "by wavelength"]), st.integers(2, 13), st.integers(1, 20))
def test_responses_keep_their_size(data: st.DataObject, way: str, trained: int, given_bands: int) -> None:
    served = data.draw(st.lists(st.integers(0, trained - 1), min_size=given_bands, max_size=given_bands))
    matrix = first_weights.share(trained, way, served, given_bands)
    assert matrix.shape == (given_bands, trained) and (matrix >= 0).all()
    assert float(matrix.sum()) == pytest.approx(trained, rel=1e-5)
    if way == "by wavelength":
        assert all((row > 0).nonzero().flatten().tolist() == [band] for row, band in zip(matrix, served))
        # those that stand for the same band weigh as much together as any other
        assert np.ptp([float(matrix[:, band].sum()) for band in set(served)]) < 1e-4


def test_bands_that_all_show_the_same_are_seen_as_one_photo(tmp_path: Path) -> None:
    """Twice red, twice green, twice blue is red, green, blue."""
    photo = making.texture(70, 75, 3)
    path = making.make_raster(tmp_path / "photo.tif", photo)
    twice = making.make_raster(tmp_path / "twice.tif", photo[[0, 0, 1, 1, 2, 2]])
    # near to those of photos, they have the constants of photos
    expected = run(path, tmp_path)
    found = run(twice, tmp_path, fit_bands="weights by wavelength", wavelengths="0.66,0.68,0.55,0.56,0.47,0.48")
    np.testing.assert_allclose(found, expected, atol=1e-5)
    again = making.make_raster(tmp_path / "again.tif", photo[[0, 1, 2, 0, 1, 2]])
    expected = run(path, tmp_path, normalisation="raster")
    np.testing.assert_allclose(run(again, tmp_path, fit_bands="weights repeated"), expected, atol=1e-5)


@pytest.mark.parametrize("way", ["repeated", "averaged", "by wavelength"])
def test_all_bands_count(six: str, tmp_path: Path, way: str) -> None:
    before = run(six, tmp_path, fit_bands=f"weights {way}", wavelengths=SIX)
    assert making.tag(tmp_path / "out.tif", "fit_bands") == f"weights {way}"
    data = making.read(six)
    for band in range(6):
        changed = data.copy()
        changed[band, 16:24, 16:24] = 255 - changed[band, 16:24, 16:24]
        path = making.make_raster(tmp_path / f"{band}.tif", changed)
        after = run(path, tmp_path, fit_bands=f"weights {way}", wavelengths=SIX)
        assert np.abs(after - before)[:, 2, 2].max() > 1e-3
    with making.rasterio.open(tmp_path / "out.tif") as ds:
        assert ds.count == 5


def test_encoders_whose_first_layer_is_no_convolution_say_so(six: str, tmp_path: Path) -> None:
    class Linear(Photo):
        def build(self, order: Order) -> Network:
            cells = torch.nn.Sequential(torch.nn.PixelUnshuffle(8), torch.nn.Conv2d(192, 4, 1))
            return Network(cells.eval(), 3, 4, 8, 64, None, None)

    assert (
        "one convolution over all of its bands" in refused(six, tmp_path, Linear(), fit_bands="weights averaged").text
    )


def test_wavelengths_are_needed_for_weights_by_wavelength(six: str, tmp_path: Path) -> None:
    assert "needs the wavelength" in refused(six, tmp_path, fit_bands="weights by wavelength").text
    radar = refused(six, tmp_path, fit_bands="weights by wavelength", wavelengths="VV,VH,0.56,0.66,0.8,1.6")
    assert "radar" in radar.text


# ---- what does not go together


@pytest.mark.parametrize("way", ["by wavelength", "weights averaged", "weights repeated"])
def test_encoders_for_any_bands_need_no_fitting(six: str, tmp_path: Path, way: str) -> None:
    card = encoders()["bands"]()
    assert "bands" in refused(six, tmp_path, card, fit_bands=way).text


def test_components_are_for_encoders_of_photos(six: str, tmp_path: Path) -> None:
    class Sentinel2(Photo):
        bands, values = S2, "reflectance x 10000"

    assert "takes 13 bands" in refused(six, tmp_path, Sentinel2(), fit_bands="principal components").text


def test_constants_of_photos_are_not_for_components(six: str, tmp_path: Path) -> None:
    error = refused(six, tmp_path, fit_bands="principal components", normalisation="encoder")
    assert isinstance(error, BadRequest) and "normalisation" in error.text


def test_values_are_brought_to_what_the_encoder_met(tmp_path: Path) -> None:
    """An encoder that was fed reflectances of 0.1 to 0.3 is fed such, whatever is made of the bands."""

    class Dark(Plain):
        bands = tuple(
            Band(name, wave, 0.0, 10_000.0, (2000.0, 500.0)) for name, wave in (("r", 0.665), ("g", 0.56), ("b", 0.49))
        )
        values = "reflectance x 10000"

    path = making.make_raster(tmp_path / "four.tif", making.texture(72, 72, 4).astype(np.float32) * 7 - 3000)
    found = run(path, tmp_path, Dark(), fit_bands="principal components")
    np.testing.assert_allclose(found.mean((1, 2)), 0.2, atol=0.01)
    job = making.Encode.make({"input": path, "output": str(tmp_path / "x.tif"), "fit_bands": "weights averaged"})
    with open_source(path) as source:
        fitted = fit(job, Dark(), source, Known("", ("",) * 4, (None,) * 4, "", ""), making.context())
    assert len(fitted.like) == 4 and fitted.like[0].seen == pytest.approx((0.2, 0.05)) and fitted.foreign


# ---- what was made differently is not taken for the same


def test_features_made_in_another_way_are_refused(six: str, tmp_path: Path) -> None:
    ways = {"given": {"bands": [3, 2, 1]}, "components": {"fit_bands": "principal components"}}
    ways |= {"waves": {"fit_bands": "by wavelength", "wavelengths": SIX}, "weights": {"fit_bands": "weights averaged"}}
    # MOSAIKS lends its id to the card, and has weights of its own for each network
    contracts = {}
    for name, more in ways.items():
        path = making.encode(six, tmp_path / f"{name}.tif", Photo(), overlap=0, **more)
        with open_source(path) as source:
            contracts[name] = replace(read_contract(source), weights_sha256="")
    for one, other in itertools.permutations(ways, 2):
        if {one, other} == {"given", "waves"}:
            contracts[one].check(contracts[other], other)
            continue
        with pytest.raises(BadRaster, match="was made from"):
            contracts[one].check(contracts[other], other)
