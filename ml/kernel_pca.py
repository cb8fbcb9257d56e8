"""Kernel PCA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class KernelPCA(Reduction):
    """PCA along curves: finds bent structure that PCA would spread over several components.

    Fitted on a sample; every other cell is compared with all of the sample, so no cell is guessed, and a raster of millions of
    cells takes minutes. Cells far from everything in the sample all get about the same values.
    """

    id = "kernel_pca"
    title = "Kernel PCA"
    cells = 3000
    compress = 30
    most_cells = 8000
    widens = True
    source = "https://doi.org/10.1162/089976698300017467"

    kernel: str = f.choice(
        "Kernel", ("gaussian", "polynomial"), "gaussian",
        help="gaussian: cells count as alike up to a distance. polynomial: products of bands, as in ratios and textures.",
    )  # fmt: skip
    width: float = f.number(
        "Width", 1.0, minimum=0.05, maximum=100,
        help="In typical distances between cells. Small: shows groups. Large: much like PCA.",
    )  # fmt: skip
    degree: int = f.integer("Degree", 2, minimum=2, maximum=5, advanced=True, help="Of the polynomial.")

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Eigenvectors of the centred kernel between all cells of the sample."""
        import numpy as np

        from ..engine.methods.embedding import distinct, top_eigen
        from ..engine.methods.estimators_reduce import KernelMap, kernel, squared_distances
        from ..engine.methods.linear import directions, too_few_directions
        from ..engine.preparation import signs

        x = distinct(lesson, components + 1, f"kernel PCA with {components} components")
        if self.kernel == "gaussian":
            some = squared_distances(x[:2000], x[:2000])
            width = self.width * float(np.sqrt(np.median(some[np.triu_indices(len(some), 1)])))
        else:
            width = self.width * float(np.sqrt(np.trace(lesson.covariance)))
        similar = kernel(x, x, self.kernel, width, self.degree)
        means = similar.mean(0)
        similar -= means + (means - means.mean())[:, None]
        total = float(np.trace(similar))
        values, vectors = top_eigen(similar, components, lesson.seed)
        if directions(values) < components:
            raise too_few_directions(components, directions(values), self.title)
        weights = vectors / np.sqrt(values)
        # a component has no sign of its own: let it rise with the feature that it follows most
        weights = weights * signs(vectors.T @ (x - x.mean(0)))
        estimator = KernelMap(x, weights, means, self.kernel, width, self.degree)
        return estimator, {"shares": (values / total).tolist()}
