"""Maps of a trained model: classes or numbers, and where not to trust them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...contract.job import Context, Job
from ...contract.partial import part_path, remove_partial
from .. import class_outputs, class_polygons, colours
from ..feature_raster import Layer
from ..features import Features
from ..mapping import Sheet, write_map
from ..models import Model
from ..outputs import Outputs
from ..reducing import provenance
from ..storage import Storage
from .cleaning import clean

#: bands of a raster of doubts
CONFIDENCE, SETS, DISSIMILARITY, OUTSIDE = range(4)
_OF_CLASSES = ["confidence", "classes not ruled out", "dissimilarity", "outside"]
_OF_NUMBERS = ["half of the interval", "not used", "dissimilarity", "outside"]
#: what polygons of cells unlike all labels are called
UNLIKE = "unlike all labels: don't trust the map here"
_FLOAT = Storage("float32", float("nan"))
_WHOLE = Storage("uint8", 255)


@dataclass(frozen=True)
class Cleaning:
    """What happens to a map of classes when it is made.

    Attributes:
        mask: cells outside the area of applicability get no class.
        smooth: side of the window in which the most frequent class wins; odd, 1 for none.
        smallest: patches of fewer cells become part of their largest neighbour; 1 for none.
    """

    mask: bool = False
    smooth: int = 1
    smallest: int = 1

    @property
    def needed(self) -> bool:
        """Whether a map has to be gone over again."""
        return self.smooth > 1 or self.smallest > 1


def write(model: Model, features: Features, job: Job, outputs: Outputs, ctx: Context, how: Cleaning) -> None:
    """Write whatever of ``output``, ``probabilities``, ``doubt``, ``outside``, ``polygons`` and ``table`` the job asks for."""
    classes = len(model.classes)
    raw = classes > 0 and how.needed
    doubts = [name for name in ("doubt", "outside") if name in outputs]
    unlike = bool(doubts) or how.mask
    confident = "polygons" in outputs or bool(doubts)
    with _beside(outputs.paths["output"]) as spare:
        main = _main_layer(model, features, job, spare("raw") if raw else outputs.paths["output"])
        sheets = [Sheet(main, slice(0, 1))]
        if "probabilities" in outputs:
            sheets.append(Sheet(_probability_layer(model, features, job, outputs), slice(1, 1 + classes)))
        doubt_path = outputs.paths["doubt"] if "doubt" in outputs else spare("doubt")
        if confident:
            sheets.append(Sheet(_doubt_layer(model, features, job, doubt_path), slice(1 + classes, 5 + classes)))
        write_map(
            features, lambda cells: _columns(model, cells, unlike, confident, how.mask), sheets, ctx, "write the map"
        )
        if raw:
            final = _main_layer(model, features, job, outputs.paths["output"])
            clean(part_path(main.path), final, how.smooth, how.smallest, ctx)
        if classes:
            confidence = part_path(doubt_path) if "polygons" in outputs else None
            class_outputs.write(outputs, model.classes, ctx, confidence)
        if "outside" in outputs:
            _write_outside(outputs, part_path(doubt_path), ctx)


@contextlib.contextmanager
def _beside(path: str) -> Iterator[Callable[[str], str]]:
    """Names for files beside *path* that are gone at the end, with their part files."""
    made: list[str] = []

    def name(what: str) -> str:
        stem, ending = os.path.splitext(path)
        made.append(f"{stem}.{what}{ending}")
        return made[-1]

    try:
        yield name
    finally:
        for one in made:
            remove_partial(one)


def _columns(model: Model, cells: np.ndarray, unlike: bool, confident: bool, mask: bool) -> np.ndarray:
    """(cells, bands) to (cells, 1 + classes + 4): class from 1 or number, probabilities, doubts."""
    found, probability = model.estimator.predict(cells)
    classes = probability.shape[1]
    made = np.full((len(cells), 5 + classes), np.nan, np.float32)
    made[:, 0] = found + 1 if classes else found
    made[:, 1 : 1 + classes] = probability
    if unlike or confident:
        made[:, 1 + classes :] = model.estimator.doubts(cells, probability, unlike)
    if mask:
        made[made[:, 1 + classes + OUTSIDE] == 1, 0] = np.nan
    return made


def _main_layer(model: Model, features: Features, job: Job, path: str) -> Layer:
    tags = provenance(model, features, job)
    if not model.classes:
        low, high = model.facts["stretch"]
        style = {"ramp": "Viridis", "band": 1, "minimum": low, "maximum": high}
        return Layer(path, _FLOAT, model.names, {**tags, "style": json.dumps(style)})
    legend = [{"value": one.value, "label": one.label, "colour": one.colour} for one in model.classes]
    table = {one.value: colours.rgb(one.colour) for one in model.classes}
    style = {"categories": legend, "band": 1}
    return Layer(path, _WHOLE, model.names, {**tags, "style": json.dumps(style, ensure_ascii=False)}, table)


def _probability_layer(model: Model, features: Features, job: Job, outputs: Outputs) -> Layer:
    names = [f"probability of {one.label}" for one in model.classes]
    style = {"ramp": "Viridis", "band": 1, "minimum": 0, "maximum": 1}
    shades = {one.label: one.colour for one in model.classes}
    legend = json.dumps(shades, ensure_ascii=False)
    tags = {**provenance(model, features, job), "style": json.dumps(style), "legend": legend}
    return Layer(outputs.paths["probabilities"], _FLOAT, names, tags)


def _doubt_layer(model: Model, features: Features, job: Job, path: str) -> Layer:
    style = {"ramp": "Viridis", "band": 1, "minimum": 1 / max(1, len(model.classes)), "maximum": 1}
    if not model.classes:
        top = max(2 * model.estimator.applicability.threshold, 1e-6) if model.estimator.applicability else 1
        style = {"ramp": "Viridis", "band": 1 + DISSIMILARITY, "minimum": 0, "maximum": top}
    names = list(_OF_CLASSES if model.classes else _OF_NUMBERS)
    return Layer(path, _FLOAT, names, {**provenance(model, features, job), "style": json.dumps(style)})


def _write_outside(outputs: Outputs, doubt: str, ctx: Context) -> None:
    """Polygons of what lies outside the area of applicability."""
    layer = os.path.splitext(os.path.basename(outputs.paths["outside"]))[0]
    path, told = outputs.part("outside"), {"outside": 1, "label": UNLIKE}
    # the number of a band: each polygon tells how unlike its cells are
    split = lambda strip: (strip[OUTSIDE] == 1) * (1 + DISSIMILARITY)  # noqa: E731
    ctx.fact("areas outside", class_polygons.write(path, layer, doubt, [], ctx, split=split, columns=told))
