"""How many classes can't be ruled out, and how far off a number may be: split conformal prediction on held-out blocks."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np

from ...contract.errors import BadRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Coverage:
    """How often the truth was in what was predicted for a block whose examples had no say in the calibration.

    Attributes:
        share: of all examples, to be compared with 1 - error rate.
        size: mean number of classes in a set, or mean width of an interval (infinite where there are too few examples).
        blocks: (blocks,) int64 their numbers.
        by_block: (blocks,) float64 share in each.
    """

    share: float
    size: float
    blocks: np.ndarray
    by_block: np.ndarray


def threshold(probability: np.ndarray, y: np.ndarray, error_rate: float) -> float:
    """The least probability with which a class is in the prediction set.

    Sets of least ambiguity (Sadinle et al. 2019, https://doi.org/10.1080/01621459.2017.1395341): the score of an example is
    1 - the probability of its true class, and a class is in the set of a cell if its score is no more than the
    ceil((n + 1)(1 - error rate))-th smallest of n. For cells that are exchangeable with the examples, sets hold the true
    class at least as often as 1 - error rate, over all classes, not in each.

    Args:
        probability: (n, classes) of examples that the classifier has not learnt from.
        y: (n,) int64 true classes.
        error_rate: above 0 and below 1: how often the true class may be missing.

    Returns:
        A probability; 0, with which every class is in, where there are too few examples for the error rate (a warning).
    """
    found = _kth_largest(probability[np.arange(len(y)), y], error_rate)
    return 0.0 if found is None else found


def half_width(true: np.ndarray, predicted: np.ndarray, error_rate: float) -> float:
    """How far above and below a predicted number the interval reaches: the same with absolute errors as scores.

    Lei et al. 2018, https://doi.org/10.1080/01621459.2017.1307116.

    Args:
        true, predicted: (n,) of examples that the regressor has not learnt from.
        error_rate: above 0 and below 1.

    Returns:
        In units of the values; infinite where there are too few examples for the error rate (a warning).
    """
    found = _kth_largest(-np.abs(np.asarray(true, np.float64) - predicted), error_rate)
    return math.inf if found is None else -found


def set_sizes(probability: np.ndarray, least: float) -> np.ndarray:
    """(n, classes) probabilities to (n,) uint8 classes in the set, 1 at least: the likeliest is always in; 0 for NaN."""
    sizes = np.clip((probability >= least).sum(1), 1, 255)
    return np.where(np.isnan(probability).any(1), 0, sizes).astype(np.uint8)


def coverage_by_block(probability: np.ndarray, y: np.ndarray, block: np.ndarray, error_rate: float) -> Coverage:
    """Leave out one block after the other, calibrate on the rest, and count. Arguments as in ``threshold``.

    Args:
        block: (n,) int64.
    """
    own = probability[np.arange(len(y)), y]
    least = np.nan_to_num(_without_own_block(own, block, error_rate), nan=0.0, neginf=0.0)
    covered = (own >= least) | (own >= probability.max(1))
    sizes = np.maximum((probability >= least[:, None]).sum(1), 1)
    return _coverage(covered, sizes, block)


def number_coverage_by_block(true: np.ndarray, predicted: np.ndarray, block: np.ndarray, error_rate: float) -> Coverage:
    """The same for numbers; ``size`` is the whole width of the interval."""
    own = -np.abs(np.asarray(true, np.float64) - predicted)
    least = _without_own_block(own, block, error_rate)
    return _coverage(own >= least, -2 * least, block)


def _rank(n: np.ndarray | int, error_rate: float) -> np.ndarray:
    """Which of *n* scores counts, from 1; more than n where there are too few."""
    if not 0 < error_rate < 1:
        raise BadRequest(f"an error rate of {error_rate:g} can't be kept to", "give one between 0 and 1, such as 0.1")
    # 19 * 0.9 must not become 17.1 + a rounding error
    return np.ceil(np.round((np.asarray(n) + 1) * (1 - error_rate), 9)).astype(np.int64)


def _kth_largest(own: np.ndarray, error_rate: float) -> float | None:
    """The value that as many of *own* reach as the error rate asks for; None where there are too few."""
    rank = int(_rank(len(own), error_rate))
    if rank > len(own):
        log.warning(
            "%d examples are too few for an error rate of %g, which takes %d: nothing can be ruled out",
            len(own), error_rate, math.ceil(round(1 / error_rate, 9)) - 1,
        )  # fmt: skip
        return None
    return float(np.partition(own, len(own) - rank)[len(own) - rank])


def _without_own_block(own: np.ndarray, block: np.ndarray, error_rate: float) -> np.ndarray:
    """(n,) the value that ``_kth_largest`` gives of all other blocks; minus infinity where there are too few."""
    blocks = np.unique(block, return_inverse=True)[1]
    number = np.bincount(blocks)
    order = np.argsort(-own, kind="stable")
    place = np.empty(len(own), np.int64)
    place[order] = np.arange(len(own))
    # places of each block's own examples among all, and how many others come before each
    sorted_by_block = np.lexsort((place, blocks))
    within = np.arange(len(own)) - np.repeat(np.cumsum(number) - number, number)
    others_before = place[sorted_by_block] - within
    rank = _rank(len(own) - number, error_rate)
    skipped = np.bincount(blocks[sorted_by_block], others_before <= rank[blocks[sorted_by_block]] - 1, len(number))
    at = rank - 1 + skipped.astype(np.int64)
    enough = rank <= len(own) - number
    least = np.where(enough, own[order[np.minimum(at, len(own) - 1)]], -np.inf)
    return np.asarray(least[blocks])


def _coverage(covered: np.ndarray, sizes: np.ndarray, block: np.ndarray) -> Coverage:
    names, place, number = np.unique(block, return_inverse=True, return_counts=True)
    return Coverage(float(covered.mean()), float(sizes.mean()), names, np.bincount(place, covered, len(names)) / number)
