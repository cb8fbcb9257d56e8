"""What a method is given to learn from."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np

from ..contract.errors import BadRequest
from ..contract.job import Context
from .features import Features
from .preparation import Preparation, prepare
from .survey import Survey, cell_hash, survey

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lesson:
    """Prepared features, and what is known of those that are not in the sample.

    Attributes:
        x: (cells, dims) float32: the sample, prepared.
        places: (cells, 2) int64: rows and columns of the sample in the whole raster.
        raw: (cells, bands) float32: the sample as it is in the raster.
        covariance: (dims, dims) float64: of all cells, prepared.
        count: of all valid cells.
        zero: (dims,) float32: what a cell of zeros is after preparation, which centres.
        seed: for everything random.
        ctx: hears of progress, and says when the user has cancelled.
    """

    x: np.ndarray
    places: np.ndarray
    raw: np.ndarray
    covariance: np.ndarray
    count: int
    zero: np.ndarray
    seed: int
    ctx: Context

    @property
    def dims(self) -> int:
        """Numbers a cell has after preparation."""
        return self.x.shape[1]

    def portion(self, cells: int) -> Lesson:
        """The same with *cells* of the sample, drawn evenly; all where there are fewer.

        They are what a sample of that size would have been, so that a portion of a larger sample is the same.
        """
        if len(self.x) <= cells:
            return self
        rank = cell_hash(self.places[:, 0], self.places[:, 1], np.uint64(self.seed))
        kept = np.sort(np.argpartition(rank, cells - 1)[:cells])
        return replace(self, x=self.x[kept], places=self.places[kept], raw=self.raw[kept])


def learn_about(
    features: Features, size: int, scaling: str, compress: int | None, seed: int, ctx: Context
) -> tuple[Lesson, Preparation]:
    """Go through all cells once, and prepare a sample of them.

    Raises:
        BadRaster: no cell is valid, or none differs from the others.
    """
    found: Survey = survey(features, size, seed, ctx, unit=scaling == "unit length")
    preparation, covariance = prepare(found, scaling, compress)
    # the survey has divided by the length already
    ready = Preparation(False, preparation.mean, preparation.scale, preparation.rotation)
    zero = ready(np.zeros((1, features.bands), np.float32))[0]
    return Lesson(
        ready(found.sample), found.places, found.sample, covariance, found.count, zero, seed, ctx
    ), preparation


def at_least(lesson: Lesson, cells: int, what: str) -> None:
    """Refuse to fit on too little.

    Raises:
        BadRequest: fewer valid cells than *cells*, which *what* needs.
    """
    if len(lesson.x) < cells:
        raise BadRequest(
            f"{what} needs {cells} valid cells, there are {len(lesson.x)}",
            "ask for fewer, fit on more cells, or choose a larger extent",
        )


def kinds(lesson: Lesson, most: int) -> int:
    """How many cells of the sample differ from all the others, counted no further than *most*."""
    bits = np.ascontiguousarray(lesson.raw + np.float32(0)).view(np.uint32)
    factors = np.random.default_rng(0).integers(1, 2**63, bits.shape[1], np.uint64) | np.uint64(1)
    seen = np.empty(0, np.uint64)
    portion = max(1, (16 << 20) // (8 * bits.shape[1]))
    for start in range(0, len(bits), portion):
        # wraps around, so that the sum does not depend on its order: cells that are the same have the same
        sums = (bits[start : start + portion].astype(np.uint64) * factors).sum(1)
        seen = np.unique(np.concatenate([seen, sums]))
        if len(seen) >= most:
            return most
    return len(seen)


def possible(lesson: Lesson, clusters: int, what: str) -> int:
    """*clusters*, or as many as there are cells that differ, where those are fewer.

    Raises:
        BadRequest: fewer cells than clusters.
    """
    at_least(lesson, clusters, f"{what} with {clusters} clusters")
    found = kinds(lesson, clusters)
    if found < clusters:
        log.warning("only %d cells differ from all others: %s makes so many clusters, not %d", found, what, clusters)
    return found
