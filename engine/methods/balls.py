"""Clusters around points that move or grow: Birch's balls and the peaks of mean shift."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cluster import AgglomerativeClustering, estimate_bandwidth
from sklearn.cluster import Birch as Model

from ...contract.errors import BadRequest
from ..fitting import Lesson
from .estimators import NeighbourVote

#: balls that are joined at the end, all of them being compared with each other; cells that a first radius is tried on
_BALLS, _TRIAL_CELLS = 2_000, 5_000
#: first radius that is tried, as a share of the typical distance from the mean
_FIRST_RADIUS = 1 / 16
#: by how much the next is larger
_STEP = 2**0.5
#: cells that climb, rounds they may take, and the step, in widths, below which they have arrived
_CLIMBERS, _ROUNDS, _ARRIVED = 500, 300, 1e-3
#: cells whose distances give a width, and the share of them that shall lie within it
_WIDTH_CELLS, _WIDTH_SHARE = 2_000, 0.1


def birch(lesson: Lesson, clusters: int, radius: float | None) -> tuple[NeighbourVote, dict[str, Any]]:
    """Gather the sample into balls, and those into *clusters*.

    Args:
        radius: of the balls; None for the smallest tried that leaves few enough of them.

    Raises:
        BadRequest: fewer balls than clusters.
    """
    if radius is None:
        radius, balls = _few_enough(lesson, max(_BALLS, 2 * clusters), clusters)
    else:
        balls = _balls(lesson, radius)
    if len(balls) < clusters:
        raise BadRequest(
            f"balls of radius = {radius:g} are only {len(balls)}, fewer than the {clusters} clusters asked for",
            "give a smaller radius, or none",
        )
    lesson.ctx.progress(0, 1, "methods", "fit")
    labels = AgglomerativeClustering(clusters).fit_predict(balls) if clusters > 1 else np.zeros(len(balls), np.int64)
    return NeighbourVote.of(balls, labels), {"radius of the balls": float(f"{radius:.6g}"), "balls": len(balls)}


def _balls(lesson: Lesson, radius: float) -> np.ndarray:
    """(balls, dims) float32: their middles."""
    model = Model(threshold=radius, n_clusters=None)
    for start in range(0, len(lesson.x), _TRIAL_CELLS):
        lesson.ctx.progress(start, len(lesson.x), "cells", "gather cells into balls")
        model.partial_fit(lesson.x[start : start + _TRIAL_CELLS])
    return np.asarray(model.subcluster_centers_, np.float32)


def _few_enough(lesson: Lesson, most: int, fewest: int) -> tuple[float, np.ndarray]:
    """A radius found by trying, and its balls: no more than *most*, if that leaves *fewest*."""
    radius = _FIRST_RADIUS * float(np.sqrt(max(np.trace(lesson.covariance), 1e-30)))
    trial = lesson.portion(_TRIAL_CELLS)
    # as many in the part as in the whole: where balls are many, most cells of the part have one of their own
    while len(_balls(trial, radius)) > most / 2:
        radius *= _STEP
    balls = _balls(lesson, radius)
    while len(balls) > most:
        wider = _balls(lesson, _STEP * radius)
        if len(wider) < fewest:
            break
        radius, balls = _STEP * radius, wider
    while len(balls) < fewest and radius > 1e-9:
        radius /= _STEP
        balls = _balls(lesson, radius)
    return radius, balls


def typical_width(lesson: Lesson) -> float:
    """The mean radius within which a tenth of the cells lie around a cell."""
    width = float(estimate_bandwidth(lesson.portion(_WIDTH_CELLS).x, quantile=_WIDTH_SHARE))
    # most cells are the same
    return width or float(np.sqrt(np.trace(lesson.covariance))) / 2 or 1.0


def mean_shift(lesson: Lesson, width: float, noise: bool) -> NeighbourVote:
    """Let some cells of the sample climb to where it lies densest.

    Args:
        width: cells within it count; peaks closer than it are one.
        noise: what is farther from all peaks is noise.
    """
    x = lesson.x.astype(np.float64)
    at = lesson.portion(_CLIMBERS).x.astype(np.float64)
    lengths, inside, moving = np.einsum("ij,ij->i", x, x), np.zeros(len(at)), np.arange(len(at))
    for done in range(_ROUNDS):
        lesson.ctx.progress(done, _ROUNDS, "rounds", "fit")
        here = at[moving]
        apart = np.einsum("ij,ij->i", here, here)[:, None] - 2 * here @ x.T + lengths
        near = apart <= width**2
        count = near.sum(1)
        # one with nobody around has climbed as far as it can
        there = np.where(count[:, None] > 0, near @ x / np.maximum(count, 1)[:, None], here)
        inside[moving], at[moving] = count, there
        moving = moving[np.linalg.norm(there - here, axis=1) > _ARRIVED * width]
        if not len(moving):
            break
    peaks: list[np.ndarray] = []
    for i in np.lexsort((np.arange(len(at)), -inside)):
        if all(np.linalg.norm(at[i] - peak) > width for peak in peaks):
            peaks.append(at[i])
    return NeighbourVote(np.asarray(peaks, np.float32), np.arange(len(peaks)), width if noise else None)
