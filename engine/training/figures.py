"""The figures of a training: of each check, with intervals, as a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .bootstrap import Intervals, intervals
from .examples import Examples
from .metrics import NumberScores, Scores
from .recipe import Recipe
from .trial import Trial
from .validation import Validated, score

#: names of the figures of a class -> attributes of ``Scores``
PER_CLASS = {"precision": "precision", "recall": "recall", "F1": "f1", "IoU": "iou"}
_HEAD = ("check", "figure", "class", "predicted", "value", "low", "high")


@dataclass(frozen=True)
class Check:
    """What was predicted, compared with labels.

    Attributes:
        way: ``blocks``, ``groups``, ``given``, ``scenes``, ``random`` or ``test``.
        examples: n of them.
        predicted: (n,) index of the class, or number.
        probability: (n, classes) float32; None for numbers.
        block: (n,) int64: the unit of the intervals.
        lonely: classes all of whose examples were held out at once, so that how well they do can't be told: their figures are NaN.
    """

    way: str
    recipe: Recipe
    examples: Examples
    predicted: np.ndarray
    probability: np.ndarray | None
    block: np.ndarray
    lonely: tuple[int, ...] = ()

    @cached_property
    def told(self) -> bool:
        """Whether anything can be said: of some class not all labels were held out at once."""
        return not self.examples.classes or len(self.lonely) < len(np.unique(self.examples.y))

    @cached_property
    def scores(self) -> Scores | NumberScores:
        """The figures; NaN where they can't be told."""
        found = score(self.recipe, self.examples, self.predicted)
        if not isinstance(found, Scores) or not self.lonely:
            return found
        each = {name: getattr(found, name).copy() for name in PER_CLASS.values()}
        for values in each.values():
            values[list(self.lonely)] = math.nan
        told = found.figures if self.told else dict.fromkeys(found.figures, math.nan)
        return replace(found, **each, figures=told)

    @cached_property
    def intervals(self) -> Intervals:
        """95 %, by the bootstrap over blocks; NaN where figures can't be told."""
        found = intervals(self.examples.y, self.predicted, self.block, self.examples.classes, seed=self.recipe.seed)
        if not self.lonely:
            return found
        for ends in found.per_class.values():
            ends[list(self.lonely)] = math.nan
        none = math.nan, math.nan
        return Intervals(
            dict(found) if self.told else dict.fromkeys(found, none), found.blocks, found.per_class
        )  # fmt: skip


def checks(trial: Trial) -> list[Check]:
    """The check that was asked for, the one that flatters, and the labels to test with: those that there are."""
    found = [_check(trial, one) for one in (trial.validated, trial.random) if one is not None]
    tested = trial.tested
    if tested is not None:
        size = trial.validated.folds.size if trial.validated else None
        block = _squares(tested.examples, size)
        found.append(Check("test", trial.recipe, tested.examples, tested.predicted, tested.probability, block))
    return found


def _check(trial: Trial, made: Validated) -> Check:
    folds = made.folds
    lonely = tuple(folds.lonely(trial.examples.y))
    return Check(folds.way, trial.recipe, trial.examples, made.predicted, made.probability, folds.block, lonely)


def _squares(examples: Examples, size: float | None) -> np.ndarray:
    """(n,) int64 blocks of labels that no check has laid out: squares by the middle of each group, or groups."""
    names, unit, count = np.unique(examples.group, return_inverse=True, return_counts=True)
    if size is None:
        return unit
    middles = np.stack([np.bincount(unit, examples.xy[:, axis], len(names)) / count for axis in (0, 1)], 1)
    squares = np.floor((middles - middles.min(0)) / size).astype(np.int64)
    return np.asarray(np.unique(squares, axis=0, return_inverse=True)[1].reshape(-1)[unit])


def write(path: str, trial: Trial) -> None:
    """Write all figures as CSV: one a row, with a full stop in numbers whatever the language.

    Columns: ``check``, ``figure``, ``class`` and ``predicted`` (of the rows ``cells`` of the table of errors: how many cells
    labelled *class* were predicted to be *predicted*), ``value``, ``low`` and ``high`` (95 %, empty where there is no interval).
    A value is empty where it can't be told, as of a class with one label: when that is held out, nothing is known of the class.
    """
    # with the mark by which spreadsheets know UTF-8
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(_HEAD)
        for check in checks(trial):
            for figure, labelled, predicted, value, low, high in _rows(check):
                told = (_number(one) for one in (value, low, high))
                table.writerow((check.way, figure, labelled, predicted, *told))


def _rows(check: Check) -> Iterator[tuple[str, str, str, float, float, float]]:
    found, ends, none = check.scores, check.intervals, math.nan
    yield "labelled cells", "", "", float(len(check.examples)), none, none
    yield "blocks", "", "", float(ends.blocks), none, none
    for name, value in found.figures.items():
        yield name, "", "", value, *ends[name]
    if isinstance(found, NumberScores):
        return
    for i, name in enumerate(found.classes):
        yield "labelled cells", name, "", float(found.confusion[i].sum()), none, none
        for figure, attribute in PER_CLASS.items():
            low, high = ends.per_class[attribute][i]
            yield figure, name, "", float(getattr(found, attribute)[i]), float(low), float(high)
    for name, row in zip(found.classes, found.confusion) if check.told else ():
        for other, cells in zip(found.classes, row):
            yield "cells", name, other, float(cells), none, none


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""
