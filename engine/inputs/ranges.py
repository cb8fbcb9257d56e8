"""Which unit the values of a raster are of: as its maker says, and as they look."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...contract.sensors import Sensor
from ...contract.units import THERMAL
from ..rasters import Source

#: windows along each side of the raster that are looked at, and values that are kept of all of them
_WINDOWS, _VALUES = 4, 4 << 20
#: darkest value of Sentinel-2 that the offset of 2022 lets expect: 1000, less what noise takes off, and what water can have
_OFFSET, _LEAST = 900.0, 600.0  #: above this, values are no percentages of reflectance
_PERCENT = 120.0

#: the day from which on all of Sentinel-2 is of baseline 04.00 or later; what is older may have been processed anew
_SINCE = "20220125"

#: what the names of products say of their values; the first that is found counts
_PRODUCTS = (
    (r"HLS[._][SL]30", "reflectance x 10000"),
    # earlier baselines than 04.00, and from then on
    (r"MSIL(1C|2A)_\w+?_N0[0-3]\d\d_|PROCESSING_BASELINE=0[0-3]\.", "reflectance x 10000"),
    (r"MSIL(1C|2A)_\w+?_N(0[4-9]|[1-9]\d)\d\d_|PROCESSING_BASELINE=(0[4-9]|[1-9]\d)\.", "reflectance x 10000 + 1000"),
    (r"S2_SR_HARMONIZED|S2_HARMONIZED", "reflectance x 10000"),
    (r"L[COTEM]0\d_L2S[PR]_\w+_02_(T1|T2|RT)", "Landsat Collection 2 Level 2"),
    (r"L[COTEM]0\d_\w+_01_(T1|T2|RT)\w*_sr_", "reflectance x 10000"),
    (r"L[COTEM]0\d_L1(TP|GT|GS)_|L[COTE][4-8]\d{13}", "digital numbers"),
    (r"AnalyticMS_SR", "reflectance x 10000"),
    (r"AnalyticMS", "digital numbers"),
    (r"PRS_L1|L1B|L1C.*ENMAP|ENMAP.*L1[BC]|DESIS.*L1[ABC]", "digital numbers"),
)  # fmt: skip
#: numbers of Landsat's Level 2: 7273 is no reflectance at all
_COLLECTION_2 = re.compile(r"(?<![A-Za-z0-9])SR_B\d", re.IGNORECASE)


@dataclass(frozen=True)
class Spread:
    """How values lie: the 1st percentile, the median and the 99th; *darkest* is the least 1st percentile of a band."""

    low: float
    middle: float
    high: float
    darkest: float


@dataclass(frozen=True)
class Sampled:
    """What a sample of the stored values tells: mean and deviation of each band, and of how many *pixels* they are."""

    pixels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def of(self, positions: Sequence[int]) -> Sampled:
        """The same of some of the bands, by their positions, counted from 0."""
        return Sampled(self.pixels, tuple(self.mean[i] for i in positions), tuple(self.std[i] for i in positions))


def sample(source: Source) -> tuple[np.ndarray, Sampled]:
    """(pixels, bands) float64 from windows all over the raster, by the file's own scale and offset; and what stored values tell.

    Pixels that are 0 in all bands are left out: products of Sentinel and Landsat mean nothing by it, and files rarely say so.
    """
    stored = np.concatenate(
        [data[:, valid & data.any(0)].T.astype(np.float64) for _, _, data, valid in windows(source)]
    )
    enough = stored if len(stored) else np.zeros((1, stored.shape[1]))
    told = Sampled(len(stored), tuple(map(float, enough.mean(0))), tuple(map(float, enough.std(0))))
    scaled = scaling(source)
    return (stored * scaled[0] + scaled[1] if scaled else stored), told


def windows(source: Source, across: int = _WINDOWS) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
    """Windows all over the raster, *across* along each side: first row, first column, and what ``Source.read`` gives."""
    side = max(8, min(64 * _WINDOWS, int(math.sqrt(_VALUES / len(source.bands)))) // across)
    tops = np.unique(np.linspace(0, max(0, source.height - side), across, dtype=int))
    lefts = np.unique(np.linspace(0, max(0, source.width - side), across, dtype=int))
    for top, left in itertools.product(map(int, tops), map(int, lefts)):
        yield top, left, *source.read(top, min(top + side, source.height), left, min(left + side, source.width))


def scaling(source: Source) -> tuple[np.ndarray, np.ndarray] | None:
    """(scale, offset) of the file, each (bands,); None where it has none, or such as make nothing of its values."""
    scaled = source.scaling()
    if scaled is None or not all(np.isfinite(part).all() for part in scaled) or not scaled[0].all():
        return None
    return scaled


def spread(values: np.ndarray) -> Spread | None:
    """Of (pixels, bands), all bands together; None where there are too few pixels to tell."""
    if values.shape[0] < 16 or not values.shape[1]:
        return None
    low, middle, high = (float(part) for part in np.percentile(values, (1, 50, 99)))
    return Spread(low, middle, high, float(np.percentile(values, 1, axis=0).min()))


def can_be(unit: str, seen: Spread) -> bool:
    """Whether values that lie like that can be of *unit*, as far as ranges tell."""
    if unit == "reflectance":
        return seen.low >= -0.5 and seen.high <= 2
    if unit == "reflectance x 10000":
        return seen.low >= -3000 and _PERCENT < seen.high <= 25_000
    if unit == "reflectance x 10000 + 1000":
        return seen.darkest >= _LEAST and seen.high <= 26_000
    if unit == "Landsat Collection 2 Level 2":
        return seen.darkest >= 5500 and seen.middle >= 7000 and seen.high <= 65_535
    if unit == "dB":
        return seen.low >= -70 and seen.high <= 40 and seen.low < 0
    if unit == "linear power":
        return seen.low >= 0 and seen.high <= 100 and seen.middle <= 10
    if unit == "8-bit":
        return seen.low >= 0 and 1.5 < seen.high <= 255
    if unit == "metres":
        return seen.low >= -12_000 and seen.high <= 9000
    return True


def from_product(text: str, names: Sequence[str]) -> str:
    """The unit that the name of a product, its tags or the names of its bands tell; empty where they don't."""
    for pattern, unit in _PRODUCTS:
        if re.search(pattern, text, re.IGNORECASE):
            return unit
    tile = re.search(r"(?<![A-Za-z0-9])T\d\d[C-X][A-Z]{2}_(\d{8})T\d{6}_", text)
    if tile and tile.group(1) >= _SINCE:
        return "reflectance x 10000 + 1000"
    return "Landsat Collection 2 Level 2" if any(_COLLECTION_2.search(name) for name in names) else ""


def of_light(sensor: Sensor | None, product: str, whole: bool, seen: Spread | None) -> tuple[str, str, str]:
    """The unit of optical bands, where it is known from, and what is to be warned of; all empty where it is not known.

    Args:
        sensor: None where it is not known.
        product: the unit that the product is distributed in.
        whole: whether values are whole numbers.
        seen: how values lie.
    """
    said = product or (sensor.unit if sensor else "")
    if seen is None:
        return said, "product" if said else "", ""
    if said and can_be(said, seen):
        return said, "product", ""
    likely = sensor.units if sensor else ("reflectance",) if not whole else ()
    found = next((unit for unit in likely if unit != said and _looks(unit, whole, seen)), "")
    if said == "digital numbers":
        return said, "product", ""
    if said and found != "reflectance":
        text = f"the product holds {said}, but values from {seen.low:.4g} to {seen.high:.4g} are none"
        return found, "values", f"{text}: {f'{found} is assumed' if found else 'their unit is not known'}"
    return found, "values" if found else "", ""


def _looks(unit: str, whole: bool, seen: Spread) -> bool:
    """Whether ranges alone make *unit* likely: stricter than ``can_be``, for units that ranges can't tell apart."""
    if unit == "reflectance":
        return not whole and can_be(unit, seen)
    if unit == "reflectance x 10000":
        # numbers of Landsat, in Level 1 and 2, are all larger
        return can_be(unit, seen) and seen.darkest < 4000
    # what else there is can't be told from Sentinel-2 of a bright scene, or from Level 1
    return False


def of_radar(text: str, whole: bool, seen: Spread | None) -> str:
    """The unit of radar bands."""
    if re.search(r"(?<![A-Za-z])db(?![A-Za-z])", text, re.IGNORECASE) and (seen is None or can_be("dB", seen)):
        return "dB"
    if re.search("amplitude", text, re.IGNORECASE):
        return "digital numbers"
    if whole or seen is None:
        return "digital numbers" if whole else ""
    return next((unit for unit in ("linear power", "dB") if can_be(unit, seen)), "")


def optical(wave: float | None) -> bool:
    """Whether a band of that wavelength sees reflected light."""
    return wave is not None and 0 < wave < THERMAL


def contradicts(unit: str, seen: Spread | None, eight_bit: bool = False) -> str:
    """What is to be warned of where the user's word does not suit the values; empty where it does.

    Args:
        unit: as the user names it.
        seen: how values lie.
        eight_bit: whether they are stored as bytes, without scale and offset: as reflectance x 10000, all would be black.
    """
    small = eight_bit and unit.startswith("reflectance x")
    if seen is None or (can_be(unit, seen) and not small):
        return ""
    bits = " and are of 8 bits" if small else ""
    return (
        f"Unit of the values is {unit}, but they lie from {seen.low:.4g} to {seen.high:.4g}{bits}: it is taken as told"
    )


def from_tags(tags: Sequence[Mapping[str, str]]) -> str:
    """The unit that an ENVI header tells by its scale of reflectance; empty where it doesn't."""
    for one in tags:
        for name, value in one.items():
            if name.lower().replace(" ", "_") == "reflectance_scale_factor":
                return {"10000": "reflectance x 10000", "1": "reflectance"}.get(value.split(".")[0].strip(), "")
    return ""


def doubtful(sensor: Sensor | None, product: str, unit: str, seen: Spread | None) -> str:
    """What could be otherwise: whether Sentinel-2 has the offset of 2022 is seen only where something is dark."""
    if sensor is None or product or seen is None or not sensor.name.startswith("Sentinel-2"):
        return ""
    if unit == "reflectance x 10000" and seen.darkest >= _OFFSET:
        return "if it was processed since 2022, Unit of the values must be reflectance x 10000 + 1000"
    return ""
