"""Independent components."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson

log = logging.getLogger(__name__)


@dataclass(init=False, repr=False, eq=False)
class ICA(Reduction):
    """Independent components: turns the principal components until each says something of its own.

    Finds sources that add up in every cell, such as materials, shadow or stripes of the sensor, when PCA mixes them. It is
    linear and fast. The components have no natural order: here the one that explains most comes first. Sources that are
    normally distributed can't be told apart.
    """

    id = "ica"
    title = "ICA"
    source = "https://doi.org/10.1016/S0893-6080(00)00026-5"

    contrast: str = f.choice(
        "Contrast", ("logcosh", "exp", "cube"), "logcosh", advanced=True,
        help="How independence is judged. logcosh suits most; exp for very peaked sources or outliers; cube for flat ones without outliers.",
    )  # fmt: skip
    steps: int = f.integer(
        "Most steps", 500, minimum=10, maximum=100_000, advanced=True, help="More where the log says it did not settle."
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Whiten with the covariance of all cells, turn with the sample."""
        import warnings

        import numpy as np
        from sklearn.decomposition import FastICA
        from sklearn.exceptions import ConvergenceWarning

        from ..engine.fitting import at_least
        from ..engine.methods.estimators import LinearMap
        from ..engine.methods.linear import oriented, whitening
        from ..engine.preparation import product

        at_least(lesson, 2 * components, f"ICA with {components} components")
        axes, back = whitening(lesson, components, "ICA")
        white = product(lesson.x, axes).astype(np.float64)
        model = FastICA(whiten=False, fun=self.contrast, max_iter=self.steps, random_state=lesson.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(white)
        if model.n_iter_ >= self.steps:
            log.warning("ICA did not settle in %d steps: allow more, or ask for fewer components", self.steps)
        turn = model.components_
        # variance 1 each and no correlation, so what each adds to the features is the length of its column
        power = ((back @ turn.T) ** 2).sum(0)
        order = np.argsort(-power, kind="stable")
        estimator = LinearMap(np.ascontiguousarray(oriented(turn[order] @ axes), np.float32))
        return estimator, {"shares": (power[order] / np.trace(lesson.covariance)).tolist(), "steps": int(model.n_iter_)}
