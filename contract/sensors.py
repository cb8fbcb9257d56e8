"""What is known of sensors: names of bands, wavelengths, units; standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SensorBand:
    """One band of a sensor.

    Attributes:
        name: as the maker of the data calls it, such as ``B8A``.
        micrometres: centre wavelength in µm; of radar as in ``networks.RADAR``; None where it has none (elevation).
        aliases: other names that files use for it.
    """

    name: str
    micrometres: float | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sensor:
    """A sensor, or a product of one whose bands and values are alike.

    Attributes:
        name: what the user chooses and scripts save, for ever.
        bands: in the order in which files usually hold them.
        unit: of the values as they are distributed, one of ``units``.
        metres: usual side of a pixel, None where there is none.
    """

    name: str
    bands: tuple[SensorBand, ...]
    unit: str
    metres: float | None = None


#: all that are known
SENSORS: tuple[Sensor, ...] = ()


def sensor_names() -> list[str]:
    """What a dialog offers."""
    return ["auto", *(sensor.name for sensor in SENSORS)]
