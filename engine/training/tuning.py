"""Search for settings that suit the labels, on folds within those that are learnt from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from .folds import random_folds

if TYPE_CHECKING:
    from ...ml import Learner

log = logging.getLogger(__name__)

#: settings are tried in this many draws of folds
_ROUNDS = {"quick": 1, "thorough": 3}
#: settings that are worse by less than this share of the standard error are as good: the plainest of them is taken
_TOLERANCE = 0.5


def tuned(
    card: Learner,
    make: Callable[[], Pipeline],
    x: np.ndarray,
    y: np.ndarray,
    group: np.ndarray,
    fold_count: int,
    level: str,
    seed: int,
) -> tuple[Pipeline, dict[str, Any]]:
    """Fit with the best settings of the card's grid.

    Groups are never split. Settings are compared by balanced accuracy or R². The card's own come first, and others have to
    be better by more than what chance does among the folds.

    Args:
        card: its ``grid`` is searched.
        make: gives a fresh pipeline, as ``pipelines.pipeline`` does.
        x: (n, bands) float32.
        y: (n,) int64 classes, or float64 numbers.
        group: (n,) int64: examples that stay together.
        fold_count: inner folds, fewer where classes have fewer groups.
        level: ``off``, ``quick`` or ``thorough``.
        seed: of the folds.

    Returns:
        The pipeline, fitted on all of it, and the settings that were chosen, by the estimator's own names; empty where
        nothing was searched.
    """
    grid = _of_estimator(make(), card.grid(level, len(x))) if level != "off" else {}
    count = _possible(y, group, fold_count) if grid else 0
    if not grid or count < 2:
        if grid:
            log.warning("no search for settings: a class has labels of one feature only")
        return make().fit(x, y), {}
    draws = [random_folds(group, y, count, seed + turn).number for turn in range(_ROUNDS[level])]
    own = _own(make(), grid)
    trials = [own] + [one for one in (dict(zip(grid, values)) for values in product(*grid.values())) if one != own]
    scores = np.array([_scores(make, settings, x, y, draws) for settings in trials])
    best = _plainest(scores)
    chosen = {name.rsplit("__", 1)[-1]: value for name, value in trials[best].items()}
    log.info("settings: %s (%.3f, the card's own %.3f)", chosen, scores[best].mean(), scores[0].mean())
    return _with(make(), trials[best]).fit(x, y), chosen


def _of_estimator(pipe: Pipeline, grid: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The grid by the names that the estimator's parameters have within what is around it; without those it has not."""
    known = pipe.named_steps["learn"].inner.get_params()
    found = {name: [path for path in (name, f"inner__{name}") if path in known] for name in grid}
    return {found[name][0]: values for name, values in grid.items() if found[name] and len(values) > 1}


def _own(pipe: Pipeline, grid: dict[str, list[Any]]) -> dict[str, Any]:
    """The settings of the card itself."""
    known = pipe.named_steps["learn"].inner.get_params()
    return {name: known[name] for name in grid}


def _with(pipe: Pipeline, settings: dict[str, Any]) -> Pipeline:
    pipe.named_steps["learn"].inner.set_params(**settings)
    return pipe


def _possible(y: np.ndarray, group: np.ndarray, fold_count: int) -> int:
    """Folds such that each can hold a group of every class."""
    if y.dtype.kind == "f":
        return min(fold_count, len(np.unique(group)))
    return min([fold_count] + [len(np.unique(group[y == one])) for one in np.unique(y)])


def _scores(
    make: Callable[[], Pipeline], settings: dict[str, Any], x: np.ndarray, y: np.ndarray, draws: list[np.ndarray]
) -> np.ndarray:
    """One score a fold."""
    made = []
    for number in draws:
        for fold in np.unique(number):
            out = number == fold
            if out.all():
                continue
            predicted = _with(make(), settings).fit(x[~out], y[~out]).predict(x[out])
            made.append(_score(y[out], predicted, y))
    return np.array(made)


def _score(y: np.ndarray, predicted: np.ndarray, all_of_them: np.ndarray) -> float:
    """Balanced accuracy; of numbers, 1 less the squared error in shares of the variance of all examples."""
    if y.dtype.kind != "f":
        return float(np.mean([np.mean(predicted[y == one] == one) for one in np.unique(y)]))
    return 1 - float(np.mean((y - predicted) ** 2)) / max(float(all_of_them.var()), 1e-300)


def _plainest(scores: np.ndarray) -> int:
    """The first of (settings, folds) that is not clearly worse than the best, fold by fold."""
    best = int(scores.mean(1).argmax())
    behind = scores[best] - scores
    error = behind.std(1) / np.sqrt(scores.shape[1])
    return int(np.argmax(behind.mean(1) <= _TOLERANCE * error + 1e-9))
