"""HDBSCAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class HDBSCAN(Clustering):
    """HDBSCAN: clusters of any shape where cells lie dense, as many as there are; the rest is noise, a class of its own.

    Finds what stands out, and leaves out what lies between; on features of gradual landscapes much is noise. A second band
    holds the strength of the membership in percent. Fitted on a sample: all other cells get the cluster that the method
    would give them there.
    """

    id = "hdbscan"
    title = "HDBSCAN"
    cells = 15_000
    compress = 15
    source = "https://hdbscan.readthedocs.io"

    smallest: float = f.number(
        "Smallest cluster", 0.5, minimum=0.001, maximum=50, unit="% of the cells",
        help="Smaller: more and finer clusters. Groups of fewer cells are noise.",
    )  # fmt: skip
    neighbours: int = f.integer(
        "Neighbours", 10, minimum=1, maximum=500, help="More: only denser places count, so that there is more noise."
    )
    selection: str = f.choice(
        "Selection", ("eom", "leaf"), "eom", advanced=True,
        help="eom: the clusters that last longest as the density rises, large and small. leaf: the finest ones, with more noise.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import at_least
        from ..engine.methods.density import hdbscan

        at_least(lesson, 2 * self.neighbours + 2, f"HDBSCAN with {self.neighbours} neighbours")
        smallest = max(2, round(self.smallest / 100 * len(lesson.x)))
        return hdbscan(lesson, smallest, self.neighbours, self.selection), {"cells of the smallest cluster": smallest}
