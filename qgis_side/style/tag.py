"""What the engine notes about the looks of a raster: the item ``style`` in the metadata domain ``IAMAP``, as JSON.

``{"bands": [1, 2, 3], "minimum": [...], "maximum": [...]}``: three bands as red, green and blue, or one in grey.
``{"categories": [{"value": 0, "label": "noise", "colour": "#9e9e9e"}, ...], "band": 1}``: a colour for each value.
``{"ramp": "Viridis", "band": 1, "minimum": 0, "maximum": 1}``: colours from one end to the other; instead of a name, the
ramp may be ``[[value, "#rrggbb", "label"], ...]``, whose first and last value are the ends where none are given.

All values are feature values, after scale and offset; QGIS stretches the same values.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stretch:
    """Bands to show, counted from 1, each with the feature values that become dark and bright."""

    bands: tuple[int, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]


@dataclass(frozen=True)
class Entry:
    """A value, its colour ``#rrggbb`` and what the legend says, which may be empty."""

    value: float
    colour: str
    label: str


@dataclass(frozen=True)
class Categories:
    """A colour and a name for each value of a band."""

    bands: tuple[int]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Ramp:
    """Colours between two values of a band: those of *stops*, or of the ramp that QGIS knows by *name*."""

    bands: tuple[int]
    minimum: float
    maximum: float
    name: str
    stops: tuple[Entry, ...]


def read(path: str) -> Stretch | Categories | Ramp | None:
    """Return the look noted in the tags of the raster *path*; None where there is none that makes sense."""
    from osgeo import gdal

    try:
        ds = gdal.OpenEx(path, gdal.OF_RASTER)  # None, or from GDAL 4 on a RuntimeError, where it can't be opened
        text = ds.GetMetadataItem("style", "IAMAP") if ds is not None else None
        noted = json.loads(text or "null")
        if "categories" in noted:
            return _categories(noted)
        return _ramp(noted) if "ramp" in noted else _stretch(noted)
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError):
        return None


def _stretch(noted: dict[str, Any]) -> Stretch:
    bands, minimum, maximum = (tuple(noted[key]) for key in ("bands", "minimum", "maximum"))
    if not len(bands) == len(minimum) == len(maximum) > 0:
        raise ValueError("not as many minima and maxima as bands")
    return Stretch(tuple(map(_band, bands)), tuple(map(_number, minimum)), tuple(map(_number, maximum)))


def _categories(noted: dict[str, Any]) -> Categories:
    entries = (_entry(one["value"], one["colour"], one.get("label", "")) for one in noted["categories"])
    return Categories((_band(noted.get("band", 1)),), tuple(entries))


def _ramp(noted: dict[str, Any]) -> Ramp:
    ramp, band = noted["ramp"], _band(noted.get("band", 1))
    name, stops = (ramp, ()) if isinstance(ramp, str) else ("", tuple(_entry(*stop) for stop in ramp))
    values = sorted(stop.value for stop in stops)
    low = noted["minimum"] if "minimum" in noted or not values else values[0]
    high = noted["maximum"] if "maximum" in noted or not values else values[-1]
    if not name and not stops:
        raise ValueError("a ramp without colours")
    return Ramp((band,), _number(low), _number(high), name, tuple(sorted(stops, key=lambda stop: stop.value)))


def _entry(value: Any, colour: Any, label: Any = "") -> Entry:
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"{colour} is no colour")
    return Entry(_number(value), colour, str(label or ""))


def _band(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{value!r} is no band")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return value
