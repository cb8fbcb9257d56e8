"""Apply a fitted model to another raster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.job import Context, Job


@dataclass(frozen=True)
class Apply(Job):
    """Apply a model that another run has saved: the same components, the same clusters, on another raster.

    The raster must hold what the model was fitted on: features of the same encoder with the same weights, or the same bands.
    What differs is told; what can't work is refused. The pixels are those that the first run would have given.
    """

    id = "apply"
    title = "Apply a model"
    group = "4 Find and compare"
    keywords = ("predict", "transfer", "model", "IAMAP")

    input: str = f.raster_in("Raster", help="Features of the same encoder as those the model was fitted on.")
    model: str = f.path_in("Model", (("IAMAP model", "*.iamap"),), ..., help="A file that another job has written.")
    bands: list[int] | None = f.bands(
        "Bands", of="input", advanced=True, help="Empty: those of the same numbers as at fitting."
    )
    extent: str | None = f.extent(
        "Extent", of="input", advanced=True, help="Only this part of the raster, enlarged to whole cells."
    )
    output: str = f.raster_out("Result")
    polygons: str | None = f.vector_out(
        "Classes as polygons",
        None,
        geometry="polygon",
        help="For models that give classes, and for searches: what reaches their threshold.",
    )
    table: str | None = f.file_out("Areas", (("Table", "*.csv"),), None, help="For models that give classes.")

    def run(self, ctx: Context) -> dict[str, Any]:
        """Read the model, compare, write."""
        from ..engine import applying

        return applying.run(self, ctx)
