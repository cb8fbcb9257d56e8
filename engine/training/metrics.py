"""Figures of a validation: what was predicted against what was labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scores:
    """How well classes were found.

    A class that is neither in the reference nor predicted counts nowhere. One that is predicted only has no recall (NaN)
    and is left out of balanced accuracy; its precision, F1 and IoU are 0. One that is never predicted has no precision
    (NaN); its recall, F1 and IoU are 0. Macro-F1 is the mean over classes that are in either.

    Attributes:
        classes: names, in the order of rows and columns.
        confusion: (classes, classes) float64 examples, or their weights: rows reference, columns predicted.
        precision, recall, f1, iou: (classes,) float64 from 0 to 1, NaN where there is none.
        figures: ``overall accuracy``, ``balanced accuracy``, ``kappa`` (Cohen's) and ``macro-F1``.
    """

    classes: list[str]
    confusion: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    iou: np.ndarray
    figures: dict[str, float]

    @property
    def n(self) -> float:
        """Examples, or the sum of their weights."""
        return float(self.confusion.sum())


@dataclass(frozen=True)
class NumberScores:
    """How well numbers were found.

    Attributes:
        n: examples.
        figures: ``R²`` (1 - squared errors / squared deviations from the mean: below 0 where the mean does better, NaN
            where all values are the same), and in units of the values ``RMSE``, ``MAE`` and ``bias`` (predicted minus true).
    """

    n: int
    figures: dict[str, float]


def classification(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str], weight: np.ndarray | None = None
) -> Scores:
    """Compare classes.

    Args:
        true, predicted: (n,) int64 indices into *classes*.
        weight: (n,) what each example counts; None for 1.
    """
    kinds = len(classes)
    confusion = np.bincount(cells_of(true, predicted, kinds), weight, kinds**2).reshape(kinds, kinds).astype(np.float64)
    each = {name: measure(confusion) for name, measure in PER_CLASS.items()}
    return Scores(
        list(classes), confusion, **each, figures={name: float(of(confusion)) for name, of in MEASURES.items()}
    )


def regression(true: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> NumberScores:
    """Compare numbers, (n,) each, no NaN; *weight* as in ``classification``."""
    sums = sums_of(true, predicted, weight).sum(0)
    return NumberScores(len(true), {name: float(of(sums)) for name, of in NUMBER_MEASURES.items()})


def cells_of(true: np.ndarray, predicted: np.ndarray, kinds: int) -> np.ndarray:
    """(n,) place in the flat confusion matrix."""
    for values in (true, predicted):
        if len(values) and not 0 <= values.min() <= values.max() < kinds:
            raise ValueError(f"classes from {values.min()} to {values.max()} are not among {kinds}")
    return np.asarray(true, np.int64) * kinds + np.asarray(predicted, np.int64)


# --- measures of (..., classes, classes) confusion matrices


def _shares(part: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Divide; NaN by nothing."""
    return np.divide(part, of, out=np.full(np.shape(of), np.nan), where=of > 0)


def _hits(confusion: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("...ii->...i", confusion))


def _precision(confusion: np.ndarray) -> np.ndarray:
    return _shares(_hits(confusion), confusion.sum(-2))


def _recall(confusion: np.ndarray) -> np.ndarray:
    return _shares(_hits(confusion), confusion.sum(-1))


def _f1(confusion: np.ndarray) -> np.ndarray:
    return _shares(2 * _hits(confusion), confusion.sum(-1) + confusion.sum(-2))


def _iou(confusion: np.ndarray) -> np.ndarray:
    hits = _hits(confusion)
    return _shares(hits, confusion.sum(-1) + confusion.sum(-2) - hits)


def _overall(confusion: np.ndarray) -> np.ndarray:
    return _shares(_hits(confusion).sum(-1), confusion.sum((-2, -1)))


def _kappa(confusion: np.ndarray) -> np.ndarray:
    total = confusion.sum((-2, -1))
    chance = _shares((confusion.sum(-1) * confusion.sum(-2)).sum(-1), total**2)
    return _shares(_overall(confusion) - chance, 1 - chance)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is there."""
    known = ~np.isnan(values)
    return _shares(np.where(known, values, 0).sum(-1), known.sum(-1))


#: figure -> (..., classes, classes) to (...)
MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "overall accuracy": _overall,
    "balanced accuracy": lambda confusion: _mean(_recall(confusion)),
    "kappa": _kappa,
    "macro-F1": lambda confusion: _mean(_f1(confusion)),
}
#: figure -> (..., classes, classes) to (..., classes)
PER_CLASS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "iou": _iou,
}


# --- measures of (..., 6) sums


def sums_of(true: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """(n, 6): 1, value less the mean of all, its square, error, its size, its square; all times the weight."""
    true = np.asarray(true, np.float64)
    value, error = true - true.mean(), np.asarray(predicted, np.float64) - true
    sums = np.stack([np.ones(len(true)), value, value**2, error, np.abs(error), error**2], 1)
    return sums if weight is None else sums * weight[:, None]


def spread_of(sums: np.ndarray) -> np.ndarray:
    """Squared deviations of the values from their mean."""
    spread = sums[..., 2] - sums[..., 1] ** 2 / sums[..., 0]
    # what rounding leaves of values that are all the same is no spread
    return np.asarray(np.where(spread > 1e-12 * sums[..., 2], spread, 0))


def _r2(sums: np.ndarray) -> np.ndarray:
    return 1 - _shares(sums[..., 5], spread_of(sums))


#: figure -> (..., 6) to (...)
NUMBER_MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "R²": _r2,
    "RMSE": lambda sums: np.sqrt(sums[..., 5] / sums[..., 0]),
    "MAE": lambda sums: sums[..., 4] / sums[..., 0],
    "bias": lambda sums: sums[..., 3] / sums[..., 0],
}
