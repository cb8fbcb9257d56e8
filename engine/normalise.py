"""From a raster's values to what an encoder was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Normaliser:
    """``(value - mean) / std`` per band; what is not valid becomes 0, the mean.

    Attributes:
        mean, std: a number per band, in the raster's own units; a band without spread has std 1, so that it becomes 0.
        origin: where the numbers come from: ``encoder`` or ``raster``.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    origin: str

    def __call__(self, data: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Normalise (bands, rows, cols) float32; *valid* is (rows, cols) bool."""
        mean = np.array(self.mean, np.float32)[:, None, None]
        std = np.array(self.std, np.float32)[:, None, None]
        result = (data - mean) / std
        if not valid.all():
            result[:, ~valid] = 0
        return result


def from_constants(mean: tuple[float, ...], std: tuple[float, ...]) -> Normaliser:
    """Normalise 8-bit values by constants that were taken of the value divided by 255."""
    return Normaliser(tuple(255 * m for m in mean), tuple(255 * s for s in std), "encoder")
