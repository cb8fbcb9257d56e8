"""The processor: what it is, what it can do."""

from __future__ import annotations

import json
import os
from typing import Any


def capabilities() -> dict[str, Any]:
    """What torch knows of it: sets of instructions, cores, caches; empty where it tells nothing."""
    import torch

    try:
        return dict(torch.cpu.get_capabilities())
    except (AttributeError, RuntimeError):
        return {}


def identity() -> str:
    """Says which processor it is; the same in every run on one computer, as long as its cores are."""
    return json.dumps([capabilities(), threads()], sort_keys=True, default=str)


def threads() -> int:
    """Threads that it runs at once."""
    return os.cpu_count() or 1


def cores() -> int:
    """Its cores: two threads of one core have one unit for matrix products between them."""
    found = capabilities().get("num_physical_cores", 0)
    return int(found) if 0 < int(found) <= threads() else threads()


def sums_of_four() -> bool:
    """Whether it multiplies four pairs of 8-bit integers at once without overflow (VNNI, or ARM's counterpart)."""
    known = capabilities()
    return any(known.get(name) for name in ("avx_vnni", "avx512_vnni", "dot", "i8mm"))
