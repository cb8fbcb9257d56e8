"""The report of a check: how good the map is in plain words, by class, how much ground each covers, and where it is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps

from .. import colours
from ..features import Features
from ..lettering import ticks, told_apart
from ..report import Report, Swatch, shown
from ..training.area_estimates import AreaEstimates, Estimate
from ..training.metrics import Scores

if TYPE_CHECKING:
    from ...algorithms.evaluate import Evaluate
    from ..training.evaluate import Findings

#: classes up to which a matrix shows its numbers, and names; classes named in the first words; dots that are drawn
_NUMBERS, _NAMES, _WORST, _DOTS = 25, 40, 3, 4000
_GREY, _RED, _DARK, _BLUE = 0.92, "#c2255c", "#1f2933", "#486581"
#: cells of a class from which on its figures are named among the first words
_ENOUGH = 5
#: letters of a name in a plot
_LETTERS = 22


def write(path: str, job: Evaluate, features: Features, findings: Findings) -> None:
    """Write the report of *job* to *path*."""
    name = os.path.basename(features.source.name) or features.source.name
    reference = os.path.basename(shown(str(job.reference or job.reference_raster)).partition("|")[0])
    report = Report(f"Check of {name}", f"Compared with {reference}.")
    report.heading("How good the map is")
    for sentence in _plainly(findings):
        report.text(sentence)
    if isinstance(findings.scores, Scores):
        _classes(report, findings, findings.scores)
    else:
        _numbers(report, job, findings)
    _places(report, features, findings)
    _care(report, job, features, findings)
    report.asked(job)
    report.write(path)


# --- in words


def _plainly(findings: Findings) -> list[str]:
    scores, ends, count = findings.scores, findings.ends, len(findings.compared)
    if not isinstance(scores, Scores):
        error, bias = scores.figures["MAE"], scores.figures["bias"]
        side = "too high" if bias > 0 else "too low"
        told = [
            f"At {_many(count, 'place')} the map is off by {error:.4g} on average (95 % interval {_ends(ends['MAE'])})."
        ]
        if bias:
            told.append(f"On the whole it is {abs(bias):.4g} {side} ({_ends(ends['bias'])}).")
        if scores.figures["R²"] > 0:
            told.append(f"It explains {_percent(scores.figures['R²'])} of the differences between places (R²).")
        elif scores.figures["R²"] <= 0:
            told.append("The mean of the reference, everywhere, would do as well or better (R² is not above 0).")
        return told
    if findings.areas is not None:
        overall = findings.areas.overall
        told = [
            f"{_percent(overall.value)} of the area is mapped right{_about(overall)}, as a sample of {_many(count, 'place')} tells."
        ]
    else:
        overall_ends = ends["overall accuracy"]
        right = int(findings.compared.right.sum())
        share = f"{_percent(right / count)}, 95 % interval {_percent(overall_ends[0])} to {_percent(overall_ends[1])}"
        told = [
            f"Of {_many(count, 'cell')} with a reference, {right} {'is' if right == 1 else 'are'} mapped right ({share})."
        ]
    return told + _weakest(scores)


def _weakest(scores: Scores) -> list[str]:
    """What is most often taken for something else."""
    wrong = scores.confusion.copy()
    np.fill_diagonal(wrong, 0)
    enough = scores.confusion.sum(1) >= _ENOUGH
    rows = np.argsort(-np.where(enough, wrong.sum(1) / np.maximum(scores.confusion.sum(1), 1), 0), kind="stable")
    told = []
    for i in rows[:_WORST].tolist():
        if enough[i] and wrong[i].any():
            j = int(wrong[i].argmax())
            told.append(
                f"{scores.classes[i]}: {int(wrong[i].sum())} of {int(scores.confusion[i].sum())} are mapped wrong, most of them as {scores.classes[j]}"
            )
    return [f"Most often missed: {'; '.join(told)}."] if told else []


def _percent(value: float) -> str:
    if value != value:
        return "unknown"
    # 99.96 % is not all of it
    shown = f"{100 * value:.1f}"
    return f"{shown if value == round(value) or shown not in ('100.0', '0.0') else f'{100 * value:.3g}'} %"


def _about(one: Estimate) -> str:
    return f" (± {100 * (one.high - one.low) / 2:.1f}, 95 % interval {_percent(one.low)} to {_percent(one.high)})" if one.error == one.error else ""  # fmt: skip


def _ends(pair: tuple[float, float]) -> str:
    return "unknown" if pair[0] != pair[0] else f"{pair[0]:.4g} to {pair[1]:.4g}"


def _range(pair: Any) -> str:
    """Two shares as percent, for a table."""
    return "" if pair[0] != pair[0] else f"{100 * pair[0]:.0f} to {100 * pair[1]:.0f}"


def _three(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _known(value: float) -> Any:
    """A share as percent, for a table."""
    return "–" if value != value else round(100 * float(value), 1)


# --- classes


def _classes(report: Report, findings: Findings, scores: Scores) -> None:
    if findings.areas is None:
        rows = [(name, _three(value), _ends(findings.ends[name])) for name, value in scores.figures.items()]
        report.table(("Figure", "Value", "95 % interval"), rows)
    else:
        _area_tables(report, findings, scores, findings.areas)
    _matrix(report, scores)
    if findings.areas is None:
        _each(report, findings, scores)


def _matrix(report: Report, scores: Scores) -> None:
    report.heading("What is taken for what")
    counts, kinds = scores.confusion, len(scores.classes)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = min(9.0, 2.8 + 0.42 * kinds)
    caption = "Rows: what the reference says. Columns: what is mapped. Numbers are places; colours are shares of a row."
    names = ticks(scores.classes, _LETTERS)
    with report.figure(side + 0.6, side, caption, names) as figure:
        axes = figure.subplots()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.grid(False)
        if kinds <= _NAMES:
            axes.set_xticks(range(kinds), names, rotation=60, ha="right")
            axes.set_yticks(range(kinds), names)
        axes.set(xlabel="map", ylabel="reference")
        if kinds <= _NUMBERS:
            for (i, j), count in np.ndenumerate(counts):
                if count:
                    axes.text(
                        j, i, f"{count:.0f}", ha="center", va="center", fontsize=7 if count < 1e4 else 5,
                        color="white" if shares[i, j] > 0.6 else _DARK,
                    )  # fmt: skip
    if kinds <= _NAMES and told_apart(scores.classes, _LETTERS):
        report.text(told_apart(scores.classes, _LETTERS))


def _each(report: Report, findings: Findings, scores: Scores) -> None:
    report.heading("Each class")
    each = findings.ends.per_class
    sizes = findings.compared.classes.sizes(findings.overview)
    rows = []
    for i, name in enumerate(scores.classes):
        row: list[Any] = [Swatch(findings.compared.classes.colours[i]), name, int(scores.confusion[i].sum())]
        row += [int(scores.confusion[:, i].sum())]
        for what in ("recall", "precision", "f1", "iou"):
            row += [_known(float(getattr(scores, what)[i])), _range(each[what][i])]
        rows.append((*row, _size(findings.overview.told(sizes[i]))))
    head = ["", "Class", "Reference", "Mapped"]
    for what in ("Recall %", "Precision %", "F1 %", "IoU %"):
        head += [what, "95 %"]
    report.table((*head, f"In the map, {findings.overview.unit}"), rows)
    report.text(
        "Recall: how much of what is really this class is mapped as such (producer's accuracy). Precision: how much of what is mapped as this class really is (user's accuracy). F1: their harmonic mean. IoU: what is both, by what is either. Where no error was met, that does not mean that there is none: among n places, an error that is as rare as 3 in n often stays unseen, and intervals are as wide as Wilson's."
    )
    report.text(
        "Areas in the map are as it draws them. How much ground a class really covers can be told from a reference that was drawn at random."
    )


def _area_tables(report: Report, findings: Findings, scores: Scores, areas: AreaEstimates) -> None:
    report.heading("Areas and accuracy, put right by the sample")
    overview = findings.overview
    sizes = findings.compared.classes.sizes(overview)
    rows = []
    for i, name in enumerate(areas.classes):
        area, user, producer = areas.areas[i], areas.users[i], areas.producers[i]
        row: list[Any] = [Swatch(findings.compared.classes.colours[i]), name, _size(overview.told(sizes[i]))]
        met = scores.confusion[i].any()
        row += [_size(overview.told(area.value)), _half(area, overview.told(1.0))] if met else ["none met", "unknown"]
        row += [_known(user.value), _half(user, 100), _known(producer.value), _half(producer, 100)]
        rows.append(row)
    unit = overview.unit
    head = ("", "Class", f"In the map, {unit}", f"Estimated, {unit}", "±", "User's accuracy %", "±", "Producer's accuracy %", "±")  # fmt: skip
    report.table(head, rows)
    report.text(
        "±: half of the 95 % interval. User's accuracy: how much of what is mapped as this class really is. Producer's accuracy: how much of what is really this class is mapped as such. All by area."
    )
    names = ticks(areas.classes, _LETTERS)
    with report.figure(8, 1.2 + 0.32 * len(rows), f"Areas in {unit}: bars as mapped, dots as estimated from the sample, with 95 % intervals.", names) as figure:  # fmt: skip
        axes, at = figure.subplots(), np.arange(len(rows))
        axes.barh(at, [overview.told(size) for size in sizes.tolist()], color=findings.compared.classes.colours)
        for i, one in enumerate(areas.areas):
            if one.value == one.value:
                axes.plot(overview.told(one.value), i, "o", color=_DARK, markersize=4)
            if one.error == one.error:
                axes.plot([overview.told(one.low), overview.told(one.high)], [i, i], color=_DARK, linewidth=1.2)
        axes.set_yticks(at, names)
        axes.set(xlabel=unit)
        axes.invert_yaxis()


def _size(value: float) -> Any:
    """An area for a table."""
    return "–" if value != value else round(float(value)) if value >= 1000 else float(value)


def _told(value: float) -> Any:
    return "–" if value != value else float(value)


def _half(one: Estimate, scale: float) -> str:
    half = 1.96 * one.error * scale
    return "unknown" if half != half else f"{half:.4g}" if half < 1000 else f"{half:.0f}"


# --- numbers


def _numbers(report: Report, job: Evaluate, findings: Findings) -> None:
    scores, compared = findings.scores, findings.compared
    report.table(
        ("Figure", "Value", "95 % interval"),
        [(name, _told(value), _ends(findings.ends[name])) for name, value in scores.figures.items()],
    )
    report.heading("Map against reference")
    few = _some(len(compared), job.seed)
    both = np.concatenate([compared.label, compared.mapped])
    ends = [float(both.min()), float(both.max())]
    with report.figure(5.4, 5, "Each dot is a place. On the line, the map is right; above it, it says too much.") as figure:  # fmt: skip
        axes = figure.subplots()
        axes.plot(ends, ends, color=_RED, linewidth=1)
        axes.plot(compared.label[few], compared.mapped[few], "o", markersize=3, color=_BLUE, alpha=0.6, linewidth=0)
        axes.set(xlabel="reference", ylabel="map")


# --- places


def _some(count: int, seed: int) -> np.ndarray:
    """(m,) int64: as many places as can be drawn."""
    if count <= _DOTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, _DOTS, replace=False))


def _places(report: Report, features: Features, findings: Findings) -> None:
    """The map in pale colours with every place on it."""
    report.heading("Where it is right and wrong")
    compared, overview = findings.compared, findings.overview
    few = _some(len(compared), 0)
    row, col = ((place[few] + 0.5) / overview.step for place in (compared.marks.row, compared.marks.col))
    height, width = overview.picture.shape
    numbers = not compared.classes.names
    caption = "The map, pale."
    caption += (
        " Dots: red where the map is too high, blue where it is too low; white cells hold no data."
        if numbers
        else " Dots: places where it is right; red crosses: where it is wrong. White cells hold no data."
    )
    if len(few) < len(compared):
        caption += f" {len(few)} of {len(compared)} places are drawn."
    scale, small = 7.5 / max(width, height), len(few) > 500
    with report.figure(max(2.5, width * scale) + 0.6, max(2, height * scale) + 0.4, caption) as figure:
        axes = figure.subplots()
        axes.imshow(_pale(findings), extent=(0, width, height, 0), interpolation="nearest")
        axes.set_axis_off()
        if numbers:
            error = (compared.mapped - compared.label)[few]
            top = max(float(np.quantile(np.abs(error), 0.95)), 1e-12)
            dots = axes.scatter(
                col, row, 12, error, cmap="RdBu_r", vmin=-top, vmax=top, edgecolors=_DARK, linewidths=0.3
            )
            figure.colorbar(dots, ax=axes, shrink=0.6, label="map less reference")
        else:
            right = compared.right[few]
            axes.plot(col[right], row[right], "o", markersize=1.8 if small else 3.2, color=_DARK, markeredgecolor="white", markeredgewidth=0.3)  # fmt: skip
            axes.plot(col[~right], row[~right], "x", markersize=3 if small else 5, color=_RED, markeredgewidth=1.4)
        axes.set(xlim=(0, width), ylim=(height, 0))


def _pale(findings: Findings) -> np.ndarray:
    """(rows, cols, 3) float64 from 0 to 1."""
    picture, classes = findings.overview.picture, findings.compared.classes
    empty = np.isnan(picture)
    if not classes.names:
        low, high = np.nanquantile(picture, (0.02, 0.98)) if not empty.all() else (0, 1)
        made = colormaps["Greys"](0.5 * (np.nan_to_num(picture) - low) / max(high - low, 1e-12))[..., :3]
    else:
        made = np.full((*picture.shape, 3), _GREY)
        for value in np.unique(picture[~empty]).tolist():
            if int(value) in classes.of_value:
                shown = np.array(colours.rgb(classes.colours[classes.of_value[int(value)]])) / 255
                made[picture == value] = 0.45 + 0.55 * shown
    made[empty] = 1.0
    return np.asarray(made)


# --- what to mind


def _care(report: Report, job: Evaluate, features: Features, findings: Findings) -> None:
    report.heading("What to mind")
    report.text(
        "A file does not tell what a map was made from. If this reference, or places close to it, took part in making the map, the figures flatter it."
    )
    if findings.areas is not None:
        way = "each class of this map" if job.sample == "by class" else "the whole map"
        report.text(
            f"Areas and accuracies hold if the reference was drawn at random from {way}, each cell with the same chance, and nothing was left out. Estimators: Olofsson et al. 2014, https://doi.org/10.1016/j.rse.2014.02.015; Stehman 2014, https://doi.org/10.1080/01431161.2014.930207."
        )
        report.text("Each point, line or polygon counts once; one that covers several cells as what most of them are mapped as.")  # fmt: skip
    else:
        unit = "cells" if features.crs is None else "m"
        blocks = f"blocks of {findings.reach:.4g} {unit}" if findings.reach else "features of the reference"
        way = "as asked for" if job.block else "errors are alike up to that distance"
        way = way if findings.reach else "errors show no dependence on distance"
        report.text(f"Intervals come from drawing {findings.ends.blocks} {blocks} anew a thousand times ({way}).")
        report.text(
            "Places chosen by hand are often the clear ones: then the map is worse elsewhere. Only a random sample speaks for the whole map."
        )
    for note in findings.notes:
        report.text(f"{note[0].upper()}{note[1:]}.")
