"""Which band of a raster is which band of an encoder, by the wavelength in its middle."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...contract.networks import RADAR, Band
from .known import Known

#: where plants turn from dark to bright: what lies beyond, in micrometres, is never taken for red
RED_EDGE = 0.69
#: largest difference, as a share of the encoder's wavelength. Blue, green and red of cameras and satellites lie up to 7 % from
#: one another (blue: 0.46 of aerial cameras, 0.49 of Sentinel-2), the next bands at least 9 % away (0.443 coastal, 0.605 yellow).
_NEAR = 0.08
#: from the red edge to 1 micrometre satellites have narrow bands side by side (Sentinel-2: 0.705, 0.74, 0.783), 5 % apart
_NEAR_INFRARED = 0.04


def wave_of(band: Band) -> float | None:
    """The wavelength of a band of an encoder, that of radar as in ``RADAR``; None where it has none."""
    return band.micrometres if band.micrometres is not None else RADAR.get(band.name.upper())


def near(wanted: float, there: float) -> bool:
    """Whether a band of wavelength *there* can stand for one of *wanted*; both in micrometres, or of ``RADAR``."""
    if wanted < 0 or there < 0:
        return wanted == there
    if (wanted < RED_EDGE) != (there < RED_EDGE):
        return False
    share = _NEAR_INFRARED if RED_EDGE <= wanted < 1 else _NEAR
    # a hair more, so that what is rounded in a header still counts
    return abs(there - wanted) <= share * wanted * (1 + 1e-9)


def nearest(wanted: float, there: Sequence[float | None]) -> int | None:
    """Index of the wavelength in *there* that is nearest to *wanted* by ratio, the first of equals; None where none is.

    Radar is near to radar only, and to its own polarisation most of all.
    """
    best, found = math.inf, None
    for index, wave in enumerate(there):
        if wave is None or (wave < 0) != (wanted < 0):
            continue
        apart = abs(math.log(wave / wanted)) if wanted > 0 else float(wave != wanted)
        if apart < best:
            best, found = apart, index
    return found


def choose(bands: Sequence[Band], known: Known) -> list[int | None]:
    """For each band of an encoder, the index of the raster's band that is nearest to it; None where none is near enough.

    What has no wavelength, such as elevation, is looked for by its name.
    """
    chosen: list[int | None] = []
    names = [name.strip().lower() for name in known.names]
    for band in bands:
        wave = wave_of(band)
        if wave is None:
            name = band.name.lower()
            chosen.append(names.index(name) if name in names else None)
            continue
        index = nearest(wave, known.micrometres)
        there = None if index is None else known.micrometres[index]
        chosen.append(index if there is not None and near(wave, there) else None)
    return chosen


def spoken(wave: float | None) -> str:
    """A wavelength for people: ``0.665 µm``, ``VV``, or nothing."""
    if wave is None:
        return ""
    if wave < 0:
        return next((name for name, code in RADAR.items() if code == wave), "radar")
    return f"{wave:.4g} µm"


def described(band: Band) -> str:
    """A band of an encoder with its wavelength."""
    told = spoken(wave_of(band))
    return f"{band.name} ({told})" if told and told != band.name.upper() else band.name


def pairs(bands: Sequence[Band], known: Known, numbers: Sequence[int]) -> str:
    """Which is which: ``red = band 4 (0.665 µm), …``; *numbers* are those of the raster's bands, in the encoder's order."""
    told = []
    for band, number, wave in zip(bands, numbers, known.micrometres):
        about = spoken(wave)
        told.append(f"{band.name} = band {number}" + (f" ({about})" if about else ""))
    return ", ".join(told)
