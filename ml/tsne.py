"""t-SNE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class TSNE(Reduction):
    """Shows which cells are close to which, in groups that are easy to see; nothing else in the picture means much.

    At most three components. t-SNE places a sample of the cells and can't place others: every other cell gets what its nearest
    neighbours among the sample have, weighted by how near they are in the features. UMAP is quicker and keeps more of the
    order of the groups.
    """

    id = "tsne"
    title = "t-SNE"
    cells = 4000
    compress = 30
    most_cells = 50_000
    source = "https://www.jmlr.org/papers/v9/vandermaaten08a.html"

    perplexity: float = f.number(
        "Perplexity", 30, minimum=2, maximum=500,
        help="About how many neighbours each cell has. Few: fine detail. Many: the big picture. Fewer than a third of the cells.",
    )  # fmt: skip
    steps: int = f.integer("Steps", 750, minimum=250, maximum=10_000, advanced=True, help="Of moving cells about.")

    def accepts(self, components: int, compress: int | None) -> None:
        """The tree behind it has two or three dimensions."""
        super().accepts(components, compress)
        if components > 3:
            raise BadRequest(
                f"components = {components} is more than the 3 that t-SNE can give", "ask for 3, or take UMAP"
            )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Place the sample, from its principal components."""
        import math

        import numpy as np
        from sklearn.manifold import TSNE as Model

        from ..engine.methods.embedding import distinct, first_places, placed

        x = distinct(lesson, math.ceil(3 * self.perplexity) + 2, f"t-SNE with a perplexity of {self.perplexity:g}")
        model = Model(
            components, perplexity=self.perplexity, max_iter=self.steps, random_state=lesson.seed,
            init=(1e-4 * first_places(x, components)).astype(np.float32),
        )  # fmt: skip
        places = model.fit_transform(x)
        return placed(x, places, turn=True), {"divergence": round(float(model.kl_divergence_), 4)}
