"""What the user asked for, and the device that serves it."""

from __future__ import annotations

import importlib.util
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Device:
    """A device by the names that torch has for it; torch need not be loaded to name one.

    Attributes:
        type: ``cpu``, ``cuda`` or ``mps``.
        index: number of the CUDA device.
    """

    type: str
    index: int | None = None

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"


def find_device(choice: Choice) -> Device:
    """Return the device to use.

    Raises:
        BadRequest: the one asked for is not there.
    """
    wanted = choice.device
    if choice.backend in ("openvino", "onnxruntime"):
        if wanted in ("cuda", "mps"):
            raise BadRequest(f"backend = {choice.backend} does not run on device = {wanted}", "choose backend = auto")
        return Device("cpu")
    if wanted == "cpu":
        return Device("cpu")
    cuda, mps = graphics_processors()
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
    return Device(wanted, choice.gpu) if wanted == "cuda" else Device(wanted)


def graphics_processors() -> tuple[int, bool]:
    """How many CUDA devices torch can use, and whether MPS; torch is loaded only where it was built for one of them."""
    if "torch" not in sys.modules and not _built_for_graphics():
        return 0, False
    import torch

    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return cuda, torch.backends.mps.is_available()


def _built_for_graphics() -> bool:
    """Whether the installed torch may know a graphics processor, by what it notes of itself; true where that can't be read."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    found = importlib.util.find_spec("torch")
    try:
        notes = Path(found.origin or "").with_name("version.py").read_text("utf-8") if found else ""
    except (OSError, ValueError):
        return True
    lines = re.findall(r"^(?:cuda|hip)\b[^=\n]*=\s*(\S+)", notes, re.MULTILINE)
    return not lines or any(line != "None" for line in lines)
