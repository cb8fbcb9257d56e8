"""Rasters of several dates: months, Presto and Galileo, and whole runs; equal to what is published, written out."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import numpy as np  # noqa: E402
import rasterio  # noqa: E402
import tiny_sensors as tiny  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.dates import UNTOLD, months  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, BadWeights  # noqa: E402
from iamap.engine import orders  # noqa: E402
from iamap.engine.feature_contract import read_contract  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from making import encode, is_a_sentence, make_raster, read, tag  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from tiny_networks import WEIGHTS, needs_weights  # noqa: E402
from tiny_sensors import CARDS, PRESTO, built  # noqa: E402

S2, RADAR, BOTH = (CARDS[f"Presto Sentinel-{which}"] for which in ("2", "1", "1 and 2"))
REAL = WEIGHTS / "presto_default_model.pt"
PARIS = (2.35, 48.86)
NAMES = [band.name for band in S2.bands]


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def of_dates(card: Any, count: int) -> Any:
    return type(card().of_dates(count))


# ---- months


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.sampled_from([",", ", ", ";"]))
def test_months_are_read_as_they_are_written(numbers: list[int], between: str) -> None:
    assert months(between.join(map(str, numbers))) == tuple(numbers)


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(["-", " - ", "\u2013"]))
def test_a_range_of_months_goes_on_over_the_end_of_the_year(first: int, last: int, dash: str) -> None:
    found = months(f"{first}{dash}{last}")
    assert (found[0], found[-1]) == (first, last) and len(set(found)) == len(found)
    assert all(after == before % 12 + 1 for before, after in itertools.pairwise(found))


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_where_no_month_is_told_it_is_june(nothing: str | None) -> None:
    assert months(nothing) == UNTOLD == (6,)


@pytest.mark.parametrize("wrong", ["0", "13", "3, 14", "0-3", "9-13", "june", "3,,6", "1-2-3", "-3", "2.5", "3 6"])
def test_what_are_no_months_is_said_before_anything_is_opened(wrong: str) -> None:
    with pytest.raises(BadRequest, match=r"months = .*: \d+ is no month|is no list of months") as caught:
        encode("nowhere.tif", "f.tif", encoder=S2.id, months=wrong)
    assert is_a_sentence(caught.value) and "11-2" in str(caught.value)


@pytest.mark.parametrize(
    ("encoder", "text", "said"),
    [("MOSAIKS", "3, 6", "MOSAIKS knows no months"), (S2.id, "1-12, 1-12, 1", "takes 24 dates at most, not 25")],
)
def test_months_that_an_encoder_does_not_take_are_refused(encoder: str, text: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said) as caught:
        encode("nowhere.tif", "f.tif", encoder=encoder, months=text)
    assert is_a_sentence(caught.value)


# ---- Presto


def presto_written_out(
    state: dict[str, Any], pixel: Any, dates: tuple[int, ...], place: tuple[float, float] | None, groups: list[str]
) -> Any:
    """(dim,) of one pixel: one token after the other."""
    quarter, tokens, taken = tiny.DIM // 4, [], 0
    # the order in which the file counts groups
    order = ["S1", "S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR", "ERA5", "SRTM", "NDVI"]
    if place:
        longitude, latitude = np.radians(place)
        globe = [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
        tokens.append(
            state["latlon_embed.weight"] @ torch.tensor(globe, dtype=torch.float32) + state["latlon_embed.bias"]
        )
    for number, month in enumerate(dates):
        own: dict[str, Any] = {}
        for group in groups:
            own[group] = pixel[taken : taken + PRESTO[group]]
            taken += PRESTO[group]
        if "S2_RGB" in groups:
            red, infrared = own["S2_RGB"][2], own["S2_NIR_10m"][0]
            own["NDVI"] = ((infrared - red) / (infrared + red) if infrared + red > 0 else torch.zeros(()))[None]
        for group, values in own.items():
            token = state[f"eo_patch_embed.{group}.weight"] @ values + state[f"eo_patch_embed.{group}.bias"]
            table = state["channel_embed.weight"][order.index(group)]
            told = (state["month_embed.weight"][month - 1], table, state["pos_embed"][0, number])
            assert len(told[0]) == len(told[1]) == quarter
            tokens.append(token + torch.cat(told))
    y = tiny.through_blocks(state, torch.stack(tokens)[None]).mean(1)
    return F.layer_norm(y, (tiny.DIM,), state["norm.weight"], state["norm.bias"])[0]


OPTICAL = ["S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR"]
GROUPS = {S2: OPTICAL, RADAR: ["S1"], BOTH: ["S1", *OPTICAL]}


@pytest.mark.parametrize("place", [None, PARIS])
@pytest.mark.parametrize("dates", [(6,), (11, 2, 2)])
@pytest.mark.parametrize("card", GROUPS, ids=lambda card: card.id)
def test_presto_is_what_is_published(
    tmp_path: Path, card: Any, dates: tuple[int, ...], place: tuple[float, float] | None
) -> None:
    state, path = tiny.presto(card, tmp_path)
    card, groups = of_dates(card, len(dates)), GROUPS[card]
    network = built(card, path, tile=3, months=dates, place=place)
    assert (network.patch, network.dim) == (1, tiny.DIM)
    # some negative, where there is no vegetation index
    x = torch.randn(2, len(card.bands), 3, 3)
    found = network.module(x)
    for n, row, col in itertools.product(range(2), range(3), range(3)):
        expected = presto_written_out(state, x[n, :, row, col], dates, place, groups)
        torch.testing.assert_close(found[n, :, row, col], expected, atol=1e-4, rtol=1e-4)


def test_each_pixel_is_encoded_by_itself(tmp_path: Path) -> None:
    network = built(S2, tiny.presto(S2, tmp_path)[1], tile=8)
    x = torch.rand(1, 10, 8, 8)
    other = x.clone()
    other[..., 3, 5] += 1
    changed = (network.module(x) != network.module(other)).any(1)[0]
    assert changed[3, 5] and changed.sum() == 1


def test_every_way_of_computing_presto_gives_the_same_features(tmp_path: Path) -> None:
    runner = pytest.importorskip("iamap.engine.backends.openvino_runner", reason="needs the fast backend")
    pytest.importorskip("openvino", reason="needs openvino, which the fast backend installs")
    network = built(of_dates(S2, 2), tiny.presto(S2, tmp_path)[1], tile=6, months=(3, 9), place=PARIS)
    x = torch.rand(1, 20, 6, 6)
    with torch.inference_mode(False):
        converted = (
            runner.library().Core().compile_model(runner.convert(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        )
    np.testing.assert_allclose(converted(x.numpy())[0], network.module(x).numpy(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("gone", ["pos_embed", "month_embed.weight", "channel_embed.weight"])
def test_a_presto_that_lacks_its_tables_is_refused_by_name(tmp_path: Path, gone: str) -> None:
    state, path = tiny.presto(S2, tmp_path)
    torch.save({name: tensor for name, tensor in state.items() if name != gone}, path)
    with pytest.raises(BadWeights, match=rf"presto\.pt does not fit Presto Sentinel-2: it lacks {gone} of \d+ x \d+"):
        built(S2, path)
    # a series that is longer than the table
    torch.save({**state, "pos_embed": state["pos_embed"][:, :2]}, path)
    with pytest.raises(BadWeights, match=r"it lacks pos_embed of 3 x 16"):
        built(of_dates(S2, 3), path, months=(1, 2, 3))


def test_presto_has_no_context_of_the_tile(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="looks at each pixel by itself"):
        built(S2, tiny.presto(S2, tmp_path)[1], context=True)


@pytest.mark.parametrize("card", GROUPS, ids=lambda card: card.id)
@needs_weights
def test_the_published_presto_loads_to_the_last_name_and_knows_months_and_places(card: Any) -> None:
    network = built(of_dates(card, 2), REAL, months=(3, 9), place=PARIS)
    assert network.dim == card.dim
    held = sum(part.numel() for part in network.module.parameters()) / 1e6
    assert card.parameters == pytest.approx(held, abs=0.06)
    assert card.hub.megabytes == pytest.approx(REAL.stat().st_size / 1e6, abs=0.5)
    torch.manual_seed(0)
    x = 0.3 * torch.rand(1, network.bands, 4, 4)
    found = built(of_dates(card, 2), REAL, tile=4, months=(3, 9), place=PARIS).module(x)
    assert torch.isfinite(found).all() and found.std() > 0.1
    for months_, place in (((3, 8), PARIS), ((9, 3), PARIS), ((3, 9), (-60.0, -10.0)), ((3, 9), None)):
        other = built(of_dates(card, 2), REAL, tile=4, months=months_, place=place).module(x)
        assert (other - found).abs().max() > 0.05


@needs_weights
def test_the_published_presto_tells_a_harvest_from_a_wood() -> None:
    # red and near infrared of ten bands through the year, times 10000: a wood stays green, a field is bare from July on
    green, bare = (
        [300.0, 500, 300, 800, 2200, 2700, 2900, 3000, 1500, 700],
        [900.0, 1200, 1500, 1800, 2000, 2200, 2400, 2600, 3200, 2700],
    )
    dates, card = (5, 6, 8, 9), of_dates(S2, 4)
    torch.manual_seed(0)
    wood, field = torch.tensor(green * 4), torch.tensor(green * 2 + bare * 2)
    scene = torch.where(torch.arange(8) < 4, wood[:, None, None], field[:, None, None]).expand(40, 8, 8)
    scene = scene * (1 + 0.1 * torch.randn(40, 8, 8)) / 10_000
    cells = built(card, REAL, tile=8, months=dates, place=PARIS).module(scene[None])[0]
    wooded = cells[:, :, :4].flatten(1).mT
    other = cells[:, :, 4:].flatten(1).mT
    towards = wooded[::2].mean(0) - other[::2].mean(0)
    middle = (wooded[::2].mean(0) + other[::2].mean(0)) / 2
    assert ((wooded[1::2] - middle) @ towards > 0).all() and ((other[1::2] - middle) @ towards < 0).all()


# ---- rasters


def series(path: Path, dates: int, names: list[str] | None = None, **about: Any) -> str:
    """A raster of *dates* whose statistics are those of Sentinel-2, each date darker than the one before."""
    rng = np.random.default_rng(2)
    bands = [band.seen for _ in range(dates) for band in S2.bands]
    data = np.stack([rng.normal(mean, std, (11, 13)) * (1 - 0.05 * i / 10) for i, (mean, std) in enumerate(bands)])
    source = make_raster(path, data.clip(1).astype(np.float32), **about)
    if names:
        with rasterio.open(source, "r+") as ds:
            ds.descriptions = names
    return source


@pytest.fixture(scope="module", name="weights")
def weights_fixture(tmp_path_factory: pytest.TempPathFactory):
    with torch.inference_mode(False):
        folder = tmp_path_factory.mktemp("series")
        galileo = CARDS["Galileo Sentinel-2 nano/4"]
        return {S2.id: tiny.presto(S2, folder)[1], galileo.id: tiny.galileo(galileo, folder)[1]}


ENCODERS = pytest.mark.parametrize("encoder", [S2.id, "Galileo Sentinel-2 nano/4"])


@ENCODERS
def test_a_stack_of_dates_is_encoded_as_a_series(encoder: str, weights, tmp_path: Path) -> None:
    source = series(tmp_path / "s.tif", 3)
    common = {"encoder": encoder, "weights": str(weights[encoder]), "overlap": 0}

    def features(name: str, **more: Any) -> np.ndarray:
        return read(encode(source, tmp_path / f"{name}.tif", **common, **more))

    found = features("a", months="3, 6, 9")
    assert np.isfinite(found).all() and found.std() > 0.1
    assert tag(tmp_path / "a.tif", "inputs") == "bands of months 3, 6, 9"
    assert json.loads(tag(tmp_path / "a.tif", "statistics"))["origin"] == "encoder"
    same = features("b", months="3, 6, 9", unit="reflectance x 10000")
    np.testing.assert_array_equal(found, same)
    turned = [*range(21, 31), *range(11, 21), *range(1, 11)]
    for name, more in (("c", {"months": "3, 6, 8"}), ("d", {"months": "3, 6, 9", "bands": turned})):
        assert np.abs(features(name, **more) - found).max() > 0.05


def test_presto_gets_reflectance_the_months_and_the_place(weights, tmp_path: Path) -> None:
    source = series(tmp_path / "s.tif", 2)
    found = read(encode(source, tmp_path / "f.tif", encoder=S2.id, weights=str(weights[S2.id]), months="3, 9", tile=14))
    with open_source(source, None) as opened:
        there = orders.place(opened)
    network = built(of_dates(S2, 2), weights[S2.id], tile=14, months=(3, 9), place=there)
    x = torch.zeros(1, 20, 14, 14)
    x[0, :, :11, :13] = torch.from_numpy(read(source)) / 10_000
    np.testing.assert_allclose(found, network.module(x)[0, :, :11, :13].numpy(), atol=1e-4, rtol=1e-4)


@ENCODERS
def test_one_date_in_june_is_what_it_was_without_months(encoder: str, weights, tmp_path: Path) -> None:
    source = series(tmp_path / "s.tif", 1)
    common = {"encoder": encoder, "weights": str(weights[encoder])}
    untold, june, may = (
        encode(source, tmp_path / f"{name}.tif", **common, **({"months": name} if name != "0" else {}))
        for name in ("0", "6", "5")
    )
    np.testing.assert_array_equal(read(june), read(untold))
    assert np.abs(read(may) - read(untold)).max() > 0.05
    with rasterio.open(june) as ds:
        assert not ds.tags(ns="IAMAP").get("inputs")
    contracts = []
    for path in (untold, june, may):
        with open_source(path, None) as opened:
            contracts.append(read_contract(opened))
    contracts[0].check(contracts[1], "june.tif")
    with pytest.raises(BadRaster, match=r"may\.tif was made from bands of month 5, not from the bands"):
        contracts[0].check(contracts[2], "may.tif")


def test_reflectance_from_0_to_1_is_converted_on_every_date(weights, tmp_path: Path) -> None:
    source = series(tmp_path / "s.tif", 2, [f"{name}_{date}" for date in (3, 9) for name in NAMES])
    small = make_raster(tmp_path / "small.tif", read(source) / 10_000)
    common = {"encoder": S2.id, "weights": str(weights[S2.id]), "months": "3, 9"}
    found = read(encode(source, tmp_path / "a.tif", **common))
    other = read(encode(small, tmp_path / "b.tif", **common, sensor="Sentinel-2", unit="reflectance"))
    np.testing.assert_allclose(found, other, atol=1e-3)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"months": "3, 6"},
            "months = 3, 6 are 2 dates of 10 bands each for Presto Sentinel-2, which makes 20, and 30",
        ),
        (
            {"months": "3, 6, 9", "fit_bands": "weights averaged"},
            "fit_bands = weights averaged is for rasters of one",
        ),
        ({"months": "3, 6, 9", "fit_bands": "by wavelength"}, "fit_bands = by wavelength is for rasters of one date"),
        ({}, "takes 10 bands .* give months if the bands are of 3 dates"),
    ],
)
def test_bands_that_are_not_those_of_the_dates_are_refused(more: dict[str, Any], said: str, weights, tmp_path) -> None:
    source = series(tmp_path / "s.tif", 3)
    with pytest.raises((BadRaster, BadRequest), match=said) as caught:
        encode(source, tmp_path / "f.tif", encoder=S2.id, weights=str(weights[S2.id]), **more)
    assert is_a_sentence(caught.value)


def test_dates_that_are_not_told_and_bands_that_are_mixed_up_are_noticed(weights, tmp_path: Path, caplog) -> None:
    common = {"encoder": S2.id, "weights": str(weights[S2.id])}
    source = series(tmp_path / "s.tif", 2, [f"{name}_{date}" for date in (3, 9) for name in NAMES])
    first = read(encode(source, tmp_path / "a.tif", **common))
    assert "look like those of 2 dates: `months` has Presto Sentinel-2 encode them all" in caplog.text
    alone = read(encode(source, tmp_path / "b.tif", **common, bands=list(range(1, 11))))
    np.testing.assert_array_equal(first, alone)
    caplog.clear()
    encode(source, tmp_path / "c.tif", **common, months="3, 9")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    mixed = series(tmp_path / "m.tif", 2, [f"{name}_{date}" for name in NAMES for date in (3, 9)])
    encode(mixed, tmp_path / "d.tif", **common, months="3, 9")
    assert "dates must come one after the other, each with all of its bands" in caplog.text


# ---- the place


@given(st.floats(-179, 179), st.floats(-80, 80))
def test_the_place_is_the_middle_of_the_raster(longitude: float, latitude: float) -> None:
    with rasterio.MemoryFile() as memory:
        corner = Affine(0.01, 0, longitude - 0.05, 0, -0.01, latitude + 0.02)
        about = {"driver": "GTiff", "count": 1, "width": 10, "height": 4, "dtype": "uint8", "transform": corner}
        with memory.open(**about, crs="EPSG:4326") as ds:
            ds.write(np.ones((1, 4, 10), np.uint8))
        with open_source(memory.name, None) as source:
            assert orders.place(source) == pytest.approx((longitude, latitude))


def test_the_place_is_in_degrees_or_not_known(tmp_path: Path) -> None:
    data = np.ones((1, 4, 4), np.uint8)
    for crs, expected in (("EPSG:32631", (3.0, 45.15)), (None, None)):
        with open_source(make_raster(tmp_path / "x.tif", data, crs=crs), None) as source:
            assert orders.place(source) == (pytest.approx(expected, abs=0.01) if expected else None)


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if card.dates])
@given(count=st.integers(1, 24))
def test_a_card_of_several_dates_has_their_bands_and_tiles_of_about_as_many_tokens(name: str, count: int) -> None:
    card = CARDS[name]
    several = card().of_dates(count)
    assert several.bands == count * card.bands and several.tile % card.patch == 0
    assert several.tile <= card.tile and several.tile >= min(16, card.tile)
    assert several.id == card.id and type(several).__doc__ == card.__doc__
    assert several.tile <= max(16, 4 * card.patch) or several.tile**2 * count <= card.tile**2
