"""Isomap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class Isomap(Reduction):
    """Unrolls bent structure: keeps the distances that one would walk from neighbour to neighbour.

    Good for gradual change, such as a season, moisture or age. Isomap places a sample of the cells; every other cell gets what
    its nearest neighbours among the sample have, weighted by how near they are in the features. A few cells that lie between
    two groups can shorten the way between them.
    """

    id = "isomap"
    title = "Isomap"
    cells = 3000
    compress = 30
    most_cells = 6000
    source = "https://doi.org/10.1126/science.290.5500.2319"

    neighbours: int = f.integer(
        "Neighbours", 12, minimum=2, maximum=500, help="Few: follows bends closely. Many: steadier, more like PCA."
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Classical scaling of the shortest ways."""
        import numpy as np
        from scipy.sparse.csgraph import shortest_path

        from ..engine.methods.embedding import distinct, graph_of, neighbours_of, placed, top_eigen

        needed = max(self.neighbours, components) + 1
        x = distinct(lesson, needed, f"Isomap with {self.neighbours} neighbours and {components} components")
        ways = shortest_path(graph_of(*neighbours_of(x, self.neighbours), x), method="D", directed=False)
        np.square(ways, out=ways)
        means = ways.mean(0)
        ways -= means + (means - means.mean())[:, None]
        ways *= -0.5
        values, vectors = top_eigen(ways, components, lesson.seed)
        return placed(x, vectors * np.sqrt(np.maximum(values, 0))), {}
