"""Which of many cells are worth a label: those that a model is unsure of, that stand for many others, and unlike each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ..methods.estimators_doubt import nearest_distance
from ..preparation import Preparation, prepare
from ..survey import Survey

#: principal axes that distances are measured on: with 32 or more, all cells are about as far from each other
_AXES = 12
#: cells of the even sample that tell how dense it is around a cell, and the one whose distance does
_SEEN, _NEIGHBOUR = 2000, 5
#: cells whose distances to all of the sample are held at once
_ROWS = 2048


@dataclass(frozen=True)
class Frame:
    """What distances between cells are measured in: standardised principal axes of an even sample of the raster.

    Attributes:
        preparation: from features to axes.
        sample: (cells, axes) float32.
        typical: distance from a cell of the sample to the middle one of all others; above 0.
    """

    preparation: Preparation
    sample: np.ndarray
    typical: float


def frame(sample: np.ndarray) -> Frame:
    """Find the axes of (cells, bands) float32, an even sample.

    Raises:
        BadRaster: all cells are the same.
    """
    x = sample.astype(np.float64)
    mean = x.mean(0)
    x -= mean
    found = Survey(len(x), mean, x.T @ x, sample, np.empty((0, 2), np.int64))
    preparation, _ = prepare(found, "standardise", _AXES)
    prepared = preparation(sample)
    some = prepared[:: max(1, len(prepared) // 500)]
    gaps = np.sqrt(_squares(some, prepared))
    return Frame(preparation, prepared, max(float(np.median(gaps)), 1e-12))


def density(cells: np.ndarray, known: Frame) -> np.ndarray:
    """(cells, axes) to (cells,) float32, 0 to 1: how near the fifth neighbour of 2000 even cells is, 0.5 at the usual distance.

    The typicality of Hacohen, Dekel and Weinshall (2022, https://arxiv.org/abs/2202.02794), with one distance in place of the
    mean of several. It keeps what looks like nothing else from being proposed, as the information density of Settles and
    Craven (2008, https://aclanthology.org/D08-1112/) does.
    """
    seen = known.sample[np.linspace(0, len(known.sample) - 1, min(_SEEN, len(known.sample))).astype(int)]
    at = min(_NEIGHBOUR, len(seen) - 1)
    with threadpool_limits(1):
        usual, distance = np.median(_nth(seen[::4], seen, at)), _nth(cells, seen, at)
    return np.asarray(usual / np.maximum(usual + distance, 1e-12), np.float32)


def _nth(cells: np.ndarray, sample: np.ndarray, at: int) -> np.ndarray:
    made = np.empty(len(cells))
    for start in range(0, len(cells), _ROWS):
        squares = _squares(cells[start : start + _ROWS], sample)
        made[start : start + _ROWS] = np.sqrt(np.partition(squares, at, axis=1)[:, at])
    return made


def _squares(cells: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(cells, others) squared distances; never below 0."""
    lengths = np.einsum("ij,ij->i", cells, cells)[:, None] + np.einsum("ij,ij->i", others, others)
    return np.maximum(lengths - 2 * cells @ others.T, 0)


@dataclass(frozen=True)
class Choice:
    """The cells that were chosen, best first.

    Attributes:
        index: (k,) int64 in what there was to choose from.
        score: (k,) float32, 0 to 1, never rising.
        unlike: (n,) float32, 0 to 1: of all cells, how far they were from all labels before the choice.
    """

    index: np.ndarray
    score: np.ndarray
    unlike: np.ndarray


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        count: cells.
        explore: 0 to 1: weight of cells unlike all labels beside uncertain ones.
        apart: least distance on the ground between two of them, in the unit of the places.
    """

    count: int
    explore: float
    apart: float


def choose(
    cells: np.ndarray, xy: np.ndarray, uncertainty: np.ndarray | None, labelled: np.ndarray, free: np.ndarray,
    crowd: np.ndarray, typical: float, wish: Wish,
) -> Choice:  # fmt: skip
    """Take one cell after the other, each time the one with the highest product of worth, density and distance.

    Worth is ``(1 - explore) * uncertainty + explore * unlike``. Distance is that to the nearest labelled or chosen cell in
    feature space, so that one batch does not ask the same thing twenty times (Demir, Persello and Bruzzone 2011,
    https://doi.org/10.1109/TGRS.2010.2072929).

    Args:
        cells: (n, axes) float32, prepared by a ``Frame``.
        xy: (n, 2) float64 places on the ground.
        uncertainty: (n,) 0 to 1; None where there is no model, or none that tells: then *unlike* alone counts.
        labelled: (m, axes) float32 features of labels; may be none.
        free: (n,) bool: which may be chosen.
        crowd: (n,) density, 0 to 1.
        typical: that of the ``Frame``: no distance counts for more.

    Returns:
        As many as the distance on the ground allows, and as are unlike others at all. The first of equal ones wins, so *cells* should be in reading order.
    """
    near = np.full(len(cells), 1.0)
    if len(labelled):
        with threadpool_limits(1):
            near = np.minimum(nearest_distance(cells, labelled) / typical, 1.0)
    unlike = near.astype(np.float32)
    free = free.copy()
    index: list[int] = []
    score: list[float] = []
    while len(index) < wish.count and free.any():
        worth = near if uncertainty is None else (1 - wish.explore) * uncertainty + wish.explore * near
        value = np.where(free, worth * crowd * near, -1.0)
        best = int(value.argmax())
        if value[best] <= 0:
            break
        index.append(best)
        score.append(float(value[best]))
        gap = cells - cells[best]
        near = np.minimum(near, np.sqrt(np.einsum("ij,ij->i", gap, gap, dtype=np.float64)) / typical)
        free &= np.hypot(*(xy - xy[best]).T) >= wish.apart
        free[best] = False
    return Choice(np.array(index, np.int64), np.array(score, np.float32), unlike)
