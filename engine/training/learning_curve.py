"""Would more labels help? Accuracy by the number of labels that were learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...contract.job import Context
from .examples import Examples
from .folds import Folds
from .recipe import Recipe
from .validation import score

#: label features of each class that are tried, and the same of numbers, in all
_LADDER = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
#: models that are fitted in all, folds that are held out, and draws of the same number of labels
_FITS, _FOLDS, _DRAWS = 25, 5, 3
#: all labels must be so many times as many: the step would tell little, and take as long as all
_STEP = 1.6


@dataclass(frozen=True)
class Point:
    """What so many labels reach.

    Attributes:
        labels: label features of a class, the mean of what was learnt from; of numbers, in all.
        every: these are all there are.
        value: balanced accuracy or R² of all examples that were held out.
        overall: overall accuracy of the same; NaN for numbers.
        each: (draws, folds) float64: balanced accuracy or R² within each fold.
    """

    labels: float
    every: bool
    value: float
    overall: float
    each: np.ndarray


def curve(
    recipe: Recipe, examples: Examples, folds: Folds, seed: int, ctx: Context, whole: np.ndarray | None = None
) -> list[Point]:
    """Learn from fewer labels of each class than there are, and predict the same folds.

    Whole label features are drawn from the other folds, and those of a small number are among those of the next larger one. A class
    that has fewer gives all it has. Settings are not searched for again each time. Some 25 models are fitted at most.

    Args:
        whole: (n,) what the check with all labels predicted, if it is known; it is computed otherwise.

    Returns:
        From few labels to all of them; all only, where there are too few to take some away.
    """
    if recipe.search != "off":
        recipe, whole = replace(recipe, search="off"), None
    tested = np.arange(folds.count)[:_FOLDS]
    most = max(_most(examples, folds, fold) for fold in tested)
    rounds = _FITS // len(tested) - (whole is None)
    sizes = [size for size in _LADDER if size * _STEP <= most and (recipe.classes or size > 2)]
    sizes = [sizes[i] for i in np.unique(np.linspace(0, len(sizes) - 1, min(rounds, len(sizes))).astype(int))]
    draws = _draws(len(sizes), rounds)
    plan = [(size, count) for size, count in zip(sizes, draws)] + [(0, 1)]
    fits = [(size, draw, fold) for size, count in plan for draw in range(count) for fold in tested]
    found: dict[tuple[int, int, int], tuple[np.ndarray, float]] = {}
    for size, draw, fold in ctx.track(fits, "fits", "see if more labels would help"):
        held = folds.number == fold
        if not size and whole is not None:
            found[size, draw, int(fold)] = whole[held], _labels(examples, ~held)
            continue
        random = np.random.default_rng([seed, draw, int(fold)])
        taken = _drawn(examples, ~held, size, random) if size else ~held
        model, _ = recipe.fit(examples.x[taken], examples.y[taken], examples.group[taken])
        found[size, draw, int(fold)] = recipe.predict(model, examples.x[held])[0], _labels(examples, taken)
    return [_point(recipe, examples, folds, tested, size, count, found) for size, count in plan]


def gain(points: Sequence[Point]) -> tuple[Point, float, float] | None:
    """How much the last labels brought.

    Returns:
        The point that all labels are compared with, the last with no more than about half of them; by how much the score rose
        for each doubling since; and the standard error of that, from the folds. None where there is nothing to compare.
    """
    if len(points) < 2:
        return None
    last = points[-1]
    half = [one for one in points[:-1] if one.labels <= 0.6 * last.labels] or list(points[:1])
    before = half[-1]
    doublings = math.log2(max(last.labels / max(before.labels, 1e-9), 1 + 1e-9))
    if doublings < 0.1:
        return None
    steps = last.each.mean(0) - before.each.mean(0)
    steps = steps[np.isfinite(steps)]
    spread = float(steps.std(ddof=1) / math.sqrt(len(steps))) if len(steps) > 1 else float("nan")
    return before, (last.value - before.value) / doublings, spread / doublings


def counted(points: Sequence[Point]) -> list[str]:
    """Numbers of labels for people: whole ones, or with a decimal where two points would be called the same."""
    whole = [f"{one.labels:.0f}" for one in points]
    return whole if len(set(whole)) == len(whole) else [f"{one.labels:.1f}" for one in points]


def _draws(sizes: int, rounds: int) -> list[int]:
    """Draws of each size: small numbers of labels get what is left over, for they differ most."""
    made = [1] * sizes
    for _ in range(_DRAWS - 1):
        for i in range(sizes):
            if sum(made) < rounds:
                made[i] += 1
    return made


def _kinds(examples: Examples) -> np.ndarray:
    """(n,) int64 class; numbers are of one kind."""
    return examples.y if examples.classes else np.zeros(len(examples), np.int64)


def _features(examples: Examples, inside: np.ndarray) -> list[np.ndarray]:
    """Numbers of the label features of each class that is there."""
    kind, group = _kinds(examples)[inside], examples.group[inside]
    return [np.unique(group[kind == one]) for one in np.unique(kind)]


def _most(examples: Examples, folds: Folds, fold: int) -> int:
    """Label features of the class that has most, where *fold* is held out."""
    return max((len(one) for one in _features(examples, folds.number != fold)), default=0)


def _labels(examples: Examples, inside: np.ndarray) -> float:
    """Label features of a class, on average."""
    return float(np.mean([len(one) for one in _features(examples, inside)]))


def _drawn(examples: Examples, inside: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """(n,) bool: the cells of *size* label features of each class."""
    taken = [random.permutation(one)[:size] for one in _features(examples, inside)]
    return np.asarray(inside & np.isin(examples.group, np.concatenate(taken)))


def _point(
    recipe: Recipe, examples: Examples, folds: Folds, tested: np.ndarray, size: int, draws: int,
    found: dict[tuple[int, int, int], tuple[np.ndarray, float]],
) -> Point:  # fmt: skip
    main, other = ("balanced accuracy", "overall accuracy") if recipe.classes else ("R²", "")
    inside = np.isin(folds.number, tested)
    each, values, labels = np.zeros((draws, len(tested))), [], []
    for draw in range(draws):
        predicted = np.zeros_like(examples.y)
        for i, fold in enumerate(tested):
            held = folds.number == fold
            predicted[held], count = found[size, draw, int(fold)]
            labels.append(count)
            each[draw, i] = score(recipe, examples.some(held), predicted[held]).figures[main]
        values.append(score(recipe, examples.some(inside), predicted[inside]).figures)
    mean = {name: float(np.mean([one[name] for one in values])) for name in values[0]}
    return Point(float(np.mean(labels)), not size, mean[main], mean.get(other, float("nan")), each)
