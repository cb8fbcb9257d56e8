"""Presto (2023): a small transformer of NASA Harvest for series of single pixels."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

from ..contract.errors import BadRequest
from . import Band, HubFile, Order
from ._bands import SENTINEL2
from ._harvest import DATES, GROUPS, OPTICAL, RADAR, SEEN, tables
from ._timm import licence
from ._torchgeo import TorchgeoEncoder, fill, tensors_of

#: groups in the order of their table, with those that it learned from besides:
#: https://github.com/nasaharvest/presto/blob/904383c627ae8571cb189fd7c3b779386faa396a/single_file_presto.py
_ORDER = (*GROUPS, "ERA5", "SRTM", "NDVI", "dynamic_world")
#: what is computed of red and near infrared, and is a group of its own
_NDVI = "NDVI"
#: what is taken off values and what they are divided by, in dB and in reflectance x 10000:
#: https://github.com/nasaharvest/presto/blob/904383c627ae8571cb189fd7c3b779386faa396a/presto/dataops/pipelines/s1_s2_era5_srtm.py
_DECIBELS, _REFLECTANCE = (-25.0, 25.0), (0.0, 10_000.0)


def _bands(*groups: str) -> tuple[Band, ...]:
    names = [name for group in groups for name in GROUPS[group]]
    return tuple(
        Band(name, SENTINEL2[name], *_REFLECTANCE, SEEN[name], "reflectance x 10000")
        if name in SENTINEL2
        else Band(name, None, *_DECIBELS, SEEN[name], "dB")
        for name in names
    )


class _Presto(TorchgeoEncoder):
    source = "https://arxiv.org/abs/2304.14065"
    trained_on = "21 million pixels all over the world, two years of each: Sentinel-1 and 2, weather, elevation and land cover, without labels"
    architecture = "presto"
    arguments = {"encoder_embedding_size": 128, "encoder_depth": 2, "encoder_num_heads": 8, "mlp_ratio": 4}
    groups: ClassVar[tuple[str, ...]] = (*OPTICAL, _NDVI)
    bands = _bands(*OPTICAL)
    values = "reflectance x 10000"
    dates, pixelwise, told = DATES, True, ("place",)
    # as small as processors are quick with: what they compute with then stays near them
    patch, tile, metres = 1, 32, 10
    parameters, dim = 0.4, 128
    # revision as a public project pins it
    hub = HubFile(
        "nasaharvest/presto", "default_model.pt", "1b97f885969da4e2d5834ca8c92707c737911464", None, 3, licence("mit")  # pragma: allowlist secret
    )  # fmt: skip

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        if order.context:
            raise BadRequest(f"{self.id} looks at each pixel by itself", "leave `context` off")
        state = _renamed(tensors_of(path), self.groups, order.place)
        state["told"] = self._told(state, order, arguments["encoder_embedding_size"], path)
        # what is computed comes behind what is given
        names = [*(band.name for band in self.bands[: len(self.bands) // len(order.months)]), _NDVI]
        columns = [[names.index(name) for name in GROUPS.get(group, (_NDVI,))] for group in self.groups]
        colours = (names.index("B4"), names.index("B8")) if _NDVI in self.groups else None
        module = _dense(columns, colours, len(order.months), arguments, order.place is not None)
        fill(module, state, self.id, path)
        return module

    def _told(self, state: dict[str, Any], order: Order, dim: int, path: Path) -> Any:
        """(groups, dates, dim): what each token is told: month, group of bands and place in the series."""
        import torch

        wanted = {
            "month_embed.weight": (12, dim // 4),
            "channel_embed.weight": (len(_ORDER), dim // 4),
            "pos_embed": (len(order.months), dim - 2 * (dim // 4)),
        }
        months, channels, dates = tables(state, wanted, self.id, path)
        each = [
            torch.cat((months[month - 1], channels[_ORDER.index(group)], dates[date]))
            for group in self.groups
            for date, month in enumerate(order.months)
        ]
        return torch.stack(each).unflatten(0, (len(self.groups), -1))


def _renamed(tensors: dict[str, Any], groups: tuple[str, ...], place: tuple[float, float] | None) -> dict[str, Any]:
    """Tensors of a published file under our names, without those of other *groups*, and with the place where it is known."""
    import torch

    idle = ("eo_patch_embed.", "dw_embed.", *(() if place else ("latlon_embed.",)))
    state = {}
    for name, tensor in tensors.items():
        plain = name[len("encoder.") :] if name.startswith("encoder.") else name
        for number, group in enumerate(groups):
            plain = plain.replace(f"eo_patch_embed.{group}.", f"embeddings.{number}.")
        if not plain.startswith(idle):
            state[plain] = tensor
    if place is not None:
        longitude, latitude = map(math.radians, place)
        level = math.cos(latitude)
        globe = (level * math.cos(longitude), level * math.sin(longitude), math.sin(latitude))
        state["place"] = torch.tensor(globe)
    return state


def _dense(
    columns: list[list[int]], colours: tuple[int, int] | None, dates: int, arguments: dict[str, Any], placed: bool
) -> Any:
    """The network without its weights.

    Args:
        columns: the bands of each group on one date, the vegetation index behind the others.
        colours: red and near infrared among them, None where there is no such index.
        placed: whether there is a token of the place, as a point on the unit sphere.
    """
    import torch
    from timm.models.vision_transformer import Block

    dim, depth, heads, wide = (arguments[name] for name in _Presto.arguments)

    class Dense(torch.nn.Module):
        """Tokens of a pixel, of all groups of bands and all dates, attend to one another; their mean is its features."""

        def __init__(self) -> None:
            super().__init__()
            self.columns, self.colours, self.dates = columns, colours, dates
            self.embeddings = torch.nn.ModuleList(torch.nn.Linear(len(bands), dim) for bands in columns)
            self.register_buffer("told", torch.zeros(len(columns), dates, dim))
            if placed:
                self.register_buffer("place", torch.zeros(3))
                self.latlon_embed = torch.nn.Linear(3, dim)
            self.blocks = torch.nn.ModuleList(
                Block(dim, heads, wide, qkv_bias=True, norm_layer=torch.nn.LayerNorm) for _ in range(depth)
            )
            self.norm = torch.nn.LayerNorm(dim)

        def forward(self, x: Any) -> Any:
            """(n, bands, tile, tile) -> (n, dim, tile, tile)."""
            # one after the other, for each pixel is as much work as a patch elsewhere
            return torch.cat([self._tile(one) for one in x.split(1)])

        def _tile(self, x: Any) -> Any:
            pixels = x.flatten(2)[0].transpose(0, 1).unflatten(1, (self.dates, -1))
            if self.colours is not None:
                red, infrared = (pixels[..., band] for band in self.colours)
                total = red + infrared
                index = torch.where(total > 0, (infrared - red) / total.clamp_min(1e-6), 0.0)
                pixels = torch.cat((pixels, index[..., None]), 2)
            parts = [embed(pixels[..., bands]) for embed, bands in zip(self.embeddings, self.columns)]
            y = (torch.stack(parts, 1) + self.told).flatten(1, 2)
            if placed:
                y = torch.cat((self.latlon_embed(self.place).expand(len(y), 1, -1), y), 1)
            for block in self.blocks:
                y = block(y)
            return self.norm(y.mean(1)).transpose(0, 1).unflatten(1, x.shape[2:])[None].contiguous()

    return Dense()


class PrestoOptical(_Presto):
    """For ten bands of Sentinel-2, of one date or a series such as the months of a year: crops by how they grow, each pixel alone.

    What it knows besides is the month (Months of the dates) and where on Earth the raster lies. An enlarged image tells it no more.
    """

    id = "Presto Sentinel-2"


class PrestoRadar(_Presto):
    """For VV and VH of Sentinel-1 in dB, of one date or a series: rice, floods and harvests through clouds, each pixel alone."""

    id = "Presto Sentinel-1"
    groups, bands, values = RADAR, _bands(*RADAR), "dB"


class PrestoJoint(_Presto):
    """For VV and VH of Sentinel-1 and ten bands of Sentinel-2 in one raster, of one date or a series, each pixel alone."""

    id = "Presto Sentinel-1 and 2"
    groups, bands = (*RADAR, *OPTICAL, _NDVI), _bands(*RADAR, *OPTICAL)
    values = "dB, then reflectance x 10000"
