"""How large the blocks are that a check holds out, and which examples are in which fold."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from ...contract.job import Context
from ..cell_values import values_at
from ..features import Features
from .examples import Examples, whole
from .folds import Folds, block_folds, given_folds, random_folds, scene_folds
from .ground import metres, unit_of
from .variogram import practical_range

if TYPE_CHECKING:
    from ...algorithms.labelled import Labelled

log = logging.getLogger(__name__)

#: windows that cells are drawn from along either side of the raster, cells of a side of one, and cells drawn in each
_WINDOWS, _SIDE, _DRAWN = 3, 64, 240


def block_size(job: Labelled, features: Features, examples: Examples, ctx: Context) -> float:
    """Metres, or cells where there is no CRS, of a side of a block: as asked for, or the distance up to which features are alike.

    Where no such distance shows: a tenth of the diagonal of the ground that carries labels.
    """
    if job.block:
        return job.block
    x, xy = _spread(whole(features), job.seed, ctx)
    found = practical_range(x, xy, job.seed, unit_of(features.crs)) if len(x) > 30 else None
    if found:
        return found
    span = np.ptp(examples.xy, axis=0)
    size = max(float(np.hypot(*span)) / 10, 1e-6)
    log.info(
        "features show no distance up to which they are alike: blocks of %.4g %s are held out together",
        size, unit_of(features.crs),
    )  # fmt: skip
    return size


def _spread(features: Features, seed: int, ctx: Context) -> tuple[np.ndarray, np.ndarray]:
    """(cells, bands) and (cells, 2) metres of some thousand cells with data from all over the raster, near and far apart."""
    rng = np.random.default_rng(seed)
    rows, cols = [], []
    # along the blocks of a feature raster, which are read as a whole
    tops, lefts = (
        (np.linspace(0, max(0, size - _SIDE), _WINDOWS) // _SIDE * _SIDE).astype(int)
        for size in (features.height, features.width)
    )
    for top in tops:
        for left in lefts:
            rows.append(rng.integers(top, min(features.height, top + _SIDE), _DRAWN))
            cols.append(rng.integers(left, min(features.width, left + _SIDE), _DRAWN))
    places = np.unique(np.stack([np.concatenate(rows), np.concatenate(cols)], 1), axis=0)
    x = values_at(features, places[:, 0], places[:, 1], ctx, "look at distances")
    valid = ~np.isnan(x).any(1)
    return x[valid], metres(places[valid], features.source.transform, features.crs)


def choose_folds(job: Labelled, features: Features, examples: Examples, ctx: Context) -> Folds:
    """The folds that the job asks for; their blocks are the unit of all intervals.

    Raises:
        BadRequest: there is nothing that could be held out.
    """
    if job.validation == "random":
        return random_folds(examples.group, examples.y, job.folds, job.seed)
    if job.validation == "column" and examples.fold is not None:
        return given_folds(examples.fold, examples.group)
    size, unit = block_size(job, features, examples, ctx), unit_of(features.crs)
    if job.validation == "scenes":
        return scene_folds(examples.scene, examples.xy, examples.group, size, unit)
    return block_folds(examples.xy, examples.group, examples.y, job.folds, size, job.seed, unit)
