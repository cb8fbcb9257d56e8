"""First weights of trained networks, for other bands than they were trained with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the engine environment")

import safetensors.torch  # noqa: E402
import timm  # noqa: E402
import tiny_sensors  # noqa: E402
from fitting import SIX, Photo, refused, run  # noqa: E402
from fitting import six_fixture as _six  # noqa: E402, F401
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.contract.networks import Network, Order  # noqa: E402
from iamap.encoders import Encoder, encoders  # noqa: E402
from iamap.engine.inputs import first_weights  # noqa: E402
from timm.models._manipulate import adapt_input_conv  # noqa: E402


@pytest.mark.parametrize("given_bands", range(1, 15))
def test_repeated_weights_are_those_of_timm(given_bands: int) -> None:
    weight = torch.randn(4, 3, 2, 2)
    matrix = torch.from_numpy(first_weights.share(3, "repeated", range(given_bands), given_bands))
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
        assert all(np.flatnonzero(row).tolist() == [band] for row, band in zip(matrix, served))
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


def small(encoder: str, folder: Path) -> tuple[Encoder, Order]:
    """A small network of that card with random weights, and an order for five bands."""
    card = encoders()[encoder]
    if encoder in ("Scale-MAE ViT-L/16", "Satlas Sentinel-2 Swin-B", "CROMA Sentinel-2 ViT-B/8"):
        make = {"Sc": tiny_sensors.scale_mae, "Sa": tiny_sensors.satlas, "CR": tiny_sensors.croma}[encoder[:2]]
        path = make(card, folder)[1]
    else:
        sizes: dict[str, Any] = {"embed_dim": 32, "depth": 2, "num_heads": 2} if "vit" in card.model else {}
        sizes |= {"neck_chans": 16, "global_attn_indexes": [1]} if "samvit" in card.model else {}
        model = timm.create_model(card.model, in_chans=len(card.bands), **sizes)
        path = folder / "small.safetensors"
        safetensors.torch.save_file(tiny_sensors.shaken(model).state_dict(), path)
        about = {"architecture": card.model.split(".")[0], "model_args": sizes}
        path.with_suffix(".json").write_text(json.dumps(about))
    tile = 128 if encoder == "SAM ViT-B/16" else None
    return card(), Order(5, tile, str(path), None, lambda count, side: None, 0, metres=10.0)


@pytest.mark.parametrize(
    "encoder",
    ["DINO ViT-S/16", "DINOv2 ViT-S/14 with registers", "DINOv3 ViT-S/16", "SAM ViT-B/16", "PE-spatial ViT-T/16",
     "MobileNetV2", "SSL4EO Sentinel-2 ViT-S/16 DINO", "Scale-MAE ViT-L/16", "Satlas Sentinel-2 Swin-B"],
)  # fmt: skip
def test_networks_of_all_kinds_take_other_bands(encoder: str, tmp_path: Path) -> None:
    """Five times the same band is what the network's own bands would be if they were all the same."""
    card, order = small(encoder, tmp_path)
    own = card.build(replace(order, bands=len(card.bands)))
    made = first_weights.build(card, order, "averaged", card.bands, [])
    assert (made.bands, made.dim, made.patch, made.tile) == (5, own.dim, own.patch, own.tile)
    image = torch.randn(1, 1, own.tile, own.tile)
    with torch.inference_mode():
        expected = own.module(image.expand(-1, len(card.bands), -1, -1))
        torch.testing.assert_close(made.module(image.expand(-1, 5, -1, -1)), expected, atol=1e-4, rtol=1e-3)
        other = made.module(torch.randn(1, 5, own.tile, own.tile))
    assert not torch.equal(other, expected)


def test_networks_that_begin_otherwise_are_left_alone(tmp_path: Path) -> None:
    card, order = small("CROMA Sentinel-2 ViT-B/8", tmp_path)
    with pytest.raises(BadRequest, match="one convolution over all of its bands"):
        first_weights.build(card, order, "averaged", card.bands, [])


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
