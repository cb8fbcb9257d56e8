"""Small networks with random weights, saved as the hub holds them, for the tests of encoders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import safetensors.torch  # noqa: E402
import timm  # noqa: E402
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


@pytest.fixture(scope="module", name="tiny")
def tiny_fixture(tmp_path_factory: pytest.TempPathFactory):
    made: dict[tuple[str, bool], Path] = {}

    def get(card: type[TimmEncoder], blocks: bool = True) -> Path:
        key = (card.id, blocks)
        if key not in made:
            made[key] = tiny_checkpoint(card, tmp_path_factory.mktemp("tiny"), blocks)
        return made[key]

    return get
