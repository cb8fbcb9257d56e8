"""Weights of all kinds, any timm model, real weights: what loads, and what is refused and how."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import safetensors.torch  # noqa: E402
import timm  # noqa: E402
from iamap.contract.errors import BadRequest, BadWeights, NoWeights  # noqa: E402
from iamap.encoders._timm import TimmEncoder  # noqa: E402
from tiny_networks import ANY, CARDS, WEIGHTS, needs_weights, order  # noqa: E402
from tiny_networks import tiny_fixture as _tiny  # noqa: E402, F401

# ---- files of all kinds

SMALL = CARDS["DINO ViT-S/16"]


def features(weights: Path, card: type[TimmEncoder] = SMALL, model: str | None = None) -> torch.Tensor:
    network = card().build(order(weights, tile=64, model=model))
    torch.manual_seed(1)
    with torch.inference_mode():
        return network.module(torch.randn(1, 3, 64, 64))


def with_json(path: Path, tiny_path: Path) -> Path:
    path.with_suffix(".json").write_text(tiny_path.with_suffix(".json").read_text())
    return path


def prefixed(prefix: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


def scrambled(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: torch.randn_like(tensor) for name, tensor in state.items()}


LAYOUTS = {
    "bare": lambda s: s,
    "state_dict": lambda s: {"state_dict": s, "epoch": 3},
    "model with options": lambda s: {"model": s, "args": argparse.Namespace(lr=0.1)},
    "DataParallel": lambda s: {"state_dict": prefixed("module.", s)},
    "compiled": lambda s: prefixed("_orig_mod.", s),
    "backbone": lambda s: prefixed("backbone.", s) | {"decode_head.conv.weight": torch.zeros(2, 2)},
    "encoder": lambda s: {"model": prefixed("encoder.", s) | {"decoder.0.weight": torch.zeros(2)}},
    "Lightning": lambda s: {"state_dict": prefixed("model.encoder.", s), "hyper_parameters": {"lr": 0.1}},
    "teacher and student": lambda s: {
        "student": prefixed("module.backbone.", scrambled(s)),
        "teacher": prefixed("backbone.", s) | {"head.mlp.0.weight": torch.zeros(2)},
    },
    "teacher and student in one": lambda s: prefixed("student.", scrambled(s)) | prefixed("teacher.", s),
    "masked autoencoder": lambda s: {
        "model": s | {"mask_token": torch.zeros(1, 1, 8), "decoder_pred.weight": torch.zeros(3)}
    },
    "classifier of seven classes": lambda s: s | {"head.weight": torch.zeros(7, 32), "head.bias": torch.zeros(7)},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
@pytest.mark.parametrize("suffix", [".pth", ".pt", ".bin"])
def test_layouts_of_training_scripts_load_alike(tiny, tmp_path: Path, layout, suffix: str) -> None:
    state = safetensors.torch.load_file(tiny(SMALL))
    path = with_json(tmp_path / f"own weights é{suffix}", tiny(SMALL))
    torch.save(layout(state), path)
    assert torch.equal(features(path), features(tiny(SMALL)))


def test_dinov2_as_meta_publishes_it_loads_like_timm_s(tiny, tmp_path: Path) -> None:
    card = CARDS["DINOv2 ViT-S/14 with registers"]
    state = safetensors.torch.load_file(tiny(card))
    first = torch.randn(1, 1, 32)
    original = {name.replace("reg_token", "register_tokens"): tensor for name, tensor in state.items()}
    original |= {
        "mask_token": torch.zeros(1, 32),
        "pos_embed": torch.cat([first, state["pos_embed"]], 1),
        "cls_token": state["cls_token"] - first,
    }
    path = with_json(tmp_path / "dinov2_vits14_reg4_pretrain.pth", tiny(card))
    torch.save(original, path)
    x = torch.randn(1, 3, 70, 70)
    here, there = (card().build(order(p, tile=70)).module(x) for p in (path, tiny(card)))
    assert torch.allclose(here, there, atol=1e-5)


def test_sam_as_meta_publishes_it_loads_like_timm_s(tiny, tmp_path: Path) -> None:
    card = CARDS["SAM ViT-B/16"]
    state = safetensors.torch.load_file(tiny(card))
    original = {"image_encoder." + name.replace("mlp.fc", "mlp.lin"): tensor for name, tensor in state.items()}
    path = with_json(tmp_path / "sam_vit_b.pth", tiny(card))
    torch.save(original | {"prompt_encoder.no_mask_embed.weight": torch.zeros(1, 8)}, path)
    x = torch.randn(1, 3, 96, 96)
    here, there = (card().build(order(p, tile=96)).module(x) for p in (path, tiny(card)))
    assert torch.equal(here, there)


def test_a_hub_style_folder_loads_as_card_and_by_name(tiny, tmp_path: Path) -> None:
    tiny_path = tiny(SMALL)
    about = json.loads(tiny_path.with_suffix(".json").read_text())
    (tmp_path / "config.json").write_text(
        json.dumps(about | {"pretrained_cfg": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}})
    )
    (tmp_path / "model.safetensors").write_bytes(tiny_path.read_bytes())
    expected = features(tiny_path)
    assert torch.equal(features(tmp_path), expected)
    assert torch.equal(features(tmp_path, ANY), expected)
    assert torch.equal(features(tmp_path / "model.safetensors", ANY), expected)
    network = ANY().build(order(tmp_path))
    assert (network.tile, network.mean, network.std) == (224, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match="has no weights"):
        SMALL().build(order(tmp_path))


def test_weights_of_another_architecture_are_refused_before_they_are_read(tiny) -> None:
    with pytest.raises(BadWeights, match=r"are of vit_small_patch14_dinov2, not of vit_small_patch16_224\.dino"):
        SMALL().build(order(tiny(CARDS["DINOv2 ViT-S/14"])))


def test_weights_of_another_size_say_which_shapes(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    safetensors.torch.save_file(timm.create_model("test_vit").state_dict(), path)
    with pytest.raises(
        BadWeights, match=r"does not fit DINO ViT-S/16: it lacks blocks\.6\..*cls_token is 1 x 1 x 64, not 1 x 1 x 384"
    ):
        SMALL().build(order(path))


class Evil:
    def __reduce__(self):
        return os.mkdir, (os.environ["IAMAP_EVIL"],)


def test_a_pickle_that_needs_code_is_refused_and_runs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = tmp_path / "ran"
    monkeypatch.setenv("IAMAP_EVIL", str(proof))
    path = tmp_path / "evil.pth"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "x": Evil()}, path)
    with pytest.raises(BadWeights, match=r"evil\.pth holds more than tensors .*mkdir.* could run any program"):
        SMALL().build(order(path))
    assert not proof.exists()


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    with pytest.raises(BadWeights, match=r"holds more than tensors \(torch\.nn\.modules\.linear\.Linear"):
        SMALL().build(order(tmp_path / "module.pt"))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("content", ["truncated", "empty", "text", "zeros"])
def test_damaged_files_are_refused_by_name(tiny, tmp_path: Path, suffix: str, content: str) -> None:
    whole = tmp_path / f"whole{suffix}"
    state = safetensors.torch.load_file(tiny(SMALL))
    safetensors.torch.save_file(state, whole) if suffix == ".safetensors" else torch.save(state, whole)
    data = whole.read_bytes()
    damaged = tmp_path / f"damaged{suffix}"
    damaged.write_bytes(
        {"truncated": data[: len(data) // 2], "empty": b"", "text": b"<html>404</html>", "zeros": bytes(4096)}[content]
    )
    with pytest.raises(BadWeights, match=rf"damaged{suffix} is truncated"):
        SMALL().build(order(damaged))


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, [1, 2], {"state_dict": {"a": 1}}])
def test_a_checkpoint_without_tensors_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "nothing.pth")
    with pytest.raises(BadWeights, match="holds no dictionary of tensors"):
        SMALL().build(order(tmp_path / "nothing.pth"))


@pytest.mark.parametrize(
    "arch",
    ["os.system", "timm.models.os.system", "timm.models._hub.Path", "timm.models.vision_transformer.nn.Module",
     "timm.models.vision_transformer.Mlp", "timm.models.vision_transformer.partial", "timm.data.Mixup", "nowhere"],
)  # fmt: skip
def test_a_json_can_name_networks_of_timm_only(tiny, tmp_path: Path, arch: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(tiny(SMALL).read_bytes())
    path.with_suffix(".json").write_text(json.dumps({"arch": arch, "args": {}}))
    with pytest.raises(BadWeights, match=r"which is no network of timm\.models"):
        ANY().build(order(path))


@pytest.mark.parametrize("name", ["pretrained", "checkpoint_path", "cache_dir", "pretrained_cfg_overlay"])
def test_a_json_cannot_make_timm_fetch_something(tiny, tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(tiny(SMALL).read_bytes())
    path.with_suffix(".json").write_text(
        json.dumps({"architecture": "vit_small_patch16_224", "model_args": {name: "x"}})
    )
    with pytest.raises(BadWeights, match=name):
        ANY().build(order(path))


# ---- any model of timm

#: one small network a kind: convolutions, windows, a hybrid, register tokens, a stem that folds pixels into channels
MODELS = {
    "test_vit": 16, "test_vit_relpos": 16, "test_efficientnet": 32, "test_resnet": 32, "test_convnext": 32,
    "mobilenetv3_small_050": 32, "swin_tiny_patch4_window7_224": 32, "tresnet_m": 32, "efficientvit_m0": 64,
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_any_model_gives_a_map_of_its_features(model: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    arguments = {"depths": [1, 1, 1, 1], "embed_dim": 24} if model.startswith("swin") else {}
    # with its classifier of 1000 classes, as published
    safetensors.torch.save_file(timm.create_model(model, **arguments).state_dict(), path)
    (tmp_path / "model.json").write_text(json.dumps({"architecture": model, "model_args": arguments}))
    patch = MODELS[model]
    for tile in (None, patch * 4):
        network = ANY().build(order(path, tile=tile))
        assert network.patch == patch
        assert network.tile == tile or tile is None
        with torch.inference_mode():
            found = network.module(torch.randn(2, 3, network.tile, network.tile))
        assert found.shape == (2, network.dim, network.tile // patch, network.tile // patch)
        assert torch.isfinite(found).all()


def test_weights_of_three_bands_are_spread_over_more_and_bring_no_constants(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(timm.create_model("test_vit").state_dict(), path)
    network = ANY().build(order(path, bands=5, model="test_vit"))
    assert (network.bands, network.mean, network.std) == (5, None, None)
    assert network.module(torch.zeros(1, 5, network.tile, network.tile)).shape[1] == network.dim


def test_own_weights_of_other_bands_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model = timm.create_model("test_vit", in_chans=7, num_classes=0)
    safetensors.torch.save_file(model.state_dict(), path)
    network = ANY().build(order(path, bands=7, model="test_vit"))
    assert torch.equal(network.module.model.patch_embed.proj.weight, model.patch_embed.proj.weight)
    with pytest.raises(BadRequest, match="take 7 bands, 3 given"):
        ANY().build(order(path, bands=3, model="test_vit"))


@pytest.mark.parametrize(
    ("model", "hint"),
    [("vit_small_patch16_24.dino", "vit_small_patch16_224.dino"), ("dinov2", "dinov2"), ("vit_small_patch16_224.dinno", "augreg_in1k.*dino"),
     ("hf-hub:someone/model", "did you mean|see timm"), ("local-dir:/tmp", "did you mean|see timm"), ("../x", "did you mean|see timm")],
)  # fmt: skip
def test_an_unknown_model_names_close_ones(tiny, model: str, hint: str) -> None:
    with pytest.raises(BadRequest, match=hint):
        ANY().hub_file(model)
    path = tiny(SMALL)
    with pytest.raises(BadRequest, match=hint):
        ANY().build(order(path, model=model))


def test_hub_file_tells_repository_licence_and_size() -> None:
    hub = ANY().hub_file("vit_base_patch16_224.mae")
    assert (hub.repo, hub.name, hub.megabytes) == ("timm/vit_base_patch16_224.mae", "model.safetensors", 343)
    assert "NO COMMERCIAL USE" in hub.licence
    assert ANY().hub_file("timm/resnet18").repo == "timm/resnet18.a1_in1k"
    with pytest.raises(BadRequest, match="publishes no weights"):
        ANY().hub_file("vit_small_patch16_18x2_224")
    with pytest.raises(BadRequest, match="needs the name"):
        ANY().hub_file(None)


def test_weights_without_a_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(BadRequest, match="which network they are of"):
        ANY().build(order(path))
    with pytest.raises(NoWeights, match="do not exist"):
        ANY().build(order(tmp_path / "missing.safetensors"))


# ---- real weights


@needs_weights
@pytest.mark.parametrize(
    ("name", "bands", "patch", "tile"), [("rgb_vit_p8", 3, 8, 128), ("rgb_vit_p4", 3, 4, 64), ("dem_vit_p8", 2, 8, 128)]
)
def test_galileo_loads_strictly_by_the_json_beside_it(name: str, bands: int, patch: int, tile: int) -> None:
    path = WEIGHTS / f"galileo_nano_{name}.safetensors"
    network = ANY().build(order(path, bands=bands))
    assert (network.dim, network.patch, network.tile) == (128, patch, tile)
    # its constants are of reflectances, not of 8-bit values
    assert (network.mean, network.std) == (None, None)
    for key, tensor in safetensors.torch.load_file(path).items():
        assert torch.equal(network.module.model.state_dict()[key], tensor.float()), key
    assert network.module.model.norm.eps == 1e-5
    torch.manual_seed(0)
    with torch.inference_mode():
        found = network.module(torch.randn(1, bands, tile, tile))
    assert found.std(dim=(2, 3)).mean() > 0.01
    with pytest.raises(BadRequest, match=f"take {bands} bands, 5 given"):
        ANY().build(order(path, bands=5))


@needs_weights
def test_mobilenet_from_half_precision_gives_float32(tmp_path: Path) -> None:
    path = WEIGHTS / "mobilenetv2_100_in1k_fp16.safetensors"
    network = ANY().build(order(path, model="mobilenetv2_100"))
    assert (network.dim, network.patch, network.tile) == (320, 32, 224)
    (tmp_path / "mobilenet.safetensors").write_bytes(path.read_bytes())
    about = {"architecture": "mobilenetv2_100", "model_args": {"pad_type": "same"}, "mean": [0.5] * 3, "std": [0.5] * 3}
    (tmp_path / "mobilenet.json").write_text(json.dumps(about))
    same = ANY().build(order(tmp_path / "mobilenet.safetensors"))
    assert (same.mean, same.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    x = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        plain, padded = network.module(x), same.module(x)
    assert plain.dtype == padded.dtype == torch.float32
    assert not torch.allclose(plain, padded)


@needs_weights
def test_real_weights_of_another_network_are_refused() -> None:
    with pytest.raises(BadWeights, match="does not fit DINO ViT-S/16: it lacks cls_token"):
        SMALL().build(order(WEIGHTS / "mobilenetv2_100_in1k_fp16.safetensors"))
    with pytest.raises(BadWeights, match="does not fit"):
        SMALL().build(order(WEIGHTS / "presto_default_model.pt"))
