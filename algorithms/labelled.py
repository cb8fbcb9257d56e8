"""What every job that learns from labels asks for: the labels, and how what is learnt is checked."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Job


@dataclass(init=False, repr=False, eq=False)
class Labelled(Job):
    """Fields of jobs that learn from labels; no job itself."""

    input: str = f.raster_in("Raster", help="Features from *Encode*, or any other raster.")
    labels: str | None = f.vector_in(
        "Labels", None,
        help="Points, lines or polygons on what you know, in any CRS. Points count for their cell, lines for the cells they touch, polygons for the cells that they cover by half or more.",
    )  # fmt: skip
    column: str | None = f.column(
        "Column with classes or numbers", of="labels", help="Names or numbers of classes; or the number to be mapped."
    )
    task: str = f.choice(
        "What to map", ("classes", "numbers"), "classes",
        help="classes: kinds of places, from a column of names or whole numbers. numbers: amounts, such as heights or shares.",
    )  # fmt: skip
    more: list[str] | None = f.rasters_in(
        "Stack with", None,
        help="Other rasters of the same place: features of another encoder, the image itself, heights. They are brought to the cells of the first.",
    )  # fmt: skip
    more_labels: list[str] | None = f.vectors_in(
        "More layers of labels", None, advanced=True, help="With a column of the same name. Each counts where it lies."
    )
    label_raster: str | None = f.raster_in(
        "Raster of labels", None, advanced=True,
        help="In place of a layer, or beside it: classes or numbers as values of its first band, in any CRS. Nodata is no label.",
    )  # fmt: skip
    unlabelled: str | None = f.text(
        "Values that are no label", None, advanced=True,
        help="Such as 0 or unknown, with commas between them. Rows with an empty column never are labels.",
    )  # fmt: skip
    cover: float = f.number(
        "Cover of a labelled cell", 50.0, minimum=1, maximum=100, unit="%", advanced=True,
        help="Polygons label the cells that they cover by this much. One that covers no cell so far labels the one that it covers most.",
    )  # fmt: skip
    per_feature: int = f.integer(
        "Cells of a polygon or line at most", 50, minimum=1, maximum=1_000_000, advanced=True,
        help="Drawn evenly, so that a large one does not drown the others.",
    )  # fmt: skip
    per_class: int = f.integer(
        "Cells of a class at most", 2000, minimum=2, maximum=1_000_000, advanced=True,
        help="Drawn evenly from all there are. Numbers: ten times as many in all.",
    )  # fmt: skip
    balance: bool = f.flag(
        "Classes count alike", True, advanced=True,
        help="A class of few labels weighs as much as one of many. Otherwise the map leans towards classes of many labels.",
    )  # fmt: skip
    validation: str = f.choice(
        "Check by", ("blocks", "random", "column", "scenes", "none"), "blocks",
        help="Take blocks unless you know why not. blocks: spatial blocks are held out in turn, which tells how good the map is where there are no labels. random: single points, lines or polygons are held out, which flatters, for their neighbours stay. column: what has the same value in *Column with folds*. scenes: whole rasters, with *More rasters to learn from*. none: not checked, so nobody knows how good the map is.",
    )  # fmt: skip
    folds: int = f.integer(
        "Folds",
        5,
        minimum=2,
        maximum=100,
        advanced=True,
        help="Parts that are held out in turn; for blocks and random.",
    )
    block: float | None = f.number(
        "Size of a block", None, minimum=0.001, unit="m", advanced=True,
        help="Empty: the distance up to which features are alike, from their variogram. In cells where the raster has no CRS.",
    )  # fmt: skip
    fold_column: str | None = f.column(
        "Column with folds",
        of="labels",
        advanced=True,
        help="Points, lines or polygons of one value are held out together. Those without a value go with the nearest that has one.",
    )
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)

    def check(self) -> None:
        """There are labels, and what the chosen check needs."""
        if not self.labels and not self.label_raster:
            raise BadRequest("there are no labels", "give `labels` or `label_raster`")
        if self.more_labels and not self.labels:
            raise BadRequest("more_labels are given, but no labels", "give the first layer as `labels`")
        if self.labels and not self.column:
            raise BadRequest("`column` is missing", "choose the column of the labels that holds the classes or numbers")
        if self.validation == "column" and not self.fold_column:
            raise BadRequest("validation = column, but fold_column is missing", "choose a column, or check by blocks")
