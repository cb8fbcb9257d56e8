"""Joint bilateral upsampling: a pixel gets the mean of the cells around it, those that look like it in the guide counting most.

Kopf, Cohen, Lischinski and Uyttendaele, Joint bilateral upsampling (2007), https://doi.org/10.1145/1275808.1276497. A cell looks like the
mean of its pixels. Weights are divided by the largest of a pixel before they are added up, so that none is left without any.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from .guided_filter import normalised
from .pixels_in_cells import Cells, Pixels

#: deviation of the weights by distance, in radii: at the end of the window they are a third
_SPATIAL = 0.7


@dataclass(frozen=True)
class JointBilateral:
    """Values of cells, at pixels.

    Attributes:
        cells, pixels: a window of either raster; the cells reach beyond the pixels by the radius, or to the end of their raster.
        radius: of the square of cells that count.
        sigma: deviation of the weights by look, in deviations of the guide's bands.
    """

    cells: Cells
    pixels: Pixels
    radius: int
    sigma: float
    _weights: csr_array = field(init=False)

    def __post_init__(self) -> None:
        cells, pixels = self.cells, self.pixels
        rows, cols = cells.valid.shape
        looks = (cells.sums / np.maximum(cells.count, 1)).reshape(len(cells.sums), -1)
        usable = (cells.valid & (cells.count > 0)).ravel()
        costs, places = [], []
        for down in range(-self.radius, self.radius + 1):
            for right in range(-self.radius, self.radius + 1):
                y, x = np.floor(pixels.row).astype(np.int64) + down, np.floor(pixels.col).astype(np.int64) + right
                inside = (y >= 0) & (x >= 0) & (y < rows) & (x < cols)
                place = np.where(inside, y * cols + x, 0)
                unlike = ((pixels.guide - looks[:, place]) ** 2).mean(0) / self.sigma**2
                away = ((pixels.row - y - 0.5) ** 2 + (pixels.col - x - 0.5) ** 2) / (_SPATIAL * self.radius) ** 2
                costs.append(np.where(inside & usable[place], (unlike + away) / 2, np.inf))
                places.append(place)
        cost = np.stack(costs, 1)
        weights = np.exp(cost.min(1, keepdims=True) - cost)
        object.__setattr__(self, "_weights", normalised(weights, np.stack(places, 1), rows * cols))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(features, rows, cols) float64 of the cells, 0 where not valid, to (pixels, features) float64."""
        return np.asarray(self._weights @ values.reshape(len(values), -1).T)
