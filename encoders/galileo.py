"""Galileo (2025): a transformer of NASA Harvest that learned from many sensors at many scales."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from . import Band, HubFile, Order
from ._bands import SENTINEL2
from ._harvest import DATES, GROUPS, OPTICAL, RADAR, SEEN, tables
from ._timm import licence
from ._torchgeo import TorchgeoEncoder, fill, on_grid, tensors_of

#: groups in the order of their table; a patch gets a token for each, but for NDVI, which its authors leave out too
_ORDER = (*GROUPS, "NDVI")
#: what it learned from other sensors, maps and weather
_OTHERS = ("space_embed.", "time_embed.", "static_embed.", "sp_channel_embed", "t_channel_embed", "st_channel_embed")
_METRES = 10
#: side of the patches in the files, from which smaller ones are made
_LARGEST = 8


def _bands(*groups: str) -> tuple[Band, ...]:
    # two deviations below and above the mean are 0 and 1:
    # https://github.com/nasaharvest/galileo/blob/0c3ff425dfa9c4ceb6d5ec68c6ebf772731fc8ab/src/data/dataset.py
    bands = []
    for name in (name for group in groups for name in GROUPS[group]):
        mean, std = SEEN[name]
        unit = "reflectance x 10000" if name in SENTINEL2 else "dB"
        bands.append(Band(name, SENTINEL2.get(name), mean - 2 * std, 4 * std, (mean, std), unit))
    return tuple(bands)


class _Galileo(TorchgeoEncoder):
    source = "https://arxiv.org/abs/2502.09356"
    trained_on = "127 thousand places all over the world: Sentinel-1 and 2, elevation, weather and maps, without labels"
    groups: ClassVar[tuple[str, ...]] = OPTICAL
    bands = _bands(*OPTICAL)
    values = "reflectance x 10000"
    # where none is told its authors take June too:
    # https://github.com/nasaharvest/galileo/blob/0b21e286f5bdba3793123d742e07b29417a139bc/src/data/utils.py
    dates = DATES
    told = ("metres",)
    # twelve cells on a side, which is the most it learned from
    patch, tile, metres = 8, 96, _METRES

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import torch
        from timm.layers import resample_patch_embed

        patch, cells = self.patch, tile // self.patch
        state = _renamed(tensors_of(path), self.groups)
        for number in range(len(self.groups)):
            weight = state.get(f"embeddings.{number}.weight")
            if weight is not None and tuple(weight.shape[2:]) == (_LARGEST, _LARGEST) != (patch, patch):
                state[f"embeddings.{number}.weight"] = resample_patch_embed(weight, [patch, patch])
        dates, quarter = len(order.months), arguments["embedding_size"] // 4
        rows = {"s_t_channel_embed": len(_ORDER), "pos_embed": dates, "month_embed.weight": 12}
        told = tables(state, {name: (count, quarter) for name, count in rows.items()}, self.id, path)
        scale = (order.metres or _METRES) * patch / _METRES
        each = [_places(told, self.groups, cells, scale, date, month) for date, month in enumerate(order.months)]
        state["places"] = torch.cat(each, 1)
        names = [band.name for band in self.bands]
        columns = [[names.index(name) for name in GROUPS[group]] for group in self.groups]
        module = _dense(columns, patch, cells, arguments, order.context, dates)
        fill(module, state, self.id, path)
        return module


def _dense(
    columns: list[list[int]], patch: int, cells: int, arguments: dict[str, Any], context: bool, dates: int = 1
) -> Any:
    """The network without its weights; *columns* are the bands of each group on the first of *dates*."""
    import torch
    from timm.models.vision_transformer import Block

    from ._dense import beside

    every = [[date * sum(map(len, columns)) + band for band in bands] for date in range(dates) for bands in columns]
    dim, heads, wide = (arguments[name] for name in ("embedding_size", "num_heads", "mlp_ratio"))

    class Dense(torch.nn.Module):
        """Tokens of all groups of bands and all dates attend to one another; a cell is the mean of its tokens."""

        def __init__(self) -> None:
            super().__init__()
            self.columns, self.context = every, context
            self.embeddings = torch.nn.ModuleList(torch.nn.Conv2d(len(bands), dim, patch, patch) for bands in columns)
            self.register_buffer("places", torch.zeros(1, len(every), cells**2, dim))
            self.blocks = torch.nn.ModuleList(
                Block(dim, heads, wide, qkv_bias=True, norm_layer=torch.nn.LayerNorm) for _ in range(arguments["depth"])
            )
            self.norm = torch.nn.LayerNorm(dim)

        def forward(self, x: Any) -> Any:
            """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
            embeddings = [*self.embeddings] * dates
            parts = [embed(x[:, bands]).flatten(2).transpose(1, 2) for embed, bands in zip(embeddings, self.columns)]
            y = (torch.stack(parts, 1) + self.places).flatten(1, 2)
            for block in self.blocks:
                y = block(y)
            y = self.norm(y).unflatten(1, (len(self.columns), cells**2)).mean(1)
            found = on_grid(y, cells)
            return beside(found, y.mean(1)) if self.context else found

    return Dense()


def _renamed(tensors: dict[str, Any], groups: tuple[str, ...]) -> dict[str, Any]:
    """Tensors of a published file under our names, without those of other *groups*; queries, keys and values of a block in one."""
    import torch

    state = {}
    idle = (*_OTHERS, *(f"space_time_embed.{group}." for group in _ORDER if group not in groups))
    for name, tensor in tensors.items():
        plain = name.replace(".backbone", "")
        if plain.startswith(idle):
            continue
        for number, group in enumerate(groups):
            plain = plain.replace(f"space_time_embed.{group}.proj.", f"embeddings.{number}.")
        state[plain] = tensor
    for query in [name for name in state if ".attn.q." in name]:
        names = [query.replace(".attn.q.", f".attn.{part}.") for part in "qkv"]
        if all(name in state for name in names):
            state[query.replace(".attn.q.", ".attn.qkv.")] = torch.cat([state.pop(name) for name in names])
    return state


def _places(told: list[Any], groups: tuple[str, ...], cells: int, scale: float, date: int, month: int) -> Any:
    """(1, groups, cells², dim): what is added to each token of a date, for cells that are *scale* times 10 m wide.

    A quarter of the features each: group of bands, place in the series, month, and column and row.
    """
    import torch

    channel, dates, months = told
    quarter = channel.shape[1]
    side = torch.arange(cells) * scale
    # rates that fall more slowly than elsewhere, since 2 divides where it should multiply: it was trained so
    rates = 10_000.0 ** -(torch.arange(quarter // 4) / (quarter // 2) / 2.0)
    turns = side[:, None] * rates
    waves = torch.cat((turns.sin(), turns.cos()), 1)
    across, down = waves[None].expand(cells, -1, -1), waves[:, None].expand(-1, cells, -1)
    spatial = torch.cat((across, down), 2).flatten(0, 1)
    same = [torch.cat((channel[_ORDER.index(group)], dates[date], months[month - 1])) for group in groups]
    return torch.stack([torch.cat((one.expand(cells**2, -1), spatial), 1) for one in same])[None]


def _at(size: str, revision: str, megabytes: int) -> HubFile:
    # revisions as a public project pins them
    return HubFile("nasaharvest/galileo", f"models/{size}/encoder.pt", revision, None, megabytes, licence("mit"))


class _Nano(_Galileo):
    architecture = "galileo_nano"
    arguments = {"embedding_size": 128, "depth": 4, "num_heads": 8, "mlp_ratio": 4}
    parameters, dim = 0.9, 128
    hub = _at("nano", "0bbc53293a37dea7d563566f015c5527bdaf3793", 4)  # pragma: allowlist secret


class _Tiny(_Galileo):
    architecture = "galileo_tiny"
    arguments = {"embedding_size": 192, "depth": 12, "num_heads": 3, "mlp_ratio": 4}
    parameters, dim = 5.5, 192
    hub = _at("tiny", "87d646dd7b63f14d9610694d87f8dc7b5912a6df", 23)  # pragma: allowlist secret


class GalileoNano(_Nano):
    """For ten bands of Sentinel-2: tells crops, forest, water and towns apart, and is the smallest transformer here."""

    id = "Galileo Sentinel-2 nano/8"


class GalileoNanoFine(_Nano):
    """For ten bands of Sentinel-2, with cells of 4 pixels, where small fields and hedges show: four times the time."""

    id = "Galileo Sentinel-2 nano/4"
    patch, tile = 4, 48
    parameters = 0.8


class GalileoTiny(_Tiny):
    """For ten bands of Sentinel-2: finer distinctions between crops and kinds of forest, at four times the time of nano."""

    id = "Galileo Sentinel-2 tiny/8"


class GalileoBase(_Galileo):
    """For ten bands of Sentinel-2: the largest Galileo, best with few labels. Slow without a GPU."""

    id = "Galileo Sentinel-2 base/8"
    architecture = "galileo_base"
    arguments = {"embedding_size": 768, "depth": 12, "num_heads": 12, "mlp_ratio": 4}
    parameters, dim = 85.6, 768
    hub = _at("base", "f039dd5dde966a931baeda47eb680fa89b253e4e", 346)  # pragma: allowlist secret


class GalileoRadar(_Tiny):
    """For VV and VH of Sentinel-1 in dB: floods, clearings and buildings, through clouds."""

    id = "Galileo Sentinel-1 tiny/8"
    groups, bands, values = RADAR, _bands(*RADAR), "dB"
    parameters = 5.4


class GalileoJoint(_Tiny):
    """For VV and VH of Sentinel-1 and ten bands of Sentinel-2 in one raster: looks at both at once."""

    id = "Galileo Sentinel-1 and 2 tiny/8"
    groups, bands = RADAR + OPTICAL, _bands(*RADAR, *OPTICAL)
    values = "dB, then reflectance x 10000"
