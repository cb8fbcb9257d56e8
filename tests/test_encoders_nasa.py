"""Prithvi and Galileo: equal to what their papers and published layouts say, written out; and real weights."""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import tiny_sensors as tiny  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812
from iamap.contract.errors import BadRequest, BadWeights  # noqa: E402
from tiny_networks import WEIGHTS, needs_weights  # noqa: E402
from tiny_sensors import CARDS, GALILEO, attended, built  # noqa: E402

PRITHVI = [name for name in CARDS if name.startswith("Prithvi")]
OPTICAL = ["S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR"]
GROUPS = {
    "Galileo Sentinel-2 nano/4": OPTICAL,
    "Galileo Sentinel-1 tiny/8": ["S1"],
    "Galileo Sentinel-1 and 2 tiny/8": ["S1", *OPTICAL],
}


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def cells_of(found: Any) -> Any:
    return found.flatten(2).mT


# ---- Prithvi


def prithvi_written_out(state: dict[str, Any], x: Any) -> Any:
    """(n, 1 + cells, dim): all tokens of one date."""
    side = x.shape[-1] // 16
    cubes = F.conv3d(x[:, :, None], state["patch_embed.proj.weight"], state["patch_embed.proj.bias"], (1, 16, 16))
    places = tiny.prithvi_positions(tiny.DIM, 1)
    if side != 14:
        grid = places[:, 1:].mT.unflatten(2, (14, 14))
        grid = F.interpolate(grid, (side, side), mode="bicubic", align_corners=True)
        places = torch.cat((places[:, :1], grid.flatten(2).mT), 1)
    patches = cubes.flatten(2).mT + places[:, 1:]
    return attended(state, torch.cat((state["cls_token"].expand(len(x), -1, -1), patches), 1))


@pytest.mark.parametrize("tile", [224, 96])
@pytest.mark.parametrize("second", [False, True])
def test_prithvi_is_what_is_published(tmp_path: Path, second: bool, tile: int) -> None:
    card = CARDS["Prithvi-EO-2.0 ViT-T/16"]
    state, path = tiny.prithvi(card, tmp_path, second)
    x = torch.randn(2, 6, tile, tile)
    expected = prithvi_written_out(state, x)
    torch.testing.assert_close(cells_of(built(card, path, tile=tile).module(x)), expected[:, 1:], atol=1e-4, rtol=1e-4)
    network = built(card, path, tile=tile, context=True)
    assert (network.dim, network.context) == (2 * tiny.DIM, tiny.DIM)
    torch.testing.assert_close(network.module(x)[:, tiny.DIM :, 0, 0], expected[:, 0], atol=1e-4, rtol=1e-4)


def test_prithvi_gives_layers_and_names_those_that_are_not(tmp_path: Path) -> None:
    card = CARDS["Prithvi-EO-2.0 ViT-T/16"]
    _, path = tiny.prithvi(card, tmp_path)
    assert built(card, path, tile=96, layers=(1, 2)).dim == 2 * tiny.DIM
    with pytest.raises(BadRequest, match="has 2 layers, and layers = 3"):
        built(card, path, tile=96, layers=(3,))


def test_a_prithvi_of_other_patches_is_refused(tmp_path: Path) -> None:
    card = CARDS["Prithvi-EO-2.0 ViT-T/16"]
    _, path = tiny.prithvi(card, tmp_path, True)
    state = torch.load(path, weights_only=True)
    for shape in ((tiny.DIM, 6, 1, 14, 14), (tiny.DIM, 6, 2, 16, 16)):
        torch.save({**state, "encoder.patch_embed.proj.weight": torch.zeros(shape)}, path)
        with pytest.raises(BadWeights, match=r"patch_embed\.proj\.weight is 32 x 6 x .*, not 32 x 6 x 16 x 16"):
            built(card, path)


@pytest.mark.parametrize("name", PRITHVI)
def test_declared_facts_of_prithvi_are_those_of_its_architecture(name: str) -> None:
    from timm.models.vision_transformer import VisionTransformer

    card = CARDS[name]
    with torch.device("meta"):
        model = VisionTransformer(img_size=224, in_chans=6, num_classes=0, **card.arguments)
    assert card.parameters == pytest.approx(sum(part.numel() for part in model.parameters()) / 1e6, abs=0.06)
    assert card.dim == model.embed_dim
    # the files hold what paints hidden parts besides: 8 blocks of 512 features
    assert 100 <= card.hub.megabytes - card.parameters * 4 <= 120


# ---- Galileo


def galileo_written_out(
    state: dict[str, Any], x: Any, groups: list[str], patch: int, metres: float, months: tuple[int, ...]
) -> Any:
    """(n, dim, rows, cols): one token after the other."""
    from timm.layers import resample_patch_embed

    side, quarter, tokens = x.shape[-1] // patch, tiny.DIM // 4, []
    taken = 0
    for date, group in itertools.product(range(len(months)), groups):
        bands = GALILEO[group]
        weight = resample_patch_embed(state[f"space_time_embed.{group}.proj.weight"], [patch, patch])
        own = F.conv2d(x[:, taken : taken + bands], weight, state[f"space_time_embed.{group}.proj.bias"], patch)
        taken += bands
        channel = state["s_t_channel_embed"][list(GALILEO).index(group)]
        for row in range(side):
            for col in range(side):
                place = []
                for steps in (col, row):
                    rates = [10_000 ** -(k / (quarter // 2) / 2) for k in range(quarter // 4)]
                    turns = torch.tensor([steps * metres * patch / 10 * rate for rate in rates])
                    place += [turns.sin(), turns.cos()]
                month = state["month_embed.weight"][months[date] - 1]
                told = torch.cat((channel, state["pos_embed"][date], month, *place))
                tokens.append(own[:, :, row, col] + told)
    y = attended(state, torch.stack(tokens, 1))
    return y.unflatten(1, (len(months) * len(groups), side * side)).mean(1).mT.unflatten(2, (side, side))


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize(("tile", "metres", "months"), [(48, None, (6,)), (24, 20.0, (6,)), (16, None, (11, 4, 4))])
def test_galileo_is_what_is_published(
    tmp_path: Path, name: str, tile: int, metres: float | None, months: tuple[int, ...]
) -> None:
    card = CARDS[name]
    state, path = tiny.galileo(card, tmp_path)
    card = type(card().of_dates(len(months)))
    x = torch.randn(2, len(card.bands), tile, tile)
    found = built(card, path, tile=tile, metres=metres, months=months).module(x)
    expected = galileo_written_out(state, x, GROUPS[name], card.patch, metres or 10, months)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    # names as some of the published files have them
    torch.save({name.replace("blocks.", "blocks.backbone.", 1): tensor for name, tensor in state.items()}, path)
    torch.testing.assert_close(built(card, path, tile=tile, metres=metres, months=months).module(x), found)


@pytest.mark.parametrize("gone", ["s_t_channel_embed", "pos_embed", "month_embed.weight"])
def test_a_galileo_that_lacks_its_tables_is_refused_by_name(tmp_path: Path, gone: str) -> None:
    card = CARDS["Galileo Sentinel-2 nano/4"]
    state, path = tiny.galileo(card, tmp_path)
    del state[gone]
    torch.save(state, path)
    with pytest.raises(BadWeights, match=f"encoder.pt does not fit Galileo Sentinel-2 nano/4: it lacks {gone}"):
        built(card, path)


@pytest.mark.parametrize("name", [name for name in CARDS if name.startswith("Galileo")])
def test_declared_facts_of_galileo_are_those_of_its_architecture(name: str) -> None:
    from iamap.encoders import galileo

    card = CARDS[name]
    columns = [list(range(GALILEO[group])) for group in card.groups]
    with torch.device("meta"):
        network = galileo._dense(columns, card.patch, 12, card.arguments, False)
    assert sum(map(len, columns)) == len(card.bands) and card.tile == 12 * card.patch
    assert card.parameters == pytest.approx(sum(part.numel() for part in network.parameters()) / 1e6, abs=0.06)
    assert card.dim == network.norm.normalized_shape[0]
    # the file holds all groups of bands, at patches of 8
    assert 0 <= card.hub.megabytes - card.parameters * 4 <= 4


@needs_weights
@pytest.mark.parametrize(("patch", "tile"), [(8, 128), (4, 64)])
def test_real_galileo_is_the_plain_transformer_made_of_it(patch: int, tile: int, monkeypatch) -> None:
    from iamap.encoders import galileo
    from timm.models.vision_transformer import VisionTransformer

    stem = WEIGHTS / f"galileo_nano_rgb_vit_p{patch}"
    arguments = json.loads(stem.with_suffix(".json").read_text())["args"]
    import safetensors.torch

    theirs = VisionTransformer(**arguments, norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-5)).eval()
    theirs.load_state_dict(safetensors.torch.load_file(stem.with_suffix(".safetensors")))

    # that one was made for July, of red, green and blue alone
    class Three(CARDS["Galileo Sentinel-2 nano/4"]):
        groups, bands = ("S2_RGB",), galileo._bands("S2_RGB")

    monkeypatch.setattr(Three, "patch", patch)
    x = torch.randn(1, 3, tile, tile)
    found = built(Three, WEIGHTS / "galileo_nano_encoder.safetensors", tile=tile, months=(7,)).module(x)
    torch.testing.assert_close(cells_of(found), theirs.forward_features(x[:, [2, 1, 0]]), atol=1e-5, rtol=1e-4)


@needs_weights
def test_real_galileo_loads_as_published_and_tells_water_from_wood() -> None:
    card = CARDS["Galileo Sentinel-2 nano/4"]
    network = built(card, WEIGHTS / "galileo_nano_encoder.safetensors")
    held = sum(part.numel() for part in network.module.parameters()) / 1e6
    assert card.parameters == pytest.approx(held, abs=0.06)
    assert (card.dim, card.patch, card.tile) == (network.dim, network.patch, network.tile)
    # reflectance of Sentinel-2's ten bands over water and over a wood, from textbooks, with some noise
    torch.manual_seed(0)
    water = torch.tensor([600.0, 500, 350, 250, 200, 190, 170, 160, 100, 80])
    wood = torch.tensor([250.0, 450, 280, 700, 2000, 2500, 2700, 2900, 1400, 600])
    mean, std = (torch.tensor([getattr(band, part) for band in card.bands])[:, None, None] for part in ("mean", "std"))
    scene = torch.where(torch.arange(48) < 24, water[:, None, None], wood[:, None, None]).expand(10, 48, 48)
    scene = scene * (1 + 0.05 * torch.randn(10, 48, 48))
    cells = network.module(((scene - mean) / std)[None])[0].flatten(1).mT
    wet = (torch.arange(12) < 6).repeat(12)
    towards = cells[wet].mean(0) - cells[~wet].mean(0)
    side = (cells - (cells[wet].mean(0) + cells[~wet].mean(0)) / 2) @ towards > 0
    assert (side == wet).all()
