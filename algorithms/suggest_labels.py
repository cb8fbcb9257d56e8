"""Say which places to label next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.job import Context, Job


@dataclass(init=False, repr=False, eq=False)
class SuggestLabels(Job):
    """Find the places whose labels would teach a model most, so that few of them make a good map.

    With a model: places that it can't tell between two classes, that are unlike all its labels, or that stand for much of
    the raster; no two of them alike. Look at each point in QGIS, write what it is into the empty column, and train again with
    the layer among *More layers of labels*. Rounds of ten to twenty points do better than one of a hundred.

    Without a model: the first places to label. They stand for as much of the raster as so few can, so that rare kinds of
    places come up that random points miss.

    The guess is what the model thinks now. It is often wrong here: that is why the place was chosen. For the same reason these
    points can't tell how good a map is; draw points at random for that.
    """

    id = "suggest_labels"
    title = "Suggest where to label"
    group = "5 Map with labels"
    keywords = ("active learning", "sampling", "training data", "uncertainty", "annotate", "few labels", "IAMAP")

    input: str = f.raster_in(
        "Raster", help="Features from *Encode*, or any other raster; with a model, as it was trained."
    )
    more: list[str] | None = f.rasters_in(
        "Stack with", None,
        help="Other rasters of the same place. With a model: the same kinds as at the training, in the same order.",
    )  # fmt: skip
    model: str | None = f.path_in(
        "Model", (("IAMAP model", "*.iamap"),),
        help="A file that a training has written. Empty: nothing is labelled yet, or nothing is trained.",
    )  # fmt: skip
    known: str | None = f.vector_in(
        "Labels there are", None,
        help="Points, lines or polygons that are labelled, or will be. Suggestions keep away from them, and from what looks like them.",
    )  # fmt: skip
    count: int = f.integer(
        "Number of places", 20, minimum=1, maximum=1000, help="How many you will label before you train again."
    )
    apart: float | None = f.number(
        "Least distance between places", None, minimum=0, unit="m",
        help="On the ground, and from labels there are. Empty: a hundredth of the raster's diagonal, three cells at least. In cells where the raster has no CRS.",
    )  # fmt: skip
    explore: float = f.number(
        "Weight of unlike places", 25.0, minimum=0, maximum=100, unit="%", advanced=True,
        help="0: only what the model is unsure of counts. 100: only what is unlike all labels, good for the first rounds and for rare classes. Models of numbers tell no doubt, so they always take 100.",
    )  # fmt: skip
    bands: list[int] | None = f.bands(
        "Bands", of="input", advanced=True,
        help="Empty: those of the same numbers as at the training; without a model all but transparency.",
    )  # fmt: skip
    extent: str | None = f.extent(
        "Extent", of="input", advanced=True, help="Only places in this part of the raster, enlarged to whole cells."
    )
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    output: str = f.vector_out(
        "Places to label", geometry="point",
        help="Points with their rank, the current guess, and an empty column for the label, named as that of the training; *class* without a model.",
    )  # fmt: skip

    def run(self, ctx: Context) -> dict[str, Any]:
        """Look at the raster, choose, write."""
        from ..engine.training import suggest

        return suggest.run(self, ctx)
