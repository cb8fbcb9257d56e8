"""The face of all backends: choose one, check it against torch on tiles of the first raster that it is used for, run it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...contract.errors import BadRequest
from ...contract.networks import Network
from ..wording import many
from . import fast, processor
from .choice import Choice, find_device
from .library import Runner
from .timing import Setting

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """What there is to do.

    Attributes:
        tiles: number of tiles in all.
        some: ``some(count)`` gives up to so many of them from all over the raster, the same ones each time:
            (n, bands, tile, tile) float32.
        identity: says which raster and which tiles; what is calibrated on some serves others of the same.
    """

    tiles: int
    some: Callable[[int], np.ndarray]
    identity: str = ""


class Backend:
    """A network made ready to run.

    Attributes:
        network: what is run.
        device: where.
        precision: what was asked for.
        threads: of the processor.
        close: how close features are to those of torch in float32; None where that was not looked at.

    Args:
        work: None where it is not known: then torch runs it.

    Raises:
        BadRequest: what is asked for is not to be had.
    """

    def __init__(self, network: Network, choice: Choice, work: Work | None = None) -> None:
        self.network, self.device, self.precision = network, find_device(choice), choice.precision
        made = self._made(choice, work)
        self.close = made.close
        setting = made.setting or Setting("torch", choice.batch, choice.threads)
        self.threads = (made.runner is None and setting.threads) or choice.threads or processor.threads()
        self._runner: Runner = made.runner or self._torch(made.instead or choice.precision, setting.batch)
        log.info(
            "device %s, %s, precision %s, %s at once, %s",
            self.device, self._runner.title, self._runner.precision,
            many(self.batch, "tile"), many(self.threads, "thread"),
        )  # fmt: skip

    @property
    def batch(self) -> int:
        """Tiles that go in at once."""
        return self._runner.batch

    @property
    def megabytes(self) -> float:
        """Of the weights, as they are computed with."""
        return self._runner.megabytes

    def facts(self) -> dict[str, str]:
        """What made the features, for their tags: backend and precision; the same for the same pixels."""
        return {"device": self.device.type, "backend": self._runner.title, "precision": self._runner.precision}

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number.

        Raises:
            IamapError: the device's memory is too small for a single tile.
        """
        return self._runner(images)

    def _torch(self, precision: str, batch: int | None) -> Runner:
        import torch

        from .torch_runner import TorchRunner

        if self.device.type == "cpu":
            torch.set_num_threads(self.threads)
        return TorchRunner(self.network, torch.device(str(self.device)), precision, batch)

    def _made(self, choice: Choice, work: Work | None) -> fast.Made:
        """The network run by another library than torch, or the setting that torch is to run it with."""
        named = next((one for one in fast.LIBRARIES if one.id == choice.backend), None)
        if named and not named.installed():
            hint = "choose backend = auto" + (", or set up IAMAP anew" if named.id == "openvino" else "")
            raise BadRequest(f"backend = {named.id} is not installed", hint)
        if self.device.type != "cpu" or work is None:
            return fast.Made()
        made = fast.make(fast.Task(self.network, choice, work.some, work.identity, work.tiles))
        if named and made.runner is None:
            raise BadRequest(
                f"backend = {named.id} can't run this network: {made.why or 'it refuses'}", "choose backend = auto"
            )
        return made
