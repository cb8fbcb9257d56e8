"""The figures of a training: of each check, with intervals, as a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .examples import Examples
from .metrics import Intervals, NumberScores, Scores, intervals
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
    """

    way: str
    recipe: Recipe
    examples: Examples
    predicted: np.ndarray
    probability: np.ndarray | None
    block: np.ndarray

    @cached_property
    def scores(self) -> Scores | NumberScores:
        """The figures."""
        return score(self.recipe, self.examples, self.predicted)

    @cached_property
    def intervals(self) -> Intervals:
        """95 %, by the bootstrap over blocks."""
        return intervals(
            self.examples.y, self.predicted, self.block, self.examples.classes, seed=self.recipe.seed
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
    return Check(folds.way, trial.recipe, trial.examples, made.predicted, made.probability, folds.block)


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
    for name, row in zip(found.classes, found.confusion):
        for other, cells in zip(found.classes, row):
            yield "cells", name, other, float(cells), none, none


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""
