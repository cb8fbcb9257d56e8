"""Where to cut a range of values in two, from how many cells have which value."""

from __future__ import annotations

import numpy as np


class Counts:
    """How many cells have which value; whole numbers, so that the order in which cells come does not matter.

    Args:
        low, high: the range of values; what lies beyond counts as its end.
        bins: parts of it.
    """

    def __init__(self, low: float, high: float, bins: int) -> None:
        self.edges = np.linspace(low, high, bins + 1)
        self.counts = np.zeros(bins, np.int64)

    def add(self, values: np.ndarray) -> None:
        """Count these, of any shape; NaN are left out."""
        low, high = self.edges[0], self.edges[-1]
        known = values[~np.isnan(values)].astype(np.float64)
        place = ((np.clip(known, low, high) - low) * (len(self.counts) / (high - low))).astype(np.int64)
        self.counts += np.bincount(np.minimum(place, len(self.counts) - 1), minlength=len(self.counts))

    @property
    def total(self) -> int:
        """Cells counted."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """The upper edge of the bin by which *share* of the cells is reached."""
        reached = np.searchsorted(np.cumsum(self.counts), share * self.counts.sum())
        return float(self.edges[min(int(reached), len(self.counts) - 1) + 1])

    def otsu(self) -> float:
        """The edge that leaves the least variance on its two sides; the upper end where all cells share a bin."""
        # Otsu (1979), https://doi.org/10.1109/TSMC.1979.4310076
        middle = (self.edges[1:] + self.edges[:-1]) / 2
        below = np.cumsum(self.counts).astype(np.float64)
        sums = np.cumsum(self.counts * middle)
        above = below[-1] - below
        between = np.zeros(len(middle))
        split = (below > 0) & (above > 0)
        if not split.any():
            return float(self.edges[-1])
        between[split] = (sums[-1] * below[split] - sums[split] * below[-1]) ** 2 / (below[split] * above[split])
        best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
        # where nothing lies between the two sides, half way
        return float(self.edges[int(best[0] + best[-1] + 2) // 2])
