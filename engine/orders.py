"""What an encoder is told of a raster beside its pixels: wavelengths, pixels in metres, the place; and layers that are wanted."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from typing import Any

from pyproj import CRS as Crs
from pyproj import Transformer
from pyproj.exceptions import CRSError, ProjError

from ..contract.errors import BadRequest
from ..contract.networks import RADAR
from .rasters import Source

log = logging.getLogger(__name__)

#: micrometres per unit, as ENVI headers and others write it
_UNITS = {"um": 1.0, "µm": 1.0, "μm": 1.0, "micrometers": 1.0, "micrometres": 1.0, "microns": 1.0}
_UNITS |= {"nm": 1e-3, "nanometers": 1e-3, "nanometres": 1e-3}
#: how much larger or smaller pixels may be before it is said
_TIMES = 10 / 1.02
_EXAMPLE = "give one for each band, such as 0.665, 0.56, 0.49"


def wavelengths(text: str | None, source: Source) -> tuple[float, ...] | None:
    """Micrometres of each band of *source*, as *text* says or else its metadata; None where neither tells of all bands.

    Raises:
        BadRequest: *text* is no list of wavelengths, or of another number of bands.
    """
    if not text:
        told = [wave_of_tags(source.band_tags(band)) for band in source.bands]
        return tuple(found for found in told if found is not None) if None not in told else None
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    found = [RADAR.get(part.upper()) or _number(part) or 0.0 for part in parts]
    for part, number in zip(parts, found):
        if number >= 100:
            raise BadRequest(f"wavelengths = {text}: {part} is too much", "give micrometres, not nanometres")
        if number <= 0 and part.upper() not in RADAR:
            raise BadRequest(f"wavelengths = {text}: {part} is no wavelength", _EXAMPLE)
    if len(found) != len(source.bands):
        raise BadRequest(f"wavelengths = {text} are {len(found)}, but {len(source.bands)} bands are encoded", _EXAMPLE)
    return tuple(found)


def wave_of_tags(tags: Mapping[str, str]) -> float | None:
    """Micrometres from the metadata of one band, None where they do not tell."""
    known = {key.lower(): value for key, value in tags.items()}
    found = _number(known.get("central_wavelength_um", ""))
    if found is None:
        found = _number(known.get("wavelength", ""))
        unit = _UNITS.get(known.get("wavelength_units", known.get("wavelength_unit", "")).strip().lower())
        if found is not None:
            # without a unit, nothing but nanometres is that large
            found *= unit or (1e-3 if found >= 100 else 1.0)
    return found if found is not None and 0 < found < 100 else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def metres(source: Source) -> float | None:
    """Side of a pixel on the ground (of a square of the same area), None without a CRS that tells."""
    if source.crs is None:
        return None
    try:
        crs = Crs.from_user_input(source.crs.to_wkt())
    except CRSError:
        return None
    side = math.sqrt(abs(source.transform.determinant))
    if crs.is_geographic:
        _, row = source.transform * (source.width / 2, source.height / 2)
        return side * 111_195 * math.sqrt(max(0.01, math.cos(math.radians(row))))
    axes = crs.axis_info
    return side * axes[0].unit_conversion_factor if axes and axes[0].unit_conversion_factor > 0 else None


def place(source: Source) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of *source* in degrees, None without a CRS that tells."""
    if source.crs is None:
        return None
    x, y = source.transform * (source.width / 2, source.height / 2)
    try:
        degrees = Transformer.from_crs(source.crs.to_wkt(), "EPSG:4326", always_xy=True)
        longitude, latitude = degrees.transform(x, y, errcheck=True)
    except (CRSError, ProjError):
        return None
    return (longitude, latitude) if math.isfinite(longitude) and math.isfinite(latitude) else None


def check_metres(card: Any, fed: float | None) -> None:
    """Warn where pixels are ten times smaller or larger than those that *card* learned from.

    Args:
        card: of an encoder.
        fed: side of a pixel that is fed, on the ground; None where it is not known.
    """
    if not fed or not card.metres or 1 / _TIMES < fed / card.metres < _TIMES:
        return
    log.warning(
        "pixels of %.3g m are fed, but %s learned from pixels of %.3g m: features mean little; resample to about %.3g m (Resample to pixel "
        "size, in units of the CRS), or take an encoder of such images",
        fed, card.id, card.metres, card.metres,
    )  # fmt: skip


def layers(text: str | None) -> tuple[int, ...]:
    """Numbers of layers.

    Raises:
        BadRequest: *text* is no list of them.
    """
    parts = [part for part in re.split(r"[,;\s]+", (text or "").strip()) if part]
    if not all(re.fullmatch(r"[+-]?\d{1,3}", part) and int(part) for part in parts):
        raise BadRequest(f"layers = {text} is no list of numbers", "give such as -1, or -2, -1")
    return tuple(int(part) for part in parts)
