"""The story of a training: find the labelled cells, check by folds, learn from all of them, save, map."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from ...contract.errors import BadRequest
from ...contract.job import Context
from .. import colours
from ..methods.estimators_supervised import raster_weights
from ..methods.estimators_trained import Trained
from ..models import ClassOf, Model
from ..outputs import Outputs
from ..preparation import Preparation
from ..reducing import place_of
from ..wording import of_labels
from . import figures, importance, learning_curve, suspects
from .applicability import applicability
from .blocks import choose_folds
from .conformal import coverage_by_block, half_width, number_coverage_by_block, threshold
from .examples import Examples, Found, find, gather
from .folds import random_folds
from .ground import Ground
from .labels import Rules
from .maps import Cleaning, write
from .recipe import Recipe
from .stack import Stack, covering, open_stack
from .trial import Tested, Trial
from .validation import Validated, cross_validate, score

if TYPE_CHECKING:
    from ...algorithms.train import Train
    from ...ml import Learner

log = logging.getLogger(__name__)

#: transform and CRS of each raster
Scenes = list[tuple[Affine, CRS | None]]
#: shares of the labels that the colours of a map of numbers span
_LOW, _HIGH = 0.02, 0.98


def run(job: Train, card: Learner, ctx: Context) -> dict[str, Any]:
    """Train as *job* asks, with the method *card*; return output field -> path."""
    # wrong options of a method are told before anything is read
    card.estimator(job.task, 2 if job.task == "classes" else 0, job.seed, job.balance)
    with Outputs(job) as outputs, _stack(job, job.input, job.extent, job.more or []) as stack:
        rules = Rules.of(job)
        examples, test, scenes = _read(job, stack, rules, ctx)
        layers = tuple(layer.bands for layer in stack.layers)
        recipe = Recipe(
            card, job.task, len(examples.classes), job.seed, job.balance, job.scaling, job.compress, job.search, layers
        )
        trial = _learn(job, stack, recipe, examples, test, ctx)
        trial.notes += _notes(rules, job)
        model = _model(job, card, stack, trial)
        _tell(trial, ctx)
        model.save(outputs.part("model"))
        if "output" in outputs:
            write(model, stack, job, outputs, ctx, Cleaning())
        _write_findings(job, outputs, trial, model, stack, scenes, ctx)
    return outputs.paths


@contextmanager
def _stack(job: Train, raster: str, extent: str | None, more: list[str]) -> Iterator[Stack]:
    with open_stack(raster, job.bands, extent, more, job.deviation, job.window, job.grid) as stack:
        yield stack


def _read(job: Train, stack: Stack, rules: Rules, ctx: Context) -> tuple[Examples, Examples | None, Scenes]:
    """The labelled cells of all scenes; those to test with, of all scenes too; and where the scenes lie."""
    scenes = [(stack.source.transform, stack.crs)]
    # rules of their own, so that classes that are only tested with are not missed
    test_rules = replace(Rules.of(job), fold_column="")
    found, tests = [find(job, stack, rules, ctx)], [_find_test(job, stack, test_rules, ctx)]
    ground = Ground.of(stack)
    for scene in job.scenes or []:
        with _stack(job, scene, None, covering(job.more or [], scene)) as other:
            stack.plan.check(other.plan, other.source.name)
            scenes.append((other.source.transform, other.crs))
            found.append(find(job, other, rules, ctx, ground=ground))
            tests.append(_find_test(job, other, test_rules, ctx))
    for one, name in zip(found, [job.input, *(job.scenes or [])]):
        if not len(one.marks) and len(found) > 1:
            log.warning("no label lies on a cell with data of %s", name)
    examples = gather(found, rules)
    log.info("%s", of_labels(len(examples), len(np.unique(examples.group))))
    for note in _notes(rules, job):
        log.warning("%s", note)
    if not job.test:
        return examples, None, scenes
    test = gather([one for one in tests if one is not None], test_rules, examples.classes)
    if not len(test):
        raise BadRequest("no label to test with is of a class that is learnt", "check the column of the test layer")
    known = set(zip(examples.scene.tolist(), *examples.places.T.tolist()))
    both = sum(place in known for place in zip(test.scene.tolist(), *test.places.T.tolist()))
    if both:
        log.warning("%d of %d cells to test with are learnt from, too, which flatters", both, len(test))
    return examples, test, scenes


def _notes(rules: Rules, job: Train) -> list[str]:
    """What to mind about the labels, without a full stop."""
    if 2 * rules.small <= rules.polygons or not rules.small:
        return []
    how = (
        "stack a finer raster, such as the image itself, and choose Cells = finest"
        if not job.more
        else "choose Cells = finest" if job.grid == "input" else "draw them larger, or stack a finer raster"
    )  # fmt: skip
    return [
        f"{rules.small} of {rules.polygons} label polygons are smaller than a cell, which is mostly something else then: {how}"
    ]


def _find_test(job: Train, stack: Stack, rules: Rules, ctx: Context) -> Found | None:
    return find(job, stack, rules, ctx, [job.test]) if job.test else None


def _learn(job: Train, stack: Stack, recipe: Recipe, examples: Examples, test: Examples | None, ctx: Context) -> Trial:
    started = time.monotonic()
    validated = random = None
    if job.validation != "none":
        folds = choose_folds(job, stack, examples, ctx)
        validated = cross_validate(recipe, examples, folds, ctx, "check")
        if folds.way != "random":
            others = random_folds(examples.group, examples.y, job.folds, job.seed)
            random = cross_validate(recipe, examples, others, ctx, "check, flattered")
    checked = time.monotonic()
    ctx.progress(0, 1, "methods", "fit")
    final, chosen = recipe.fit(examples.x, examples.y, examples.group)
    tested = Tested(test, *recipe.predict(final, test.x)) if test is not None else None
    rate = job.error_rate / 100
    limit, covered, size = _sets(recipe, examples, validated, rate)
    lonely = [examples.classes[i] for i in validated.folds.lonely(examples.y)] if validated else []
    _tell_lonely(lonely, examples, validated)
    seconds = {"check": checked - started, "fit": time.monotonic() - checked}
    return Trial(
        recipe, examples, validated, random, tested, final, chosen, lonely, limit, rate, covered, size, seconds
    )


def _tell_lonely(lonely: list[str], examples: Examples, validated: Validated | None) -> None:
    """Log of which classes nothing can be told."""
    if validated is None or not lonely:
        return
    names = ", ".join(lonely[:8]) + (f" and {len(lonely) - 8} more" if len(lonely) > 8 else "")
    if len(lonely) < len(examples.classes):
        log.warning("all labels of %s are held out at once, so it can't be told how well they do", names)
    elif len(np.unique(examples.group)) == len(lonely):
        log.warning("accuracy can't be checked: there is one label for each class, so nothing can be held out")
    else:
        log.warning(
            "accuracy can't be checked: all labels of each class are held out at once, because they lie close together"
        )


def _sets(
    recipe: Recipe, examples: Examples, validated: Validated | None, rate: float
) -> tuple[float, float | None, float | None]:
    """What sets or intervals are made with; the share of labels within, and the mean size of a set."""
    if validated is None:
        return 0.0 if recipe.classes else float("nan"), None, None
    block = validated.folds.block
    if validated.probability is None:
        found = number_coverage_by_block(examples.y, validated.predicted, block, rate)
        return half_width(examples.y, validated.predicted, rate), found.share, None
    found = coverage_by_block(validated.probability, examples.y, block, rate)
    return threshold(validated.probability, examples.y, rate), found.share, found.size


def _model(job: Train, card: Learner, stack: Stack, trial: Trial) -> Model:
    examples = trial.examples
    bands = examples.x.shape[1]
    layers = trial.recipe.layers
    weights = raster_weights(layers) if len(layers) > 1 else None
    known = applicability(examples.x, trial.validated.folds.number if trial.validated else None, weights, job.seed)
    numbers = not trial.recipe.classes
    classes = [
        ClassOf(i + 1, name, colour)
        for i, (name, colour) in enumerate(zip(examples.classes, colours.wheel(len(examples.classes))))
    ]
    told = hashlib.sha256(examples.x.tobytes() + examples.y.tobytes()).hexdigest()
    facts: dict[str, Any] = {
        "labelled cells": len(examples), "settings found": trial.chosen, "labels sha256": told,
    }  # fmt: skip
    if trial.validated is not None:
        facts |= _figures(trial, trial.validated)
    if numbers:
        facts["stretch"] = [float(f"{v:.6g}") for v in np.quantile(examples.y, (_LOW, _HIGH))]
    return Model(
        "regress" if numbers else "classify", card.id, card.title, job.settings(), stack.plan.contracts[0],
        Preparation(False, np.zeros(bands, np.float32), np.ones(bands, np.float32), None),
        Trained(trial.final, trial.recipe.classes, trial.threshold, known),
        [job.column or "number" if numbers else "class"], classes=classes, facts=facts, stack=stack.plan.as_dict(), **place_of(stack),
    )  # fmt: skip


def _figures(trial: Trial, checked: Validated) -> dict[str, Any]:
    """The figures in a few words; none where nothing can be told."""
    if trial.recipe.classes and len(checked.folds.lonely(trial.examples.y)) == trial.recipe.classes:
        return {"checked by": "nothing: the labels of each class are too few or too close"}
    found = score(trial.recipe, trial.examples, checked.predicted).figures
    names = ("overall accuracy", "balanced accuracy") if trial.recipe.classes else ("R²", "RMSE")
    return {**{name: found[name] for name in names}, "checked by": checked.folds.way}


def _tell(trial: Trial, ctx: Context) -> None:
    ctx.fact("labelled cells", len(trial.examples))
    if trial.recipe.classes:
        ctx.fact("classes", trial.recipe.classes)
    if trial.validated is not None:
        for name, value in _figures(trial, trial.validated).items():
            ctx.fact(name, round(value, 4) if isinstance(value, float) else value)
    if trial.random is not None:
        for name, value in list(_figures(trial, trial.random).items())[:1]:
            if isinstance(value, float):
                ctx.fact(f"{name}, random labels held out", round(value, 4))


def _write_findings(
    job: Train, outputs: Outputs, trial: Trial, model: Model, stack: Stack, scenes: Scenes, ctx: Context
) -> None:
    """Report, figures, suspicious labels."""
    found = suspects.find(trial) if "report" in outputs or "suspects" in outputs else []
    if "suspects" in outputs:
        layer = os.path.splitext(os.path.basename(outputs.paths["suspects"]))[0]
        shades = [one.colour for one in model.classes]
        suspects.write(outputs.part("suspects"), layer, trial, found, scenes, shades)
        ctx.fact("suspicious labels", len(found))
    if "figures" in outputs:
        figures.write(outputs.part("figures"), trial)
    if "report" in outputs:
        from ..reports import train as report

        edges = np.cumsum([0, *(layer.bands for layer in stack.layers)])
        layers = [(name, slice(a, b)) for name, a, b in zip(stack.plan.rasters, edges, edges[1:])]
        important = importance.by_layer(trial, stack.plan.names, layers, job.seed, ctx) if trial.told else []
        checked = trial.validated
        points = (
            learning_curve.curve(trial.recipe, trial.examples, checked.folds, job.seed, ctx, checked.predicted)
            if checked and trial.told
            else []
        )
        report.write(outputs.part("report"), job, trial, model, stack, important, points, found)
