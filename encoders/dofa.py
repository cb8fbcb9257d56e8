"""DOFA (2024): one transformer for optical bands of any wavelength, and radar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..contract.networks import RADAR
from . import Order
from ._torchgeo import TorchgeoEncoder, at, dynamic, fill, positions, spectrum, tensors_of

#: what its authors give for both bands of Sentinel-1: README.md of
#: https://github.com/zhu-xlab/DOFA at 0293753be58fe50b639a8ffd333d5b8a9d1c3825
_RADAR = 5.405


class _Dofa(TorchgeoEncoder):
    source = "https://arxiv.org/abs/2403.15356"
    trained_on = "images of Sentinel-1 and 2, Gaofen, NAIP and EnMAP, without labels"
    patch, tile = 16, 224
    spectral = True

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import torch
        from torchgeo.models.dofa import DOFA, position_embedding

        # the authors' own files have a norm of the class token besides, which the features don't pass through
        state = tensors_of(path, ("norm.",))
        positions(state, "pos_embed", tile // self.patch, self.id, path)
        model = DOFA(img_size=tile, patch_size=self.patch, num_classes=0, **arguments).eval()
        fill(model, state, self.id, path, untrained=("fc_norm.",))
        waves = [_RADAR if wave in RADAR.values() else wave for wave in spectrum(self, order)]
        embed = model.patch_embed
        with torch.inference_mode(False), torch.no_grad():
            weight, bias = embed.weight_generator(
                embed.fclayer(position_embedding(embed.dynamic_embed_dim, torch.tensor(waves) * 1000))
            )
            # the embedding is the same for every tile, so it is made once
            shape = (order.bands, self.patch, self.patch, model.embed_dim)
            weight = weight.view(shape).permute(3, 0, 1, 2) * embed.scaler
            bias = bias.view(model.embed_dim) * embed.scaler
            first = model.cls_token + model.pos_embed[:, :1]
        return dynamic((weight, bias, 1), first, model.pos_embed[:, 1:], model.blocks, model.fc_norm, order.context)


class DofaBase(_Dofa):
    """Takes any optical bands, told by their wavelengths, and radar: the first to try where no other card knows your sensor."""

    id = "DOFA ViT-B/16"
    architecture = "dofa_base_patch16_224"
    arguments = {"embed_dim": 768, "depth": 12, "num_heads": 12}
    parameters, dim = 111.3, 768
    hub = at(
        "torchgeo/dofa/b8db318b64a90b9e085ec04ba8851233c5893666/dofa_base_patch16_224-a0275954.pth", 445, "cc-by-4.0"
    )


class DofaLarge(_Dofa):
    """Takes any optical bands, told by their wavelengths, and radar: somewhat better than the base size, at three times the time."""

    id = "DOFA ViT-L/16"
    architecture = "dofa_large_patch16_224"
    arguments = {"embed_dim": 1024, "depth": 24, "num_heads": 16}
    parameters, dim = 337.1, 1024
    hub = at(
        "torchgeo/dofa/b8db318b64a90b9e085ec04ba8851233c5893666/dofa_large_patch16_224-0ff904d3.pth", 1348, "cc-by-4.0"
    )
