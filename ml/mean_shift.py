"""Mean shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from . import Clustering

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class MeanShift(Clustering):
    """Mean shift: climbs to where cells lie densest; every peak is a cluster, as many as there are.

    The width decides how many: the number of clusters is found, not asked for. Rare things far from everything else become
    clusters of their own. A cell gets the cluster of the nearest peak.
    """

    id = "mean_shift"
    title = "mean shift"
    cells = 10_000
    compress = 5
    source = "https://doi.org/10.1109/34.1000236"

    width: float | None = f.number(
        "Width", None, minimum=1e-12,
        help="Radius around a cell that counts, in scaled features: larger gives fewer clusters. Empty: from the distances between cells; the log tells it.",
    )  # fmt: skip
    noise: bool = f.flag(
        "Leave out what is far from all peaks", False, advanced=True,
        help="Cells farther than the width from every peak become noise, a class of its own.",
    )  # fmt: skip

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Fit on the sample."""
        from ..engine.fitting import at_least
        from ..engine.methods.balls import mean_shift, typical_width

        at_least(lesson, 2, self.title)
        width = self.width or typical_width(lesson)
        return mean_shift(lesson, width, self.noise), {"width": float(f"{width:.6g}")}
