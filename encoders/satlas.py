"""Satlas (2022): Swin transformers that learned from many labels of satellite and aerial images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import Order
from ._bands import OLI_TIRS, SENTINEL2, between
from ._torchgeo import TorchgeoEncoder, at, fill, tensors_of

#: the code is Apache-2.0, the weights are ODC-BY, as their authors say: https://github.com/torchgeo/torchgeo/issues/1861
_AT = "torchgeo/satlas/081d6607431bf36bdb59c223777cbb267131b8f2/"
#: all constants: https://github.com/allenai/satlas/blob/149d2719bdc4f3c8b5f4a3c041f15c88c9384fc5/Normalization.md and
#: torchgeo 0.8.1, models/swin.py
_RGB = tuple(between(name, wave, 0, 1) for name, wave in (("red", 0.665), ("green", 0.56), ("blue", 0.49)))
_MULTISPECTRAL = (
    *(between(f"{name} of the true colour image", SENTINEL2[name], 0, 255, "8-bit") for name in ("B4", "B3", "B2")),
    *(
        between(name, SENTINEL2[name], 0, 8160, "reflectance x 10000")
        for name in ("B5", "B6", "B7", "B8", "B11", "B12")
    ),
)
_TINY = {"embed_dim": 96, "depths": (2, 2, 6, 2), "num_heads": (3, 6, 12, 24), "window": 8}
_BASE = {"embed_dim": 128, "depths": (2, 2, 18, 2), "num_heads": (4, 8, 16, 32), "window": 8}


class _Satlas(TorchgeoEncoder):
    source = "https://arxiv.org/abs/2211.15660"
    trained_on = "SatlasPretrain: 302 million labels of 137 kinds on satellite and aerial images"
    # cells of 4, 8, 16 and 32 pixels; the third stage does most of the work
    patch, tile, step = 16, 256, 32
    staged = True

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import torch
        from torchvision.models.swin_transformer import (
            PatchMergingV2,
            ShiftedWindowAttentionV2,
            SwinTransformer,
            SwinTransformerBlockV2,
        )

        from ._dense import beside, together

        chosen, context = stages(order.layers, self.id) or [3], order.context
        model = SwinTransformer(
            [4, 4], arguments["embed_dim"], list(arguments["depths"]), list(arguments["num_heads"]),
            [arguments["window"]] * 2, num_classes=1, block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2,
        )  # fmt: skip
        model.features[0][0] = torch.nn.Conv2d(order.bands, arguments["embed_dim"], 4, 4)
        model.head = torch.nn.Identity()
        fill(model, tensors_of(path), self.id, path)

        class Whole(torch.nn.Linear):
            """Torchvision reads its numbers (0.28), which torch's quantization would hide; so it must not look like a Linear."""

        for part in model.modules():
            if isinstance(part, ShiftedWindowAttentionV2):
                part.qkv.__class__ = part.proj.__class__ = Whole

        class Dense(torch.nn.Module):
            """Maps of the stages that are chosen."""

            def __init__(self) -> None:
                super().__init__()
                # what comes after the last of them would only take time
                self.chosen, self.features, self.norm = chosen, model.features[: 2 * chosen[-1]], model.norm
                self.context, self.averaged = context, order.averaged

            def forward(self, x: Any) -> Any:
                """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
                maps = []
                for number, layer in enumerate(self.features):
                    x = layer(x)
                    if number % 2 and (number + 1) // 2 in self.chosen:
                        last = self.norm(x) if number == 7 else x
                        maps.append(last.permute(0, 3, 1, 2).contiguous())
                if len(maps) > 1:
                    return together(maps, context=self.context, averaged=self.averaged)
                return beside(maps[0]) if self.context else maps[0]

        return Dense()


def stages(layers: Any, title: str) -> list[int]:
    """*layers* as numbers of four stages, ascending.

    Raises:
        BadRequest: there is no such stage.
    """
    from ..contract.errors import BadRequest

    if any(not 0 < abs(layer) <= 4 for layer in layers):
        wanted = ", ".join(map(str, layers))
        raise BadRequest(f"{title} has 4 layers, and layers = {wanted}", "choose of 1 to 4, or -4 to -1")
    return sorted({layer if layer > 0 else 5 + layer for layer in layers})


class _SwinTiny(_Satlas):
    architecture, arguments = "swin_v2_t", _TINY
    parameters, dim = 27.6, 384


class _SwinBase(_Satlas):
    architecture, arguments = "swin_v2_b", _BASE
    parameters, dim = 86.9, 512


class SatlasAerial(_SwinBase):
    """For aerial photos in red, green and blue of 0.5 to 2 m: learned from people's labels of roads, buildings, land use."""

    id = "Satlas aerial Swin-B"
    metres = 1
    bands = _RGB
    hub = at(_AT + "aerial_swinb_si-e4169eb1.pth", 352, "odc-by")


class SatlasSentinel2Tiny(_SwinTiny):
    """For the true colour image of Sentinel-2 (8 bit): land use, tree cover and towns, small and quick."""

    id = "Satlas Sentinel-2 RGB Swin-T"
    metres = 10
    bands = _RGB
    hub = at(_AT + "sentinel2_swint_si_rgb-0c1a96e0.pth", 114, "odc-by")


class SatlasSentinel2(_SwinBase):
    """For the true colour image of Sentinel-2 (8 bit): land use, tree cover, roads and towns."""

    id = "Satlas Sentinel-2 RGB Swin-B"
    metres = 10
    bands = _RGB
    hub = at(_AT + "sentinel2_swinb_si_rgb-156a98d5.pth", 352, "odc-by")


class SatlasSentinel2Bands(_SwinBase):
    """For nine bands of Sentinel-2: land use, crops and tree cover; red, green and blue as in its true colour image, or matched to that."""

    id = "Satlas Sentinel-2 Swin-B"
    metres = 10
    bands = _MULTISPECTRAL
    values = "8-bit true colour and six bands of reflectance x 10000"
    hub = at(_AT + "sentinel2_swinb_si_ms-fe22a12c.pth", 352, "odc-by")


class SatlasSentinel1(_SwinBase):
    """For Sentinel-1 scaled to 8 bit, VH before VV: ships, turbines, towns and forest through clouds."""

    id = "Satlas Sentinel-1 Swin-B"
    metres = 10
    bands = (between("VH", None, 0, 1), between("VV", None, 0, 1))
    hub = at(_AT + "sentinel1_swinb_si-3981c153.pth", 352, "odc-by")


class SatlasLandsat(_SwinBase):
    """For all eleven bands of Landsat 8 and 9, Level 1: land use, roads and towns at 30 m."""

    id = "Satlas Landsat 8-9 Swin-B"
    bands = tuple(between(name, wave, 4000, 20_320) for name, wave in OLI_TIRS.items())
    values = "digital numbers of Level 1"
    hub = at(_AT + "landsat_swinb_si-4af978f6.pth", 352, "odc-by")
