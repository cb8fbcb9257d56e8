"""Factor analysis, from the covariance of all cells."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson

log = logging.getLogger(__name__)


@dataclass(init=False, repr=False, eq=False)
class FactorAnalysis(Reduction):
    """Factor analysis: what bands have in common, leaving out the noise that each band has of its own.

    Good where some bands are much noisier than others, which PCA would take for structure. It is linear and uses all cells.
    With a rotation each factor follows few bands, which makes it easier to name.
    """

    id = "factor_analysis"
    title = "Factor analysis"
    cells = 20_000
    source = "https://doi.org/10.1007/BF02289343"

    rotation: str = f.choice(
        "Rotation", ("none", "varimax", "quartimax"), "varimax",
        help="varimax: each factor follows few bands. quartimax: each band follows few factors. none: as PCA, the strongest first.",
    )  # fmt: skip
    steps: int = f.integer(
        "Most steps",
        1000,
        minimum=10,
        maximum=100_000,
        advanced=True,
        help="More where the log says it did not settle.",
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Maximum likelihood on the covariance of all cells."""
        import numpy as np

        from ..engine.methods.estimators import LinearMap
        from ..engine.methods.linear import common_factors, oriented, turned, whitening

        whitening(lesson, components, self.title)
        alive = np.flatnonzero(np.diag(lesson.covariance) > 0)
        covariance = lesson.covariance[np.ix_(alive, alive)]
        loadings, noise, steps = common_factors(covariance, components, self.steps, lesson.seed)
        if steps >= self.steps:
            log.warning("factor analysis did not settle in %d steps: allow more", self.steps)
        found = int(((loadings**2).sum(1) > 1e-6 * np.trace(covariance)).sum())
        if found < components:
            raise BadRequest(
                f"components = {components}, but the bands have {found} factors in common", "ask for fewer, or take PCA"
            )
        if self.rotation != "none" and components > 1:
            loadings = turned(loadings, self.rotation)
        weighted = loadings / noise
        # the mean of the factors, given the features of a cell
        scores = np.linalg.solve(np.eye(components) + weighted @ loadings.T, weighted)
        power = (loadings**2).sum(1)
        order = np.argsort(-power, kind="stable")
        axes = np.zeros((components, lesson.dims))
        axes[:, alive] = oriented(scores[order])
        facts = {"shares": (power[order] / np.trace(covariance)).tolist(), "steps": steps}
        return LinearMap(np.ascontiguousarray(axes, np.float32)), facts
