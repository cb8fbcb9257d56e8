"""Percentiles of a whole raster: exact, in two passes, whatever its type and size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ..contract.job import Context
from .rasters import Source, nothing_valid
from .whole_raster import blocks

_HALF = 1 << 16


def whole_raster(source: Source, shares: Sequence[float], ctx: Context) -> np.ndarray:
    """The value that a share of all valid pixels of *source* does not exceed, for each share of 0 to 1 and each band.

    Values are counted by the upper half of their bits as ordered whole numbers, then, within the counts that hold the wanted
    ranks, by the lower half: so memory does not grow with the raster, and no bin rounds anything.

    Returns:
        (shares, bands) float64; each is a value that occurs in the raster.

    Raises:
        BadRaster: no pixel is valid.
    """
    bands = len(source.bands)
    upper = np.zeros((bands, _HALF), np.int64)
    for codes in _codes(source, ctx):
        for band in range(bands):
            upper[band] += np.bincount(codes[band] >> 16, minlength=_HALF)
    count = int(upper[0].sum())
    if count == 0:
        raise nothing_valid([(source, (0, source.height, 0, source.width))], False)
    ranks = [min(count, max(1, math.ceil(share * count))) for share in shares]
    below = upper.cumsum(1)
    # the upper half of each wanted value, and its rank among those that share it
    halves = np.array([[int(np.searchsorted(below[band], rank)) for band in range(bands)] for rank in ranks])
    lower = {(band, int(half)): np.zeros(_HALF, np.int64) for row in halves for band, half in enumerate(row)}
    for codes in _codes(source, ctx):
        for (band, half), counts in lower.items():
            among = codes[band][codes[band] >> 16 == half] & (_HALF - 1)
            counts += np.bincount(among, minlength=_HALF)
    found = np.empty((len(ranks), bands))
    for i, rank in enumerate(ranks):
        for band in range(bands):
            half = int(halves[i, band])
            rest = rank - int(below[band, half - 1] if half else 0)
            code = half << 16 | int(np.searchsorted(lower[band, half].cumsum(), rest))
            found[i, band] = _value(code)
    return found


def _codes(source: Source, ctx: Context) -> Iterator[np.ndarray]:
    """(bands, pixels) uint32 of the valid pixels, block by block: in the order of their values."""
    for data, valid in blocks(source, ctx, "percentiles"):
        # no negative zero, which would be another number
        bits = (data[:, valid].astype(np.float32) + np.float32(0)).view(np.uint32)
        yield np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def _value(code: int) -> float:
    """The number that is coded."""
    bits = code & 0x7FFFFFFF if code >> 31 else ~code & 0xFFFFFFFF
    return float(np.array([bits], np.uint32).view(np.float32)[0])
