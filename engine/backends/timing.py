"""Find out which setting is fastest on this computer, once: what was found is noted, and holds from then on.

Other batches and threads may round sums otherwise. So that the same request gives the same pixels in every run, a choice by the clock is
made only where it can be noted; and notes are read before anything is timed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...contract.networks import Network
from . import processor, store
from .choice import Choice

log = logging.getLogger(__name__)

#: seconds that all settings take together, at most
BUDGET = 2.5
#: the first setting is kept unless another is faster by more than this
_FASTER = 1.05
#: tiles of one turn, at most
_TILES = 8


@dataclass(frozen=True)
class Setting:
    """How a network is run on the processor.

    Attributes:
        backend: ``torch``, or the id of another library.
        batch: tiles at once; None for what suits the backend.
        threads: of the processor; None for all.
    """

    backend: str
    batch: int | None = None
    threads: int | None = None

    def words(self) -> str:
        """For the log, such as ``torch, 8 at once, 2 threads``."""
        batch = f", {self.batch} at once" if self.batch else ""
        return f"{self.backend}{batch}{f', {self.threads} threads' if self.threads else ''}"


def of_torch(network: Network, choice: Choice) -> list[Setting]:
    """Settings of torch that are worth a try, the usual one first; one alone where *choice* names batch and threads."""
    from .torch_runner import usual_batch

    usual = choice.batch or usual_batch(network, on_cpu=True)
    threads = choice.threads or processor.threads()
    found = [Setting("torch", usual, threads)]
    if not choice.threads:
        found.append(Setting("torch", usual, processor.cores()))
    if not choice.batch:
        found.append(Setting("torch", 1, threads))
    return list(dict.fromkeys(found))


def torch_as(network: Network, precision: str, setting: Setting) -> Callable[[np.ndarray], np.ndarray]:
    """Torch with *setting*."""
    import torch

    from .torch_runner import TorchRunner

    runner = TorchRunner(network, torch.device("cpu"), precision, setting.batch)

    def run(images: np.ndarray) -> np.ndarray:
        torch.set_num_threads(setting.threads or processor.threads())
        return runner(images)

    return run


def noted(name: str) -> Setting | None:
    """The setting noted under *name*; None where there is none."""
    found = store.find(name)
    try:
        return Setting(**found[0]["setting"]) if found else None
    except (KeyError, TypeError):
        return None


def fastest(
    name: str,
    runners: Mapping[Setting, Callable[[np.ndarray], np.ndarray]],
    images: np.ndarray,
    slow: float,
    lead: float = _FASTER,
) -> Setting:
    """The fastest of *runners*, noted under *name*; the first where it can't be noted, or the clock would take too long.

    Args:
        images: (n, bands, tile, tile) float32 to run them on.
        slow: about the seconds that the slowest takes for a tile.
        lead: how many times as fast as the first another must be to be taken.
    """
    settings = list(runners)
    if len(settings) < 2:
        return settings[0]
    best, seconds = settings[0], dict[Setting, float]()
    tiles = min(_TILES, int(BUDGET / (2 * max(slow, 1e-4) * len(settings))))
    if tiles >= 1:
        seconds = _measure(runners, images[np.arange(tiles) % len(images)])
        log.debug("seconds a tile: %s", "; ".join(f"{one.words()} {value:.3g}" for one, value in seconds.items()))
        best = min(seconds, key=lambda one: seconds[one])
        if seconds[settings[0]] <= lead * seconds[best]:
            best = settings[0]
    # another run may have been quicker to decide
    before = noted(name)
    if before in settings:
        return before
    # that it took too long is noted too: on another day it would not
    store.keep(name, note(best, list(seconds.values())), None, 0)
    # or has noted another one since
    found = noted(name)
    return found if found in settings else settings[0]


def note(setting: Setting, seconds: Sequence[float]) -> dict[str, Any]:
    """What is kept of a decision."""
    return {"setting": asdict(setting), "seconds": list(seconds)}


def _measure(runners: Mapping[Setting, Callable[[np.ndarray], np.ndarray]], images: np.ndarray) -> dict[Setting, float]:
    """Seconds a tile, the best of some turns, side by side."""
    best = dict.fromkeys(runners, float("inf"))
    began = time.perf_counter()
    turns = 0
    while turns < 2 or time.perf_counter() - began < BUDGET / 2:
        for setting, run in runners.items():
            started = time.perf_counter()
            run(images)
            best[setting] = min(best[setting], (time.perf_counter() - started) / len(images))
            if turns and time.perf_counter() - began > BUDGET:
                return best
        turns += 1
    return best
