"""Principal components, exact: from the covariance of all cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class PCA(Reduction):
    """Principal components: fast, linear, keeps large distances. The safe first choice.

    They are computed from all cells, not from a sample, in one pass and without rounds of approximation. The components are
    not correlated, and the first ones hold as much of the variance as so many components can.
    """

    id = "pca"
    title = "PCA"
    cells = 20_000
    source = "https://doi.org/10.1111/1467-9868.00196"

    whiten: bool = f.flag(
        "Same variance for all",
        False,
        advanced=True,
        help="Stretch each component to variance 1, for methods that compare distances. Faint ones then count as much as strong ones.",
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Axes of the covariance of all cells."""
        import numpy as np

        from ..engine.methods.estimators import LinearMap
        from ..engine.methods.linear import directions
        from ..engine.preparation import principal_axes

        values, axes = principal_axes(lesson.covariance)
        kept = axes[:components]
        if self.whiten:
            # what never changes is left at 0: there is nothing in it but rounding
            alive = np.arange(components) < directions(values)
            kept = kept * np.where(alive, 1 / np.sqrt(np.maximum(values[:components], 1e-300)), 0)[:, None]
        shares = values / max(values.sum(), 1e-300)
        return LinearMap(np.ascontiguousarray(kept, np.float32)), {"shares": shares[:components].tolist()}
