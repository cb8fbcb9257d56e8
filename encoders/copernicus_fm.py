"""Copernicus-FM (2025): one transformer for all Sentinels; bands are told by wavelength and width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..contract.networks import RADAR
from . import Order
from ._bands import SENTINEL2, SENTINEL2_WIDTHS
from ._torchgeo import TorchgeoEncoder, at, dynamic, fill, positions, spectrum, tensors_of

#: wavelength and width of Sentinel-1 in nanometres, as its authors give them:
#: Copernicus-Bench/src/configs/dataset/cobench_eurosat_s1.yaml of
#: https://github.com/zhu-xlab/Copernicus-FM at 5d8535f340f2bd09a73a177a8a45c7375962c2cd
_RADAR = (5e7, 1e9)


def _width(micrometres: float) -> float:
    """The width of the band of Sentinel-2 that is nearest, in micrometres: rasters rarely tell theirs."""
    nearest = min(SENTINEL2, key=lambda name: abs(SENTINEL2[name] - micrometres))
    return SENTINEL2_WIDTHS[nearest]


class CopernicusBase(TorchgeoEncoder):
    """For radar, or any optical bands told by their wavelengths: one encoder for maps of land cover from all Sentinels."""

    id = "Copernicus-FM ViT-B/16"
    source = "https://arxiv.org/abs/2503.11849"
    trained_on = "18.7 million images of all Sentinels (Copernicus-Pretrain), without labels"
    architecture = "copernicusfm_base"
    arguments = {"embed_dim": 768, "depth": 12, "num_heads": 12}
    patch, tile = 16, 224
    parameters, dim = 139.5, 768
    spectral = True
    # sha256 as a public project pins it
    hub = at(
        "torchgeo/copernicus-fm/f395812cc990ba25a451dbb9c9e6d95c8482947e/CopernicusFM_ViT_base_varlang-085350e4.pth",
        558, "cc-by-4.0",
        "085350e4fa0ebc6047a501aed1307394c4fcc23c013dd026db65af06411d6bee",  # pragma: allowlist secret
    )  # fmt: skip

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import torch
        from torchgeo.models.copernicusfm import CopernicusFM

        state = tensors_of(path, ("norm.",))
        positions(state, "pos_embed", tile // self.patch, self.id, path)
        model = CopernicusFM(img_size=tile, patch_size=self.patch, num_classes=0, **arguments).eval()
        fill(model, state, self.id, path, untrained=("fc_norm.",))
        told = [
            _RADAR if wave in RADAR.values() else (1000 * wave, 1000 * _width(wave)) for wave in spectrum(self, order)
        ]
        embed = model.patch_embed_spectral
        with torch.inference_mode(False), torch.no_grad():
            waves, widths = torch.tensor(told).unbind(1)
            weight, bias = embed.weight_generator(
                embed.fclayer(
                    embed.spectrum_central_expansion(waves, embed.hyper_dim)
                    + embed.spectrum_bandwidth_expansion(widths, embed.hyper_dim)
                )
            )
            shape = (order.bands, self.patch, self.patch, embed.embed_dim)
            weight = weight.view(shape).permute(3, 0, 1, 2) * embed.scaler
            bias = bias.view(embed.embed_dim) * embed.scaler
            # place, time and size of a patch are left unknown, for which it learned tokens
            unknown = model.coord_fc(model.coord_token) + model.scale_fc(model.scale_token)
            places = model.pos_embed + unknown + model.time_fc(model.time_token)
            first = model.cls_token + places[:, :1]
        return dynamic((weight, bias, 1), first, places[:, 1:], model.blocks, model.fc_norm, order.context)
