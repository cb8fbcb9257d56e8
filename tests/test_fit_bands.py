"""From the bands of a raster to those of an encoder."""

from __future__ import annotations

import itertools
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

from fitting import SIX, Photo, Plain, refused, run  # noqa: E402
from fitting import six_fixture as _six  # noqa: E402, F401
from iamap.contract.errors import BadRaster, BadRequest  # noqa: E402
from iamap.contract.networks import RADAR, Band  # noqa: E402
from iamap.contract.sensors import SENSORS  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.encoders._timm import IMAGENET, rgb  # noqa: E402
from iamap.engine.feature_contract import read_contract  # noqa: E402
from iamap.engine.inputs import by_wavelength  # noqa: E402
from iamap.engine.inputs.fitted import fit  # noqa: E402
from iamap.engine.inputs.known import Known  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402

S2 = encoders()["SSL4EO Sentinel-2 ViT-S/16 DINO"].bands


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


def test_models_of_timm_see_colours_unless_their_weights_are_ones_own(six: str, tmp_path: Path) -> None:
    waves = tuple(float(wave) for wave in SIX.split(","))
    card = encoders()["timm model by name"]()
    with open_source(six) as source:
        for weights, bands in ((None, [3, 2, 1]), ("own.safetensors", [1, 2, 3, 4, 5, 6])):
            asked = {"encoder": card.id, "model": "vit_small_patch16_224.dino", "weights": weights}
            job = making.Encode.make({"input": six, "output": str(tmp_path / "o.tif"), **asked})
            found = fit(job, card, source, Known("", ("",) * 6, waves, "", ""), making.context())
            assert found.source.bands == bands


def test_own_weights_for_three_bands_are_taken_for_those_of_photos_with_a_word(
    six: str, tmp_path: Path, caplog: Any
) -> None:
    card = encoders()["timm model by name"]()
    for bands, waves, told in (
        ([1, 2, 3], (0.485, 0.56, 0.66), True),
        ([3, 2, 1], (0.66, 0.56, 0.485), False),
        ([4, 3, 2], (0.83, 0.66, 0.56), False),
    ):
        caplog.clear()
        asked = {"encoder": card.id, "weights": "own.safetensors", "bands": bands}
        job = making.Encode.make({"input": six, "output": str(tmp_path / "o.tif"), **asked})
        with open_source(six, bands) as source:
            fit(job, card, source, Known("", ("",) * 3, waves, "", ""), making.context())
        assert ("bands 3, 2, 1 of" in caplog.text) == told


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
