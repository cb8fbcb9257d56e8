"""Find the places that look like some examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from ..contract.job import Context, Job


@dataclass(init=False, repr=False, eq=False)
class Similarity(Job):
    """Find the places that look like some examples: points, lines or polygons on what you look for.

    The result tells for every cell how similar its features are to those of the examples: 1 where they are the same, 0 where
    they have no more in common than any two places, less where they differ in the opposite way. Five examples of different
    looks are worth more than fifty of the same. Counter-examples help where something else keeps coming up: their similarity
    is taken off. A column with names gives several queries in one run, each with a band of its own.

    Give *Places* to get the best ones as points, *Regions* to get what lies above the threshold as polygons. The raster is
    read twice; memory does not grow with it.
    """

    id = "similarity"
    title = "Find similar places"
    group = "4 Find and compare"
    keywords = ("search", "query by example", "more like this", "retrieval", "cosine", "features", "embedding", "IAMAP")

    input: str = f.raster_in("Raster to search", help="Features from *Encode*, or any other raster.")
    query: str | None = f.vector_in(
        "Examples", None,
        help="Points, lines or polygons on what you look for, in any CRS. Points count for their cell, lines for the cells they touch, polygons for the cells that they cover by half or more.",
    )  # fmt: skip
    box: str | None = f.extent(
        "Box as the example", of="input", help="In place of a layer: all cells that it covers by half or more."
    )
    name: str | None = f.column(
        "Column with names", of="query",
        help="Examples of one name are one query, with a band of its own. Empty: all examples are one query.",
    )  # fmt: skip
    role: str | None = f.column(
        "Column that tells counter-examples", of="query", advanced=True,
        help="A counter-example has 0, no, false, negative or - in it; an example has 1, yes, true, positive, + or nothing.",
    )  # fmt: skip
    negatives: str | None = f.vector_in(
        "Counter-examples", None,
        help="Places that look similar but are not what you look for. They count for all queries: a cell's score is its similarity to the examples minus that to the counter-examples.",
    )  # fmt: skip
    reference: str | None = f.raster_in(
        "Raster of the examples", None, advanced=True,
        help="Where the examples lie on another raster: features of the same encoder, of another place or date. Empty: on the raster to search.",
    )  # fmt: skip
    measure: str = f.choice(
        "Measure", ("cosine", "dot", "Euclidean", "Mahalanobis"), "cosine",
        help="cosine: the direction of features counts, best for most encoders. dot: direction and strength. Euclidean: distance, 1 at none and 0 at that of two cells taken at random. Mahalanobis: the same after taking off what all bands have in common.",
    )  # fmt: skip
    prototypes: str = f.choice(
        "What examples stand for", ("soft", "all examples", "mean", "k-means"), "soft", advanced=True,
        help="soft: all examples count, the nearer ones more; best on average. all examples: only the nearest counts. mean: their mean, for examples that are all alike. k-means: the nearest of some means, for many examples of several looks.",
    )  # fmt: skip
    prototype_count: int = f.integer(
        "Means of each query",
        5,
        minimum=1,
        maximum=1000,
        advanced=True,
        help="For k-means; fewer where there are fewer examples.",
    )
    scaling: str = f.choice(
        "Scaling", ("auto", "standardise", "centre", "whiten", "unit length", "none"), "auto", advanced=True,
        help="standardise: deviations from the mean cell are compared, all bands count alike; best on average. centre: the same, but bands with a wide range count more. whiten: also takes off what bands have in common, good with vision transformers. unit length: divides each cell's features by their length, then centres. none: features as they are. auto: whiten for Mahalanobis, standardise for all others.",
    )  # fmt: skip
    shrinkage: float = f.number(
        "Shrinkage", 0.5, minimum=0.001, maximum=1, advanced=True,
        help="For whiten and Mahalanobis: 0 trusts the covariance of the cells wholly, 1 takes all directions for equally wide.",
    )  # fmt: skip
    threshold: float | None = f.number(
        "Threshold", None, minimum=-1e9, maximum=1e9,
        help="Scores from it on count as found. Empty: one is chosen for each query, see below; look at the histogram of the report before you trust it.",
    )  # fmt: skip
    cut: str = f.choice(
        "Threshold where none is given", ("auto", "examples", "Otsu"), "auto", advanced=True,
        help="examples: what four of five examples reach when each is compared with the others; needs three of them. Otsu: where the scores split best, which finds too much of what is rare. auto: examples where there are three, otherwise Otsu.",
    )  # fmt: skip
    minimum_area: float | None = f.number(
        "Smallest area of a region", None, minimum=0, unit="m²",
        help="Smaller ones are left out; in squares of map units where the raster has no CRS.",
    )  # fmt: skip
    top: int = f.integer("Number of places", 20, minimum=1, maximum=10_000, help="For each query, the best ones.")
    spacing: int = f.integer(
        "Least distance between places", 5, minimum=1, maximum=500, unit="cells", advanced=True,
        help="Places nearer than this to a better one, or to an example, are left out.",
    )  # fmt: skip
    bands: list[int] | None = f.bands(
        "Bands", of="input", advanced=True, help="Of both rasters. Empty: all bands but transparency."
    )
    extent: str | None = f.extent(
        "Extent", of="input", advanced=True,
        help="Search only this part, enlarged to whole cells. Examples may lie anywhere in the raster.",
    )  # fmt: skip
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    output: str = f.raster_out("Similarity", help="A band for each query.")
    winner: str | None = f.raster_out(
        "Most similar query",
        None,
        help="The number of the query with the highest score, 0 where none reaches its threshold.",
    )
    hits: str | None = f.vector_out(
        "Regions", None, geometry="polygon",
        help="Neighbouring cells above the threshold as polygons, with their mean and highest score and their area.",
    )  # fmt: skip
    places: str | None = f.vector_out("Places", None, geometry="point", help="The best places of each query.")
    model: str | None = f.file_out(
        "Model",
        (("IAMAP model", "*.iamap"),),
        None,
        help="To run the same query on other rasters, with *Apply a model*.",
    )
    report: str | None = f.file_out(
        "Report", (("Report", "*.html"),), None, help="Histogram with the threshold, and pictures of the best places."
    )

    def check(self) -> None:
        """Examples come from one source, and what belongs together is given together."""
        if bool(self.query) == bool(self.box):
            said = "both `query` and `box` are given" if self.query else "neither `query` nor `box` is given"
            raise BadRequest(f"{said}, one of them tells what to look for", "give a layer of examples, or a box")
        for column in ("name", "role"):
            if getattr(self, column) and not self.query:
                raise BadRequest(
                    f"{column} = {getattr(self, column)} is a column of `query`, which is not given", "give `query`"
                )
        if self.measure == "Mahalanobis" and self.scaling not in ("auto", "whiten"):
            raise BadRequest(
                f"scaling = {self.scaling} has no use with the measure Mahalanobis, which whitens",
                "leave it at auto, or choose Euclidean",
            )
        if self.minimum_area and not self.hits:
            raise BadRequest(
                f"minimum_area = {self.minimum_area:g} is for regions, and none are asked for", "ask for regions"
            )

    def run(self, ctx: Context) -> dict[str, Any]:
        """Take the features of the examples, compare all cells with them, write what is found."""
        from ..engine import similarity

        return similarity.run(self, ctx)
