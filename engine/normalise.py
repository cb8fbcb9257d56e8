"""From a raster's values to what an encoder was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contract.networks import Band
from ..contract.units import Relation

#: how far the mean of a band may lie below and above that of the images an encoder learned from, in their deviations, for its
#: constants to be trusted: water is not much darker than land, but snow is much brighter
_BELOW, _ABOVE = 3.0, 8.0
#: how often its deviation may go into theirs or theirs into it: scenes differ, units differ more
_TIMES = 8.0


@dataclass(frozen=True)
class Normaliser:
    """``(value - mean) / std`` per band; what is not valid becomes 0, the mean.

    Attributes:
        mean, std: a number per band, in the raster's own units; a band without spread has std 1, so that it becomes 0.
        origin: where the numbers come from: ``encoder``, ``raster``, or ``stretch``: the encoder's, after a stretch of the raster.
        limits: (least, largest) value of each band that is told apart; empty: all are.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    origin: str
    limits: tuple[tuple[float, float], ...] = ()

    def __call__(self, data: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Normalise (bands, rows, cols) float32; *valid* is (rows, cols) bool."""
        mean = np.array(self.mean, np.float32)[:, None, None]
        std = np.array(self.std, np.float32)[:, None, None]
        if self.limits:
            low, high = np.array(self.limits, np.float32).T[:, :, None, None]
            data = data.clip(low, high)
        result = (data - mean) / std
        if not valid.all():
            result[:, ~valid] = 0
        return result


def from_constants(mean: tuple[float, ...], std: tuple[float, ...]) -> Normaliser:
    """Normalise 8-bit values by constants that were taken of the value divided by 255."""
    return Normaliser(tuple(255 * m for m in mean), tuple(255 * s for s in std), "encoder")


def in_own_units(bands: Sequence[Band], lines: Sequence[Relation] = ()) -> Normaliser:
    """Normalise values of a raster that has the unit of the encoder's constants, or that become such by *lines*, one a band."""
    lines = lines or (Relation(),) * len(bands)
    mean = tuple((band.mean - line.shift) / line.factor for band, line in zip(bands, lines))
    return Normaliser(mean, tuple(band.std / line.factor for band, line in zip(bands, lines)), "encoder")


def stretched(lows: Sequence[float], highs: Sequence[float], bands: Sequence[tuple[float, float]]) -> Normaliser:
    """Normalise by constants of 8-bit images, (mean, std) of the value divided by 255, after *lows* became 0 and *highs* 255."""
    mean, std, limits = [], [], []
    for low, high, (usual, deviation) in zip(lows, highs, bands):
        # a band that does not vary becomes 0, whatever the constants
        width = high - low if high > low else 1.0
        mean.append(low + usual * width)
        std.append(deviation * width)
        limits.append((low, high) if high > low else (low + usual, low + usual))
    return Normaliser(tuple(mean), tuple(std), "stretch", tuple(limits))


def seen_as(found: Normaliser, lines: Sequence[Relation]) -> Normaliser:
    """Statistics of values that have become others by *lines*, one a band."""
    mean = tuple(middle * line.factor + line.shift for middle, line in zip(found.mean, lines))
    return Normaliser(mean, tuple(std * abs(line.factor) for std, line in zip(found.std, lines)), found.origin)


def alike(found: Normaliser, bands: Sequence[Band], told: bool = False) -> bool:
    """Whether a raster whose statistics are *found* can have the unit of the constants of *bands*.

    Where the unit is *told*, a scene may be as even as it likes: it is water, or small.
    """
    for mean, std, band in zip(found.mean, found.std, bands):
        usual, spread = band.seen or (band.mean, band.std)
        if (
            not -_BELOW <= (mean - usual) / spread <= _ABOVE
            or std > spread * _TIMES
            or (std < spread / _TIMES and not told)
        ):
            return False
    return True


def matched(found: Normaliser, bands: Sequence[Band]) -> Normaliser:
    """Give a raster whose statistics are *found* the mean and deviation that the encoder met in training.

    Most encoders were fed values of mean 0 and deviation 1, and so are they here. Some were fed values between 0 and 1, which
    have another mean and a smaller deviation.
    """
    mean, std = [], []
    for middle, spread, band in zip(found.mean, found.std, bands):
        usual, deviation = band.seen or (band.mean, band.std)
        mean.append(middle - (usual - band.mean) / deviation * spread)
        std.append(spread * band.std / deviation)
    return Normaliser(tuple(mean), tuple(std), found.origin)
