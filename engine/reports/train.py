"""The report of a training: how good the map will be, where it fails, and which labels look wrong."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..features import Features
from ..lettering import told_apart
from ..models import Model
from ..report import Report, Swatch
from ..training.conformal import coverage_by_block, number_coverage_by_block, set_sizes
from ..training.figures import Check, checks
from ..training.importance import MOST_BANDS, Importance
from ..training.learning_curve import Point, counted, gain
from ..training.metrics import NumberScores, Scores
from ..training.suspects import MOST, Suspect, places
from ..training.trial import Trial
from ..wording import many, of_labels
from . import train_figures as plots
from .backdrop import backdrop
from .thumbnails import open_original, thumbnails
from .train_words import WAYS, caveats, headline, length, whole_percent, within

if TYPE_CHECKING:
    from ...algorithms.train import Train

#: suspicious labels in the table, and pictures of them: in all, in a row, and the gap between
_LISTED, _PICTURES, _ACROSS, _GAP = 30, 24, 8, 6
#: a doubling of labels that brings so much more is worth the work
_WORTH = 0.02
#: labels of a class with which nobody can tell; and share of wrong cells from which the map is to blame, not the labels
_TOO_FEW, _WEAK = 8, 0.25


def write(
    path: str,
    job: Train,
    trial: Trial,
    model: Model,
    features: Features,
    importances: Sequence[Importance] = (),
    points: Sequence[Point] = (),
    suspects: Sequence[Suspect] = (),
) -> None:
    """Write the report of *job* to *path*.

    Args:
        features: the first raster, or the stack of it: for its name, its CRS, and pictures of suspicious labels.
        importances: see ``importance.by_layer``.
        points: see ``learning_curve.curve``.
        suspects: see ``suspects.find``.
    """
    unit = "m" if features.crs is not None else "cells"
    report = Report(f"{model.title} learnt on {os.path.basename(features.source.name)}", _about(trial))
    found = checks(trial)
    report.heading("How good the map will be")
    for text in headline(trial, found, unit):
        report.text(text)
    minded = caveats(trial, found)
    if minded:
        report.heading("What to mind")
        for text in minded:
            report.text(text)
    told = [check for check in found if check.told]
    if told:
        _overall(report, told)
    main = next((check for check in told if check is found[0] or check.way == "test"), None)
    if main is not None:
        _by_class(report, main, model)
        _numbers(report, main)
        _map(report, main, features, trial)
        plots.reliability(report, main)
    if trial.told:
        _sets(report, trial)
        _curve(report, trial, points)
        _importance(report, trial, importances)
    _suspects(report, trial, model, features, suspects)
    _checked(report, job, trial, found, unit)
    report.heading(f"About {model.title}")
    for paragraph in inspect.cleandoc(job.card.__doc__ or "").split("\n\n"):
        report.text(" ".join(paragraph.replace("*", "").split()))
    if job.card.source:
        report.text(f"Source: {job.card.source}")
    if trial.chosen:
        report.text("Settings that the search chose: " + ", ".join(f"{k} = {v}" for k, v in trial.chosen.items()) + ".")
    report.asked(job)
    report.write(path)


def _about(trial: Trial) -> str:
    examples = trial.examples
    kinds = f"{len(examples.classes)} classes" if examples.classes else "numbers"
    count = len(np.unique(examples.group))
    return f"{kinds[0].upper()}{kinds[1:]} from {of_labels(len(examples), count)}, {many(examples.x.shape[1], 'band')}."


def _overall(report: Report, found: Sequence[Check]) -> None:
    """The figures of all checks, side by side."""
    names = list(found[0].scores.figures)
    share = isinstance(found[0].scores, Scores)
    rows = []
    for check in found:
        told = [within(check.scores.figures[name], check.intervals[name], share or name == "R²") for name in names]
        rows.append((WAYS[check.way], len(check.examples), check.intervals.blocks, *told))
    report.table(("Held out", "Cells", "Blocks", *(f"{name[0].upper()}{name[1:]}" for name in names)), rows)
    report.text(
        "In brackets: 95 % intervals, by the bootstrap over blocks; where blocks are few, as wide as Wilson's and Student's are. They tell how sure the figures are with these labels; that other labels "
        "would have made another map, is not in them."
    )


def _by_class(report: Report, check: Check, model: Model) -> None:
    """Figures of each class, and the table of errors."""
    found = check.scores
    if not isinstance(found, Scores):
        return
    report.heading("Class by class")
    ends = check.intervals.per_class
    rows: list[tuple[Any, ...]] = []
    for i, name in enumerate(found.classes):
        of_class = check.examples.y == i
        features = len(np.unique(check.examples.group[of_class]))
        told = [
            within(float(getattr(found, one)[i]), ends[one][i], True) for one in ("precision", "recall", "f1", "iou")
        ]
        rows.append((Swatch(model.classes[i].colour), i + 1, name, features, int(of_class.sum()), *told))
    report.table(("", "No.", "Class", "Labels", "Cells", "Precision", "Recall", "F1", "IoU"), rows)
    report.text(
        "Precision: of cells that are mapped as this class, how many are. Recall: of cells of this class, how many are mapped as it. F1 "
        "and IoU put both into one; IoU is the share that label and map have in common, of what is in either."
    )
    report.heading("What is taken for what")
    plots.confusion(report, found)
    wrong = found.confusion * ~np.eye(len(found.classes), dtype=bool)
    top = [int(i) for i in np.argsort(-wrong.ravel(), kind="stable")[:3] if wrong.ravel()[i] > 0]
    if top:
        pairs = [divmod(i, len(found.classes)) for i in top]
        listed = [f"{found.classes[a]} for {found.classes[b]} ({many(int(wrong[a, b]), 'cell')})" for a, b in pairs]
        report.text(f"Most often taken: {'; '.join(listed)}.")
    if told_apart(found.classes):
        report.text(told_apart(found.classes))


def _numbers(report: Report, check: Check) -> None:
    if isinstance(check.scores, NumberScores):
        report.heading("Predicted and labelled")
        plots.numbers(report, check)


def _map(report: Report, check: Check, features: Features, trial: Trial) -> None:
    report.heading("Where it is right")
    off = None
    if check.probability is None:
        off = max(float(np.quantile(np.abs(check.predicted - check.examples.y), 0.95)), 1e-30)
    under = backdrop(features, trial.examples.x[:, : len(features.source.bands)])
    plots.labels(report, check, off, features.crs is None, under)


def _sets(report: Report, trial: Trial) -> None:
    """What sets or intervals hold, when their block is held out."""
    checked, asked = trial.validated, f"{100 * (1 - trial.error_rate):.3g} %"
    if checked is None or trial.covered is None:
        return
    y, block, rate = trial.examples.y, checked.folds.block, trial.error_rate
    if checked.probability is None:
        report.heading("How far off a number may be")
        blocks = number_coverage_by_block(y, checked.predicted, block, rate).by_block
        sizes = f"The interval of a cell reaches {trial.threshold:.4g} above and below its number."
        if not math.isfinite(trial.threshold):
            sizes = f"There are too few labels for an interval that is right in {asked} of places."
    else:
        report.heading("Which classes can't be ruled out")
        blocks = coverage_by_block(checked.probability, y, block, rate).by_block
        count = np.bincount(np.minimum(set_sizes(checked.probability, trial.threshold), 4), minlength=5) / max(
            1, len(y)
        )
        parts = [("one class", count[1]), ("two", count[2]), ("three", count[3]), ("more", count[4])]
        told = ", ".join(f"{name} in {100 * share:.0f} %" for name, share in parts if share > 0.005)
        mean = float(set_sizes(checked.probability, trial.threshold).mean())
        sizes = f"Sets of the map hold {mean:.2f} classes on average: {told} of the labelled cells."
    what = "Intervals" if checked.probability is None else "Sets of classes"
    report.text(
        f"{what} were asked to hold the truth in {asked} of places. When a block has no say in how wide they are, they hold it in "
        f"{100 * trial.covered:.1f} % of its cells. {sizes}"
    )
    low = np.quantile(blocks, 0.1)
    report.text(
        f"Blocks differ: in a tenth of the {len(blocks)} it is {100 * low:.0f} % or less. The promise is about all places like those "
        f"that are labelled taken together, not about {'each class' if trial.recipe.classes else 'high or low numbers alone'}."
    )


def _curve(report: Report, trial: Trial, points: Sequence[Point]) -> None:
    found = gain(points)
    if found is None:
        return
    before, step, error = found
    last, classes = points[-1], bool(trial.recipe.classes)
    of = "labels of a class" if classes else "labels"
    name, scale, unit = ("balanced accuracy", 100, " points") if classes else ("R²", 1, "")
    rise = f"{scale * (last.value - before.value):+.1f}{unit}" if classes else f"{last.value - before.value:+.2f}"
    told = dict(zip(map(id, points), counted(points)))
    story = f"From {told[id(before)]} to {told[id(last)]} {of}, {name} changed by {rise}."
    # the next doubling brings less than the last, and no score is above 1
    step = min(step, 1 - last.value)
    size = f"{scale * step:.0f}{unit}" if classes else f"{step:.2f}"
    if classes and last.labels < _TOO_FEW:
        verdict = f"Most likely: {told[id(last)]} labels of a class leave much to chance, and the curve is too short to tell more."
    elif step > _WORTH and not step < error:
        verdict = f"Yes, more labels would help: twice as many may bring up to {size} more."
    elif step > _WORTH:
        verdict = "Maybe: the rise is no larger than what chance does among the folds. Label more where the map is unsure, and see."
    else:
        verdict = (
            "Hardly: more labels of the same kind would bring little. Other features, a layer more in the stack, clearer classes or "
            "corrected labels may bring more."
        )
    report.heading("Would more labels help?")
    report.text(f"{verdict} {story}")
    plots.curve(report, points, classes)
    if trial.recipe.search != "off":
        report.text("Settings are the method's own here: they were not searched for with each number of labels.")


def _importance(report: Report, trial: Trial, found: Sequence[Importance]) -> None:
    if not found:
        return
    report.heading("What the map is learnt from")
    for band in (False, True):
        shown = [one for one in found if one.band == band]
        if shown:
            plots.importance(report, shown, bool(trial.recipe.classes))
    if trial.examples.x.shape[1] > MOST_BANDS:
        report.text(
            f"There are {trial.examples.x.shape[1]} bands, so single ones were not looked at, only whole layers."
        )
    report.text(
        "What loses nothing can be left out. But layers or bands that tell the same stand in for each other: each by itself loses little, "
        "though one of them is needed."
    )


def _suspects(report: Report, trial: Trial, model: Model, features: Features, found: Sequence[Suspect]) -> None:
    if not found:
        return
    several = len(np.unique(trial.examples.scene)) > 1
    here = [one for one in found if trial.examples.scene[one.index] == 0]
    shown = list(found[:_LISTED])
    report.heading("Labels that look wrong")
    count = len(found) if len(found) < MOST else f"more than {MOST - 1}"
    report.text(
        f"What is learnt from the others contradicts {count} label{'' if count == 1 else 's'}. Some of them are wrong, others are "
        "right, and rare or hard: look at them, from the first on, and correct those that are wrong."
        + (
            f" The first {_LISTED} are listed; ask for suspicious labels as a layer to see all."
            if len(found) > _LISTED
            else ""
        )
    )
    checked = trial.validated
    if checked is not None and trial.recipe.classes and (checked.predicted != trial.examples.y).mean() > _WEAK:
        report.text(
            "The map contradicts so many that it is weak itself, rather than the labels wrong: only the first few are worth a look."
        )
    ground = features.source.transform, features.crs
    rows: list[tuple[Any, ...]] = []
    for rank, one in enumerate(shown, 1):
        scene = int(trial.examples.scene[one.index])
        row, col = trial.examples.places[one.index].tolist()
        if scene == 0:
            x, y = places(trial, [one], [ground])[0]
            where = f"{x:.10g}, {y:.10g}"
        else:
            where = f"row {row}, column {col}"
        which = (scene + 1,) if several else ()
        rows.append((rank, *_given(trial, model, one), one.cells, *which, where))
    kinds = (
        ("", "Labelled", "", "Looks like", "Own probability")
        if trial.recipe.classes
        else ("Labelled", "Looks like", "Deviations off")
    )
    report.table(("", *kinds, "Cells", *(("Raster",) if several else ()), "Place"), rows)
    pictured = here[:_PICTURES]
    if pictured:
        where_to = np.array([trial.examples.places[one.index] for one in pictured])
        own = trial.examples.x[:, : len(features.source.bands)]
        with open_original(features, own) as original:
            cut = thumbnails(original, features, where_to)
            first = "The first of them" + (" on the first raster" if several else "")
            plots.thumbnails_sheet(
                report, cut, _ACROSS, _GAP, f"{first}, row by row, {original.caption}; the cell in question is framed."
            )


def _given(trial: Trial, model: Model, one: Suspect) -> tuple[Any, ...]:
    """Cells of a table: what was labelled, what it looks like, how sure that is."""
    if not trial.recipe.classes:
        return float(trial.examples.y[one.index]), float(one.predicted), f"{one.score:.1f}"
    own, other = model.classes[int(trial.examples.y[one.index])], model.classes[int(one.predicted)]
    return Swatch(own.colour), own.label, Swatch(other.colour), other.label, whole_percent(1 - one.score)


def _checked(report: Report, job: Train, trial: Trial, found: Sequence[Check], unit: str) -> None:
    report.heading("How it was checked")
    if trial.validated is None:
        report.text(
            "It was not checked: nothing was held out." + (" But there are labels to test with." if found else "")
        )
        return
    folds = trial.validated.folds
    size = f" of {length(folds.size, unit)}" if folds.size else ""
    rows: list[tuple[str, Any]] = [
        ("Held out together", WAYS[folds.way]), ("Folds", folds.count), (f"Blocks{size}", folds.blocks), ("Random seed", job.seed),
        ("Labels", len(np.unique(trial.examples.group))), ("Labelled cells", len(trial.examples)),
    ]  # fmt: skip
    if trial.tested is not None:
        rows.append(("Labelled cells to test with", len(trial.tested.examples)))
    rows += [(f"Seconds: {stage}", round(seconds, 1)) for stage, seconds in trial.seconds.items()]
    report.table(("", ""), rows)
    report.text(
        "Each fold was predicted by a model that was learnt from the others, scaling, compression and the search for settings included. Cells of one "
        "label, and of labels that share a cell, were never split. The model that is saved was learnt from all labels, so it is rather "
        "a little better than these figures."
    )
