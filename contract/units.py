"""What the numbers of rasters mean, and how one unit becomes another; standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """What numbers of a raster mean.

    Attributes:
        name: what the user chooses and scripts save, for ever; cards name theirs in ``Encoder.values``.
    """

    name: str


UNITS = (Unit("8-bit"), Unit("reflectance x 10000"), Unit("dB"))


def unit_names() -> list[str]:
    """What a dialog offers."""
    return ["auto", *(unit.name for unit in UNITS)]
