"""Trainings made on the spot: labelled cells that can be learnt from, and what a check of them found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from iamap.algorithms import jobs
from iamap.engine.training.conformal import coverage_by_block, half_width, number_coverage_by_block, threshold
from iamap.engine.training.examples import Examples
from iamap.engine.training.folds import block_folds, random_folds
from iamap.engine.training.recipe import Recipe
from iamap.engine.training.trial import Tested, Trial
from iamap.engine.training.validation import cross_validate
from making import context

SIDE, CELL = 80, 10.0
MODEL = {"column": "c", "labels": "labels.gpkg", "model": "m.iamap", "report": "r.html"}


def examples_of(kinds, features=12, cells=3, bands=6, spread=0.6, noise=0, seed=0):
    """Label features of some cells, all over the raster; *kinds* 0 for numbers. The last *noise* bands tell nothing."""
    random = np.random.default_rng(seed)
    count = max(1, kinds) * features
    corner = random.permutation((SIDE // 4) ** 2)[:count]
    places = np.stack(np.divmod(corner, SIDE // 4), 1).repeat(cells, 0) * 4
    places[:, 1] += np.tile(np.arange(cells), count)
    y = np.arange(count).repeat(cells) % max(1, kinds)
    means = random.normal(0, 1, (max(1, kinds), bands - noise))
    x = np.hstack([means[y], np.zeros((len(y), noise))]) + random.normal(0, 1, (len(y), bands)) * spread
    if not kinds:
        x = random.normal(0, 1, (count, bands)).repeat(cells, 0) + random.normal(0, 0.1, (len(y), bands))
        y = 10 + x[:, : bands - noise].sum(1) + random.normal(0, spread, len(y))
    names = ["été", "草地", "a very long name of a class that nobody can read", "$x$", *map(str, range(kinds))][:kinds]
    xy = np.stack([500_000 + (places[:, 1] + 0.5) * CELL, 5_000_000 - (places[:, 0] + 0.5) * CELL], 1)
    group, scene = np.arange(count).repeat(cells), np.zeros(len(y), np.int64)
    return Examples(x.astype(np.float32), y, group, scene, places, xy, None, names)


def trial_of(examples, method="logistic", test=None, validation=True, blocks=True, **settings):
    """Check and fit as a training does."""
    kinds = len(examples.classes)
    few = {"trees": 40} if method == "random_forest" else {}
    job = jobs()[f"train_{method}"].make({"input": "f.tif", **MODEL, **few})
    recipe = Recipe(job.part(job.card), "classes" if kinds else "numbers", kinds, 3, **settings)
    final, chosen = recipe.fit(examples.x, examples.y, examples.group)
    tested = Tested(test, *recipe.predict(final, test.x)) if test else None
    bare = Trial(recipe, examples, None, None, tested, final, chosen, [], 0.0, 0.1, None, None, {"fit": 0.12})
    if not validation:
        return bare
    folds = block_folds(examples.xy, examples.group, examples.y, 4, 160.0, 1)
    others = random_folds(examples.group, examples.y, 4, 1)
    checked, random = (cross_validate(recipe, examples, one, context(), "check") for one in (folds, others))
    if kinds:
        limit = threshold(checked.probability, examples.y, 0.1)
        covered = coverage_by_block(checked.probability, examples.y, folds.block, 0.1)
    else:
        limit = half_width(examples.y, checked.predicted, 0.1)
        covered = number_coverage_by_block(examples.y, checked.predicted, folds.block, 0.1)
    lonely = [examples.classes[i] for i in folds.lonely(examples.y)]
    return replace(
        bare, validated=checked if blocks else random, random=random if blocks else None, lonely=lonely, threshold=limit,
        covered=covered.share, set_size=covered.size if kinds else None,
    )  # fmt: skip


def names_of(examples):
    return [f"b{i}" for i in range(examples.x.shape[1])]
