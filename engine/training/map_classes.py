"""What a finished map holds, whoever made it: its values, their areas and names, and which classes of a reference they are."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rasterio

from ...contract.errors import BadRequest
from ...contract.job import Context
from .. import colours
from ..cell_areas import CellAreas
from ..features import Features, no_data
from ..rasters import CACHE_BYTES
from ..vectors import in_order

#: longer side of the picture in cells; values between which they are counted without sorting; whole numbers that
#: float32 holds; cells counted at once
_SIDE, _SPAN, _EXACT, _AT_ONCE = 600, 1 << 20, 1 << 24, 1 << 20


@dataclass(frozen=True)
class Overview:
    """A map, looked over once.

    Attributes:
        values: (k,) int64 those that occur, in order; empty for numbers.
        cells: (k,) int64 of each.
        sizes: (k,) float64 square metres of each on the ground; cells where the ground is unknown.
        known: whether sizes are square metres.
        uneven: largest cell by the smallest, 1 where all are alike or unknown.
        picture: (rows, cols) float32, every *step*-th cell; NaN without data.
        step: cells from one to the next.
    """

    values: np.ndarray
    cells: np.ndarray
    sizes: np.ndarray
    known: bool
    uneven: float
    picture: np.ndarray
    step: int

    @property
    def unit(self) -> str:
        """Of the sizes as they are told: hectares where the ground is known."""
        return "ha" if self.known else "cells"

    def told(self, size: float) -> float:
        """A size in that unit."""
        return size / 1e4 if self.known else size


def without(values: np.ndarray, blank: Sequence[float]) -> np.ndarray:
    """(n,) or (rows, cols) float32 values with NaN for those that are *blank*."""
    return np.where(np.isin(values, np.array(blank, np.float32)), np.nan, values) if blank else values


def look_over(features: Features, classes: bool, blank: Sequence[float], ctx: Context) -> Overview:
    """Go over the map once.

    Args:
        classes: its values are counted and measured, too.
        blank: values that are no data.

    Raises:
        BadRaster: it holds no data.
        BadRequest: its values can't be classes.
    """
    step = -(-max(features.width, features.height) // _SIDE)
    areas = CellAreas(features.crs, features.transform, features.width, features.height)
    counted: dict[int, tuple[int, float]] = {}
    low, high, some = np.inf, -np.inf, False
    picture = []
    ctx.progress(0, features.height, "rows", "look over the map")
    for first, last, data in features.each():
        rows = np.flatnonzero(np.arange(first, last) % step == 0)
        picture.append(without(data[0][rows, ::step].copy(), blank))
        strip = max(1, _AT_ONCE // features.width)
        for top in range(first, last, strip):
            bottom = min(last, top + strip)
            values = without(data[0, top - first : bottom - first], blank)
            valid = ~np.isnan(values)
            some |= bool(valid.any())
            if classes and valid.any():
                ground = (areas.rows(top, bottom) if areas.known else np.ones(values.shape))[valid]
                for value, cells, size in _counted(values[valid], ground, features.source.name):
                    before = counted.get(value, (0, 0.0))
                    counted[value] = before[0] + cells, before[1] + size
                low, high = min(low, float(ground.min())), max(high, float(ground.max()))
        ctx.progress(last, features.height, "rows", "look over the map")
    if not some:
        raise no_data(features)
    found = sorted(counted)
    return Overview(
        np.array(found, np.int64),
        np.array([counted[value][0] for value in found], np.int64),
        np.array([counted[value][1] for value in found]),
        areas.known,
        high / low if classes and low > 0 else 1.0,
        np.concatenate(picture),
        step,
    )


def _counted(values: np.ndarray, ground: np.ndarray, name: str) -> list[tuple[int, int, float]]:
    """(value, cells, area) of all (n,) values."""
    whole = np.rint(values)
    odd = np.flatnonzero(values != whole)
    if len(odd):
        raise BadRequest(
            f"{name} holds numbers with decimals, such as {values[odd[0]]:g}, which name no classes",
            "choose a map of classes; or check numbers, with task = numbers",
        )
    low, high = float(whole.min()), float(whole.max())
    if max(abs(low), abs(high)) > _EXACT:
        raise BadRequest(
            f"{name} holds classes beyond {_EXACT}, such as {max(low, high, key=abs):.0f}", "give them lower numbers"
        )
    if high - low < _SPAN:
        place = (whole - low).astype(np.int64)
        cells, size = np.bincount(place), np.bincount(place, ground)
        some = np.flatnonzero(cells)
        return list(zip((some + int(low)).tolist(), cells[some].tolist(), size[some].tolist()))
    different, place = np.unique(whole, return_inverse=True)
    cells, size = np.bincount(place), np.bincount(place, ground)
    return list(zip(different.astype(np.int64).tolist(), cells.tolist(), size.tolist()))


@dataclass(frozen=True)
class Legend:
    """Names and colours ``#rrggbb`` of some values of a map."""

    names: dict[int, str]
    colours: dict[int, str]


def read_legend(features: Features, given: dict[int, str]) -> Legend:
    """The names in the map, those that the user has *given* first; and the colours of the map, or of its colour table."""
    band = features.source.bands[0]
    names, shown = {}, {}
    try:
        noted = json.loads(features.source.tags().get("style", "{}"))
        if noted.get("band", 1) == band:
            for one in noted["categories"]:
                names[int(one["value"])] = str(one["label"])
                shown[int(one["value"])] = str(one["colour"])
    except (ValueError, KeyError, TypeError, AttributeError):
        # a tag of somebody else, or none
        names, shown = {}, {}
    if not shown:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(features.source.name) as ds:
            try:
                shown = {value: "#{:02x}{:02x}{:02x}".format(*table[:3]) for value, table in ds.colormap(band).items()}
            except ValueError:
                shown = {}
    return Legend({**names, **given}, shown)


@dataclass(frozen=True)
class Classes:
    """The classes of a map and of its reference, by one name.

    Attributes:
        names: in order: those of the map by their values, then those of the reference only.
        colours: ``#rrggbb`` of each.
        of_value: value of the map -> index into *names*.
        of_reference: name in the reference -> index.
        missing: names in the reference that are no class of the map.
    """

    names: list[str]
    colours: list[str]
    of_value: dict[int, int]
    of_reference: dict[str, int]
    missing: list[str]

    def some(self, kept: np.ndarray) -> tuple[Classes, np.ndarray]:
        """Those that (classes,) bool *kept* names, and (classes,) int64 what old indices become; -1 for none."""
        new = np.where(kept, np.cumsum(kept) - 1, -1)
        chosen = np.flatnonzero(kept).tolist()
        made = Classes(
            [self.names[i] for i in chosen],
            [self.colours[i] for i in chosen],
            {value: int(new[i]) for value, i in self.of_value.items() if kept[i]},
            {name: int(new[i]) for name, i in self.of_reference.items() if kept[i]},
            self.missing,
        )
        return made, new

    def sizes(self, overview: Overview) -> np.ndarray:
        """(classes,) float64: how much ground the map gives to each."""
        made = np.zeros(len(self.names))
        for value, size in zip(overview.values.tolist(), overview.sizes.tolist()):
            if value in self.of_value:
                made[self.of_value[value]] += size
        return made

    def values(self, mapped: np.ndarray) -> np.ndarray:
        """(n,) values of the map to (n,) int64 indices; every value must be one of the map."""
        different, place = np.unique(mapped, return_inverse=True)
        return np.array([self.of_value[int(value)] for value in different], np.int64)[place.ravel()]


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def match(reference: Sequence[str], values: Sequence[int], legend: Legend) -> Classes:
    """Find the classes of a *reference* in a map: by name, whatever their case; where no name is the same, by value.

    Raises:
        BadRequest: not one is a class of the map.
    """
    every = sorted({*values, *legend.names})
    names: list[str] = []
    index: dict[str, int] = {}
    of_value: dict[int, int] = {}
    for value in every:
        name = legend.names.get(value) or str(value)
        of_value[value] = index.setdefault(_plain(name), len(names))
        if of_value[value] == len(names):
            names.append(name)
    of_reference = {name: index[_plain(name)] for name in reference if _plain(name) in index}
    by_name = set(of_reference.values())
    for name in reference:
        place = of_value.get(_number(name))
        if name not in of_reference and place is not None and place not in by_name:
            of_reference[name] = place
    missing = in_order(set(reference) - set(of_reference))
    if not of_reference:
        raise BadRequest(
            f"no class of the reference ({_few(missing)}) is a class of the map ({_few(names)})",
            "choose another column, or say in names what the values of the map are called",
        )
    for name in missing:
        of_reference[name] = index.setdefault(_plain(name), len(names))
        if of_reference[name] == len(names):
            names.append(name)
    return Classes(names, _colours(len(names), of_value, legend), of_value, of_reference, missing)


def _number(name: str) -> int:
    """The whole number that *name* is; one that no map holds where it is none."""
    try:
        number = float(name)
        return int(number) if number.is_integer() else 1 << 62
    except ValueError:
        return 1 << 62


def _colours(count: int, of_value: dict[int, int], legend: Legend) -> list[str]:
    made = colours.wheel(count)
    for value in sorted(of_value, reverse=True):
        if value in legend.colours:
            made[of_value[value]] = legend.colours[value]
    return made


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
