"""Choose how many clusters there are: fit several numbers, give each a score, take the best."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances, silhouette_samples

from .fitting import Lesson

log = logging.getLogger(__name__)

#: cells that each number is tried on, and of those how many count for the silhouette, which compares all with all
_CELLS, _PAIRED_CELLS = 20_000, 4_000
#: numbers tried one by one; of more, so many spread over the range and then those around the best
_NUMBERS = 30

#: what is best of each score
_BEST: dict[str, Callable[[np.ndarray, np.ndarray], int]] = {
    "silhouette": lambda numbers, values: int(np.argmax(values)),
    "elbow": lambda numbers, values: farthest_from_chord(numbers, values),
    "BIC": lambda numbers, values: int(np.argmin(values)),
}


def best_number(lesson: Lesson, fit: Callable[[Lesson, int], Any], most: int, how: str) -> tuple[int, dict[str, Any]]:
    """Try 2 to *most* clusters on a part of the sample.

    Args:
        fit: fits so many clusters; its result has ``predict``.
        how: ``silhouette``: the highest mean silhouette. ``BIC``: the lowest. ``elbow``: where the squared distances from the
            means, drawn over the number of clusters from 1 on, lie farthest below the line between the ends of that curve.

    Returns:
        The number, and as facts the curve: ``{"curve": {"score": how, "numbers": [...], "values": [...]}}``.
    """
    if most < 3:
        return most, {}
    part = lesson.portion(_CELLS)
    score = _Score(part, how)
    known: dict[int, float] = {1: score.of(np.zeros(len(part.x), np.int64), None)} if how == "elbow" else {}
    waiting = _spread(2, most)
    total = len(waiting)
    while waiting:
        for number in waiting:
            lesson.ctx.progress(len(known), total, "numbers", "choose the number of clusters")
            estimator = fit(part, number)
            known[number] = score.of(np.asarray(estimator.predict(part.x), np.int64), estimator)
        waiting = _around(_best(known, how), sorted(known))
        total += len(waiting)
    count = _best(known, how)
    if how != "elbow" and count == most > 2:
        log.warning("the %s is best at the most clusters that were tried, %d: more might be better still", how, most)
    numbers = sorted(known)
    curve = {"score": how, "numbers": numbers, "values": [float(f"{known[one]:.6g}") for one in numbers]}
    return count, {"clusters chosen": count, "curve": curve}


def _best(known: dict[int, float], how: str) -> int:
    numbers = np.array(sorted(known))
    values = np.array([known[one] for one in numbers])
    return max(2, int(numbers[_BEST[how](numbers, values)]))


def _spread(first: int, last: int) -> list[int]:
    """All numbers from *first* to *last*, or where those are many, some of them, ever farther apart."""
    if last - first < _NUMBERS:
        return list(range(first, last + 1))
    return [int(one) for one in np.unique(np.rint(np.geomspace(first, last, _NUMBERS)))]


def _around(best: int, tried: Sequence[int]) -> list[int]:
    """What was not tried between *best* and its neighbours on either side."""
    i = list(tried).index(best)
    low, high = tried[max(0, i - 1)], tried[min(len(tried) - 1, i + 1)]
    between = [one for one in range(max(2, low + 1), high) if one not in tried]
    return (
        between
        if len(between) <= _NUMBERS
        else [between[k] for k in np.linspace(0, len(between) - 1, _NUMBERS, dtype=int)]
    )


def farthest_from_chord(x: np.ndarray, y: np.ndarray) -> int:
    """Index of the point of a convex curve farthest below the line between its ends, both axes from 0 to 1.

    The knee of Satopää et al. (2011), Finding a "Kneedle" in a haystack, https://doi.org/10.1109/ICDCSW.2011.20, section III.
    """
    span_x, span_y = float(x[-1] - x[0]), float(y[-1] - y[0])
    if not span_x or not span_y:
        return 0
    below = (x - x[0]) / span_x - (y - y[0]) / span_y
    return int(np.argmax(below if span_y > 0 else -below))


class Silhouettes:
    """How much closer cells are to their own cluster than to the next, from -1 to 1.

    Args:
        x: (cells, dims): all of them are compared with each other.
    """

    def __init__(self, x: np.ndarray) -> None:
        self._apart = pairwise_distances(x).astype(np.float32)
        np.fill_diagonal(self._apart, 0)

    def of(self, labels: np.ndarray) -> np.ndarray:
        """(cells,) to (cells,), NaN for noise (-1) and where there is but one cluster."""
        out = np.full(len(labels), np.nan)
        kept = np.flatnonzero(labels >= 0)
        if 2 <= len(np.unique(labels[kept])) < len(kept):
            apart = self._apart if len(kept) == len(labels) else self._apart[np.ix_(kept, kept)]
            out[kept] = silhouette_samples(apart, labels[kept], metric="precomputed")
        return out


class _Score:
    """One way to score clusters of the same cells."""

    def __init__(self, lesson: Lesson, how: str) -> None:
        self._how, self._x = how, lesson.x
        if how == "silhouette":
            count = min(len(lesson.x), _PAIRED_CELLS)
            self._paired = np.random.default_rng(lesson.seed).choice(len(lesson.x), count, replace=False)
            self._silhouettes = Silhouettes(lesson.x[self._paired])

    def of(self, labels: np.ndarray, estimator: Any) -> float:
        """The score of *labels*, (cells,), which *estimator* gave."""
        if self._how == "silhouette":
            mean = np.nanmean(
                np.append(self._silhouettes.of(labels[self._paired]), -1 if len(np.unique(labels)) < 2 else np.nan)
            )
            return float(mean)
        if self._how == "BIC":
            return float(estimator.bic(self._x)) if hasattr(estimator, "bic") else bic(self._x, labels)
        return squares(self._x, labels)


def squares(x: np.ndarray, labels: np.ndarray) -> float:
    """Sum of the squared distances of (cells, dims) from the means of their clusters."""
    total = 0.0
    for one in np.unique(labels):
        cells = x[labels == one].astype(np.float64)
        total += float(np.square(cells - cells.mean(0)).sum())
    return total


def bic(x: np.ndarray, labels: np.ndarray) -> float:
    """Bayesian information criterion of clusters as round normal distributions, all equally wide; the lower the better.

    As in Pelleg and Moore (2000), X-means, https://www.cs.cmu.edu/~dpelleg/download/xmeans.pdf, section 3.2, with the variance
    of one dimension in place of that of all of them together.
    """
    count, dims = x.shape
    sizes = np.unique(labels, return_counts=True)[1]
    freedom = max(1, count - len(sizes))
    variance = max(squares(x, labels) / (dims * freedom), 1e-12)
    likelihood = float((sizes * np.log(sizes / count)).sum()) - dims / 2 * (
        count * np.log(2 * np.pi * variance) + freedom
    )
    parameters = len(sizes) - 1 + dims * len(sizes) + 1
    return float(-2 * likelihood + parameters * np.log(count))
