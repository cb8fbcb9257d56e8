"""One pass over a raster: the cells that may be worth a label, and an even sample to compare them with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ...contract.job import Context
from ..features import Features, no_data
from ..survey import Draw, cell_hash

#: cells of the even sample, and cells drawn by their uncertainty
_EVEN, _UNSURE = 6000, 4000
#: cells that a model is asked about: of larger rasters an even draw of so many, for slow methods
_ASKED = 200_000
#: cells given to a model at once
_CELLS = 65_536
#: draws of a run take seeds that are so far apart
_STEP = 2**32


@dataclass(frozen=True)
class Candidates:
    """Cells to choose from, each once, in reading order.

    Attributes:
        x: (n, bands) float32 features.
        places: (n, 2) int64 rows and columns in the whole raster.
        even: (n,) bool: those of the even sample.
        count: valid cells of the raster, or of its extent.
        marked: (m, bands) float32 features of the places that were asked for; NaN without data or beyond the extent.
    """

    x: np.ndarray
    places: np.ndarray
    even: np.ndarray
    count: int
    marked: np.ndarray


class Race:
    """Keep *size* cells, drawn without replacement with chances by weight, in one pass, in whatever order they come.

    Each cell runs for a time that is exponential with its weight, and the first win: Efraimidis and Spirakis (2006,
    https://doi.org/10.1016/j.ipl.2005.11.003), with the hash of its place for a random number.
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, np.uint64(seed)
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._held, self._limit = 0, np.inf

    def add(self, cells: np.ndarray, rows: np.ndarray, cols: np.ndarray, weight: np.ndarray) -> None:
        """Consider (cells, bands) at these places; a *weight* of 0 never wins."""
        chance = (cell_hash(rows, cols, self._seed) >> np.uint64(11)).astype(np.float64) + 0.5
        with np.errstate(divide="ignore"):
            time = -np.log(chance / 2**53) / weight
        fast = np.flatnonzero(np.isfinite(time) & (time <= self._limit))
        self._parts.append((time[fast], np.stack([rows[fast], cols[fast]], 1), cells[fast]))
        self._held += len(fast)
        if self._held > 2 * self._size:
            self._prune()

    def _prune(self) -> None:
        time, places, cells = (np.concatenate(parts) for parts in zip(*self._parts))
        if len(time) > self._size:
            keep = np.argpartition(time, self._size - 1)[: self._size]
            time, places, cells = time[keep], places[keep], cells[keep]
            self._limit = float(time.max())
        self._parts, self._held = [(time, places, cells)], len(time)

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells, bands) and their (row, column), in no order."""
        self._prune()
        _, places, cells = self._parts[0]
        return cells, places.astype(np.int64)


def uncertainty(probability: np.ndarray) -> np.ndarray:
    """(cells, classes) to (cells,) float32: 1 where the two likeliest classes are as likely, 0 where one is certain.

    One minus the margin of Scheffer, Decomain and Wrobel (2001, https://doi.org/10.1007/3-540-44816-0_31). Entropy, which
    looks at all classes, did worse on drawn and real scenes.
    """
    best = np.partition(probability, -2, axis=1)[:, -2:]
    return np.asarray(1 - (best[:, 1] - best[:, 0]), np.float32)


def look(features: Features, estimator: Any, marked: np.ndarray, seed: int, ctx: Context) -> Candidates:
    """Go over all cells once; memory does not grow with the raster.

    What is drawn depends on the raster, the model and *seed* only: not on how the file is laid out.

    Args:
        estimator: ``Trained`` of classes, whose unsure cells are drawn too; None for none.
        marked: (m, 2) int64 rows and columns in the whole raster whose features are wanted as well: to read them one by one
            would take as long as all.

    Raises:
        BadRaster: no cell is valid.
    """
    even, unsure = Draw(_EVEN, seed), Race(_UNSURE, seed + _STEP)
    share = _ASKED / (features.width * features.height)
    count, wanted = 0, np.full((len(marked), features.bands), np.nan, np.float32)
    top, left = features.top, features.left
    across = (marked[:, 1] >= left) & (marked[:, 1] < left + features.width)
    ctx.progress(0, features.height, "rows", "look at all cells")
    for first, last, values in features.each():
        row, col = np.nonzero(~np.isnan(values[0]))
        count += len(row)
        rows, cols = row + first + top, col + left
        here = across & (marked[:, 0] >= first + top) & (marked[:, 0] < last + top)
        wanted[here] = values[:, marked[here, 0] - first - top, marked[here, 1] - left].T
        if share < 1:
            kept = cell_hash(rows, cols, np.uint64(seed + 2 * _STEP)) < np.uint64(int(share * 2**64))
            row, col, rows, cols = row[kept], col[kept], rows[kept], cols[kept]
        for start in range(0, len(row), _CELLS):
            part = slice(start, start + _CELLS)
            cells = np.ascontiguousarray(values[:, row[part], col[part]].T)
            even.add(cells, rows[part], cols[part])
            if estimator is not None:
                # steps, so that the last digits of a probability decide nothing
                doubt = np.rint(uncertainty(estimator.predict(cells)[1]) * 1024) / 1024
                unsure.add(cells, rows[part], cols[part], doubt.astype(np.float64) ** 2)
        ctx.progress(last, features.height, "rows", "look at all cells")
    if not count:
        raise no_data(features)
    return _join(even, unsure if estimator is not None else None, features.source.width, count, wanted)


def _join(even: Draw, unsure: Race | None, width: int, count: int, marked: np.ndarray) -> Candidates:
    x, places = even.result()
    drawn = len(x)
    if unsure is not None:
        more, there = unsure.result()
        x, places = np.concatenate([x, more]), np.concatenate([places, there])
    # a cell of both draws counts once, as the even one that comes first
    _, first = np.unique(places[:, 0] * width + places[:, 1], return_index=True)
    return Candidates(x[first], places[first], first < drawn, count, marked)


def judge(estimator: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``Trained.predict`` of all candidates at once, on one thread: the same to the last digit, however they were found."""
    with threadpool_limits(1):
        found, probability = estimator.predict(x)
    return found, probability
