"""How visible the borders of tiles are in a raster of features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import rasterio
from rasterio.windows import Window

from .plan import Axis, Plan
from .rasters import CACHE_BYTES, Source

#: cells, pixels times bands, and features that are looked at, where there are more
_CELLS, _VALUES, _FEATURES = 100_000, 60_000_000, 64


@dataclass(frozen=True)
class Seams:
    """Mean squared step between neighbouring cells across the borders of tiles over that elsewhere; NaN where it can't be told.

    Every feature is scaled to a deviation of 1. What lies at the borders may happen to change more than what lies elsewhere: the
    means of the pixels in each cell know nothing of tiles, and have the same figure.

    Attributes:
        features, pixels: of these.
        borders: between cells, of those that were looked at, in both directions.
    """

    features: float
    pixels: float
    borders: int

    @property
    def ratio(self) -> float:
        """1 means that borders are like anywhere else."""
        return self.features / self.pixels if self.pixels > 0 else float("nan")


def measure(path: str, plan: Plan, source: Source, seed: int = 0) -> Seams:
    """Measure the seams of the features in the file *path*, made of *source* by *plan*, in windows from all over it."""
    rows, cols = borders(plan.rows), borders(plan.cols)
    windows = _windows(plan, len(source.bands), seed)
    made, means = [], []
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as ds:
        bands = [int(band) for band in np.unique(np.linspace(1, ds.count, min(ds.count, _FEATURES)).round())]
        scale, offset = (np.array(part, np.float32)[np.array(bands) - 1] for part in (ds.scales, ds.offsets))
        for top, bottom, left, right in windows:
            data = ds.read(bands, window=Window(left, top, right - left, bottom - top), masked=True)
            values = data.astype(np.float32).filled(np.nan)
            made.append(values * scale[:, None, None] + offset[:, None, None])
            means.append(pixel_means(source, plan, (top, bottom, left, right)))
    at = [
        (np.isin(np.arange(top + 1, bottom), rows), np.isin(np.arange(left + 1, right), cols))
        for top, bottom, left, right in windows
    ]
    count = sum(
        int(down.sum()) * (right - left) + int(across.sum()) * (bottom - top)
        for (down, across), (top, bottom, left, right) in zip(at, windows)
    )
    return Seams(seam(made, at), seam(means, at), count)


def borders(axis: Axis) -> list[int]:
    """Cells of the result at which the tiles that share a cell, or the one that has the most of it, are others than in the cell before."""
    share = np.zeros((len(axis.starts), axis.total + axis.per_tile), np.float32)
    for i, start in enumerate(axis.starts):
        share[i, start : start + axis.per_tile] = axis.weights[i]
    share = share[:, axis.first : axis.stop]
    sets, most = share > 0, share.argmax(0)
    changes = (sets[:, 1:] != sets[:, :-1]).any(0) | (most[1:] != most[:-1])
    return [int(i) + 1 for i in np.flatnonzero(changes)]


def seam(windows: Iterable[np.ndarray], at: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Mean squared step across borders over that elsewhere.

    Args:
        windows: each (dim, rows, cols) float32, NaN for nodata; every feature is scaled to a deviation of 1 over all of them.
        at: for each of them (rows - 1,) and (cols - 1,) bool: whether a border lies before the second, the third … row and column.
    """
    windows = list(windows)
    flat = np.concatenate([window.reshape(len(window), -1) for window in windows], 1)
    valid = ~np.isnan(flat).any(0)
    if not valid.any():
        return float("nan")
    spread = flat[:, valid].std(1, dtype=np.float64)
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0)
    sums, counts = np.zeros(2), np.zeros(2)
    for window, places in zip(windows, at):
        scaled = window * scale[:, None, None]
        for axis, here in enumerate(places, 1):
            steps = (np.diff(scaled, axis=axis) ** 2).mean(0)
            across = np.broadcast_to(here[:, None] if axis == 1 else here[None], steps.shape)
            for i, chosen in enumerate((across, ~across)):
                found = steps[chosen & ~np.isnan(steps)]
                sums[i] += found.sum()
                counts[i] += len(found)
    if not counts.all() or not sums[1]:
        return float("nan")
    return float(sums[0] / counts[0] / (sums[1] / counts[1]))


def pixel_means(source: Source, plan: Plan, window: tuple[int, int, int, int]) -> np.ndarray:
    """(bands, rows, cols) float32: means of the pixels in the cells of a window of the result, NaN where none of a cell is valid."""
    top, bottom, left, right = window
    down = _edges(plan.rows.first + top, plan.rows.first + bottom, plan.cell, plan.height)
    across = _edges(plan.cols.first + left, plan.cols.first + right, plan.cell, plan.width)
    data, valid = source.read(down[0], down[-1], across[0], across[-1])
    data = np.where(valid, data, 0)
    starts = [edges[:-1] - edges[0] for edges in (down, across)]

    def summed(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.add.reduceat(np.add.reduceat(values, starts[0], -2), starts[1], -1))

    count = summed(valid.astype(np.float32))
    return np.asarray(np.where(count > 0, summed(data) / np.maximum(count, 1), np.nan), np.float32)


def _edges(first: int, stop: int, cell: float, size: int) -> np.ndarray:
    """Pixels at which cells begin, and the end; every cell has one at least."""
    edges = np.minimum(np.rint(np.arange(first, stop + 1) * cell).astype(int), size)
    low = np.maximum.accumulate(np.maximum(edges[:-1], 0))
    return np.append(np.minimum(low, size - 1), max(edges[-1], min(low[-1], size - 1) + 1))


def _windows(plan: Plan, bands: int, seed: int) -> list[tuple[int, int, int, int]]:
    """(top, bottom, left, right) in cells of the result: all of it, or squares of two tiles from all over it."""
    height, width = plan.out_height, plan.out_width
    most = max(4 * plan.per_tile**2, min(_CELLS, int(_VALUES / (bands * max(plan.cell, 1) ** 2))))
    if height * width <= most:
        return [(0, height, 0, width)]
    side = 2 * plan.per_tile
    high, wide = min(height, side), min(width, side)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(max(1, most // (high * wide))):
        top, left = int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1))
        found.append((top, top + high, left, left + wide))
    return found
