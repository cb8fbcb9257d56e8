"""What a map would lose without a layer of the stack: values are exchanged among held-out examples, and the accuracy falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...contract.job import Context
from .trial import Trial
from .validation import Validated

#: with more bands than this, single ones are not looked at
MOST_BANDS = 64
#: examples that are looked at, at most and at least where there are as many; and times that each layer is shuffled at most
_EXAMPLES, _LEAST, _TURNS = 2000, 300, 10
#: rows that are predicted in all, and values in them: of 384 bands a support vector machine predicts 3000 rows in a second
_ROWS, _VALUES = 40_000, 4_000_000
#: times that blocks are drawn for the intervals
_DRAWS = 500


@dataclass(frozen=True)
class Importance:
    """How much worse held-out examples are predicted when a layer tells nothing.

    Attributes:
        name: of the layer or band.
        loss: of balanced accuracy, or of R²; about 0, or a little below, for what is of no use.
        low, high: 95 % interval, by the bootstrap over blocks.
        band: it is a single band, not a whole layer.
    """

    name: str
    loss: float
    low: float
    high: float
    band: bool


def by_layer(
    trial: Trial, names: Sequence[str], layers: Sequence[tuple[str, Any]], seed: int, ctx: Context
) -> list[Importance]:
    """Shuffle layer by layer, and band by band where there are few, among the examples of each fold.

    The models are those of the check, so what they are shown is new to them (permutation importance: Breiman 2001,
    https://doi.org/10.1023/A:1010933404324). All columns of a layer are shuffled together. Layers or bands that tell the same
    stand in for each other, so each of them loses little.

    Args:
        names: of all columns.
        layers: name and columns (a slice, or numbers) of each raster of the stack.
        seed: of shuffling, and of the intervals.

    Returns:
        Layers first, then bands, each from the most important on. Nothing without a check. No layer where there is one only;
        no bands where there are more than MOST_BANDS, or each is a layer.
    """
    if trial.validated is None:
        return []
    count = trial.examples.x.shape[1]
    numbers = np.arange(count)
    targets = [(name, numbers[columns], False) for name, columns in layers] if len(layers) > 1 else []
    if 1 < count <= MOST_BANDS and len(targets) < count:
        targets += [(names[i] or f"band {i + 1}", numbers[i : i + 1], True) for i in range(count)]
    if not targets:
        return []
    random = np.random.default_rng(seed)
    rows = min(_ROWS, _VALUES // count) // len(targets)
    chosen = _some(trial, int(np.clip(rows, _LEAST, _EXAMPLES)), random)
    columns = [part for _, part, _ in targets]
    turns = int(np.clip(rows // len(chosen), 1, _TURNS))
    shuffled = _shuffled(trial, trial.validated, chosen, columns, turns, random, ctx)
    found = [
        Importance(name, *_loss(trial, trial.validated, chosen, predicted, seed), band)
        for (name, _, band), predicted in zip(targets, shuffled)
    ]
    return sorted(found, key=lambda one: (one.band, -one.loss))


def _some(trial: Trial, most: int, random: np.random.Generator) -> np.ndarray:
    """(m,) int64 examples to look at: all, or about as many of each class."""
    count, kinds = len(trial.examples), max(1, trial.recipe.classes)
    order = random.permutation(count)
    if count <= most:
        return np.arange(count)
    kind = trial.examples.y[order] if trial.recipe.classes else np.zeros(count, np.int64)
    parts = [order[kind == one][: max(1, most // kinds)] for one in range(kinds)]
    return np.sort(np.concatenate(parts))


def _shuffled(
    trial: Trial,
    checked: Validated,
    chosen: np.ndarray,
    targets: Sequence[np.ndarray],
    turns: int,
    random: np.random.Generator,
    ctx: Context,
) -> np.ndarray:
    """(targets, turns, m): what is predicted when columns are exchanged among the examples of a fold."""
    x, fold = trial.examples.x[chosen], checked.folds.number[chosen]
    made = np.zeros((len(targets), turns, len(chosen)), checked.predicted.dtype)
    for one in ctx.track(range(checked.folds.count), "folds", "look what matters"):
        held = np.flatnonzero(fold == one)
        if not len(held):
            continue
        for i, columns in enumerate(targets):
            copies = np.tile(x[held], (turns, 1))
            orders = np.concatenate([random.permutation(held) for _ in range(turns)])
            copies[:, columns] = x[orders][:, columns]
            predicted, _ = trial.recipe.predict(checked.models[one], copies)
            made[i][:, held] = predicted.reshape(turns, len(held))
    return made


def _loss(
    trial: Trial, checked: Validated, chosen: np.ndarray, predicted: np.ndarray, seed: int
) -> tuple[float, float, float]:
    """The loss and its interval; the same blocks are drawn for both sides.

    Args:
        predicted: (turns, m) of what was shuffled.
    """
    true, kinds = trial.examples.y[chosen], trial.recipe.classes
    place = np.unique(checked.folds.block[chosen], return_inverse=True)[1]
    blocks = int(place.max()) + 1
    before = _sums(true, checked.predicted[chosen][None], place, blocks, kinds)
    after = _sums(true, predicted, place, blocks, kinds)
    loss = _score(before.sum(0), kinds) - _score(after.sum(0), kinds)
    times = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), _DRAWS).astype(np.float64)
    drawn = _score(times @ before, kinds) - _score(times @ after, kinds)
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return float(loss), float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(loss), float(low), float(high)


def _sums(true: np.ndarray, predicted: np.ndarray, place: np.ndarray, blocks: int, kinds: int) -> np.ndarray:
    """(blocks, columns) of what a score is made of; means over the turns of (turns, m) *predicted*.

    Classes: hits of each class, then examples of each. Numbers: examples, values, their squares, squared errors.
    """
    if kinds:
        hits = (predicted == true).mean(0)
        keys, size = place * kinds + true, blocks * kinds
        return np.hstack([np.bincount(keys, w, size).reshape(blocks, kinds) for w in (hits, np.ones(len(true)))])
    value = true - true.mean()
    parts = (np.ones(len(true)), value, value**2, ((predicted - true) ** 2).mean(0))
    return np.stack([np.bincount(place, part, blocks) for part in parts], 1)


def _score(sums: np.ndarray, kinds: int) -> np.ndarray:
    """Balanced accuracy or R² of (..., columns) sums; NaN where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if not kinds:
            return np.asarray(1 - sums[..., 3] / (sums[..., 2] - sums[..., 1] ** 2 / sums[..., 0]))
        hits, count = sums[..., :kinds], sums[..., kinds:]
        recall = np.where(count > 0, hits / count, 0)
        return np.asarray(recall.sum(-1) / (count > 0).sum(-1))
