"""Gaussian mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson

#: name of a shape -> what scikit-learn calls it
_SHAPES = {"any": "full", "along the axes": "diag", "round": "spherical", "all the same": "tied"}


@dataclass(init=False, repr=False, eq=False)
class GaussianMixture(Clustering):
    """Gaussian mixture: clusters of any size and stretched in any direction, and how sure each cell belongs to its own.

    A second band holds the strength: the probability, in percent, of the cluster that a cell is given. Low values show
    mixed cells and borders. The number of clusters can be left to the BIC, which weighs fit against number. Slower than
    k-means, mostly below a minute.
    """

    id = "gaussian_mixture"
    title = "Gaussian mixture"
    cells = 50_000
    compress = 15
    source = "https://scikit-learn.org/stable/modules/mixture.html"

    clusters: int = f.integer(
        "Number of clusters", 8, minimum=1, maximum=1000, help="The most to try where a score chooses."
    )
    choose: str = f.choice(
        "Choose the number by", ("given", "BIC", "silhouette"), "given",
        help="given: as many as asked for. Otherwise the best of 2 to that many, with the curve in the report.",
    )  # fmt: skip
    shape: str = f.choice(
        "Shape of clusters", tuple(_SHAPES), "any", advanced=True,
        help="any: stretched in any direction. The others need fewer cells: stretched along the principal components, round, or all of one shape.",
    )  # fmt: skip
    starts: int = f.integer(
        "Starts", 1, minimum=1, maximum=100, advanced=True,
        help="Runs from other first clusters, of which the best counts.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import possible

        clusters = possible(lesson, self.clusters, self.title)
        if self.choose == "given":
            return self._fit(lesson, clusters), {}
        from ..engine.number_of_clusters import best_number

        count, facts = best_number(lesson, self._fit, clusters, self.choose)
        return self._fit(lesson, count), facts

    def _fit(self, lesson: Lesson, count: int) -> Any:
        from ..engine.methods.mixture import mixture

        return mixture(lesson, count, _SHAPES[self.shape], self.starts)
