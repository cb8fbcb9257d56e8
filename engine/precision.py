"""The story of a comparison of precisions: the same tiles, every way to compute them, what that costs and changes."""

from __future__ import annotations

import copy
import csv
import dataclasses
import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import torch

from ..contract.errors import IamapError
from ..contract.job import Context
from ..contract.networks import Network
from .backends import Backend, Choice, Work
from .backends.choice import graphics_processors
from .backends.fast import LIBRARIES, SEEN
from .encoding import prepared
from .outputs import Outputs
from .precision_figures import Closeness, closeness, clusters_by_chance, same_clusters, same_neighbours
from .precision_labels import Accuracy, LabelledTiles, compared, labelled
from .storage import bytes_per_value, make_storage

if TYPE_CHECKING:
    from ..algorithms.compare_precisions import ComparePrecisions

log = logging.getLogger(__name__)

#: turns in which all ways take the same tiles, one after another: what else the computer does then hits all alike
_TURNS, _SECONDS = 5, 60.0


@dataclass(frozen=True)
class Result:
    """What one way to compute gives.

    Attributes:
        asked: backend and precision that were asked for.
        facts: device, backend and precision that were used.
        start: seconds to get ready: conversion, calibration, check.
        speed: tiles a second, median of the turns.
        times: how often as fast as the first way, median of the ratios in each turn.
        close: to the features of the first way.
        clusters: adjusted Rand index of k-means to that of the first way, started from the same centres.
        neighbours: share of nearest neighbours that are those of the first way.
        megabytes: of the weights.
        accuracy: of a map that learns from labels; None without labels.
    """

    asked: str
    facts: dict[str, str]
    start: float
    speed: float
    times: float
    close: Closeness
    clusters: float
    neighbours: float
    megabytes: float = 0.0
    accuracy: Accuracy | None = None

    def losses(self) -> dict[str, float]:
        """What gets worse -> by which share, 0 for nothing; negative where it gets better."""
        found = {"features": self.close.error, "clusters": 1 - self.clusters, "neighbours": 1 - self.neighbours}
        if self.accuracy is not None:
            before = self.accuracy.balanced - self.accuracy.gain
            found["accuracy"] = -self.accuracy.gain / before if before else 0.0
        return found


@dataclass(frozen=True)
class Format:
    """What a number format of the result saves and loses.

    Attributes:
        name: of the format.
        megabytes: on disk for a million cells, compressed.
        close: to what was computed.
    """

    name: str
    megabytes: float
    close: Closeness


@dataclass(frozen=True)
class Comparison:
    """All that was found.

    Attributes:
        results: the ways, float32 by torch first.
        failed: ways that could not be taken, and why.
        formats: of the result.
        tiles: that were encoded.
        clusters_again: adjusted Rand index of k-means with another seed on the same features: how much its start decides.
    """

    results: list[Result]
    failed: dict[str, str]
    formats: list[Format]
    tiles: int
    clusters_again: float


def run(job: ComparePrecisions, card: Any, learner: Any, ctx: Context) -> dict[str, Any]:
    """Compare as *job* asks; return output field -> path.

    Args:
        card: the encoder.
        learner: what learns from labels.
    """
    with Outputs(job) as outputs:
        with prepared(job.encoding(), card, ctx) as ready:
            # labels first: what is wrong with them is told before anything is computed
            labels = labelled(job.labels, job.column, ready, job.seed, ctx) if job.labels and job.column else None
            images = _unseen(ready.work, job.tiles)
            # what there is to do is much: the question is how it would be done
            work = dataclasses.replace(ready.work, tiles=10**9)
            found = compare(ready.network, images, work, job, ctx, labels, learner)
        for one in found.results:
            ctx.fact(f"{one.asked}: times as fast", round(one.times, 2))
            ctx.fact(f"{one.asked}: cosine", round(one.close.cosine, 5))
            if one.accuracy is not None:
                ctx.fact(f"{one.asked}: balanced accuracy", round(one.accuracy.balanced, 4))
        from .reports import precisions as report

        report.write(outputs.part("report"), job, found)
        if "table" in outputs:
            write_table(outputs.part("table"), found)
    return outputs.paths


def _unseen(work: Work, count: int) -> np.ndarray:
    """Up to *count* tiles that integers are not calibrated on, where there are enough."""
    images = work.some(count + SEEN)
    return images[SEEN:] if len(images) >= SEEN + min(count, 4) else images[:count]


def ways(device: str = "auto") -> list[tuple[str, Choice]]:
    """Every way to compute on this computer, torch in float32 on the processor first."""
    found = [("torch float32", Choice("cpu", backend="torch"))]
    cuda, mps = (0, False) if device == "cpu" else graphics_processors()
    if cuda:
        found += [(f"GPU {p}", Choice("cuda", precision=p, backend="torch")) for p in ("float32", "bfloat16")]
    if mps:
        found += [(f"GPU {p}", Choice("mps", precision=p, backend="torch")) for p in ("float32", "bfloat16")]
    for library in LIBRARIES:
        if library.installed():
            found += [(f"{library.id} {p}", Choice("cpu", precision=p, backend=library.id)) for p in library.precisions]
    return found + [(f"torch {p}", Choice("cpu", precision=p, backend="torch")) for p in ("bfloat16", "int8")]


def compare(
    network: Network,
    images: np.ndarray,
    work: Work,
    job: ComparePrecisions,
    ctx: Context,
    labels: LabelledTiles | None = None,
    learner: Any = None,
) -> Comparison:
    """Encode (n, bands, tile, tile) *images* in every way, and the tiles under *labels*, which *learner* learns from."""
    ready: list[tuple[str, Backend, float]] = []
    failed: dict[str, str] = {}
    for name, choice in ctx.track(ways(), "ways", "get ready"):
        began = time.perf_counter()
        try:
            # a network of its own: some ways change what they are given
            own = _copied(network)
            backend = Backend(own, dataclasses.replace(choice, threads=job.threads), work)
        except IamapError as error:
            log.info("%s is left out: %s", name, error)
            failed[name] = str(error)
            continue
        ready.append((name, backend, time.perf_counter() - began))
    seconds, features = _turns(ready, images, ctx)
    exact = features[ready[0][0]]
    accuracy: dict[str, Accuracy] = {}
    if labels is not None:
        cells = {
            name: labels.features(_alone(backend)) for name, backend, _ in ctx.track(ready, "ways", "encode labels")
        }
        accuracy = compared(labels, cells, learner, job.seed, ctx)
    results = []
    for name, backend, start in ctx.track(ready, "ways", "compare"):
        ratios = [first / own for first, own in zip(seconds[ready[0][0]], seconds[name])]
        same = name == ready[0][0]
        results.append(
            Result(
                name, backend.facts(), start, len(images) / statistics.median(seconds[name]), statistics.median(ratios),
                closeness(exact, features[name]),
                1.0 if same else same_clusters(exact, features[name], job.clusters, job.seed),
                1.0 if same else same_neighbours(exact, features[name], job.neighbours, job.seed),
                backend.megabytes, accuracy.get(name),
            )
        )  # fmt: skip
    again = clusters_by_chance(exact, job.clusters, job.seed)
    return Comparison(results, failed, formats(exact), len(images), again)


def _copied(network: Network) -> Network:
    """The same with a module of its own."""
    facts = {one.name: getattr(network, one.name) for one in dataclasses.fields(Network) if one.name != "module"}
    return Network(copy.deepcopy(network.module), **facts)


def _alone(backend: Backend) -> Callable[[np.ndarray], np.ndarray]:
    """*backend* with threads of its own, among others in one process."""

    def run(images: np.ndarray) -> np.ndarray:
        if backend.device.type == "cpu":
            torch.set_num_threads(backend.threads)
        return backend(images)

    return run


def _turns(
    ready: list[tuple[str, Backend, float]], images: np.ndarray, ctx: Context
) -> tuple[dict[str, list[float]], dict[str, np.ndarray]]:
    """Seconds of each turn and features, by way; the first turn warms up and is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in ready}
    features: dict[str, np.ndarray] = {}
    began = time.perf_counter()
    for turn in range(_TURNS + 1):
        ctx.progress(turn, _TURNS + 1, "turns", "encode")
        if turn > 1 and time.perf_counter() - began > _SECONDS:
            break
        for name, backend, _ in ready:
            run = _alone(backend)
            started = time.perf_counter()
            features[name] = run(images)
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds, features


def formats(features: np.ndarray) -> list[Format]:
    """What the number formats of the result make of (n, dim, rows, cols) *features*."""
    n, dim, rows, cols = features.shape
    tall = np.ascontiguousarray(np.moveaxis(features, 0, 1).reshape(dim, n * rows, cols))
    found = []
    for name in ("float32", "int16", "int8"):
        storage = make_storage(name, tall.reshape(dim, -1).T)
        stored, _ = storage.encode(tall)
        about: dict[str, Any] = {
            "driver": "GTiff",
            "count": dim,
            "height": n * rows,
            "width": cols,
            "dtype": storage.dtype,
        }
        about["transform"] = rasterio.Affine(1, 0, 0, 0, -1, 0)
        with rasterio.MemoryFile() as memory:
            with memory.open(
                **about, compress="deflate", zlevel=1, predictor=storage.predictor, interleave="band"
            ) as ds:
                ds.write(stored)
            size = memory.getbuffer().nbytes
        back = stored if storage.scale is None else _values(stored, storage.scale, storage.offset)
        back = np.moveaxis(back.reshape(dim, n, rows, cols), 1, 0)
        found.append(Format(name, size / (n * rows * cols), closeness(features, back)))
        log.debug("%s: %d bytes, %d before compression", name, size, tall.size * bytes_per_value(name))
    return found


def _values(stored: np.ndarray, scale: Any, offset: Any) -> np.ndarray:
    return np.asarray(stored.astype(np.float64) * scale[:, None, None] + offset[:, None, None])


def write_table(path: str, found: Comparison) -> None:
    """Write the figures as CSV, a row for each way."""
    head = ["way", "device", "backend", "precision", "seconds_to_start", "tiles_per_second", "times_as_fast", "cosine", "cosine_lowest_1_percent", "cosine_centred", "relative_error", "same_clusters", "same_neighbours", "megabytes", "balanced_accuracy", "accuracy_gain", "accuracy_gain_low", "accuracy_gain_high"]  # fmt: skip
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for one in found.results:
            close = one.close
            numbers = (one.start, one.speed, one.times, close.cosine, close.lowest, close.centred, close.error, one.clusters, one.neighbours, one.megabytes)  # fmt: skip
            learnt = (
                (one.accuracy.balanced, one.accuracy.gain, one.accuracy.low, one.accuracy.high) if one.accuracy else ()
            )
            facts = (one.facts["device"], one.facts["backend"], one.facts["precision"])
            told = [f"{number:.6g}" for number in (*numbers, *learnt)]
            table.writerow([one.asked, *facts, *told, *[""] * (len(head) - 4 - len(told))])
