"""What a precision costs where it matters: the accuracy of a map that is learnt from labels, checked on blocks of the ground."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import rasterio

from ..contract.errors import BadRequest
from ..contract.job import Context
from .features import Features
from .plan import Plan
from .tiles import Scene, batches
from .training.examples import Examples, Found, gather, once
from .training.folds import Folds, block_folds
from .training.ground import metres, unit_of
from .training.labels import Marks, Rules, from_layers
from .training.recipe import Recipe
from .training.validation import cross_validate
from .training.variogram import practical_range

if TYPE_CHECKING:
    from .encoding import Prepared

log = logging.getLogger(__name__)

#: cells of a label feature and of a class that are looked at, tiles that hold them, folds, draws of blocks for an interval
_PER_FEATURE, _PER_CLASS, _TILES, _FOLDS, _DRAWS = 20, 400, 96, 5, 2000


@dataclass(frozen=True)
class Accuracy:
    """How good a map is that learns from features of one way to compute.

    Attributes:
        balanced: mean of the shares of each class's cells that are right, 0 to 1, of cells that were held out in blocks.
        low, gain, high: that minus the first way's; ends of 95 % of the draws of blocks, the same draws for both.
    """

    balanced: float
    low: float
    gain: float
    high: float


@dataclass(frozen=True)
class LabelledTiles:
    """Tiles under labels.

    Attributes:
        images: (n, bands, tile, tile) float32, normalised.
        tile, row, col: (m,) int64: which of the tiles, and the cell in it.
        marks: of these cells, each once.
        xy: (m, 2) float64 places on the ground.
        rules: how they were read.
        unit: of *xy*.
    """

    images: np.ndarray
    tile: np.ndarray
    row: np.ndarray
    col: np.ndarray
    marks: Marks
    xy: np.ndarray
    rules: Rules
    unit: str

    def features(self, encode: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """(m, dim) float32 features of the cells; all tiles are encoded, some at once."""
        parts = []
        for first in range(0, len(self.images), 8):
            made = encode(self.images[first : first + 8])
            here = np.flatnonzero((self.tile >= first) & (self.tile < first + 8))
            parts.append((here, made[self.tile[here] - first, :, self.row[here], self.col[here]]))
        found = np.empty((len(self.tile), parts[0][1].shape[1]), np.float32)
        for here, values in parts:
            found[here] = values
        return found


def labelled(layer: str, column: str, ready: Prepared, seed: int, ctx: Context) -> LabelledTiles:
    """Find the labels of a vector layer on the cells of the plan, and read the tiles they lie in.

    Raises:
        BadRequest: the layer can't be read, or no label lies on data.
    """
    plan, source = ready.plan, ready.source
    rules = Rules(column, False, frozenset(), 0.5, _PER_FEATURE, _PER_CLASS, "", seed)
    grid = source.transform * rasterio.Affine.scale(plan.cell)
    # all that is asked of the features is where their cells are
    about = SimpleNamespace(transform=grid, width=plan.cols.total, height=plan.rows.total, name=source.name)
    cells = cast(Features, SimpleNamespace(source=about, crs=source.crs))
    marks = once(from_layers([layer], cells, rules, ctx), plan.cols.total, rules)
    kept, tile, row, col = _in_tiles(marks, plan, seed)
    marks = marks.some(kept)
    images, valid = _read(ready, sorted(set(tile.tolist())), ctx)
    tile = np.searchsorted(np.unique(tile), tile)
    good = valid[tile, row, col] >= 0.5 if len(tile) else np.empty(0, bool)
    if not good.any():
        raise BadRequest(
            "no label lies on a cell with data", "check the CRS of the labels, and that they lie on the raster"
        )
    marks = marks.some(good)
    xy = metres(np.stack([marks.row, marks.col], 1), grid, source.crs)
    return LabelledTiles(images, tile[good], row[good], col[good], marks, xy, rules, unit_of(source.crs))


def _in_tiles(marks: Marks, plan: Plan, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Which marks lie in the plan's tiles, of some tiles at most; the index of each one's tile, and its cell there."""
    starts = [np.array(axis.starts) for axis in (plan.rows, plan.cols)]
    down, across = (np.searchsorted(s, at, "right") - 1 for s, at in zip(starts, (marks.row, marks.col)))
    row, col = marks.row - starts[0][down], marks.col - starts[1][across]
    within = (down >= 0) & (across >= 0) & (row < plan.per_tile) & (col < plan.per_tile)
    tile = down * len(starts[1]) + across
    some = np.random.default_rng(seed).permutation(np.unique(tile[within]))[:_TILES]
    kept = np.flatnonzero(within & np.isin(tile, some))
    return kept, tile[kept], row[kept], col[kept]


def _read(ready: Prepared, tiles: list[int], ctx: Context) -> tuple[np.ndarray, np.ndarray]:
    """(n, bands, tile, tile) images and (n, cells, cells) valid shares of the plan's *tiles*."""
    plan = ready.plan
    scene = Scene(ready.source, plan, ready.normaliser)
    found = [(image, share) for _, image, share in batches(scene, [[plan.tiles[i]] for i in tiles])]
    if not found:
        return np.empty(0, np.float32), np.empty((0, 0, 0))
    images, shares = zip(*found)
    return np.concatenate(images), np.concatenate(shares)


def compared(
    tiles: LabelledTiles, features: dict[str, np.ndarray], card: Any, seed: int, ctx: Context
) -> dict[str, Accuracy]:
    """The accuracy by each way's features, the first of them the one that others are compared with.

    Args:
        features: name of the way -> (m, dim) float32 of the labelled cells.
        card: what learns.

    Raises:
        BadRequest: there are too few labels, or one class only.
    """
    first, *_ = features
    cell = np.arange(len(tiles.marks))
    links = np.stack([tiles.marks.feature] * 2, 1)
    # places stand for the cells themselves, so that what is sorted or left out is found again
    found = gather([Found(replace(tiles.marks, row=cell), features[first], tiles.xy, True, links)], tiles.rules)
    kept = found.places[:, 0]
    folds = _folds(found, seed, tiles.unit)
    recipe = Recipe(card, "classes", len(found.classes), seed, layers=(found.x.shape[1],))
    tables = {}
    for name, values in features.items():
        example = replace(found, x=values[kept])
        predicted = cross_validate(recipe, example, folds, ctx, f"learn from {name}").predicted
        tables[name] = _by_block(found, folds, predicted)
    draws = np.random.default_rng(seed).integers(0, folds.blocks, (_DRAWS, folds.blocks))
    # how often each block was drawn: sums of blocks are then one product
    drawn = np.stack([np.bincount(one, minlength=folds.blocks) for one in draws]).astype(np.float64)
    own = {name: _balanced(np.tensordot(drawn, table, 1)) for name, table in tables.items()}
    whole = {name: float(_balanced(table.sum(0)[None])[0]) for name, table in tables.items()}
    made = {}
    for name in features:
        low, high = np.nanquantile(own[name] - own[first], (0.025, 0.975))
        made[name] = Accuracy(whole[name], float(low), whole[name] - whole[first], float(high))
    return made


def _folds(examples: Examples, seed: int, unit: str) -> Folds:
    size = practical_range(examples.x, examples.xy, seed, unit) if len(examples) > 30 else None
    size = size or max(float(np.hypot(*np.ptp(examples.xy, axis=0))) / 10, 1e-6)
    return block_folds(examples.xy, examples.group, examples.y, _FOLDS, size, seed, unit)


def _by_block(examples: Examples, folds: Folds, predicted: np.ndarray) -> np.ndarray:
    """(blocks, classes, 2): cells that are right, and all."""
    kinds = len(examples.classes)
    place, size = folds.block * kinds + examples.y, folds.blocks * kinds
    counts = [np.bincount(place, weights, size) for weights in (predicted == examples.y, None)]
    return np.stack(counts, 1).reshape(folds.blocks, kinds, 2).astype(np.float64)


def _balanced(table: np.ndarray) -> np.ndarray:
    """(draws,) balanced accuracy of (draws, classes, 2) cells; classes that were not drawn don't count."""
    share = np.divide(table[..., 0], table[..., 1], out=np.full(table.shape[:-1], np.nan), where=table[..., 1] > 0)
    return np.asarray(np.nanmean(share, 1))
