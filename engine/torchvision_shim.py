"""Let ``import torchvision`` work where its C library does not fit the installed torch.

A CPU build of torch beside a torchvision built for CUDA (what package indexes offer for Linux) does not load torchvision's
library, and the import stops at "operator torchvision::nms does not exist", although nothing here uses that operator.
Declaring its schema, and that of its quantized twin, is all the import asks for. Seen with torch 2.13, torchvision 0.28.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from pathlib import Path
from typing import Any

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_keep: list[Any] = []  # a library that is collected takes its schemas along


class _Before(importlib.abc.MetaPathFinder):
    """Finds nothing: prepares when torchvision is looked for, and leaves."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname == "torchvision" and self in sys.meta_path:
            sys.meta_path.remove(self)
            prepare()


def await_torchvision() -> None:
    """Prepare as soon as anything imports torchvision, which loads torch: not now, for jobs may need neither."""
    if "torchvision" not in sys.modules:
        sys.meta_path.insert(0, _Before())


def prepare() -> None:
    """Declare the operators if torchvision is installed and its library does not load. Cheap; may be called often."""
    spec = importlib.util.find_spec("torchvision")
    if _keep or spec is None or spec.origin is None:
        return
    import torch

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
