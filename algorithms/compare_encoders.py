"""Which encoder is best for this raster and these labels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.fields import near
from ..contract.job import Context
from ..encoders import encoders
from ..encoders.table import LISTED
from ..ml import learners
from .encode import Encode
from .labelled import Labelled

#: stands for the raster itself, for a timm model by name, and for nothing at all
BANDS, TIMM, NONE = "bands", "timm:", "none"
PRECISIONS = ("float32", "bfloat16", "int8")


class Candidate(NamedTuple):
    """One way to get features.

    Attributes:
        name: as the user wrote it.
        encoder: id of its card; empty for the raster itself.
        model: timm name, where the encoder takes any.
        window: of statistics of the raster itself, in cells; 1 for none.
        precision: of the computation.
    """

    name: str
    encoder: str
    model: str = ""
    window: int = 1
    precision: str = "float32"


def _learners() -> list[str]:
    return [card.id for card in learners() if card.id != "by_name"]


@dataclass(init=False, repr=False, eq=False)
class CompareEncoders(Labelled):
    """Compare encoders on your own raster and labels: the same folds, the same method, one table.

    Each encoder makes features of the raster; a method learns from the labels with each of them, and is checked on the same
    parts of the ground. The table tells accuracy with its interval, seconds and megabytes. *bands* is the raster itself and
    *bands 9x9* its mean and deviation in a window: an encoder that does no better is not worth its time.

    Encoders whose weights are not on disk are downloaded, if that is allowed.
    """

    id = "compare_encoders"
    title = "Compare encoders"
    group = "5 Map with labels"
    keywords = ("benchmark", "foundation model", "accuracy", "features", "embedding", "IAMAP")

    input: str = f.raster_in("Raster", help="The image that is encoded.")
    more: list[str] | None = f.rasters_in(
        "Stack with", None, help="Other rasters of the same place, stacked with the features of every encoder that is compared."
    )  # fmt: skip
    validation: str = f.choice(
        "Check by", ("blocks", "random", "column"), "blocks",
        help="Take blocks unless you know why not. blocks: spatial blocks are held out in turn, which tells how good a map is where there are no labels. random: single points, lines or polygons are held out, which flatters, for their neighbours stay. column: what has the same value in *Column with folds*.",
    )  # fmt: skip
    encoders: str | None = f.text(
        "Encoders", "bands, bands 9x9, MOSAIKS",
        help="Names as in *Encode*, with commas between them. *bands*: the raster itself, pixel by pixel. *bands 9x9*: its mean and deviation in so many pixels. *timm:NAME*: any model of timm. Behind a name, *@int8* or *@bfloat16* tells the precision. *none*: only features that are there.",
    )  # fmt: skip
    features: list[str] | None = f.rasters_in(
        "Features that are there",
        None,
        help="Rasters that *Encode* has made of the same place: they are compared, too.",
    )
    method: str = f.choice(
        "Method", _learners, "logistic", advanced=True, help="What learns from the labels, with its usual settings."
    )
    download: bool = f.flag(
        "Download missing weights", True, advanced=True, help="Size and licence are told in the log, before it starts."
    )
    threads: int | None = f.integer(
        "Processor threads", None, minimum=1, maximum=1024, advanced=True, speed_only=True, help="Empty: all cores."
    )
    report: str = f.file_out("Report", (("Report", "*.html"),), help="Table and plot.")
    table: str | None = f.file_out("Figures", (("Table", "*.csv"),), None, help="What the report tells, as a table.")

    def check(self) -> None:
        """Two things to compare at least, all of them known."""
        super().check()
        if len(self.candidates()) + len(self.features or []) < 2:
            raise BadRequest(
                f"encoders = {self.encoders} is one thing only", "name two or more, or give `features` too"
            )
        if self.more_labels is not None and not self.labels:
            raise BadRequest("more_labels are given, but no labels", "give the first layer as `labels`")

    def candidates(self) -> list[Candidate]:
        """What ``encoders`` names.

        Raises:
            BadRequest: a name is unknown, or comes twice.
        """
        names = [name.strip() for name in (self.encoders or NONE).split(",") if name.strip()]
        if names == [NONE]:
            return []
        if len(set(names)) < len(names):
            raise BadRequest(f"encoders = {self.encoders} names one twice", "name each once")
        return [_candidate(name) for name in names]

    def run(self, ctx: Context) -> dict[str, Any]:
        """Encode, check by the same folds, tell."""
        from ..engine.training import compare

        card = next(one for one in learners() if one.id == self.method)
        return compare.run(self, card(), self.encode, ctx)

    def encode(self, candidate: Candidate, path: str, ctx: Context) -> None:
        """Write the features of a *candidate* that has an encoder to *path*."""
        asked = {
            "input": self.input, "output": path, "encoder": candidate.encoder, "model": candidate.model or None,
            "precision": candidate.precision, "download": self.download, "threads": self.threads, "seed": self.seed,
            "resume": False,
        }  # fmt: skip
        Encode.make({name: value for name, value in asked.items() if value is not None}).run(ctx)


def _candidate(name: str) -> Candidate:
    plain, _, precision = (part.strip() for part in name.partition("@"))
    if precision and precision not in PRECISIONS:
        raise BadRequest(f"{name} asks for the precision {precision}", "there are " + ", ".join(PRECISIONS))
    precision = precision or PRECISIONS[0]
    window = re.fullmatch(rf"{BANDS}(?:\s+(\d+)\s*x\s*(\d+))?", plain)
    if window:
        side = int(window.group(1) or 1)
        if window.group(1) != window.group(2) or side % 2 == 0 or side > 51:
            raise BadRequest(f"{name} is no window", "write an odd number of pixels twice, such as bands 9x9")
        return Candidate(name, "", window=side)
    if plain.startswith(TIMM):
        return Candidate(name, "timm model by name", plain[len(TIMM) :].strip(), precision=precision)
    match = [known for known, card in encoders().items() if known.lower() == plain.lower() and not card.needs_model]
    if not match:
        known = [one for one, card in encoders().items() if not card.needs_model]
        raise BadRequest(f"there is no encoder {plain}", near(plain, [BANDS, "timm:NAME", *known], LISTED))
    return Candidate(name, match[0], precision=precision)
