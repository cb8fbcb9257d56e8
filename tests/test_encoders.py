"""Every card of a timm model: its declared facts, what its features are, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import safetensors.torch  # noqa: E402
import timm  # noqa: E402
from iamap.contract.errors import BadRequest, BadWeights, NoWeights  # noqa: E402
from iamap.encoders._timm import TimmEncoder  # noqa: E402
from tiny_networks import every_card, order  # noqa: E402
from tiny_networks import tiny_fixture as _tiny  # noqa: E402, F401

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
