"""CROMA (2023): contrast of radar and optical images of the same place, with masking."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ..contract.errors import BadWeights
from . import Order
from ._bands import SENTINEL2, sentinel1, sentinel2
from ._torchgeo import TorchgeoEncoder, at, fill, on_grid

_OPTICAL = sentinel2("range", [name for name in SENTINEL2 if name != "B10"])
_RADAR = sentinel1("range")
# licence: https://huggingface.co/torchgeo/croma/blob/92cb1a0f4e34c6c01558baf070197c01255382f6/README.md, as the authors' own
# page has it; torchgeo's list says CC-BY-4.0
_BASE = at("torchgeo/croma/387883f08af79d777167519c57cd826eda89a16f/CROMA_base-0238d814.pt", 777, "mit")
#: of either sensor: what encodes it, and what makes pooled features of radar and optical images alike
_ENCODERS = {"sar": "s1_encoder", "optical": "s2_encoder"}
_POOLS = {"sar": "s1_GAP_FFN", "optical": "s2_GAP_FFN"}
_LARGE = at("torchgeo/croma/92cb1a0f4e34c6c01558baf070197c01255382f6/CROMA_large-921e69ad.pt", 2690, "mit")


class _Croma(TorchgeoEncoder):
    source = "https://arxiv.org/abs/2311.00566"
    trained_on = "1 million pairs of Sentinel-1 and 2 (SSL4EO-S12), without labels"
    patch, tile, metres = 8, 120, 10
    modalities: ClassVar[tuple[str, ...]] = ("optical",)

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import torch
        import torch.nn.functional as F  # noqa: N812 (its usual name)
        from torchgeo.models.croma import CROMA

        from ._dense import beside
        from ._state import read_nested

        both, modalities = len(self.modalities) == 2, self.modalities
        # its table of distances is slow to make, so the least is made, and ours is put in its place
        model = CROMA(modalities=list(modalities), image_size=8, **arguments)
        del model.attn_bias
        context, pool = order.context, _POOLS[modalities[0]] if order.context and not both else ""
        # of the parts of a published file, those that this card has no use for
        idle = {"attn_bias", *_POOLS.values(), *(() if both else ("joint_encoder",))} - {pool}
        idle |= {part for name, part in _ENCODERS.items() if name not in modalities}
        for part in idle & set(_POOLS.values()):
            if hasattr(model, part):
                delattr(model, part)
        state = {name: tensor for name, tensor in read_nested(path).items() if name.partition(".")[0] not in idle}
        if not state:
            raise BadWeights(
                f"{path.name} does not fit {self.id}: it holds nothing of it", "choose the encoder that they are of"
            )
        fill(model, state, self.id, path)
        cells = tile // self.patch
        distances = slopes(cells, arguments["num_heads"])

        class Dense(torch.nn.Module):
            """Tokens of patches on their grid."""

            def __init__(self) -> None:
                super().__init__()
                self.model = model
                self.context = context
                # made anew for every tile size, so no part of the weights
                self.register_buffer("distances", distances, persistent=False)

            def forward(self, x: Any) -> Any:
                """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
                if not both:
                    tokens = getattr(self.model, _ENCODERS[modalities[0]])(imgs=x, attn_bias=self.distances)
                else:
                    optical = self.model.s2_encoder(imgs=x[:, :12], attn_bias=self.distances)
                    radar = self.model.s1_encoder(imgs=x[:, 12:], attn_bias=self.distances)
                    tokens = self.model.joint_encoder(x=radar, context=optical, relative_position_bias=self.distances)
                found, whole = on_grid(tokens, cells), tokens.mean(1)
                if not self.context:
                    return found
                if pool:
                    # its outputs are compared by their angle only, so their size means nothing
                    whole = F.layer_norm(getattr(self.model, pool)(whole), (whole.shape[1],))
                return beside(found, whole)

        return Dense()


def slopes(cells: int, heads: int) -> Any:
    """(1, heads, cells², cells²): what attention loses with distance in a square of *cells* x *cells*, as CROMA has it."""
    import torch

    step = 2.0 ** (-8.0 / heads)
    steep = torch.tensor([step ** (head + 1) for head in range(heads)], dtype=torch.float32)
    side = torch.arange(cells, dtype=torch.float32)
    places = torch.cartesian_prod(side, side)
    apart = torch.linalg.vector_norm(places[:, None] - places[None], dim=2)
    return -(apart.flatten()[None] * steep[:, None]).reshape(1, heads, cells**2, cells**2)


class _Base(_Croma):
    architecture = "croma_base"
    arguments = {"encoder_dim": 768, "encoder_depth": 12, "num_heads": 16}
    dim = 768
    hub = _BASE


class _Large(_Croma):
    architecture = "croma_large"
    arguments = {"encoder_dim": 1024, "encoder_depth": 24, "num_heads": 16}
    dim = 1024
    hub = _LARGE


class CromaOptical(_Base):
    """For Sentinel-2 without B10, with cells of 8 pixels: land cover in fine detail, and what it learned from radar helps it."""

    id = "CROMA Sentinel-2 ViT-B/8"
    bands = _OPTICAL
    values = "reflectance x 10000"
    parameters = 85.6


class CromaRadar(_Base):
    """For VV and VH of Sentinel-1, with cells of 8 pixels: water, towns, clearings and wet soil, whatever the clouds."""

    id = "CROMA Sentinel-1 ViT-B/8"
    bands = _RADAR
    values = "dB"
    parameters = 42.6
    modalities = ("sar",)


class CromaJoint(_Base):
    """For Sentinel-2 and 1 stacked in one raster: crops and forests that look alike in either alone."""

    id = "CROMA Sentinel-1 and 2 ViT-B/8"
    bands = (*_OPTICAL, *_RADAR)
    values = "reflectance x 10000, then dB"
    parameters = 184.9
    modalities = ("sar", "optical")


class CromaOpticalLarge(_Large):
    """For Sentinel-2 without B10: the larger CROMA, for land cover with few labels. Slow without a GPU."""

    id = "CROMA Sentinel-2 ViT-L/8"
    bands = _OPTICAL
    values = "reflectance x 10000"
    parameters = 303.0
