"""Backscatter of radar in decibels instead of power, or the other way round: no line leads from one to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..rasters import Source
from .ranges import scaling
from .view import View

#: the least power that is told apart, -40 dB: Sentinel-1 sees nothing below -25 dB, and of no power at all there is no logarithm
#: https://sentiwiki.copernicus.eu/web/s1-products
LEAST = 1e-4


class Backscatter(View):
    """The bands of *under*, some of them as decibels or as power; the others stay.

    Attributes:
        ways: ``decibels``, ``power`` or nothing for each band: what it becomes.
    """

    def __init__(self, under: Source, ways: Sequence[str]) -> None:
        super().__init__(under, under.band_names())
        self.bands, self.ways = list(under.bands), tuple(ways)
        scaled = scaling(under)
        count = len(self.ways)
        self._scale, self._offset = scaled or (np.ones(count, np.float32), np.zeros(count, np.float32))
        self._scaled = scaled is not None

    def scaling(self) -> tuple[np.ndarray, np.ndarray] | None:
        """That of the bands that stay; it has been applied to the others."""
        if not self._scaled:
            return None
        stays = np.array([not way for way in self.ways])
        return np.where(stays, self._scale, 1).astype(np.float32), np.where(stays, self._offset, 0).astype(np.float32)

    def read(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """See ``Source.read``; powers below ``LEAST``, such as none, become -40 dB."""
        data, valid = self.under.read(top, bottom, left, right)
        for band, way in enumerate(self.ways):
            if way:
                values = data[band] * self._scale[band] + self._offset[band]
                data[band] = 10 * np.log10(np.maximum(values, LEAST)) if way == "decibels" else 10 ** (values / 10)
        if not valid.all():
            data[:, ~valid] = 0
        return data, valid
