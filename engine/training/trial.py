"""All that a training has found out: what its report and its figures tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .examples import Examples
from .recipe import Recipe
from .validation import Validated


@dataclass(frozen=True)
class Tested:
    """Predictions of labels that nothing was learnt from.

    Attributes:
        examples: with the classes of the training.
        predicted: (n,) index of the class, or number.
        probability: (n, classes) float32; None for numbers.
    """

    examples: Examples
    predicted: np.ndarray
    probability: np.ndarray | None


@dataclass
class Trial:
    """A training.

    Attributes:
        recipe: method and settings.
        examples: all labelled cells.
        validated: the check that was asked for; None where none was.
        random: the check by random features, which flatters; None where that is the one asked for, or none was.
        tested: labels of their own; None without.
        final: the pipeline fitted on all examples.
        chosen: settings that a search chose for it.
        lonely: classes all of whose labels are held out at once.
        threshold: see ``Trained``.
        error_rate: 0 to 1, of sets and intervals.
        covered: share of labels within their set or interval, when their block is held out; None where unknown.
        set_size: mean number of classes that can't be ruled out; None for numbers or where unknown.
        seconds: stage -> how long it took.
        notes: what to mind about the labels, a sentence each.
    """

    recipe: Recipe
    examples: Examples
    validated: Validated | None
    random: Validated | None
    tested: Tested | None
    final: Any
    chosen: dict[str, Any]
    lonely: list[str]
    threshold: float
    error_rate: float
    covered: float | None
    set_size: float | None
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def told(self) -> bool:
        """Whether the check says anything: there is one, and of some class not all labels were held out at once."""
        return self.validated is not None and (not self.recipe.classes or len(self.lonely) < self.recipe.classes)
