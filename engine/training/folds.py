"""Which examples are held out together: spatial blocks, random groups, a column, or whole scenes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ...contract.errors import BadRequest

log = logging.getLogger(__name__)

#: blocks that are given to folds one by one; the rest, which are smaller, are dealt in turn
_ONE_BY_ONE = 4_000
#: times that a block may be halved
_HALVINGS = 40
#: steps that coordinates are counted in, over the extent: sums of whole numbers don't depend on the order of examples
_STEPS = 1 << 24
#: all of a class, in parts
_WHOLE = float(1 << 40)


@dataclass(frozen=True)
class Folds:
    """Examples shared out for a validation: each fold is predicted by what was learnt from the others.

    Attributes:
        number: (n,) int64 from 0: the fold in which an example is tested.
        block: (n,) int64 from 0: the spatial block it belongs to, the unit of the bootstrap. No block is in two folds.
        count: folds.
        way: ``blocks``, ``groups`` (each group is a block of its own, for there were too few blocks), ``random``,
            ``given`` or ``scenes``.
        size: side of a block in *unit*; None where there is no grid.
        unit: ``m``, or ``cells`` where there is no CRS.
    """

    number: np.ndarray
    block: np.ndarray
    count: int
    way: str
    size: float | None = None
    unit: str = "m"

    @property
    def blocks(self) -> int:
        """How many there are."""
        return int(self.block.max(initial=-1)) + 1

    def parts(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield, fold by fold, the (n,) masks of what is learnt from and of what is tested."""
        for fold in range(self.count):
            held = self.number == fold
            yield ~held, held

    def lonely(self, y: np.ndarray) -> list[int]:
        """Classes all of whose examples are in one fold: when that is tested, nothing is known of them. None for numbers."""
        if not np.issubdtype(y.dtype, np.integer):
            return []
        pairs = np.unique(np.stack([y, self.number], 1), axis=0)
        classes, folds = np.unique(pairs[:, 0], return_counts=True)
        return [int(one) for one in classes[folds == 1]]


def block_folds(
    xy: np.ndarray, group: np.ndarray, y: np.ndarray, count: int, size: float, seed: int, unit: str = "m"
) -> Folds:
    """Hold out squares of a grid.

    A group belongs to the square in which its mean place lies, so neither groups nor squares are split. Squares go to folds
    such that each fold has its share of every class. Where there are fewer squares than folds, they are halved until there
    are enough; where places don't tell groups apart, each group is a block.

    Args:
        xy: (n, 2) float64 in *unit*.
        group: (n,) int64.
        y: (n,) int64 classes, or float64 values, whose terciles are spread evenly.
        count: folds, 2 at least.
        size: side of a square in *unit*.
        seed: which of the even ways to share out. The order of examples does not matter.
        unit: ``m``, or ``cells`` where there is no CRS.

    Raises:
        BadRequest: all examples are of one group, or *count* or *size* is too small.
    """
    groups, units, count = _groups(group, count)
    places = _middles(xy, units, groups)
    smaller, block = size, _squares(places, size, unit)
    for _ in range(_HALVINGS):
        if block.max() + 1 >= count:
            break
        smaller /= 2
        block = _squares(places, smaller, unit)
    if block.max() + 1 < count:
        log.warning("there are fewer places than folds: each of the %d groups of labels is a block", groups)
        return Folds(_dealt(units, y, count, seed)[units], units, count, "groups")
    if smaller < size:
        log.warning(
            "blocks of %.4g %s would be fewer than the %d folds: they are of %.4g %s", size, unit, count, smaller, unit
        )
    block = block[units]
    return Folds(_dealt(block, y, count, seed)[block], block, count, "blocks", float(smaller), unit)


def random_folds(group: np.ndarray, y: np.ndarray, count: int, seed: int) -> Folds:
    """Hold out groups wherever they lie, each fold with its share of every class. Arguments as in ``block_folds``."""
    _, units, count = _groups(group, count)
    return Folds(_dealt(units, y, count, seed)[units], units, count, "random")


def given_folds(fold: np.ndarray, group: np.ndarray) -> Folds:
    """Take folds as a column gives them.

    Args:
        fold: (n,) int64, any numbers; they are counted from 0 in their order.
        group: (n,) int64.

    Raises:
        BadRequest: there is one fold only, or a group is in two.
    """
    names, number = np.unique(fold, return_inverse=True)
    if len(names) < 2:
        raise BadRequest(
            f"all labels are in fold {names[0] if len(names) else '(none)'}", "give two folds at least in the column"
        )
    groups, units = np.unique(group, return_inverse=True)
    lowest, highest = np.full(len(groups), len(names)), np.full(len(groups), -1)
    np.minimum.at(lowest, units, number)
    np.maximum.at(highest, units, number)
    split = np.flatnonzero(lowest != highest)
    if len(split):
        first = split[0]
        raise BadRequest(
            f"{len(split)} of {len(groups)} labels are in two folds, the first in {names[lowest[first]]} and "
            f"{names[highest[first]]}",
            "labels that lie in the same cell of the raster count as one; give them the same fold",
        )
    return Folds(number.astype(np.int64), units.astype(np.int64), len(names), "given")


def scene_folds(scene: np.ndarray, xy: np.ndarray, group: np.ndarray, size: float | None, unit: str = "m") -> Folds:
    """Hold out one scene after the other; blocks within scenes are for the bootstrap only.

    Scenes that share a group are held out together.

    Args:
        scene: (n,) int64.
        xy: (n, 2) float64 in *unit*.
        group: (n,) int64.
        size: side of a block in *unit*; None for groups as blocks.
        unit: ``m``, or ``cells`` where there is no CRS.

    Raises:
        BadRequest: the labels are in one scene, or in scenes that all share labels.
    """
    scenes = len(np.unique(scene))
    if scenes < 2:
        raise BadRequest("all labels are in one scene", "give labels in several scenes, or hold out spatial blocks")
    joined = joined_groups(scene, group)
    names, number = np.unique(joined, return_inverse=True)
    if len(names) < 2:
        raise BadRequest(
            f"the {scenes} scenes share labels, so none can be held out", "label each scene, or hold out spatial blocks"
        )
    if len(names) < scenes:
        log.warning("scenes that share labels are held out together: %d folds of %d scenes", len(names), scenes)
    groups, units = np.unique(group, return_inverse=True)
    block = units.astype(np.int64)
    if size is not None:
        of_group = np.empty(len(groups), np.int64)
        of_group[units] = number
        keys = np.stack([of_group, _squares(_middles(xy, units, len(groups)), size, unit)], 1)
        block = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)[units].astype(np.int64)
    return Folds(number.astype(np.int64), block, len(names), "scenes", size, unit)


def joined_groups(group: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """(n,) int64: *group*, with those that share a cell under the lowest number among them.

    Args:
        group, cell: (n,) int64, any numbers. Cells of two rasters have different ones.
    """
    names, of_group = np.unique(group, return_inverse=True)
    cells, of_cell = np.unique(cell, return_inverse=True)
    nodes = len(names) + len(cells)
    links = coo_matrix((np.ones(len(group), np.int8), (of_group, len(names) + of_cell)), (nodes, nodes))
    part = connected_components(links, directed=False)[1][: len(names)]
    # names rise, so the first of a part is its lowest
    _, first, of_part = np.unique(part, return_index=True, return_inverse=True)
    return np.asarray(names[first[of_part]][of_group], np.int64)


def _groups(group: np.ndarray, count: int) -> tuple[int, np.ndarray, int]:
    """How many groups there are, (n,) the rank of each example's, and how many folds they allow."""
    if count < 2:
        raise BadRequest(f"{count} folds can't be held out in turn", "ask for 2 at least")
    names, units = np.unique(group, return_inverse=True)
    if len(names) < 2:
        raise BadRequest(
            "there is one label only, so nothing is left to validate with", "give two labels of each class at least"
        )
    if len(names) < count:
        log.warning("%d labels make %d folds, not %d", len(names), len(names), count)
    return len(names), units.astype(np.int64), min(count, len(names))


def _middles(xy: np.ndarray, units: np.ndarray, groups: int) -> np.ndarray:
    """(groups, 2) mean places, from the lower left corner of all, whatever the order of examples."""
    low = xy.min(0)
    step = max(float((xy.max(0) - low).max()), 1e-9) / _STEPS
    steps = np.rint((xy - low) / step)
    number = np.bincount(units, minlength=groups)
    sums = [np.bincount(units, weights=steps[:, axis], minlength=groups) for axis in (0, 1)]
    return np.stack(sums, 1) / number[:, None] * step


def _squares(places: np.ndarray, size: float, unit: str) -> np.ndarray:
    """(groups,) number of the square that each place is in, from 0. The grid is centred, so that no slivers are cut off."""
    if not size > 0 or not np.isfinite(size):
        raise BadRequest(f"blocks of {size:g} {unit} can't be laid out", "give a size above 0")
    low, extent = places.min(0), np.ptp(places, axis=0)
    squares = np.maximum(np.ceil(extent / size), 1)
    start = low - (squares * size - extent) / 2
    square = np.clip(np.floor((places - start) / size), 0, squares - 1).astype(np.int64)
    return np.unique(square, axis=0, return_inverse=True)[1].reshape(-1)


def _dealt(block: np.ndarray, y: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(blocks,) the fold of each: about the largest first, each to the fold that has least of its classes.

    How large a block is, is the sum of its shares in each class (or tercile of the values), so rare classes weigh as much.
    """
    if np.issubdtype(y.dtype, np.integer):
        kind = np.unique(y, return_inverse=True)[1]
    else:
        kind = np.searchsorted(np.quantile(y, [1 / 3, 2 / 3]), y, side="left")
    # whole numbers: their sum is the same in any order
    share = np.rint(_WHOLE / np.maximum(np.bincount(kind), 1))[kind]
    weight = np.bincount(block, weights=share)
    # about the largest first, so that another seed gives other folds; and ties are broken by lot
    order = np.argsort(-weight * np.random.default_rng(seed).uniform(1, 1.5, len(weight)), kind="stable")
    large, rest = order[:_ONE_BY_ONE], order[_ONE_BY_ONE:]
    row = np.full(len(weight), -1)
    row[large] = np.arange(len(large))
    known = row[block] >= 0
    kinds = int(kind.max()) + 1
    shares = np.bincount(row[block[known]] * kinds + kind[known], share[known], len(large) * kinds).reshape(-1, kinds)
    fold = np.empty(len(weight), np.int64)
    held = np.zeros((count, kinds))
    for one, added in zip(large, shares / _WHOLE):
        cost = np.round(held @ added, 12)
        best = np.lexsort((np.round(held.sum(1), 12), cost))[0]
        fold[one] = best
        held[best] += added
    main = np.full(len(weight), kinds)
    np.minimum.at(main, block, kind)
    fold[rest[np.argsort(main[rest], kind="stable")]] = np.arange(len(rest)) % count
    return fold
