"""UMAP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class UMAP(Reduction):
    """Keeps neighbours together, which shows clusters. Distances between clusters, and their sizes, mean little.

    UMAP places a sample of the cells. Every other cell gets what its nearest neighbours among the sample have, weighted by how
    near they are in the features: UMAP's own way to place new cells depends on which others are placed with them. For finer
    detail raise the number of cells to fit on; ten thousand more cost about half a minute.
    """

    id = "umap"
    title = "UMAP"
    cells = 10_000
    compress = 30
    source = "https://arxiv.org/abs/1802.03426"

    neighbours: int = f.integer(
        "Neighbours", 15, minimum=2, maximum=500, help="Few: fine detail. Many: the big picture."
    )
    distance: float = f.number(
        "Least distance", 0.1, minimum=0.0, maximum=0.99,
        help="How densely cells that are alike may be packed. 0: tight groups, for clustering. Above 0.3: even colours.",
    )  # fmt: skip
    rounds: int | None = f.integer(
        "Rounds",
        None,
        minimum=10,
        maximum=10_000,
        advanced=True,
        help="Of moving cells about. Empty: 200, or 500 for few cells.",
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Place the sample, from its exact neighbours and its principal components."""
        import warnings

        import numpy as np
        import umap

        from ..engine.methods.embedding import distinct, first_places, neighbours_of, placed

        x = distinct(lesson, self.neighbours + 1, f"UMAP with {self.neighbours} neighbours")
        index, distance = neighbours_of(x, self.neighbours - 1)
        # UMAP counts a cell as its own first neighbour
        index = np.concatenate([np.arange(len(x))[:, None], index], 1)
        distance = np.concatenate([np.zeros((len(x), 1)), distance], 1).astype(np.float32)
        model = umap.UMAP(
            n_neighbors=self.neighbours, n_components=components, min_dist=self.distance, n_epochs=self.rounds,
            init=first_places(x, components).astype(np.float32), random_state=lesson.seed, n_jobs=1,
            precomputed_knn=(index.astype(np.int32), distance), force_approximation_algorithm=True,
        )  # fmt: skip
        with warnings.catch_warnings():
            # that its own way to place new cells is not there, which nobody misses
            warnings.simplefilter("ignore", UserWarning)
            places = model.fit_transform(x)
        return placed(x, places, turn=True), {}
