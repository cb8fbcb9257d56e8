"""The face of all backends: choose one, check it against torch on tiles of the raster, run it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...contract.errors import BadRequest
from ...contract.networks import Network
from . import fast
from .choice import Choice, find_device
from .openvino_runner import OpenVinoRunner, installed
from .torch_runner import TorchRunner

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
    some: Callable[[int], torch.Tensor]
    identity: str = ""


class Backend:
    """A network made ready to run.

    Attributes:
        network: what is run.
        device: where.
        precision: what was asked for.
        threads: of the processor.

    Args:
        work: None where it is not known: then torch runs it.

    Raises:
        BadRequest: what is asked for is not to be had.
    """

    def __init__(self, network: Network, choice: Choice, work: Work | None = None) -> None:
        self.network, self.device, self.precision = network, find_device(choice), choice.precision
        self.threads = choice.threads or os.cpu_count() or 1
        if self.device.type == "cpu":
            torch.set_num_threads(self.threads)
        self.told: dict[str, Any] = {}
        runner = self._openvino(choice, work)
        precision = self.told.get("instead", choice.precision)
        self._runner = runner or TorchRunner(network, self.device, precision, choice.batch)
        log.info(
            "device %s, %s, precision %s, %d tiles at once",
            self.device, self._runner.title, self._runner.precision, self.batch,
        )  # fmt: skip

    @property
    def batch(self) -> int:
        """Tiles that go in at once."""
        return self._runner.batch

    def facts(self) -> dict[str, str]:
        """What made the features, for their tags: backend and precision; the same for the same pixels."""
        return {"device": self.device.type, "backend": self._runner.title, "precision": self._runner.precision}

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number.

        Raises:
            IamapError: the device's memory is too small for a single tile.
        """
        return self._runner(images)

    def _openvino(self, choice: Choice, work: Work | None) -> OpenVinoRunner | None:
        """The network run by OpenVINO; None where torch is to run it."""
        asked = choice.backend == "openvino"
        if asked and not installed():
            raise BadRequest("backend = openvino is not installed", "choose backend = auto, or set up IAMAP anew")
        if choice.backend == "torch" or self.device.type != "cpu" or work is None or not installed():
            return None
        runner, told = fast.make(self.network, choice, work.some, work.identity, None if asked else work.tiles)
        self.told = told
        if runner is None and asked:
            raise BadRequest(
                f"backend = openvino can't run this network: {told.get('why', 'it refuses')}", "choose backend = auto"
            )
        return runner
