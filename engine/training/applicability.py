"""Where a model may be used: how unlike its examples cells may be, learnt from how unlike other folds they are."""

from __future__ import annotations

import logging

import numpy as np

from ..methods.estimators_doubt import Applicability, nearest_distance

log = logging.getLogger(__name__)

#: rows of the table of distances between examples that are held at once
_ROWS = 500


def applicability(
    x: np.ndarray, fold: np.ndarray | None, weights: np.ndarray | None, seed: int, most: int = 3000
) -> Applicability:
    """Learn the area of applicability of Meyer and Pebesma (2021, https://doi.org/10.1111/2041-210X.13650).

    Features are standardised by the examples and multiplied by their weights. The dissimilarity index of a cell is its
    distance to the nearest example over the mean distance between two examples. The threshold is the upper whisker of the
    indices of the examples, each compared with those of other folds: the 75th percentile and 1.5 times the range between
    quartiles, at most the highest. So folds decide what is outside: with random folds the area is smaller than with blocks.
    No axes are dropped: what cells have and no example has, is where a map fails.

    Args:
        x: (n, bands) float32 features of the examples as the model gets them, no NaN.
        fold: (n,) int64, two different ones at least; None for ten random ones.
        weights: (bands,) importance of each; what is below 0 counts as 0. None, or nothing above 0: all the same. Bands that
            are the same in all examples have no scale, and no weight.
        seed: which *most* examples are kept where there are more.

    Raises:
        ValueError: all examples are of one fold.
    """
    if fold is None:
        fold = np.random.default_rng(seed).permutation(len(x)) % 10
    if len(np.unique(fold)) < 2:
        raise ValueError("all examples are of one fold")
    if len(x) > most:
        # one of each fold stays, whatever is drawn
        first = np.unique(fold, return_index=True)[1]
        others = np.setdiff1d(np.arange(len(x)), first)
        drawn = np.random.default_rng(seed).permutation(others)[: max(most - len(first), 0)]
        kept = np.sort(np.concatenate([first, drawn]))
        log.info("the area of applicability is that of %d of %d examples", len(kept), len(x))
        x, fold = x[kept], fold[kept]
    x = np.asarray(x, np.float32)
    origin, spread = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
    changing = spread > 1e-6 * np.maximum(np.abs(x).max(0), 1e-30)
    importance = np.maximum(np.ones(x.shape[1]) if weights is None else np.asarray(weights, np.float64), 0)
    if not (importance * changing > 0).any():
        importance = np.ones(x.shape[1])
    # on average 1, so that distances are those of standardised features
    importance = importance / max(importance.mean(), 1e-30)
    factor = np.where(changing, importance / np.where(changing, spread, 1), 0).astype(np.float32)
    origin32 = origin.astype(np.float32)
    examples = (x - origin32) * factor
    typical = _mean_distance(examples)
    if typical <= 0:
        log.warning("all examples are the same: nothing else is within the area of applicability")
        typical = 1.0
    distance = np.empty(len(x))
    for one in np.unique(fold):
        distance[fold == one] = nearest_distance(examples[fold == one], examples[fold != one])
    index = np.round(distance / typical, 4)
    low, high = np.percentile(index, [25, 75])
    threshold = float(np.float32(min(high + 1.5 * (high - low), index.max())))
    return Applicability(origin32, factor, np.unique(examples, axis=0), typical, threshold)


def _mean_distance(examples: np.ndarray) -> float:
    """Between two examples, over all pairs."""
    x = examples.astype(np.float64)
    lengths, total = np.einsum("ij,ij->i", x, x), 0.0
    for start in range(0, len(x), _ROWS):
        squares = lengths[start : start + _ROWS, None] - 2 * x[start : start + _ROWS] @ x.T + lengths
        np.fill_diagonal(squares[:, start:], 0)
        # what rounding leaves of two that are the same
        total += float(np.sqrt(np.where(squares > 1e-12 * lengths.max(), squares, 0)).sum())
    return total / max(len(x) * (len(x) - 1), 1)
