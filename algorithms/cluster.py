"""Group cells that are alike: one algorithm a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job, per_card
from ..ml import Clustering, clusterings


@dataclass(init=False, repr=False, eq=False)
class Cluster(Job):
    """Group the cells of a raster, usually the features of an encoder, into clusters of places that look alike.

    No labels are needed: what a cluster means is for you to say. Clusters that are alike get colours that are alike.
    """

    id = "cluster"
    title = "Cluster"
    group = "3 Cluster"
    keywords = ("unsupervised classification", "segmentation", "features", "embedding", "IAMAP")
    card: ClassVar[type[Clustering]]

    input: str = f.raster_in("Raster", help="Features from *Encode*, or any other raster.")
    bands: list[int] | None = f.bands("Bands", of="input", advanced=True, help="Empty: all bands but transparency.")
    extent: str | None = f.extent(
        "Extent", of="input", advanced=True, help="Only this part of the raster, enlarged to whole cells."
    )
    scaling: str = f.choice(
        "Scaling", ("auto", "standardise", "centre", "unit length"), "auto", advanced=True,
        help="standardise: all bands count alike. centre: bands with a wide range count more. unit length: only the direction of a cell's features counts, as in cosine similarity. auto: what suits the method.",
    )  # fmt: skip
    compress: int | None = f.integer(
        "Compress first to", None, minimum=1, maximum=1024, unit="components", advanced=True,
        help="Principal components that the method is given instead of all bands: faster, less noise. Empty: what suits the method.",
    )  # fmt: skip
    sample: int | None = f.integer(
        "Cells to fit on", None, minimum=10, maximum=10_000_000, advanced=True,
        help="Drawn from all over the raster. Empty: what suits the method.",
    )  # fmt: skip
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    output: str = f.raster_out("Clusters")
    polygons: str | None = f.vector_out(
        "Clusters as polygons", None, geometry="polygon", help="Neighbouring cells of one cluster become one polygon."
    )
    table: str | None = f.file_out(
        "Areas",
        (("Table", "*.csv"),),
        None,
        help="Cells and area of every cluster, true on the ground and as on the map.",
    )
    model: str | None = f.file_out(
        "Model",
        (("IAMAP model", "*.iamap"),),
        None,
        help="To find the same clusters in other rasters, with *Apply a model*.",
    )
    report: str | None = f.file_out("Report", (("Report", "*.html"),), None, help="What was done, with plots.")

    def check(self) -> None:
        """A method whose memory grows with the square of its sample has a limit; then the rules of the card itself."""
        most = self.card.most_cells
        if self.sample and most and self.sample > most:
            raise BadRequest(
                f"sample = {self.sample} is more than the {most} cells that {self.card.title} can be fitted on",
                "ask for fewer; all other cells are given a cluster afterwards",
            )
        self.part(self.card).check()

    def run(self, ctx: Context) -> dict[str, Any]:
        """Look at all cells, fit, write."""
        from ..engine import clustering

        return clustering.run(self, self.part(self.card), ctx)


JOBS = per_card(Cluster, clusterings())
