"""Networks run by torch: any device, any network."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import torch

from ...contract.errors import BadRequest, IamapError
from ...contract.networks import Network

log = logging.getLogger(__name__)

_MILLION = 1_000_000


def usual_batch(network: Network, on_cpu: bool) -> int:
    """Tiles at once: little difference on a CPU, so memory decides; a GPU wants more."""
    parameters = sum(p.numel() for p in network.module.parameters())
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

    Raises:
        BadRequest: the precision is not to be had on the device, or for the network.
    """

    def __init__(self, network: Network, device: torch.device, precision: str, batch: int | None) -> None:
        self.title = f"torch {torch.__version__}"
        self.device, self.precision = device, precision
        module = network.module.eval()
        if precision == "int8":
            module = _quantized(module, device)
            self.precision = "int8 weights, activations quantized on the fly"
        self._half = precision == "bfloat16"
        if self._half and device.type == "cpu":
            _keep_patches_exact(module)
        self._module = module.to(device)
        self.batch = batch or usual_batch(network, device.type == "cpu")

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
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            features = self._module(images)
        result: np.ndarray = features.float().cpu().numpy()
        return result


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
