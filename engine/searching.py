"""What a search is made of: how features are compared, what stands for the examples, and from which score on a cell is found."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import KMeans

from ..contract.job import Context
from .methods.estimators_similarity import Similarity as Estimator
from .preparation import Preparation, prepare
from .queries import Group, Queries, Query
from .survey import Survey
from .thresholds import Counts

if TYPE_CHECKING:
    from ..algorithms.similarity import Similarity

log = logging.getLogger(__name__)

#: width of the soft maximum in cosines, and of the others in mean squares of features. On drawn scenes and real ones, with
#: random and with pre-trained features, 0.2 found more than 0.05, 0.1, the nearest example or the mean: docs/quality.md
_SOFT = 0.2
#: share of the examples that may fall below a threshold that they set; 0.2 was best with 3 to 20 examples: docs/quality.md
_MISSED = 0.2
#: examples are compared with the others in so many parts at most, fewer where k-means is run for each; the fewest examples
_PARTS, _PARTS_OF_MEANS, _ENOUGH = 10, 3, 3
_BINS = 2000


def prepared(job: Similarity, found: Survey) -> tuple[Preparation, float]:
    """What happens to features before they are compared, and the mean square of what is compared after it.

    For a product that is the square of a cell's length, for all else half the square of the distance of two cells.
    """
    scaling = job.scaling
    if scaling == "auto":
        scaling = "whiten" if job.measure == "Mahalanobis" else "standardise"
    if scaling == "none":
        bands = len(found.mean)
        as_it_is = Preparation(False, np.zeros(bands, np.float32), np.ones(bands, np.float32), None)
        square = float(np.trace(found.covariance)) + (float(found.mean @ found.mean) if job.measure == "dot" else 0)
        return as_it_is, max(square, 1e-30)
    preparation, covariance = prepare(found, "standardise" if scaling == "whiten" else scaling)
    if scaling == "whiten":
        turn = whitening(covariance, job.shrinkage)
        covariance = turn @ covariance @ turn.T
        preparation = replace(preparation, rotation=turn.astype(np.float32))
    return preparation, max(float(np.trace(covariance)), 1e-30)


def whitening(covariance: np.ndarray, shrinkage: float) -> np.ndarray:
    """(dims, dims) float64 after which cells vary alike in all directions, once their covariance is shrunk to a sphere.

    The symmetric root: any other turns with the last digits of the covariance where directions are equally wide.
    """
    size = len(covariance)
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / size * np.eye(size)
    values, vectors = np.linalg.eigh(shrunk)
    return np.asarray((vectors / np.sqrt(np.maximum(values, 1e-30))) @ vectors.T)


def fit(
    job: Similarity,
    queries: Queries,
    preparation: Preparation,
    square: float,
    ctx: Context | None = None,
    starts: int = 4,
) -> Estimator:
    """The estimator of a search.

    Args:
        square: the mean square that ``prepared`` tells.
        starts: of k-means.
    """
    kind = job.measure if job.measure in ("cosine", "dot") else "distance"

    def prototypes(group: Group) -> np.ndarray:
        x = preparation(group.raw)
        if len(x) < 2 or job.prototypes in ("soft", "all examples"):
            return x
        if kind == "cosine":
            x = np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-30), np.float32)
        if job.prototypes == "mean":
            return np.asarray(x.mean(0, keepdims=True, dtype=np.float64), np.float32)
        count = min(job.prototype_count, len(np.unique(x, axis=0)))
        means = KMeans(count, n_init=starts, random_state=job.seed).fit(x).cluster_centers_
        return np.asarray(means, np.float32)

    width = (_SOFT if kind == "cosine" else _SOFT * square) if job.prototypes == "soft" else 0.0
    examples, counters = [], []
    for i, query in enumerate(queries.each):
        if ctx is not None:
            ctx.progress(i, len(queries.each), "queries", "fit")
        examples.append(prototypes(query.examples))
        counters.append(prototypes(query.counters))
    return Estimator(kind, width, float(np.sqrt(2 * square)), examples, counters, prototypes(queries.shared))


def otsu(scores: np.ndarray) -> float:
    """Where (cells,) scores split best; the lowest of them where they do not differ."""
    low, high = float(scores.min()), float(scores.max())
    if high - low < 1e-6:
        return low
    counts = Counts(low, high, _BINS)
    counts.add(scores)
    return float(np.float32(counts.otsu()))


def thresholds(
    job: Similarity, queries: Queries, preparation: Preparation, square: float, scores: np.ndarray, ctx: Context
) -> tuple[list[float], list[str]]:
    """Choose a threshold for each query.

    Args:
        scores: (cells, queries) float32 of a sample of the raster.

    Returns:
        The thresholds, and how each was found: ``given``, ``examples`` or ``Otsu``.
    """
    if job.threshold is not None:
        return [job.threshold] * len(queries.each), ["given"] * len(queries.each)
    found, ways = [], []
    for query, column in zip(ctx.track(queries.each, "queries", "choose thresholds"), scores.T):
        own = among_themselves(job, query, queries.shared, preparation, square) if job.cut != "Otsu" else np.empty(0)
        if job.cut == "examples" and not len(own):
            log.warning(
                "%s has fewer than %d examples: Otsu's method sets its threshold", query.name or "the query", _ENOUGH
            )
        ways.append("examples" if len(own) else "Otsu")
        # the scores of cells are float32 too
        found.append(float(np.float32(np.quantile(own, _MISSED) if len(own) else otsu(column))))
    return found, ways


def among_themselves(
    job: Similarity, query: Query, shared: Group, preparation: Preparation, square: float
) -> np.ndarray:
    """(cells,) float32: the score that each example would have if it were none; empty where there are too few.

    Cells under one polygon are alike: it stands aside as a whole, where there are enough of them.
    """
    _, part = np.unique(query.examples.under, return_inverse=True)
    if part.max() + 1 < _ENOUGH:
        part = np.arange(len(part))
    if len(part) < _ENOUGH:
        return np.empty(0, np.float32)
    part = part % (_PARTS_OF_MEANS if job.prototypes == "k-means" else _PARTS)
    found = np.empty(len(part), np.float32)
    for aside in np.unique(part):
        rest = replace(query, examples=query.examples.some(part != aside))
        estimator = fit(job, Queries([rest], shared), preparation, square, starts=1)
        found[part == aside] = estimator.score(preparation(query.examples.raw[part == aside]))[:, 0]
    return found
