"""OPTICS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class OPTICS(Clustering):
    """OPTICS: orders cells by how dense they lie, and takes the valleys of that order as clusters; the rest is noise.

    Finds clusters of different densities, small ones too. Slow, so it is fitted on few cells: every other cell gets the
    cluster, or the noise, of the nearest of them.
    """

    id = "optics"
    title = "OPTICS"
    cells = 5_000
    compress = 10
    most_cells = 50_000
    source = "https://doi.org/10.1145/304182.304187"

    neighbours: int = f.integer(
        "Neighbours", 10, minimum=2, maximum=1000, help="More: smoother, fewer and larger clusters."
    )
    smallest: float = f.number(
        "Smallest cluster",
        1.0,
        minimum=0.01,
        maximum=50,
        unit="% of the cells",
        help="Groups of fewer cells are noise.",
    )
    steepness: float = f.number(
        "Steepness", 0.05, minimum=0.001, maximum=0.999, advanced=True,
        help="How steep the density must fall at the border of a cluster. Smaller, where everything comes out as one cluster.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        import warnings

        from sklearn.cluster import OPTICS as Model

        from ..engine.fitting import at_least
        from ..engine.methods.estimators import NeighbourVote

        at_least(lesson, self.neighbours + 1, f"OPTICS with {self.neighbours} neighbours")
        smallest = max(2, round(self.smallest / 100 * len(lesson.x)))
        model = Model(min_samples=self.neighbours, min_cluster_size=smallest, xi=self.steepness)
        with warnings.catch_warnings():
            # cells that are the same lie at no distance: a ratio of two of those is no steep place
            warnings.simplefilter("ignore", RuntimeWarning)
            labels = model.fit(lesson.x).labels_
        return NeighbourVote.of(lesson.x, labels), {"cells of the smallest cluster": smallest}
