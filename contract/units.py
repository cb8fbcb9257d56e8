"""What the numbers of rasters mean, and how one unit becomes another; standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: wavelength in micrometres from which on sensors measure warmth, not reflected light
THERMAL = 3.0


@dataclass(frozen=True)
class Unit:
    """What numbers of a raster mean.

    Attributes:
        name: what the user chooses and scripts save, for ever; cards name that of a band in ``Band.unit``.
        quantity: what is measured: ``reflectance``, ``radar`` (backscatter), ``height``; empty: only the raster's maker knows.
        scale, offset: value * scale + offset is reflectance of 0 to 1, power, or metres.
        thermal: (scale, offset) of thermal bands, to kelvin; None where there are none.
        logarithmic: whether values are decibels.
        about: for docs/sensors.md, with the source of the numbers.
    """

    name: str
    quantity: str = ""
    scale: float = 1.0
    offset: float = 0.0
    thermal: tuple[float, float] | None = None
    logarithmic: bool = False
    about: str = ""


UNITS = (
    Unit("reflectance", "reflectance", thermal=(1, 0), about="Share of the light that comes back, 0 to 1; thermal bands in kelvin."),
    Unit("reflectance x 10000", "reflectance", 1e-4, about=
        "As most products have it: Sentinel-2 before 2022, MODIS, EnMAP, HLS, PlanetScope SR, Landsat Collection 1. "
        "https://www.usgs.gov/faqs/how-do-i-use-a-scale-factor-landsat-level-2-science-products"),
    Unit("reflectance x 10000 + 1000", "reflectance", 1e-4, -0.1, about=
        "Sentinel-2 from processing baseline 04.00 on (25 January 2022, and what was processed anew since): RADIO_ADD_OFFSET and "
        "BOA_ADD_OFFSET are -1000. https://sentiwiki.copernicus.eu/web/s2-products"),
    Unit("Landsat Collection 2 Level 2", "reflectance", 2.75e-5, -0.2, (0.00341802, 149.0), about=
        "Surface reflectance is the number x 0.0000275 - 0.2, surface temperature the number x 0.00341802 + 149 kelvin. "
        "https://www.usgs.gov/faqs/how-do-i-use-a-scale-factor-landsat-level-2-science-products"),
    Unit("8-bit", about="Pictures: 0 to 255, stretched as their maker liked."),
    Unit("dB", "radar", logarithmic=True, about="Backscatter in decibels: 10 x log10 of the power."),
    Unit("linear power", "radar", about="Backscatter as it is measured, such as sigma nought or gamma nought."),
    Unit("metres", "height", about="Elevation, or height above ground."),
    Unit("digital numbers", about="Anything else, such as Level 1 of Landsat, radiance, counts."),
)  # fmt: skip

_BY_NAME = {unit.name: unit for unit in UNITS}


def unit_names() -> list[str]:
    """What a dialog offers."""
    return ["auto", *_BY_NAME]


@dataclass(frozen=True)
class Relation:
    """How values become those of another unit: first the power of decibels or the decibels of a power, then a line.

    Attributes:
        factor, shift: value * factor + shift.
        before: ``decibels`` or ``power``: what is taken of the value before the line; empty: the value itself.
    """

    factor: float = 1.0
    shift: float = 0.0
    before: str = ""

    def __call__(self, value: float) -> float:
        """The value in the other unit; minus infinity for the decibels of no power."""
        if self.before == "decibels":
            value = 10 * math.log10(value) if value > 0 else -math.inf
        elif self.before == "power":
            value = 10 ** (value / 10)
        return value * self.factor + self.shift

    def after(self, scale: float, offset: float) -> Relation:
        """The relation for values that become this one's by value * *scale* + *offset*; *before* must be empty."""
        if self.before:
            raise ValueError("a line before a logarithm is no line")
        return Relation(self.factor * scale, self.factor * offset + self.shift)


def relation(one: str, other: str, micrometres: float | None = None) -> Relation | None:
    """How values of the unit *one* become those of *other*, for a band of that wavelength; None where they do not.

    Names that are no units, and digital numbers, become nothing; 8-bit nothing but itself.
    """
    here, there = _BY_NAME.get(one), _BY_NAME.get(other)
    if here is None or there is None:
        return None
    if here is there and here.name != "digital numbers":
        return Relation()
    if not here.quantity or here.quantity != there.quantity:
        return None
    if here.logarithmic != there.logarithmic:
        return Relation(before="power" if here.logarithmic else "decibels")
    if micrometres is not None and micrometres >= THERMAL:
        if here.thermal is None or there.thermal is None:
            return None
        (scale, offset), (to_scale, to_offset) = here.thermal, there.thermal
    else:
        scale, offset, to_scale, to_offset = here.scale, here.offset, there.scale, there.offset
    return Relation(scale / to_scale, (offset - to_offset) / to_scale)


def quantity(name: str) -> str:
    """What the unit *name* measures; empty where it is not known."""
    return _BY_NAME[name].quantity if name in _BY_NAME else ""
