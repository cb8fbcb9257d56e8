"""Encoders of one sensor that are plain networks of timm, convolutional ones, layers, and the two baselines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import numpy as np  # noqa: E402
import timm  # noqa: E402
from iamap.contract.errors import BadRequest, BadWeights  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.encoders._timm import TimmEncoder, TimmNetwork  # noqa: E402
from iamap.encoders._torchgeo import TorchgeoEncoder  # noqa: E402
from iamap.engine.backends.torch_runner import TorchRunner  # noqa: E402
from scipy import ndimage  # noqa: E402
from tiny_networks import ANY, WEIGHTS, needs_weights, order  # noqa: E402

ALL = encoders()
PLAIN = {
    name: card for name, card in ALL.items() if issubclass(card, TimmNetwork) and not issubclass(card, TimmEncoder)
}
BEYOND = {name: card for name, card in ALL.items() if card in PLAIN.values() or issubclass(card, TorchgeoEncoder)}
SENSORS = {name: card for name, card in PLAIN.items() if card.values != "8-bit"}
each = pytest.mark.parametrize("name", PLAIN)


def small(model: str) -> dict[str, Any]:
    """Arguments that shrink a network of timm."""
    if model.startswith("vit"):
        return {"embed_dim": 32, "depth": 2, "num_heads": 2}
    if model.startswith("resnet"):
        return {"layers": [1, 1, 1, 1], "channels": [8, 8, 16, 16]}
    if model.startswith("convnext"):
        return {"depths": [1, 1, 1, 1], "dims": [8, 16, 24, 32]}
    return {}


def published(card: Any, folder: Path, tile: int | None = None, **more: Any) -> tuple[Any, Path]:
    """A small network as torchgeo or timm makes it, and the file that would be published of it."""
    torch.manual_seed(5)
    arguments = small(card.model)
    size = {"img_size": tile} if tile and card.model.startswith("vit") else {}
    size = size or ({"img_size": 224} if card.model.startswith("vit") else {})
    # the architecture is timm's, as in torchgeo's functions of the same name
    model = timm.create_model(card.model.split(".")[0], in_chans=len(card.bands), **arguments, **size, **more).eval()
    for part in model.parameters():
        if part.ndim < 2 or part.shape[0] == 1:
            torch.nn.init.normal_(part, mean=0.5, std=0.3)
    path = folder / "published.pth"
    torch.save(model.state_dict(), path)
    path.with_suffix(".json").write_text(
        json.dumps({"architecture": card.model.split(".")[0], "model_args": arguments})
    )
    return model, path


def built(card: Any, path: Path, tile: int | None = None, **more: Any) -> Any:
    bare = order(path, len(card.bands), tile)
    return card().build(type(bare)(**{**vars(bare), **more}))


# ---- facts


@each
def test_declared_facts_are_those_of_the_architecture(name: str) -> None:
    card = PLAIN[name]
    vit = card.model.startswith("vit")
    with torch.device("meta"):
        model = timm.create_model(
            card.model, num_classes=0, in_chans=len(card.bands), **({"img_size": card.tile} if vit else {})
        )
    assert card.parameters == pytest.approx(sum(p.numel() for p in model.parameters()) / 1e6, abs=0.06)
    held = sum(t.numel() * 4 for t in model.state_dict().values()) / 1e6
    assert card.hub is not None and held - 1 <= card.hub.megabytes <= held + 9
    stages = [model.feature_info[layer] for layer in card.layers or (-1,)]
    assert card.dim == sum(stage["num_chs"] for stage in stages)
    assert card.patch == min(stage["reduction"] for stage in stages)
    if card not in SENSORS.values():
        config = timm.get_pretrained_cfg(card.model)
        assert (card.hub.repo, tuple(b.mean for b in card.bands)) == (config.hf_hub_id, config.mean)
        assert tuple(b.std for b in card.bands) == config.std
        loud = {"cc-by-nc-4.0": "NO COMMERCIAL USE", "dinov3-license": "NOT an open-source", "apache-2.0": "Apache"}
        assert loud[config.license] in card.hub.licence


@pytest.mark.parametrize("name", BEYOND)
def test_every_file_is_pinned_and_its_address_is_one_that_torchgeo_names(name: str) -> None:
    import torchgeo.models as models

    hub = BEYOND[name].hub
    assert hub is not None
    if hub.repo.startswith("timm/"):
        return
    if hub.repo.startswith(("ibm-nasa-geospatial/", "nasaharvest/")):
        return  # torchgeo 0.8.1 does not name them
    known = {
        re.sub(r"^https://(hf\.co|huggingface\.co)/", "", weights.url)
        for kind in vars(models).values()
        if isinstance(kind, type) and kind.__name__.endswith("_Weights")
        for weights in kind
    }
    assert f"{hub.repo}/resolve/{hub.revision}/{hub.name}" in known
    assert hub.sha256 is None or hub.sha256.startswith(hub.sha256_begins)
    assert (hub.sha256_begins != "") == bool(re.search(r"-[0-9a-f]{8}\.", hub.name))


def test_what_builds_networks_is_not_loaded_for_a_list_of_encoders() -> None:
    boot = Path(__file__).resolve().parents[1] / "worker" / "boot.py"
    code = f"""
import runpy, sys
runpy.run_path({str(boot)!r})["load"]()
before = set(sys.modules)
from iamap.encoders import encoders
print(len(encoders()), *(name for name in sys.modules if name not in before))
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    count, *loaded = done.stdout.split()
    assert int(count) == len(ALL)
    assert "iamap.encoders.dofa" in loaded
    for name in ("_network", "_state", "_dense"):
        assert f"iamap.encoders.{name}" not in loaded
    assert not {"torch", "numpy", "timm", "torchgeo"} & set(loaded)


def test_every_licence_is_told_and_what_it_asks_for() -> None:
    told = {name: card.hub.licence for name, card in ALL.items() if card.hub}
    asks = {"CC-BY-4.0": "name its authors", "ODC-BY": "name its authors", "-NC": "NO COMMERCIAL USE"}
    for name, licence in told.items():
        assert "not stated" not in licence, name
        assert all(duty in licence for short, duty in asks.items() if short in licence), name
    assert "NO COMMERCIAL USE" in told["Scale-MAE ViT-L/16"]
    # what is said loudly in the list is said of the encoder too
    assert "not for commercial use" in (ALL["Scale-MAE ViT-L/16"].__doc__ or "").lower()


@pytest.mark.parametrize("name", SENSORS)
def test_constants_and_bands_are_those_of_torchgeo(name: str) -> None:
    import torchgeo.models as models

    card = SENSORS[name]
    assert card.hub is not None
    weights = next(
        weights
        for kind in vars(models).values()
        if isinstance(kind, type) and kind.__name__.endswith("_Weights")
        for weights in kind
        if weights.url.endswith(card.hub.name)
    )
    assert weights.meta["model"] == card.model
    theirs = [
        band.lower().replace("b6_vcid_1", "b6 low gain").replace("b6_vcid_2", "b6 high gain")
        for band in weights.meta["bands"]
    ]
    assert [band.name.lower().removesuffix(" cirrus").removesuffix(" panchromatic") for band in card.bands] == theirs
    (normalise,) = [step for step in weights.transforms if type(step).__name__ == "Normalize"]
    if "Landsat" in name:
        # torchgeo's are of values that had been squeezed into 8 bits before
        assert (list(normalise.mean), list(normalise.std)) == ([0], [255])
        return
    count = len(card.bands)
    for ours, found in (("mean", normalise.mean), ("std", normalise.std)):
        assert [getattr(band, ours) for band in card.bands] == pytest.approx(list(found) * (count // len(found)))


# ---- networks


@each
def test_features_are_those_of_timm(name: str, tmp_path: Path) -> None:
    card = PLAIN[name]
    tile = card.patch * 4
    theirs, path = published(card, tmp_path, tile)
    network = built(card, path, tile)
    assert network.patch == card.patch and network.bands == len(card.bands)
    x = torch.randn(2, network.bands, tile, tile)
    with torch.inference_mode():
        found, tokens = network.module(x), theirs.forward_features(x)
    cells = tile // card.patch
    assert found.shape == (2, network.dim, cells, cells) and torch.isfinite(found).all()
    if tokens.ndim == 3:
        inside = tokens[:, theirs.num_prefix_tokens :].transpose(1, 2).unflatten(2, (cells, cells))
        torch.testing.assert_close(found, inside, atol=1e-5, rtol=1e-4)
        return
    with torch.inference_mode():
        last = built(card, path, tile, layers=(-1,)).module(x)
    pooled = last.mean((2, 3))
    if hasattr(theirs, "head") and hasattr(theirs.head, "norm"):
        pooled = theirs.head.norm(pooled[..., None, None])[..., 0, 0]
        tokens = theirs.head.norm(tokens.mean((2, 3), keepdim=True))
    with torch.inference_mode(False):
        expected = tokens.mean((2, 3)).clone()
    if last.shape[1] == expected.shape[1]:
        torch.testing.assert_close(pooled, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name, card in PLAIN.items() if card.model.startswith("vit")])
def test_positions_of_224_pixels_serve_other_tiles(name: str, tmp_path: Path) -> None:
    card = PLAIN[name]
    _, path = published(card, tmp_path, 224)
    tile = card.patch * 6
    with torch.inference_mode():
        found = built(card, path, tile).module(torch.zeros(1, len(card.bands), tile, tile))
    assert found.shape == (1, 32, 6, 6) and torch.isfinite(found).all() and found.std() > 0.01


@pytest.mark.parametrize("name", {card.model: name for name, card in PLAIN.items()}.values())
def test_a_wrong_file_is_refused(name: str, tmp_path: Path) -> None:
    card = PLAIN[name]
    _, path = published(card, tmp_path)
    state = torch.load(path, weights_only=True)
    heads = ("head.", "fc.", "classifier.", "conv_head.", "bn2.")
    gone = [key for key in state if key.endswith("weight") and not key.startswith(heads)][-1]
    state["strange.weight"] = state.pop(gone)
    torch.save(state, path)
    with pytest.raises(BadWeights, match=rf"does not fit .*lacks {re.escape(gone)}"):
        built(card, path, card.patch * 8)
    with pytest.raises(BadRequest, match=r"takes \d+ bands .* 5 given"):
        card().build(order(path, 5))


@pytest.mark.parametrize("model", ["test_resnet", "test_convnext", "test_efficientnet", "test_vit"])
def test_layers_are_chosen_by_number_and_put_behind_one_another(model: str, tmp_path: Path) -> None:
    torch.manual_seed(2)
    theirs = timm.create_model(model, num_classes=0).eval()
    path = tmp_path / "model.pth"
    torch.save(theirs.state_dict(), path)
    count = len(theirs.feature_info)

    def network(*layers: int, tile: int = 128) -> Any:
        bare = order(path, 3, tile, model)
        return ANY().build(type(bare)(**{**vars(bare), "layers": layers}))

    x = torch.randn(1, 3, 128, 128)
    with torch.inference_mode():
        maps = theirs.forward_intermediates(x, norm=True, intermediates_only=True)
        for layer in (1, count, -1, -2):
            found = network(layer)
            expected = maps[layer - 1 if layer > 0 else layer]
            torch.testing.assert_close(found.module(x), expected, atol=1e-5, rtol=1e-5)
            assert (found.dim, found.patch) == (expected.shape[1], 128 // expected.shape[2])
        both = network(-1, -2)
        found = both.module(x)
    assert both.patch == 128 // maps[-2].shape[-1]
    assert found.shape[1] == both.dim == maps[-1].shape[1] + maps[-2].shape[1]
    # each map weighs the same, whatever its numbers
    first, second = found[:, : maps[-2].shape[1]], found[:, maps[-2].shape[1] :]
    torch.testing.assert_close(first.mean(1), torch.zeros_like(first.mean(1)), atol=1e-4, rtol=0)
    assert first.std() == pytest.approx(1, abs=0.05) and 0.5 < second.std() <= 1.05
    with pytest.raises(BadRequest, match=f"has {count} layers, and layers = {count + 1}"):
        network(count + 1)


@needs_weights
def test_mobilenet_with_real_weights_gives_its_stages(tmp_path: Path) -> None:
    card = ALL["MobileNetV2"]
    path = tmp_path / "mobilenet.safetensors"
    path.write_bytes((WEIGHTS / "mobilenetv2_100_in1k_fp16.safetensors").read_bytes())
    network = built(card, path)
    assert (network.dim, network.patch, network.tile) == (416, 16, 224)
    # half of the picture is bright: features tell the halves apart
    x = torch.randn(1, 3, 224, 224) * 0.1
    x[..., 112:] += 2
    with torch.inference_mode():
        found = network.module(x)[0].flatten(1).T
    left = torch.arange(196) % 14 < 6
    right = torch.arange(196) % 14 > 7
    middle_left, middle_right = found[left].mean(0), found[right].mean(0)
    nearer = (found[left] - middle_left).norm(dim=1) < (found[left] - middle_right).norm(dim=1)
    assert nearer.all()


# ---- baselines


def test_bands_are_the_means_of_cells() -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 64, 64)).astype(np.float32)
    network = ALL["bands"]().build(order(None, 5, 64))
    assert (network.dim, network.patch) == (5, 8)
    found = network.module(torch.from_numpy(x)).numpy()
    assert found == pytest.approx(x.reshape(2, 5, 8, 8, 8, 8).mean((3, 5)), abs=1e-6)


@pytest.mark.parametrize("far", [0.0, 1e4])
def test_window_statistics_are_those_of_scipy(far: float) -> None:
    x = np.random.default_rng(0).normal(size=(2, 64, 64)) + far
    network = ALL["window statistics"]().build(order(None, 2, 64))
    assert (network.dim, network.patch) == (24, 8)
    found = network.module(torch.from_numpy(x[None].astype(np.float32))).numpy()[0]
    expected = []
    around = np.pad(x, ((0, 0), (1, 1), (1, 1)), "edge")
    slopes = (
        np.abs(around[:, 1:-1, 2:] - around[:, 1:-1, :-2]) / 2,
        np.abs(around[:, 2:, 1:-1] - around[:, :-2, 1:-1]) / 2,
    )
    for side in (3, 9, 27):
        box = (0, side, side)
        mean = ndimage.uniform_filter(x, box, mode="nearest")
        square = ndimage.uniform_filter((x - far) ** 2, box, mode="nearest") - (mean - far) ** 2
        expected += [mean, np.sqrt(square.clip(0))]
        expected += [ndimage.uniform_filter(slope, box, mode="nearest") for slope in slopes]
    cells = np.concatenate(expected).reshape(24, 8, 8, 8, 8).mean((2, 4))
    assert found == pytest.approx(cells, abs=5e-3 if far else 1e-4)


def test_baselines_take_any_bands_and_refuse_odd_tiles() -> None:
    for name in ("bands", "window statistics"):
        card = ALL[name]
        network = card().build(order(None, 1))
        assert network.dim == card.dim and network.tile == card.tile
        with pytest.raises(BadRequest, match="tile = 60 is not a multiple"):
            card().build(order(None, 1, 60))


@pytest.mark.parametrize("bands", [3, 4, 6, 12, 13])
def test_bfloat16_gives_the_same_features_whatever_the_number_of_bands(tmp_path: Path, bands: int) -> None:
    torch.manual_seed(0)
    path = tmp_path / "model.pth"
    torch.save(timm.create_model("test_vit", in_chans=bands, num_classes=0).state_dict(), path)
    network = ANY().build(order(path, bands, 96, "test_vit"))
    x = torch.randn(2, bands, 96, 96)
    with torch.inference_mode():
        exact = network.module(x)
    half = torch.from_numpy(TorchRunner(network, torch.device("cpu"), "bfloat16", None)(x.numpy()))
    assert torch.nn.functional.cosine_similarity(half, exact).min() > 0.99
