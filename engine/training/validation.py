"""What is learnt from some labels, compared with the others: each fold is predicted by a model that has not seen it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...contract.job import Context
from .examples import Examples
from .folds import Folds
from .metrics import NumberScores, Scores, classification, regression
from .recipe import Recipe

log = logging.getLogger(__name__)


@dataclass
class Validated:
    """Predictions of examples by models that were fitted without their fold.

    Attributes:
        folds: what was held out together.
        predicted: (n,) index of the class, or number.
        probability: (n, classes) float32; None for numbers.
        models: the fitted pipeline of each fold.
        chosen: the settings that a search chose in each fold.
    """

    folds: Folds
    predicted: np.ndarray
    probability: np.ndarray | None
    models: list[Any] = field(default_factory=list)
    chosen: list[dict[str, Any]] = field(default_factory=list)


def cross_validate(recipe: Recipe, examples: Examples, folds: Folds, ctx: Context, stage: str) -> Validated:
    """Fit as many models as there are folds, each without one, and predict that."""
    count = len(examples)
    numbers = recipe.task == "numbers"
    made = Validated(
        folds,
        np.zeros(count) if numbers else np.zeros(count, np.int64),
        None if numbers else np.zeros((count, recipe.classes), np.float32),
    )
    for fold in ctx.track(range(folds.count), "folds", stage):
        held = folds.number == fold
        model, chosen = recipe.fit(examples.x[~held], examples.y[~held], examples.group[~held])
        predicted, probability = recipe.predict(model, examples.x[held])
        made.predicted[held] = predicted
        if made.probability is not None and probability is not None:
            made.probability[held] = probability
        made.models.append(model)
        made.chosen.append(chosen)
    return made


def score(
    recipe: Recipe, examples: Examples, predicted: np.ndarray, weight: np.ndarray | None = None
) -> Scores | NumberScores:
    """Accuracy of classes, or errors of numbers; (n,) *weight* is what each example counts, None for 1."""
    if recipe.task == "numbers":
        return regression(examples.y, predicted, weight)
    return classification(examples.y, predicted, examples.classes, weight)
