"""The report of a comparison of encoders: one table, one plot, and what can be concluded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..lettering import ticks, told_apart
from ..report import Report
from ..training.compare import main_figure
from ..wording import many
from .train_words import length

if TYPE_CHECKING:
    from ...algorithms.compare_encoders import CompareEncoders
    from ..training.compare import Result

#: inches of a bar, and of what stands around the bars
_BAR, _AROUND = 0.32, 0.9
#: letters of the name of an encoder in the plot
_LETTERS = 60


def write(path: str, job: CompareEncoders, card: Any, results: Sequence[Result], failed: dict[str, str]) -> None:
    """Write the report of *results*, in the order in which they were compared, and of what could not be made, and why."""
    numbers = job.task == "numbers"
    main = main_figure(job)
    ranked = sorted(results, key=lambda one: -np.nan_to_num(one.figures[main], nan=-9.0))
    first = results[0]
    report = Report("Comparison of encoders", _about(job, card, first))
    report.heading("What is best here")
    report.text(_verdict(ranked, main))
    names = ticks([one.name for one in ranked], _LETTERS)
    with report.figure(
        7.2, _AROUND + _BAR * len(ranked), f"{main[:1].upper()}{main[1:]} with its 95 % interval", names
    ) as figure:
        _bars(figure, ranked, names, main)
    if told_apart([one.name for one in ranked], _LETTERS):
        report.text(told_apart([one.name for one in ranked], _LETTERS))
    report.heading("All figures")
    names = list(first.figures)
    columns = (
        "Encoder",
        "Bands",
        "Cell size",
        "Labelled cells",
        *(name[:1].upper() + name[1:] for name in names),
        "Encode",
        "Learn",
        "On disk",
    )
    rows = [
        (
            one.name, one.bands, one.cell, len(one.examples), *(_with_interval(one, name, numbers) for name in names), f"{one.encode:.1f} s",
            f"{one.learn:.1f} s", f"{one.megabytes:.1f} MB" if one.megabytes else "",
        )
        for one in ranked
    ]  # fmt: skip
    report.table(columns, rows)
    report.text(
        "Cells are of different size with different encoders, so labels on the same ground are of more or fewer cells. Each label "
        "counts alike in all figures, however many cells it has, and is held out together with the same neighbours for all encoders."
    )
    report.heading(f"Against {first.name}")
    report.text(
        f"Difference in {main}{'' if numbers else ', in points of a hundred'}, on the same folds. An interval that holds 0 means that these "
        "labels can't tell which is better."
    )
    told = [
        (one.name, *(f"{value:+.3g}" if numbers else f"{100 * value:+.1f}" for value in one.gain), _said(one))
        for one in ranked
        if one.gain
    ]
    report.table(("Encoder", "From", "Difference", "To", ""), told)
    if failed:
        report.heading("Left out")
        report.table(("Encoder", "Why"), list(failed.items()))
    report.asked(job)
    report.write(path)


def _about(job: CompareEncoders, card: Any, first: Result) -> str:
    folds = first.validated.folds
    size = f" of {length(folds.size, folds.unit)}" if folds.size else ""
    return (
        f"{card.title} on {many(first.features, 'label')}, {folds.count} folds by {folds.way}, "
        f"{many(folds.blocks, 'block')}{size}."
    )


def _verdict(ranked: Sequence[Result], main: str) -> str:
    best = ranked[0]
    low = best.intervals[main][0]
    equal = [one.name for one in ranked[1:] if one.intervals[main][1] >= low]
    text = f"{best.name} has the highest {main}, {_plain(best.figures[main], main == 'R²')}."
    if equal:
        text += f" Intervals of these reach as high: {', '.join(equal)}. More labels, on more of the ground, would tell them apart."
    if best.intervals.few:
        text += f" There {'are' if best.intervals.blocks > 1 else 'is'} only {best.intervals.blocks} block{'s' if best.intervals.blocks > 1 else ''}, which say{'' if best.intervals.blocks > 1 else 's'} little."
    quick = [one for one in ranked if one.encode < best.encode / 3 and one.name in equal]
    if quick:
        text += f" {quick[0].name} takes a fraction of its time."
    return text


def _bars(figure: Any, ranked: Sequence[Result], names: list[str], main: str) -> None:
    axes = figure.subplots()
    values = [one.figures[main] for one in ranked]
    ends = np.array([one.intervals[main] for one in ranked])
    error = np.abs(np.nan_to_num(np.stack([np.array(values) - ends[:, 0], ends[:, 1] - np.array(values)])))
    axes.barh(range(len(ranked)), values, xerr=error, color="#4c9f9a", ecolor="#323f4b", capsize=3, height=0.7)
    axes.set_yticks(range(len(ranked)), names)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(main)
    if main != "R²":
        axes.set_xlim(0, 1)


def _with_interval(one: Result, name: str, numbers: bool) -> str:
    low, high = one.intervals[name]
    if not math.isfinite(low + high):
        return _plain(one.figures[name], numbers)
    return f"{_plain(one.figures[name], numbers)} ({_plain(low, numbers)} to {_plain(high, numbers)})"


def _plain(value: float, numbers: bool) -> str:
    return f"{value:.3g}" if numbers else f"{100 * value:.1f} %"


def _said(one: Result) -> str:
    low, _, high = one.gain or (0.0, 0.0, 0.0)
    return "better" if low > 0 else "worse" if high < 0 else "can't be told"
