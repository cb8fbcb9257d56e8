"""Small random networks of torchgeo, saved in the layout in which their large brothers are published."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import torch
from iamap.encoders import Network, Order, encoders

CARDS = encoders()
DIM, DEPTH, HEADS = 32, 2, 2


def ordered(weights: Path | None, card: Any, **more: Any) -> Order:
    """An order for *card* with as many bands as it takes, or as wavelengths are given."""
    bands = len(card.bands) or len(more.get("wavelengths") or (0.665, 0.56, 0.49, 0.842))
    if card.spectral and "wavelengths" not in more:
        more["wavelengths"] = (0.665, 0.56, 0.49, 0.842)
    given = {"tile": None, "model": None, **more}
    return Order(bands, weights=str(weights) if weights else None, patches=lambda n, side: None, seed=0, **given)


def built(card: Any, weights: Path, **more: Any) -> Network:
    return card().build(ordered(weights, card, **more))


def shaken(model: Any) -> Any:
    """*model* with every number random, class tokens and norms too, so that leaving one out is seen."""
    torch.manual_seed(3)
    with torch.no_grad():
        for name, part in [*model.named_parameters(), *model.named_buffers()]:
            if not part.is_floating_point():
                continue
            if name.endswith("running_var") or ("norm" in name and name.endswith("weight")):
                part.uniform_(0.5, 1.5)
            elif "logit_scale" in name:
                part.fill_(2.0)
            elif part.ndim > 1 and "embed" not in name and "token" not in name:
                part.normal_(std=part[0].numel() ** -0.5)
            else:
                part.normal_(std=0.5)
    return model.eval()


def saved(state: Any, folder: Path, name: str, architecture: str, arguments: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    torch.save(state, path)
    path.with_suffix(".json").write_text(json.dumps({"architecture": architecture, "model_args": arguments}))
    return path


def without(state: dict[str, Any], *beginnings: str) -> dict[str, Any]:
    return {name: tensor for name, tensor in state.items() if not name.startswith(beginnings)}


# ---- torchgeo's own models, small, and the file that would be published of them


def dofa(card: Any, folder: Path, tile: int = 224) -> tuple[Any, Path]:
    from torchgeo.models.dofa import DOFA

    small = {"embed_dim": DIM, "depth": DEPTH, "num_heads": HEADS}
    model = shaken(DOFA(img_size=tile, num_classes=0, **small))
    # published without the norm after pooling, which then starts as it is made
    model.fc_norm = functools.partial(torch.nn.LayerNorm, eps=1e-6)(DIM)
    return model, saved(without(model.state_dict(), "fc_norm."), folder, "dofa.pth", card.architecture, small)


def copernicus(card: Any, folder: Path, tile: int = 224) -> tuple[Any, Path]:
    from torchgeo.models.copernicusfm import CopernicusFM

    small = {"embed_dim": DIM, "depth": DEPTH, "num_heads": HEADS}
    model = shaken(CopernicusFM(img_size=tile, **small))
    model.fc_norm = torch.nn.LayerNorm(DIM)
    return model, saved(without(model.state_dict(), "fc_norm."), folder, "fm.pth", card.architecture, small)


def panopticon(card: Any, folder: Path, tile: int = 224) -> tuple[Any, Path]:
    import timm
    from torchgeo.models import panopticon as theirs

    small = {"embed_dim": DIM, "depth": DEPTH, "num_heads": HEADS}
    whole, timm.create_model = timm.create_model, functools.partial(timm.create_model, **small)
    try:
        # as published: positions of 518 pixels
        model = theirs.Panopticon(attn_dim=48, embed_dim=DIM, img_size=tile)
        large = theirs.Panopticon(attn_dim=48, embed_dim=DIM, img_size=518)
    finally:
        timm.create_model = whole
    shaken(large)
    state = large.model.state_dict()
    fitting = dict(state)
    fitting["pos_embed"] = theirs.resize_abs_pos_embed(state["pos_embed"], tile // 14, 518 // 14)
    model.model.load_state_dict(fitting, strict=True)
    published = {**state, "mask_token": torch.zeros(1, DIM)}
    arguments = {**small, "attn_dim": 48}
    return model.eval(), saved(published, folder, "panopticon.pth", card.architecture, arguments)


def croma(card: Any, folder: Path, tile: int = 120) -> tuple[Any, Path]:
    from torchgeo.models.croma import CROMA

    small = {"encoder_dim": DIM, "encoder_depth": 2, "num_heads": 16}
    model = CROMA(image_size=tile, **small)
    bias = model.attn_bias.clone()
    shaken(model).attn_bias = bias
    parts = ("s1_encoder", "s1_GAP_FFN", "s2_encoder", "s2_GAP_FFN", "joint_encoder")
    state = {part: getattr(model, part).state_dict() for part in parts}
    return model, saved(state, folder, "croma.pt", card.architecture, small)


def scale_mae(card: Any, folder: Path, tile: int = 224, metres: float = 1.0) -> tuple[Any, Path]:
    from torchgeo.models.scale_mae import ScaleMAE

    small = {"embed_dim": DIM, "depth": DEPTH, "num_heads": HEADS}
    norm = functools.partial(torch.nn.LayerNorm, eps=1e-6)
    model = ScaleMAE(metres, img_size=tile, patch_size=16, num_classes=0, qkv_bias=True, norm_layer=norm, **small)
    return shaken(model), saved(model.state_dict(), folder, "scale.pth", card.architecture, small)


def satlas(card: Any, folder: Path) -> tuple[Any, Path]:
    from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformer, SwinTransformerBlockV2

    small = {"embed_dim": 16, "depths": [1, 1, 2, 1], "num_heads": [1, 2, 4, 8], "window": 8}
    model = SwinTransformer(
        [4, 4], 16, small["depths"], small["num_heads"], [8, 8], num_classes=1000,
        block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2,
    )  # fmt: skip
    # as torchgeo's swin_v2_b does it
    model.features[0][0] = torch.nn.Conv2d(len(card.bands), 16, 4, 4)
    return shaken(model), saved(model.state_dict(), folder, "satlas.pth", card.architecture, small)
