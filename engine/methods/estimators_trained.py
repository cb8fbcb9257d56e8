"""What training leaves behind, in model files: a fitted pipeline, and what tells where not to trust it. Its name stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..training.conformal import set_sizes
from ..training.pipelines import probabilities

__all__ = ["Trained"]


class Trained(BaseEstimator):  # type: ignore[misc]
    """A pipeline and its doubts.

    Args:
        pipeline: fitted, of scikit-learn's kind.
        classes: how many; 0 where it gives numbers.
        threshold: of classes, the probability above which one can't be ruled out; of numbers, half the width of the interval.
        applicability: with ``index`` and ``threshold``, see ``training.applicability``; None where it is not known.
    """

    def __init__(self, pipeline: Any, classes: int, threshold: float, applicability: Any) -> None:
        self.pipeline, self.classes = pipeline, classes
        self.threshold, self.applicability = threshold, applicability

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cells, bands) to (cells,) float32 class from 0 or number, and (cells, classes) float32 probabilities (none: 0 wide)."""
        if not self.classes:
            return np.asarray(self.pipeline.predict(x), np.float32).reshape(-1), np.empty((len(x), 0), np.float32)
        found = probabilities(self.pipeline, x, self.classes)
        return found.argmax(1).astype(np.float32), found

    def doubts(self, x: np.ndarray, probability: np.ndarray, unlike: bool = True) -> np.ndarray:
        """(cells, 4) float32: confidence, classes that can't be ruled out, dissimilarity, 1 outside the area of applicability.

        Of numbers, the first two are half the width of the interval, and nothing (NaN). The last two take longest: without
        *unlike* they stay NaN.
        """
        made = np.full((len(x), 4), np.nan, np.float32)
        if self.classes:
            made[:, 0] = probability.max(1)
            made[:, 1] = set_sizes(probability, self.threshold)
        else:
            made[:, 0] = self.threshold
        if unlike and self.applicability is not None:
            made[:, 2] = self.applicability.index(x)
            made[:, 3] = made[:, 2] > self.applicability.threshold
        return made
