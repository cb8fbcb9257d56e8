"""The plots of the report of a training. Names of people's making stand in them only where the font has their letters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..lettering import ticks, told_apart
from ..report import Report
from ..training.bootstrap import intervals
from ..training.figures import Check
from ..training.importance import Importance
from ..training.learning_curve import Point, counted
from ..training.metrics import Scores
from .backdrop import Backdrop

#: classes whose errors are drawn with numbers, and drawn at all
_NUMBERED, _DRAWN = 30, 80
#: letters of the name of a band in a plot, bars, and steps of confidence
_LONG, _BARS, _STEPS = 60, 20, 10
#: examples that a step of confidence holds at least, and draws for its interval
_LEAST, _DRAWS = 20, 400
#: rasters with a sketch of their own, labels that are drawn, and blocks whose frames are
_SCENES, _DOTS, _FRAMES = 3, 6000, 400
_RIGHT, _WRONG, _LINE, _SECOND = "#2f855a", "#d64545", "#486581", "#b7791f"


def confusion(report: Report, found: Scores) -> None:
    """The table of errors, as a picture with numbers."""
    kinds = len(found.classes)
    if kinds > _DRAWN:
        report.text(
            f"The table of errors of {kinds} classes is too large for a picture: ask for the figures as a table."
        )
        return
    share = found.confusion / np.maximum(found.confusion.sum(1, keepdims=True), 1e-300)
    hits = np.eye(kinds, dtype=bool)
    step = 0.42 if kinds <= _NUMBERED else 0.16
    text = (
        "Rows: what was labelled. Columns: what was predicted when it was held out. Numbers are cells; the darker, the larger the "
        "share of the row: blue is right, red is wrong."
    )
    names = ticks(found.classes)
    with report.figure(min(10.0, step * kinds + 2.6), min(10.0, step * kinds + 1.8), text, names) as figure:
        axes = figure.subplots()
        for colours, part in (("Blues", hits), ("Reds", ~hits)):
            axes.imshow(np.ma.array(share, mask=~part | (share == 0)), cmap=colours, vmin=0, vmax=1.15)
        small = 7 if kinds > 12 else 8
        if kinds <= _NUMBERED:
            for row, col in zip(*np.nonzero(found.confusion)):
                shade = "white" if share[row, col] > 0.55 else "#1f2933"
                axes.text(
                    col, row, f"{found.confusion[row, col]:.0f}", ha="center", va="center", fontsize=small, color=shade
                )
        axes.set_xticks(range(kinds), names, rotation=90, fontsize=small)
        axes.set_yticks(range(kinds), names, fontsize=small)
        axes.set(xlabel="predicted", ylabel="labelled")
        axes.spines[:].set_visible(False)
        axes.grid(False)
        axes.tick_params(length=0)


def reliability(report: Report, check: Check) -> None:
    """How often a class is right, by how sure the map is of it."""
    if check.probability is None:
        return
    sure, right = check.probability.max(1).astype(np.float64), check.predicted == check.examples.y
    order = np.argsort(sure, kind="stable")
    parts = np.array_split(order, int(np.clip(len(order) // _LEAST, 1, _STEPS)))
    shares = np.array([right[part].mean() for part in parts])
    means = np.array([sure[part].mean() for part in parts])
    ends = np.array([_share_interval(right[part], check.block[part], check.recipe.seed) for part in parts])
    gap = float(sure.mean() - right.mean())
    verdict = (
        "it is surer of itself than it may be" if gap > 0.05
        else "it is right more often than it claims" if gap < -0.05 else "on the whole, it means what it says"
    )  # fmt: skip
    report.heading("Does its confidence mean what it says?")
    report.text(
        f"Mean confidence is {100 * sure.mean():.0f} %, and {100 * right.mean():.0f} % of the cells that were held out are right: {verdict}."
    )
    how = (
        f", in {len(parts)} parts with as many cells each; lines: 95 %"
        if len(parts) > 1
        else ", of all cells; line: 95 %"
    )
    text = f"Share of cells that are right, by confidence{how}, by blocks. Below the dotted line the map is too sure of itself."
    with report.figure(4.6, 3.6, text) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], ":", color="#9aa5b1")
        axes.vlines(means, ends[:, 0], ends[:, 1], color=_LINE, linewidth=1)
        axes.plot(means, shares, "o-", color=_LINE, markersize=4)
        axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.02))


def _share_interval(right: np.ndarray, block: np.ndarray, seed: int) -> tuple[float, float]:
    ends = intervals(np.ones(len(right), np.int64), right.astype(np.int64), block, ("wrong", "right"), _DRAWS, seed)
    return ends["overall accuracy"]


def labels(report: Report, check: Check, off: float | None, downwards: bool, under: Backdrop | None = None) -> None:
    """Where labels lie, and which of them are predicted right.

    Args:
        off: of numbers, the error at which colours are fullest; None for classes.
        downwards: y is counted from the top, as rows are.
        under: what lies under the labels of the first raster.
    """
    examples, framed = check.examples, len(np.unique(check.block)) <= _FRAMES and check.way in ("blocks", "scenes")
    scenes = np.unique(examples.scene)[:_SCENES]
    some = f" The first {_SCENES} rasters are shown." if len(np.unique(examples.scene)) > _SCENES else ""
    kind = "Green: right, red: wrong" if off is None else "Red: predicted too high, blue: too low"
    frames = " Dotted frames: blocks, each drawn around its labels." if framed else ""
    frames += " The outline is that of the raster." if under is not None and 0 in scenes else ""
    with report.figure(
        min(9.0, 5.2 * len(scenes)), 4.4, f"Where the labels lie. {kind}, when held out.{frames}{some}"
    ) as figure:
        for axes, scene in zip(np.atleast_1d(figure.subplots(1, len(scenes))), scenes):
            inside = np.flatnonzero(examples.scene == scene)
            if under is not None and scene == 0:
                under.draw(axes)
            if framed:
                for one in np.unique(check.block[inside]):
                    low, high = (
                        end(examples.xy[inside][check.block[inside] == one], axis=0) for end in (np.min, np.max)
                    )
                    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1]), low])
                    axes.plot(*corners.T, color="#52606d", linewidth=0.6, linestyle=":", zorder=2)
            shown = inside[:: max(1, len(inside) // _DOTS)]
            error = check.predicted[shown] - examples.y[shown]
            if off is None:
                shown, error = shown[np.argsort(error != 0, kind="stable")], np.sort(error != 0)
                axes.scatter(
                    *examples.xy[shown].T,
                    s=13,
                    c=np.where(error, _WRONG, _RIGHT),
                    linewidths=0.3,
                    edgecolors="white",
                    zorder=3,
                )
            else:
                axes.scatter(
                    *examples.xy[shown].T,
                    s=13,
                    c=error,
                    cmap="coolwarm",
                    vmin=-off,
                    vmax=off,
                    linewidths=0.3,
                    edgecolors="white",
                    zorder=3,
                )
            axes.set_aspect("equal")
            axes.set(xticks=[], yticks=[], title=f"raster {scene + 1}" if len(scenes) > 1 else "")
            axes.spines[:].set_visible(False)
            if downwards:
                axes.invert_yaxis()


def numbers(report: Report, check: Check) -> None:
    """Observed against predicted numbers."""
    shown = np.arange(0, len(check.examples), max(1, len(check.examples) // _DOTS))
    true, predicted = check.examples.y[shown], check.predicted[shown]
    low, high = float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))
    text = (
        "What was predicted when it was held out, against what was labelled; on the dotted line both are the same. A cloud flatter "
        "than the line means that high values are predicted too low and low ones too high, as is usual where features tell part only."
    )
    with report.figure(4.8, 4.4, text) as figure:
        axes = figure.subplots()
        axes.plot([low, high], [low, high], ":", color="#9aa5b1")
        axes.scatter(true, predicted, s=9, color=_LINE, alpha=0.6, linewidths=0)
        axes.set(xlabel="labelled", ylabel="predicted")


def curve(report: Report, points: Sequence[Point], classes: bool) -> None:
    """Accuracy by number of labels."""
    main = "balanced accuracy" if classes else "R²"
    text = (
        f"{main[0].upper()}{main[1:]} of what was held out, by labels {'of each class ' if classes else ''}that were learnt from; "
        "dots: single folds and draws."
    )
    with report.figure(6, 3.2, text) as figure:
        axes = figure.subplots()
        x = [one.labels for one in points]
        for one in points:
            dots = one.each[np.isfinite(one.each)]
            axes.plot(np.full(len(dots), one.labels), dots, ".", color=_LINE, alpha=0.35, markersize=4)
        axes.plot(x, [one.value for one in points], "o-", color=_LINE, label=main)
        if classes:
            axes.plot(x, [one.overall for one in points], "s--", color=_SECOND, markersize=4, label="overall accuracy")
            axes.legend(frameon=False, loc="lower right")
        else:
            # single folds of few labels may be far below what matters
            axes.set_ylim(max(-1.0, min(0.0, min(one.value for one in points))) - 0.1, 1.05)
        axes.set_xscale("log")
        axes.set_xticks(x, counted(points))
        axes.minorticks_off()
        axes.set(xlabel=f"labels {'of a class' if classes else 'in all'}", ylabel="score")


def importance(report: Report, shown: Sequence[Importance], classes: bool) -> None:
    """Bars of layers or of bands."""
    shown = sorted(shown, key=lambda one: -one.loss)[:_BARS]
    low, high = (np.array([getattr(one, end) for one in shown]) for end in ("low", "high"))
    loss = np.array([one.loss for one in shown])
    what = "balanced accuracy" if classes else "R²"
    text = (
        f"Loss of {what} when the {'band' if shown[0].band else 'layer'} is shuffled among the cells that were held out; lines: 95 %, by the "
        f"bootstrap over blocks.{f' The {_BARS} most important are shown.' if len(shown) == _BARS else ''}"
    )
    names = ticks([one.name for one in shown], _LONG)
    wide = 5 + 0.07 * max(map(len, names))
    with report.figure(wide, 0.26 * len(shown) + 0.7, text, names) as figure:
        axes = figure.subplots()
        place = np.arange(len(shown))
        axes.barh(place, loss, color=_LINE)
        known = np.isfinite(low) & np.isfinite(high)
        axes.hlines(place[known], low[known], high[known], color="#1f2933", linewidth=1)
        axes.set_yticks(place, names, fontsize=8)
        axes.invert_yaxis()
        axes.set(xlabel=f"loss of {what}")
    if told_apart([one.name for one in shown], _LONG):
        report.text(told_apart([one.name for one in shown], _LONG))


def thumbnails_sheet(report: Report, pictures: np.ndarray, across: int, gap: int, caption: str) -> None:
    """(n, side, side, 3) uint8 in rows of *across*."""
    count, side = len(pictures), pictures.shape[1]
    rows = math.ceil(count / across)
    sheet = np.full((rows * (side + gap) - gap, min(count, across) * (side + gap) - gap, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // across * (side + gap), i % across * (side + gap)
        sheet[top : top + side, left : left + side] = picture
    report.picture(sheet, caption)
