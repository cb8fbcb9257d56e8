"""Cells of a coarse raster and the pixels of a finer one: which pixel lies in which cell, and what the pixels of a cell look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .resampling import Crossing

#: pixels between two places whose coordinates are transformed; between them they are interpolated
_STEP = 16


@dataclass(frozen=True)
class Pixels:
    """Pixels with data, in cells with data.

    Attributes:
        guide: (bands, n) float64, deviations from the mean of the raster in its deviations.
        row, col: (n,) float64, of their middles, in rows and columns of a window of cells.
    """

    guide: np.ndarray
    row: np.ndarray
    col: np.ndarray

    def cell(self, cols: int) -> np.ndarray:
        """(n,) number of the cell each lies in, in reading order of a window *cols* cells wide."""
        return np.asarray(np.floor(self.row).astype(np.int64) * cols + np.floor(self.col).astype(np.int64))


@dataclass(frozen=True)
class Cells:
    """A window of cells, and what the guide shows in each.

    Attributes:
        valid: (rows, cols) bool: the coarse raster has data.
        count: (rows, cols) float64 number of the guide's pixels with data.
        sums: (bands, rows, cols) float64 of the guide over these pixels.
        products: (bands, bands, rows, cols) float64: sums of the products of two bands.
    """

    valid: np.ndarray
    count: np.ndarray
    sums: np.ndarray
    products: np.ndarray


def gather(valid: np.ndarray, pixels: Pixels) -> Cells:
    """Add up the guide over the pixels of each cell; *valid* is (rows, cols) bool.

    Pixels are added up in reading order, so that a cell gets the same sums in whatever window it is.
    """
    rows, cols = valid.shape
    place, bands = pixels.cell(cols), len(pixels.guide)

    def total(weights: np.ndarray | None) -> np.ndarray:
        found = np.bincount(place, weights, minlength=rows * cols)
        return np.asarray(found, np.float64).reshape(rows, cols)

    products = np.empty((bands, bands, rows, cols))
    for i in range(bands):
        for j in range(i + 1):
            products[i, j] = products[j, i] = total(pixels.guide[i] * pixels.guide[j])
    return Cells(valid, total(None), np.stack([total(band) for band in pixels.guide]), products)


def window_sum(values: np.ndarray, radius: int) -> np.ndarray:
    """Sum of (…, rows, cols) over squares of 2 *radius* + 1; beyond the ends there is nothing.

    Terms are added in the same order everywhere, without running sums, so that a cell gets the same sum in whatever window it is.
    """
    for axis in (-2, -1):
        pad = [(0, 0)] * values.ndim
        pad[axis] = (radius, radius)
        wide, length = np.pad(values, pad), values.shape[axis]
        parts = (np.take(wide, range(start, start + length), axis) for start in range(2 * radius + 1))
        total = next(parts).copy()
        for part in parts:
            total += part
        values = total
    return values


def window_ends(values: np.ndarray, valid: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest valid value of (features, rows, cols) in squares of 2 *radius* + 1."""
    from scipy.ndimage import maximum_filter, minimum_filter

    size = (1, 2 * radius + 1, 2 * radius + 1)
    low = minimum_filter(np.where(valid, values, np.inf), size, mode="nearest")
    high = maximum_filter(np.where(valid, values, -np.inf), size, mode="nearest")
    return low, high


def located(way: Crossing, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows, cols) float64 row and column there of the middles of pixels here; not finite for what can't be found there.

    Between two reference systems only some places are transformed, the same ones whatever the window.
    """
    middles = np.arange(top, bottom) + 0.5, np.arange(left, right) + 0.5
    if way.crs == way.crs_there:
        col, row = way(*np.meshgrid(middles[1], middles[0]))
        return row, col
    nodes = [np.arange(first // _STEP, -(-last // _STEP) + 1) for first, last in ((top, bottom), (left, right))]
    found = way(*np.meshgrid(nodes[1] * float(_STEP), nodes[0] * float(_STEP)))
    col, row = (_between(grid, nodes, middles) for grid in found)
    return row, col


def _between(grid: np.ndarray, nodes: list[np.ndarray], middles: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Bilinear values of a *grid* of nodes at pixels."""
    with np.errstate(invalid="ignore"):
        for axis in (0, 1):
            at = middles[axis] / _STEP
            before = np.floor(at).astype(np.int64)
            share = (at - before).reshape((-1, 1) if axis == 0 else (1, -1))
            before = before - nodes[axis][0]
            grid = np.take(grid, before, axis) * (1 - share) + np.take(grid, before + 1, axis) * share
    return grid
