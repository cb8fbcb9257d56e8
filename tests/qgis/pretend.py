"""A job with every kind of field, for tests of what stands between a dialog and a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iamap.contract import fields as f
from iamap.contract.errors import BadRequest
from iamap.contract.job import Job
from iamap.qgis_side.algorithm import JobAlgorithm
from qgis.core import QgsApplication

STANDIN = Path(__file__).with_name("standin.py")

#: crosses itself: nothing but the engine may judge it
BOW_TIE = "POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))"


@dataclass(frozen=True)
class Pretend(Job):
    """Copy a raster.

    Nothing else.
    """

    id = "pretend"
    title = "Pretend"
    group = "0 Tests"

    input: str = f.raster_in("Raster")
    bands: list[int] | None = f.bands("Bands", of="input")
    extent: str | None = f.extent("Extent", of="input")
    crs: str | None = f.crs("CRS")
    colour: str = f.choice("Colour", ("red", "green"), "green")
    weights: str | None = f.path_in("Weights", (("Weights", "*.pth"), ("Weights", "*.pt")))
    count: int = f.integer("Count", 3, minimum=1, maximum=9)
    limit: int | None = f.integer("Limit", None, minimum=1)
    share: float = f.number("Share", 50.0, minimum=0, maximum=100, unit="%")
    resume: bool = f.flag("Resume", False, advanced=True)
    fault: str | None = f.text("Fault", advanced=True)
    more: list[str] | None = f.rasters_in("More rasters", None)
    examples: str | None = f.vector_in("Examples", None)
    places: str | None = f.vector_in("Places", None, geometry="point")
    named: str | None = f.column("Name of the example", of="examples")
    more_examples: list[str] | None = f.vectors_in("More examples", None)
    areas: list[str] | None = f.vectors_in("Areas", None, geometry="polygon")
    mask: str | None = f.raster_in("Mask", None, advanced=True)
    of_all: str | None = f.column("Name of the areas", of="areas")
    fitted: str | None = f.path_in("Model", (("IAMAP model", "*.iamap"),))
    output: str = f.raster_out("Copy")
    picture: str | None = f.raster_out("Picture", None)
    hits: str | None = f.vector_out("Hits", None, geometry="polygon")
    counts: str | None = f.vector_out("Counts", None, geometry="table")
    report: str | None = f.file_out("Report", (("Report", "*.html"),), None)
    model: str | None = f.file_out("Model to write", (("IAMAP model", "*.iamap"),), None)
    sheet: str | None = f.file_out("Sheet", (("Table", "*.csv"),), None)

    def check(self) -> None:
        if self.limit is not None and self.limit < self.count:
            raise BadRequest(f"limit = {self.limit} is less than count = {self.count}", "raise it")


@dataclass(frozen=True)
class PretendSearch(Job):
    """Look at a vector layer and several rasters.

    Nothing else.
    """

    id = "pretend_search"
    title = "Pretend: search"
    group = "0 Tests"

    rasters: list[str] = f.rasters_in("Rasters")
    examples: str = f.vector_in("Examples", geometry="polygon")
    fitted: str = f.path_in("Model", (("IAMAP model", "*.iamap"),), ...)
    hits: str = f.vector_out("Hits", geometry="point")
    report: str = f.file_out("Report", (("Report", "*.html"),))


def pretend(job: type[Job] = Pretend) -> JobAlgorithm:
    """The algorithm of the job, whose worker is the stand-in."""
    made = JobAlgorithm(job, STANDIN)
    made.setProvider(QgsApplication.processingRegistry().providerById("iamap"))  # which knows the endings of layers
    return made.create()
