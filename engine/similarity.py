"""The story of a search: take the features of the examples, look at all cells, compare, write scores, regions and places."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract.errors import BadRaster
from ..contract.job import Context
from . import class_polygons, colours, similar_places
from .clustering import class_storage
from .feature_raster import Layer
from .features import Features, open_features
from .mapping import Sheet, write_map
from .models import ClassOf, Model
from .outputs import Outputs
from .queries import Queries, gather
from .reducing import place_of, provenance
from .searching import fit, prepared, thresholds
from .storage import Storage
from .survey import Survey, survey

if TYPE_CHECKING:
    from ..algorithms.apply import Apply
    from ..algorithms.similarity import Similarity

log = logging.getLogger(__name__)

#: cells that thresholds and colours are found from
_SAMPLE = 30_000
#: prototypes of a query that all cells are compared with, of all queries together, and those that means are made of
_PROTOTYPES, _ALL_PROTOTYPES, _MEANS_OF = 500, 2000, 5000
#: products that a portion of cells takes: some tenths of a second, then it is asked whether the user has cancelled
_PRODUCTS = 4e9
#: shares of the sample between which colours run
_DARK, _BRIGHT = 0.02, 0.999
#: what the map of winners says where no query reaches its threshold
NONE = ClassOf(0, "none", "#e4e7eb")


@dataclass(frozen=True)
class Search:
    """What the report tells besides the rasters.

    Attributes:
        queries: with the places of the examples.
        found: what is known of the raster that is searched.
        scores: (cells, queries) float32 of the sample.
        thresholds: one a query.
        ways: how each was found: ``given``, ``examples`` or ``Otsu``.
        places: for each query (row, column, score) of the best places, in the whole raster.
    """

    queries: Queries
    found: Survey
    scores: np.ndarray
    thresholds: list[float]
    ways: list[str]
    places: list[list[tuple[int, int, float]]]


def run(job: Similarity, ctx: Context) -> dict[str, Any]:
    """Search as *job* asks; return output field -> path.

    Raises:
        BadRaster: one band only where directions are compared, or the raster of the examples was made otherwise.
        BadRequest: there are no examples on data.
    """
    with Outputs(job) as outputs, open_features(job.input, job.bands, job.extent) as features:
        if features.bands == 1 and job.measure == "cosine":
            raise BadRaster(
                f"{features.source.name} gives one band, and a single number has no direction to compare",
                "choose the measure Euclidean, or more bands",
            )
        with _with_examples(job, features) as there:
            most = _MEANS_OF if job.prototypes in ("mean", "k-means") else _PROTOTYPES
            in_all = _ALL_PROTOTYPES if most == _PROTOTYPES else None
            queries = gather(job, there, features.crs, most, in_all, ctx)
            found = survey(features, _SAMPLE, job.seed, ctx, unit=job.scaling == "unit length")
            model, search = _model(job, features, queries, found, ctx)
            write_scores(model, features, job, outputs, ctx)
            search = _find(job, model, search, features, outputs, ctx)
            if "model" in outputs:
                model.save(outputs.part("model"))
            if "report" in outputs:
                from .reports import similarity as report_similarity

                report_similarity.write(
                    outputs.part("report"), job, model, search, features, there, outputs.part("output")
                )
        ctx.fact("cells", found.count)
        ctx.fact("queries", len(queries.each))
        ctx.fact("cells of examples", sum(len(query.examples.raw) for query in queries.each))
    return outputs.paths


@contextlib.contextmanager
def _with_examples(job: Similarity, features: Features) -> Iterator[Features]:
    """Open the raster that the examples lie on, whole."""
    source = features.source
    if not job.reference or os.path.realpath(job.reference) == os.path.realpath(job.input):
        yield replace(features, top=0, left=0, width=source.width, height=source.height)
        return
    with open_features(job.reference, job.bands) as there:
        features.contract.check(there.contract, there.source.name)
        yield there


def _model(job: Similarity, features: Features, queries: Queries, found: Survey, ctx: Context) -> tuple[Model, Search]:
    preparation, square = prepared(job, found)
    estimator = fit(job, queries, preparation, square, ctx)
    named = bool(job.name)
    names = [query.name or "similarity" for query in queries.each]
    scores = estimator.score(replace(preparation, unit=False)(found.sample))
    limits, ways = thresholds(job, queries, preparation, square, scores, ctx)
    for name, limit, way, column in zip(names, limits, ways, scores.T):
        share = 100 * float((column >= limit).mean())
        log.info("%s: threshold %.4g (%s), reached by %.2f %% of the cells", name, limit, way, share)
    model = Model(
        "similarity", job.measure, "Similarity", job.settings(), features.contract, preparation, estimator, names,
        facts={
            "thresholds": limits, "stretch": _stretch(scores),
            "colours": colours.wheel(len(names)) if named else [],
        },
        **place_of(features),
    )  # fmt: skip
    return model, Search(queries, found, scores, limits, ways, [])


def _stretch(scores: np.ndarray) -> list[float]:
    ends = np.quantile(scores, [_DARK, _BRIGHT])
    return [float(f"{end:.6g}") for end in ends]


def winners(scores: np.ndarray, thresholds: list[float]) -> np.ndarray:
    """(queries, …) to (…): number of the query with the highest score that reaches its threshold, from 1; 0 for none."""
    limits = np.array(thresholds).reshape(-1, *[1] * (scores.ndim - 1))
    reached = np.where(scores >= limits, scores, -np.inf)
    return np.asarray(np.where(np.isinf(reached).all(0), 0, reached.argmax(0) + 1))


def classes_of(model: Model) -> list[ClassOf]:
    """The queries as classes of a map; none where they have no names."""
    shades = model.facts["colours"]
    return [ClassOf(i + 1, name, shade) for i, (name, shade) in enumerate(zip(model.names, shades))]


def write_scores(model: Model, features: Features, job: Similarity | Apply, outputs: Outputs, ctx: Context) -> None:
    """Write what *model* makes of *features* to the output ``output``, and the winners where they are asked for."""
    low, high = model.facts["stretch"]
    tags = provenance(model, features, job)
    look = {"ramp": "Viridis", "band": 1, "minimum": low, "maximum": high}
    scores = Layer(
        outputs.paths["output"], Storage("float32", float("nan")), model.names, {**tags, "style": json.dumps(look)}
    )
    count = len(model.names)
    sheets = [Sheet(scores, slice(0, count))]
    if "winner" in outputs:
        sheets.append(Sheet(_winner_layer(model, tags, outputs.paths["winner"]), slice(count, count + 1)))

    beat = _Beat(ctx)
    portion = max(256, int(_PRODUCTS / max(1, model.estimator.products)))

    def apply(cells: np.ndarray) -> np.ndarray:
        x = model.preparation(cells)
        parts = []
        for start in range(0, len(x), portion):
            parts.append(model.estimator.score(x[start : start + portion]))
            beat.again()
        found = np.concatenate(parts)
        if len(sheets) == 1:
            return np.asarray(found)
        best = winners(found.T, model.facts["thresholds"])
        return np.concatenate([found, best[:, None].astype(np.float32)], 1)

    write_map(features, apply, sheets, beat, "compare")


class _Beat:
    """A context that can repeat what was said last: where a step is long, so that it hears of a cancel meanwhile."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._last: tuple[float, float, str, str] | None = None
        self.track, self.fact = ctx.track, ctx.fact

    def progress(self, done: float, total: float, unit: str, stage: str = "") -> None:
        """Report, and remember."""
        self._last = done, total, unit, stage
        self._ctx.progress(*self._last)

    def again(self) -> None:
        """Report the same."""
        if self._last is not None:
            self._ctx.progress(*self._last)


def _winner_layer(model: Model, tags: dict[str, str], path: str) -> Layer:
    named = classes_of(model) or [ClassOf(1, "similar", colours.wheel(1)[0])]
    classes = [NONE, *named]
    legend = [{"value": one.value, "label": one.label, "colour": one.colour} for one in classes]
    tags = {**tags, "encoder": "similarity_winner", "style": json.dumps({"categories": legend, "band": 1})}
    table = {one.value: colours.rgb(one.colour) for one in classes}
    return Layer(path, class_storage(classes), ["most similar query"], tags, table)


def write_regions(model: Model, path: str, layer: str, drawn: str, smallest: float, ctx: Context) -> None:
    """Write the polygons of the scores in *drawn* that reach the thresholds of *model*."""

    def split(strip: np.ndarray) -> np.ndarray:
        return winners(strip[None] if strip.ndim == 2 else strip, model.facts["thresholds"])

    count = class_polygons.write(path, layer, drawn, classes_of(model), ctx, split=split, smallest=smallest)
    ctx.fact("regions", count)
    if not count:
        log.warning("no cell reaches the threshold: there are no regions")


def layer_name(path: str) -> str:
    """What the layer of a GeoPackage is called."""
    return os.path.splitext(os.path.basename(path))[0]


def _find(job: Similarity, model: Model, search: Search, features: Features, outputs: Outputs, ctx: Context) -> Search:
    """Write regions and places, where they are asked for."""
    drawn = outputs.part("output")
    if "hits" in outputs:
        write_regions(
            model, outputs.part("hits"), layer_name(outputs.paths["hits"]), drawn, job.minimum_area or 0.0, ctx
        )
    if "places" not in outputs and "report" not in outputs:
        return search
    here = not job.reference or os.path.realpath(job.reference) == os.path.realpath(job.input)
    known = [query.examples.places - (features.top, features.left) for query in search.queries.each] if here else None
    best = similar_places.best(drawn, job.top, job.spacing, known, ctx)
    if "places" in outputs:
        name = layer_name(outputs.paths["places"])
        similar_places.write(outputs.part("places"), name, drawn, best, classes_of(model))
        ctx.fact("places", sum(map(len, best)))
    moved = [[(row + features.top, col + features.left, score) for row, col, score in places] for places in best]
    return replace(search, places=moved)
