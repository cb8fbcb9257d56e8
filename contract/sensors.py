"""What is known of sensors, and by which names: standard library only. The tables themselves are in ``sensor_tables``."""

from __future__ import annotations

import re

from .sensor_tables import COLOURS, SENSORS, Sensor, SensorBand

__all__ = [
    "COLOURS",
    "SENSORS",
    "Sensor",
    "SensorBand",
    "find_band",
    "key",
    "sensor",
    "sensor_names",
    "sensors_of_file",
    "wavelengths",
]


def sensor_names() -> list[str]:
    """What a dialog offers."""
    return ["auto", *(sensor.name for sensor in SENSORS)]


def sensor(name: str) -> Sensor | None:
    """The sensor of that name, None where there is none."""
    return next((one for one in SENSORS if one.name == name), None)


def wavelengths(name: str) -> dict[str, float]:
    """Centre wavelengths in micrometres of the bands of a sensor, by name; without those that have none."""
    found = sensor(name)
    bands = found.bands if found else ()
    return {band.name: band.micrometres for band in bands if band.micrometres is not None}


def key(text: str) -> str:
    """*text* as names are compared: letters and digits only, small, ``b04`` as ``b4``."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return re.sub(r"(?<=[a-z])0+(?=[1-9])", "", plain)


def find_band(bands: tuple[SensorBand, ...], text: str) -> SensorBand | None:
    """The band that *text* is a name of, None where there is none."""
    wanted = key(text)
    for band in bands:
        if wanted and wanted in (key(band.name), *map(key, band.aliases)):
            return band
    return None


def sensors_of_file(name: str) -> list[Sensor]:
    """Sensors whose files are called like *name*, the most specific first; case does not matter."""
    return [one for one in SENSORS if any(re.search(pattern, name, re.IGNORECASE) for pattern in one.files)]
