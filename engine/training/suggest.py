"""The story of a suggestion: look at all cells, choose those worth a label, write them as points to be labelled."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely
from scipy.spatial import cKDTree

from ...contract.errors import BadRequest
from ...contract.job import Context
from ..applying import opened
from ..cell_values import values_at
from ..coverage import each_portion, mostly_covered
from ..features import Features, bounds
from ..models import Model, load
from ..outputs import Outputs
from ..survey import cell_hash
from ..vectors import read_shapes
from .candidates import Candidates, judge, look, uncertainty
from .choosing import Choice, Wish, choose, density, frame
from .examples import whole
from .ground import metres
from .stack import open_stack

if TYPE_CHECKING:
    from ...algorithms.suggest_labels import SuggestLabels

log = logging.getLogger(__name__)

#: what tells why a place was chosen
UNSURE, UNLIKE, TYPICAL = "uncertain", "unlike the labels", "typical of much of the raster"
#: share of the raster that a place must exceed for a reason to be told
_MOST = 0.75
#: columns besides that for the label, and names that a GeoPackage keeps for itself
_COLUMNS = ("rank", "guess", "confidence", "score", "why", "colour")
_KEPT = ("fid", "geom", "ogc_fid")
#: share of the diagonal, and cells, that places are apart unless the user says otherwise
_SHARE, _CELLS_APART = 0.01, 3
#: cells under labels there are that stand for all of them in feature space
_LABELLED = 2000


def run(job: SuggestLabels, ctx: Context) -> dict[str, Any]:
    """Suggest as *job* asks; return output field -> path.

    Raises:
        BadRequest: the model was not trained, there are fewer cells than asked for, or none that is not labelled.
        BadRaster: the raster does not hold what the model needs, or nothing at all.
    """
    model = load(job.model) if job.model else None
    if model is not None and model.kind not in ("classify", "regress"):
        raise BadRequest(
            f"{job.model} holds {model.title}, which was not trained from labels",
            "choose a file that a training has written, or leave `model` empty",
        )
    with Outputs(job) as outputs, _raster(job, model) as features:
        taken = _taken(job, features, ctx)
        asked = model.estimator if model is not None and model.classes else None
        found = look(features, asked, _some(taken, job.seed), job.seed, ctx)
        if job.count > found.count:
            raise BadRequest(
                f"count = {job.count} is more than the {found.count} cells with data of {features.source.name}",
                "ask for fewer places",
            )
        ctx.progress(0, 1, "rounds", "choose")
        columns, places = _suggest(job, model, features, found, taken, ctx)
        layer = os.path.splitext(os.path.basename(outputs.paths["output"]))[0]
        _write(outputs.part("output"), layer, features, places, columns)
        ctx.fact("cells", found.count)
        ctx.fact("places", len(places))
    return outputs.paths


@contextlib.contextmanager
def _raster(job: SuggestLabels, model: Model | None) -> Iterator[Features]:
    if model is not None:
        with opened(job, model) as features:
            yield features
        return
    with open_stack(job.input, job.bands, job.extent, job.more or []) as stack:
        yield stack


def _suggest(
    job: SuggestLabels, model: Model | None, features: Features, found: Candidates, taken: np.ndarray, ctx: Context
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The columns of the points, and (k, 2) their rows and columns in the raster."""
    values = _read(features, _some(taken, job.seed), found.marked, ctx)
    labelled = values if model is None else np.concatenate([values, _examples(model, features.bands)])
    n = len(found.x)
    xy = metres(np.concatenate([found.places, taken]), features.source.transform, features.crs)
    apart = _apart(features) if job.apart is None else job.apart
    free = _far(xy[:n], xy[n:], apart)
    if not free.any():
        raise BadRequest(
            f"all cells lie within {apart:.6g} {_unit(features)} of labels there are",
            "give a smaller `apart`, or another `extent`",
        )
    wish = Wish(job.count, job.explore / 100, apart)
    picked = pick(found, model and model.estimator, labelled, xy[:n], free, wish)
    _tell(picked.choice, job, apart, features)
    return _columns(model, picked), found.places[picked.choice.index]


@dataclass(frozen=True)
class Picked:
    """Candidates that are suggested.

    Attributes:
        choice: which.
        guess: (k,) float32 class from 0, or number; None without a model.
        probability: (k, classes) float32; 0 wide for numbers and without a model.
        why: (k,) what each has more of than most of the raster.
    """

    choice: Choice
    guess: np.ndarray | None
    probability: np.ndarray
    why: np.ndarray


def pick(
    found: Candidates, estimator: Any, labelled: np.ndarray, xy: np.ndarray, free: np.ndarray, wish: Wish
) -> Picked:
    """Choose from what ``look`` has found.

    Args:
        estimator: ``Trained``; None for none.
        labelled: (m, bands) float32 features of labelled cells; may be none.
        xy: (n, 2) float64 places of the candidates on the ground.
        free: (n,) bool: which may be chosen.

    Raises:
        BadRaster: all cells are the same.
    """
    known = frame(found.x[found.even])
    cells = known.preparation(found.x)
    guess, probability = None, np.empty((len(cells), 0), np.float32)
    if estimator is not None:
        guess, probability = judge(estimator, found.x)
    doubt = uncertainty(probability) if probability.shape[1] else None
    crowd = density(cells, known)
    choice = choose(cells, xy, doubt, known.preparation(labelled), free, crowd, known.typical, wish)
    why = _why(found.even, doubt, choice, labelled, wish)
    return Picked(choice, None if guess is None else guess[choice.index], probability[choice.index], why)


def _examples(model: Model, bands: int) -> np.ndarray:
    """(n, bands) float32 of what *model* has learnt from, or of some of that; bands that tell it nothing are as their mean."""
    known = model.estimator.applicability
    if known is None:
        return np.empty((0, bands), np.float32)
    factor = np.where(known.factor > 0, known.factor, 1)
    return np.asarray(known.examples / factor + known.origin, np.float32)


def _taken(job: SuggestLabels, features: Features, ctx: Context) -> np.ndarray:
    """(m, 2) int64 rows and columns of the cells under labels there are, in the whole raster."""
    nothing = np.empty((0, 2), np.int64)
    if not job.known:
        return nothing
    shapes = read_shapes(job.known, (), features.crs, bounds(features), ctx)
    source = features.source
    portions = each_portion(shapes.geometry, source.transform, source.width, source.height, ctx)
    parts = [np.stack([under.row, under.col], 1) for under in map(mostly_covered, portions)]
    if not sum(map(len, parts)):
        log.warning("no label of %s lies on %s", shapes.name, source.name)
        return nothing
    return np.unique(np.concatenate(parts), axis=0)


def _some(places: np.ndarray, seed: int) -> np.ndarray:
    """Those that stand for all of them, in feature space."""
    rank = cell_hash(places[:, 0], places[:, 1], np.uint64(seed))
    return places[np.sort(np.argsort(rank, kind="stable")[:_LABELLED])]


def _read(features: Features, places: np.ndarray, seen: np.ndarray, ctx: Context) -> np.ndarray:
    """(k, bands) features of *places* with data: those that were *seen*, and those beyond the extent."""
    row, col = places[:, 0] - features.top, places[:, 1] - features.left
    beyond = (row < 0) | (row >= features.height) | (col < 0) | (col >= features.width)
    if beyond.any():
        there = places[beyond]
        seen[beyond] = values_at(whole(features), there[:, 0], there[:, 1], ctx, "read the labelled cells")
    return np.asarray(seen[~np.isnan(seen).any(1)])


def _apart(features: Features) -> float:
    """A hundredth of the diagonal of the window, or three cells, in metres, or cells where there is no CRS."""
    row, col = features.top + features.height // 2, features.left + features.width // 2
    here, right, below = metres(
        np.array([[row, col], [row, col + 1], [row + 1, col]]), features.source.transform, features.crs
    )
    wide, high = np.hypot(*(right - here)), np.hypot(*(below - here))
    diagonal = np.hypot(features.width * wide, features.height * high)
    return float(max(_SHARE * diagonal, _CELLS_APART * max(wide, high)))


def _far(xy: np.ndarray, taken: np.ndarray, apart: float) -> np.ndarray:
    """(n,) bool: which of the places are none of those *taken*, and *apart* from them."""
    if not len(taken):
        return np.ones(len(xy), bool)
    distance = cKDTree(taken).query(xy)[0]
    return np.asarray((distance >= apart) & (distance > 0))


def _unit(features: Features) -> str:
    return "m" if features.crs is not None else "cells"


def _tell(choice: Choice, job: SuggestLabels, apart: float, features: Features) -> None:
    if not len(choice.index):
        raise BadRequest(
            "every cell that could be suggested has the same features as one with a label",
            "there is nothing left to label here; choose another extent",
        )
    if len(choice.index) < job.count:
        log.warning(
            "%d of %d places are found: the others lie within %.3g %s of these or of labels, or look the same",
            len(choice.index), job.count, apart, _unit(features),
        )  # fmt: skip


def _why(even: np.ndarray, doubt: np.ndarray | None, choice: Choice, labelled: np.ndarray, wish: Wish) -> np.ndarray:
    """(k,) what each place has more of than most of the raster: than three quarters of it, or it stands for many."""
    ranks = {TYPICAL: np.full(len(choice.index), _MOST * np.count_nonzero(even))}
    if len(labelled) and (doubt is None or wish.explore > 0):
        ranks[UNLIKE] = np.searchsorted(np.sort(choice.unlike[even]), choice.unlike[choice.index])
    if doubt is not None and wish.explore < 1:
        ranks[UNSURE] = np.searchsorted(np.sort(doubt[even]), doubt[choice.index])
    return np.array(list(ranks), object)[np.argmax(list(ranks.values()), axis=0)]


def _columns(model: Model | None, picked: Picked) -> dict[str, np.ndarray]:
    """What is written of each point, by column."""
    k, named = len(picked.choice.index), model.classes if model is not None else []
    made: dict[str, np.ndarray] = {"rank": np.arange(1, k + 1, dtype=np.int32)}
    made["guess"], made["confidence"] = np.full(k, None, object), np.full(k, np.nan)
    if picked.guess is not None and named:
        of = [named[int(i)] for i in picked.guess]
        made["guess"] = np.array([one.label for one in of], object)
        made["confidence"] = picked.probability.max(1).astype(np.float64)
        made["colour"] = np.array([one.colour for one in of], object)
    elif picked.guess is not None:
        made["guess"] = picked.guess.astype(np.float64)
    made["score"], made["why"] = picked.choice.score.astype(np.float64), picked.why
    column = str(model.options.get("column") or "class") if model is not None else "class"
    if column.lower() in (*_COLUMNS, *_KEPT):
        log.warning("the column %s has another meaning here: write labels into the column class", column)
        column = "class"
    made[column] = np.full(k, np.nan) if model is not None and not named else np.full(k, None, object)
    return made


def _write(path: str, layer: str, features: Features, places: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    """Write points in the middle of their cells, in the GeoPackage *path*."""
    x, y = features.source.transform * (places[:, 1] + 0.5, places[:, 0] + 0.5)
    with warnings.catch_warnings():
        # a raster without a CRS gives points without one
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.raw.write(
            path, shapely.to_wkb(shapely.points(x, y)), list(columns.values()), list(columns), layer=layer, driver="GPKG",
            geometry_type="Point", crs=features.crs.to_wkt() if features.crs else None,
            # what QGIS 3.22 reads without a remark
            dataset_options={"VERSION": "1.2"},
        )  # fmt: skip
