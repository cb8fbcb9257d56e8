"""Gaussian process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class GaussianProcess(Learner):
    """Gaussian process: smooth surfaces through the labels, whose smoothness is found from the labels themselves.

    Needs no settings and knows well how sure it is: for up to some hundred labels, above all for numbers. Time grows with the third
    power of the labels, so it learns from as many as set here. Mapping is slow.
    Where classes count alike, probabilities are divided by the shares of the classes among the labels.
    """

    id = "gaussian_process"
    title = "Gaussian process"
    source = "https://gaussianprocess.org/gpml/"

    most: int = f.integer(
        "Labels at most", 500, minimum=10, maximum=5000, help="Of more, so many are drawn evenly. 1000 take minutes."
    )
    smooth: str = f.choice(
        "Smoothness",
        ("very", "less"),
        "very",
        advanced=True,
        help="less: surfaces may have folds, which real ones often do.",
    )

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's, with a kernel that starts where the examples are."""
        from ..engine.methods.estimators_learners import ProcessClassifier, ProcessRegressor
        from ..engine.methods.estimators_supervised import WithProbabilities

        if task == "numbers":
            return ProcessRegressor(self.most, self.smooth, seed)
        return WithProbabilities(ProcessClassifier(self.most, self.smooth, seed), balanced, seed)
