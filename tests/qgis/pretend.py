"""A job with every kind of field, for tests of what stands between a dialog and a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iamap.contract import fields as f
from iamap.contract.errors import BadRequest
from iamap.contract.job import Job
from iamap.qgis_side.algorithm import JobAlgorithm

STANDIN = Path(__file__).with_name("standin.py")


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
    output: str = f.raster_out("Copy")
    picture: str | None = f.raster_out("Picture", None)

    def check(self) -> None:
        if self.limit is not None and self.limit < self.count:
            raise BadRequest(f"limit = {self.limit} is less than count = {self.count}", "raise it")


def pretend() -> JobAlgorithm:
    """The algorithm of the job, whose worker is the stand-in."""
    return JobAlgorithm(Pretend, STANDIN).create()
