"""How a model is made of examples: the method, its settings, and what happens to features first. Made anew for every fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from .pipelines import pipeline, probabilities
from .tuning import tuned

if TYPE_CHECKING:
    from ...ml import Learner


@dataclass(frozen=True)
class Recipe:
    """A method with its settings.

    Attributes:
        card: the method.
        task: ``classes`` or ``numbers``.
        classes: how many; 0 for numbers.
        seed: for everything random.
        balance: classes count alike.
        scaling, compress: see ``pipelines.pipeline``.
        search: ``off``, ``quick`` or ``thorough``.
        layers: bands of each raster of the stack.
    """

    card: Learner
    task: str
    classes: int
    seed: int
    balance: bool = True
    scaling: str = "auto"
    compress: int | None = None
    search: str = "off"
    layers: tuple[int, ...] = ()

    def fit(self, x: np.ndarray, y: np.ndarray, group: np.ndarray) -> tuple[Any, dict[str, Any]]:
        """Return a fitted pipeline, and the settings that a search chose."""
        # on one thread: how many there are must not change how a sum is rounded
        with threadpool_limits(1):
            return tuned(self.card, self.make, x, y, group, 3, self.search, self.seed)

    def make(self) -> Any:
        """A pipeline that is not fitted yet."""
        return pipeline(
            self.card, self.task, self.classes, self.seed, self.balance, self.scaling, self.compress, self.layers
        )

    def predict(self, fitted: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """(cells,) class or number, and (cells, classes) float32 probabilities; None for numbers."""
        if self.task == "numbers":
            return np.asarray(fitted.predict(x), np.float64).reshape(-1), None
        found = probabilities(fitted, x, self.classes)
        return found.argmax(1), found
