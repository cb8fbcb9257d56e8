"""Compare two dates of the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job


@dataclass(init=False, repr=False, eq=False)
class Change(Job):
    """Find the places that changed between two dates, from features of the same encoder.

    For each cell it tells how far the direction of its features has turned: 0 where nothing changed, 1 where they have nothing
    in common any more, up to 2. What changed everywhere, such as light, season or sensor, is taken off first; cells where the dates differ
    most don't count for that. Where the rasters don't share their cells, the second one is resampled to those of the first, over
    what they have in common.

    Both rasters must come from the same encoder with the same weights. MOSAIKS draws its filters from the raster: give the
    first date's features as own weights when you encode the second. Rasters without an encoder, such as two images of the same
    sensor, are compared band by band. Both are read three or four times; memory does not grow with them.
    """

    id = "change"
    title = "Change between two dates"
    group = "4 Find and compare"
    keywords = ("change detection", "difference", "multitemporal", "MAD", "features", "embedding", "IAMAP")

    before: str = f.raster_in("First date", help="Features from *Encode*, or any raster of two bands or more.")
    after: str = f.raster_in("Second date", help="Features of the same encoder, or a raster with the same bands.")
    bands: list[int] | None = f.bands(
        "Bands", of="before", advanced=True, help="Of both rasters. Empty: all bands but transparency."
    )
    extent: str | None = f.extent(
        "Extent", of="before", advanced=True, help="Only this part, enlarged to whole cells of the first date."
    )
    correction: str = f.choice(
        "Correction of the overall shift", ("none", "mean and deviation", "covariance"), "covariance",
        help="covariance: also undoes mixtures of bands, and finds most with features of an encoder. mean and deviation: each band by itself, a brightness and a contrast. none: for images that are corrected already.",
    )  # fmt: skip
    scaling: str = f.choice(
        "Scaling", ("standardise", "centre", "none"), "standardise", advanced=True,
        help="standardise: deviations from the mean cell are compared, all bands count alike. centre: the same, but bands with a wide range count more. none: the plain cosine distance of the features as they are.",
    )  # fmt: skip
    threshold: float | None = f.number(
        "Threshold", None, minimum=0, maximum=2,
        help="Cells that changed more have changed. Empty: where Otsu's method splits the distances best, but at least 0.2 (0.001 without scaling), for it splits also where nothing changed. The report shows the histogram.",
    )  # fmt: skip
    minimum_area: float | None = f.number(
        "Smallest area of a polygon", None, minimum=0, unit="m²",
        help="Smaller ones are left out of the polygons; in squares of map units where a raster has no CRS.",
    )  # fmt: skip
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    output: str = f.raster_out("Change", help="How much each cell has changed.")
    changed: str | None = f.raster_out("Changed cells", None, help="1 above the threshold, 0 below.")
    polygons: str | None = f.vector_out(
        "Changed places",
        None,
        geometry="polygon",
        help="Neighbouring changed cells as polygons with their mean change.",
    )
    components: str | None = f.raster_out(
        "Directions of change", None,
        help="The three strongest ways in which cells changed, as red, green and blue: cells of one colour changed alike, those of middle grey did not.",
    )  # fmt: skip
    report: str | None = f.file_out(
        "Report",
        (("Report", "*.html"),),
        None,
        help="Histogram with the threshold, and pictures of the places that changed most.",
    )

    def check(self) -> None:
        """A raster differs from itself nowhere."""
        if self.before == self.after:
            raise BadRequest(f"both dates are the same raster, {self.before}", "choose another for the second date")
        if self.minimum_area and not self.polygons:
            raise BadRequest(
                f"minimum_area = {self.minimum_area:g} is for polygons, and none are asked for",
                "ask for changed places",
            )

    def run(self, ctx: Context) -> dict[str, Any]:
        """Bring the dates together, correct, compare, cut."""
        from ..engine import change

        return change.run(self, ctx)
