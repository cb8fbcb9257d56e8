"""Networks that were built before: what is known of them is noted, so that they are built again only where something needs it.

Building loads torch, timm or torchgeo and reads all weights, which takes seconds; a converted network needs none of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import __version__
from ..contract.networks import Measured, Network
from ..contract.versions import version
from .backends import store
from .backends.measure import measured

log = logging.getLogger(__name__)

_PACKAGE = __name__.rpartition(".engine.")[0]
#: what turns weights into networks, besides our own code
_LIBRARIES = ("torch", "torchvision", "timm", "torchgeo", "safetensors")
_ROOT = Path(__file__).resolve().parents[1]
#: facts of a network that are noted
_FACTS = ("bands", "dim", "patch", "tile", "mean", "std", "context")


class Remembered(Network):
    """A network whose facts are known; it is built when its module is asked for: also by ``==`` and ``repr``.

    ``dataclasses.replace`` does not copy it; build a ``Network`` of its parts.
    """

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
    versions = [__version__, _code(), *map(version, _LIBRARIES)]
    name = f"{store.key(about, versions)}-network"
    with contextlib.suppress(KeyError, TypeError, ValueError):
        noted = (store.find(name) or ({},))[0]
        before = [(int(level), str(text)) for level, text in noted["said"]]
        found = Remembered(lambda: _told_before(before, build), noted["facts"], Measured(**noted["measured"]))
        for level, text in before:
            log.log(level, "%s", text)
        return found
    with _said() as said:
        built = build()
    known = measured(built)
    facts = {one: getattr(built, one) for one in _FACTS}
    store.keep(name, {"facts": facts, "measured": asdict(known), "said": said}, None, 0)
    return replace(built, measured=known)


def ours(card: Any) -> bool:
    """Whether *card* is one of this package's alone: then ``_code`` knows all that it does."""
    rooms = f"{_PACKAGE}.encoders"
    return all(kind is object or f"{kind.__module__}.".startswith(f"{rooms}.") for kind in type(card).__mro__)


def beside(weights: str) -> list[str]:
    """What the hash of *weights* does not tell of how they are built: names, and files of JSON that stand beside a file."""
    path = Path(weights)
    if path.is_dir():
        return sorted(f"{one.relative_to(path)} {one.stat().st_size}" for one in path.rglob("*") if one.is_file())
    found = [path.name]
    for one in (path.with_suffix(".json"), path.with_name("config.json")):
        try:
            found.append(one.read_text("utf-8", "replace"))
        except FileNotFoundError:
            found.append("")
        except OSError as error:
            # whoever builds says what is wrong with it
            found.append(f"can't be read: {error.errno}")
    return found


def _code() -> str:
    """Digest of the code that builds networks."""
    digest = hashlib.sha256()
    for path in [*sorted((_ROOT / "encoders").glob("*.py")), _ROOT / "engine" / "inputs" / "first_weights.py"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _said() -> Iterator[list[tuple[int, str]]]:
    """Yield a list that grows by what this package logs for the user in this thread, until the block ends."""
    said: list[tuple[int, str]] = []
    here = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == here:
                said.append((record.levelno, record.getMessage()))

    listener, package = Listener(logging.INFO), logging.getLogger(_PACKAGE)
    package.addHandler(listener)
    try:
        yield said
    finally:
        package.removeHandler(listener)


def _told_before(before: list[tuple[int, str]], build: Callable[[], Network]) -> Network:
    """What *build* makes; nobody is told again what is in *before*."""

    def fresh(record: logging.LogRecord) -> bool:
        return (record.levelno, record.getMessage()) not in before

    handlers = [*logging.getLogger(_PACKAGE).handlers, *logging.getLogger().handlers]
    if logging.lastResort is not None:
        handlers.append(logging.lastResort)
    for handler in handlers:
        handler.addFilter(fresh)
    try:
        return build()
    finally:
        for handler in handlers:
            handler.removeFilter(fresh)
