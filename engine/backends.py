"""Run a network: device, precision and batch size in one place. Arrays go in, arrays come out."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass

import numpy as np
import torch

from ..contract.errors import BadRequest, IamapError
from ..contract.networks import Network

log = logging.getLogger(__name__)

_MILLION = 1_000_000


@dataclass(frozen=True)
class Choice:
    """What the user asked for: device ``auto``, ``cpu``, ``cuda`` or ``mps``; None means that we choose."""

    device: str = "auto"
    gpu: int = 0
    precision: str = "float32"
    batch: int | None = None
    threads: int | None = None


def find_device(choice: Choice) -> torch.device:
    """Return the device to use.

    Raises:
        BadRequest: the one asked for is not there.
    """
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    wanted = choice.device
    if wanted == "auto":
        wanted = "cuda" if cuda > choice.gpu else "mps" if mps else "cpu"
    if wanted == "cuda" and choice.gpu >= cuda:
        there = f"{cuda} found" if cuda else "no CUDA device was found, or torch was installed without CUDA"
        raise BadRequest(
            f"device = cuda, gpu = {choice.gpu} is not there: {there}",
            "choose device = auto, or set up IAMAP anew with CUDA",
        )
    if wanted == "mps" and not mps:
        raise BadRequest("device = mps is not there: it is the GPU of Apple's own processors", "choose device = auto")
    return torch.device(wanted, choice.gpu) if wanted == "cuda" else torch.device(wanted)


class Backend:
    """A network made ready to run.

    Attributes:
        network: what is run.
        device: where.
        batch: tiles that go in at once.
    """

    def __init__(self, network: Network, choice: Choice) -> None:
        self.network, self.device, self.precision = network, find_device(choice), choice.precision
        if self.device.type == "cpu":
            torch.set_num_threads(choice.threads or os.cpu_count() or 1)
        module = network.module.eval()
        if self.precision == "int8":
            module = _quantized(module, self.device)
        self._module = module.to(self.device)
        self.batch = choice.batch or self._usual_batch()
        log.info("device %s, precision %s, %d tiles at once", self.device, self.precision, self.batch)

    def _usual_batch(self) -> int:
        """Tiles at once: little difference on a CPU, so memory decides; a GPU wants more."""
        parameters = sum(p.numel() for p in self.network.module.parameters())
        size = 8 if parameters < 50 * _MILLION else 4 if parameters < 150 * _MILLION else 2
        # larger tiles weigh more, by their area
        area = max(1.0, (self.network.tile / 256) ** 2)
        return max(1, int(size * (1 if self.device.type == "cpu" else 8) / area))

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number.

        Raises:
            IamapError: the device's memory is too small for a single tile.
        """
        parts = []
        while len(images):
            try:
                parts.append(self._forward(images[: self.batch]))
            except torch.OutOfMemoryError as error:
                if self.batch == 1:
                    raise IamapError(
                        f"the memory of {self.device} is too small for one tile",
                        "choose device = cpu, or smaller tiles",
                    ) from error
                self.batch //= 2
                torch.cuda.empty_cache()
                log.warning("the memory of %s ran out, going on with %d tiles at once", self.device, self.batch)
                continue
            images = images[len(parts[-1]) :]
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    @torch.inference_mode()
    def _forward(self, images: torch.Tensor) -> np.ndarray:
        images = images.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            features = self._module(images)
        result: np.ndarray = features.float().cpu().numpy()
        return result


def _quantized(module: torch.nn.Module, device: torch.device) -> torch.nn.Module:
    """Linear layers with 8-bit weights, activations quantized on the fly (torch's dynamic quantization)."""
    if device.type != "cpu":
        raise BadRequest(
            f"precision = int8 runs on the processor, not on {device.type}",
            "choose device = cpu, or precision = bfloat16",
        )
    linear = sum(isinstance(part, torch.nn.Linear) for part in module.modules())
    if not linear:
        raise BadRequest(
            "precision = int8 does nothing for this encoder: it has no linear layers", "choose precision = float32"
        )
    with warnings.catch_warnings():
        # announced for removal; pinned until another backend takes over
        warnings.simplefilter("ignore")
        made: torch.nn.Module = torch.ao.quantization.quantize_dynamic(module, {torch.nn.Linear}, dtype=torch.qint8)
    return made
