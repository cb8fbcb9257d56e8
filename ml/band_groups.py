"""Groups of bands that go together, each averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract.errors import BadRequest
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class BandGroups(Reduction):
    """Groups bands that say the same, and averages each group: a component is the mean of some bands and nothing else.

    The simplest way to bring hundreds of bands of a spectrometer, or of dates, down to a few that one can still explain. Bands
    are grouped by their correlation over all cells. The report says which bands each component holds.
    """

    id = "band_groups"
    title = "Groups of bands"
    cells = 20_000
    on_bands = True
    source = "https://scikit-learn.org/stable/modules/clustering.html#hierarchical-clustering"

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Average linkage on one minus the correlation."""
        import numpy as np
        from sklearn.cluster import AgglomerativeClustering

        from ..engine.methods.estimators import LinearMap

        variance = np.diag(lesson.covariance)
        alive = np.flatnonzero(variance > 0)
        if len(alive) < components:
            raise BadRequest(
                f"components = {components} groups of bands can't be made of the {len(alive)} bands that change at all",
                "ask for fewer",
            )
        deviation = np.sqrt(variance[alive])
        apart = 1 - lesson.covariance[np.ix_(alive, alive)] / np.outer(deviation, deviation)
        # two bands, at least, can be compared
        groups = np.zeros(len(alive), int)
        if len(alive) > 1:
            linkage = AgglomerativeClustering(components, metric="precomputed", linkage="average")
            groups = linkage.fit_predict(np.clip(apart, 0, 2))
        axes = np.zeros((components, lesson.dims), np.float32)
        held = sorted((alive[groups == one] for one in range(components)), key=lambda bands: int(bands[0]))
        for axis, bands in zip(axes, held):
            axis[bands] = 1 / len(bands)
        return LinearMap(axes), {"groups": [bands.tolist() for bands in held]}
