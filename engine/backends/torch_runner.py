"""Networks run by torch: any device, any network."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from ...contract.errors import BadRequest, IamapError
from ...contract.networks import Network
from ..wording import many
from . import graphics, measure

log = logging.getLogger(__name__)

_MILLION = 1_000_000
#: what devices say when their memory runs out, where they raise no error of its own: MPS, cuBLAS, and torch's allocator of the processor
_FULL = ("out of memory", "ALLOC_FAILED", "not enough memory", "can't allocate memory")


def usual_batch(network: Network, on_cpu: bool) -> int:
    """Tiles at once: little difference on a CPU, so memory decides; a GPU wants more."""
    parameters = measure.parameters(network)
    size = 8 if parameters < 50 * _MILLION else 4 if parameters < 150 * _MILLION else 2
    # larger tiles weigh more, by their area
    area = max(1.0, (network.tile / 256) ** 2)
    return max(1, int(size * (1 if on_cpu else 8) / area))


class TorchRunner:
    """A network on a device of torch.

    Attributes:
        title: the backend with its version.
        precision: of the computation, in words.
        batch: tiles that go in at once; halved when the device's memory runs out.
        megabytes: of the weights.

    Args:
        precision: bfloat16 becomes float16 on a GPU that has only that.
        batch: None for as many as are usual, and fit a GPU's free memory.

    Raises:
        BadRequest: the precision is not to be had on the device, or for the network.
        IamapError: the device's memory is too small for the network.
    """

    def __init__(self, network: Network, device: torch.device, precision: str, batch: int | None) -> None:
        self.title = f"torch {torch.__version__}"
        self.device, self.precision = device, precision
        module = network.module.eval()
        # one scale is found for all activations of a batch: together, tiles would get other features than alone
        self._alone = precision == "int8"
        if self._alone:
            module = _quantized(module, device)
            self.precision = "int8 weights, activations quantized on the fly"
        self._half: torch.dtype | None = None
        if precision == "bfloat16":
            self._half = graphics.half(device)
            self.precision = "float16" if self._half == torch.float16 else precision
            if device.type == "cpu":
                _keep_patches_exact(module)
        try:
            self._module = module.to(device)
        except RuntimeError as error:
            if not is_full(error):
                raise
            raise IamapError(f"the memory of {device} is too small for the encoder", "choose device = cpu") from error
        self.megabytes = _bytes(module.state_dict().values()) / 1e6
        self.batch = batch or usual_batch(network, device.type == "cpu")
        if not batch and device.type != "cpu":
            shape = (network.bands, network.tile, network.tile)
            self.batch = graphics.fitting(device, self.batch, lambda tiles: self._try(tiles, shape))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number.

        Raises:
            IamapError: the device's memory is too small for a single tile.
        """
        parts: list[np.ndarray] = []
        while len(images):
            features = self._unless_full(images[: 1 if self._alone else self.batch])
            if features is None:
                # only here, where the error and all tensors that it held are gone
                graphics.give_back(self.device)
                self.batch = max(1, min(self.batch, len(images)) // 2)
                log.warning("the memory of %s ran out, going on with %s at once", self.device, many(self.batch, "tile"))
                continue
            parts.append(features)
            images = images[len(features) :]
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def _unless_full(self, images: np.ndarray) -> np.ndarray | None:
        """Features; None where memory ran out."""
        try:
            return self._forward(images)
        except (RuntimeError, MemoryError) as error:
            if not is_full(error):
                raise
            if len(images) == 1:
                raise IamapError(
                    f"the memory of {self.device} is too small for one tile",
                    "choose smaller tiles" + ("" if self.device.type == "cpu" else ", or device = cpu"),
                ) from error
            return None

    def _try(self, tiles: int, shape: tuple[int, ...]) -> bool:
        """Whether so many tiles of (bands, rows, cols) fit."""
        try:
            self._forward(np.zeros((tiles, *shape), np.float32))
        except RuntimeError as error:
            if not is_full(error):
                raise
            return False
        return True

    @torch.inference_mode()
    def _forward(self, images: np.ndarray) -> np.ndarray:
        there = graphics.carry(torch.from_numpy(np.ascontiguousarray(images)), self.device)
        if self._half is None:
            features = self._module(there).float()
        else:
            with torch.autocast(self.device.type, self._half):
                features = self._module(there).float()
            if self._half == torch.float16 and not bool(torch.isfinite(features).all()):
                # some networks have numbers beyond 65 504 on their way; this batch alone, so that others stay what they are
                features = self._module(there).float()
        result: np.ndarray = features.cpu().numpy()
        return result


def is_full(error: BaseException) -> bool:
    """Whether *error* says that memory ran out."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


def _bytes(values: Iterable[Any]) -> int:
    """Of tensors, and of those that quantized layers keep in tuples."""
    return sum(
        value.nbytes if isinstance(value, torch.Tensor) else _bytes(value)
        for value in values
        if isinstance(value, (torch.Tensor, tuple))
    )


class _Exact(torch.nn.Conv2d):
    """A convolution that stays float32 under autocast."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As of Conv2d."""
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float())


def _keep_patches_exact(module: torch.nn.Module) -> None:
    """Let patches become tokens in float32 on a processor.

    In bfloat16, oneDNN returns noise and no error where the step is as large as the kernel and a patch has a multiple of 32
    numbers: 16 x 16 pixels of 4, 6, 12 or 16 bands (torch 2.13, AVX-512).
    """
    for part in module.modules():
        if type(part) is torch.nn.Conv2d and part.kernel_size == part.stride and part.kernel_size != (1, 1):
            part.__class__ = _Exact


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
        # announced for removal; serves where neither OpenVINO nor nncf is installed
        warnings.simplefilter("ignore")
        made: torch.nn.Module = torch.ao.quantization.quantize_dynamic(module, {torch.nn.Linear}, dtype=torch.qint8)
    return made
