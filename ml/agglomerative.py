"""Agglomerative clustering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class Agglomerative(Clustering):
    """Agglomerative clustering: joins the two clusters that are closest, again and again, from single cells upwards.

    Ward's linkage gives compact clusters like those of k-means, single linkage follows chains. Compares all cells of its
    sample with each other, so that this must be small: every other cell gets the cluster of the nearest of them.
    """

    id = "agglomerative"
    title = "agglomerative"
    cells = 8_000
    compress = 15
    most_cells = 15_000
    source = "https://scikit-learn.org/stable/modules/clustering.html#hierarchical-clustering"

    clusters: int = f.integer(
        "Number of clusters", 8, minimum=1, maximum=1000, help="The most to try where a score chooses."
    )
    choose: str = f.choice(
        "Choose the number by", ("given", "silhouette", "elbow", "BIC"), "given",
        help="given: as many as asked for. Otherwise the best of 2 to that many, with the curve in the report.",
    )  # fmt: skip
    linkage: str = f.choice(
        "Linkage", ("ward", "average", "complete", "single"), "ward",
        help="What counts as the distance of two clusters. ward: what joining adds to the spread. average, complete, single: the mean, the largest, the smallest distance of their cells.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import possible
        from ..engine.methods.agglomerating import Tree

        clusters = possible(lesson, self.clusters, self.title)
        tree = Tree(lesson, self.linkage)
        if self.choose == "given":
            return tree.cut(clusters), {}
        from ..engine.number_of_clusters import best_number

        count, facts = best_number(lesson, lambda _, number: tree.cut(number), clusters, self.choose)
        return tree.cut(count), facts
