"""What numbers mean: units and their relations, what is inferred, what encoders are fed, and percentile stretches."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the engine environment")

import numpy as np
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from iamap.contract.errors import BadRequest
from iamap.contract.networks import Band
from iamap.contract.sensors import sensor
from iamap.contract.units import UNITS, Relation, relation, unit_names
from iamap.encoders import encoders
from iamap.engine import percentiles
from iamap.engine.inputs import ranges, values
from iamap.engine.inputs.backscatter import LEAST, Backscatter
from iamap.engine.inputs.fitted import fit
from iamap.engine.inputs.known import recognised
from iamap.engine.normalise import from_constants, stretched
from iamap.engine.orders import check_metres
from iamap.engine.rasters import Source, open_source
from making import Averager, Encode, context, encode, make_raster, read, tag

NAMES = [unit.name for unit in UNITS]
OPTICAL = [unit.name for unit in UNITS if unit.quantity == "reflectance"]
S2 = [band.name for band in sensor("Sentinel-2").bands]
WANTED = encoders()["SSL4EO Sentinel-2 ViT-S/16 DINO"].bands
RADAR = encoders()["SSL4EO Sentinel-1 ViT-S/16 MAE"].bands


class Optical(Averager):
    """Fed as an encoder of Sentinel-2: its features are what it is fed."""

    bands, values, metres = WANTED, "reflectance x 10000", 10


class Radar(Averager):
    bands, values = RADAR, "dB"


# ---- units and their relations


def test_units_are_saved_for_ever() -> None:
    assert unit_names() == ["auto", *NAMES] and len(set(NAMES)) == len(NAMES)
    cards = {band.unit for card in encoders().values() for band in card.bands}
    assert cards <= {"", *NAMES} and {"reflectance x 10000", "dB", "Landsat Collection 2 Level 2"} <= cards


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from([None, 0.6, 11.0]), st.floats(0.001, 0.99))
def test_what_goes_there_comes_back(one: str, other: str, wave: float | None, value: float) -> None:
    there, back = relation(one, other, wave), relation(other, one, wave)
    assert (there is None) == (back is None)
    if there and back:
        assert back(there(value)) == pytest.approx(value, rel=1e-9)
        assert one == other or {one, other} <= set(OPTICAL) or {one, other} == {"dB", "linear power"}


@settings(deadline=None)
@given(st.permutations(OPTICAL), st.floats(-0.2, 1.5))
def test_a_detour_leads_to_the_same_place(units, value: float) -> None:
    first, second, third = (
        relation(a, b) for a, b in ((units[0], units[1]), (units[1], units[2]), (units[0], units[2]))
    )
    assert second(first(value)) == pytest.approx(third(value), rel=1e-9, abs=1e-6)


def test_numbers_of_handbooks() -> None:
    def becomes(one: str, other: str, value: float, wave: float = 0.6) -> float:
        link = relation(one, other, wave)
        assert link
        return link(value)

    # of the answers that units.py names
    assert becomes("reflectance x 10000 + 1000", "reflectance", 1452) == pytest.approx(0.0452)
    assert becomes("Landsat Collection 2 Level 2", "reflectance", 18_639) == pytest.approx(0.313, abs=5e-4)
    assert becomes("Landsat Collection 2 Level 2", "reflectance", 44_947, 10.9) == pytest.approx(302.6, abs=0.05)
    assert becomes("reflectance", "reflectance x 10000", 0.25) == pytest.approx(2500)
    assert becomes("linear power", "dB", 0.01) == pytest.approx(-20)
    assert becomes("dB", "linear power", 3) == pytest.approx(1.995, abs=1e-3)


def test_what_is_not_known_becomes_nothing() -> None:
    for one, other in (
        ("8-bit", "reflectance"),
        ("metres", "dB"),
        ("digital numbers", "digital numbers"),
        ("", "dB"),
        ("x", "x"),
    ):
        assert relation(one, other) is None
    # warmth is not told by a number that was made for reflected light
    assert relation("reflectance x 10000", "Landsat Collection 2 Level 2", 11.0) is None
    with pytest.raises(ValueError, match="no line"):
        Relation(before="decibels").after(2, 0)


# ---- what encoders are fed


def scene(path: Path, unit: str, names: Any = S2, **about: Any) -> str:
    """A scene whose statistics are those of Sentinel-2, written in *unit*."""
    rng = np.random.default_rng(4)
    reflectance = np.stack([rng.normal(*(band.seen or (0, 1)), (64, 64)) for band in WANTED]).clip(1) / 1e4
    link = relation("reflectance", unit)
    assert link
    values = reflectance * link.factor + link.shift
    made = make_raster(path, values.astype("float32" if unit == "reflectance" else "uint16"))
    with rasterio.open(made, "r+") as ds:
        ds.descriptions = names
        for name, value in about.items():
            setattr(ds, name, value)
    return made


def warnings(caplog: Any) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def told(caplog: Any) -> str:
    return next(record.getMessage() for record in caplog.records if record.name.endswith("inputs.known"))


@pytest.mark.parametrize(
    ("unit", "name", "said"),
    [
        ("reflectance", "x.tif", {}),
        ("reflectance x 10000 + 1000", "S2A_MSIL1C_20230510T105031_N0509_R051_T31UDQ_x.tif", {}),
        ("reflectance x 10000 + 1000", "x.tif", {"unit": "reflectance x 10000 + 1000"}),
        ("Landsat Collection 2 Level 2", "x.tif", {"unit": "Landsat Collection 2 Level 2"}),
    ],
)
def test_a_scene_feeds_the_same_in_any_unit(tmp_path: Path, caplog, unit: str, name: str, said: dict[str, str]) -> None:
    caplog.set_level(logging.INFO)
    plain = encode(scene(tmp_path / "plain.tif", "reflectance x 10000"), tmp_path / "a.tif", Optical())
    other = encode(scene(tmp_path / name, unit), tmp_path / "b.tif", Optical(), **said)
    for made in (plain, other):
        assert json.loads(tag(made, "statistics"))["origin"] == "encoder"
    # whole numbers of Landsat are finer than 1 / 10000 or coarser, floats are neither
    np.testing.assert_allclose(read(plain), read(other), atol=1.5e-4)
    assert (tag(plain, "unit"), tag(other, "unit")) == ("reflectance x 10000", unit)
    assert warnings(caplog) == []


@pytest.mark.parametrize("said", [{}, {"bands": [13, 4, 3]}, {"unit": "reflectance x 10000"}])
def test_nothing_is_read_twice_to_find_the_unit_and_the_constants(
    tmp_path: Path, monkeypatch, said: dict[str, Any]
) -> None:
    """What is sampled to find the unit also tells whether the values look like those that the encoder learned from."""
    path, reads = tmp_path / "x.tif", []
    make_raster(path, np.tile(read(scene(tmp_path / "small.tif", "reflectance x 10000")), (1, 8, 9)))
    with rasterio.open(path, "r+") as ds:
        ds.descriptions = S2
    whole = Source.read
    monkeypatch.setattr(Source, "read", lambda self, *window: reads.append(window) or whole(self, *window))
    with open_source(str(path), said.get("bands")) as source:
        card = Optical()
        card.bands = tuple(WANTED[band - 1] for band in source.bands)
        job = Encode.make({"input": str(path), "output": str(tmp_path / "o.tif"), "encoder": "MOSAIKS", **said})
        fitted = fit(job, card, source, recognised(job, source), context())
        found = values.normaliser(job, card, fitted, context())
        assert found.origin == "encoder" and reads and len(reads) == len(set(reads))
        sampled = ranges.sample(fitted.source)[1]
    assert fitted.known.sampled.pixels >= sampled.pixels > 10_000
    np.testing.assert_allclose(fitted.known.sampled.mean, sampled.mean, rtol=1e-3)


def test_scale_and_offset_of_the_file_count(tmp_path: Path, caplog) -> None:
    plain = encode(scene(tmp_path / "x.tif", "reflectance x 10000"), tmp_path / "a.tif", Optical())
    scaled = scene(tmp_path / "y.tif", "reflectance x 10000 + 1000", scales=[1e-4] * 13, offsets=[-0.1] * 13)
    made = encode(scaled, tmp_path / "b.tif", Optical())
    np.testing.assert_allclose(read(plain), read(made), atol=1e-4)
    assert tag(made, "unit") == "reflectance" and warnings(caplog) == []


@pytest.mark.parametrize("scale", [0.0, float("nan")])
def test_a_scale_that_makes_nothing_of_values_is_none(tmp_path: Path, scale: float) -> None:
    path = scene(tmp_path / "x.tif", "reflectance x 10000", scales=[scale] * 13)
    assert np.isfinite(read(encode(path, tmp_path / "a.tif", Optical()))).all()


def test_the_offset_of_2022_is_asked_for_where_nothing_is_dark(tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO)
    encode(scene(tmp_path / "x.tif", "reflectance x 10000"), tmp_path / "a.tif", Optical())
    assert "+ 1000" not in told(caplog)
    caplog.clear()
    encode(scene(tmp_path / "y.tif", "reflectance x 10000 + 1000"), tmp_path / "b.tif", Optical())
    assert "Unit of the values must be reflectance x 10000 + 1000" in told(caplog)


def test_a_collar_of_zeros_says_nothing_of_the_unit(tmp_path: Path, caplog) -> None:
    """Sentinel-2 and Landsat mean nothing by 0, and most of their files don't say so."""
    path = scene(tmp_path / "S2A_MSIL1C_20230510T105031_N0509_R051_T31UDQ_x.tif", "reflectance x 10000 + 1000")
    with rasterio.open(path, "r+") as ds:
        data = ds.read()
        data[:, :, :20] = 0
        ds.write(data)
    made = encode(path, tmp_path / "a.tif", Optical())
    assert tag(made, "unit") == "reflectance x 10000 + 1000"
    assert [text for text in warnings(caplog) if "no nodata value is set" not in text] == []


def test_percentages_are_not_taken_for_anything_else(tmp_path: Path) -> None:
    path = make_raster(tmp_path / "x.tif", np.random.default_rng(0).uniform(1, 60, (13, 64, 64)).astype(np.float32))
    with rasterio.open(path, "r+") as ds:
        ds.descriptions = S2
    with rasterio.open(encode(path, tmp_path / "a.tif", Optical())) as ds:
        assert "unit" not in ds.tags(ns="IAMAP") and json.loads(ds.tags(ns="IAMAP")["statistics"])["origin"] == "raster"


def test_what_contradicts_itself_is_said(tmp_path: Path, caplog) -> None:
    """A product that is named but holds other values, and a user's word that values don't bear out."""
    path = scene(tmp_path / "S2A_MSIL1C_20230510T105031_N0509_R051_T31UDQ_x.tif", "reflectance x 10000")
    made = encode(path, tmp_path / "a.tif", Optical())
    assert tag(made, "unit") == "reflectance x 10000"
    assert "the product holds reflectance x 10000 + 1000, but values from" in warnings(caplog)[0]
    caplog.clear()
    made = encode(path, tmp_path / "b.tif", Optical(), unit="reflectance")
    assert any("Unit of the values is reflectance, but they lie from" in text for text in warnings(caplog))
    # told is told, and said twice
    assert json.loads(tag(made, "statistics"))["origin"] == "encoder" and len(warnings(caplog)) == 2


def test_what_can_not_be_converted_is_matched(tmp_path: Path, caplog) -> None:
    data = np.random.default_rng(0).integers(1, 255, (13, 64, 64), np.uint8)
    path = make_raster(tmp_path / "x.tif", data)
    made = encode(path, tmp_path / "a.tif", Optical())
    assert json.loads(tag(made, "statistics"))["origin"] == "raster"
    assert "(8-bit) don't look like reflectance x 10000" in warnings(caplog)[-1]


def test_power_is_fed_as_decibels(tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO)
    rng = np.random.default_rng(1)
    decibels = np.stack([rng.normal(band.mean, band.std / 2, (64, 64)) for band in RADAR]).astype(np.float32)
    both = []
    for name, data in (("db.tif", decibels), ("power.tif", 10 ** (decibels / 10))):
        path = make_raster(tmp_path / name, data)
        with rasterio.open(path, "r+") as ds:
            ds.descriptions = ["VV", "VH"]
        made = encode(path, tmp_path / f"f_{name}", Radar())
        assert json.loads(tag(made, "statistics"))["origin"] == "encoder" and tag(made, "unit") == "dB"
        both.append(read(made))
    np.testing.assert_allclose(*both, atol=1e-4)
    assert warnings(caplog) == [] and "the values are computed" in caplog.text


def test_no_power_is_no_infinity(tmp_path: Path) -> None:
    data = np.array([[[0.0, -1, 1e-9, 1, 100]], [[3, 3, 3, 3, 3]]], np.float32)
    with open_source(make_raster(tmp_path / "x.tif", data, nodata=100)) as source:
        found, valid = Backscatter(source, ("decibels", "")).read(0, 1, 0, 5)
    assert valid.tolist() == [[True] * 4 + [False]]
    least = 10 * math.log10(LEAST)
    assert found[0, 0].tolist() == pytest.approx([least, least, least, 0, 0]) and found[1, 0, 3] == 3


# ---- stretching

kinds = st.sampled_from(["uint8", "int16", "uint16", "int32", "float32"])


@settings(deadline=None, max_examples=30)
@given(st.data(), kinds, st.integers(1, 40), st.integers(1, 40))
def test_percentiles_are_exact(tmp_path_factory, data, kind: str, high: int, wide: int) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    scale = data.draw(st.sampled_from([1, 100, 1e4, 1e30] if kind == "float32" else [1, 100, 1e4]))
    values = rng.normal(0, scale, (2, high, wide))
    values = values if kind == "float32" else values.clip(np.iinfo(kind).min, np.iinfo(kind).max)
    path = make_raster(tmp_path_factory.mktemp("x") / "x.tif", values.astype(kind))
    shares = sorted(
        data.draw(st.lists(st.sampled_from([0, 0.02, 0.25, 0.5, 0.98, 1]), min_size=1, max_size=3, unique=True))
    )
    with open_source(path) as source:
        found = percentiles.whole_raster(source, shares, context())
    pixels = values.astype(kind).astype(np.float32).reshape(2, -1)
    np.testing.assert_array_equal(found, np.percentile(pixels, np.multiply(shares, 100), axis=1, method="inverted_cdf"))


def test_a_stretch_is_what_a_picture_of_the_raster_would_be(tmp_path: Path) -> None:
    constants = [(0.485, 0.229), (0.456, 0.224)]
    data = np.random.default_rng(0).gamma(2, 500, (2, 1, 200)).astype(np.float32)
    lows, highs = np.percentile(data[:, 0], (2, 98), axis=1)
    picture = ((data - lows[:, None, None]) / (highs - lows)[:, None, None]).clip(0, 1) * 255
    valid = np.ones(data.shape[1:], bool)
    expected = from_constants(*zip(*constants))(picture.astype(np.float32), valid)
    np.testing.assert_allclose(stretched(lows, highs, constants)(data, valid), expected, atol=1e-4)
    # a band that does not vary is the mean, whatever it is
    assert (stretched([5, 5], [5, 5], constants)(np.full((2, 1, 3), 5, np.float32), valid[:, :3]) == 0).all()


def test_a_raster_is_stretched_where_asked_and_only_for_encoders_of_pictures(tmp_path: Path) -> None:
    bands = tuple(Band(name, None, 0.5, 0.25) for name in "rgb")
    card = type("Photo", (Averager,), {"bands": bands})
    path = make_raster(tmp_path / "x.tif", np.random.default_rng(0).gamma(2, 500, (3, 64, 64)).astype(np.uint16))
    made = encode(path, tmp_path / "a.tif", card(), normalisation="stretch")
    assert json.loads(tag(made, "statistics"))["origin"] == "stretch"
    found = read(made)
    assert -2 <= found.min() and found.max() <= 2 and found.std() > 0.01
    plain = encode(path, tmp_path / "b.tif", card())
    assert json.loads(tag(plain, "statistics"))["origin"] == "raster"
    for other, why in ((Averager, "no constants"), (Optical, "learned from reflectance x 10000")):
        source = scene(tmp_path / "s2.tif", "reflectance") if other is Optical else path
        with pytest.raises(BadRequest, match=why):
            encode(source, tmp_path / "c.tif", other(), normalisation="stretch")


# ---- pixels


@pytest.mark.parametrize(
    ("fed", "said"), [(None, False), (1.0, True), (1.5, False), (10, False), (60, False), (100, True)]
)
def test_pixels_ten_times_off_are_said_with_both_numbers(caplog, fed: float | None, said: bool) -> None:
    check_metres(Optical(), fed)
    assert bool(warnings(caplog)) == said
    if said:
        assert f"pixels of {fed:.3g} m are fed" in caplog.text and "learned from pixels of 10 m" in caplog.text
    caplog.clear()
    # photos are taken from anywhere
    check_metres(Averager(), fed)
    assert warnings(caplog) == []


def test_an_even_scene_of_a_known_unit_keeps_the_constants(tmp_path: Path, caplog) -> None:
    rng = np.random.default_rng(0)
    data = np.stack([rng.normal((band.seen or (0, 1))[0] + 20, 5, (40, 40)) for band in WANTED]).astype(np.uint16)
    path = make_raster(tmp_path / "x.tif", data)
    origins = []
    for names in ([""] * 13, S2):
        with rasterio.open(path, "r+") as ds:
            ds.descriptions = names
        made = encode(path, tmp_path / "a.tif", Optical())
        origins.append(json.loads(tag(made, "statistics"))["origin"])
    assert origins == ["raster", "encoder"] and len(warnings(caplog)) == 1
