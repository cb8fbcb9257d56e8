"""Intervals of figures: whole blocks of examples are drawn again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from .few_blocks import mean_ends, quantile, ratio_ends, share_ends
from .metrics import MEASURES, NUMBER_MEASURES, PER_CLASS, Scores, cells_of, classification, spread_of, sums_of

#: with fewer blocks than this, resampling says little
FEW_BLOCKS = 5
#: numbers of float64 that are held at once
_TABLE = 8 << 20
#: with more blocks, the sums of a draw follow the normal law
_MANY_BLOCKS = 20_000

#: (n,) each: true, predicted, block from 0, weight
Predictions = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


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


def intervals(
    true: np.ndarray,
    predicted: np.ndarray,
    block: np.ndarray,
    classes: Sequence[str] = (),
    draws: int = 1000,
    seed: int = 0,
    share: float = 0.95,
    weight: np.ndarray | None = None,
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
        weight: (n,) what each example counts; None for 1.
    """
    names, place = np.unique(block, return_inverse=True)
    random = np.random.default_rng(seed)
    if not classes:
        sums = sums_of(true, predicted, weight)
        drawn_ends = _ends(_number_draws(sums, place, len(names), draws, random), NUMBER_MEASURES, share)
        table = np.stack([np.bincount(place, column, len(names)) for column in sums.T], 1)
        return Intervals(_widened_numbers(drawn_ends, table, share), len(names), {})
    drawn = _class_draws(cells_of(true, predicted, len(classes)), place, len(classes), draws, random, weight)
    ends: dict[str, list[np.ndarray]] = {name: [] for name in (*MEASURES, *PER_CLASS)}
    for confusion in drawn:
        for name, measure in (MEASURES | PER_CLASS).items():
            ends[name].append(measure(confusion))
    whole = {name: np.concatenate(parts) for name, parts in ends.items()}
    blocks = _blocks_of(true, predicted, place, len(classes))
    return Intervals(*_widened(whole, classification(true, predicted, classes, weight), blocks, len(names), share))


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
    of = {"recall": rows, "precision": columns, "iou": rows + columns - np.diagonal(found.confusion)}
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
    spread = spread_of(total)
    if spread > 0:
        told["R²"] = (1 - square[1] * total[0] / float(spread), 1 - square[0] * total[0] / float(spread))
    hulls = {name: _hull(np.array(ends[name]), np.array(pair)) for name, pair in told.items()}
    return ends | {name: (float(low), float(high)) for name, (low, high) in hulls.items()}


def difference(
    first: Predictions,
    second: Predictions,
    classes: int,
    main: str,
    draws: int = 1000,
    seed: int = 0,
    share: float = 0.95,
) -> tuple[float, float, float]:
    """(low, difference, high) of the figure *main* of *second* less that of *first*, over draws of the same blocks.

    Args:
        classes: how many; 0 for numbers.
        main: a name of ``MEASURES``, or of ``NUMBER_MEASURES``.
    """
    measure = MEASURES[main] if classes else NUMBER_MEASURES[main]
    tables = [_by_block(one, classes) for one in (first, second)]
    blocks = max(map(len, tables))
    tables = [np.pad(one, ((0, blocks - len(one)), (0, 0))) for one in tables]
    times = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), draws).astype(np.float64)

    def value(sums: np.ndarray) -> np.ndarray:
        return measure(sums.reshape(*sums.shape[:-1], classes, classes) if classes else sums)

    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = value(times @ tables[1]) - value(times @ tables[0])
        found = float(value(tables[1].sum(0)) - value(tables[0].sum(0)))
    low, high = (float(end) for end in _percentiles(drawn, share))
    half = float(quantile(np.array(blocks), share) * np.sqrt(_variance(drawn)))
    return min(low, found - half), found, max(high, found + half)


def _by_block(given: Predictions, classes: int) -> np.ndarray:
    """(blocks, classes²) confusion, or (blocks, 6) sums."""
    true, predicted, block, weight = given
    if not classes:
        sums = sums_of(true, predicted, weight)
        return np.stack([np.bincount(block, column) for column in sums.T], 1)
    made = csr_matrix((weight, (block, cells_of(true, predicted, classes))), (int(block.max()) + 1, classes**2))
    return np.asarray(made.todense())


# --- draws


def _class_draws(
    cells: np.ndarray, place: np.ndarray, kinds: int, draws: int, random: np.random.Generator, weight: np.ndarray | None
) -> list[np.ndarray]:
    """(some draws, classes, classes) each, *draws* in all.

    Blocks with the same confusion matrix are drawn as one, with that many chances: a million single examples are but
    classes² kinds of blocks.
    """
    given = np.ones(len(cells)) if weight is None else weight
    counts = csr_matrix((given, (place, cells)), (int(place.max()) + 1, kinds**2))
    counts.sum_duplicates()
    different, chances = (
        (counts, np.full(counts.shape[0], 1 / counts.shape[0])) if weight is not None else _kinds(counts)
    )
    step = max(1, _TABLE // max(different.shape[0], kinds**2))
    made = []
    for start in range(0, draws, step):
        times = random.multinomial(counts.shape[0], chances, min(step, draws - start)).astype(np.float64)
        made.append(np.asarray(times @ different).reshape(-1, kinds, kinds))
    return made


def _kinds(counts: csr_matrix) -> tuple[csr_matrix, np.ndarray]:
    """(kinds of blocks, classes²) whole counts without those that come again, and (kinds,) the share of each."""
    # a fingerprint of each matrix: whole numbers that wrap, so it does not depend on the order of adding
    marks = np.random.default_rng(0).integers(0, 1 << 63, counts.shape[1], np.int64).astype(np.uint64)
    products = marks[counts.indices] * counts.data.astype(np.uint64)
    prints = np.add.reduceat(products, counts.indptr[:-1])
    _, first, blocks = np.unique(prints, return_index=True, return_counts=True)
    return counts[np.sort(first)], blocks[np.argsort(first)] / blocks.sum()


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
