"""Bands of sensors: names, wavelengths, and the numbers that published encoders were trained with."""

from __future__ import annotations

from collections.abc import Sequence

from ..contract.sensors import wavelengths
from . import Band

#: centre wavelengths in micrometres; their sources are in contract/sensor_tables.py
SENTINEL2 = wavelengths("Sentinel-2")
TM = wavelengths("Landsat 4-5 TM")
ETM = wavelengths("Landsat 7 ETM+")
OLI_TIRS = wavelengths("Landsat 8-9 OLI/TIRS")
#: bandwidths in micrometres: Copernicus-Bench/src/configs/dataset/cobench_eurosat_s2.yaml of
#: https://github.com/zhu-xlab/Copernicus-FM at 5d8535f340f2bd09a73a177a8a45c7375962c2cd
SENTINEL2_WIDTHS = {
    "B1": 0.02, "B2": 0.065, "B3": 0.035, "B4": 0.03, "B5": 0.015, "B6": 0.015, "B7": 0.02, "B8": 0.115, "B8A": 0.02,
    "B9": 0.02, "B10": 0.03, "B11": 0.09, "B12": 0.18,
}  # fmt: skip
#: mean and deviation of SSL4EO-S12 in reflectance x 10000, of L1C: torchgeo 0.8.1, models/resnet.py, _mean_s2 and _std_s2
SSL4EO_S12 = {
    "B1": (1612.9, 791.0), "B2": (1397.6, 854.3), "B3": (1322.3, 878.7), "B4": (1373.1, 1144.9), "B5": (1561.0, 1127.5),
    "B6": (2108.4, 1164.2), "B7": (2390.7, 1276.0), "B8": (2318.7, 1249.5), "B8A": (2581.0, 1345.9), "B9": (837.7, 577.5),
    "B10": (22.0, 47.5), "B11": (2195.2, 1340.0), "B12": (1537.4, 1142.9),
}  # fmt: skip
#: mean and deviation of SSL4EO-S12 in dB: torchgeo 0.8.1, models/resnet.py, _mean_s1 and _std_s1
SSL4EO_S1 = {"VV": (-12.59, 5.26), "VH": (-20.26, 5.91)}


def between(name: str, micrometres: float | None, low: float, high: float, unit: str = "") -> Band:
    """A band whose values from *low* to *high*, of *unit*, the encoder was fed as 0 to 1.

    What is fed another unit gets its mean plus and minus two deviations as 0 and 1, as SeCo, SatMAE and CROMA do it:
    https://github.com/antofuller/CROMA/blob/0e18d32c565bfc333db44b6e38d2e4ffb14f7822/README.md
    """
    return Band(name, micrometres, low, high - low, ((low + high) / 2, (high - low) / 4), unit)


def sentinel2(scheme: str, names: Sequence[str] = tuple(SENTINEL2)) -> tuple[Band, ...]:
    """Bands of Sentinel-2 in reflectance x 10000.

    Args:
        scheme: ``share``: the encoder was fed the value divided by 10000; ``score``: less the mean, divided by the deviation;
            ``range``: two deviations below and above the mean as 0 and 1.
        names: of the bands.
    """
    return tuple(_band(name, SENTINEL2[name], *SSL4EO_S12[name], scheme, "reflectance x 10000") for name in names)


def sentinel1(scheme: str, names: Sequence[str] = ("VV", "VH")) -> tuple[Band, ...]:
    """Bands of Sentinel-1 in dB; *scheme* as of ``sentinel2``."""
    return tuple(_band(name, None, *SSL4EO_S1[name], scheme, "dB") for name in names)


def _band(name: str, micrometres: float | None, mean: float, std: float, scheme: str, unit: str) -> Band:
    if scheme == "share":
        return Band(name, micrometres, 0.0, 10_000.0, (mean, std), unit)
    if scheme == "range":
        return Band(name, micrometres, mean - 2 * std, 4 * std, (mean, std), unit)
    return Band(name, micrometres, mean, std, None, unit)
