"""One pass over all cells: how many, their mean and covariance, and a sample of them drawn from everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..contract.job import Context
from .features import Features, cells_of, no_data

#: multipliers of the mixing function SplitMix64, https://doi.org/10.1145/2714064.2660195, figure 16 (variant 13)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass
class Survey:
    """What is known of a raster after one pass.

    Attributes:
        count: valid cells.
        mean: (bands,) float64, of all of them.
        scatter: (bands, bands) float64: sum of the products of deviations from the mean, of all of them.
        sample: (cells, bands) float32, drawn evenly from all valid cells without replacement.
        places: (cells, 2) int64: row and column of the sample in the whole raster, whatever the extent; in reading order.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray
    sample: np.ndarray
    places: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """(bands, bands) float64, divided by the number of cells."""
        return np.asarray(self.scatter / max(1, self.count))


def survey(features: Features, size: int, seed: int, ctx: Context, unit: bool = False) -> Survey:
    """Look at every cell once.

    The sample depends on the raster, *size* and *seed* only: not on how the file is laid out.

    Args:
        size: cells to draw; all where there are fewer.
        unit: divide every cell's features by their length first.

    Raises:
        BadRaster: no cell is valid.
    """
    total = Total(features.bands)
    draw = Draw(size, seed)
    ctx.progress(0, features.height, "rows", "look at all cells")
    for first, last, values in features.each():
        cells, valid = cells_of(values)
        if unit:
            cells = to_unit(cells)
        if len(cells):
            total.add(cells)
            rows, cols = np.nonzero(valid)
            draw.add(cells, rows + first + features.top, cols + features.left)
        ctx.progress(last, features.height, "rows", "look at all cells")
    if not total.count:
        raise no_data(features)
    sample, places = draw.result()
    return Survey(total.count, total.mean, total.scatter, sample, places)


def to_unit(cells: np.ndarray) -> np.ndarray:
    """Divide (cells, bands) by the length of each cell's vector; those of no length stay as they are."""
    length = np.sqrt(np.einsum("ij,ij->i", cells, cells, dtype=np.float64))
    return np.asarray(cells / np.where(length > 0, length, 1)[:, None], np.float32)


@dataclass
class Total:
    """Mean and scatter of what was added, in float64, by the pairwise rule of Chan, Golub and LeVeque (1979)."""

    bands: int
    count: int = 0
    mean: np.ndarray = field(init=False)
    scatter: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.mean, self.scatter = np.zeros(self.bands), np.zeros((self.bands, self.bands))

    def add(self, cells: np.ndarray) -> None:
        """Add (cells, bands) float32; in portions, so that the float64 copy stays small."""
        portion = max(1, (16 << 20) // (8 * self.bands))
        for start in range(0, len(cells), portion):
            x = cells[start : start + portion].astype(np.float64)
            mean = x.mean(0)
            x -= mean
            count, shift = self.count + len(x), mean - self.mean
            self.scatter += x.T @ x
            self.scatter += np.outer(shift, shift) * (self.count * len(x) / count)
            self.mean += shift * (len(x) / count)
            self.count = count


class Draw:
    """Keep the *size* cells whose places hash lowest: an even sample, one pass, no matter in which order cells come."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, np.uint64(seed)
        self._limit = np.uint64(2**64 - 1)
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._held = 0

    def add(self, cells: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> None:
        """Consider (cells, bands) at these places of the whole raster."""
        rank = cell_hash(rows, cols, self._seed)
        low = np.flatnonzero(rank <= self._limit)
        if len(low) > self._size:
            low = low[np.argpartition(rank[low], self._size - 1)[: self._size]]
        self._parts.append((rank[low], np.stack([rows[low], cols[low]], 1), cells[low]))
        self._held += len(low)
        if self._held > 1.5 * self._size:
            self._prune()

    def _prune(self) -> None:
        rank = np.concatenate([part[0] for part in self._parts])
        keep = np.arange(len(rank))
        if len(rank) > self._size:
            keep = np.sort(np.argpartition(rank, self._size - 1)[: self._size])
            self._limit = rank[keep].max()
        places = np.concatenate([part[1] for part in self._parts])[keep]
        # part by part, each let go at once: a sample can be large
        first = self._parts[0][2]
        cells, done, seen = np.empty((len(keep), first.shape[1]), first.dtype), 0, 0
        del first
        self._parts.reverse()
        while self._parts:
            part = self._parts.pop()[2]
            mine = keep[(keep >= seen) & (keep < seen + len(part))] - seen
            cells[done : done + len(mine)] = part[mine]
            done, seen = done + len(mine), seen + len(part)
        self._parts, self._held = [(rank[keep], places, cells)], len(keep)

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells, bands) and their (row, column), in reading order."""
        self._prune()
        _, places, cells = self._parts[0]
        order = np.lexsort((places[:, 1], places[:, 0]))
        return cells[order], places[order].astype(np.int64)


def cell_hash(rows: np.ndarray, cols: np.ndarray, seed: np.uint64) -> np.ndarray:
    """(n,) uint64 that look random, of places in a raster: the same for the same place and seed."""
    with np.errstate(over="ignore"):
        x = (rows.astype(np.uint64) << np.uint64(32)) ^ cols.astype(np.uint64)
        x = x + (seed + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * _MIX_1
        x = (x ^ (x >> np.uint64(27))) * _MIX_2
        return np.asarray(x ^ (x >> np.uint64(31)))
