"""What a running job can say, whoever listens."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ..contract.errors import Cancelled
from ..contract.job import Job

Item = TypeVar("Item")

#: called with done, total, unit, stage, seconds left (None while unknown)
Listener = Callable[[float, float, str, str, "float | None"], None]


def stop_on(*numbers: int) -> Callable[[], bool]:
    """Make these signals cancel what the main thread does: at once, by raising KeyboardInterrupt, also while it waits.

    Returns:
        Whether one has come, for RunContext: a library that catches everything may swallow what is raised within it.
    """
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()
        # no Exception of ours: libraries, logging among them, catch those
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, stop)
    return stopped.is_set


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether this is what Python, numpy or torch raise where memory ends; torch has no class for it on the CPU (2.13)."""
    text = str(error)
    told = any(words in text for words in ("can't allocate memory", "not enough memory", "out of memory"))
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and told)


#: what then helps
LESS_MEMORY = "use a smaller encoder, smaller tiles or fewer tiles at once, or close other programs"


class RunContext:
    """The context of one run: progress with time left, cancelling, and facts worth knowing afterwards.

    Args:
        listener: hears of progress, at most every *interval* seconds and whenever a stage begins or ends.
        cancelled: asked before every item.
    """

    def __init__(
        self, listener: Listener, cancelled: Callable[[], bool] = lambda: False, interval: float = 0.25
    ) -> None:
        self.facts: dict[str, Any] = {}
        self._listener, self._cancelled, self._interval = listener, cancelled, interval
        self._stage = ""
        self._began = self._said = 0.0
        self._first = 0.0

    def run(self, job: Job) -> dict[str, Any]:
        """Run *job* in this context.

        Raises:
            Cancelled: the user stopped the job, also where a library made another error of it.
        """
        try:
            return job.run(self)
        except BaseException as error:
            if self._cancelled() and not isinstance(error, Cancelled):
                raise Cancelled("cancelled") from error
            raise

    def progress(self, done: float, total: float, unit: str, stage: str = "") -> None:
        """Report that *done* of *total* is done.

        Raises:
            Cancelled: the user stopped the job.
        """
        if self._cancelled():
            raise Cancelled("cancelled")
        now = time.monotonic()
        if stage != self._stage or done < self._first:
            # time left is reckoned from where this run began, so a resumed run does not count what an earlier one did
            self._stage, self._began, self._said, self._first = stage, now, 0.0, done
        if now - self._said < self._interval and done < total:
            return
        self._said = now
        spent, moved = now - self._began, done - self._first
        left = spent * (total - done) / moved if moved > 0 and spent > 0.5 else None
        self._listener(done, total, unit, stage, left)

    def track(self, items: Sequence[Item], unit: str, stage: str = "") -> Iterator[Item]:
        """Yield *items* and report after each."""
        self.progress(0, len(items), unit, stage)
        for done, item in enumerate(items, 1):
            yield item
            self.progress(done, len(items), unit, stage)

    def fact(self, name: str, value: Any) -> None:
        """Remember something worth knowing about the run."""
        self.facts[name] = value
