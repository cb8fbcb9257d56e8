"""Make things ahead of time, in a thread of its own."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any

from .background import Background


def prefetch(items: Iterable[Any], ahead: int = 2) -> Generator[Any, None, None]:
    """Yield *items*, which a thread of its own makes *ahead* of time."""
    waiting: queue.Queue[Any] = queue.Queue(maxsize=ahead)
    ended, stop = object(), threading.Event()

    def put(thing: Any) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(thing, timeout=0.1)
                return

    def work() -> None:
        try:
            for item in items:
                put((item, None))
                if stop.is_set():
                    return
            put((ended, None))
        except BaseException as error:
            put((ended, error))

    thread = Background(work, "reader")
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is ended:
                return
            yield item
    finally:
        stop.set()
        thread.wait()
