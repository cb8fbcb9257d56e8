"""Sharpen a coarse raster to the pixels of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job


@dataclass(init=False, repr=False, eq=False)
class Sharpen(Job):
    """Bring a raster of cells to the pixels of the image it was made from, with borders where the image has them: guided upsampling.

    Cells of an encoder cover 8 or 16 pixels a side, so that maps made of them have steps. Give a map of classes, the probabilities
    of classes, a similarity or three components, and the image as the guide: each pixel gets a value between those of the cells
    around it, by what the image shows there. No training, no weights. Nodata of both rasters is kept, and so are legend and style.

    Best is to sharpen the *Probabilities* of *Apply a model* and to ask for *Classes*: better than sharpening the map of
    classes. It can't show what no cell knows of: what is smaller than a cell stays lost, and where borders of classes don't show
    in the image, or the image shows many that are none, little is gained. Figures are in docs/sharper.md.

    The result takes bands times pixels times four bytes (one byte for classes): sharpen three components, not 384 features.
    The guide is read twice; memory does not grow with it.
    """

    id = "sharpen"
    title = "Sharpen to pixels"
    group = "5 Map with labels"
    keywords = (
        "guided upsampling",
        "guided filter",
        "joint bilateral",
        "superresolution",
        "edges",
        "resolution",
        "IAMAP",
    )

    input: str = f.raster_in("Raster to sharpen", help="Classes, probabilities, similarity, components, or features.")
    guide: str = f.raster_in(
        "Image", help="The image that the encoder was given, or another of the same place with finer pixels."
    )
    guide_bands: list[int] | None = f.bands(
        "Bands of the image", of="guide",
        help="Those in which borders show; 16 at most. Empty: all bands but transparency.",
    )  # fmt: skip
    method: str = f.choice(
        "Method", ("guided filter", "joint bilateral"), "guided filter",
        help="guided filter: near each place, the raster is taken for a linear function of the image; better and faster in our figures. joint bilateral: the mean of the cells around, those that look like the pixel counting most.",
    )  # fmt: skip
    radius: int = f.integer(
        "Radius", 1, minimum=1, maximum=10, unit="cells",
        help="Cells around each that count. 2 gives sharper borders and fewer specks where things are larger than three cells, and loses smaller ones.",
    )  # fmt: skip
    epsilon: float = f.number(
        "Smoothing of the guided filter", 0.01, minimum=1e-6, maximum=100, advanced=True,
        help="Share of the image's variance: where the image varies less around a place, its texture is ignored.",
    )  # fmt: skip
    sigma: float = f.number(
        "Range sigma of the joint bilateral", 0.5, minimum=0.01, maximum=100, advanced=True,
        help="In deviations of the image: how different from a pixel a cell may look and still count. Small: sharper, more specks.",
    )  # fmt: skip
    content: str = f.choice(
        "Content", ("auto", "numbers", "classes"), "auto", advanced=True,
        help="classes: numbers of classes, each of which is sharpened by itself; the strongest wins. auto: classes where the raster has a legend or a colour table.",
    )  # fmt: skip
    bands: list[int] | None = f.bands(
        "Bands", of="input", advanced=True, help="Empty: all bands but transparency; of classes, the first."
    )
    extent: str | None = f.extent(
        "Extent", of="guide", advanced=True, help="Only this part, enlarged to whole pixels of the image."
    )
    storage: str = f.choice(
        "Number format", ("float32", "int16", "int8"), "float32", advanced=True,
        help="int16: half the size. int8: a quarter, coarse. Both with scale and offset in the file. Classes always are whole numbers.",
    )  # fmt: skip
    output: str = f.raster_out("Sharpened raster")
    classes: str | None = f.raster_out(
        "Classes", None, help="For probabilities: the most probable class of each pixel."
    )

    def check(self) -> None:
        """A raster is no guide to itself."""
        if self.input == self.guide:
            raise BadRequest(
                f"the raster and the image are the same file, {self.input}", "give the image it was made from"
            )

    def run(self, ctx: Context) -> dict[str, Any]:
        """Look at the image, then go over its pixels and write."""
        from ..engine import sharpening

        return sharpening.run(self, ctx)
