"""Check a finished map against a reference."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job


@dataclass(init=False, repr=False, eq=False)
class Evaluate(Job):
    """Tell how good a finished map is, whoever made it, by comparing it with places where the truth is known.

    The map holds classes or numbers. The reference is a layer of points, lines or polygons, or a raster; it must not have been
    used to make the map, otherwise the figures flatter. The report gives accuracy for the map and for each class, with
    intervals, and shows where the map is wrong.

    Where the reference was drawn at random, from the whole map or from each of its classes, the report also tells how much
    ground each class really covers: counting the cells of a map gives areas that are off by its errors. Then each point, line
    or polygon counts once, as what most of its cells are mapped as.

    Classes of the reference are those of the map with the same name. Where none has that name, a number stands for the value
    in the map. Cells of classes that the map does not have count as wrong.
    """

    id = "evaluate"
    title = "Check a map"
    group = "5 Map with labels"
    keywords = (
        "accuracy assessment", "confusion matrix", "validation", "area estimation", "user's accuracy", "producer's accuracy",
        "kappa", "RMSE", "IAMAP",
    )  # fmt: skip

    input: str = f.raster_in("Map", help="Classes as whole numbers, or numbers such as heights. Of any origin.")
    band: int = f.integer("Band", 1, minimum=1, advanced=True, help="The band that holds the map.")
    reference: str | None = f.vector_in(
        "Reference", None,
        help="Points, lines or polygons where the truth is known, in any CRS. Points count for their cell, lines for the cells they touch, polygons for the cells that they cover by half or more.",
    )  # fmt: skip
    column: str | None = f.column(
        "Column with classes or numbers", of="reference", help="Names or values of the classes; or the true number."
    )
    task: str = f.choice(
        "What is mapped", ("classes", "numbers"), "classes",
        help="classes: kinds of places. numbers: amounts, such as heights or shares.",
    )  # fmt: skip
    sample: str = f.choice(
        "How the reference was drawn", ("as it comes", "random", "by class"), "as it comes",
        help="as it comes: by hand or unknown; areas can't be estimated then. random: at random from all cells of the map. by class: at random within each class of this map, as many as you like in each.",
    )  # fmt: skip
    reference_raster: str | None = f.raster_in(
        "Reference raster", None, advanced=True,
        help="In place of a layer: classes or numbers as values of its first band, in any CRS. Nodata is no reference.",
    )  # fmt: skip
    names: str | None = f.text(
        "Names of the values of the map", None, advanced=True,
        help="Such as 1 = forest, 2 = water. Several values may have one name. Empty: the names in the map, where IAMAP made it.",
    )  # fmt: skip
    blank: str | None = f.text(
        "Values of the map that are no class", None, advanced=True,
        help="Such as 0, with commas between them. Cells with them are left out, as those without data are.",
    )  # fmt: skip
    unlabelled: str | None = f.text(
        "Values that are no reference", None, advanced=True,
        help="Such as 0 or unknown, with commas between them. Rows with an empty column never are.",
    )  # fmt: skip
    cover: float = f.number(
        "Cover of a cell", 50.0, minimum=1, maximum=100, unit="%", advanced=True,
        help="Polygons count for the cells that they cover by this much. One that covers no cell so far counts for the one that it covers most.",
    )  # fmt: skip
    per_feature: int = f.integer(
        "Cells of a polygon or line at most", 50, minimum=1, maximum=1_000_000, advanced=True,
        help="Drawn evenly, so that a large one does not drown the others.",
    )  # fmt: skip
    block: float | None = f.number(
        "Size of a block", None, minimum=0, unit="m", advanced=True,
        help="Places within a block are not independent, which makes intervals wider. Empty: the distance up to which errors are alike, from their variogram. In cells where the map has no CRS.",
    )  # fmt: skip
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    report: str | None = f.file_out(
        "Report", (("Report", "*.html"),), None, wanted=True, help="How good the map is, and where it is wrong."
    )  # fmt: skip
    table: str | None = f.file_out(
        "Figures", (("Table", "*.csv"),), None, help="All figures with their intervals, and the confusion matrix."
    )
    points: str | None = f.vector_out(
        "Compared places", None, geometry="point",
        help="What the reference and the map say of each, and whether that is right.",
    )  # fmt: skip

    def check(self) -> None:
        """There is one reference, and it is one that the sample can be of."""
        if not self.reference and not self.reference_raster:
            raise BadRequest("there is no reference", "give `reference` or reference_raster")
        if self.reference and self.reference_raster:
            raise BadRequest("there are two references, a layer and a raster", "give one of them")
        if self.reference and not self.column:
            raise BadRequest("`column` is missing", "choose the column of the reference with the classes or numbers")
        if self.task == "numbers" and self.sample != "as it comes":
            raise BadRequest(
                f"sample = {self.sample}, but numbers have no areas that it could estimate",
                "leave the sample as it comes, or check classes",
            )
        if not (self.report or self.table or self.points):
            raise BadRequest("nothing is asked for", "name a report, a table or points")
        self.named()
        self.blanks()

    def blanks(self) -> list[float]:
        """The values of the map that are no class, or no number.

        Raises:
            BadRequest: one is no number.
        """
        words = [word.strip() for word in (self.blank or "").split(",") if word.strip()]
        try:
            return [float(word) for word in words]
        except ValueError:
            raise BadRequest(f"blank = {self.blank} is no list of numbers", "write 0, 255") from None

    def named(self) -> dict[int, str]:
        """The names that the user gives to values of the map.

        Raises:
            BadRequest: the text does not say so.
        """
        # a comma may be part of a name: what begins no new pair belongs to the one before
        pairs = re.split(r"[,;]\s*(?=[^,;=]*=)", self.names or "") if self.names else []
        found: dict[int, str] = {}
        for pair in pairs:
            value, _, name = (part.strip() for part in pair.partition("="))
            if not re.fullmatch(r"[+-]?\d+", value) or not name:
                raise BadRequest(f"names has {pair.strip()!r}, which names no value", "write 1 = forest, 2 = water")
            found[int(value)] = name.rstrip(" ,;")
        return found

    def run(self, ctx: Context) -> dict[str, Any]:
        """Look over the map, find the reference, compare, write."""
        from ..engine.training import evaluate

        return evaluate.run(self, ctx)
