"""What is learnt from: labelled cells with their features, of one raster or several."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from ...contract.errors import BadRequest
from ...contract.job import Context
from ..cell_values import values_at
from ..features import Features, no_data
from ..rasters import Source
from ..vectors import in_order
from .folds import joined_groups
from .ground import Ground
from .label_rasters import from_raster
from .labels import MOST_CLASSES, Marks, Rules, from_layers, glue, lowest

if TYPE_CHECKING:
    from ...algorithms.labelled import Labelled

log = logging.getLogger(__name__)

#: cells between the rasters of trainings on several that have no CRS
_APART = 1e7
#: cells of a raster of labels are numbered from here on, which is above all numbers of features
_OF_RASTER = 1 << 40
#: different numbers up to which they may be codes of classes
_CODES = 12


@dataclass(frozen=True)
class Examples:
    """Labelled cells.

    Attributes:
        x: (n, bands) float32, as they are in the stack, without NaN.
        y: (n,) int64 index into *classes*; float64 where numbers are learnt.
        group: (n,) int64: cells of one label feature, and of features that share a cell, have the same; never split.
        scene: (n,) int64: which of the rasters.
        places: (n, 2) int64: row and column in that raster.
        xy: (n, 2) float64: metres on the ground; cells where there is no CRS. Two dates of one place share their blocks.
        fold: (n,) int64: given by a column; None without.
        classes: names in order; empty where numbers are learnt.
    """

    x: np.ndarray
    y: np.ndarray
    group: np.ndarray
    scene: np.ndarray
    places: np.ndarray
    xy: np.ndarray
    fold: np.ndarray | None
    classes: list[str]

    def __len__(self) -> int:
        return len(self.x)

    def some(self, chosen: np.ndarray) -> Examples:
        """Those that (m,) int64 or (n,) bool *chosen* names."""
        fold = None if self.fold is None else self.fold[chosen]
        x, y, group, scene, places, xy = (
            part[chosen] for part in (self.x, self.y, self.group, self.scene, self.places, self.xy)
        )
        return Examples(x, y, group, scene, places, xy, fold, self.classes)


@dataclass(frozen=True)
class Found:
    """Labels on one raster, read: what ``gather`` joins.

    Attributes:
        marks: of cells with data, each cell once.
        x: (n, bands) float32.
        xy: (n, 2) float64 metres.
        located: the raster has a CRS, so that *xy* means the same as those of other rasters.
        links: (m, 2) int64: a label feature, and the number under which those that share cells with it are in *marks*.
    """

    marks: Marks
    x: np.ndarray
    xy: np.ndarray
    located: bool
    links: np.ndarray


def whole(features: Features) -> Features:
    """The same without an extent: labels count everywhere."""
    return replace(features, top=0, left=0, width=features.source.width, height=features.source.height)


def find(
    job: Labelled,
    features: Features,
    rules: Rules,
    ctx: Context,
    layers: list[str] | None = None,
    ground: Ground | None = None,
) -> Found:
    """Find the labels on one raster and read the features of their cells.

    Args:
        layers: in place of those of the job, such as a layer to test with.
        ground: what places are measured in; None for that of *features*.

    Raises:
        BadRequest: a layer can't be read, or does not hold what is to be learnt.
        BadRaster: the raster has bands without any data.
    """
    features = whole(features)
    given = layers if layers is not None else [path for path in [job.labels, *(job.more_labels or [])] if path]
    marks = from_layers(given, features, rules, ctx)
    if job.label_raster and layers is None:
        cells = from_raster(job.label_raster, features, rules, ctx)
        marks = glue([marks, replace(cells, feature=cells.feature + _OF_RASTER)])
    group = joined_groups(marks.feature, marks.row * features.source.width + marks.col)
    links = np.unique(np.stack([marks.feature, group], 1), axis=0)
    # cells first, then the draw: it must not hide that a cell carries two labels
    marks = _drawn(once(marks, features.source.width, rules), rules)
    x = values_at(features, marks.row, marks.col, ctx, "read the labelled cells")
    valid = ~np.isnan(x).any(1)
    if len(valid) and not valid.all():
        log.warning("%d of %d labelled cells hold no data in %s", (~valid).sum(), len(valid), features.source.name)
    if len(valid) and not valid.any() and any(_lost(one.source) for one in features.rasters()):
        raise no_data(features)
    marks = marks.some(valid)
    place = np.stack([marks.row, marks.col], 1)
    xy = (ground or Ground.of(features)).measure(place, features.source.transform, features.crs)
    return Found(marks, x[valid], xy, features.crs is not None, links)


def _lost(source: Source) -> bool:
    """Whether a band holds nothing at all."""
    return bool(source.empty_bands(0, source.height, 0, source.width))


def _drawn(marks: Marks, rules: Rules) -> Marks:
    """No more of a class than asked for."""
    of = np.zeros(len(marks), np.int64) if rules.numbers else marks.label.astype(np.int64)
    kept = lowest(marks, of, (10 if rules.numbers else 1) * rules.per_class, rules.seed)
    if len(kept) < len(marks):
        log.info("%d of %d labelled cells are drawn, %d of a class at most", len(kept), len(marks), rules.per_class)
    return marks.some(kept)


def once(marks: Marks, width: int, rules: Rules) -> Marks:
    """Each cell once: the mean of numbers; cells of two classes are left out. Features that share a cell become one."""
    if not len(marks):
        return marks
    key = marks.row * width + marks.col
    group = joined_groups(marks.feature, key)
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.append(True, key[order][1:] != key[order][:-1]))
    count = np.diff(np.append(first, len(order)))
    label = marks.label[order]
    low, high = np.minimum.reduceat(label, first), np.maximum.reduceat(label, first)
    joined = replace(marks, feature=group).some(order[first])
    if rules.numbers:
        return replace(joined, label=np.add.reduceat(label, first) / count)
    clear = low == high
    if not clear.all():
        log.warning("cells that carry labels of two classes, left out: %d", (~clear).sum())
    return joined.some(clear)


def gather(found: list[Found], rules: Rules, classes: list[str] | None = None) -> Examples:
    """Join what was found on the rasters.

    Args:
        classes: that are known; labels of others are left out, which the log tells. None: all that were found.

    Raises:
        BadRequest: no label lies on data, one class only, or numbers that are all the same.
    """
    marks = _joined(found)
    if not len(marks):
        raise _nothing(rules)
    x = np.concatenate([one.x for one in found])
    scene = np.repeat(np.arange(len(found)), [len(one.marks) for one in found])
    places = np.stack([marks.row, marks.col], 1)
    # without a CRS, nothing says that two rasters are of one place
    xy = np.concatenate([one.xy + (0 if one.located else i * _APART) for i, one in enumerate(found)])
    fold = _folds(marks, xy, rules) if rules.fold_column and classes is None else None
    made = Examples(x, marks.label, marks.feature, scene, places, xy, fold, [])
    if rules.numbers:
        if len(np.unique(made.y)) < 2 and classes is None:
            raise BadRequest(f"all {len(made)} labels are {made.y[0]:g}", "give labels of different numbers")
        if classes is None:
            _mind_codes(made, rules)
        return made
    return _classed(made, rules, classes)


def _nothing(rules: Rules) -> BadRequest:
    """Why there is no label at all."""
    if rules.empty:
        name, count = next(iter(rules.empty.items()))
        how = "is empty" if not rules.unlabelled else "is empty, or says what is no label,"
        return BadRequest(
            f"there is no label: the column {rules.column} of {name} {how} in all of its {count} features on the raster",
            "choose another `column`, or fill this one",
        )
    return BadRequest(
        "no label lies on a cell with data", "check the CRS of the labels, and that they lie on the raster"
    )


def _mind_codes(made: Examples, rules: Rules) -> None:
    """Log that numbers look like codes of classes: few whole ones, which come again and again."""
    numbers = np.unique(made.y)
    features = len(np.unique(made.group))
    if len(numbers) <= _CODES and (numbers == np.rint(numbers)).all() and 2 * len(numbers) <= features:
        listed = ", ".join(f"{number:g}" for number in numbers)
        what = f"the column {rules.column}" if rules.column else "the raster of labels"
        log.warning(
            "%s holds the numbers %s only: if they stand for kinds of places, choose classes, not numbers", what, listed
        )


def _folds(marks: Marks, xy: np.ndarray, rules: Rules) -> np.ndarray:
    """(n,) int64 folds as the column names them, in order; labels without one go with the nearest that has one.

    Raises:
        BadRequest: no label has one.
    """
    names = marks.fold.astype(str)
    none = names == ""
    if none.all():
        raise BadRequest(
            f"the column {rules.fold_column} is empty for all {len(names)} labelled cells",
            "choose another `fold_column`",
        )
    if none.any():
        # what is joined because it shares cells must not be split
        group, known = marks.feature, np.flatnonzero(~none)
        first = dict(zip(group[known][::-1].tolist(), known[::-1].tolist()))
        nearest = known[cKDTree(xy[known]).query(xy)[1]]
        of_group = dict(zip(group[::-1].tolist(), nearest[::-1].tolist())) | first
        names = np.where(none, names[[of_group[one] for one in group.tolist()]], names)
        log.warning(
            "%d of %d labels have no fold in %s: each is held out together with the nearest that has one",
            len(np.unique(group[none])), len(np.unique(group)), rules.fold_column,
        )  # fmt: skip
    return np.asarray(np.unique(names, return_inverse=True)[1])


def _joined(found: list[Found]) -> Marks:
    """All labels; what a feature labels on one raster goes with what it labels on the others."""
    if len(found) == 1:
        return found[0].marks
    own = [i * _OF_RASTER for i in range(len(found))]
    links = [one.links + np.where(one.links >= _OF_RASTER, apart, 0) for one, apart in zip(found, own)]
    scene = np.repeat(np.arange(len(found)), [len(one) for one in links])
    feature, group = np.concatenate(links).T
    together = np.unique(np.stack([scene, group], 1), axis=0, return_inverse=True)[1].reshape(-1)
    joined = joined_groups(feature, together)
    names, first = np.unique(feature, return_index=True)
    parts = []
    for one, apart in zip(found, own):
        number = one.marks.feature + np.where(one.marks.feature >= _OF_RASTER, apart, 0)
        parts.append(replace(one.marks, feature=joined[first[np.searchsorted(names, number)]]))
    return glue(parts)


def _classed(made: Examples, rules: Rules, classes: list[str] | None) -> Examples:
    names = {code: name for name, code in rules.codes.items()}
    codes = made.y.astype(np.int64)
    present = {names[code] for code in np.unique(codes).tolist()}
    gone = sorted(set(rules.codes) - present)
    if gone and classes is None:
        log.warning("no label of these classes lies on a cell with data: %s", ", ".join(gone[:10]))
    wanted = in_order(present) if classes is None else classes
    if classes is None and len(wanted) < 2:
        raise BadRequest(
            f"all {len(made)} labelled cells are of one class, {wanted[0]}", "label something that it is not, too"
        )
    if len(wanted) > MOST_CLASSES:
        raise BadRequest(
            f"{rules.column} has {len(wanted)} different classes, a map holds {MOST_CLASSES}",
            "choose a column with fewer, or map numbers, with `task` = numbers",
        )
    index = {name: i for i, name in enumerate(wanted)}
    y = np.array([index.get(names[code], -1) for code in codes.tolist()], np.int64)
    unknown = sorted({names[code] for code in np.unique(codes[y < 0]).tolist()})
    if unknown:
        log.warning("labels of classes that nothing was learnt of are left out: %s", ", ".join(unknown[:10]))
    counts = np.bincount(y[y >= 0], minlength=len(wanted))
    few = [f"{name} ({count})" for name, count in zip(wanted, counts) if count < 5]
    if few and classes is None:
        log.warning("few cells for a class: %s", ", ".join(few[:10]))
    return replace(made, y=y, classes=wanted).some(y >= 0)
