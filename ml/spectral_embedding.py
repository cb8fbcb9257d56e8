"""Spectral embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class SpectralEmbedding(Reduction):
    """Laplacian eigenmaps: the slowest changes from neighbour to neighbour. Pulls groups apart that hardly touch.

    What spectral clustering sees before it cuts. It places a sample of the cells; every other cell gets what its nearest
    neighbours among the sample have, weighted by how near they are in the features.
    """

    id = "spectral_embedding"
    title = "Spectral embedding"
    cells = 5000
    compress = 30
    most_cells = 50_000
    source = "https://doi.org/10.1162/089976603321780317"

    neighbours: int = f.integer(
        "Neighbours", 15, minimum=2, maximum=500, help="Few: fine detail. Many: the big picture."
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Eigenvectors of the graph of neighbours."""
        import numpy as np

        from ..engine.methods.embedding import distinct, graph_of, neighbours_of, placed, slow_changes

        needed = max(self.neighbours, components + 1) + 1
        x = distinct(
            lesson, needed, f"Spectral embedding with {self.neighbours} neighbours and {components} components"
        )
        index, distance = neighbours_of(x, self.neighbours)
        graph = graph_of(index, distance, x)
        # how far a cell's neighbours usually are, differs: https://papers.nips.cc/paper/2619-self-tuning-spectral-clustering
        reach = distance[:, min(6, self.neighbours - 1)]
        graph = graph.tocoo()
        graph.data = np.exp(-(graph.data**2) / (reach[graph.row] * reach[graph.col]))
        return placed(x, slow_changes(graph.tocsr(), components, lesson.seed)), {}
