"""What a file tells of its bands: names, metadata, colours, names of files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from rasterio.enums import ColorInterp

from ...contract.sensors import COLOURS, SensorBand, find_band, key
from ..rasters import Source

#: a band as makers of data number it, or a polarisation; the longer first
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(B6_VCID_[12]|(?:SR|ST|TOA)[ _]?B(?:AND)?[ _]?\d{1,2}|sur_refl_b0\d|Nadir_Reflectance_Band\d"
    r"|B(?:AND)?[ _]?0?(?:8A|\d{1,2})|VV|VH|HH|HV)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_WAVE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(nm|nanomet\w*|[uµμ]m|micromet\w*|microns?)(?![a-z])", re.IGNORECASE)
_NUMBER = re.compile(r"(?:wl|w|x|band)?[ _]?(\d+(?:\.\d+)?)", re.IGNORECASE)
#: tags that name a satellite or a product
_TAGS = re.compile(
    r"SPACECRAFT|PRODUCT|PROCESSING|MISSION|SENSOR|SATELLITE|PLATFORM|SCENE|GRANULE|INSTRUMENT|DESCRIPTION|TITLE", re.I
)
#: folders that hold a product are called like it
_PRODUCT = re.compile(
    r"S2[A-D]_MSIL(?:1C|2A)_\w+|S1[A-D]_(?:IW|EW)_\w+|L[COTEM]0\d_L\d\w+|ENMAP01-[\w-]+|PRS_L\w+|DESIS-\w+"
)
_COLOURS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}
#: rasterio knows these from 1.4.4 on, GDAL from 3.10
_COLOURS |= {getattr(ColorInterp, name): name for name in ("coastal", "rededge", "nir") if hasattr(ColorInterp, name)}


@dataclass(frozen=True)
class BandTold:
    """What a file tells of one band.

    Attributes:
        name: its description, empty where it has none.
        code: such as ``B04`` or ``VV``, from its description or the file that it comes from; empty where there is none.
        word: a colour or the like, as in ``COLOURS``.
        named: a wavelength in its description, in micrometres.
        colour: how it is to be shown, as in ``COLOURS``.
        tags: of the band.
        unit: of its values, as the file names it.
    """

    name: str
    code: str
    word: SensorBand | None
    named: float | None
    colour: SensorBand | None
    tags: Mapping[str, str]
    unit: str


@dataclass(frozen=True)
class Told:
    """What a file tells.

    Attributes:
        bands: of all bands but transparency.
        numbers: theirs, counted from 1.
        file: its name, and what the folders are called that hold products.
        tags: those that name a satellite or a product, as text.
        whole: whether all values are whole numbers of more than 8 bits.
    """

    bands: tuple[BandTold, ...]
    numbers: tuple[int, ...]
    file: str
    tags: str
    whole: bool

    def chosen(self, source: Source) -> list[BandTold]:
        """Of the bands that *source* reads, in that order."""
        place = {number: band for number, band in zip(self.numbers, self.bands)}
        silent = BandTold("", "", None, None, None, {}, "")
        return [place.get(number, silent) for number in source.bands]


def told(source: Source) -> Told:
    """Read all that the file of *source* tells: views of it lose some."""
    ds = source._ds
    while hasattr(ds, "src_dataset"):
        ds = ds.src_dataset
    numbers = [i for i, colour in zip(ds.indexes, ds.colorinterp) if colour != ColorInterp.alpha] or list(ds.indexes)
    files = _files_of_bands(source.name, len(ds.indexes))
    names = [ds.descriptions[i - 1] or "" for i in numbers]
    # what programs write where nothing is known
    if all(key(name) == f"band{i}" for i, name in zip(numbers, names)):
        names = [""] * len(names)
    waves = _waves(names)
    if not any(waves):
        waves = _beside(source.name, numbers)
    bands = []
    for i, name, wave in zip(numbers, names, waves):
        tags = {**ds.tags(i), **ds.tags(i, ns="IMAGERY")}
        label = name or tags.get("BANDNAME", "") or files.get(i, "")
        colour = find_band(COLOURS, _COLOURS.get(ds.colorinterp[i - 1], ""))
        found = BandTold(name, _code(label), _word(label), wave, colour, tags, (ds.units[i - 1] or "").strip())
        bands.append(found)
    tags = {**ds.tags(), **ds.tags(ns="IMAGERY")}
    text = " ".join(f"{name}={value[:80]}" for name, value in sorted(tags.items()) if _TAGS.search(name))
    whole = all(ds.dtypes[i - 1] in ("int16", "uint16", "int32", "uint32") for i in numbers)
    if len(bands) == 1 and not bands[0].code:
        one = bands[0]
        bands = [BandTold(one.name, _code(_last(source.name)), one.word, one.named, one.colour, one.tags, one.unit)]
    return Told(tuple(bands), tuple(numbers), _file(source.name), text, whole)


def polarisations(text: str) -> list[str]:
    """Polarisations that a file's name counts up, in its order, or that the name of a product of Sentinel-1 means."""
    product = re.search(r"_1S(DV|DH|SV|SH)_", text)
    if product and not re.search(r"(?<![A-Za-z])(VV|VH|HH|HV)(?![A-Za-z])", text, re.IGNORECASE):
        return {"DV": ["VV", "VH"], "DH": ["HH", "HV"], "SV": ["VV"], "SH": ["HH"]}[product.group(1)]
    found = re.findall(r"(?<![A-Za-z])(VV|VH|HH|HV)(?![A-Za-z])", text, re.IGNORECASE)
    return [name.upper() for name in dict.fromkeys(found)]


def _last(name: str) -> str:
    return PureWindowsPath(name).name


def _file(name: str) -> str:
    """The name of the file, the driver's word before it, and the products that its folders are called like."""
    driver = name.partition(":")[0] if re.match(r"[A-Za-z0-9_]{2,}:", name) else ""
    return " ".join(part for part in (driver, _last(name), *_PRODUCT.findall(name)) if part)


def _files_of_bands(name: str, bands: int) -> dict[int, str]:
    """Names of the files that the bands of a virtual raster come from, where each comes from one of its own."""
    if not name.lower().endswith(".vrt") or not Path(name).is_file():
        return {}
    parts = Path(name).read_text("utf-8", "replace").split("<VRTRasterBand")[1:]
    found = [re.findall(r"<SourceFilename[^>]*>([^<]*)<", part) for part in parts]
    names = [_last(files[0]) if files else "" for files in found]
    return {i: one for i, one in enumerate(names, 1)} if len(set(names)) == len(names) == bands else {}


def _beside(name: str, numbers: Sequence[int]) -> list[float | None]:
    """Wavelengths in micrometres from the file that EnMAP and DESIS lay beside their images; None where there is none."""
    nothing: list[float | None] = [None] * len(numbers)
    path = Path(name)
    about = re.sub(r"SPECTRAL_IMAGE(_COG)?$", "METADATA", path.stem)
    if about == path.stem or not path.is_file():
        return nothing
    for suffix in (".XML", ".xml"):
        if (path.parent / (about + suffix)).is_file():
            text = (path.parent / (about + suffix)).read_text("utf-8", "replace")
            found = re.findall(r"<wavelengthCenterOfBand>\s*([\d.]+)\s*<", text)
            if len(found) >= max(numbers):
                return [float(found[number - 1]) / 1000 for number in numbers]
    return nothing


def _code(text: str) -> str:
    """The number of a band in *text*: the only one, or the last in the name of a file."""
    found = [one for one in _CODE.findall(text)]
    if len({key(one) for one in found}) > 1 and not re.search(r"\.\w{2,4}$", text):
        return ""
    return str(found[-1]) if found else ""


def _word(text: str) -> SensorBand | None:
    """The colour that *text* names, beside a number or a wavelength."""
    plain = _WAVE.sub(" ", _CODE.sub(" ", text))
    return find_band(COLOURS, re.sub(r"central wavelength|wavelength|reflectance", " ", plain, flags=re.IGNORECASE))


def _waves(names: Sequence[str]) -> list[float | None]:
    """Wavelengths in micrometres that are written in names of bands; bare numbers only where all of at least three are such."""
    found: list[float | None] = []
    for name in names:
        match = _WAVE.search(name)
        wave = float(match.group(1)) * (1e-3 if match.group(2).lower().startswith("n") else 1) if match else None
        found.append(wave if wave is not None and 0.2 < wave < 20 else None)
    if any(wave is not None for wave in found):
        return found
    bare = [_NUMBER.fullmatch(name.strip()) for name in names]
    if len(names) < 3 or None in bare:
        return found
    numbers = [float(match.group(1)) for match in bare if match]
    if all(300 <= number <= 15_000 for number in numbers):
        return [number / 1000 for number in numbers]
    if all(0.3 <= number <= 15 and number != round(number) for number in numbers):
        return list(numbers)
    return found
