"""Prithvi-EO (2023, 2024): masked autoencoders of NASA and IBM that learned from Landsat and Sentinel-2 on one grid."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, ClassVar

from . import Band, HubFile, Order
from ._bands import SENTINEL2
from ._timm import licence
from ._torchgeo import TorchgeoEncoder, fill, tensors_of

_HUB = "ibm-nasa-geospatial/Prithvi-EO-"
#: blue, green, red, narrow near infrared and both short-wave infrared bands; of Landsat 8 and 9: B2, B3, B4, B5, B6, B7
_NAMES = ("B2", "B3", "B4", "B8A", "B11", "B12")
#: what published files hold besides: positions, which are computed, and how much date and place count, which are not told
_COMPUTED = ("pos_embed", "temporal_embed_enc.", "location_embed_enc.")
#: cells on the side of an image of training
_CELLS = 14


def _bands(means: tuple[float, ...], deviations: tuple[float, ...]) -> tuple[Band, ...]:
    return tuple(
        Band(name, SENTINEL2[name], mean, std, None, "reflectance x 10000")
        for name, mean, std in zip(_NAMES, means, deviations)
    )


class _Prithvi(TorchgeoEncoder):
    """Its patches are cubes of one date, so for one image it is a plain vision transformer.

    Layout, constants and architectures: terratorch/models/backbones/prithvi_vit.py of
    https://github.com/IBM/terratorch at 01f70cbde99de34a0f1b630d267d9f0e995b1795
    """

    patch, tile, metres = 16, 224, 30
    values: ClassVar[str] = "reflectance x 10000"
    staged = plain = True

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import torch
        from timm.models.vision_transformer import VisionTransformer

        from ._dense import dense

        whole = {
            name[len("encoder.") :] if name.startswith("encoder.") else name: t for name, t in tensors_of(path).items()
        }
        state = {name: tensor for name, tensor in whole.items() if not name.startswith(_COMPUTED)}
        cubes = state.get("patch_embed.proj.weight")
        if cubes is not None and cubes.ndim == 5 and cubes.shape[2] == 1:
            state["patch_embed.proj.weight"] = cubes[:, :, 0]
        state["pos_embed"] = positions(arguments["embed_dim"], tile // self.patch)
        model = VisionTransformer(
            img_size=tile, patch_size=self.patch, in_chans=order.bands, num_classes=0,
            norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-5), **arguments,
        )  # fmt: skip
        fill(model, state, self.id, path)
        return dense(model, order.layers, order.context, order.averaged, order.norm)


def positions(dim: int, cells: int) -> Any:
    """(1, 1 + cells², dim): fixed positions of a square of *cells* x *cells* on the first date, and none for the class token.

    Of the features, 6 of 16 tell the column, 6 the row and 4 the date; between the cells of training they are interpolated.
    """
    import torch
    import torch.nn.functional as F  # noqa: N812 (its usual name)

    def waves(count: int, steps: int) -> Any:
        rates = 10_000.0 ** -(torch.arange(count // 2, dtype=torch.float64) / (count // 2))
        turns = torch.arange(steps, dtype=torch.float64)[:, None] * rates
        return torch.cat((turns.sin(), turns.cos()), 1)

    across = waves(dim // 16 * 6, _CELLS)[None].expand(_CELLS, -1, -1)
    down = waves(dim // 16 * 6, _CELLS)[:, None].expand(-1, _CELLS, -1)
    date = waves(dim // 16 * 4, 1)[None].expand(_CELLS, _CELLS, -1)
    grid = torch.cat((across, down, date), 2).permute(2, 0, 1)[None].float()
    if cells != _CELLS:
        grid = F.interpolate(grid, size=(cells, cells), mode="bicubic", align_corners=True)
    return torch.cat((torch.zeros(1, 1, dim), grid.flatten(2).mT), 1)


class _Second(_Prithvi):
    source = "https://arxiv.org/abs/2412.02732"
    trained_on = "4.2 million series of Landsat 8-9 and Sentinel-2 at 30 m (HLS), all over the world, without labels"
    bands = _bands((1087.0, 1342.0, 1433.0, 2734.0, 1958.0, 1363.0), (2248.0, 2179.0, 2178.0, 1850.0, 1242.0, 1049.0))


class PrithviTiny(_Second):
    """For six bands of Sentinel-2 or Landsat: vegetation, water and burnt land at 10 to 30 m, quick on any laptop."""

    id = "Prithvi-EO-2.0 ViT-T/16"
    architecture = "prithvi_eo_v2_tiny_tl"
    arguments = {"embed_dim": 192, "depth": 12, "num_heads": 3}
    parameters, dim = 5.7, 192
    # as a public project pins it
    hub = HubFile(
        _HUB + "2.0-tiny-TL", "Prithvi_EO_V2_tiny_TL.pt", "335eadc2c45ad5abe7bd307223e1c48c5b60c41b",  # pragma: allowlist secret
        "d47326db9bad502b611f73e3e3f3a0e68b7b82640d67c22c795417f7209f8d70", 129, licence("apache-2.0"),  # pragma: allowlist secret
    )  # fmt: skip


class PrithviBase(_Second):
    """For six bands of Sentinel-2 or Landsat: finer distinctions than the tiny one, at ten times the time."""

    id = "Prithvi-EO-2.0 ViT-B/16"
    architecture = "prithvi_eo_v2_100_tl"
    arguments = {"embed_dim": 768, "depth": 12, "num_heads": 12}
    parameters, dim = 86.4, 768
    hub = HubFile(_HUB + "2.0-100M-TL", "Prithvi_EO_V2_100M_TL.pt", None, None, 455, licence("apache-2.0"))


class PrithviLarge(_Second):
    """For six bands of Sentinel-2 or Landsat: the largest Prithvi offered here, best with few labels. Slow without a GPU."""

    id = "Prithvi-EO-2.0 ViT-L/16"
    architecture = "prithvi_eo_v2_300"
    arguments = {"embed_dim": 1024, "depth": 24, "num_heads": 16}
    parameters, dim = 304.1, 1024
    # as a public project pins it, from the hub's own record of the file
    hub = HubFile(
        _HUB + "2.0-300M", "Prithvi_EO_V2_300M.pt", "9eb1b1102806593963daa333bcc491b1c6f8562f",  # pragma: allowlist secret
        "faab2c8b776f0723f93431747603a7ec586a54fc45473613b4322c29752486e7", 1327, licence("apache-2.0"),  # pragma: allowlist secret
    )  # fmt: skip


class PrithviFirst(_Prithvi):
    """The first Prithvi, which learned from the United States only: for comparison with maps that were made with it."""

    id = "Prithvi-EO-1.0 ViT-B/16"
    source = "https://arxiv.org/abs/2310.18660"
    trained_on = "series of Landsat 8-9 and Sentinel-2 at 30 m (HLS) of the United States, without labels"
    architecture = "prithvi_eo_v1_100"
    arguments = {"embed_dim": 768, "depth": 12, "num_heads": 12}
    bands = _bands((775.0, 1081.0, 1229.0, 2497.0, 2204.0, 1611.0), (1282.0, 1270.0, 1399.0, 1368.0, 1292.0, 1155.0))
    parameters, dim = 86.4, 768
    # as a public project pins it
    hub = HubFile(
        _HUB + "1.0-100M", "Prithvi_EO_V1_100M.pt", "f3a9ea7a1723621b0aeceb4de993093704d712c5",  # pragma: allowlist secret
        None, 454, licence("apache-2.0"),
    )  # fmt: skip
