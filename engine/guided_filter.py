"""The guided filter, for rasters coarser than their guide: near any place the raster is taken for a linear function of the guide.

He, Sun and Tang, Guided image filtering (2013), https://doi.org/10.1109/TPAMI.2012.213, section 3.5 for guides of several bands. All
pixels of the guide count, not the means of cells: what a cell looks like inside makes slopes flatter where the guide is full of
texture that the raster knows nothing of. As the raster is the same all over a cell, sums over cells are sums over pixels, and the
equations have to be solved once a cell, not once a pixel. Fitting to the means of cells, as He and Sun's fast guided filter does
(2015, https://arxiv.org/abs/1505.00996), was tried: sharper where surfaces are plain, worse than bilinear where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from .pixels_in_cells import Cells, Pixels, window_sum

#: cells around the outermost cell with a pixel that a result can depend on, for each cell of the radius, and besides
HALO_BY_RADIUS, HALO = 2, 1


@dataclass(frozen=True)
class GuidedFilter:
    """Values of cells, at pixels.

    Attributes:
        cells, pixels: a window of either raster; the cells reach beyond the pixels by the halo, or to the end of their raster.
        radius: of the square of cells that a linear function is fitted to.
        epsilon: added to the variance of the guide, whose bands have variance 1 in all: where it varies less, the raster is
            smoothed; where it varies more, its borders are followed.
    """

    cells: Cells
    pixels: Pixels
    radius: int
    epsilon: float
    _weight: np.ndarray = field(init=False)
    _total: np.ndarray = field(init=False)
    _mean: np.ndarray = field(init=False)
    _inverse: np.ndarray = field(init=False)
    _corners: csr_array = field(init=False)

    def __post_init__(self) -> None:
        cells = self.cells
        weight = np.where(cells.valid, cells.count, 0.0)
        total = window_sum(weight, self.radius)
        known = np.maximum(total, 1)
        mean = window_sum(cells.valid * cells.sums, self.radius) / known
        spread = window_sum(cells.valid * cells.products, self.radius) / known - mean[:, None] * mean[None]
        bands = len(mean)
        # equations of all cells at once, (rows, cols, bands, bands)
        spread = np.moveaxis(spread, (0, 1), (2, 3)) + self.epsilon * np.eye(bands)
        for name, value in (
            ("_weight", weight), ("_total", total), ("_mean", mean), ("_inverse", np.linalg.inv(spread)),
            ("_corners", corners(self.pixels, total > 0)),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(features, rows, cols) float64 of the cells, 0 where not valid, to (pixels, features) float64."""
        known = np.maximum(self._total, 1)
        mean = window_sum(values * self._weight, self.radius) / known
        shifts, slopes = mean, []
        crossed = [
            window_sum(values * one, self.radius) / known - mean * middle
            for one, middle in zip(self.cells.valid * self.cells.sums, self._mean)
        ]
        for band, middle in enumerate(self._mean):
            slope = sum(self._inverse[..., band, other] * part for other, part in enumerate(crossed))
            shifts = shifts - slope * middle
            slopes.append(slope)
        # a pixel lies in many squares: the mean of what they say
        made = self._spread(shifts)
        for one, guide in zip(slopes, self.pixels.guide):
            made += self._spread(one) * guide[:, None]
        return made

    def _spread(self, numbers: np.ndarray) -> np.ndarray:
        """(features, rows, cols), one for the square around each cell, to (pixels, features), bilinear."""
        there = self._total > 0
        squares = np.maximum(window_sum(there.astype(np.float64), self.radius), 1)
        mean = window_sum(numbers * there, self.radius) / squares
        return np.asarray(self._corners @ mean.reshape(len(mean), -1).T)


def corners(pixels: Pixels, known: np.ndarray) -> csr_array:
    """(pixels, cells) bilinear weights of the four cells around each pixel, of those that are *known*; they add up to 1.

    Args:
        known: (rows, cols) bool; the cell that a pixel lies in always is.
    """
    rows, cols = known.shape
    row, col = pixels.row - 0.5, pixels.col - 0.5
    above, before = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
    lower, farther = row - above, col - before
    weights, places = [], []
    for i in (0, 1):
        for j in (0, 1):
            y, x = above + i, before + j
            inside = (y >= 0) & (x >= 0) & (y < rows) & (x < cols)
            place = np.where(inside, y * cols + x, 0)
            weight = (lower if i else 1 - lower) * (farther if j else 1 - farther)
            weights.append(np.where(inside & known.ravel()[place], weight, 0.0))
            places.append(place)
    return normalised(np.stack(weights, 1), np.stack(places, 1), rows * cols)


def normalised(weights: np.ndarray, places: np.ndarray, cells: int) -> csr_array:
    """(pixels, cells) of (pixels, k) weights, whose sums become 1, and the numbers of their cells."""
    count, each = weights.shape
    weights = weights / weights.sum(1, keepdims=True)
    return csr_array((weights.ravel(), places.ravel(), np.arange(0, count * each + 1, each)), shape=(count, cells))
