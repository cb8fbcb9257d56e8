"""The sentences of the report of a training: how good the map is in plain words, and what to mind."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..training.figures import Check
from ..training.metrics import NumberScores, Scores
from ..training.trial import Trial
from ..wording import many

#: what was held out, by ``Check.way``
WAYS = {
    "blocks": "spatial blocks", "groups": "single labels (too few places for blocks)",
    "given": "groups of the column", "scenes": "whole rasters", "random": "random labels",
    "test": "nothing: labels to test with",
}  # fmt: skip
#: labels of a class, and labelled places in all, that are few
_FEW, _FEW_IN_ALL = 10, 30
#: names of classes in a sentence
_NAMES = 10
#: the random check flatters from this difference on
_FLATTERS = 0.02


def whole_percent(share: float) -> str:
    """0.834 to ``83 %``; one decimal near the ends, where it matters."""
    if not math.isfinite(share):
        return "–"
    return f"{100 * share:.1f} %" if 0 < share < 0.01 or 0.99 < share < 1 else f"{100 * share:.0f} %"


def length(size: float, unit: str) -> str:
    """``160 m``, ``1.13 km`` or ``12 cells``."""
    if unit == "m":
        return f"{size / 1000:.3g} km" if size >= 1000 else f"{size:.3g} m"
    return f"{size:.0f} {unit}" if size >= 100 else f"{size:.3g} {unit}"


def within(value: float, ends: Sequence[float], share: bool) -> str:
    """A figure with its interval in brackets, ``–`` where there is none."""
    if not math.isfinite(value):
        return "–"
    told = "{:.2f}" if share else "{:.4g}"
    if not all(map(math.isfinite, ends)):
        return told.format(value)
    return f"{told.format(value)} ({told.format(ends[0])} to {told.format(ends[1])})"


def headline(trial: Trial, found: Sequence[Check], unit: str) -> list[str]:
    """Paragraphs: the honest figure first, then the one that flatters, then that of labels to test with."""
    texts = []
    if trial.validated is None:
        texts.append(
            "Nothing was held out, so nobody knows how good the map is. Check by blocks to know, for the price of some more fits."
        )
    for check in found:
        if check.way == "test":
            texts.append(f"Of the {many(len(check.examples), 'labelled cell')} to test with, {_figure(check, 'are')}.")
        elif check is found[0]:
            texts.append(_honest(trial, check, unit) if check.told else _untold(trial))
        elif check.told:
            texts.append(_flattering(found[0], check))
    return texts


def _untold(trial: Trial) -> str:
    """Why nothing is known of any class."""
    one = len(np.unique(trial.examples.group)) == trial.recipe.classes
    why = (
        "there is one label for each class, so there is nothing to hold out: without it, nothing is known of the class"
        if one
        else "the labels of each class lie so close together that all of them would be held out at once"
    )
    return f"How good the map will be can't be checked: {why}. Label each class in two places at least, better in ten, far from each other."


def _figure(check: Check, verb: str) -> str:
    """What is right, with its interval, after ``Of places …,``."""
    scores, ends = check.scores, check.intervals
    if isinstance(scores, NumberScores):
        figures = {name: within(scores.figures[name], ends[name], name == "R²") for name in scores.figures}
        return f"predictions are off by {figures['RMSE']} (root of the mean square), and explain {figures['R²']} of the variance"
    value, (low, high) = scores.figures["overall accuracy"], ends["overall accuracy"]
    # the interval has a % of its own
    return (
        f"about {whole_percent(value)} ({whole_percent(low).removesuffix(' %')} to {whole_percent(high)}) {verb} right"
    )


def _honest(trial: Trial, check: Check, unit: str) -> str:
    size = trial.validated.folds.size if trial.validated else None
    wide = f"{length(size, unit)} wide" if size else ""
    how = {
        "blocks": f"parts of the ground {wide} were held out in turn",
        "groups": "single labels were held out in turn, for they lie at too few places for blocks",
        "given": "groups of labels, as the column names them, were held out in turn",
        "scenes": "whole rasters were held out in turn, so this is about rasters without any label",
        "random": "random labels were held out in turn, and their neighbours stayed: this flatters, most of all far from labels",
    }[check.way]
    return f"Of places that carry no labels, {_figure(check, 'will be')}, as far as these labels stand for the ground: {how}."


def _flattering(honest: Check, check: Check) -> str:
    name = "R²" if isinstance(check.scores, NumberScores) else "overall accuracy"
    gap = check.scores.figures[name] - honest.scores.figures[name] if honest.told else math.inf
    told = f"Had random labels been held out, it would seem that {_figure(check, 'are')}."
    if gap > _FLATTERS:
        return (
            f"{told} That flatters: neighbours of what is tested are learnt from, and near things are alike. It is only true of places "
            "as near to a label as labels are to each other."
        )
    return f"{told} So it makes little difference here whether neighbours are held out too."


def caveats(trial: Trial, found: Sequence[Check]) -> list[str]:
    """What to mind, the gravest first; a paragraph each."""
    texts: list[str] = []
    if found and found[0].told:
        texts += _chance(found[0])
        if found[0].intervals.few:
            count = found[0].intervals.blocks
            few = (
                f"are {count} blocks only, so the intervals are wide and say"
                if count > 1
                else "is one block only, which says"
            )
            texts.append(f"There {few} little. Label more places, far from each other.")
    if trial.lonely and trial.told:
        texts.append(
            f"All labels of {_listed(trial.lonely)} were held out at once, because there is one only or they lie close together: when they were tested, nothing was known "
            "of them. How well they are mapped can't be told, and the figures above are too low for it. Label them in other places too."
        )
    texts += _never(trial, found)
    texts += [f"{note}." for note in trial.notes]
    texts += _few(trial)
    if trial.told and not _limited(trial):
        texts.append(_nothing_ruled_out(trial))
    return texts


def _limited(trial: Trial) -> bool:
    """Whether sets or intervals say anything."""
    return trial.threshold > 0 if trial.recipe.classes else math.isfinite(trial.threshold)


def _nothing_ruled_out(trial: Trial) -> str:
    """Why no class, or no number, can be ruled out."""
    rate, least = f"an error rate of {100 * trial.error_rate:.3g} %", math.ceil(round(1 / trial.error_rate, 9)) - 1
    if len(trial.examples) < least:
        return f"There are too few labels for {rate}, which takes {least}: nothing can be ruled out."
    return (
        f"More labels than {rate} allows were given no probability at all by what was learnt from the others, as where a class was not among "
        "those: no class can be ruled out anywhere."
    )


def _chance(check: Check) -> list[str]:
    """Whether the map is better than answers that look at nothing."""
    scores, ends = check.scores, check.intervals
    if isinstance(scores, NumberScores):
        low, high = ends["R²"]
        if not low <= 0:
            return []
        if high <= 0:
            return ["This is worse than always answering the mean of the labels: the map tells nothing."]
        return [
            "The interval of R² reaches down to 0, which always answering the mean of the labels would reach: it is not sure that the map tells "
            "anything."
        ]
    count = scores.confusion.sum(1)
    top = int(count.argmax())
    share = float(count[top] / max(count.sum(), 1))
    same = f"always answering {scores.classes[top]} would be right in {whole_percent(share)} of these cells"
    even = 1 / max(1, int((count > 0).sum()))
    low, high = ends["overall accuracy"]
    told_apart = ends["balanced accuracy"][0] > even
    if not low <= share:
        return []
    if told_apart:
        return [
            f"In share of right cells, this is {'worse' if high < share else 'not surely better'} than guessing: {same}. But classes are told apart: "
            f"balanced accuracy is {within(scores.figures['balanced accuracy'], ends['balanced accuracy'], True)}, and guessing gives {even:.2f}."
        ]
    return [
        f"This may be no better than guessing: {same}, and balanced accuracy is "
        f"{within(scores.figures['balanced accuracy'], ends['balanced accuracy'], True)}, where guessing gives {even:.2f}."
    ]


def _never(trial: Trial, found: Sequence[Check]) -> list[str]:
    if not found or not isinstance(found[0].scores, Scores):
        return []
    predicted = found[0].scores.confusion.sum(0)
    missing = [
        name for name, count in zip(found[0].scores.classes, predicted) if not count and name not in trial.lonely
    ]
    return (
        [f"Never predicted when held out: {_listed(missing)}. The map will hold little or none of it."]
        if missing
        else []
    )


def _few(trial: Trial) -> list[str]:
    examples = trial.examples
    if not examples.classes:
        count = len(np.unique(examples.group))
        return (
            [f"There {'is' if count == 1 else 'are'} {many(count, 'label')} only: the figures are rough."]
            if count < _FEW_IN_ALL
            else []
        )
    counts = [len(np.unique(examples.group[examples.y == i])) for i in range(len(examples.classes))]
    few = [f"{name} ({count})" for name, count in zip(examples.classes, counts) if count < _FEW]
    return (
        [f"Few labels: {_listed(few)}. Ten or more, spread over the ground, make figures of a class mean something."]
        if few
        else []
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
