"""A thread of its own whose end can be waited for, whatever signals come meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

#: seconds between two looks for signals, which some systems don't let through to a thread that waits
_LOOK_SECONDS = 0.2


class Background:
    """Runs *work* in a thread that ends with the process at the latest.

    ``Thread.join`` won't do: where a signal interrupts it, as a cancel does, it takes a thread for ended that still runs (Python
    3.11), and files are closed under its hands.

    Args:
        work: deals with its own errors.
        name: of the thread.
    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work, self._over = work, threading.Event()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether the work has ended."""
        return self._over.is_set()

    def wait(self) -> None:
        """Return when the work has ended."""
        while not self._over.wait(_LOOK_SECONDS):
            continue

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._over.set()
