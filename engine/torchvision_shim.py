"""Let ``import torchvision`` work where its C library does not fit the installed torch.

A CPU build of torch beside a torchvision built for CUDA (what package indexes offer for Linux) does not load torchvision's
library, and the import stops at "operator torchvision::nms does not exist", although nothing here uses that operator.
Declaring its schema, and that of its quantized twin, is all the import asks for. Seen with torch 2.13, torchvision 0.28.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_keep: list[torch.library.Library] = []  # a library that is collected takes its schemas along


def prepare() -> None:
    """Declare the operators if torchvision is installed and its library does not load. Cheap; may be called often."""
    spec = importlib.util.find_spec("torchvision")
    if _keep or spec is None or spec.origin is None:
        return
    libraries = [
        path for pattern in ("_C*.so", "_C*.pyd", "_C*.dylib") for path in Path(spec.origin).parent.glob(pattern)
    ]
    for path in libraries:
        try:
            torch.ops.load_library(str(path))
        except OSError:
            continue
        return
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(name + _SCHEMA)
    _keep.append(library)
