"""The way of a network to a faster library: found on disk or converted, quantized where asked, checked against torch, timed."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...contract.networks import Network
from ...contract.versions import version
from ..precision_figures import Closeness, closeness, relative_error
from ..wording import many
from . import measure, probe, processor, store, timing
from .choice import Choice
from .library import REFUSALS, Library, Runner
from .onnx_runner import OnnxRuntime
from .openvino_runner import OpenVino
from .timing import Setting

log = logging.getLogger(__name__)

#: best first
LIBRARIES: tuple[Library, ...] = (OpenVino(), OnnxRuntime())
#: jobs with fewer floating-point operations, some seconds' work, are done by torch before a network is converted
LEAST_WORK = 3e11
#: how many times as fast torch must be to be taken instead: it takes seconds to load, each time
_LEAD = 1.2
#: how far features may be from torch's, relative to their length
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1}
#: tiles that are compared, and that integers are calibrated on, of 224 pixels; fewer where they are larger
_CHECKED, _CALIBRATED = 4, 28
#: tiles that are looked at before the work begins, at most: the first ones given
SEEN = _CHECKED + _CALIBRATED
#: least mean cosine of integers' features to float32's: raw, and after the mean cell was subtracted
LEAST_COSINE, LEAST_CENTRED = 0.99, 0.95
#: how far a kept network's features of the drawn tile may be from those it was kept with; damage gives far more
_STILL = 0.1


@dataclass(frozen=True)
class Task:
    """A network to make ready.

    Attributes:
        network: what is run.
        choice: as it was asked for.
        some: gives tiles of the raster, the same ones each time.
        identity: of those tiles.
        tiles: in all.
    """

    network: Network
    choice: Choice
    some: Callable[[int], np.ndarray]
    identity: str
    tiles: int

    @cached_property
    def digest(self) -> str:
        """Of the network: all of its numbers are read where it was not known before."""
        return measure.digest(self.network)

    @property
    def asked(self) -> bool:
        """Whether one library was named: then it is used by all means, however slow and however little there is to do."""
        return self.choice.backend not in ("auto", "torch")


@dataclass(frozen=True)
class Made:
    """What came of it.

    Attributes:
        runner: None where torch is to be used.
        why: torch is used instead.
        instead: the precision to use, where that is another one than was asked for.
        setting: of torch.
        close: how close features are to those of torch in float32; None where that was not looked at.
    """

    runner: Runner | None = None
    why: str = ""
    instead: str | None = None
    setting: Setting | None = None
    close: Closeness | None = None


def libraries(choice: Choice) -> list[Library]:
    """Those that are installed and may serve, best first."""
    return [one for one in LIBRARIES if choice.backend in ("auto", one.id) and one.installed()]


def make(task: Task) -> Made:
    """Make the network ready for the processor as the task's choice asks."""
    choice, kinds = task.choice, libraries(task.choice)
    whole = choice.precision == "int8"
    if not task.asked and not whole and not _worth_it(task.network, task.tiles):
        return Made(why="there is too little to do")
    try:
        if whole:
            return _int8(task, kinds)
        return _plain(task, kinds[0]) if kinds else Made(why="only torch is installed", setting=_by_torch(task))
    except REFUSALS as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        log.info(
            "%s can't run this network, torch does: %s", " or ".join(one.title for one in kinds) or "this way", why
        )
        return Made(why=why)


def _worth_it(network: Network, tiles: int) -> bool:
    # every parameter is used for every cell at least once: large networks are not run for being counted
    least = 2.0 * measure.parameters(network) * (network.tile // network.patch) ** 2
    return tiles * least >= LEAST_WORK or tiles * measure.operations(network) >= LEAST_WORK


def fewer(network: Network, count: int) -> int:
    """So many tiles of 224 pixels, or as many larger ones as weigh the same; 2 at least."""
    return max(2, min(count, int(count * (224 / network.tile) ** 2)))


def _key(task: Task, precision: str, kinds: Sequence[Library], *more: Any) -> str:
    known: list[Any] = [(one.id, one.version()) for one in kinds] or [processor.identity()]
    return store.key(task.digest, precision, [__version__, version("torch"), known, processor.threads()], more)


def _notes(task: Task, *kinds: Library) -> str:
    """Name of the note of which setting is fastest."""
    choice = task.choice
    return f"{_key(task, choice.precision, kinds, choice.threads, choice.batch)}-choice"


def _megabytes(network: Network) -> float:
    return measure.parameters(network) * 4 / 1e6 + 10


def _reference(task: Task, images: np.ndarray) -> tuple[np.ndarray, float]:
    """Features by torch in float32, and seconds a tile."""
    import torch

    from .torch_runner import TorchRunner

    torch.set_num_threads(task.choice.threads or processor.threads())
    began = time.perf_counter()
    features = TorchRunner(task.network, torch.device("cpu"), "float32", None)(images)
    return features, (time.perf_counter() - began) / len(images)


def _by_torch(task: Task) -> Setting | None:
    """The fastest setting of torch; None for the usual one."""
    network, choice = task.network, task.choice
    name, settings = _notes(task), timing.of_torch(network, choice)
    known = timing.noted(name)
    if known in settings or len(settings) < 2 or choice.precision == "int8":
        return known if known in settings else settings[0]
    images = task.some(_CHECKED)
    _, slow = _reference(task, images[:1])
    return timing.fastest(
        name, {one: timing.torch_as(network, choice.precision, one) for one in settings}, images, slow
    )


def _plain(task: Task, kind: Library) -> Made:
    """float32, or bfloat16 where the processor has it."""
    network, choice = task.network, task.choice
    half = choice.precision == "bfloat16"
    if half and "bfloat16" not in kind.precisions:
        log.warning("%s has no fast bfloat16 on this processor: computing in float32", kind.title)
        return _instead(
            _plain(dataclasses.replace(task, choice=dataclasses.replace(choice, precision="float32")), kind)
        )
    notes, mine = _notes(task, kind), Setting(kind.id)
    known = None if task.asked else timing.noted(notes)
    if known and known != mine:
        return Made(why="torch is faster here", setting=known)
    # one model serves both: what it computes in is decided when it is compiled
    name = _key(task, "float32", [kind])
    word = "bfloat16" if half else "float32"
    checked = f"{_key(task, word, [kind], choice.threads)}-checked"
    # on this very raster: that it serves on others must not change what is made of this one
    refused = f"{_key(task, word, [kind], choice.threads, task.identity)}-refused"
    if found := store.find(refused):
        return _too_far(kind, found[0].get("error", 0.0))
    fresh, runner = False, _kept(task, kind, name, word, half, _TOLERANCE[word])
    # what was compared with torch on one raster need not be again: then torch is not even loaded
    if runner is not None and (task.asked or known) and store.find(checked):
        return Made(runner)
    images = task.some(_CHECKED)
    exact, slow = _reference(task, images)
    features = runner(images) if runner else None
    if runner is None or features is None or _error(exact, features) > _TOLERANCE[word]:
        fresh, runner = True, _converted(task, kind, name, word, half)
        features = runner(images)
    if (error := _error(exact, features)) > _TOLERANCE[word]:
        store.forget(name)
        store.keep(refused, {"error": error}, None, 0)
        return _too_far(kind, error)
    close = closeness(exact, features)
    if not task.asked and not known:
        settings = timing.of_torch(network, choice)
        rivals = {one: timing.torch_as(network, choice.precision, one) for one in settings}
        best = timing.fastest(notes, {mine: runner, **rivals}, images, slow, _LEAD)
        if best != mine:
            if fresh:
                store.forget(name)
            return Made(why="torch is faster here", setting=best, close=close)
    store.keep(checked, {"error": error}, None, 0)
    return Made(runner, close=close)


def _too_far(kind: Library, error: float) -> Made:
    why = f"its features differ from torch's by {100 * error:.2g} %"
    log.warning("%s is not used for this network: %s", kind.title, why)
    return Made(why=why)


def _error(exact: np.ndarray, features: np.ndarray) -> float:
    return relative_error(exact, features) if features.shape == exact.shape else float("inf")


def _keep(kind: Library, name: str, about: dict[str, Any], model: Any, network: Network, drawn: np.ndarray) -> None:
    """Keep *model* with the features *drawn* that it should make of the drawn tile."""
    write = kind.saving(model)

    def save(path: Path) -> None:
        write(path)
        probe.keep(path, drawn)

    store.keep(name, about, save, _megabytes(network))


def _converted(task: Task, kind: Library, name: str, words: str, half: bool) -> Runner:
    """The network converted and kept under *name*; what was kept is what runs, for read from disk it may round sums otherwise."""
    store.forget(name)
    model = kind.convert(task.network)
    drawn, _ = _reference(task, probe.tile(task.network))
    _keep(kind, name, {}, model, task.network, drawn)
    return _kept(task, kind, name, words, half, _TOLERANCE[words]) or kind.runner(model, words, half, task.choice)


def _kept(task: Task, kind: Library, name: str, words: str, half: bool, tolerance: float) -> Runner | None:
    """The model kept under *name*, compiled; None where none is, or what is kept can't be read or is not what it was."""
    found = store.find(name)
    if not found or not found[1]:
        return None
    try:
        runner = kind.runner(str(found[1]), words, half, task.choice)
        if probe.passes(runner, task.network, found[1], tolerance):
            return runner
        log.debug("the converted network %s gives other features than it did", name)
    except REFUSALS as error:
        log.debug("the converted network %s can't be read: %s", name, error)
    store.forget(name)
    return None


def _int8(task: Task, kinds: list[Library]) -> Made:
    """Integers, as many as keep the features; float32 where none do."""
    able = [kind for kind in kinds if "int8" in kind.precisions]
    if not able:
        return Made(why="nncf is not installed" if kinds else "only torch is installed")
    # without instructions for integers, which library is quick with them is not known beforehand
    several = able if len(able) > 1 and not processor.sums_of_four() else able[:1]
    known = timing.noted(_notes(task, *several)) if len(several) > 1 else None
    if known:
        several = [kind for kind in several if kind.id == known.backend] or several
    found = {Setting(kind.id): _integers(task, kind) for kind in several}
    made = {setting: one for setting, one in found.items() if one is not None}
    if len(made) > 1:
        images = task.some(_CHECKED)
        _, slow = _reference(task, images[:1])
        runners = {setting: one.runner for setting, one in made.items() if one.runner}
        return made[timing.fastest(_notes(task, *several), runners, images, slow)]
    if made:
        return next(iter(made.values()))
    log.warning("8-bit integers change the features of this encoder too much: computing in float32")
    plain = dataclasses.replace(task.choice, precision="float32", backend=able[0].id)
    return _instead(_plain(dataclasses.replace(task, choice=plain), able[0]))


def _integers(task: Task, kind: Library) -> Made | None:
    """The first way of *kind* to use integers that keeps the features; None where none does."""
    network, choice, some = task.network, task.choice, task.some
    name = _key(task, choice.precision, [kind], task.identity)
    about = (store.find(name) or ({},))[0]
    words, half = about.get("words", "int8"), bool(about.get("half"))
    runner = _kept(task, kind, name, words, half, _STILL) if "close" in about else None
    if runner is not None:
        # calibrated and checked on tiles of this very raster
        return _told(runner, Closeness(**about["close"]))
    images = some(fewer(network, SEEN))
    # what is checked was not calibrated on, where there are enough tiles
    held = min(_CHECKED, max(1, len(images) // 3))
    checked, given = images[:held], images[held:] if len(images) > held else images
    exact, _ = _reference(task, checked)
    log.info("%s: 8-bit integers, calibrated on %s of the raster", kind.title, many(len(given), "tile"))
    for words, half, model in kind.quantized(kind.convert(network), given):
        try:
            runner = kind.runner(model, words, half, choice)
            close = closeness(exact, runner(checked))
        except REFUSALS as error:
            log.debug("%s is refused: %s", words, error)
            continue
        if good(close):
            told = {"words": words, "half": half, "close": dataclasses.asdict(close)}
            _keep(kind, name, told, model, network, runner(probe.tile(network)))
            return _told(_kept(task, kind, name, words, half, _STILL) or runner, close)
        log.info(
            "%s would change features too much (cosine to float32 %.3f, %.3f after the mean is subtracted)",
            words, close.cosine, close.centred,
        )  # fmt: skip
    return None


def _instead(made: Made) -> Made:
    """What computes in float32 though something else was asked for."""
    return dataclasses.replace(made, instead="float32")


def good(close: Closeness) -> bool:
    """Whether features are close enough to float32's."""
    return close.cosine >= LEAST_COSINE and close.centred >= LEAST_CENTRED


def _told(runner: Runner, close: Closeness) -> Made:
    log.info(
        "%s: mean cosine to float32 %.4f, %.4f after the mean is subtracted, on tiles of this raster",
        runner.precision, close.cosine, close.centred,
    )  # fmt: skip
    return Made(runner, close=close)
