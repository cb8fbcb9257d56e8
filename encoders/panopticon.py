"""Panopticon (2025): a DINOv2 that takes any optical bands by wavelength, and radar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..contract.networks import RADAR
from . import Order
from ._torchgeo import TorchgeoEncoder, at, fill, on_grid, positions, spectrum, tensors_of


class PanopticonBase(TorchgeoEncoder):
    """For any optical bands told by their wavelengths, hyperspectral too, and radar with its polarisation; slower the more bands there are."""

    id = "Panopticon ViT-B/14"
    source = "https://arxiv.org/abs/2503.10845"
    trained_on = (
        "fMoW, SatlasPretrain, MMEarth and SpectralEarth: optical, radar and hyperspectral images, without labels"
    )
    architecture = "panopticon_vitb14"
    arguments = {"attn_dim": 2304, "embed_dim": 768, "depth": 12, "num_heads": 12}
    patch, tile = 14, 224
    parameters, dim = 99.0, 768
    spectral = True
    # sha256 as several public projects pin it
    hub = at(
        "lewaldm/panopticon/c8c2bb9555819e8b2bcedf5b3b00e3bf531554e7/panopticon_vitb14_teacher.pth", 396, "apache-2.0",
        "55024f411a7f383ed1a646d9b833b65683a4443846603fc7d37591d5afe9d26e",  # pragma: allowlist secret
    )  # fmt: skip

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import timm
        import torch
        from torchgeo.models.panopticon import PanopticonPE

        from ._dense import beside

        # numbers of radar channels count from -1 in the same order as ours, for an unknown direction of the orbit
        channels = [wave if wave in RADAR.values() else round(1000 * wave) for wave in spectrum(self, order)]
        state = tensors_of(path)
        positions(state, "pos_embed", tile // self.patch, self.id, path)
        attn_dim = arguments.pop("attn_dim")
        model = timm.create_model("vit_base_patch14_dinov2", img_size=tile, num_classes=0, **arguments)
        model.patch_embed = PanopticonPE(
            attn_dim, arguments["embed_dim"], self.patch, {"attn_cfg": {"num_heads": 16}}, tile
        )
        fill(model, state, self.id, path)
        with torch.inference_mode(False), torch.no_grad():
            model.patch_embed = _patches(model.patch_embed, torch.tensor([channels], dtype=torch.float32))

        cells, context = tile // self.patch, order.context

        class Dense(torch.nn.Module):
            """Tokens of patches on their grid."""

            def __init__(self) -> None:
                super().__init__()
                self.model, self.context = model, context

            def forward(self, x: Any) -> Any:
                """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
                y = self.model.forward_features(x)
                found = on_grid(y[:, self.model.num_prefix_tokens :], cells)
                return beside(found, y[:, 0]) if self.context else found

        return Dense()


def _patches(embed: Any, channels: Any) -> Any:
    """The patch embedding of torchgeo for fixed *channels* (1, bands): equal but for rounding, and cheaper the more bands there are.

    Its attention asks one question, the same for every patch, so keys and values of single bands need not be computed: the
    question is taken to where the bands are, and the bands are summed before they become values.
    """
    import torch

    attention = embed.chnfus.xattn
    heads = attention.num_heads

    class Patches(torch.nn.Module):
        """(n, bands, tile, tile) -> (n, cells, dim)."""

        def __init__(self) -> None:
            super().__init__()
            whole = embed.conv3d.conv3d
            dim, side = whole.out_channels, whole.kernel_size[-1]
            self.embedding = torch.nn.Conv2d(1, dim, side, side)
            self.embedding.weight.data, self.embedding.bias.data = whole.weight.data[:, 0], whole.bias.data
            self.register_buffer("bands", embed.chnfus.chnemb(channels.clone())[0])
            asked = (embed.chnfus.query.reshape(heads, -1) * attention.scale)[:, None]
            keys = attention.inproj_k.weight.reshape(heads, -1, dim)
            self.register_buffer("question", (asked @ keys)[:, 0].T.contiguous())
            self.register_buffer("values", attention.inproj_v.weight.reshape(heads, -1, dim).clone())
            self.proj = embed.proj

        def forward(self, x: Any) -> Any:
            n, bands = x.shape[:2]
            y = self.embedding(x.flatten(0, 1)[:, None]).flatten(2).unflatten(0, (n, bands))
            y = y.permute(0, 3, 1, 2) + self.bands  # (n, cells, bands, dim)
            shares = (y @ self.question).softmax(2).transpose(2, 3)  # (n, cells, heads, bands)
            summed = torch.einsum("nchd,hed->nche", shares @ y, self.values)
            return self.proj(summed.flatten(2))

    return Patches()
