"""The path of one raster: source, encoder, tiles, features, result. Memory does not grow with the raster's height."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..contract.dates import months
from ..contract.errors import BadRaster, BadRequest
from ..contract.job import Context
from ..contract.networks import Network, Order
from ..contract.partial import part_path
from . import lent_weights, position_bias, weights
from .backends import Backend, Choice, Work
from .example_tiles import spread_tiles
from .extents import window_of
from .feature_raster import CONTRACT
from .inputs import values
from .inputs.fitted import Fitted, fit
from .inputs.known import recognised
from .inputs.lost_bands import left_out
from .normalise import Normaliser
from .orders import check_metres, layers, metres, place
from .passage import Passage
from .picture import Look
from .plan import Blending, Plan, make_plan
from .rasters import Source, open_source
from .remembered import beside, ours, remembered
from .shifted import Interleaved
from .storage import bytes_per_value, check_room
from .warned import heard
from .wording import many, pixels

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
        title: what made the features, for the names of their bands.
        facts: for the tags of the features.
        work: the same for backends.
    """

    source: Source
    plan: Plan
    normaliser: Normaliser
    network: Network
    title: str
    facts: dict[str, Any]
    work: Work


def run(job: Encode, card: Any, ctx: Context) -> dict[str, Any]:
    """Encode as *job* asks; return output field -> path.

    Raises:
        IamapError: something the user can act on; nothing that looks like a result is left.
    """
    _check_folders(job)
    with heard() as warnings, prepared(job, card, ctx) as ready:
        _check_space(job, ready.plan, ready.network)
        if ready.source.crs is None:
            log.warning("%s has no CRS: neither will the features", ready.source.name)
        choice = Choice(job.device, job.gpu, job.precision, job.batch, job.threads, job.backend)
        backend = Backend(ready.network, choice, ready.work)
        facts = {**ready.facts, "computation": backend.facts()}
        if card.drawn:
            facts[lent_weights.TAG] = lent_weights.lend(ready.network.module)
        bias = position_bias.find(job, card, ready, backend, ctx)
        facts |= bias.facts()
        encode = bias.around(Interleaved(backend, job.shifts) if job.shifts > 1 else backend, job.shifts)

        def report(passage: Passage, look: Look, features: str) -> None:
            from .reports import encode as story

            story.write(part_path(str(job.report)), story.Story(job, card, ready, passage, look, features, warnings))

        return Passage(job, ready, backend, encode, facts, ctx, bias, report).go()


@contextmanager
def prepared(job: Encode, card: Any, ctx: Context) -> Iterator[Prepared]:
    """Open the raster, find weights, build the network, plan the tiles; the raster is closed at the end."""
    hub = card.hub_file(job.model) if not job.weights else None
    with open_source(job.input, job.bands, job.crs, job.resolution) as whole:
        opened = left_out(job, card, whole)
        fitted = values.converted(job, card, fit(job, card, opened, recognised(job, opened), ctx))
        source = fitted.source
        path, sha = weights.find(hub, None if card.drawn else job.weights, job.download, ctx)
        normaliser = values.normaliser(job, card, fitted, ctx)
        network = _network(job, card, fitted, normaliser, path, sha)
        if normaliser is None:
            normaliser = values.of_a_network(job, network, fitted, ctx)
        sha = sha or _hash(network)
        window = window_of(source, job.extent) if job.extent else None
        plan = make_plan(
            source.width, source.height, tile=network.tile, patch=network.patch, enlarge=job.enlargement, shifts=job.shifts,
            overlap=0.0 if card.pixelwise else job.overlap / 100, blending=cast("Blending", job.blending), window=window,
        )  # fmt: skip
        chosen = normaliser

        def some(count: int) -> np.ndarray:
            return spread_tiles(source, plan, chosen, count, job.seed)

        facts: dict[str, Any] = {
            "contract": CONTRACT, "encoder": job.encoder, "model": job.model or "", "weights_sha256": sha, "bands": list(fitted.used),
            "statistics": {"origin": normaliser.origin, "mean": normaliser.mean, "std": normaliser.std},
            "cell": plan.cell, "tile": network.tile, "source_sha256": source.fingerprint(),
            "layers": _layers(job), "wavelengths": fitted.known.wavelengths,
            "sensor": fitted.known.sensor, "unit": fitted.known.unit, "fit_bands": fitted.way,
            "terrain": job.terrain, **fitted.facts,
        }  # fmt: skip
        # which tiles there are, of what
        identity = json.dumps([facts, job.extent, job.overlap, job.enlarge, job.finer_by, job.seed], default=str)
        work = Work(len(plan.tiles) * plan.runs, some, identity)
        yield Prepared(source, plan, normaliser, network, card.called(job.model, job.weights), facts, work)


def _check_folders(job: Encode) -> None:
    for path in (job.output, job.picture, job.report):
        folder = os.path.dirname(os.path.abspath(path)) if path else ""
        if folder and not os.path.isdir(folder):
            raise BadRequest(f"the folder {folder} does not exist", "make it, or choose another")
        if folder and not os.access(folder, os.W_OK):
            raise BadRequest(f"the folder {folder} can't be written to", "choose another")
        if path and os.path.exists(job.input) and os.path.exists(path) and os.path.samefile(job.input, path):
            raise BadRequest(f"{path} is the input too", "choose another name for the output")
        if path and os.path.isdir(path):
            raise BadRequest(f"{path} is a folder", "give the name of a file")


def _layers(job: Encode) -> str:
    """Which layers, and how they become features, in words: features of others mean something else."""
    words = ", ".join(map(str, layers(job.layers)))
    words += " averaged" if job.several_layers == "averaged" and "," in words else ""
    return words if job.norm else f"{words} without normalisation".strip()


def _network(
    job: Encode, card: Any, fitted: Fitted, normaliser: Normaliser | None, path: str | None, sha: str
) -> Network:
    """The encoder for this raster; where it was built before, it is built only if something needs it."""
    order = _order(job, card, fitted, normaliser, path)

    if path is None or card.drawn or not ours(card):
        # nothing to read, drawn from the raster, or of code that may change unseen
        built = fitted.build(card, order)
    else:
        # what the network does not depend on is not told, so that another raster has it build nothing anew
        untold: dict[str, Any] = {} if "metres" in card.told else {"metres": None}
        untold |= {} if card.spectral or fitted.weights else {"wavelengths": None}
        order = replace(order, seed=0, **untold)
        known = {one.name: getattr(order, one.name) for one in fields(order) if one.name not in ("patches", "weights")}
        built = remembered([card.id, sha, beside(path), fitted.weights, known], lambda: fitted.build(card, order))
    if built.bands != len(fitted.source.bands):
        raise BadRaster(
            f"the network takes {built.bands} bands, {len(fitted.source.bands)} given", "choose bands in its order"
        )
    return built


def _order(job: Encode, card: Any, fitted: Fitted, normaliser: Normaliser | None, path: str | None) -> Order:
    source = fitted.source

    def patches(count: int, side: int) -> np.ndarray:
        if normaliser is None:
            raise BadRequest("this encoder needs statistics of the raster", "choose normalisation = raster")
        return draw_patches(source, normaliser, count, side, job.seed)

    lent = lent_weights.borrow(job.weights, card.id) if card.drawn and job.weights else None
    ground = metres(source)
    check_metres(card, ground and ground / job.enlargement)
    return Order(
        len(source.bands), job.tile, path, job.model, patches, job.seed, lent, fitted.known.wavelengths,
        ground and ground / job.enlargement, layers(job.layers), job.context, job.several_layers == "averaged", job.norm,
        months(job.months), place(source) if "place" in card.told else None,
    )  # fmt: skip


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
    what = (
        f"{many(len(plan.tiles), 'tile')} of {pixels(network.tile)}, {plan.out_width} x {plan.out_height} cells of "
        f"{pixels(plan.cell)}, {many(network.dim, 'feature')}"
    )
    check_room(
        job.output, size, what, "free some, choose another folder, a smaller extent, or storage = int16 or int8"
    )  # fmt: skip
