"""The path of one raster: source, encoder, tiles, features, result. Memory does not grow with the raster's height."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import torch

from ..contract.errors import BadRaster, BadRequest, NoSpace
from ..contract.job import Context
from ..contract.networks import Network, Order
from ..contract.partial import journal_path, remove_partial
from . import statistics, weights
from .backends import Backend, Choice
from .feature_raster import CONTRACT, FeatureWriter, Layer, WriterThread, rows_done
from .normalise import Normaliser, from_constants
from .picture import Look, make_look
from .plan import Plan, Tile, make_plan
from .rasters import Source, open_source
from .storage import Storage, bytes_per_value, make_storage
from .tiles import Scene, batches

if TYPE_CHECKING:
    from ..algorithms.encode import Encode

log = logging.getLogger(__name__)

#: tiles that are encoded first, to learn how features spread: for the picture and for scaled integers
_SAMPLE_TILES, _SAMPLE_CELLS = 16, 20_000


def run(job: Encode, card: Any, ctx: Context) -> dict[str, Any]:
    """Encode as *job* asks; return output field -> path.

    Raises:
        IamapError: something the user can act on; nothing that looks like a result is left.
    """
    _check_folders(job)
    hub = card.hub_file(job.model) if not job.weights else None
    with open_source(job.input, job.bands, job.crs, job.resolution) as source:
        _check_bands(card, source)
        path, sha = weights.find(hub, job.weights, job.download, ctx)
        normaliser = _normaliser(job, card, source, ctx)
        network = _build(job, card, source, normaliser, path)
        if normaliser is None:
            normaliser = _own_constants(job, network, source, ctx)
        sha = sha or _hash(network)
        window = source.pixel_window(job.extent) if job.extent else None
        plan = make_plan(
            source.width, source.height, tile=network.tile, patch=network.patch, enlarge=job.enlarge,
            overlap=job.overlap / 100, blending=job.blending, window=window,
        )  # fmt: skip
        _check_space(job, plan, network)
        if source.crs is None:
            log.warning("%s has no CRS: neither will the features", source.name)
        backend = Backend(network, Choice(job.device, job.gpu, job.precision, job.batch, job.threads))
        facts = {
            "contract": CONTRACT, "encoder": job.encoder, "model": job.model or "", "weights_sha256": sha, "bands": source.bands,
            "statistics": {"origin": normaliser.origin, "mean": normaliser.mean, "std": normaliser.std},
            "cell": plan.cell, "source_sha256": source.fingerprint(),
        }  # fmt: skip
        return _Run(job, source, plan, normaliser, backend, facts, ctx).go()


def _check_folders(job: Encode) -> None:
    for path in (job.output, job.picture):
        folder = os.path.dirname(os.path.abspath(path)) if path else ""
        if folder and not os.path.isdir(folder):
            raise BadRequest(f"the folder {folder} does not exist", "make it, or choose another")
        if folder and not os.access(folder, os.W_OK):
            raise BadRequest(f"the folder {folder} can't be written to", "choose another")
        if path and os.path.exists(job.input) and os.path.exists(path) and os.path.samefile(job.input, path):
            raise BadRequest(f"{path} is the input too", "choose another name for the output")


def _check_bands(card: Any, source: Source) -> None:
    if card.bands and len(source.bands) != len(card.bands):
        wanted = ", ".join(band.name for band in card.bands)
        text = f"the encoder {card.id} takes {len(card.bands)} bands ({wanted}), {len(source.bands)} given ({source.bands})"
        raise BadRaster(
            text, "choose bands in its order; a band may be given several times on the command line: bands = 1,1,1"
        )


def _normaliser(job: Encode, card: Any, source: Source, ctx: Context) -> Normaliser | None:
    """The normaliser, or None where only the built network knows its constants."""
    if job.normalisation != "raster" and card.bands:
        if job.normalisation == "encoder" or source.eight_bit:
            _check_eight_bit(source)
            return from_constants(tuple(b.mean for b in card.bands), tuple(b.std for b in card.bands))
    elif job.normalisation != "raster" and card.needs_model:
        return None
    elif job.normalisation == "encoder":
        raise BadRequest(f"normalisation = encoder: {card.id} has no constants of its own", "choose raster or auto")
    return statistics.whole_raster(source, ctx)


def _own_constants(job: Encode, network: Network, source: Source, ctx: Context) -> Normaliser:
    known = network.mean is not None and network.std is not None and len(network.mean) == len(source.bands)
    if job.normalisation == "encoder" and not known:
        raise BadRequest(
            f"normalisation = encoder: this network has no constants for {len(source.bands)} bands",
            "choose raster or auto",
        )
    if (
        known
        and network.mean is not None
        and network.std is not None
        and (source.eight_bit or job.normalisation == "encoder")
    ):
        _check_eight_bit(source)
        return from_constants(tuple(network.mean), tuple(network.std))
    return statistics.whole_raster(source, ctx)


def _check_eight_bit(source: Source) -> None:
    if not source.eight_bit:
        raise BadRequest(
            f"normalisation = encoder is for 8-bit images, and {source.name} is none", "choose raster or auto"
        )


def _build(job: Encode, card: Any, source: Source, normaliser: Normaliser | None, path: str | None) -> Network:
    def patches(count: int, side: int) -> np.ndarray:
        if normaliser is None:
            raise BadRequest("this encoder needs statistics of the raster", "choose normalisation = raster")
        return draw_patches(source, normaliser, count, side, job.seed)

    built: Network = card.build(Order(len(source.bands), job.tile, path, job.model, patches, job.seed))
    if built.bands != len(source.bands):
        raise BadRaster(
            f"the network takes {built.bands} bands, {len(source.bands)} given", "choose bands in its order"
        )
    return built


def draw_patches(source: Source, normaliser: Normaliser, count: int, side: int, seed: int) -> np.ndarray:
    """(count, bands, side, side) float32: normalised squares from all over the raster, mostly valid where there are enough."""
    rng = np.random.default_rng(seed)
    high, wide = min(side, source.height), min(side, source.width)
    found: list[tuple[float, np.ndarray]] = []
    for _ in range(20 * count):
        top = int(rng.integers(0, source.height - high + 1))
        left = int(rng.integers(0, source.width - wide + 1))
        data, valid = source.read(top, top + high, left, left + wide)
        if valid.any():
            image = np.pad(normaliser(data, valid), ((0, 0), (0, side - high), (0, side - wide)), mode="edge")
            found.append((float(valid.mean()), image))
        if sum(share > 0.99 for share, _ in found) >= count:
            break
    if not found:
        found.append((0.0, np.zeros((len(source.bands), side, side), np.float32)))
    found.sort(key=lambda pair: -(pair[0] > 0.99))
    return np.stack([found[i % len(found)][1] for i in range(count)])


def _hash(network: Network) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(network.module.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def _check_space(job: Encode, plan: Plan, network: Network) -> None:
    cells = plan.out_width * plan.out_height
    size = cells * network.dim * bytes_per_value(job.storage)
    free = shutil.disk_usage(os.path.dirname(os.path.abspath(job.output))).free
    log.info(
        "%d tiles of %d pixels, %d x %d cells of %g pixels, %d features: up to %.1f MB, %.0f MB free",
        len(plan.tiles), network.tile, plan.out_width, plan.out_height, plan.cell, network.dim, size / 1e6, free / 1e6,
    )  # fmt: skip
    if size > free:
        raise NoSpace(
            f"the result takes up to {size / 1e6:.0f} MB, but {free / 1e6:.0f} MB are free at {os.path.dirname(os.path.abspath(job.output))}",
            "free some, choose another folder, a smaller extent, or storage = int16 or int8",
        )


def prefetch(items: Iterable[Any], ahead: int = 2) -> Iterator[Any]:
    """Yield *items*, which a thread of its own makes *ahead* of time."""
    waiting: queue.Queue[Any] = queue.Queue(maxsize=ahead)
    ended, stop = object(), threading.Event()

    def put(thing: Any) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(thing, timeout=0.1)
                return

    def work() -> None:
        try:
            for item in items:
                put((item, None))
                if stop.is_set():
                    return
            put((ended, None))
        except BaseException as error:
            put((ended, error))

    thread = threading.Thread(target=work, name="reader", daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is ended:
                return
            yield item
    finally:
        stop.set()
        thread.join()


class _Run:
    """One encode, from the first tile to the finished file."""

    def __init__(
        self,
        job: Encode,
        source: Source,
        plan: Plan,
        normaliser: Normaliser,
        backend: Backend,
        facts: dict[str, Any],
        ctx: Context,
    ) -> None:
        self.job, self.source, self.plan, self.backend, self.facts, self.ctx = job, source, plan, backend, facts, ctx
        self.scene = Scene(source, plan, normaliser)
        self.known: dict[tuple[int, int], tuple[np.ndarray | None, np.ndarray]] = {}
        self.minimum = max(job.minimum_valid / 100, 1e-6)
        self.began = time.monotonic()
        self.computed = 0

    def go(self) -> dict[str, Any]:
        """Do it."""
        sample = self._sample()
        look, storage = make_look(sample), make_storage(self.job.storage, sample)
        key = self._key()
        others = [self.job.picture] if self.job.picture else []
        done = rows_done(self.job.output, key, others) if self.job.resume else 0
        if not done:
            for path in (self.job.output, *others):
                remove_partial(path)
        else:
            log.info("going on from row %d of %d, which an interrupted run has left", done, self.plan.out_height)
        writers: list[tuple[FeatureWriter, Any]] = []
        thread = None
        try:
            writers = self._writers(look, storage, done)
            thread = WriterThread(writers, (self.job.output, key) if self.job.resume else None)
            self._encode_all(thread, done)
            thread.end()
            for writer, _ in writers:
                writer.finish()
        except BaseException:
            if thread is not None:
                with contextlib.suppress(Exception):
                    thread.stop(self.job.resume)
            if not self.job.resume or not os.path.exists(journal_path(self.job.output)):
                for path in (self.job.output, *others):
                    remove_partial(path)
            raise
        remove_partial(self.job.output)
        self._tell(writers[0][0])
        outputs = {"output": self.job.output}
        return {**outputs, "picture": self.job.picture} if self.job.picture else outputs

    def _tell(self, writer: FeatureWriter) -> None:
        seconds = time.monotonic() - self.began
        cut = writer.cut / max(1, self.plan.out_width * self.plan.out_height * self.backend.network.dim)
        if cut > 0.001:
            log.warning(
                "%.2g %% of the values lay beyond the range of %s and were cut off", 100 * cut, self.job.storage
            )
        for name, value in (
            ("tiles", len(self.plan.tiles)), ("tiles computed", self.computed), ("seconds", round(seconds, 1)),
            ("tiles a second", round(self.computed / max(seconds, 1e-6), 2)), ("features", self.backend.network.dim),
            ("columns", self.plan.out_width), ("rows", self.plan.out_height), ("megabytes", round(os.path.getsize(self.job.output) / 1e6, 1)),
        ):  # fmt: skip
            self.ctx.fact(name, value)

    def _key(self) -> str:
        specs = self.job.specs()
        paths = {"input", "weights", "output"}
        values = {n: v for n, v in self.job.values().items() if not specs[n].speed_only and n not in paths}
        return hashlib.sha256(
            json.dumps([values, self.facts, self.job.batch, self._version()], sort_keys=True, default=str).encode()
        ).hexdigest()

    @staticmethod
    def _version() -> str:
        from .. import __version__

        return __version__

    def _batches(self, tiles: Sequence[Tile]) -> list[list[Tile]]:
        """Groups of tiles that never span two rows of tiles, so that they are the same wherever a run begins."""
        groups: list[list[Tile]] = []
        for tile in tiles:
            if groups and groups[-1][0].down == tile.down and len(groups[-1]) < self.backend.batch:
                groups[-1].append(tile)
            else:
                groups.append([tile])
        return groups

    def _features(self, tiles: Sequence[Tile]) -> Iterator[tuple[Tile, np.ndarray | None, np.ndarray]]:
        """Yield (tile, features or None where nothing is valid, valid share of the cells) in the order of *tiles*."""
        groups = self._batches([tile for tile in tiles if (tile.down, tile.across) not in self.known])
        fresh = self._compute(groups)
        with contextlib.closing(fresh):
            for tile in tiles:
                if (tile.down, tile.across) in self.known:
                    yield tile, *self.known[tile.down, tile.across]
                else:
                    yield next(fresh)

    def _compute(self, groups: list[list[Tile]]) -> Iterator[tuple[Tile, np.ndarray | None, np.ndarray]]:
        for group, samples in prefetch(batches(self.scene, self.plan, groups)):
            shares = samples["valid"].numpy()
            useful = [i for i in range(len(group)) if shares[i].max() >= self.minimum]
            images = samples["image"]
            features = self.backend(images[useful] if len(useful) < len(group) else images) if useful else None
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
                self.ctx.progress(0, len(tiles), "tiles", "encode")
                self.known[tile.down, tile.across] = (features, share)
                if features is not None:
                    weight = self.plan.weight(tile)
                    parts.append(features[:, (share >= self.minimum) & (weight > 0)].T)
            if sum(map(len, parts)):
                sample = np.concatenate(parts)
                keep = rng.choice(len(sample), min(len(sample), _SAMPLE_CELLS), replace=False)
                return np.ascontiguousarray(sample[np.sort(keep)], np.float32)
        raise BadRaster(
            f"{self.source.name} has no valid data in bands {self.source.bands} within the extent",
            "check its nodata value and the extent",
        )

    def _writers(self, look: Look, storage: Storage, done: int) -> list[tuple[FeatureWriter, Any]]:
        dim, plan = self.backend.network.dim, self.plan
        grid = (
            self.source.transform
            * rasterio.Affine.scale(plan.cell)
            * rasterio.Affine.translation(plan.cols.first, plan.rows.first)
        )
        request = {"version": 1, "job": self.job.id, "params": self.job.values()}
        versions = {"iamap": self._version(), "torch": torch.__version__, "rasterio": rasterio.__version__}
        tags = {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.facts.items()}
        tags |= {
            "request": json.dumps(request),
            "versions": json.dumps(versions),
            "style": json.dumps(look.style()),
            "pca": json.dumps(look.pca()),
        }
        names = [f"{self.job.model or self.job.encoder} {i + 1}" for i in range(dim)]
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

    def _encode_all(self, thread: WriterThread, done: int) -> None:
        """Blend tiles in a rolling band of rows, and hand every row on when its last tile is in."""
        plan, dim = self.plan, self.backend.network.dim
        first_row, first_col = plan.rows.first, plan.cols.first
        starts = plan.rows.starts
        begin = next(i for i, start in enumerate(starts) if start + plan.per_tile > first_row + done)
        tiles = [tile for tile in plan.tiles if tile.down >= begin]
        base, final = starts[begin], first_row + done
        band = np.zeros((dim, plan.per_tile, plan.out_width), np.float32)
        share = np.zeros((plan.per_tile, plan.out_width), np.float32)
        for count, (tile, features, valid) in enumerate(self._features(tiles), len(plan.tiles) - len(tiles) + 1):
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
                    thread.add(ready)
                    final = upto
                if not last:
                    moved = starts[tile.down + 1] - base
                    band[:, : plan.per_tile - moved] = band[:, moved:].copy()
                    band[:, plan.per_tile - moved :] = 0
                    share[: plan.per_tile - moved] = share[moved:].copy()
                    share[plan.per_tile - moved :] = 0
                    base += moved
            self.ctx.progress(count, len(plan.tiles), "tiles", "encode")
        if not math.isclose(final, plan.rows.stop):
            raise RuntimeError(f"rows {final} to {plan.rows.stop} were not written")


def _same(features: np.ndarray) -> np.ndarray:
    return features
