"""Figures of a validation: what was predicted against what was labelled, with intervals from resampled blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from .few_blocks import mean_ends, ratio_ends, share_ends

#: with fewer blocks than this, resampling says little
FEW_BLOCKS = 5
#: numbers of float64 that are held at once
_TABLE = 8 << 20
#: with more blocks, the sums of a draw follow the normal law
_MANY_BLOCKS = 20_000


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


class Intervals(dict[str, tuple[float, float]]):
    """Name of a figure -> lower and upper end.

    Attributes:
        blocks: how many were resampled.
        per_class: ``precision``, ``recall``, ``f1`` and ``iou`` -> (classes, 2) float64; empty for numbers.
    """

    def __init__(self, ends: dict[str, tuple[float, float]], blocks: int, per_class: dict[str, np.ndarray]) -> None:
        super().__init__(ends)
        self.blocks, self.per_class = blocks, per_class

    @property
    def few(self) -> bool:
        """Whether there are so few blocks that the intervals say little."""
        return self.blocks < FEW_BLOCKS


def classification(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str], weight: np.ndarray | None = None
) -> Scores:
    """Compare classes.

    Args:
        true, predicted: (n,) int64 indices into *classes*.
        weight: (n,) what each example counts; None for 1.
    """
    kinds = len(classes)
    confusion = np.bincount(_cells(true, predicted, kinds), weight, kinds**2).reshape(kinds, kinds).astype(np.float64)
    each = {name: measure(confusion) for name, measure in PER_CLASS.items()}
    return Scores(
        list(classes), confusion, **each, figures={name: float(of(confusion)) for name, of in MEASURES.items()}
    )


def regression(true: np.ndarray, predicted: np.ndarray) -> NumberScores:
    """Compare numbers, (n,) each, no NaN."""
    sums = _sums(true, predicted).sum(0)
    return NumberScores(len(true), {name: float(of(sums)) for name, of in NUMBER_MEASURES.items()})


def intervals(
    true: np.ndarray,
    predicted: np.ndarray,
    block: np.ndarray,
    classes: Sequence[str] = (),
    draws: int = 1000,
    seed: int = 0,
    share: float = 0.95,
) -> Intervals:
    """Give every figure of ``classification``, or of ``regression``, an interval by the percentile bootstrap over blocks.

    Whole blocks are drawn with replacement, as many as there are (cluster bootstrap: Davison and Hinkley 1997, section 3.8,
    https://doi.org/10.1017/CBO9780511802843). The map stays: that another sample of labels would have made another one, is
    not in it. Draws in which a figure has no value are left out. Few blocks, or blocks that agree, widen the ends: see
    ``few_blocks``. One block tells nothing of numbers, whose ends are NaN.

    Args:
        true, predicted: (n,) as in ``classification`` or ``regression``.
        block: (n,) int64: examples that are not independent share a number.
        classes: names; none where the values are numbers.
        share: of the draws that lie between the ends.
    """
    names, place = np.unique(block, return_inverse=True)
    random = np.random.default_rng(seed)
    if not classes:
        sums = _sums(true, predicted)
        drawn_ends = _ends(_number_draws(sums, place, len(names), draws, random), NUMBER_MEASURES, share)
        table = np.stack([np.bincount(place, column, len(names)) for column in sums.T], 1)
        return Intervals(_widened_numbers(drawn_ends, table, share), len(names), {})
    drawn = _class_draws(_cells(true, predicted, len(classes)), place, len(classes), draws, random)
    ends: dict[str, list[np.ndarray]] = {name: [] for name in (*MEASURES, *PER_CLASS)}
    for confusion in drawn:
        for name, measure in (MEASURES | PER_CLASS).items():
            ends[name].append(measure(confusion))
    whole = {name: np.concatenate(parts) for name, parts in ends.items()}
    blocks = _blocks_of(true, predicted, place, len(classes))
    return Intervals(*_widened(whole, classification(true, predicted, classes), blocks, len(names), share))


def _blocks_of(true: np.ndarray, predicted: np.ndarray, place: np.ndarray, kinds: int) -> dict[str, np.ndarray]:
    """Figure -> (classes,) in how many blocks there is what it is a share of."""
    keys = {"recall": place * kinds + true, "precision": place * kinds + predicted}
    keys["iou"] = np.concatenate([keys["recall"], keys["precision"]])
    return {name: np.bincount(np.unique(key) % kinds, minlength=kinds) for name, key in keys.items()}


def _widened(
    drawn: dict[str, np.ndarray], found: Scores, blocks_of: dict[str, np.ndarray], blocks: int, share: float
) -> tuple[dict[str, tuple[float, float]], int, dict[str, np.ndarray]]:
    """What ``Intervals`` takes: percentiles of the draws, as wide at least as ``few_blocks`` says."""
    each, ends = (
        {name: np.stack(_percentiles(drawn[name], share)) for name in names} for names in (PER_CLASS, MEASURES)
    )
    rows, columns = found.confusion.sum(1), found.confusion.sum(0)
    of = {"recall": rows, "precision": columns, "iou": rows + columns - _hits(found.confusion)}
    least = {
        name: np.stack(share_ends(getattr(found, name), _variance(drawn[name]), blocks_of[name], of[name], share))
        for name in of
    }
    # F1 rises with IoU: both have the same ends
    least["f1"] = 2 * least["iou"] / (1 + least["iou"])
    wider = {name: _hull(each[name], least[name]) for name in PER_CLASS}
    overall = found.figures["overall accuracy"]
    low, high = share_ends(
        np.array(overall), _variance(drawn["overall accuracy"]), np.array(blocks), np.array(found.n), share
    )
    chance = float((rows * columns).sum() / max(found.n, 1) ** 2)
    kappa = np.array([(end - chance) / (1 - chance) if chance < 1 else np.nan for end in (low, high)])
    for name, given in {
        "overall accuracy": np.array([low, high]),
        "kappa": kappa,
        "balanced accuracy": np.array(mean_ends(found.recall, *least["recall"])),
        "macro-F1": np.array(mean_ends(found.f1, *least["f1"])),
    }.items():
        ends[name] = _hull(ends[name], given)
    return {name: (float(a), float(b)) for name, (a, b) in ends.items()}, blocks, {n: e.T for n, e in wider.items()}


def _variance(drawn: np.ndarray) -> np.ndarray:
    """Over the first axis, of what is there; 0 where nothing is."""
    known = ~np.isnan(drawn)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, drawn, 0).sum(0) / count
    return np.asarray(np.where(known, (drawn - mean) ** 2, 0).sum(0) / count)


def _hull(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """(2, ...) the wider of two pairs of ends; what is NaN in one is the other's."""
    return np.stack([np.fmin(one[0], two[0]), np.fmax(one[1], two[1])])


def _widened_numbers(
    ends: dict[str, tuple[float, float]], table: np.ndarray, share: float
) -> dict[str, tuple[float, float]]:
    """Ends as wide at least as Student's law says of (blocks, 6) sums; NaN where there is one block."""
    if len(table) < 2:
        return dict.fromkeys(ends, (float("nan"), float("nan")))
    bias, size, square = (ratio_ends(table[:, column], table[:, 0], share) for column in (3, 4, 5))
    square = max(0.0, square[0]), square[1]
    total = table.sum(0)
    told = {"bias": bias, "MAE": (max(0.0, size[0]), size[1]), "RMSE": (square[0] ** 0.5, square[1] ** 0.5)}
    spread = _spread(total)
    if spread > 0:
        told["R²"] = (1 - square[1] * total[0] / float(spread), 1 - square[0] * total[0] / float(spread))
    hulls = {name: _hull(np.array(ends[name]), np.array(pair)) for name, pair in told.items()}
    return ends | {name: (float(low), float(high)) for name, (low, high) in hulls.items()}


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


def _sums(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(n, 6): 1, value less the mean of all, its square, error, its size, its square."""
    true = np.asarray(true, np.float64)
    value, error = true - true.mean(), np.asarray(predicted, np.float64) - true
    return np.stack([np.ones(len(true)), value, value**2, error, np.abs(error), error**2], 1)


def _spread(sums: np.ndarray) -> np.ndarray:
    """Squared deviations of the values from their mean."""
    spread = sums[..., 2] - sums[..., 1] ** 2 / sums[..., 0]
    # what rounding leaves of values that are all the same is no spread
    return np.asarray(np.where(spread > 1e-12 * sums[..., 2], spread, 0))


def _r2(sums: np.ndarray) -> np.ndarray:
    return 1 - _shares(sums[..., 5], _spread(sums))


#: figure -> (..., 6) to (...)
NUMBER_MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "R²": _r2,
    "RMSE": lambda sums: np.sqrt(sums[..., 5] / sums[..., 0]),
    "MAE": lambda sums: sums[..., 4] / sums[..., 0],
    "bias": lambda sums: sums[..., 3] / sums[..., 0],
}


# --- resampling


def _cells(true: np.ndarray, predicted: np.ndarray, kinds: int) -> np.ndarray:
    """(n,) place in the flat confusion matrix."""
    for values in (true, predicted):
        if len(values) and not 0 <= values.min() <= values.max() < kinds:
            raise ValueError(f"classes from {values.min()} to {values.max()} are not among {kinds}")
    return np.asarray(true, np.int64) * kinds + np.asarray(predicted, np.int64)


def _class_draws(
    cells: np.ndarray, place: np.ndarray, kinds: int, draws: int, random: np.random.Generator
) -> list[np.ndarray]:
    """(some draws, classes, classes) each, *draws* in all.

    Blocks with the same confusion matrix are drawn as one, with that many chances: a million single examples are but
    classes² kinds of blocks.
    """
    counts = csr_matrix((np.ones(len(cells)), (place, cells)), (int(place.max()) + 1, kinds**2))
    counts.sum_duplicates()
    # a fingerprint of each matrix: whole numbers that wrap, so it does not depend on the order of adding
    marks = np.random.default_rng(0).integers(0, 1 << 63, kinds**2, np.int64).astype(np.uint64)
    products = marks[counts.indices] * counts.data.astype(np.uint64)
    prints = np.add.reduceat(products, counts.indptr[:-1])
    _, first, blocks = np.unique(prints, return_index=True, return_counts=True)
    different = counts[np.sort(first)]
    chances = blocks[np.argsort(first)] / blocks.sum()
    step = max(1, _TABLE // max(different.shape[0], kinds**2))
    made = []
    for start in range(0, draws, step):
        times = random.multinomial(counts.shape[0], chances, min(step, draws - start)).astype(np.float64)
        made.append(np.asarray(times @ different).reshape(-1, kinds, kinds))
    return made


def _number_draws(
    sums: np.ndarray, place: np.ndarray, blocks: int, draws: int, random: np.random.Generator
) -> np.ndarray:
    """(draws, 6) sums."""
    table = np.stack([np.bincount(place, column, blocks) for column in sums.T], 1)
    if blocks > _MANY_BLOCKS:
        spread = np.cov(table, rowvar=False, bias=True) * blocks
        return np.asarray(random.multivariate_normal(table.sum(0), spread, draws, method="eigh"))
    even, step = np.full(blocks, 1 / blocks), max(1, _TABLE // blocks)
    parts = [
        random.multinomial(blocks, even, min(step, draws - start)).astype(np.float64) @ table
        for start in range(0, draws, step)
    ]
    return np.concatenate(parts)


def _ends(
    sums: np.ndarray, measures: dict[str, Callable[[np.ndarray], np.ndarray]], share: float
) -> dict[str, tuple[float, float]]:
    found = {name: _percentiles(measure(sums), share) for name, measure in measures.items()}
    return {name: (float(low), float(high)) for name, (low, high) in found.items()}


def _percentiles(values: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Both ends over the first axis; NaN where no draw has a value."""
    known = ~np.isnan(values)
    # a column that has none gets one, so that numpy does not warn
    filled = np.where(known | known.any(0), values, 0)
    low, high = np.nanpercentile(filled, [50 - 50 * share, 50 + 50 * share], axis=0)
    empty = ~known.any(0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)
