"""The way of a network to OpenVINO: found on disk or converted, quantized where asked, checked against torch, timed."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from ... import __version__
from ...contract.networks import Network
from ..precision_figures import Closeness, closeness, relative_error
from . import calibrated, store
from .choice import Choice
from .openvino_runner import REFUSALS, OpenVinoRunner, convert, installed, library, processor
from .torch_runner import TorchRunner

log = logging.getLogger(__name__)

#: jobs with fewer floating-point operations are done by torch before a network is converted: about half a minute's work
LEAST_WORK = 1e12
#: how far features may be from torch's, relative to their length
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1}
#: tiles that are compared, and that integers are calibrated on, of 224 pixels; fewer where they are larger
_CHECKED, _CALIBRATED = 4, 28
#: tiles that are looked at before the work begins, at most: the first ones given
SEEN = _CHECKED + _CALIBRATED
#: least mean cosine of integers' features to float32's: raw, and after the mean cell was subtracted
LEAST_COSINE, LEAST_CENTRED = 0.99, 0.95
#: OpenVINO must not be slower than torch by more than this
_SLOWER = 1.05
#: seconds a tile, from which on nothing is timed
_LONG = 0.5

Made = tuple["OpenVinoRunner | None", dict[str, Any]]


def make(
    network: Network, choice: Choice, some: Callable[[int], torch.Tensor], identity: str, tiles: int | None
) -> Made:
    """Make *network* ready as *choice* asks.

    Args:
        some: gives tiles of the raster, the same ones each time.
        identity: of those tiles.
        tiles: in all; None to try by all means, however little there is to do.

    Returns:
        The runner, and what was found out: ``cosine``, ``centred``, ``error`` to float32 by torch. None for the runner where torch
        is to be used; then ``why`` says why, and ``instead`` which precision it is to use where that is another one.
    """
    try:
        if tiles is not None and choice.precision != "int8" and not _worth_it(network, tiles):
            return None, {"why": "there is too little to do"}
        if choice.precision == "int8":
            return _int8(network, choice, some, identity)
        return _plain(network, choice, some, tiles is None)
    except REFUSALS as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        log.info("OpenVINO can't run this network, torch does: %s", why)
        return None, {"why": why}


def _worth_it(network: Network, tiles: int) -> bool:
    # every parameter is used for every cell at least once: large networks are not run for being counted
    parameters = sum(p.numel() for p in network.module.parameters())
    least = 2.0 * parameters * (network.tile // network.patch) ** 2
    return tiles * least >= LEAST_WORK or tiles * operations(network) >= LEAST_WORK


def operations(network: Network) -> float:
    """Floating-point operations of matrix products and convolutions for one tile."""
    count = FlopCounterMode(display=False)
    with count, torch.no_grad():
        network.module.cpu()(torch.zeros(1, network.bands, network.tile, network.tile))
    return float(count.get_total_flops())


def fewer(network: Network, count: int) -> int:
    """So many tiles of 224 pixels, or as many larger ones as weigh the same; 2 at least."""
    return max(2, min(count, int(count * (224 / network.tile) ** 2)))


def _key(network: Network, choice: Choice, *more: Any) -> str:
    versions = [__version__, torch.__version__, library().__version__]
    return store.key(network, choice.precision, processor()[0], versions, *more)


def _megabytes(network: Network) -> float:
    return sum(p.numel() for p in network.module.parameters()) * 4 / 1e6 + 10


def _reference(network: Network, images: torch.Tensor) -> np.ndarray:
    return TorchRunner(network, torch.device("cpu"), "float32", None)(images)


def _save(model: Any) -> Callable[[Any], None]:
    # ready-made half precision of constants would be inexact
    return lambda path: library().save_model(model, str(path), compress_to_fp16=False)


def _plain(network: Network, choice: Choice, some: Callable[[int], torch.Tensor], asked: bool) -> Made:
    """float32, or bfloat16 where the processor has it."""
    half = choice.precision == "bfloat16"
    if half and "BF16" not in processor()[1]:
        log.warning("this processor has no bfloat16 of its own, which would be slow: computing in float32")
        return _instead(_plain(network, dataclasses.replace(choice, precision="float32"), some, asked))
    # one model serves both: what it computes in is decided when it is compiled
    name = _key(network, Choice(precision="float32"))
    notes = f"{_key(network, choice, choice.threads)}-choice"
    noted = store.find(notes)
    if noted and noted[0].get("torch") and not asked:
        return None, {"why": "torch is faster here"}
    found = store.find(name)
    images = some(_CHECKED)
    began = time.perf_counter()
    exact = _reference(network, images)
    slow = (time.perf_counter() - began) / len(images)
    for model in ([str(found[1])] if found and found[1] else []) + [None]:
        fresh = convert(network) if model is None else None
        runner = OpenVinoRunner(model or fresh, "bfloat16" if half else "float32", half, choice.threads, choice.batch)
        features = runner(images)
        error = relative_error(exact, features) if features.shape == exact.shape else float("inf")
        if error <= _TOLERANCE["bfloat16" if half else "float32"]:
            break
        if model is not None:
            store.forget(name)
    else:
        why = f"its features differ from torch's by {100 * error:.2g} %"
        log.warning("OpenVINO is not used for this network: %s", why)
        return None, {"why": why}
    told: dict[str, Any] = {**vars(closeness(exact, features))}
    if not asked and not noted:
        faster, told["seconds"] = _timed(network, choice, runner, images, slow)
        store.keep(notes, {"torch": not faster, "seconds": told["seconds"]}, None, 0)
        if not faster:
            return None, {**told, "why": "torch is faster here"}
    if fresh is not None:
        store.keep(name, {}, _save(fresh), _megabytes(network))
    return runner, told


def _timed(
    network: Network, choice: Choice, runner: OpenVinoRunner, images: torch.Tensor, slow: float
) -> tuple[bool, list[float]]:
    """Whether OpenVINO is as fast as torch, and seconds a tile of both; the best of some turns, side by side.

    Args:
        slow: about the seconds that torch takes for a tile. Networks that take long are nothing but matrix products, which
            OpenVINO is not slower at; a fair turn with all its streams busy would take too long.
    """
    best = [float("inf"), float("inf")]
    if slow > _LONG:
        return True, [0.0, slow]
    rival = TorchRunner(network, torch.device("cpu"), choice.precision, choice.batch)
    images = images.repeat(-(-8 // len(images)), 1, 1, 1)[: max(2, min(8, int(1 / max(slow, 1e-3))))]
    began = time.perf_counter()
    while time.perf_counter() - began < 1.5:
        best[0] = min(best[0], _seconds(runner, images))
        best[1] = min(best[1], _seconds(rival, images))
    log.debug("seconds a tile: OpenVINO %.4f, torch %.4f", *best)
    return best[0] <= best[1] * _SLOWER, best


def _seconds(run: Callable[[torch.Tensor], np.ndarray], images: torch.Tensor) -> float:
    """Seconds a tile."""
    began = time.perf_counter()
    run(images)
    return (time.perf_counter() - began) / len(images)


def _int8(network: Network, choice: Choice, some: Callable[[int], torch.Tensor], identity: str) -> Made:
    """Integers, as many as keep the features; float32 where none do."""
    name = _key(network, choice, identity)
    found = store.find(name)
    if found and found[1]:
        checked = some(_CHECKED // 2)
        runner = OpenVinoRunner(str(found[1]), found[0]["words"], found[0]["half"], choice.threads, choice.batch)
        close = closeness(_reference(network, checked), runner(checked))
        if good(close):
            return runner, _told(runner, close)
        store.forget(name)
    if not installed("nncf"):
        return None, {"why": "nncf is not installed"}
    images = some(fewer(network, SEEN))
    # what is checked was not calibrated on, where there are enough tiles
    held = min(_CHECKED, max(1, len(images) // 3))
    checked, given = images[:held], images[held:] if len(images) > held else images
    exact = _reference(network, checked)
    log.info("calibrating 8-bit integers on %d tiles of the raster", len(given))
    model = convert(network)
    for way in calibrated.WAYS:
        try:
            made = calibrated.quantized(model, way, given)
            # what is not integers: attention, norms
            half = way.activations and not way.ends and "BF16" in processor()[1]
            words = way.words + (", the rest bfloat16" if half else "")
            runner = OpenVinoRunner(made, words, half, choice.threads, choice.batch)
            close = closeness(exact, runner(checked))
        except REFUSALS as error:
            log.debug("%s is refused: %s", way.words, error)
            continue
        if good(close):
            store.keep(name, {"words": words, "half": half}, _save(made), _megabytes(network))
            return runner, _told(runner, close)
        log.info(
            "%s would change features too much (cosine to float32 %.3f, %.3f after the mean is subtracted)",
            way.words, close.cosine, close.centred,
        )  # fmt: skip
    log.warning("8-bit integers change the features of this encoder too much: computing in float32")
    return _instead(_plain(network, dataclasses.replace(choice, precision="float32"), some, True))


def _instead(made: Made) -> Made:
    """What computes in float32 though something else was asked for."""
    return made[0], {**made[1], "instead": "float32"}


def good(close: Closeness) -> bool:
    """Whether features are close enough to float32's."""
    return close.cosine >= LEAST_COSINE and close.centred >= LEAST_CENTRED


def _told(runner: OpenVinoRunner, close: Closeness) -> dict[str, Any]:
    log.info(
        "%s: mean cosine to float32 %.4f, %.4f after the mean is subtracted, on tiles of this raster",
        runner.precision, close.cosine, close.centred,
    )  # fmt: skip
    return {**vars(close)}
