"""What is known of the bands that are encoded: which sensor's they are, their wavelengths, the unit of their values."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...contract.networks import RADAR
from ...contract.sensors import sensor
from ..orders import metres, wave_of_tags, wavelengths
from ..rasters import Source
from . import collar, ranges
from .recognition import TOLD, Found, is_metres, recognise, strangers
from .told import BandTold, Told, told

if TYPE_CHECKING:
    from ...algorithms.encode import Encode

log = logging.getLogger(__name__)

#: how far a name and a wavelength may be apart, as a share, before they contradict one another
_APART = 0.12
#: bands that one line of the log names
_SHOWN = 13
_HOW = "Where that is wrong, set Sensor, Wavelengths of the bands or Unit of the values"


@dataclass(frozen=True)
class Known:
    """What is known of the bands of a raster, in the order they are read.

    Attributes:
        sensor: name of the sensor, empty where it is not known.
        names: of each band, empty where it has none.
        micrometres: centre wavelength of each band, that of radar as in ``networks.RADAR``; None where it is not known.
        unit: name of the unit of the values, one of ``contract.units``, empty where it is not known.
        told: where all this is known from, in words.
        units: of each band, where they differ; empty: all have *unit*.
        sampled: of the stored values of these bands, None where none were looked at.
    """

    sensor: str
    names: tuple[str, ...]
    micrometres: tuple[float | None, ...]
    unit: str
    told: str
    units: tuple[str, ...] = ()
    sampled: ranges.Sampled | None = None

    @property
    def each_unit(self) -> tuple[str, ...]:
        """The unit of each band, empty where it is not known."""
        count = len(self.micrometres)
        return self.units if len(self.units) == count else (self.unit,) * count

    @property
    def heights(self) -> bool:
        """Whether the bands are elevation, or height above ground."""
        return self.sensor == "Elevation" or set(self.names) == {"elevation"} or set(self.each_unit) == {"metres"}

    def of(self, positions: Sequence[int]) -> Known:
        """What is known of some of the bands, by their positions, counted from 0."""
        return replace(
            self,
            names=tuple(self.names[i] for i in positions),
            micrometres=tuple(self.micrometres[i] for i in positions),
            sampled=self.sampled and self.sampled.of(positions),
        ).with_units([self.each_unit[i] for i in positions])

    def with_units(self, units: Sequence[str]) -> Known:
        """The same bands with these units."""
        same = len(set(units)) == 1
        return replace(self, unit=units[0] if same else "", units=() if same else tuple(units))

    @property
    def wavelengths(self) -> tuple[float, ...] | None:
        """Of all bands, None where one is not known."""
        found = tuple(wave for wave in self.micrometres if wave is not None)
        return found if len(found) == len(self.micrometres) else None


def recognised(job: Encode, source: Source) -> Known:
    """Find out what the bands of *source* are, and say so in one line of the log.

    The user's word comes first, then the file's metadata, names and colours, at last its name. Units are held against a sample
    of the values; what contradicts itself is warned of, and what is not told stays unknown.

    Raises:
        BadRequest: what the user says of them can't be.
    """
    given = wavelengths(job.wavelengths, source) if job.wavelengths else None
    file = told(source)
    chosen = file.chosen(source)
    one, sides = sensor(job.sensor), _sides(source)
    found = recognise(file, chosen, one, source.eight_bit, sides)
    if given and not found.guessed:
        # which band is which has been told
        found = replace(found, doubt="")
    strange = strangers(file, chosen, one)
    if strange:
        named = ", ".join(f"band {source.bands[i]} is called {chosen[i].name or chosen[i].code}" for i in strange[:4])
        log.warning("Sensor is %s, but %s, which no band of it is: it is taken as told", job.sensor, named)
    waves, whence = _micrometres(given, source.bands, chosen, found)
    units, how, doubt, sampled = _units(job, source, file, found, waves)
    known = Known(found.sensor, _names(chosen, found), waves, "", whence, sampled=sampled).with_units(units)
    _say(source, known, found, how, doubt)
    collar.warn(source, known.heights)
    return known


def _sides(source: Source) -> list[float]:
    """What may be called the side of a pixel in metres: on the ground, and where it is of degrees, at the equator."""
    there = metres(source)
    equator = abs(source.transform.a) * 111_320 if source.crs is not None and source.crs.is_geographic else None
    return [side for side in (there, equator) if side]


def _names(chosen: Sequence[BandTold], found: Found) -> tuple[str, ...]:
    return tuple(band.name if band else told.name for told, band in zip(chosen, found.bands))


def _micrometres(
    given: tuple[float, ...] | None, numbers: Sequence[int], chosen: Sequence[BandTold], found: Found
) -> tuple[tuple[float | None, ...], str]:
    """Wavelengths, and where they are known from: the user, metadata, names that hold them, the sensor's table."""
    by_name = tuple(band.micrometres if band else None for band in found.bands)
    if given:
        return given, "the field Wavelengths of the bands"
    metadata = [wave_of_tags(band.tags) for band in chosen]
    for number, band, tagged, table in zip(numbers, chosen, metadata, found.bands):
        wave = tagged if tagged is not None else band.named
        named = table.micrometres if table and (band.word or band.code) else None
        if wave is not None and named is not None and named > 0 and abs(wave - named) > _APART * named:
            log.warning(
                "the name of band %d is %s, which is %g µm, but its wavelength is given as %g µm: the wavelength is believed",
                number, band.name or (table.name if table else ""), named, wave,
            )  # fmt: skip
    waves = tuple(
        next((wave for wave in (tagged, band.named, table) if wave is not None), None)
        for band, tagged, table in zip(chosen, metadata, by_name)
    )
    if any(wave is not None for wave in metadata):
        return waves, "wavelengths in the metadata"
    if any(band.named is not None for band in chosen):
        return waves, "wavelengths in the names of the bands"
    return waves, found.whence


def _units(
    job: Encode, source: Source, file: Told, found: Found, waves: tuple[float | None, ...]
) -> tuple[tuple[str, ...], str, str, ranges.Sampled | None]:
    """The unit of each band, how it is known, what is doubtful about it, and what was sampled to find out."""
    count = len(waves)
    many = bool(found.sensors) and not found.sensors[0].bands
    lit = [i for i, wave in enumerate(waves) if ranges.optical(wave) or (many and wave is None)]
    warm = [i for i, wave in enumerate(waves) if wave is not None and wave > 0 and i not in lit]
    radar = [i for i, wave in enumerate(waves) if wave is not None and wave < 0]
    heights = [i for i, band in enumerate(found.bands) if band is not None and band.name == "elevation"]
    if job.unit != "auto":
        values, sampled = ranges.sample(source)
        those = [i for i in range(count) if i not in warm]
        doubt = ranges.contradicts(
            job.unit, ranges.spread(values[:, those]), source.eight_bit and ranges.scaling(source) is None
        )
        if doubt:
            log.warning("%s", doubt)
        return (job.unit,) * count, "as told", "", sampled
    if source.eight_bit:
        return ("8-bit",) * count, "", "", None
    own = [band.unit for band in file.chosen(source)]
    units = ["metres" if i in heights and is_metres(own[i] or "m") else "" for i in range(count)]
    if not lit and not radar:
        return tuple(units), "", "", None
    values, sampled = ranges.sample(source)
    text, how, doubt = f"{file.file} {file.tags}", "", ""
    if lit:
        which = sensor(found.sensor) or (found.sensors[0] if found.sensors else None)
        product = ranges.from_product(text, [band.name for band in file.bands]) or ranges.from_tags(
            [band.tags for band in file.bands]
        )
        seen = ranges.spread(values[:, lit])
        unit, how, warning = ranges.of_light(which, product, file.whole and ranges.scaling(source) is None, seen)
        if warning:
            log.warning("%s: %s", source.name, warning)
        doubt = ranges.doubtful(which, product, unit, seen)
        for i in (*lit, *warm):
            units[i] = unit
    for i in radar:
        label = f"{text} {found.labels[i]}"
        units[i] = ranges.of_radar(label, file.whole and ranges.scaling(source) is None, ranges.spread(values[:, [i]]))
    return tuple(units), how or ("values" if radar else ""), doubt, sampled


def _say(source: Source, known: Known, found: Found, how: str, doubt: str) -> None:
    """One line: what was recognised, from what, and how to say it otherwise."""
    if not known.sensor and not any(found.bands) and all(wave is None for wave in known.micrometres):
        unit = f"; values: {known.unit}" if known.unit else ""
        log.info("nothing tells what the bands of %s are%s: Sensor or Wavelengths of the bands can", source.name, unit)
        if found.doubt:
            log.info("%s", found.doubt)
        return
    unknown = all(wave is None for wave in known.micrometres) and not any(known.names)
    bands = [_described(number, name, wave) for number, name, wave in zip(source.bands, known.names, known.micrometres)]
    if unknown and len(bands) > 1:
        bands = [f"{len(bands)} bands"]
    if len(bands) > _SHOWN:
        bands = [*bands[: _SHOWN // 2], "…", *bands[-(_SHOWN // 2) :]]
    units = ", ".join(dict.fromkeys(unit or "unknown" for unit in known.each_unit))
    log.info(
        "the bands are taken for %s (%s): %s; values: %s%s%s%s. %s",
        known.sensor or "those of an unknown sensor", _whence(known, found), ", ".join(bands), units,
        f" (from the {how})" if how in ("values", "product") else "", f"; {found.doubt}" if found.doubt else "",
        f"; {doubt}" if doubt else "", _HOW,
    )  # fmt: skip


def _whence(known: Known, found: Found) -> str:
    """Where it is known from: what the user told is never guessed, though which band is which may be."""
    if known.told.startswith(TOLD):
        rest = known.told[len(TOLD) :].replace(" and ", "which is which by ", 1)
        return "; ".join(part for part in ("as told by Sensor", rest) if part)
    return f"{'guessed from' if found.guessed else 'from'} {known.told}"


def _described(number: int, name: str, wave: float | None) -> str:
    label = name or f"band {number}"
    if wave is None:
        return label if name == "elevation" else f"{label} unknown"
    if wave < 0:
        return next((one for one, code in RADAR.items() if code == wave), label)
    return f"{label} {wave:.4g} µm"
