"""Converted networks on disk, so that a network is converted and calibrated once: a folder for each, of bounded size in all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...contract.places import home

log = logging.getLogger(__name__)

#: most bytes on disk in all, and the least that is left free for others
MOST_BYTES, LEAST_FREE = 4_000_000_000, 2_000_000_000
_ABOUT, _MODEL = "about.json", "model.xml"
#: seconds after which a folder that somebody was writing is a leftover
_LEFT = 86_400
#: bytes up to which a folder holds notes alone, and seconds after which these are forgotten too
_SMALL, _OLD = 10_000, 2 * 366 * 86_400
_MARK = "writing-"


def store() -> Path:
    """The folder of converted networks."""
    return home() / "converted"


def key(*about: Any) -> str:
    """A name for what depends on all of *about*, which JSON can write."""
    return hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()[:40]


def find(name: str) -> tuple[dict[str, Any], Path | None] | None:
    """What is noted under *name*, and the model where one is kept; None where nothing whole is there."""
    folder = store() / name
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        sizes = about["sizes"]
        if any((folder / file).stat().st_size != size for file, size in sizes.items()):
            raise ValueError("a file has another size")
        with contextlib.suppress(OSError):
            os.utime(folder)
        return about, folder / _MODEL if sizes else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.debug("the converted network %s is damaged: %s", folder, error)
        forget(name)
        return None


def keep(name: str, about: dict[str, Any], save: Callable[[Path], Any] | None, megabytes: float) -> Path | None:
    """Keep *about*, and the model that *save* writes to a path; return its place, None where it can't be kept.

    Nothing half-written ever has the name, and no failure of the disk stops a run.
    """
    part: Path | None = None
    try:
        store().mkdir(parents=True, exist_ok=True)
        _clear(int(megabytes * 1e6) if save else 0)
        if save and shutil.disk_usage(store()).free < LEAST_FREE + megabytes * 1e6:
            log.info("too little space at %s to keep the converted network for the next run", store())
            return None
        part = Path(tempfile.mkdtemp(prefix=_MARK, dir=store()))
        if save:
            save(part / _MODEL)
        sizes = {file.name: file.stat().st_size for file in sorted(part.iterdir())}
        (part / _ABOUT).write_text(json.dumps({**about, "sizes": sizes}), "utf-8")
        forget(name)
        os.rename(part, store() / name)
        part = None
        return store() / name / _MODEL if save else None
    except (OSError, RuntimeError) as error:
        # RuntimeError: what OpenVINO raises when it can't write
        what, level = ("converted network", logging.INFO) if save else ("note", logging.DEBUG)
        log.log(level, "the %s can't be kept for the next run: %s", what, " ".join(str(error).split())[:200])
        return None
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def forget(name: str) -> None:
    """Delete what is kept under *name*; another run may still read it, and keeps what it has open."""
    shutil.rmtree(store() / name, ignore_errors=True)


def _clear(coming: int) -> None:
    """Delete leftovers of killed runs, and what was used least recently, until *coming* more bytes fit."""
    kept = []
    for folder in store().iterdir():
        age = time.time() - folder.stat().st_mtime
        if folder.name.startswith(_MARK):
            if age > _LEFT:
                shutil.rmtree(folder, ignore_errors=True)
            continue
        size = sum(file.stat().st_size for file in folder.iterdir())
        # notes stay: what they decided would be decided anew, perhaps otherwise
        if size > _SMALL or age > _OLD:
            kept.append((age, size, folder))
    room = MOST_BYTES - coming
    for _, size, folder in sorted(kept, key=lambda one: one[0]):
        room -= size
        if room < 0:
            shutil.rmtree(folder, ignore_errors=True)
