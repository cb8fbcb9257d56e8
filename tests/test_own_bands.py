"""Own weights: how many bands they are for is known before anything is built, and decides how a raster is fitted to them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
import safetensors.torch  # noqa: E402
import timm  # noqa: E402
from fitting import SIX, Photo, refused, run  # noqa: E402
from fitting import six_fixture as _six  # noqa: E402, F401
from iamap.contract.networks import RADAR  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.engine.inputs.fitted import fit  # noqa: E402
from iamap.engine.inputs.known import Known  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from rasterio.enums import ColorInterp  # noqa: E402

CARD = encoders()["timm model by name"]()
VIT = {"img_size": 64, "patch_size": 8, "embed_dim": 24, "depth": 1, "num_heads": 2, "num_classes": 0}


def own(path: Path, bands: int = 3, told: bool = True) -> str:
    """A transformer of one block, with the JSON beside it that names its class; *told*: and its number of bands."""
    torch.manual_seed(0)
    model = timm.models.vision_transformer.VisionTransformer(**VIT, in_chans=bands)
    safetensors.torch.save_file(model.state_dict(), path)
    about = {"arch": "timm.models.vision_transformer.VisionTransformer", "args": {**VIT, "global_pool": "token"}}
    about["args"] |= {"in_chans": bands} if told else {}
    path.with_suffix(".json").write_text(json.dumps(about), "utf-8")
    return str(path)


def fitted(weights: str | None, count: int, known: Known, tmp_path: Path, card: Any = CARD) -> Any:
    path = making.make_raster(tmp_path / f"{count}.tif", making.texture(40, 40, count))
    asked = {"encoder": CARD.id, "weights": weights, "model": None if weights else "test_vit"}
    job = making.Encode.make({"input": path, "output": str(tmp_path / "o.tif"), **asked})
    with open_source(path) as source:
        return fit(job, card, source, known, making.context())


def unknown(count: int, sensor: str = "") -> Known:
    return Known(sensor, ("",) * count, (None,) * count, "", "")


@pytest.mark.parametrize("bands", [1, 3, 5])
@pytest.mark.parametrize("name, prefix", [("test_vit", ""), ("test_convnext", "backbone."), ("test_resnet", "module.")])
def test_bands_of_own_weights_are_told_by_their_shapes(tmp_path: Path, bands: int, name: str, prefix: str) -> None:
    state = timm.create_model(name, in_chans=bands).state_dict()
    state = {prefix + key: value.contiguous() for key, value in state.items()}
    safetensors.torch.save_file(state, tmp_path / "own.safetensors")
    torch.save({"state_dict": state}, tmp_path / "own.pth")
    assert CARD.own_bands(str(tmp_path / "own.safetensors"), name) == bands
    assert CARD.own_bands(str(tmp_path / "own.pth"), name) == bands


def test_of_a_safetensors_file_no_tensor_is_read(tmp_path: Path, monkeypatch: Any) -> None:
    path = own(tmp_path / "w.safetensors", 4, told=False)
    monkeypatch.setattr(safetensors.torch, "load_file", None)
    assert CARD.own_bands(path, None) == 4


@pytest.mark.parametrize("content", [b"", b"123", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0[]"])
def test_of_damaged_weights_nothing_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    assert CARD.own_bands(str(tmp_path / "w.safetensors"), "test_vit") is None
    assert CARD.own_bands(str(tmp_path / "gone.pth"), "test_vit") is None


@pytest.mark.parametrize("told", [True, False])
def test_weights_of_three_bands_get_those_of_photos_by_wavelength(tmp_path: Path, six: str, told: bool) -> None:
    weights = own(tmp_path / "w.safetensors", told=told)
    given = {"encoder": CARD.id, "weights": weights}
    found = run(six, tmp_path, CARD, **given, wavelengths=SIX)
    assert making.tag(tmp_path / "out.tif", "bands") == "[3, 2, 1]"
    np.testing.assert_array_equal(found, run(six, tmp_path, CARD, **given, bands=[3, 2, 1]))


@pytest.mark.parametrize("fourth", [ColorInterp.undefined, ColorInterp.alpha], ids=lambda one: one.name)
@pytest.mark.parametrize("bands, used", [(3, [1, 2, 3]), (4, [1, 2, 3, 4])])
def test_what_becomes_of_four_bands_is_told_in_one_sentence(
    tmp_path: Path, caplog: Any, bands: int, used: list[int], fourth: ColorInterp
) -> None:
    """Red, green and blue by their colours alone, and a band that nothing names: which are taken, why, and what changes it."""
    caplog.set_level(logging.INFO)
    path = making.make_raster(tmp_path / "four.tif", making.texture(90, 80, 4), photometric="RGB")
    with rasterio.open(path, "r+") as ds:
        ds.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, fourth]
    weights = own(tmp_path / "w.safetensors", bands)
    making.encode(path, tmp_path / "o.tif", encoder=CARD.id, weights=weights, backend="torch")
    assert making.tag(tmp_path / "o.tif", "bands") == str(used)
    said = [record.getMessage() for record in caplog.records if record.name.endswith("inputs.fitted")]
    parts = {
        3: ("red = band 1", "green = band 2", "blue = band 3", "from the colours of the bands", "leaves out band 4:"),
        4: ("w.safetensors are for 4 bands", "get bands 1, 2, 3, 4 of"),
    }
    assert len(said) == 1 and [part for part in (*parts[bands], "`bands`") if part not in said[0]] == []


def test_weights_of_other_bands_are_left_as_they_are(tmp_path: Path) -> None:
    known = Known("", ("",) * 4, (0.49, 0.56, 0.66, 0.83), "", "")
    assert fitted(own(tmp_path / "w.safetensors", 4), 4, known, tmp_path).source.bands == [1, 2, 3, 4]


def test_where_nothing_is_known_all_ways_are_named(tmp_path: Path, six: str) -> None:
    error = refused(six, tmp_path, CARD, encoder=CARD.id, weights=own(tmp_path / "w.safetensors"))
    assert "3 bands, 6 given" in str(error)
    for way in ("by wavelength", "principal components", "repeated", "averaged"):
        assert way in error.hint


@pytest.mark.parametrize("sensor", ["", "Elevation"])
def test_one_band_stands_for_three_of_own_weights(tmp_path: Path, caplog: Any, sensor: str) -> None:
    caplog.set_level(logging.INFO)
    found = fitted(own(tmp_path / "w.safetensors"), 1, unknown(1, sensor), tmp_path)
    assert found.source.bands == [1, 1, 1] and "as red, green, blue" in caplog.text
    assert ("`terrain`" in caplog.text) == (sensor == "Elevation")


def test_one_band_is_given_once_to_weights_for_one(tmp_path: Path) -> None:
    assert fitted(own(tmp_path / "w.safetensors", 1), 1, unknown(1), tmp_path).source.bands == [1]


@pytest.mark.parametrize("card", [CARD, Photo()], ids=["own weights", "card for photos"])
def test_radar_is_given_to_networks_for_photos_with_a_word(tmp_path: Path, caplog: Any, card: Any) -> None:
    waves = (RADAR["VV"], RADAR["VH"], None)
    weights = own(tmp_path / "w.safetensors")
    fitted(weights, 3, Known("Sentinel-1", ("VV", "VH", ""), waves, "", ""), tmp_path, card)
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "bands 1 (VV), 2 (VH) of" in said and "are radar" in said
    caplog.clear()
    fitted(weights, 3, unknown(3), tmp_path, card)
    assert "radar" not in caplog.text
