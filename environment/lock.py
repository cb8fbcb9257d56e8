"""One set-up at a time on this computer, whichever QGIS or terminal it runs in."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ..contract.errors import NoEngine


@contextlib.contextmanager
def only_one(file: Path) -> Iterator[None]:
    """Hold *file* locked; the system lets go of it when this process ends, however it ends.

    Raises:
        NoEngine: another process holds it.
    """
    with open(file, "a+b") as held:
        try:
            if sys.platform == "win32":
                import msvcrt

                held.seek(0)
                msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(held.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            text = f"another set-up of IAMAP is running on this computer ({os.path.basename(held.name)} is locked)"
            raise NoEngine(text, "wait until it ends") from error
        yield
