"""Every card of a timm model: its declared facts, its real loading path, what its features are, and how it refuses."""

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
from iamap.encoders import Order, encoders  # noqa: E402
from iamap.encoders._timm import TimmEncoder  # noqa: E402

CARDS = {name: card for name, card in encoders().items() if issubclass(card, TimmEncoder) and not card.needs_model}
ANY = encoders()["timm model by name"]
WEIGHTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "weights"
needs_weights = pytest.mark.skipif(not WEIGHTS.is_dir(), reason=f"needs the real weights in {WEIGHTS}")

every_card = pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))


def order(weights: Path | str | None, bands: int = 3, tile: int | None = None, model: str | None = None) -> Order:
    return Order(bands, tile, None if weights is None else str(weights), model, lambda count, side: None, 0)


def tiny_arguments(card: type[TimmEncoder]) -> dict[str, object]:
    """Arguments that shrink the card's architecture and keep what makes it special."""
    small: dict[str, object] = {"embed_dim": 32, "depth": 2, "num_heads": 2}
    if "samvit" in card.model:
        small |= {"neck_chans": 16, "global_attn_indexes": [1]}
    return small


def tiny_checkpoint(card: type[TimmEncoder], folder: Path, blocks: bool = True) -> Path:
    """Random weights as the hub holds them (published image size), with the JSON that says how small they are.

    Without *blocks*, what attention and position embeddings add is zero: a cell then sees its own patch only.
    """
    torch.manual_seed(7)
    small = tiny_arguments(card)
    model = timm.create_model(card.model, **small)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name, tensor in state.items():
        if (
            name.endswith("pos_embed")
            or "rel_pos" in name
            or name.endswith(("cls_token", "reg_token", "ls1.gamma", "ls2.gamma"))
        ):
            torch.nn.init.normal_(tensor)
        if not blocks and ("pos_embed" in name or ("blocks." in name and ("attn.proj" in name or "mlp.fc2" in name))):
            tensor.zero_()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.safetensors"
    safetensors.torch.save_file(state, path)
    path.with_suffix(".json").write_text(json.dumps({"architecture": card.model.split(".")[0], "model_args": small}))
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory):
    made: dict[tuple[str, bool], Path] = {}

    def get(card: type[TimmEncoder], blocks: bool = True) -> Path:
        key = (card.id, blocks)
        if key not in made:
            made[key] = tiny_checkpoint(card, tmp_path_factory.mktemp("tiny"), blocks)
        return made[key]

    return get


# ---- declared facts


@every_card
def test_declared_facts_are_those_of_timm(card: type[TimmEncoder]) -> None:
    config = timm.get_pretrained_cfg(card.model)
    with torch.device("meta"):
        whole = timm.create_model(card.model)
        headless = timm.create_model(card.model, num_classes=0)
    assert card.hub is not None
    assert card.hub.repo == config.hf_hub_id
    assert tuple(band.mean for band in card.bands) == config.mean
    assert tuple(band.std for band in card.bands) == config.std
    assert [band.name for band in card.bands] == ["red", "green", "blue"]
    assert card.parameters == pytest.approx(sum(p.numel() for p in headless.parameters()) / 1e6, abs=0.06)
    assert card.hub.megabytes == pytest.approx(sum(t.numel() * 4 for t in whole.state_dict().values()) / 1e6, abs=1)
    assert card.dim == headless.num_features
    assert card.patch == headless.feature_info[-1]["reduction"]
    assert card.tile % card.patch == 0
    assert card.__doc__ and card.trained_on and card.source.startswith("https://")


@every_card
def test_a_licence_that_forbids_something_says_so_loudly(card: type[TimmEncoder]) -> None:
    spdx = timm.get_pretrained_cfg(card.model).license
    assert card.hub is not None
    expected = {
        "apache-2.0": "Apache-2.0",
        "cc-by-nc-4.0": "NO COMMERCIAL USE",
        "dinov3-license": "NOT an open-source licence",
    }
    assert expected[spdx] in card.hub.licence


@every_card
def test_a_pin_is_a_whole_commit_and_a_whole_hash(card: type[TimmEncoder]) -> None:
    assert card.hub is not None
    for pin, digits in ((card.hub.revision, 40), (card.hub.sha256, 64)):
        assert pin is None or (len(pin) == digits and set(pin) <= set("0123456789abcdef"))
    assert card.hub.sha256 is None or card.hub.revision is not None


# ---- the common body: features of every card, from a checkpoint in the hub's layout


@every_card
def test_features_have_the_declared_grid(card: type[TimmEncoder], tiny) -> None:
    network = card().build(order(tiny(card)))
    assert (network.bands, network.patch, network.tile) == (3, card.patch, card.tile)
    assert network.mean == pytest.approx([band.mean for band in card.bands])
    assert network.std == pytest.approx([band.std for band in card.bands])
    with torch.inference_mode():
        found = network.module(torch.randn(1, 3, card.tile, card.tile))
    assert found.shape == (1, network.dim, card.tile // card.patch, card.tile // card.patch)
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()
    assert found.std() > 0.01


@every_card
def test_features_repeat_and_do_not_depend_on_the_rest_of_the_batch(card: type[TimmEncoder], tiny) -> None:
    tile = card.patch * 4
    first, second = (card().build(order(tiny(card), tile=tile)) for _ in range(2))
    x = torch.randn(3, 3, tile, tile)
    with torch.inference_mode():
        together, again = first.module(x), second.module(x)
        alone = torch.cat([first.module(one[None]) for one in x])
    assert torch.equal(together, again)
    assert torch.allclose(together, alone, atol=1e-5)


@every_card
@pytest.mark.parametrize("cells", [3, 10])
def test_another_tile_works_with_interpolated_positions(card: type[TimmEncoder], tiny, cells: int) -> None:
    tile = card.patch * cells
    network = card().build(order(tiny(card), tile=tile))
    with torch.inference_mode():
        found = network.module(torch.zeros(1, 3, tile, tile))
    assert found.shape[2:] == (cells, cells)
    assert torch.isfinite(found).all()


@every_card
def test_each_cell_is_its_own_patch_and_no_class_or_register_token(card: type[TimmEncoder], tiny) -> None:
    """With attention and positions silenced, changing one patch changes its cell and no other."""
    cells, row, col = 6, 4, 2
    side = card.patch
    network = card().build(order(tiny(card, blocks=False), tile=side * cells))
    x = torch.randn(1, 3, side * cells, side * cells)
    changed = x.clone()
    changed[..., row * side : (row + 1) * side, col * side : (col + 1) * side] += 1
    with torch.inference_mode():
        differs = (network.module(x) - network.module(changed)).abs().amax(1)[0] > 1e-6
    # the neck of SAM looks one cell around
    reach = 1 if "samvit" in card.model else 0
    expected = torch.zeros(cells, cells, dtype=torch.bool)
    expected[row - reach : row + reach + 1, col - reach : col + reach + 1] = True
    assert torch.equal(differs, expected)


@every_card
def test_shifting_the_image_by_a_patch_shifts_the_features_by_a_cell(card: type[TimmEncoder], tiny) -> None:
    cells, side = 6, card.patch
    network = card().build(order(tiny(card, blocks=False), tile=side * cells))
    x = torch.randn(1, 3, side * cells, side * (cells + 1))
    with torch.inference_mode():
        here, there = network.module(x[..., :-side]), network.module(x[..., side:])
    inside = slice(1, -1)  # the neck of SAM pads its border with zeros
    assert torch.allclose(here[..., inside, 2:-1], there[..., inside, 1:-2], atol=1e-4)


@every_card
def test_a_wrong_checkpoint_names_what_does_not_fit(card: type[TimmEncoder], tiny, tmp_path: Path) -> None:
    state = safetensors.torch.load_file(tiny(card))
    gone = next(name for name in state if name.endswith("blocks.1.mlp.fc1.weight"))
    state["blocks.1.mlp.strange.weight"] = state.pop(gone)
    wrong = tmp_path / "wrong.safetensors"
    safetensors.torch.save_file(state, wrong)
    wrong.with_suffix(".json").write_text(tiny(card).with_suffix(".json").read_text())
    with pytest.raises(
        BadWeights, match=rf"wrong\.safetensors does not fit .*lacks {gone}.*has besides blocks\.1\.mlp\.strange"
    ):
        card().build(order(wrong))


@every_card
def test_bands_and_tiles_that_cannot_be_are_refused(card: type[TimmEncoder], tiny) -> None:
    with pytest.raises(BadRequest, match=r"takes 3 bands .* 4 given"):
        card().build(order(tiny(card), bands=4))
    with pytest.raises(
        BadRequest, match=rf"tile = {card.patch * 5 + 1} is not a multiple of the patch .*: {card.patch * 5} is"
    ):
        card().build(order(tiny(card), tile=card.patch * 5 + 1))
    with pytest.raises(NoWeights, match="needs weights"):
        card().build(order(None))


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
