"""Multidimensional scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class MDS(Reduction):
    """Multidimensional scaling: keeps all distances between cells as well as so few components can, large and small alike.

    More faithful to distances than PCA, which is classical scaling, and slow: it places a small sample of the cells, and every
    other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features.
    """

    id = "mds"
    title = "MDS"
    cells = 1500
    compress = 30
    most_cells = 5000
    source = "https://doi.org/10.1007/BF02289565"

    steps: int = f.integer("Most steps", 300, minimum=10, maximum=10_000, advanced=True, help="Of moving cells about.")

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Move the sample, from its principal components on, until distances fit no better."""
        from ..engine.methods.embedding import distinct, placed, scaled_to_distances

        x = distinct(lesson, components + 1, f"MDS with {components} components")
        places, stress = scaled_to_distances(x, components, self.steps, lesson.ctx)
        return placed(x, places, turn=True), {"stress": round(stress, 4)}
