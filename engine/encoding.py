"""The path of one raster: source, encoder, tiles, features, result. Memory does not grow with the raster's height."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from ..contract.errors import BadRaster, BadRequest, NoSpace
from ..contract.job import Context
from ..contract.networks import Network, Order
from . import lent_weights, statistics, weights
from .backends import Backend, Choice, Work
from .example_tiles import spread_tiles
from .feature_raster import CONTRACT
from .normalise import Normaliser, alike, from_constants, in_own_units, matched
from .orders import layers, metres, wavelengths
from .passage import Passage
from .plan import Blending, Plan, make_plan
from .rasters import Source, open_source
from .storage import bytes_per_value

if TYPE_CHECKING:
    from ..algorithms.encode import Encode

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """An encode that is ready to compute.

    Attributes:
        source: the open raster.
        plan: its tiles.
        normaliser, network: what they go through.
        facts: for the tags of the features.
        work: the same for backends.
    """

    source: Source
    plan: Plan
    normaliser: Normaliser
    network: Network
    facts: dict[str, Any]
    work: Work


def run(job: Encode, card: Any, ctx: Context) -> dict[str, Any]:
    """Encode as *job* asks; return output field -> path.

    Raises:
        IamapError: something the user can act on; nothing that looks like a result is left.
    """
    _check_folders(job)
    with prepared(job, card, ctx) as ready:
        _check_space(job, ready.plan, ready.network)
        if ready.source.crs is None:
            log.warning("%s has no CRS: neither will the features", ready.source.name)
        choice = Choice(job.device, job.gpu, job.precision, job.batch, job.threads, job.backend)
        backend = Backend(ready.network, choice, ready.work)
        facts = {**ready.facts, "computation": backend.facts()}
        if card.drawn:
            facts[lent_weights.TAG] = lent_weights.lend(ready.network.module)
        return Passage(job, ready.source, ready.plan, ready.normaliser, backend, facts, ctx).go()


@contextmanager
def prepared(job: Encode, card: Any, ctx: Context) -> Iterator[Prepared]:
    """Open the raster, find weights, build the network, plan the tiles; the raster is closed at the end."""
    hub = card.hub_file(job.model) if not job.weights else None
    with open_source(job.input, job.bands, job.crs, job.resolution) as source:
        _check_bands(card, source)
        path, sha = weights.find(hub, None if card.drawn else job.weights, job.download, ctx)
        normaliser = _normaliser(job, card, source, ctx)
        network = _build(job, card, source, normaliser, path)
        if normaliser is None:
            normaliser = _own_constants(job, network, source, ctx)
        sha = sha or _hash(network)
        window = source.pixel_window(job.extent) if job.extent else None
        plan = make_plan(
            source.width, source.height, tile=network.tile, patch=network.patch, enlarge=job.enlarge,
            overlap=job.overlap / 100, blending=cast("Blending", job.blending), window=window,
        )  # fmt: skip
        chosen = normaliser

        def some(count: int) -> torch.Tensor:
            return spread_tiles(source, plan, chosen, count, job.seed)

        facts: dict[str, Any] = {
            "contract": CONTRACT, "encoder": job.encoder, "model": job.model or "", "weights_sha256": sha, "bands": source.bands,
            "statistics": {"origin": normaliser.origin, "mean": normaliser.mean, "std": normaliser.std},
            "cell": plan.cell, "tile": network.tile, "source_sha256": source.fingerprint(),
            "layers": ", ".join(map(str, layers(job.layers))), "wavelengths": wavelengths(job.wavelengths, source),
        }  # fmt: skip
        # which tiles there are, of what
        identity = json.dumps([facts, job.extent, job.overlap, job.enlarge, job.seed], default=str)
        yield Prepared(source, plan, normaliser, network, facts, Work(len(plan.tiles), some, identity))


def _check_folders(job: Encode) -> None:
    for path in (job.output, job.picture):
        folder = os.path.dirname(os.path.abspath(path)) if path else ""
        if folder and not os.path.isdir(folder):
            raise BadRequest(f"the folder {folder} does not exist", "make it, or choose another")
        if folder and not os.access(folder, os.W_OK):
            raise BadRequest(f"the folder {folder} can't be written to", "choose another")
        if path and os.path.exists(job.input) and os.path.exists(path) and os.path.samefile(job.input, path):
            raise BadRequest(f"{path} is the input too", "choose another name for the output")
        if path and os.path.isdir(path):
            raise BadRequest(f"{path} is a folder", "give the name of a file")


def _check_bands(card: Any, source: Source) -> None:
    if card.bands and len(source.bands) != len(card.bands):
        wanted = ", ".join(band.name for band in card.bands)
        text = f"the encoder {card.id} takes {len(card.bands)} bands ({wanted}), {len(source.bands)} given ({source.bands})"
        raise BadRaster(
            text, "choose bands in its order; a band may be given several times on the command line: bands = 1,1,1"
        )


def _normaliser(job: Encode, card: Any, source: Source, ctx: Context) -> Normaliser | None:
    """The normaliser, or None where only the built network knows its constants."""
    if card.bands and card.values != "8-bit":
        return _of_a_sensor(job, card, source, ctx)
    if job.normalisation != "raster" and card.bands:
        if job.normalisation == "encoder" or source.eight_bit:
            _check_eight_bit(source)
            return from_constants(tuple(b.mean for b in card.bands), tuple(b.std for b in card.bands))
    elif job.normalisation != "raster" and card.needs_model:
        return None
    elif job.normalisation == "encoder":
        raise BadRequest(f"normalisation = encoder: {card.id} has no constants of its own", "choose raster or auto")
    return (
        matched(statistics.whole_raster(source, ctx), card.bands)
        if card.bands
        else statistics.whole_raster(source, ctx)
    )


def _of_a_sensor(job: Encode, card: Any, source: Source, ctx: Context) -> Normaliser:
    """The normaliser for an encoder whose constants are of the sensor's own unit."""
    if job.normalisation == "encoder":
        return in_own_units(card.bands)
    found = statistics.whole_raster(source, ctx)
    if job.normalisation == "auto" and alike(found, card.bands):
        return in_own_units(card.bands)
    if job.normalisation == "auto":
        log.warning(
            "the values of %s don't look like %s, which %s learned from: mean and deviation are matched instead",
            source.name, card.values, card.id,
        )  # fmt: skip
    return matched(found, card.bands)


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

    lent = lent_weights.borrow(job.weights, card.id) if card.drawn and job.weights else None
    ground = metres(source)
    order = Order(
        len(source.bands), job.tile, path, job.model, patches, job.seed, lent, wavelengths(job.wavelengths, source),
        ground and ground / job.enlarge, layers(job.layers),
    )  # fmt: skip
    built: Network = card.build(order)
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
