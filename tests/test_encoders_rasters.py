"""From a raster to an encoder of its sensor: wavelengths, units of its values, pixels in metres, layers, and whole runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import numpy as np  # noqa: E402
import rasterio  # noqa: E402
import timm  # noqa: E402
import tiny_sensors as tiny  # noqa: E402
from hub import cache_fixture as _cache  # noqa: E402, F401
from hub import hub_fixture as _hub  # noqa: E402, F401
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, BadWeights  # noqa: E402
from iamap.contract.networks import RADAR, Band, HubFile  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.engine import orders, weights  # noqa: E402
from iamap.engine.feature_contract import read_contract  # noqa: E402
from iamap.engine.normalise import Normaliser, alike, in_own_units, matched  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from making import context, make_raster, read, tag  # noqa: E402
from making import encode as encode_by  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

ALL = encoders()
#: mean and deviation of each band of a Sentinel-2 scene, in reflectance x 10000
SCENE = [band.seen for band in ALL["SSL4EO Sentinel-2 ViT-S/16 DINO"].bands]


def scene(path: Path, size: int = 96, scale: float = 1.0, dtype: str = "uint16") -> str:
    """A raster whose statistics are those of Sentinel-2, times *scale*."""
    rng = np.random.default_rng(4)
    data = np.stack([rng.normal(mean, std, (size, size)) for mean, std in SCENE]) * scale
    return make_raster(path, (data if dtype.startswith("f") else data.clip(0)).astype(dtype))


def encode(source: str, output: Path, card: Any, **params: Any) -> str:
    return encode_by(source, output, card(), **params)


def small_vit(folder: Path, bands: int = 13) -> Path:
    torch.manual_seed(0)
    arguments = {"embed_dim": 32, "depth": 2, "num_heads": 2}
    path = folder / "small.pth"
    torch.save(timm.create_model("vit_small_patch16_224", in_chans=bands, **arguments).state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps({"architecture": "vit_small_patch16_224", "model_args": arguments}))
    return path


# ---- wavelengths


def told(path: str, text: str | None = None, bands: list[int] | None = None) -> Any:
    with open_source(path, bands) as source:
        return orders.wavelengths(text, source)


def test_wavelengths_are_read_from_a_list(tmp_path: Path) -> None:
    path = make_raster(tmp_path / "x.tif", np.zeros((4, 8, 8), np.float32))
    assert told(path) is None
    assert told(path, "0.665, 0.56;0.49 vv") == (0.665, 0.56, 0.49, RADAR["VV"])
    with pytest.raises(BadRequest, match="are 2, but 4 bands"):
        told(path, "0.665, 0.56")
    for wrong in ("red, 0.56, 0.49, 0.8", "0, 1, 1, 1", "-1, 1, 1, 1", "nan, 1, 1, 1"):
        with pytest.raises(BadRequest, match="is no wavelength"):
            told(path, wrong)
    with pytest.raises(BadRequest, match="665 is too much"):
        told(path, "665, 560, 490, 842")


@pytest.mark.parametrize(
    ("unit", "values"), [("Nanometers", "665, 560, 490"), ("Micrometers", "0.665, 0.56, 0.49"), ("", "665, 560, 490")]
)
def test_wavelengths_are_read_from_an_envi_header(tmp_path: Path, unit: str, values: str) -> None:
    path = tmp_path / "cube.img"
    np.arange(48, dtype=np.float32).tofile(path)
    units = f"wavelength units = {unit}\n" if unit else ""
    path.with_suffix(".hdr").write_text(
        "ENVI\nsamples = 4\nlines = 4\nbands = 3\nheader offset = 0\ndata type = 4\ninterleave = bsq\nbyte order = 0\n"
        f"{units}wavelength = {{{values}}}\n"
    )
    assert told(str(path)) == pytest.approx((0.665, 0.56, 0.49))
    assert told(str(path), bands=[3, 1]) == pytest.approx((0.49, 0.665))


def test_wavelengths_are_read_from_gdals_imagery_domain_of_all_bands_or_none(tmp_path: Path) -> None:
    path = make_raster(tmp_path / "x.tif", np.zeros((2, 8, 8), np.uint8))
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(1, ns="IMAGERY", CENTRAL_WAVELENGTH_UM="0.665")
    assert told(path) is None
    assert told(path, bands=[1]) == (0.665,)
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(2, ns="IMAGERY", CENTRAL_WAVELENGTH_UM="2.19")
    assert told(path) == (0.665, 2.19)


def test_pixels_in_metres(tmp_path: Path) -> None:
    def side(crs: str | None, transform: Affine) -> float | None:
        with open_source(
            make_raster(tmp_path / "x.tif", np.zeros((1, 8, 8), np.uint8), crs=crs, transform=transform)
        ) as source:
            return orders.metres(source)

    assert side("EPSG:32631", Affine(10, 0, 5e5, 0, -10, 5e6)) == pytest.approx(10)
    assert side("EPSG:32631", Affine(6, 8, 5e5, 8, -6, 5e6)) == pytest.approx(10)
    assert side("EPSG:2263", Affine(1, 0, 1e6, 0, -1, 2e5)) == pytest.approx(0.3048, rel=1e-4)
    assert side("EPSG:4326", Affine(1e-4, 0, 5, 0, -1e-4, 60)) == pytest.approx(11.12 * 0.5**0.5, rel=0.01)
    assert side(None, Affine(10, 0, 0, 0, -10, 0)) is None


def test_layers_are_read_from_a_list() -> None:
    assert orders.layers(None) == orders.layers(" ") == ()
    assert orders.layers("-2, -1") == (-2, -1)
    assert orders.layers("3;4") == (3, 4)
    for wrong in ("last", "0", "1.5", "1-2"):
        with pytest.raises(BadRequest, match="is no list of numbers"):
            orders.layers(wrong)


# ---- units of values

numbers = st.floats(-1e4, 1e4)
spreads = st.floats(1e-2, 1e4)


@settings(deadline=None)
@given(numbers, spreads, numbers, spreads, st.floats(-3, 3), st.floats(0.05, 3))
def test_a_matched_raster_has_the_mean_and_deviation_of_training(mean, std, there, spread, shift, share) -> None:
    """Whatever its unit: (value - mean) / std is distributed as the training images were."""
    band = Band("x", None, mean, std, (mean + shift * std, share * std))
    found = matched(Normaliser((there,), (spread,), "raster"), [band])
    values = np.array([there - spread, there + spread])
    fed = (values - found.mean[0]) / found.std[0]
    assert fed.mean() == pytest.approx(shift, rel=1e-3, abs=1e-3)
    assert fed.std() == pytest.approx(share, rel=1e-3, abs=1e-3)


def test_without_more_known_matching_is_standardising() -> None:
    found = Normaliser((7.0, 8.0), (2.0, 3.0), "raster")
    assert matched(found, [Band("a", None, 0.5, 0.2), Band("b", None, -12, 5)]) == found


@pytest.mark.parametrize("name", [name for name, card in ALL.items() if card.values != "8-bit" and card.bands])
def test_units_are_told_apart_by_statistics(name: str) -> None:
    bands = ALL[name].bands
    usual = [band.seen or (band.mean, band.std) for band in bands]
    own = Normaliser(*zip(*usual), "raster")
    assert alike(own, bands)
    assert alike(
        Normaliser(tuple(mean + std for mean, std in usual), tuple(1.5 * std for _, std in usual), "raster"), bands
    )
    for scale in (1e-4, 1 / 39, 50, 1e4):
        other = Normaliser(tuple(mean * scale for mean in own.mean), tuple(std * scale for std in own.std), "raster")
        assert not alike(other, bands)
    assert in_own_units(bands).std == tuple(band.std for band in bands)


def test_landsat_in_reflectances_is_not_taken_for_its_digital_numbers() -> None:
    bands = ALL["SSL4EO Landsat 7 SR ViT-S/16"].bands
    # of a scene of Landsat in the Amazon, as reflectance x 10000
    mean, std = (846.0, 1142.0, 1197.0, 2997.0, 1900.0, 1000.0), (874.0, 998.0, 1176.0, 629.0, 700.0, 600.0)
    assert not alike(Normaliser(mean, std, "raster"), bands)
    numbers = Normaliser(tuple((m / 1e4 + 0.2) / 0.0000275 for m in mean), tuple(s / 0.275 for s in std), "raster")
    assert alike(numbers, bands)


def test_linear_radar_is_not_taken_for_decibels() -> None:
    bands = ALL["SSL4EO Sentinel-1 ViT-S/16 MAE"].bands
    assert alike(Normaliser((-10.0, -17.0), (4.0, 5.0), "raster"), bands)
    assert not alike(Normaliser((0.1, 0.02), (0.1, 0.03), "raster"), bands)


# ---- whole runs


@pytest.mark.parametrize(
    ("scale", "dtype", "origin"), [(1, "uint16", "encoder"), (1e-4, "float32", "raster"), (5, "uint16", "raster")]
)
def test_a_scene_gives_the_same_features_in_any_unit(tmp_path: Path, scale: float, dtype: str, origin: str) -> None:
    card = ALL["SSL4EO Sentinel-2 ViT-S/16 DINO"]
    own = small_vit(tmp_path)
    plain = encode(scene(tmp_path / "s2.tif"), tmp_path / "plain.tif", card, weights=str(own), tile=96, overlap=0)
    other = encode(
        scene(tmp_path / "other.tif", scale=scale, dtype=dtype), tmp_path / "other_f.tif", card,
        weights=str(own), tile=96, overlap=0,
    )  # fmt: skip
    assert json.loads(tag(other, "statistics"))["origin"] == origin
    here, there = read(plain), read(other)
    assert here.shape == (32, 6, 6)
    # statistics are known up to what the sample of a small scene tells
    near = (here * there).sum(0) / np.linalg.norm(here, axis=0) / np.linalg.norm(there, axis=0)
    assert near.min() > 0.99


def test_constants_are_used_as_they_are_where_asked(tmp_path: Path) -> None:
    card = ALL["SSL4EO Sentinel-2 ViT-S/16 DINO"]
    own = str(small_vit(tmp_path))
    source = scene(tmp_path / "s2.tif", scale=3)
    asked = encode(source, tmp_path / "a.tif", card, weights=own, tile=96, normalisation="encoder")
    statistics = json.loads(tag(asked, "statistics"))
    assert (statistics["mean"], statistics["std"]) == ([0.0] * 13, [10_000.0] * 13)
    matched_too = encode(source, tmp_path / "b.tif", card, weights=own, tile=96, normalisation="raster")
    assert json.loads(tag(matched_too, "statistics"))["origin"] == "raster"


def test_dofa_encodes_a_cube_by_the_wavelengths_of_its_header_or_of_the_request(tmp_path: Path) -> None:
    card = ALL["DOFA ViT-B/16"]
    _, own = tiny.dofa(card, tmp_path, 64)
    data = np.random.default_rng(1).normal(size=(4, 70, 90)).astype(np.float32)
    silent = make_raster(tmp_path / "silent.tif", data)
    with pytest.raises(BadRequest, match="must know the wavelengths of the 4 bands"):
        encode(silent, tmp_path / "x.tif", card, weights=str(own), tile=64)
    assert not (tmp_path / "x.tif").exists()
    waves = (0.665, 0.56, 0.49, 0.842)
    asked = encode(silent, tmp_path / "a.tif", card, weights=str(own), tile=64, wavelengths=", ".join(map(str, waves)))
    speaking = make_raster(tmp_path / "speaking.tif", data)
    with rasterio.open(speaking, "r+") as ds:
        for band, wave in enumerate(waves, 1):
            ds.update_tags(band, ns="IMAGERY", CENTRAL_WAVELENGTH_UM=wave)
    read_too = encode(speaking, tmp_path / "b.tif", card, weights=str(own), tile=64)
    assert read(asked).shape == (32, 5, 6)
    np.testing.assert_array_equal(read(asked), read(read_too))
    other = encode(silent, tmp_path / "c.tif", card, weights=str(own), tile=64, wavelengths="0.49, 0.56, 0.665, 2.19")
    assert not np.allclose(read(asked), read(other), atol=1e-3)


def test_scale_mae_is_told_the_pixels_that_it_is_fed(tmp_path: Path) -> None:
    card = ALL["Scale-MAE ViT-L/16"]
    seen = []

    class Listening(card):  # type: ignore[misc, valid-type]
        def build(self, order: Any) -> Any:
            seen.append(order.metres)
            return super().build(order)

    _, own = tiny.scale_mae(card, tmp_path, 64)
    source = make_raster(tmp_path / "rgb.tif", np.random.default_rng(0).integers(0, 255, (3, 64, 64), np.uint8))
    for enlarge in (1, 2):
        encode(source, tmp_path / f"{enlarge}.tif", Listening, weights=str(own), tile=64, enlarge=enlarge)
    assert seen == pytest.approx([10, 5])


@pytest.mark.parametrize(("name", "features"), [("bands", 13), ("window statistics", 156)])
def test_baselines_run_on_any_raster_without_weights(tmp_path: Path, name: str, features: int) -> None:
    made = encode(scene(tmp_path / "s2.tif", 100), tmp_path / "f.tif", ALL[name], tile=64)
    found = read(made)
    assert found.shape == (features, 13, 13)
    assert np.isfinite(found).all()
    if name == "bands":
        with rasterio.open(tmp_path / "s2.tif") as ds:
            data = ds.read().astype(np.float64)
        data = (data - data.mean((1, 2), keepdims=True)) / data.std((1, 2), keepdims=True)
        expected = data[:, :96, :96].reshape(13, 12, 8, 12, 8).mean((2, 4))
        np.testing.assert_allclose(found[:, :12, :12], expected, atol=1e-4)


def test_layers_reach_the_network(tmp_path: Path) -> None:
    card = ALL["SSL4EO Sentinel-2 ResNet-50 DINO"]
    arguments = {"layers": [1, 1, 1, 1], "channels": [8, 8, 16, 16]}
    torch.manual_seed(0)
    own = tmp_path / "resnet.pth"
    torch.save(timm.create_model("resnet50", in_chans=13, **arguments).state_dict(), own)
    own.with_suffix(".json").write_text(json.dumps({"architecture": "resnet50", "model_args": arguments}))
    source = scene(tmp_path / "s2.tif", 64)
    shapes = {None: (64, 4, 4), "-1": (64, 2, 2), "2": (32, 16, 16), "-1, -2": (128, 4, 4)}
    for text, shape in shapes.items():
        made = encode(source, tmp_path / "f.tif", card, encoder=card.id, weights=str(own), tile=64, layers=text)
        assert read(made).shape == shape, text
    # features of other layers mean something else, even where they are as many
    first, second = (
        encode(source, tmp_path / f"{n}.tif", card, encoder=card.id, weights=str(own), tile=64, layers=n)
        for n in ("4", "5")
    )
    with open_source(first) as one, open_source(second) as other:
        with pytest.raises(BadRaster, match=r"features of layers 5 of .* those of layers 4 are needed"):
            read_contract(one).check(read_contract(other), "second")
    with pytest.raises(BadRequest, match="has 5 layers, and layers = 9"):
        encode(source, tmp_path / "g.tif", card, encoder=card.id, weights=str(own), tile=64, layers="9")


def test_converted_networks_of_other_layers_or_wavelengths_are_kept_apart(tmp_path: Path) -> None:
    from iamap.engine.backends import measure

    card = ALL["SSL4EO Sentinel-2 ViT-S/16 DINO"]
    own = small_vit(tmp_path)
    keys = [measure.digest(tiny.built(card, own, tile=64, layers=layers)) for layers in ((2,), (-1,), (), (1, 2), (1,))]
    assert keys[0] == keys[1] and len(set(keys[1:])) == 4
    card = ALL["DOFA ViT-B/16"]
    _, own = tiny.dofa(card, tmp_path, 64)
    waves = ((0.5, 0.6), (0.5, 0.7), (0.5, 0.6))
    keys = [measure.digest(tiny.built(card, own, tile=64, wavelengths=told)) for told in waves]
    assert keys[0] == keys[2] != keys[1]


# ---- what the name of a file tells of its hash


def test_the_beginning_of_the_hash_in_a_files_name_is_checked(hub, cache) -> None:
    content = b"weights" * 1000
    begins = hashlib.sha256(content).hexdigest()[:8]
    good, bad = f"small-{begins}.pth", "small-00000000.pth"
    for name in (good, bad):
        hub.files[f"torchgeo/tiny/{name}"] = content
    assert HubFile("torchgeo/tiny", good, None, None, 1, "MIT").sha256_begins == begins
    assert HubFile("torchgeo/tiny", "B2_vits16_mae_ep99_enc.pth", None, None, 1, "MIT").sha256_begins == ""
    path, sha = weights.find(HubFile("torchgeo/tiny", good, None, None, 1, "MIT"), None, True, context())
    assert path is not None and sha.startswith(begins)
    with pytest.raises(BadWeights, match=f"begins with {sha[:12]}, not 00000000"):
        weights.find(HubFile("torchgeo/tiny", bad, None, None, 1, "MIT"), None, True, context())
