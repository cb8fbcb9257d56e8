"""Singular vectors of features that are not centred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class TruncatedSVD(Reduction):
    """Like PCA, but around zero instead of the mean: for reflectances, counts and indices, whose zero means nothing there.

    The first component is then about the overall brightness, the others about the shape of the spectrum. Computed from all
    cells, in one pass. Where zero means nothing in particular, as in the features of most encoders, take PCA.
    """

    id = "truncated_svd"
    title = "Truncated SVD"
    cells = 20_000
    source = "https://doi.org/10.1137/090771806"

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Axes of the second moments around zero, which follow from mean and covariance."""
        import numpy as np

        from ..engine.methods.estimators import LinearMap
        from ..engine.preparation import principal_axes

        zero = lesson.zero.astype(np.float64)
        values, axes = principal_axes(lesson.covariance + np.outer(zero, zero))
        shares = values / max(values.sum(), 1e-300)
        estimator = LinearMap(np.ascontiguousarray(axes[:components], np.float32), lesson.zero)
        return estimator, {"shares of the squares": shares[:components].tolist()}
