"""How good maps are that are learnt from 5, 10 or 50 labels of a class: ``tools/quality.py labels``.

Drawn scenes and, with --data, real ones with labels. The ground is cut into blocks, six along its longer side. In each draw the labels come
from half of the blocks, drawn at random, and the map is tested on labelled cells of the other half; where there are only a few polygons or
points, whole ones are drawn instead. All representations get the same draws. ± is half of the 95 % interval of the mean over draws.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from . import half_interval, mean, table
from ._labels_cells import MOSAIKS, PIXELS, PLUS, VIT, WINDOWS
from ._labels_draws import HEADS, LABELS, OTHERS, Figures, Measured, measure
from ._labels_scenes import SOURCES

NAMES = [PIXELS, WINDOWS, MOSAIKS, VIT, MOSAIKS + PLUS, VIT + PLUS]
TITLES = {source.key: source.title for source in SOURCES}
SPOKEN = {"logistic": "logistic regression", "forest": "random forest"}

#: what is compared, draw by draw; the first four in every scene
PAIRS = [
    *((name, PIXELS) for name in (MOSAIKS, VIT, MOSAIKS + PLUS, VIT + PLUS)),
    (MOSAIKS, WINDOWS),
    (VIT, WINDOWS),
    (MOSAIKS + PLUS, MOSAIKS),
    (VIT + PLUS, VIT),
]


def main(arguments: list[str]) -> int:
    """Print tables in Markdown."""
    parser = argparse.ArgumentParser(
        prog="quality.py labels", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=None, help="folder of real rasters and weights")
    parser.add_argument("--draws", type=int, default=20, help="of the labels (default: %(default)s)")
    parser.add_argument("--scenes", nargs="+", choices=list(TITLES), default=list(TITLES), help="only these")
    parser.add_argument("--processes", type=int, default=2, help="scenes at once (default: %(default)s)")
    given = parser.parse_args(arguments)
    keys = [one.key for one in SOURCES if one.key in given.scenes and (given.data or not one.real)]
    found = list(_measured(keys, given.data, given.draws, given.processes))
    for head in HEADS:
        print(f"Balanced accuracy, {SPOKEN[head]}:\n\n{_accuracy(found, head)}\n", flush=True)
    print(f"Differences draw by draw, logistic regression:\n\n{_differences(found, 'logistic')}\n")
    print(f"Scenes in which the first is clearly better, and clearly worse, of all:\n\n{_wins(found)}\n")
    print(f"Means over scenes that have figures for that many labels:\n\n{_means(found)}\n")
    for one in found:
        for labels, why in one.missing.items():
            print(f"{TITLES[one.key]}: no figures for {labels} labels, {why}\n")
        if one.two:
            print(f"Building or not, in drawn scenes, random forest:\n\n{_two(one.two)}\n")
    print(f"Methods on MOSAIKS features, means over scenes:\n\n{_heads(found)}")
    return 0


def _measured(keys: list[str], data: Path | None, draws: int, processes: int) -> Iterator[Measured]:
    """Measure scenes in processes of their own, a core each."""
    work = partial(measure, data=data, draws=draws)
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, keys)
        return
    with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
        for one in pool.imap(work, keys, 1):
            print(f"{one.key}: cells of the classes {one.cells}", file=sys.stderr, flush=True)
            yield one


def _told(values: list[float], sign: bool = False) -> str:
    number = f"{mean(values):+.3f}" if sign else f"{mean(values):.3f}"
    return f"{number} ± {half_interval(values):.3f}"


def _draws(figures: Figures, name: str, head: str, labels: int) -> list[float]:
    """Balanced accuracy of every draw; none where there are no figures."""
    return [accuracy for accuracy, _ in figures.get((name, head, labels), [])]


def _lines(found: list[Measured], cells: Callable[[Figures, int], list[str]]) -> list[list[str]]:
    """A row for each scene and number of labels."""
    rows = []
    for one in found:
        for labels in LABELS:
            rows.append([TITLES[one.key], str(labels), *cells(one.figures, labels)])
    return rows


def _accuracy(found: list[Measured], head: str) -> str:
    def cells(figures: Figures, labels: int) -> list[str]:
        values = [_draws(figures, name, head, labels) for name in NAMES]
        return [_told(one) if one else "" for one in values]

    return table(["scene", "labels", *NAMES], _lines(found, cells))


def _differences(found: list[Measured], head: str) -> str:

    def cells(figures: Figures, labels: int) -> list[str]:
        told = []
        for pair in PAIRS[:4]:
            one, other = (_draws(figures, name, head, labels) for name in pair)
            told.append(_told([a - b for a, b in zip(one, other)], True) if one and other else "")
        return told

    return table(["scene", "labels", *(f"{a} − {b}" for a, b in PAIRS[:4])], _lines(found, cells))


def _wins(found: list[Measured]) -> str:
    """Counts of the scenes in which the interval of the difference lies above, or below, 0."""
    rows = []
    for one, other in PAIRS:
        told = []
        for head in HEADS:
            for labels in LABELS:
                both = [[_draws(scene.figures, name, head, labels) for name in (one, other)] for scene in found]
                apart = [[a - b for a, b in zip(*pair)] for pair in both if all(pair)]
                above = sum(mean(values) > half_interval(values) for values in apart)
                below = sum(-mean(values) > half_interval(values) for values in apart)
                told.append(f"{above}, {below} of {len(apart)}")
        rows.append([f"{one} − {other}", *told])
    return table(["", *(f"{SPOKEN[head]}, {labels} labels" for head in HEADS for labels in LABELS)], rows)


def _mean_of_scenes(found: list[Measured], name: str, head: str, labels: int, which: int) -> str:
    """Mean over the scenes that have figures of all representations."""
    known = [every for every in NAMES if any((every, "logistic", labels) in one.figures for one in found)]
    full = [one.figures for one in found if all((every, "logistic", labels) in one.figures for every in known)]
    values = [mean([draw[which] for draw in one[name, head, labels]]) for one in full if (name, head, labels) in one]
    return f"{mean(values):.3f}" if values else ""


def _means(found: list[Measured]) -> str:
    columns = [(labels, which) for which in (0, 1) for labels in LABELS]
    rows = []
    for head in HEADS:
        for name in NAMES:
            rows.append([SPOKEN[head], name, *(_mean_of_scenes(found, name, head, *column) for column in columns)])
    words = ("balanced accuracy", "macro-F1")
    return table(["method", "learns from", *(f"{words[which]}, {labels} labels" for labels, which in columns)], rows)


def _heads(found: list[Measured]) -> str:
    names = {**SPOKEN, **dict(zip(OTHERS, OTHERS))}
    names["logistic"] += ", strength 1"
    rows = []
    for head, title in names.items():
        rows.append([title, *(_mean_of_scenes(found, MOSAIKS, head, labels, 0) for labels in LABELS)])
    return table(["method", *(f"{labels} labels" for labels in LABELS)], rows)


def _two(two: dict[str, Figures]) -> str:
    rows = []
    for name in NAMES:
        values = [_draws(two[way], name, "forest", labels) for labels in (5, 10) for way in two]
        rows.append([name, *(_told(one) if one else "" for one in values)])
    head = [
        f"{2 * labels} points, held out {'at random' if way == 'random' else 'in blocks'}"
        for labels in (5, 10)
        for way in two
    ]
    return table(["", *head], rows)
