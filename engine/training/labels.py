"""Which cells carry a label: those under the points, lines and polygons of vector layers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ...contract.errors import BadRequest
from ...contract.job import Context
from ..coverage import each_portion, mostly_covered
from ..features import Features, bounds
from ..survey import cell_hash
from ..vectors import Shapes, as_text, read_shapes

if TYPE_CHECKING:
    from ...algorithms.labelled import Labelled

log = logging.getLogger(__name__)

#: classes that one map can hold: 255 is its nodata
MOST_CLASSES = 254


@dataclass
class Rules:
    """How labels are read.

    Attributes:
        column: of the layers; empty where there are none.
        numbers: numbers are learnt, not classes.
        unlabelled: values that are no label, as text.
        share: of a cell that a polygon must cover, 0 to 1.
        per_feature: cells of one feature at most.
        per_class: cells of one class at most; of numbers ten times as many in all.
        fold_column: whose values tell folds; empty for none.
        seed: for what is drawn.
        codes: class -> its number, in the order in which they are met.
        polygons, small: polygons with a label that were met, and those of them that are smaller than a cell.
        empty: layers of which no feature on the raster has a label, with the number of these features.
    """

    column: str
    numbers: bool
    unlabelled: frozenset[str]
    share: float
    per_feature: int
    per_class: int
    fold_column: str
    seed: int
    codes: dict[str, int] = field(default_factory=dict)
    empty: dict[str, int] = field(default_factory=dict)
    polygons: int = 0
    small: int = 0

    @classmethod
    def of(cls, job: Labelled) -> Rules:
        """Those of a request."""
        words = {word.strip() for word in (job.unlabelled or "").split(",")} - {""}
        folds = job.fold_column if job.validation == "column" else None
        return cls(
            job.column or "", job.task == "numbers", frozenset(words), job.cover / 100, job.per_feature, job.per_class,
            folds or "", job.seed,
        )  # fmt: skip

    def code(self, names: np.ndarray) -> np.ndarray:
        """(n,) text to (n,) int64 numbers of classes; -1 for what is no label."""
        known = {}
        for name in dict.fromkeys(names.tolist()):
            skipped = not name or name in self.unlabelled
            known[name] = -1 if skipped else self.codes.setdefault(name, len(self.codes))
        return np.array([known[name] for name in names.tolist()], np.int64)


@dataclass(frozen=True)
class Marks:
    """Labels on cells; a cell under several features comes several times.

    Attributes:
        row, col: (n,) int64, in the raster.
        label: (n,) float64: number of the class, see ``Rules.codes``, or the number that is learnt.
        feature: (n,) int64: which feature of all layers; its cells are never split between folds.
        fold: (n,) object: text of the column of folds; empty where there is none.
    """

    row: np.ndarray
    col: np.ndarray
    label: np.ndarray
    feature: np.ndarray
    fold: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def some(self, chosen: np.ndarray) -> Marks:
        """Those that (m,) int64 or (n,) bool *chosen* names."""
        return Marks(*(getattr(self, name)[chosen] for name in ("row", "col", "label", "feature", "fold")))


NOTHING = Marks(*(np.empty(0, kind) for kind in (np.int64, np.int64, np.float64, np.int64, object)))


def glue(parts: Sequence[Marks]) -> Marks:
    """All of them; features keep their numbers."""
    if not parts:
        return NOTHING
    return Marks(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("row", "col", "label", "feature", "fold"))
    )


def from_layers(layers: Iterable[str], features: Features, rules: Rules, ctx: Context) -> Marks:
    """Labels under the features of vector layers, of those that lie on the raster.

    Features have the same numbers whatever the raster.

    Raises:
        BadRequest: a layer or column is missing, or the column does not hold what is to be learnt.
    """
    columns = [column for column in dict.fromkeys((rules.column, rules.fold_column)) if column]
    found, before = [], 0
    for layer in layers:
        shapes = read_shapes(layer, columns, features.crs, bounds(features), ctx)
        if len(shapes):
            marks = _under(shapes, features, rules, ctx)
            found.append(replace(marks, feature=marks.feature + before))
        before += shapes.count
    return glue(found)


def _under(shapes: Shapes, features: Features, rules: Rules, ctx: Context) -> Marks:
    label = _numbers(shapes, rules) if rules.numbers else _classes(shapes, rules)
    kept = np.flatnonzero(~np.isnan(label))
    empty = len(label) - len(kept)
    if empty == len(label):
        rules.empty[shapes.name] = empty
    if empty:
        log.warning("%s: %d of %d features have no label in %s", shapes.name, empty, len(label), rules.column)
    fold = as_text(shapes.values[rules.fold_column]) if rules.fold_column else np.full(len(label), "", object)
    source = features.source
    areas = shapely.area(shapes.geometry[kept])
    rules.polygons += int((areas > 0).sum())
    rules.small += int(((areas > 0) & (areas < abs(source.transform.determinant))).sum())
    parts = []
    for cells in each_portion(shapes.geometry[kept], source.transform, source.width, source.height, ctx):
        found = mostly_covered(cells, rules.share)
        shape = kept[found.shape]
        marks = Marks(found.row, found.col, label[shape], shapes.feature[shape], fold[shape])
        parts.append(marks.some(lowest(marks, marks.feature, rules.per_feature, rules.seed)))
    return glue(parts)


def lowest(marks: Marks, of: np.ndarray, most: int, seed: int) -> np.ndarray:
    """(m,) int64: *most* marks of each number in (n,) int64 *of* at most, drawn by their places; in the order they came."""
    if not len(marks) or int(np.unique(of, return_counts=True)[1].max()) <= most:
        return np.arange(len(marks))
    rank = cell_hash(marks.row, marks.col, np.uint64(seed))
    order = np.lexsort((rank, of))
    sorted_of = of[order]
    start = np.flatnonzero(np.append(True, sorted_of[1:] != sorted_of[:-1]))
    place = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
    return np.sort(order[place < most])


def _classes(shapes: Shapes, rules: Rules) -> np.ndarray:
    """(shapes,) float64 numbers of classes, NaN for none."""
    values = shapes.values[rules.column]
    if values.dtype.kind == "f":
        odd = values[np.isfinite(values) & (values != np.rint(values))]
        if len(odd):
            raise BadRequest(
                f"{rules.column} of {shapes.name} holds numbers with decimals, such as {odd[0]:g}, which name no classes",
                "choose a column of names or whole numbers; or map numbers, with task = numbers",
            )
    code = rules.code(as_text(values)).astype(np.float64)
    code[code < 0] = np.nan
    return code


def _numbers(shapes: Shapes, rules: Rules) -> np.ndarray:
    """(shapes,) float64, NaN for none."""
    values = shapes.values[rules.column]
    texts = as_text(values)
    if values.dtype.kind in "iubf":
        found = values.astype(np.float64)
    else:
        try:
            found = np.array([float(text.replace(",", ".")) if text else np.nan for text in texts], np.float64)
        except ValueError as error:
            raise BadRequest(
                f"{rules.column} of {shapes.name} holds text: {str(error).rpartition(': ')[2]}",
                "choose a column of numbers; or map classes, with task = classes",
            ) from error
    found = np.where(np.isfinite(found), found, np.nan)
    if rules.unlabelled:
        found[np.isin(texts, sorted(rules.unlabelled))] = np.nan
    return found
