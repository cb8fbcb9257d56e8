"""Locally linear embedding."""

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
class LLE(Reduction):
    """Locally linear embedding: flattens structure that is bent smoothly, piece by piece.

    Sensitive to noise and to groups that lie apart, which it may shrink to points; Isomap and UMAP are safer. It places a sample
    of the cells; every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the
    features.
    """

    id = "lle"
    title = "LLE"
    cells = 2000
    compress = 30
    most_cells = 6000
    source = "https://doi.org/10.1126/science.290.5500.2323"

    neighbours: int = f.integer(
        "Neighbours",
        30,
        minimum=3,
        maximum=500,
        help="More than components. Few: follows bends closely. Many: steadier.",
    )
    method: str = f.choice(
        "Variant", ("tangent space", "modified", "standard"), "modified", advanced=True,
        help="tangent space (LTSA) and modified keep shapes better than the standard one.",
    )  # fmt: skip

    def accepts(self, components: int, compress: int | None) -> None:
        """A piece of a surface takes more cells than it has dimensions."""
        super().accepts(components, compress)
        if self.neighbours <= components:
            raise BadRequest(
                f"neighbours = {self.neighbours} is too few for components = {components}", "allow more neighbours"
            )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Place the sample."""
        import numpy as np
        from sklearn.manifold import locally_linear_embedding

        from ..engine.methods.embedding import distinct, parts_of, placed

        x = distinct(lesson, self.neighbours + 1, f"LLE with {self.neighbours} neighbours")
        apart = parts_of(x, self.neighbours)
        if apart > 1:
            log.warning(
                "the sample falls into %d parts without common neighbours, which LLE can't put in relation: "
                "allow more neighbours, or take UMAP", apart
            )  # fmt: skip
        method = {"tangent space": "ltsa"}.get(self.method, self.method)
        places, _ = locally_linear_embedding(
            x.astype(np.float64), n_neighbors=self.neighbours, n_components=components, method=method, eigen_solver="dense",
            random_state=lesson.seed,
        )  # fmt: skip
        return placed(x, places * np.sqrt(len(x))), {}
