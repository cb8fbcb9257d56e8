"""One raster's way through an encoder: sample, resume, batches of tiles, a rolling band of rows, writers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

from .. import __version__
from ..contract.errors import BadRaster, BadRequest, BadWeights
from ..contract.job import Context
from ..contract.partial import journal_path, part_path, remove_partial
from ..contract.versions import version
from .backends import Backend
from .backends.memory import memory
from .feature_raster import FeatureWriter, Layer, WriterThread, finish_all, rows_done
from .features_thumbnail import Thumbnail
from .picture import Look, make_look
from .plan import Tile
from .position_bias import PositionBias
from .prefetch import prefetch
from .rasters import nothing_valid
from .storage import Storage, make_storage
from .tiles import Scene, batches
from .wording import duration, many

if TYPE_CHECKING:
    from ..algorithms.encode import Encode
    from .encoding import Prepared

log = logging.getLogger(__name__)

#: tiles that are encoded first, to learn how features spread: for the picture and for scaled integers
_SAMPLE_TILES, _SAMPLE_CELLS = 16, 20_000
#: seconds between two questions whether the user has cancelled, while there is nothing else to do
_WAKE_SECONDS = 0.1

#: a tile, its features (dim, cells, cells) or None where nothing is valid, and the valid share of its cells
Encoded = tuple[Tile, "np.ndarray | None", np.ndarray]


class Passage:
    """One encode, from the first tile to the finished file.

    Args:
        bias: what was found of the position in the tile; *encode* has it taken off already.
        report: writes the report of a passage to its provisional name, given how features look and where they are.
        encode: images as ``Scene`` reads them, (n, bands, tile, tile) float32 or (n, grids, bands, tile, tile) where grids are
            shifted, to (n, dim, per_tile, per_tile) float32.
    """

    def __init__(
        self,
        job: Encode,
        ready: Prepared,
        backend: Backend,
        encode: Callable[[np.ndarray], np.ndarray],
        facts: dict[str, Any],
        ctx: Context,
        bias: PositionBias,
        report: Callable[[Passage, Look, str], None],
    ) -> None:
        self.encode, self.bias, self.report = encode, bias, report
        self.job, self.source, self.plan = job, ready.source, ready.plan
        self.backend, self.facts, self.ctx = backend, facts, ctx
        self.scene = Scene(ready.source, ready.plan, ready.normaliser)
        self.title = ready.title
        self.known = dict(bias.known)
        self.minimum = max(job.minimum_valid / 100, 1e-6)
        self.began = time.monotonic() - bias.seconds
        self.computed = len(self.known)
        self.thumbnail: Thumbnail | None = None
        # tiles that are done with, those of an interrupted run included
        self.told = 0

    def go(self) -> dict[str, Any]:
        """Do it."""
        key = self._key()
        others = [self.job.picture] if self.job.picture else []
        done = rows_done(self.job.output, key, others) if self.job.resume else 0
        self.told = self._begin(done) * len(self.plan.cols.starts)
        sample = self._sample()
        self._expect()
        look, storage = make_look(sample), make_storage(self.job.storage, sample)
        if not done:
            for path in (self.job.output, *others):
                remove_partial(path)
        else:
            log.info("going on from row %d of %d, which an interrupted run has left", done, self.plan.out_height)
        writers: list[tuple[FeatureWriter, Any]] = []
        thread = None
        try:
            if self.job.report:
                self.thumbnail = Thumbnail(look, self.plan.out_height, self.plan.out_width)
            writers = self._writers(look, storage, done)
            thread = WriterThread(writers, (self.job.output, key) if self.job.resume else None)
            self._encode_all(thread, done)
            thread.end()
            finish_all((writer for writer, _ in writers), lambda: self._report(look, writers[0][0].part, done))
            if self.job.report:
                os.replace(part_path(self.job.report), self.job.report)
        except BaseException as error:
            # what the user must mend first can't be gone on with: the same request would fail again
            keep = self.job.resume and not isinstance(error, (BadRaster, BadRequest, BadWeights))
            if thread is not None:
                with contextlib.suppress(Exception):
                    thread.stop(keep)
            if not keep or not os.path.exists(journal_path(self.job.output)):
                for path in (self.job.output, *others):
                    remove_partial(path)
            if self.job.report:
                remove_partial(self.job.report)
            raise
        remove_partial(self.job.output)
        self._tell(writers[0][0])
        outputs = {"output": self.job.output, "picture": self.job.picture, "report": self.job.report}
        return {name: path for name, path in outputs.items() if path}

    def _report(self, look: Look, features: str, done: int) -> None:
        """Write the report once the rasters are whole, before any file has its name."""
        if self.job.report and self.thumbnail is not None:
            self.thumbnail.read(features, done)
            self.report(self, look, features)

    def _expect(self) -> None:
        """Say how long it will take, and how much memory, before the work begins."""
        left = max(0, len(self.plan.tiles) - max(self.told, len(self.known)))
        # a band of rows is blended, copied, waits for the writer and is compressed
        rows = 4 * self.backend.network.dim * self.plan.per_tile * self.plan.out_width * 4
        if not left:
            return
        seconds = left * (time.monotonic() - self.began) / max(1, len(self.known) + self.bias.tiles)
        log.info("%s for %s, %.1f GB of memory", duration(seconds), many(left, "tile"), (memory() + rows) / 1e9)

    def _tell(self, writer: FeatureWriter) -> None:
        seconds = time.monotonic() - self.began
        cut = writer.cut / max(1, self.plan.out_width * self.plan.out_height * self.backend.network.dim)
        if cut > 0.001:
            log.warning(
                "%.2g %% of the values lay beyond the range of %s and were cut off", 100 * cut, self.job.storage
            )
        self.ctx.fact("tiles", len(self.plan.tiles))
        self.ctx.fact("tiles computed", self.computed)
        self.ctx.fact("seconds", round(seconds, 1))
        self.ctx.fact("tiles a second", round(self.computed / max(seconds, 1e-6), 2))
        self.ctx.fact("features", self.backend.network.dim)
        self.ctx.fact("columns", self.plan.out_width)
        self.ctx.fact("rows", self.plan.out_height)
        for name, value in {**self.backend.facts(), **self.bias.told_facts()}.items():
            self.ctx.fact(name, value)
        self.ctx.fact("megabytes", round(os.path.getsize(self.job.output) / 1e6, 1))

    def _key(self) -> str:
        specs = self.job.specs()
        paths = {"input", "weights", "output"}
        values = {n: v for n, v in self.job.values().items() if not specs[n].speed_only and n not in paths}
        return hashlib.sha256(
            json.dumps([values, self.facts, self.job.batch, __version__], sort_keys=True, default=str).encode()
        ).hexdigest()

    def _batches(self, tiles: Sequence[Tile]) -> list[list[Tile]]:
        """Groups of tiles that never span two rows of tiles, so that they are the same wherever a run begins."""
        groups: list[list[Tile]] = []
        most = max(1, self.backend.batch // self.plan.runs)
        for tile in tiles:
            if groups and groups[-1][0].down == tile.down and len(groups[-1]) < most:
                groups[-1].append(tile)
            else:
                groups.append([tile])
        return groups

    def _features(self, tiles: Sequence[Tile]) -> Generator[Encoded, None, None]:
        """Yield (tile, features or None where nothing is valid, valid share of the cells) in the order of *tiles*."""
        groups = self._batches([tile for tile in tiles if (tile.down, tile.across) not in self.known])
        fresh = self._compute(groups)
        with contextlib.closing(fresh):
            for tile in tiles:
                if (tile.down, tile.across) in self.known:
                    yield tile, *self.known[tile.down, tile.across]
                else:
                    yield next(fresh)

    def _tell_tiles(self) -> None:
        self.ctx.progress(self.told, len(self.plan.tiles), "tiles", "encode")

    def _pause(self) -> None:
        """Leave the computer to others between two batches; raises Cancelled when the user stopped the job."""
        until = time.monotonic() + self.job.pause
        while (rest := until - time.monotonic()) > 0:
            self._tell_tiles()
            time.sleep(min(rest, _WAKE_SECONDS))

    def _compute(self, groups: list[list[Tile]]) -> Generator[Encoded, None, None]:
        for group, images, shares in prefetch(batches(self.scene, groups)):
            if self.computed:
                self._pause()
            useful = [i for i in range(len(group)) if shares[i].max() >= self.minimum]
            features = self.encode(images[useful] if len(useful) < len(group) else images) if useful else None
            self.computed += len(useful)
            place = {i: k for k, i in enumerate(useful)}
            for i, tile in enumerate(group):
                yield tile, features[place[i]] if features is not None and i in place else None, shares[i]

    def _sample(self) -> np.ndarray:
        """(cells, features) float32: features of valid cells of some tiles from all over the raster, which are kept for later."""
        tiles = self.plan.tiles
        rng = np.random.default_rng(self.job.seed)
        order = [tiles[i] for i in rng.permutation(len(tiles))]
        parts: list[np.ndarray] = []
        # most often the first tiles do; where most of the raster is empty, look on
        for first in range(0, len(order), _SAMPLE_TILES):
            some = sorted(order[first : first + _SAMPLE_TILES], key=lambda tile: (tile.down, tile.across))
            for tile, features, share in self._features(some):
                self._tell_tiles()
                self.known[tile.down, tile.across] = (features, share)
                if features is not None:
                    weight = self.plan.weight(tile)
                    parts.append(features[:, (share >= self.minimum) & (weight > 0)].T)
            if sum(map(len, parts)):
                sample = np.concatenate(parts)
                keep = rng.choice(len(sample), min(len(sample), _SAMPLE_CELLS), replace=False)
                return np.ascontiguousarray(sample[np.sort(keep)], np.float32)
        raise self._nothing()

    def _nothing(self) -> BadRaster:
        """What to raise where no cell is to be encoded."""
        plan, source = self.plan, self.source
        top, left = int(plan.rows.first * plan.cell), int(plan.cols.first * plan.cell)
        bottom, right = math.ceil(plan.rows.stop * plan.cell), math.ceil(plan.cols.stop * plan.cell)
        window = top, min(source.height, bottom), left, min(source.width, right)
        if source.empty_bands(*window):
            return nothing_valid([(source, window)], bool(self.job.extent))
        where = " within the extent" if self.job.extent else ""
        return BadRaster(
            f"no cell of {source.name}{where} holds valid data in {self.job.minimum_valid:g} % of its pixels",
            "check its nodata value and the bands chosen, or choose a lower `minimum_valid`",
        )

    def _writers(self, look: Look, storage: Storage, done: int) -> list[tuple[FeatureWriter, Any]]:
        dim, plan = self.backend.network.dim, self.plan
        grid = (
            self.source.transform
            * rasterio.Affine.scale(plan.cell)
            * rasterio.Affine.translation(plan.cols.first, plan.rows.first)
        )
        request = {"version": 1, "job": self.job.id, "params": self.job.values()}
        versions = {
            "iamap": __version__,
            "torch": version("torch"),
            "rasterio": rasterio.__version__,
        }
        tags = {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.facts.items()}
        tags |= self.bias.tags() | {
            "request": json.dumps(request),
            "versions": json.dumps(versions),
            "style": json.dumps(look.style()),
            "pca": json.dumps(look.pca()),
        }
        title, own = self.title, dim - self.backend.network.context
        names = [f"{title} {i + 1}" if i < own else f"{title} context {i - own + 1}" for i in range(dim)]
        layers = [(Layer(self.job.output, storage, names, tags), _same)]
        if self.job.picture:
            layers.append(
                (
                    Layer(
                        self.job.picture, Storage("uint8", 0), ["PC 1", "PC 2", "PC 3"], {"request": tags["request"]}
                    ),
                    look.paint,
                )
            )
        return [
            (FeatureWriter(layer, plan.out_width, plan.out_height, grid, self.source.crs, done), make)
            for layer, make in layers
        ]

    def _begin(self, done: int) -> int:
        """The first row of tiles that rows after *done* need; the last where none is left to write."""
        first, starts = self.plan.rows.first + done, self.plan.rows.starts
        return next((i for i, start in enumerate(starts) if start + self.plan.per_tile > first), len(starts) - 1)

    def _encode_all(self, thread: WriterThread, done: int) -> None:
        """Blend tiles in a rolling band of rows, and hand every row on when its last tile is in."""
        plan, dim = self.plan, self.backend.network.dim
        first_row, first_col = plan.rows.first, plan.cols.first
        starts = plan.rows.starts
        begin = self._begin(done)
        tiles = [tile for tile in plan.tiles if tile.down >= begin]
        base, final = starts[begin], first_row + done
        band = np.zeros((dim, plan.per_tile, plan.out_width), np.float32)
        share = np.zeros((plan.per_tile, plan.out_width), np.float32)
        for tile, features, valid in self._features(tiles):
            left, right = max(0, tile.col - first_col), min(plan.out_width, tile.col - first_col + plan.per_tile)
            cols = slice(left + first_col - tile.col, right + first_col - tile.col)
            np.maximum(share[:, left:right], valid[:, cols], out=share[:, left:right])
            if features is not None:
                band[:, :, left:right] += (features * plan.weight(tile))[:, :, cols]
            if tile.across + 1 == len(plan.cols.starts):
                last = tile.down + 1 == len(starts)
                upto = plan.rows.stop if last else min(starts[tile.down + 1], plan.rows.stop)
                low = max(final, base) - base
                if upto - base > low:
                    ready = band[:, low : upto - base].copy()
                    ready[:, share[low : upto - base] < self.minimum] = np.nan
                    if self.thumbnail is not None:
                        self.thumbnail.add(final - first_row, ready)
                    thread.add(ready)
                    final = upto
                if not last:
                    moved = starts[tile.down + 1] - base
                    band[:, : plan.per_tile - moved] = band[:, moved:].copy()
                    band[:, plan.per_tile - moved :] = 0
                    share[: plan.per_tile - moved] = share[moved:].copy()
                    share[plan.per_tile - moved :] = 0
                    base += moved
            self.told += 1
            self._tell_tiles()
        if final != plan.rows.stop:
            raise RuntimeError(f"rows {final} to {plan.rows.stop} were not written")


def _same(features: np.ndarray) -> np.ndarray:
    return features
