"""Apply a fitted model to another raster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job


@dataclass(init=False, repr=False, eq=False)
class Apply(Job):
    """Apply a model that another run has saved: the same components, clusters or classes, on this raster or another.

    The raster must hold what the model was fitted on: features of the same encoder with the same weights, or the same bands; and
    with *Stack with*, the other rasters that it was trained with.
    What differs is told; what can't work is refused. The pixels are those that the first run would have given.

    Trained models tell where not to trust the map, too: how sure they are, how many classes can't be ruled out, and which
    places are unlike all labels.
    """

    id = "apply"
    title = "Apply a model"
    group = "4 Find and compare"
    keywords = ("predict", "classify", "transfer", "model", "uncertainty", "IAMAP")

    input: str = f.raster_in("Raster", help="Features of the same encoder as those the model was fitted on.")
    model: str = f.path_in("Model", (("IAMAP model", "*.iamap"),), ..., help="A file that another job has written.")
    more: list[str] | None = f.rasters_in(
        "Stack with", None, help="For models that were trained with more rasters: the same kinds, in the same order."
    )
    bands: list[int] | None = f.bands(
        "Bands", of="input", advanced=True, help="Empty: those of the same numbers as at fitting."
    )
    extent: str | None = f.extent(
        "Extent", of="input", advanced=True, help="Only this part of the raster, enlarged to whole cells."
    )
    mask: bool = f.flag(
        "Leave out what is unlike all labels", False, advanced=True,
        help="For trained models: cells outside their area of applicability get no value.",
    )  # fmt: skip
    smooth: int = f.integer(
        "Most frequent class in a window", 1, minimum=1, maximum=51, unit="cells", advanced=True,
        help="Odd. Each cell gets the class that is most frequent in a window of that side around it. 1: as it is.",
    )  # fmt: skip
    smallest: int = f.integer(
        "Smallest spot", 1, minimum=1, maximum=1_000_000, unit="cells", advanced=True,
        help="Smaller spots of a class become part of their largest neighbour. 1: as they are.",
    )  # fmt: skip
    output: str = f.raster_out("Result")
    polygons: str | None = f.vector_out(
        "Classes as polygons",
        None,
        geometry="polygon",
        help="For models that give classes, and for searches: what reaches their threshold.",
    )
    table: str | None = f.file_out("Areas", (("Table", "*.csv"),), None, help="For models that give classes.")
    doubt: str | None = f.raster_out(
        "Confidence and doubt", None,
        help="For trained models, as bands: confidence (of numbers: half of the interval), number of classes that can't be ruled out, how unlike all labels a cell is, and whether it is too unlike.",
    )  # fmt: skip
    probabilities: str | None = f.raster_out(
        "Probabilities", None, help="For trained models: that of each class, as bands."
    )
    outside: str | None = f.vector_out(
        "Where not to trust the map", None, geometry="polygon",
        help="For trained models: what is unlike all labels, hatched.",
    )  # fmt: skip

    def check(self) -> None:
        """A window has a middle."""
        if self.smooth % 2 == 0:
            raise BadRequest(f"smooth = {self.smooth} is even", "give an odd number, such as 3 or 5")

    def run(self, ctx: Context) -> dict[str, Any]:
        """Read the model, compare, write."""
        from ..engine import applying

        return applying.run(self, ctx)
