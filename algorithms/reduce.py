"""Reduce features to a few components: one algorithm a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job, per_card
from ..ml import Reduction, reductions


@dataclass(init=False, repr=False, eq=False)
class Reduce(Job):
    """Reduce the bands of a raster, usually the features of an encoder, to a few components.

    Three components make a picture in which places that look alike have the same colour; more of them feed other tools.
    """

    id = "reduce"
    title = "Reduce"
    group = "2 Reduce"
    keywords = ("dimensionality reduction", "components", "features", "embedding", "IAMAP")
    card: ClassVar[type[Reduction]]

    input: str = f.raster_in("Raster", help="Features from *Encode*, or any other raster.")
    components: int = f.integer("Components", 3, minimum=1, maximum=1024, help="Three make a picture.")
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
    output: str = f.raster_out("Components raster")
    model: str | None = f.file_out(
        "Model",
        (("IAMAP model", "*.iamap"),),
        None,
        help="To apply the same reduction to other rasters, with *Apply a model*.",
    )
    report: str | None = f.file_out("Report", (("Report", "*.html"),), None, help="What was done, with plots.")

    def check(self) -> None:
        """A method whose memory grows with the square of its sample has a limit; then the rules of the card itself."""
        most = self.card.most_cells
        if self.sample and most and self.sample > most:
            raise BadRequest(
                f"sample = {self.sample} is more than the {most} cells that {self.card.title} can be fitted on",
                "ask for fewer; all other cells are placed afterwards",
            )
        card = self.part(self.card)
        card.check()
        card.accepts(self.components, self.compressed())

    def compressed(self) -> int | None:
        """Principal components that the method is given; None for all bands.

        What suits the method is raised where more components are asked for than that.
        """
        usual = self.card.compress
        return self.compress or (usual and max(usual, 0 if self.card.widens else 2 * self.components))

    def run(self, ctx: Context) -> dict[str, Any]:
        """Look at all cells, fit, write."""
        from ..engine import reducing

        return reducing.run(self, self.part(self.card), ctx)


JOBS = per_card(Reduce, reductions())
