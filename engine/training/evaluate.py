"""The story of a check: look over the map, find the reference, compare both, write."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial.distance import pdist

from ...contract.errors import BadRequest
from ...contract.job import Context
from ..cell_values import values_at
from ..features import Features, open_features
from ..outputs import Outputs
from .area_estimates import AreaEstimates, area_estimates
from .bootstrap import Intervals, intervals
from .evaluation_files import write_points, write_table
from .examples import once
from .ground import metres
from .label_rasters import from_raster
from .labels import MOST_CLASSES, Marks, Rules, from_layers, lowest
from .map_classes import Classes, Overview, look_over, match, read_legend, without
from .metrics import NumberScores, Scores, classification, regression
from .variogram import CAP

if TYPE_CHECKING:
    from ...algorithms.evaluate import Evaluate

log = logging.getLogger(__name__)

#: cells of a reference raster that are compared
MOST_CELLS = 200_000
#: from how much on cells of one map differ so much that it is told
_UNEVEN = 1.05
#: of the correlogram: places compared, pairs in a class of distances, such classes, and what counts as no correlation
_PLACES, _PAIRS, _LAGS, _ALIKE = 2000, 60, 15, 0.05


@dataclass(frozen=True)
class Compared:
    """Reference and map, side by side.

    Attributes:
        marks: each cell once, or each feature of a probability sample once; label: index into the classes, or number.
        mapped: (n,) int64 index, or float64.
        classes: those that are met in either, all of the map for a probability sample; none for numbers.
        xy: (n, 2) float64 metres.
        beside: labelled cells where the map holds no data.
        several: features of a probability sample that cover several cells.
        drawn: whether these are but some of the cells of a reference raster.
    """

    marks: Marks
    mapped: np.ndarray
    classes: Classes
    xy: np.ndarray
    beside: int
    several: int = 0
    drawn: bool = False

    def __len__(self) -> int:
        return len(self.mapped)

    @property
    def label(self) -> np.ndarray:
        """(n,) int64 index into the classes, or float64."""
        return self.marks.label.astype(np.int64) if self.classes.names else self.marks.label

    @property
    def right(self) -> np.ndarray:
        """(n,) bool; of classes only."""
        return np.asarray(self.label == self.mapped)


@dataclass(frozen=True)
class Findings:
    """What came out of a check.

    Attributes:
        scores: of all that was compared, each counting alike.
        ends: their intervals.
        reach: metres of a side of a block of the bootstrap; None where each feature is one.
        areas: of a probability sample, in the unit of the overview's sizes.
        notes: sentences to be told.
    """

    overview: Overview
    compared: Compared
    scores: Scores | NumberScores
    ends: Intervals
    reach: float | None
    areas: AreaEstimates | None
    notes: list[str]


def run(job: Evaluate, ctx: Context) -> dict[str, Any]:
    """Check as *job* asks; return output field -> path."""
    classes = job.task == "classes"
    with Outputs(job) as outputs, open_features(job.input, [job.band], classes=classes) as features:
        overview = look_over(features, classes, job.blanks(), ctx)
        compared = _compare(job, features, overview, ctx)
        findings = _judge(job, overview, compared)
        for name, value in figures(findings).items():
            ctx.fact(name, round(value, 4))
        for note in findings.notes:
            log.warning("%s", note)
        if "points" in outputs:
            write_points(outputs.part("points"), outputs.paths["points"], features, compared)
        if "table" in outputs:
            write_table(outputs.part("table"), findings)
        if "report" in outputs:
            from ..reports import evaluate as page

            page.write(outputs.part("report"), job, features, findings)
    return outputs.paths


def figures(findings: Findings) -> dict[str, float]:
    """The figures in a few words: by area where the reference is a probability sample."""
    if findings.areas is not None:
        return {"compared": len(findings.compared), "overall accuracy by area": findings.areas.overall.value}
    names = ("R²", "RMSE", "bias") if isinstance(findings.scores, NumberScores) else ("overall accuracy", "macro-F1")
    return {"compared": len(findings.compared), **{name: findings.scores.figures[name] for name in names}}


# --- what is compared


def _compare(job: Evaluate, features: Features, overview: Overview, ctx: Context) -> Compared:
    numbers, sampled = job.task == "numbers", job.sample != "as it comes"
    words = {word.strip() for word in (job.unlabelled or "").split(",")} - {""}
    rules = Rules(
        job.column or "", numbers, frozenset(words), job.cover / 100, job.per_feature, MOST_CELLS, "", job.seed
    )
    if job.reference:
        marks = from_layers([job.reference], features, rules, ctx)
    else:
        marks = from_raster(str(job.reference_raster), features, rules, ctx, MOST_CELLS)
    if not len(marks):
        raise BadRequest(
            f"no reference lies on {features.source.name}",
            "check its CRS, its column, and that it lies on the map",
        )
    drawn = bool(job.reference_raster) and len(marks) > MOST_CELLS
    if drawn:
        marks = marks.some(lowest(marks, np.zeros(len(marks), np.int64), MOST_CELLS, job.seed))
    classes = Classes([], [], {}, {}, [])
    if not numbers:
        present = np.unique(marks.label.astype(np.int64))
        names = {code: name for name, code in rules.codes.items()}
        known = [names[code] for code in present.tolist()]
        classes = match(known, overview.values.tolist(), read_legend(features, job.named()))
        code = np.array([classes.of_reference.get(name, -1) for name in rules.codes], np.float64)
        marks = replace(marks, label=code[marks.label.astype(np.int64)])
    if not sampled:
        marks = once(marks, features.source.width, rules)
    value = without(values_at(features, marks.row, marks.col, ctx, "read the map")[:, 0], job.blanks())
    valid = ~np.isnan(value)
    if not valid.any():
        raise BadRequest(
            f"all {len(marks)} cells with a reference lie where {features.source.name} holds no data",
            "check its nodata value, and where the reference lies",
        )
    marks, value = marks.some(valid), value[valid]
    mapped = value.astype(np.float64) if numbers else classes.values(value)
    found = Compared(marks, mapped, classes, _xy(marks, features), int((~valid).sum()), 0, drawn)
    if sampled:
        found = _one_vote(found)
    return found if numbers else _few_classes(found, overview, sampled)


def _xy(marks: Marks, features: Features) -> np.ndarray:
    return metres(np.stack([marks.row, marks.col], 1), features.source.transform, features.crs)


def _one_vote(found: Compared) -> Compared:
    """Each feature once, as what most of its cells are mapped as, at the cell that is nearest to its middle.

    Where as many cells are mapped as another class, it is that which comes first in the legend.
    """
    _, unit = np.unique(found.marks.feature, return_inverse=True)
    order = np.lexsort((found.mapped, unit))
    pair = np.stack([unit[order], found.mapped[order]], 1)
    start = np.flatnonzero(np.append(True, (pair[1:] != pair[:-1]).any(1)))
    votes = np.diff(np.append(start, len(pair)))
    best = np.lexsort((pair[start, 1], -votes, pair[start, 0]))
    first = np.append(True, pair[start[best], 0][1:] != pair[start[best], 0][:-1])
    mapped = pair[start[best][first], 1]
    number = np.bincount(unit)
    middle = np.stack([np.bincount(unit, axis) / number for axis in found.xy.T], 1)
    away = np.hypot(*(found.xy - middle[unit]).T)
    nearest = np.lexsort((away, unit))[np.append(0, np.cumsum(number)[:-1])]
    return replace(
        found, marks=found.marks.some(nearest), mapped=mapped, xy=found.xy[nearest], several=int((number > 1).sum())
    )


def _few_classes(found: Compared, overview: Overview, sampled: bool) -> Compared:
    """Those classes that play a part; all that cover ground where areas are to be estimated."""
    kept = np.zeros(len(found.classes.names), bool)
    kept[found.label] = kept[found.mapped] = True
    if sampled:
        kept[[found.classes.of_value[value] for value in overview.values.tolist()]] = True
    if kept.sum() > MOST_CLASSES:
        where = "map and reference" if sampled else "the compared cells"
        raise BadRequest(
            f"{where} have {kept.sum()} classes, more than the {MOST_CLASSES} that can be compared",
            "name those that belong together alike in names; or check numbers, with task = numbers",
        )
    classes, new = found.classes.some(kept)
    marks = replace(found.marks, label=new[found.label].astype(np.float64))
    return replace(found, marks=marks, mapped=new[found.mapped], classes=classes)


# --- what comes of it


def _judge(job: Evaluate, overview: Overview, compared: Compared) -> Findings:
    names = compared.classes.names
    reach, block = _blocks(job, compared)
    scores: Scores | NumberScores
    if names:
        scores = classification(compared.label, compared.mapped, names)
    else:
        scores = regression(compared.label, compared.mapped)
    ends = intervals(compared.label, compared.mapped, block, names, seed=job.seed)
    areas = None
    if job.sample != "as it comes":
        areas = _areas(job.sample == "by class", overview, compared)
    return Findings(overview, compared, scores, ends, reach, areas, _notes(overview, compared, ends, areas))


def _blocks(job: Evaluate, compared: Compared) -> tuple[float | None, np.ndarray]:
    """Side of a block in metres, and (n,) int64 the block of each cell; a feature lies in the block of its middle."""
    _, unit = np.unique(compared.marks.feature, return_inverse=True)
    error = compared.label != compared.mapped if compared.classes.names else compared.mapped - compared.label
    reach = job.block or alike_up_to(np.asarray(error, np.float64), compared.xy, job.seed)
    if not reach:
        return None, unit
    number = np.bincount(unit)
    middle = np.stack([np.bincount(unit, axis) / number for axis in compared.xy.T], 1)
    square = np.floor((middle - middle.min(0)) / reach).astype(np.int64)
    return reach, np.unique(square, axis=0, return_inverse=True)[1].ravel()[unit]


def alike_up_to(error: np.ndarray, xy: np.ndarray, seed: int) -> float | None:
    """The distance in metres up to which errors are correlated; None where they aren't, or there are too few to tell.

    That of the first class of distances in which the correlation is below _ALIKE, or below two of its standard errors; at
    most CAP of the diagonal, as of blocks of a validation. A variogram of features (``variogram.py``) is no help here: its
    robust estimator makes nothing of errors that are 0 or 1.

    Args:
        error: (n,) float64.
        xy: (n, 2) metres.
    """
    if len(xy) > _PLACES:
        drawn = np.sort(np.random.default_rng(seed).choice(len(xy), _PLACES, replace=False))
        error, xy = error[drawn], xy[drawn]
    spread, diagonal = float(error.std()), float(np.hypot(*np.ptp(xy, axis=0)))
    distance = pdist(xy)
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] <= diagonal / 2]
    if spread <= 0 or len(order) < 4 * _PAIRS:
        return None
    first, second = np.triu_indices(len(xy), 1)
    score = (error - error.mean()) / spread
    product, distance = score[first[order]] * score[second[order]], distance[order]
    nearest = max(float(distance[_PAIRS]), diagonal * 1e-6)
    start, near = 0, True
    for end in np.searchsorted(distance, np.geomspace(nearest, diagonal / 2, _LAGS), "right").tolist():
        if end - start < _PAIRS:
            continue
        if product[start:end].mean() < max(_ALIKE, 2 / np.sqrt(end - start)):
            return None if near else min(float(distance[start:end].mean()), CAP * diagonal)
        start, near = end, False
    return CAP * diagonal


def _areas(by_class: bool, overview: Overview, compared: Compared) -> AreaEstimates:
    names, sizes = compared.classes.names, compared.classes.sizes(overview)
    if by_class:
        return area_estimates(compared.mapped, compared.label, compared.mapped, sizes, names, names)
    one = np.zeros(len(compared), np.int64)
    return area_estimates(compared.mapped, compared.label, one, np.array([sizes.sum()]), names, ["map"])


def _notes(overview: Overview, compared: Compared, ends: Intervals, areas: AreaEstimates | None) -> list[str]:
    """Sentences on what limits the figures, without a full stop."""
    notes = []
    if compared.beside:
        notes.append(f"cells with a reference where the map holds no data: {compared.beside}, which are left out")
    if compared.drawn:
        notes.append(f"the reference raster labels more cells than are compared: {len(compared)} were drawn at random")
    if compared.classes.names:
        classes = compared.classes
        if classes.missing:
            listed = ", ".join(classes.missing[:10]) + (" …" if len(classes.missing) > 10 else "")
            notes.append(f"the map has no class for {listed} of the reference, so that all of it counts as wrong")
        extra = [classes.names[i] for i in np.setdiff1d(compared.mapped, compared.label)]
        if extra:
            listed = ", ".join(extra[:10]) + (" …" if len(extra) > 10 else "")
            notes.append(f"no reference is {listed}, so that all that is mapped as such counts as wrong")
        if len(np.unique(compared.label)) == 1:
            only = classes.names[int(compared.label[0])]
            notes.append(f"all of the reference is {only}: what the map makes of anything else is not tested")
    elif len(np.unique(compared.label)) == 1:
        notes.append(f"all of the reference is {compared.label[0]:g}: R² has no meaning")
    if areas is None and ends.few:
        notes.append(
            f"the intervals are too narrow: the reference is {ends.blocks} independent {'place' if ends.blocks == 1 else 'places'} only"
        )
    if areas is not None:
        notes += areas.notes
        sure = [name for name, one in zip(areas.classes, areas.users) if one.value == 1 and one.error == 0]
        if sure:
            notes.append(
                f"all of the sample that is mapped as {', '.join(sure[:10])} is right: ± 0 says that no error was met, not that there is none"
            )
        if compared.several:
            notes.append(
                f"shapes of the sample that cover several cells: {compared.several}, each of which counts once, as what most of its cells are mapped as"
            )
        if overview.uneven > _UNEVEN:
            notes.append(
                f"the largest cell of the map covers {overview.uneven:.2f} times the ground of the smallest, while the estimates take cells of a stratum to be alike"
            )
        if not overview.known:
            notes.append("the map has no CRS that tells areas: they are counted in cells")
    return notes
