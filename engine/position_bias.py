"""What features tell of the place within the tile instead of the ground: measured before the work begins, and taken off.

Tiles of the plan are encoded first, some of them again and again, shifted by whole cells: so that the same ground is seen from
several places. What belongs to the plan is kept for later, so that only the shifted tiles cost time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract.job import Context
from .plan import Plan, Tile, make_plan
from .position_figures import FOLDS, Figures, estimate
from .position_pattern import Cells, Pattern
from .prefetch import prefetch
from .tiles import Scene, batches

if TYPE_CHECKING:
    from ..algorithms.encode import Encode
    from .backends import Backend
    from .encoding import Prepared

log = logging.getLogger(__name__)

#: tiles of the plan, tiles that are shifted, and places that these are shifted from; at most one shifted tile per so many of the plan
_TILES, _SHIFTED, _PLACES, _SHARE = 64, 48, 16, 8
#: with fewer tiles nothing is measured; nor more than so many bytes of features kept, but for 16 tiles
_LEAST, _BYTES = 8, 192 << 20
#: tiles that are looked at for each that is wanted, where many are empty; a tile counts whose cells are valid to this share
_LOOKED_AT, _VALID = 3, 0.5
#: the largest shift, as a share of the tile
_FARTHEST = 0.75
#: what taking the pattern off must bring: fall of R², and share of the differences between
#: tiles of the same ground; much of that alone is enough, for not every pattern tells row and column
_LEAST_FALL, _LEAST_GAIN, _MUCH_GAIN = 0.02, 0.01, 0.1


@dataclass
class PositionBias:
    """What was found, and what is done about it.

    Attributes:
        pattern: taken off the features of every tile; None where they stay.
        figures: None where nothing was measured.
        told: the decision and its reason, for the log and the report.
        tiles: encoded for this alone.
        known: (tile's row, tile's column) in the plan to its features, the pattern taken off, and the valid share of its cells.
        seconds: that all this took.
    """

    told: str
    pattern: Pattern | None = None
    figures: Figures | None = None
    tiles: int = 0
    known: dict[tuple[int, int], tuple[np.ndarray | None, np.ndarray]] = field(default_factory=dict)
    seconds: float = 0.0

    def around(self, encode: Callable[[np.ndarray], np.ndarray], shifts: int = 1) -> Callable[[np.ndarray], np.ndarray]:
        """The same as *encode*, but for the pattern; every cell of one grid is *shifts* cells of interleaved ones."""
        pattern = self.pattern
        return encode if pattern is None else lambda images: pattern.off_tiles(encode(images), shifts)

    @property
    def removed(self) -> bool:
        """Whether features are changed."""
        return self.pattern is not None

    def facts(self) -> dict[str, Any]:
        """What decides about pixels: no figures, whose last digits may differ between two runs."""
        return {"position_bias": "removed" if self.removed else "kept"}

    def told_facts(self) -> dict[str, Any]:
        """For whoever started the run."""
        found: dict[str, Any] = {"position bias": self.told}
        if self.figures is not None:
            found["R² of the place within the tile"] = round(self.figures.before, 3)
            found["R² of the place without the pattern"] = round(self.figures.after, 3)
            found["differences of the same ground gone"] = round(self.figures.gain, 3)
        return found

    def tags(self) -> dict[str, str]:
        """Figures for the tags of the features."""
        if self.figures is None:
            return {}
        return {"position_figures": json.dumps({k: round(v, 4) for k, v in asdict(self.figures).items()})}


def find(job: Encode, card: Any, ready: Prepared, backend: Backend, ctx: Context) -> PositionBias:
    """Measure the bias and decide, as *job* asks; with ``keep`` it is measured for the report only."""
    asked = job.position_bias
    if asked == "keep" and not job.report:
        return PositionBias("kept, as asked")
    if asked == "auto" and _sees_little(card):
        return PositionBias(f"not measured: what {card.id} computes depends on few pixels around")
    began = time.monotonic()
    found = _found(job, ready, backend, ctx)
    found.seconds = time.monotonic() - began
    if found.figures is not None:
        log.info(
            "row and column within the tile are predicted from the features with R² %.2f, and with %.2f once what each place in the tile adds is taken off; features of the same ground then differ %.0f %% less between tiles; position bias %s",
            max(0.0, found.figures.before), max(0.0, found.figures.after), 100 * max(0.0, found.figures.gain), found.told,
        )  # fmt: skip
    elif asked == "remove" and not found.removed:
        log.warning("position bias %s", found.told)
    else:
        log.info("position bias %s", found.told)
    return found


def _sees_little(card: Any) -> bool:
    """Whether it sees pixels by themselves, or is an encoder without weights: statistics of windows, random filters."""
    return bool(card.pixelwise or card.drawn or (card.hub is None and not card.needs_model))


def _found(job: Encode, ready: Prepared, backend: Backend, ctx: Context) -> PositionBias:
    plan = ready.plan
    grid = plan if plan.shifts == 1 else _single(plan, ready)
    room = (grid.rows.total > grid.per_tile) or (grid.cols.total > grid.per_tile)
    least = 2 if job.position_bias == "remove" else _LEAST
    if len(grid.tiles) < least or not room or grid.per_tile == 1:
        return PositionBias(f"kept: {_too_few(len(grid.tiles), 'tile')}")
    visit = _Visit(job, ready, grid, backend, ctx)
    visit.go()
    if len(visit.base) < least:
        return PositionBias(
            f"kept: {_too_few(len(visit.base), 'tile with data', 'tiles with data')}", known=visit.known()
        )
    cells = visit.cells()
    if not (cells.fold >= 0).any():
        return PositionBias("kept: no cell holds enough data to measure it", known=visit.known())
    pattern, figures = estimate(cells, job.seed)
    measured = figures if np.isfinite([figures.before, figures.after, figures.gain]).all() else None
    remove, told = _decide(job.position_bias, measured)
    if remove:
        visit.take_off(pattern)
    return PositionBias(told, pattern if remove else None, measured, visit.spent, visit.known())


def _too_few(count: int, one: str, several: str = "tiles") -> str:
    return f"{count} {one if count == 1 else several} {'is' if count == 1 else 'are'} too few to measure it"


def _decide(asked: str, figures: Figures | None) -> tuple[bool, str]:
    if asked == "keep":
        return False, "kept, as asked"
    if asked == "remove":
        if figures is not None and figures.gain < 0:
            log.warning(
                "taking off what each place within the tile adds makes features differ more between tiles, as measured on this raster"
            )
        return True, "removed, as asked"
    if figures is None:
        return False, "kept: too few tiles to measure it"
    if figures.gain < _LEAST_GAIN:
        return False, "kept: it is too weak to matter"
    if figures.before - figures.after < _LEAST_FALL and figures.gain < _MUCH_GAIN:
        return False, "kept: it is not the same in all tiles"
    return True, "removed"


def _single(plan: Plan, ready: Prepared) -> Plan:
    """The plan of one of several grids that are interleaved."""
    rows, cols = plan.rows, plan.cols
    left, top, right, bottom = (edge * plan.cell for edge in (cols.first, rows.first, cols.stop, rows.stop))
    network, overlap = ready.network, rows.overlap / rows.per_tile
    return make_plan(
        plan.width, plan.height, tile=network.tile, patch=network.patch, overlap=overlap,
        window=(left, top, right, bottom),
    )  # fmt: skip


class _Visit:
    """Encodes tiles, and keeps their features in one array.

    Attributes:
        base: tiles of *grid* that are looked at.
        spent: tiles that are of no use but for the bias.
    """

    def __init__(self, job: Encode, ready: Prepared, grid: Plan, backend: Backend, ctx: Context) -> None:
        self.job, self.ready, self.grid, self.backend, self.ctx = job, ready, grid, backend, ctx
        self.minimum = max(job.minimum_valid / 100, 1e-6)
        self.scene = Scene(ready.source, grid, ready.normaliser)
        self.own = ready.network.dim - ready.network.context
        each = 4 * ready.network.dim * grid.per_tile**2
        most = max(16, _BYTES // each)
        shifted = min(_SHIFTED, ready.work.tiles // _SHARE, most // 2)
        # with several grids nothing of this can be used again
        wanted = _TILES if ready.plan.shifts == 1 else _PLACES
        self.wanted = min(wanted, len(grid.tiles), most - shifted), shifted
        self.rng = np.random.default_rng(job.seed)
        self.base: list[Tile] = []
        self.rows: list[tuple[Tile, int]] = []
        self.features: np.ndarray | None = None
        self.shares: list[np.ndarray] = []

    @property
    def spent(self) -> int:
        """How many tiles were encoded that the plan has no use for."""
        return len(self.rows) - (len(self.base) if self.ready.plan.shifts == 1 else 0)

    def go(self) -> None:
        """Encode tiles of the plan, then shifted ones."""
        count, shifted = self.wanted
        # the order in which the sample for the picture is taken too
        order = [self.grid.tiles[i] for i in self.rng.permutation(len(self.grid.tiles))]
        for tile in self._encoded(order[: _LOOKED_AT * count], count):
            self.rows.append((tile, len(self.base) % FOLDS))
            self.base.append(tile)
        places = self.base[:_PLACES]
        if len(places) < 2:
            return
        moved = [(self._moved(places[i % len(places)]), i % len(places) % FOLDS) for i in range(shifted)]
        folds = {(tile.row, tile.col): fold for tile, fold in moved}
        for tile in self._encoded([tile for tile, _ in moved], shifted):
            self.rows.append((tile, folds[tile.row, tile.col]))

    def _moved(self, tile: Tile) -> Tile:
        """The same place, seen from another one of the tile: within the raster, where real pixels are."""
        plan = self.grid
        found = []
        for at, axis in ((tile.row, plan.rows), (tile.col, plan.cols)):
            far = max(1, int(_FARTHEST * plan.per_tile))
            low, high = max(0, at - far), min(max(0, axis.total - plan.per_tile), at + far)
            found.append(int(self.rng.integers(min(low, high), high + 1)))
        return Tile(-1, -1, *found)

    def _encoded(self, tiles: list[Tile], count: int) -> Iterator[Tile]:
        """Encode *tiles* until *count* of them held data, and yield those."""
        size, used = max(1, self.backend.batch), 0
        groups = [tiles[first : first + size] for first in range(0, len(tiles), size)]
        read = prefetch(batches(self.scene, groups))
        with contextlib.closing(read):
            for group, images, shares in read:
                self.ctx.progress(len(self.rows), sum(self.wanted), "tiles", "measure position bias")
                useful = [i for i in range(len(group)) if (shares[i] >= self.minimum).mean() >= _VALID]
                useful = useful[: count - used]
                if useful:
                    self._keep(self.backend(images[useful]))
                for i in useful:
                    self.shares.append(shares[i])
                    yield group[i]
                used += len(useful)
                if used == count:
                    return

    def _keep(self, features: np.ndarray) -> None:
        side, dim = self.grid.per_tile, self.ready.network.dim
        if self.features is None:
            self.features = np.empty((sum(self.wanted), side * side, dim), np.float32)
        first = len(self.shares)
        self.features[first : first + len(features)] = features.reshape(len(features), dim, -1).transpose(0, 2, 1)

    def cells(self) -> Cells:
        """What was encoded, cell by cell; features that are of the whole tile, not of its cells, are left out."""
        if self.features is None:
            raise RuntimeError("no tile was encoded")
        side, count = self.grid.per_tile, len(self.rows)
        steps = np.arange(side)
        wide = self.grid.cols.total + side
        ground = [
            ((tile.row + steps)[:, None] * wide + tile.col + steps).ravel() for tile, _ in self.rows
        ]  # fmt: skip
        valid = np.stack(self.shares).reshape(count, -1) >= self.minimum
        fold = np.where(valid, np.array([fold for _, fold in self.rows])[:, None], -1)
        flat = self.features[:count].reshape(count * side * side, -1)[:, : self.own]
        return Cells(flat, np.concatenate(ground), np.tile(np.arange(side * side), count), fold.ravel(), side)

    def take_off(self, pattern: Pattern) -> None:
        """Take the pattern off everything that was kept, as it is taken off later tiles."""
        side = self.grid.per_tile
        for one in self.features if self.features is not None else ():
            one[:] = pattern.off_tiles(one.T.reshape(1, -1, side, side))[0].reshape(one.shape[1], -1).T

    def known(self) -> dict[tuple[int, int], tuple[np.ndarray | None, np.ndarray]]:
        """What ``Passage`` need not compute again."""
        if self.features is None or self.ready.plan.shifts > 1:
            return {}
        side = self.grid.per_tile
        return {
            (tile.down, tile.across): (self.features[i].T.reshape(-1, side, side), self.shares[i])
            for i, tile in enumerate(self.base)
        }
