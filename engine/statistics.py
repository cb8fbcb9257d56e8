"""Mean and deviation of a whole raster: exact, in one pass, the same whatever the block size and whatever GDAL has cached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..contract.job import Context
from .normalise import Normaliser
from .rasters import Source, nothing_valid
from .whole_raster import blocks


@dataclass
class _Moments:
    """Running count, mean and sum of squared deviations per band, in float64 (Chan, Golub and LeVeque 1979)."""

    count: int
    mean: np.ndarray
    square: np.ndarray

    def add(self, values: np.ndarray) -> None:
        """Add (bands, pixels)."""
        count = values.shape[1]
        if count == 0:
            return
        mean = values.mean(1, dtype=np.float64)
        square = ((values - mean[:, None]) ** 2).sum(1, dtype=np.float64)
        gap, both = mean - self.mean, self.count + count
        self.mean += gap * (count / both)
        self.square += square + gap**2 * (self.count * count / both)
        self.count = both


def whole_raster(source: Source, ctx: Context) -> Normaliser:
    """Return the normaliser of all valid pixels of *source*, never of a tile and never from stored statistics.

    Raises:
        BadRaster: no pixel is valid.
    """
    if source.moments is not None:
        return Normaliser(*source.moments, "raster")
    bands = len(source.bands)
    moments = _Moments(0, np.zeros(bands), np.zeros(bands))
    for data, valid in blocks(source, ctx, "statistics"):
        moments.add(data[:, valid].astype(np.float64))
    if moments.count == 0:
        raise nothing_valid([(source, (0, source.height, 0, source.width))], False)
    std = np.sqrt(moments.square / moments.count)
    # a band that does not vary, up to rounding, has nothing to scale by
    flat = std <= 1e-7 * np.maximum(1e-30, np.abs(moments.mean))
    std[flat] = 1
    return Normaliser(tuple(map(float, moments.mean)), tuple(map(float, std)), "raster")
