"""Networks that were built before: what is known of them is noted, so that they are built again only where something needs it.

Building loads torch, timm or torchgeo and reads all weights, which takes seconds; a converted network needs none of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import __version__
from ..contract.networks import Measured, Network
from .backends import store
from .backends.measure import measured

log = logging.getLogger(__name__)

#: what turns weights into networks, besides our own code
_LIBRARIES = ("torch", "torchvision", "timm", "torchgeo", "safetensors")
_ROOT = Path(__file__).resolve().parents[1]
#: facts of a network that are noted
_FACTS = ("bands", "dim", "patch", "tile", "mean", "std", "context")


class Remembered(Network):
    """A network whose facts are known; it is built when its module is asked for."""

    def __init__(self, build: Callable[[], Network], facts: dict[str, Any], known: Measured) -> None:
        for name, value in {**{one: facts[one] for one in _FACTS}, "measured": known, "_build": build}.items():
            object.__setattr__(self, name, value)

    @cached_property
    def module(self) -> Any:  # type: ignore[override]
        """Built now."""
        return self._build().module  # type: ignore[attr-defined]


def remembered(about: Any, build: Callable[[], Network]) -> Network:
    """What *build* makes; not built yet where the same was built before.

    What was logged while it was built is logged again.

    Args:
        about: all that *build* depends on, as JSON can write it, the weights by their hash.

    Raises:
        IamapError: as of *build*.
    """
    versions = [__version__, _code(), *map(importlib.metadata.version, _LIBRARIES)]
    name = f"{store.key(about, versions)}-network"
    with contextlib.suppress(KeyError, TypeError, ValueError):
        noted = (store.find(name) or ({},))[0]
        found = Remembered(build, noted["facts"], Measured(**noted["measured"]))
        for level, text in noted["said"]:
            log.log(int(level), "%s", text)
        return found
    with _said() as said:
        built = build()
    known = measured(built)
    facts = {one: getattr(built, one) for one in _FACTS}
    store.keep(name, {"facts": facts, "measured": asdict(known), "said": said}, None, 0)
    return Network(**facts, module=built.module, measured=known)


def _code() -> str:
    """Digest of the code that builds networks."""
    digest = hashlib.sha256()
    for path in [*sorted((_ROOT / "encoders").glob("*.py")), _ROOT / "engine" / "inputs" / "first_weights.py"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _said() -> Iterator[list[tuple[int, str]]]:
    """Yield a list that grows by what this package logs for the user, until the block ends."""
    said: list[tuple[int, str]] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append((record.levelno, record.getMessage()))

    listener, package = Listener(logging.INFO), logging.getLogger(__name__.rpartition(".engine.")[0])
    package.addHandler(listener)
    try:
        yield said
    finally:
        package.removeHandler(listener)
