"""Which sensor a file is of, and which of its bands each band is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...contract.sensors import COLOURS, Sensor, SensorBand, find_band, key, sensor, sensors_of_file
from ..wording import many
from .told import BandTold, Told, polarisations

#: sensors whose numbers of bands are met without anything else; those of one row agree in everything
_NUMBERED = ("Sentinel-2", "Landsat 8-9 OLI/TIRS", "Landsat 7 ETM+", "Landsat 4-5 TM", "MODIS")
#: sides of pixels in metres, where sensors have several or make of them what they share
_SIDES = {"Sentinel-2": (10.0, 20.0, 60.0), "MODIS": (250.0, 500.0, 1000.0)}
_SIXTH_IS_THERMAL = ("Landsat 7 ETM+", "Landsat 4-5 TM")
#: words that may mean a sensor, or anything else
_HINTS = {
    "Sentinel-2": "S2[A-D]?|SEN2",
    "Landsat 8-9 OLI/TIRS": "L[89]|OLI",
    "Landsat 7 ETM+": "L7|ETM",
    "Landsat 4-5 TM": "L[45]",
}
#: up to so many bands without names are met from any camera
_FEW = 4
#: where it is known from when the user named the sensor
TOLD = "the field Sensor"
_PHOTO = re.compile(r"(?<![A-Za-z])(rgb|tci|true_?colou?r|visual)(?![A-Za-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """What was recognised.

    Attributes:
        sensor: its name, or names; empty where it is not known.
        sensors: the same.
        bands: for each band that is read, which one it is; None where it is not known.
        labels: what files call them.
        whence: where it is known from, in words.
        guessed: whether it could be otherwise.
        doubt: what else could be said; empty where nothing is to be said.
    """

    sensor: str
    sensors: tuple[Sensor, ...]
    bands: tuple[SensorBand | None, ...]
    labels: tuple[str, ...]
    whence: str
    guessed: bool = False
    doubt: str = ""


def recognise(
    file: Told, chosen: Sequence[BandTold], word: Sensor | None, eight_bit: bool, metres: Sequence[float] = ()
) -> Found:
    """Recognise the bands that are read.

    Args:
        file: what it tells of all its bands.
        chosen: those that are read.
        word: the sensor that the user named, None for none.
        eight_bit: whether the bands that are read are of 8 bits.
        metres: sides that a pixel can be said to have.
    """
    labels = tuple(" ".join((band.name, band.code)).strip() for band in chosen)
    nothing = Found("", (), (None,) * len(chosen), labels, "")
    if word is not None:
        return _of_sensors(file, chosen, (word,), replace(nothing, whence=TOLD))
    by_file = _likely(sensors_of_file(file.file), file, eight_bit)
    by_tags = _likely(sensors_of_file(file.tags), file, eight_bit)
    for sensors, whence in ((by_tags, "the metadata"), (by_file, "the name of the file")):
        if sensors:
            found = _of_sensors(file, chosen, sensors, replace(nothing, whence=whence))
            if any(found.bands) or not any(band.code or band.word or band.colour for band in chosen):
                return found
    return _by_hint(file, chosen, nothing) or _by_names(file, chosen, nothing, eight_bit, metres)


def strangers(file: Told, chosen: Sequence[BandTold], word: Sensor | None) -> list[int]:
    """Positions of the bands whose numbers or colours are none of the sensor that the user named; plain counting is no name."""
    if word is None or not word.bands:
        return []
    numbers = _numbers(file, chosen)
    if all(
        re.fullmatch(r"b(and)?\d+", key(band.code)) and key(band.code).endswith(str(number))
        for number, band in zip(numbers, chosen)
    ):
        return []
    return [i for i, band in enumerate(chosen) if (band.code or band.word) and _locate(word, band) is None]


def _by_hint(file: Told, chosen: Sequence[BandTold], nothing: Found) -> Found | None:
    """By a short word in the file's name, such as ``S2`` or ``L8``, where all bands are those of the sensor that it may mean."""
    for name, pattern in _HINTS.items():
        one = sensor(name)
        if one is None or not re.search(rf"(?<![A-Za-z0-9])({pattern})(?![A-Za-z0-9])", file.file, re.IGNORECASE):
            continue
        found = _of_sensors(file, chosen, (one,), replace(nothing, whence="the name of the file"))
        numbered = all(band.code for band in chosen) or len(file.bands) > _FEW
        if all(found.bands) and numbered and _colours_agree(one, file):
            return replace(found, guessed=True)
    return None


def _likely(sensors: Sequence[Sensor], file: Told, eight_bit: bool) -> tuple[Sensor, ...]:
    """One optical sensor, one of each other kind; a word such as *dem* or *irc* in a name counts only where it can be true."""
    kept: list[Sensor] = []
    count = len(file.bands)
    # of products that are called alike, the one of so many bands
    for one in sorted(sensors, key=lambda one: bool(one.layouts) and count not in map(len, one.layouts)):
        if one.name == "Elevation" and (len(file.bands) > 1 or eight_bit):
            continue
        if one.name == "IRC" and (len(file.bands) < 3 or not eight_bit):
            continue
        kind = _kind(one)
        if kind not in map(_kind, kept):
            kept.append(one)
    # a folder called after heights holds other things too
    return tuple(kept) if len(kept) < 2 else tuple(one for one in kept if one.name != "Elevation")


def _kind(one: Sensor) -> str:
    return {"Sentinel-1": "radar", "Elevation": "height"}.get(one.name, "light")


def _of_sensors(file: Told, chosen: Sequence[BandTold], sensors: Sequence[Sensor], start: Found) -> Found:
    """Find each band among those of *sensors*: by its name, else by its place where files of so many bands are usual."""
    bands = tuple(next((band for one in sensors if (band := _locate(one, told)) is not None), None) for told in chosen)
    name = " and ".join(one.name for one in sensors)
    found = replace(start, sensor=name, sensors=tuple(sensors), bands=bands)
    hyperspectral = not any(one.bands for one in sensors)
    if hyperspectral:
        silent = not any(band.tags or band.named for band in chosen)
        doubt = f"the file does not tell the wavelengths of {many(len(file.bands), 'band')}" if silent else ""
        return replace(found, doubt=doubt)
    if all(bands):
        names = any(told.code or told.word for told in chosen)
        return replace(found, whence=f"{start.whence} and the names of the bands" if names else start.whence)
    if any(bands):
        return replace(found, bands=_filled(file, chosen, sensors, bands))
    placed, how = _by_place(file, sensors)
    place = dict(zip(file.numbers, placed))
    numbers = _numbers(file, chosen)
    bands = tuple(place.get(number) for number in numbers)
    if any(bands):
        return replace(found, bands=bands, whence=f"{start.whence} and {how}", guessed=how.startswith("the number"))
    several = len(chosen) > 1 or sensors[0].name != "Sentinel-1"
    return replace(found, doubt="which band is which is not told" if several else "")


def _filled(
    file: Told, chosen: Sequence[BandTold], sensors: Sequence[Sensor], bands: tuple[SensorBand | None, ...]
) -> tuple[SensorBand | None, ...]:
    """The bands that files of so many hold in the places that nothing is told of, where the others agree."""
    numbers = _numbers(file, chosen)
    for one in sensors:
        for layout in one.layouts:
            if len(layout) == len(file.bands):
                place = dict(zip(file.numbers, (find_band(one.bands, name) for name in layout)))
                if all(band in (None, place.get(number)) for band, number in zip(bands, numbers)):
                    return tuple(place.get(number) for number in numbers)
    return bands


def _numbers(file: Told, chosen: Sequence[BandTold]) -> list[int]:
    """Numbers of the bands that are read, by what the file tells of them."""
    return [next((n for n, band in zip(file.numbers, file.bands) if band is told), 0) for told in chosen]


def _by_place(file: Told, sensors: Sequence[Sensor]) -> tuple[tuple[SensorBand | None, ...], str]:
    """Bands of the file in its order, and how they are known; empty where they are not."""
    count = len(file.bands)
    for one in sensors:
        if one.name == "Sentinel-1":
            named = polarisations(file.file)
            if named and count >= len(named):
                return (*(find_band(one.bands, name) for name in named), *(None,) * (count - len(named))), "its order"
        if count == 3 and _PHOTO.search(file.file):
            return tuple(find_band(one.bands, colour) for colour in ("red", "green", "blue")), "its colours"
        if one.name == "Elevation" and count == 1:
            return one.bands, "its only band"
        for layout in one.layouts:
            if len(layout) == count:
                return tuple(find_band(one.bands, name) for name in layout), f"the number of its bands, {count}"
    return (), ""


def _locate(one: Sensor, told: BandTold) -> SensorBand | None:
    """The band of a sensor that the file's names mean: its number, what it is called, or its colour."""
    band = find_band(one.bands, told.name) or find_band(one.bands, told.code)
    if band is None and not told.code:
        # a colour stands for a band only where it has that name
        # how a picture in false colours is to be shown says nothing of what it is
        for colour in (told.word, None if one.name == "IRC" else told.colour):
            names = (colour.name, *colour.aliases) if colour else ()
            band = band or next((hit for name in names if (hit := find_band(one.bands, name))), None)
    return band


def _by_names(
    file: Told, chosen: Sequence[BandTold], nothing: Found, eight_bit: bool, metres: Sequence[float]
) -> Found:
    """Without a sensor in the file's name or tags: by numbers of bands, else by colours."""
    radar, height = sensor("Sentinel-1"), sensor("Elevation")
    numbered, doubt = _numbered(file, metres)
    sensors = [numbered] if numbered else []
    if radar and any(find_band(radar.bands, band.code) for band in chosen):
        sensors.append(radar)
    if sensors:
        found = _of_sensors(file, chosen, sensors, replace(nothing, whence="the names of the bands"))
        if any(found.bands):
            bands = tuple(band or _colour(told) or _height(height, told) for band, told in zip(found.bands, chosen))
            return replace(found, bands=bands, whence="the names of the bands", guessed=bool(doubt), doubt=doubt)
    if height and len(file.bands) == 1 and not eight_bit and _is_height(height, chosen[0]):
        by = "the name of the band" if _height(height, chosen[0]) else "its unit"
        return replace(nothing, sensor=height.name, sensors=(height,), bands=height.bands * len(chosen), whence=by)
    by_word = tuple(_colour(told) or _height(height, told) for told in chosen)
    if any(by_word):
        return _photo(replace(nothing, bands=by_word, whence="the names of the bands", doubt=doubt), eight_bit)
    by_colour = tuple(told.colour for told in chosen)
    if any(by_colour):
        return _photo(replace(nothing, bands=by_colour, whence="the colours of the bands"), eight_bit)
    photo = sensor("RGB")
    if photo and eight_bit and len(file.bands) == 3:
        place = dict(zip(file.numbers, photo.bands))
        bands = tuple(place.get(number) for number in _numbers(file, chosen))
        whence = "their being three of 8 bits"
        return replace(nothing, sensor="RGB", sensors=(photo,), bands=bands, whence=whence, guessed=True)
    return replace(nothing, doubt=doubt)


def _colour(told: BandTold) -> SensorBand | None:
    return told.word if told.word in COLOURS else None


def _height(height: Sensor | None, told: BandTold) -> SensorBand | None:
    return find_band(height.bands, told.name) if height else None


def _is_height(height: Sensor, told: BandTold) -> bool:
    return is_metres(told.unit) or _height(height, told) is not None


def is_metres(unit: str) -> bool:
    """Whether that is how files write metres."""
    return key(unit) in ("m", "metre", "metres", "meter", "meters")


def _photo(found: Found, eight_bit: bool) -> Found:
    """Name the sensor where the colours are those of a photo."""
    names = {band.name for band in found.bands if band}
    for name, colours in (("RGB", {"red", "green", "blue"}), ("IRC", {"nir", "red", "green"})):
        if eight_bit and names == colours and None not in found.bands:
            one = sensor(name)
            return replace(found, sensor=name, sensors=(one,) if one else ())
    return found


def _numbered(file: Told, metres: Sequence[float]) -> tuple[Sensor | None, str]:
    """The sensor that numbers its bands like this file, and what is doubtful about it; None where several do."""
    codes = [
        band.code for band in file.bands if band.code and not re.fullmatch("VV|VH|HH|HV", band.code, re.IGNORECASE)
    ]
    if not codes:
        return None, ""
    known = [one for name in _NUMBERED if (one := sensor(name)) is not None]
    fitting = [one for one in known if all(find_band(one.bands, code) for code in codes) and _colours_agree(one, file)]
    numbers = {found.group() for code in codes if (found := re.search(r"[1-9]\d*$", code))}
    if len(fitting) > 1 and {"5", "7"} <= numbers and "6" not in numbers and len(numbers) > 4:
        # the sixth band of Landsat 4 to 7 is thermal, and left out
        fitting = [one for one in fitting if one.name in _SIXTH_IS_THERMAL] or fitting
    if len(fitting) == 1:
        return fitting[0], ""
    if not fitting:
        return None, ""
    # Landsat's names have no zero before the number, and what others make of Sentinel-2 often has none either
    if fitting[0].name == "Sentinel-2" and any(re.fullmatch(r"B0\d", code) for code in codes):
        return fitting[0], ""
    waves = [[band.micrometres for code in codes if (band := find_band(one.bands, code))] for one in fitting]
    if all(_same(waves[0], others) for others in waves[1:]):
        return fitting[0], f"it could be {' or '.join(one.name for one in fitting[1:])} as well"
    sized = [one for one in fitting if any(abs(side - own) < 0.03 * own for side in metres for own in _sides(one))]
    if len(sized) == 1:
        others = " or ".join(one.name for one in fitting if one is not sized[0])
        return sized[0], f"told from {others} by the size of its pixels"
    names = ", ".join(dict.fromkeys(codes[:4])) + (", …" if len(codes) > 4 else "")
    return None, f"bands are called {names} by {', '.join(one.name for one in fitting)}: Sensor tells which it is"


def _sides(one: Sensor) -> tuple[float, ...]:
    return _SIDES.get(one.name, (one.metres,) if one.metres else ())


def _same(one: Sequence[float | None], other: Sequence[float | None]) -> bool:
    return all(a is not None and b is not None and abs(a - b) < 0.03 * b for a, b in zip(one, other))


def _colours_agree(one: Sensor, file: Told) -> bool:
    """Whether numbers and colours of the bands mean the same to this sensor."""
    for band in file.bands:
        located = find_band(one.bands, band.code) if band.code else None
        for colour in (band.word, band.colour):
            there = colour.micrometres if colour else None
            wave = located.micrometres if located else None
            if there is not None and wave is not None and abs(wave - there) > 0.12 * there:
                return False
        if located and located.micrometres and band.named and abs(located.micrometres - band.named) > 0.05 * band.named:
            return False
    return True
