"""What each precision of the computation costs and gives, on one's own raster and computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job
from ..encoders import default_encoder, encoders
from ..encoders.table import LISTED, in_order
from ..ml import learners
from .encode import WEIGHTS, Encode


@dataclass(init=False, repr=False, eq=False)
class ComparePrecisions(Job):
    """Compare precisions and backends of the computation on your own raster and computer: how fast, and how true, each is.

    The same tiles are encoded in each precision by each backend there is. The table tells tiles a second, how close the features
    are to those of torch in float32, and whether clusters and neighbours stay the same. With labels, it tells what a map that is
    learnt from them gains or loses. It also tells what the number formats of the result save and lose.
    """

    id = "compare_precisions"
    title = "Compare precisions"
    group = "1 Encode"
    keywords = ("benchmark", "quantization", "int8", "bfloat16", "speed", "OpenVINO", "IAMAP")

    input: str = f.raster_in("Raster", help="The image whose tiles are encoded.")
    bands: list[int] | None = f.bands("Bands", of="input", help="In the encoder's order. Empty: all but transparency.")
    encoder: str = f.choice("Encoder", in_order, default_encoder, listed=LISTED, help="Whose precisions are compared.")
    extent: str | None = f.extent("Extent", of="input", help="Tiles of this part of the raster only. Empty: all of it.")
    model: str | None = f.text(
        "Name of a timm model", advanced=True, help="For the encoder *timm model by name*: for example resnet50.a1_in1k.",
    )  # fmt: skip
    weights: str | None = f.path_in(
        "Own weights", WEIGHTS, advanced=True, help="Weights from a file or folder instead of the published ones.",
    )  # fmt: skip
    download: bool = f.flag(
        "Download missing weights", True, advanced=True, help="Size and licence are told in the log, before it starts."
    )
    tile: int | None = f.integer(
        "Tile size", None, minimum=1, maximum=4096, unit="pixels", advanced=True, help="Empty: the encoder's own."
    )
    labels: str | None = f.vector_in(
        "Labels", None,
        help="Points, lines or polygons on what you know. With them, a map is learnt from the features of each precision, and checked on blocks of the ground that were held out.",
    )  # fmt: skip
    column: str | None = f.column("Column with classes", of="labels", help="Names or numbers of classes.")
    tiles: int = f.integer(
        "Number of tiles", 32, minimum=4, maximum=1000, advanced=True,
        help="From all over the raster. More of them: surer figures, more time.",
    )  # fmt: skip
    clusters: int = f.integer(
        "Number of clusters", 8, minimum=2, maximum=100, advanced=True,
        help="Whether k-means finds the same clusters in the features of each precision.",
    )  # fmt: skip
    neighbours: int = f.integer(
        "Neighbours", 10, minimum=1, maximum=100, advanced=True,
        help="How many of the cells most similar to each cell are looked for again in each precision.",
    )  # fmt: skip
    threads: int | None = f.integer(
        "Processor threads", None, minimum=1, maximum=1024, advanced=True, speed_only=True, help="Empty: all cores."
    )
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    report: str = f.file_out("Report", (("Report", "*.html"),), help="Table and plot.")
    table: str | None = f.file_out("Figures", (("Table", "*.csv"),), None, help="What the report tells, as a table.")

    def check(self) -> None:
        """Check what Encode would, and that labels have a column."""
        self.encoding()
        if self.labels and not self.column:
            raise BadRequest("`column` is missing", "choose the column of the labels that holds the classes")

    def encoding(self) -> Encode:
        """The encode whose tiles are compared; its output is never written."""
        names = ("input", "bands", "encoder", "extent", "model", "weights", "download", "tile", "threads", "seed")
        asked = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        made: Encode = Encode.make({**asked, "output": self.report + ".tif", "overlap": 0.0})
        return made

    def run(self, ctx: Context) -> dict[str, Any]:
        """Encode the same tiles in every way, compare, tell."""
        from ..engine import precision

        learner = next(card for card in learners() if card.id == "logistic")
        return precision.run(self, encoders()[self.encoder](), learner(), ctx)
