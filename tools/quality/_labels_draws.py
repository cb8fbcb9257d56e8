"""Draws of labels, and how good the maps are that are made of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ._labels_cells import MOSAIKS, PLUS, Ground, ground
from ._labels_scenes import BLOCKS, SOURCES, Source

#: labels of a class
LABELS = (5, 10, 50)
#: cells of a class that a map is tested on at most, and those that there must be
TESTED, FEWEST = 500, 5
#: halves that are tried until one holds labels enough
TRIES = 300
#: heads of the tables, and those that are compared with them: id of the card and its options
HEADS: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic": ("logistic", {}),
    "forest": ("random_forest", {"trees": 100}),
}
OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic regression, strength 0.1": ("logistic", {"strength": 0.1}),
    "logistic regression, strength 10": ("logistic", {"strength": 10.0}),
    "k nearest neighbours": ("knn", {}),
    "nearest prototype": ("prototype", {}),
    "ridge": ("ridge", {}),
}
#: the class of the drawn scenes that the experiment with two classes is about
BUILDING = 5

#: representation, head, labels of a class -> (balanced accuracy, macro-F1) of every draw
Figures = dict[tuple[str, str, int], list[tuple[float, float]]]


@dataclass(frozen=True)
class Measured:
    """What was found on the scenes of a source.

    Attributes:
        key: of the source.
        figures: of settings that there were labels enough for.
        two: the experiment with two classes: held out at random or in blocks -> figures; drawn scenes only.
        missing: labels of a class -> why there are no figures.
        cells: of each class, in all.
    """

    key: str
    figures: Figures
    two: dict[str, Figures]
    missing: dict[int, str]
    cells: list[int] = field(default_factory=list)


def measure(key: str, data: Path | None, draws: int) -> Measured:
    """Encode the scenes of a source and measure all settings, on one core."""
    os.environ["LOKY_MAX_CPU_COUNT"] = "1"
    import numpy as np

    source = next(one for one in SOURCES if one.key == key)
    with tempfile.TemporaryDirectory() as folder:
        grounds = _grounds(source, Path(folder), data)
    figures: Figures = {}
    missing: dict[int, str] = {}
    for labels in LABELS:
        heads = {MOSAIKS: {**HEADS, **OTHERS}}
        found = _figures(grounds, labels, draws, heads)
        if found is None:
            counts = np.min([np.bincount(one.y).min() for one in grounds])
            missing[labels] = f"the rarest class has {counts} labelled cells"
        else:
            figures.update(found)
    two: dict[str, Figures] = {}
    if key == "drawn":
        roofs = [replace(one, y=(one.y == BUILDING).astype(int)) for one in grounds]
        ways = {"random": [replace(one, unit=np.arange(len(one.y))) for one in roofs], "blocks": roofs}
        for way, these in ways.items():
            two[way] = {}
            for labels in (5, 10):
                two[way].update(_figures(these, labels, draws, {}, ("forest",)) or {})
    cells = np.sum([np.bincount(one.y, one.weight) for one in grounds], 0)
    return Measured(key, figures, two, missing, cells.astype(int).tolist())


def _grounds(source: Source, folder: Path, data: Path | None) -> list[Ground]:
    made = []
    for number, scene in enumerate(source.make(folder, data or Path())):
        made.append(ground(scene, folder / f"cells {number}", data, source.whole, BLOCKS))
    return made


def _figures(
    grounds: list[Ground],
    labels: int,
    draws: int,
    more: dict[str, dict[str, tuple[str, dict[str, Any]]]],
    heads: Sequence[str] = tuple(HEADS),
) -> Figures | None:
    """Measure all representations on the same draws, which go round the scenes; None where one of them has too few labels.

    Args:
        more: heads of some representations in place of *heads*.
    """
    found: Figures = {}
    for draw in range(draws):
        own = grounds[draw % len(grounds)]
        parts = split(own, draw, labels)
        if parts is None:
            return None
        for name, x in own.x.items():
            for head, card in more.get(name, {one: HEADS[one] for one in heads}).items():
                judged = judge(own, x, *parts, card, draw, _layers(own, name))
                found.setdefault((name, head, labels), []).append(judged)
    return found


def _layers(own: Ground, name: str) -> tuple[int, ...]:
    """Bands of each raster that a representation is made of: features, and the image with its windows."""
    if not name.endswith(PLUS):
        return ()
    features = int(own.x[name[: -len(PLUS)]].shape[1])
    return features, int(own.x[name].shape[1]) - features


def split(own: Ground, draw: int, labels: int) -> tuple[Any, Any] | None:
    """Indices of the labelled cells and of those that are tested, from two halves of the ground; None if it has too few."""
    import numpy as np

    classes = np.unique(own.y)
    for attempt in range(TRIES):
        rng = np.random.default_rng([draw, attempt])
        learnt = _half(own, classes, rng)
        chosen, tested = [], []
        for value in classes:
            inside = rng.permutation(np.flatnonzero(learnt & (own.y == value)))
            outside = rng.permutation(np.flatnonzero(~learnt & (own.y == value)))
            if len(inside) < labels or len(outside) < FEWEST:
                break
            chosen.append(inside[:labels])
            tested.append(outside[:TESTED])
        else:
            return np.concatenate(chosen), np.concatenate(tested)
    return None


def _half(own: Ground, classes: Any, rng: Any) -> Any:
    """(n,) bool: the half that labels come from."""
    import numpy as np

    kinds = [own.unit[own.y == value] for value in classes] if own.whole else [own.unit]
    taken = []
    for units in kinds:
        names = rng.permutation(np.unique(units))
        taken.append(names[: len(names) // 2 + (rng.random() < len(names) % 2 / 2)])
    return np.isin(own.unit, np.concatenate(taken))


def judge(
    own: Ground,
    x: Any,
    learnt: Any,
    tested: Any,
    card: tuple[str, dict[str, Any]],
    seed: int,
    layers: tuple[int, ...] = (),
) -> tuple[float, float]:
    """Learn as the plugin does; return balanced accuracy and macro-F1, the latter by the shares of classes on the ground."""
    import numpy as np
    from iamap.engine.training.recipe import Recipe
    from iamap.ml import learners

    method, options = card
    cards = {one.id: one for one in learners()}
    count = int(own.y.max()) + 1
    recipe = Recipe(cards[method](**options), "classes", count, seed, layers=layers)
    fitted, _ = recipe.fit(x[learnt], own.y[learnt], np.arange(len(learnt)))
    found, truth = recipe.predict(fitted, x[tested])[0], own.y[tested]
    outside = np.bincount(own.y, own.weight) / np.bincount(truth, minlength=count)
    confusion = np.zeros((count, count))
    np.add.at(confusion, (truth, found), outside[truth])
    right = np.diag(confusion)
    recall = right / confusion.sum(1)
    f1 = 2 * right / (confusion.sum(0) + confusion.sum(1))
    return float(recall.mean()), float(f1.mean())
