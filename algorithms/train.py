"""Learn a map from a handful of labels: one algorithm a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, per_card
from ..ml import Learner, learners
from .labelled import Labelled


@dataclass(init=False, repr=False, eq=False)
class Train(Labelled):
    """Learn from a handful of labels what to map, check it honestly, and save the model.

    Draw ten or more points or small polygons for each class, spread over the whole raster: fewer do for some methods, but can't be checked. The report tells how good the map
    will be: parts of the ground are held out in turn, and what is learnt from the others is compared with their labels. It
    also lists labels that look wrong. With the model, *Apply a model* makes the map, on this raster or the next.

    Features of an encoder often do better together with the image itself, its surroundings, or heights: see *Stack with*.
    """

    id = "train"
    title = "Train"
    group = "5 Map with labels"
    keywords = (
        "supervised classification", "regression", "machine learning", "accuracy", "cross-validation", "features", "IAMAP",
    )  # fmt: skip
    card: ClassVar[type[Learner]]

    deviation: bool = f.flag(
        "Deviation within cells", True, advanced=True,
        help="Of rasters that are finer than the cells: not only the mean of their pixels in a cell, but how much they differ too.",
    )  # fmt: skip
    window: int = f.integer(
        "Window", 1, minimum=1, maximum=51, unit="cells", advanced=True,
        help="Odd. Of rasters that no encoder made: mean and deviation in a window of so many cells around each cell too. 1: none.",
    )  # fmt: skip
    grid: str = f.choice(
        "Cells", ("input", "finest"), "input", advanced=True,
        help="input: those of the first raster. finest: those of the finest raster of the stack, to which features are interpolated.",
    )  # fmt: skip
    scenes: list[str] | None = f.rasters_in(
        "More rasters to learn from", None, advanced=True,
        help="Features of the same encoder of other places or dates. Labels count on each raster that they lie on, and so do the rasters to stack with.",
    )  # fmt: skip
    bands: list[int] | None = f.bands("Bands", of="input", advanced=True, help="Empty: all bands but transparency.")
    scaling: str = f.choice(
        "Scaling", ("auto", "standardise", "rasters alike", "unit length", "none"), "auto", advanced=True,
        help="standardise: all bands count alike. rasters alike: so do all rasters of a stack, however many bands they have. unit length: only the direction of a cell's features counts. auto: what suits the method.",
    )  # fmt: skip
    compress: int | None = f.integer(
        "Compress first to", None, minimum=1, maximum=1024, unit="components", advanced=True,
        help="Principal components that the method is given instead of all bands. They are found anew from the labels that are not held out.",
    )  # fmt: skip
    search: str = f.choice(
        "Look for better settings", ("off", "quick", "thorough"), "off", advanced=True,
        help="Tries some settings of the method on parts of the labels. thorough takes many times as long.",
    )  # fmt: skip
    test: str | None = f.vector_in(
        "Labels to test with", None, advanced=True,
        help="A layer of its own with a column of the same name, that nothing is learnt from.",
    )  # fmt: skip
    error_rate: float = f.number(
        "Error rate of sets", 10.0, minimum=0.1, maximum=50, unit="%", advanced=True,
        help="10: the classes that the map can't rule out hold the right one in 9 of 10 places. Of numbers: so does the interval.",
    )  # fmt: skip
    extent: str | None = f.extent(
        "Extent of the map", of="input", advanced=True, help="Only this part is mapped, enlarged to whole cells. Labels count everywhere."
    )  # fmt: skip
    model: str = f.file_out("Model", (("IAMAP model", "*.iamap"),))
    report: str | None = f.file_out(
        "Report", (("Report", "*.html"),), None, wanted=True, help="How good the map is, where it fails, and which labels look wrong."
    )  # fmt: skip
    output: str | None = f.raster_out("Map", None, help="The map at once. *Apply a model* offers more.")
    doubt: str | None = f.raster_out(
        "Confidence and doubt", None,
        help="With the map, as bands: confidence (of numbers: half of the interval), number of classes that can't be ruled out, how unlike all labels a cell is, and whether it is too unlike.",
    )  # fmt: skip
    suspects: str | None = f.vector_out(
        "Suspicious labels", None, geometry="point", help="Labels that what is learnt from the others contradicts."
    )
    figures: str | None = f.file_out(
        "Figures", (("Table", "*.csv"),), None, help="Accuracy, by class too, and the table of errors."
    )

    def check(self) -> None:
        """What the labels ask for, what the method can do, then the rules of the card itself."""
        super().check()
        if self.window % 2 == 0:
            raise BadRequest(f"window = {self.window} is even", "give an odd number, such as 3 or 5")
        if not (self.card.classes if self.task == "classes" else self.card.numbers):
            raise BadRequest(f"{self.card.title} can't learn {self.task}", "choose another method")
        if self.validation == "scenes" and not self.scenes:
            raise BadRequest("validation = scenes, but there is one raster only", "give `scenes`, or check by blocks")
        if self.doubt and not self.output:
            raise BadRequest("`doubt` is asked for without `output`", "name the map too")
        self.part(self.card).check()

    def run(self, ctx: Context) -> dict[str, Any]:
        """Read the labels, check, learn, write."""
        from ..engine.training import train

        return train.run(self, self.part(self.card), ctx)


JOBS = per_card(Train, learners())
