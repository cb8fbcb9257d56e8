"""What the user asked for, and the device that serves it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ...contract.errors import BadRequest


@dataclass(frozen=True)
class Choice:
    """What the user asked for; None means that we choose.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        gpu: number of the CUDA device.
        precision: ``float32``, ``bfloat16`` or ``int8``.
        batch: tiles at once.
        threads: of the processor.
        backend: ``auto``, ``torch``, ``openvino`` or ``onnxruntime``.
    """

    device: str = "auto"
    gpu: int = 0
    precision: str = "float32"
    batch: int | None = None
    threads: int | None = None
    backend: str = "auto"


def find_device(choice: Choice) -> torch.device:
    """Return the device to use.

    Raises:
        BadRequest: the one asked for is not there.
    """
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    wanted = choice.device
    if choice.backend in ("openvino", "onnxruntime"):
        if wanted in ("cuda", "mps"):
            raise BadRequest(f"backend = {choice.backend} does not run on device = {wanted}", "choose backend = auto")
        return torch.device("cpu")
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
