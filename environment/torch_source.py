"""Which build of torch is installed, and from where: on Linux the usual index offers only the one with gigabytes of CUDA."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from ..contract.errors import NoEngine
from . import engine, index


@dataclass(frozen=True)
class TorchSource:
    """What to tell uv about torch.

    Attributes:
        backend: value for ``--torch-backend``; empty to leave the usual index and the find-links alone.
        pythons: versions that a wheel of the find-links was made for; all that suit where there is none.
        offered: whether the find-links have a wheel of the pinned version for this computer.
    """

    backend: str
    pythons: tuple[tuple[int, int], ...]
    offered: bool


def choose(cuda: bool, find_links: Iterable[str], chosen_backend: str = "", system: str = sys.platform) -> TorchSource:
    """Decide where torch comes from.

    Args:
        cuda: the user asks for the build that uses an NVIDIA card.
        find_links: folders and pages of wheels.
        chosen_backend: what the user set for uv himself (``UV_TORCH_BACKEND``); left alone.
    """
    offered = sorted({python for place in find_links for python in _pythons_of(place, system)})
    if offered and not cuda:
        return TorchSource("", tuple(offered), True)
    # macOS has one build; Windows' usual one is for the CPU, as macOS's
    backend = "auto" if cuda and system != "darwin" else "cpu" if system == "linux" else ""
    return TorchSource("" if chosen_backend else backend, engine.PYTHONS, False)


def _pythons_of(place: str, system: str) -> set[tuple[int, int]]:
    """The Pythons for which *place* has a wheel of the pinned torch that runs here; none where it can't be read."""
    try:
        names = index.links(place)
    except (NoEngine, OSError):
        return set()
    version = re.escape(engine.pinned()["torch"])
    machine = platform.machine().lower()
    machines = {"x86_64": "x86_64|amd64", "amd64": "x86_64|amd64", "aarch64": "aarch64|arm64"}.get(machine, machine)
    kind = {"win32": "win", "darwin": "macosx"}.get(system, "(?:many)?linux")
    pattern = re.compile(
        rf"torch-{version}(?:(?:\+|%2B)\w+)?-cp(\d)(\d+)-(?:cp\d+|abi3)-{kind}\w*?(?:{machines})\.whl", re.IGNORECASE
    )
    found = {(int(hit.group(1)), int(hit.group(2))) for hit in map(pattern.fullmatch, names) if hit}
    return found & set(engine.PYTHONS)
