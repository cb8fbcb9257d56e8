"""Small random networks of torchgeo, saved in the layout in which their large brothers are published."""

from __future__ import annotations

import functools
import json
import math
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


def _blocks(state: dict[str, Any], depth: int, split: bool, wide: int = 4) -> None:
    """Random blocks of a transformer, with queries, keys and values in one or apart."""
    for number in range(depth):
        shapes = {"norm1": (DIM,), "norm2": (DIM,), "attn.proj": (DIM, DIM)}
        shapes |= {"mlp.fc1": (wide * DIM, DIM), "mlp.fc2": (DIM, wide * DIM)}
        shapes |= {f"attn.{part}": (DIM, DIM) for part in "qkv"} if split else {"attn.qkv": (3 * DIM, DIM)}
        for name, shape in shapes.items():
            scale = 1.0 if len(shape) == 1 else shape[1] ** -0.5
            state[f"blocks.{number}.{name}.weight"] = torch.randn(shape) * scale
            state[f"blocks.{number}.{name}.bias"] = torch.randn(shape[0]) * 0.3


def prithvi(card: Any, folder: Path, second: bool = False) -> tuple[dict[str, Any], Path]:
    """The published layout: a masked autoencoder of four dates; of the second version, with prefixes and coordinates."""
    torch.manual_seed(4)
    state = {"cls_token": torch.randn(1, 1, DIM), "pos_embed": prithvi_positions(DIM, 4)}
    state["patch_embed.proj.weight"] = torch.randn(DIM, 6, 1, 16, 16) / 40
    state["patch_embed.proj.bias"] = torch.randn(DIM) * 0.3
    _blocks(state, DEPTH, False)
    state |= {"norm.weight": torch.rand(DIM) + 0.5, "norm.bias": torch.randn(DIM)}
    published = {("encoder." if second else "") + name: tensor for name, tensor in state.items()}
    published |= {("decoder." if second else "decoder_") + "embed.weight": torch.randn(8, DIM)}
    published |= {"decoder.mask_token" if second else "mask_token": torch.zeros(1, 1, 8)}
    if second:
        published |= {
            "encoder.temporal_embed_enc.scale": torch.ones(1),
            "encoder.location_embed_enc.scale": torch.ones(1),
        }
    small = {"embed_dim": DIM, "depth": DEPTH, "num_heads": HEADS}
    return state, saved(published, folder, "prithvi.pt", card.architecture, small)


def prithvi_positions(dim: int, dates: int, cells: int = 14) -> Any:
    """(1, 1 + dates x cells², dim), one number after the other: column, row and date of a cell, sines before cosines."""
    table = torch.zeros(1, 1 + dates * cells**2, dim)
    for number in range(dates * cells**2):
        date, row, col = number // cells**2, number // cells % cells, number % cells
        values = []
        for place, share in ((col, 6), (row, 6), (date, 4)):
            half = dim // 16 * share // 2
            turns = [place / 10_000 ** (k / half) for k in range(half)]
            values += [math.sin(turn) for turn in turns] + [math.cos(turn) for turn in turns]
        table[0, 1 + number] = torch.tensor(values)
    return table


#: groups of bands of Galileo in the order of its channel embedding
GALILEO = {"S1": 2, "S2_RGB": 3, "S2_Red_Edge": 3, "S2_NIR_10m": 1, "S2_NIR_20m": 1, "S2_SWIR": 2, "NDVI": 1}


def galileo(card: Any, folder: Path) -> tuple[dict[str, Any], Path]:
    torch.manual_seed(6)
    quarter = DIM // 4
    state = {"pos_embed": torch.randn(24, quarter), "month_embed.weight": torch.randn(12, quarter)}
    state["s_t_channel_embed"] = torch.randn(len(GALILEO), quarter)
    for group, bands in GALILEO.items():
        state[f"space_time_embed.{group}.proj.weight"] = torch.randn(DIM, bands, 8, 8) / 8
        state[f"space_time_embed.{group}.proj.bias"] = torch.randn(DIM) * 0.3
    for name in (
        "sp_channel_embed",
        "t_channel_embed",
        "st_channel_embed",
        "space_embed.DW.proj.bias",
        "time_embed.TC.bias",
    ):
        state[name] = torch.randn(3, quarter)
    state |= {
        "static_embed.LS.bias": torch.randn(DIM),
        "norm.weight": torch.rand(DIM) + 0.5,
        "norm.bias": torch.randn(DIM),
    }
    _blocks(state, DEPTH, True, 2)
    small = {"embedding_size": DIM, "depth": DEPTH, "num_heads": HEADS, "mlp_ratio": 2}
    return state, saved(state, folder, "encoder.pt", card.architecture, small)


#: groups of bands of Presto in the order of its channel embedding, land cover behind them
PRESTO = {**GALILEO, "ERA5": 2, "SRTM": 2}


def presto(card: Any, folder: Path) -> tuple[dict[str, Any], Path]:
    """The state of the encoder, and the published layout: decoder and what it learned from besides are in it."""
    torch.manual_seed(5)
    state = {"pos_embed": torch.randn(1, 24, DIM // 2), "month_embed.weight": torch.randn(12, DIM // 4)}
    state["channel_embed.weight"] = torch.randn(len(PRESTO) + 1, DIM // 4)
    state["dw_embed.weight"] = torch.randn(10, DIM)
    parts = {f"eo_patch_embed.{group}": bands for group, bands in PRESTO.items()}
    for name, columns in {**parts, "latlon_embed": 3}.items():
        state[f"{name}.weight"] = torch.randn(DIM, columns)
        state[f"{name}.bias"] = torch.randn(DIM) * 0.3
    state |= {"norm.weight": torch.rand(DIM) + 0.5, "norm.bias": torch.randn(DIM)}
    _blocks(state, DEPTH, False, 2)
    published = {f"encoder.{name}": tensor for name, tensor in state.items()}
    published |= {"decoder.mask_token": torch.zeros(8), "decoder.eo_decoder_pred.S1.weight": torch.randn(2, 8)}
    small = {"encoder_embedding_size": DIM, "encoder_depth": DEPTH, "encoder_num_heads": HEADS, "mlp_ratio": 2}
    return state, saved(published, folder, "presto.pt", card.architecture, small)


def attended(state: dict[str, Any], y: Any) -> Any:
    """What blocks and the last normalisation make of tokens (n, tokens, dim)."""
    import torch.nn.functional as F  # noqa: N812 (its usual name)

    return F.layer_norm(through_blocks(state, y), (DIM,), state["norm.weight"], state["norm.bias"])


def through_blocks(state: dict[str, Any], y: Any) -> Any:
    """What blocks make of tokens (n, tokens, dim): attention and perceptron, written out."""
    import torch.nn.functional as F  # noqa: N812 (its usual name)

    def linear(name: str, z: Any) -> Any:
        return z @ state[f"{name}.weight"].mT + state[f"{name}.bias"]

    for number in range(DEPTH):
        at = f"blocks.{number}."
        z = F.layer_norm(y, (DIM,), state[at + "norm1.weight"], state[at + "norm1.bias"])
        if at + "attn.q.weight" in state:
            parts = [linear(f"{at}attn.{part}", z) for part in "qkv"]
        else:
            parts = list(linear(at + "attn.qkv", z).split(DIM, 2))
        q, k, v = (part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in parts)
        shares = (q @ k.mT / (DIM // HEADS) ** 0.5).softmax(-1)
        y = y + linear(at + "attn.proj", (shares @ v).transpose(1, 2).flatten(2))
        z = F.layer_norm(y, (DIM,), state[at + "norm2.weight"], state[at + "norm2.bias"])
        y = y + linear(at + "mlp.fc2", F.gelu(linear(at + "mlp.fc1", z)))
    return y
