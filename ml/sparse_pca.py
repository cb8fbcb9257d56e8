"""Principal components of few bands each, from the covariance of all cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class SparsePCA(Reduction):
    """Principal components that use few bands each, so that one can say what a component is made of.

    Made for spectra and other bands with a meaning. It holds less variance than PCA with as many components, and components
    are a little correlated. Computed from all cells, in one pass.
    """

    id = "sparse_pca"
    title = "Sparse PCA"
    cells = 20_000
    on_bands = True
    source = "https://www.jmlr.org/papers/v14/yuan13a.html"

    used: int = f.integer(
        "Bands of each component", 25, minimum=1, maximum=100, unit="% of all",
        help="Few: easy to name. 100: the same as PCA.",
    )  # fmt: skip

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Truncated power method on the covariance of all cells."""
        import math

        import numpy as np

        from ..engine.methods.estimators import LinearMap
        from ..engine.methods.linear import sparse_axes

        bands = max(1, math.ceil(lesson.dims * self.used / 100))
        axes, explained = sparse_axes(lesson.covariance, components, bands)
        shares = explained / np.trace(lesson.covariance)
        return LinearMap(np.ascontiguousarray(axes, np.float32)), {
            "shares": shares.tolist(), "bands of each component": bands,
        }  # fmt: skip
