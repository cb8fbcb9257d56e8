"""Nearest prototype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import Learner


@dataclass(init=False, repr=False, eq=False)
class Prototype(Learner):
    """Nearest prototype: a cell belongs to the class whose mean features point the same way as its own. For classes only.

    The simplest method: one or two labels a class are enough on features of an encoder, and nothing can be learnt by heart. With more
    labels, others get better and this one does not. All classes count alike, however many labels they have.
    """

    id = "prototype"
    title = "Nearest prototype"
    numbers = False
    source = "https://papers.nips.cc/paper/6996-prototypical-networks-for-few-shot-learning"

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """Cosines; their softmax is as steep as suits examples that are held out."""
        from ..engine.methods.estimators_learners import NearestPrototype
        from ..engine.methods.estimators_supervised import WithProbabilities

        return WithProbabilities(NearestPrototype(), seed=seed)
