"""Run one request and tell the parent about it in JSON lines. Exit codes: 0 result, 2 the user can act, 3 our fault."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
from typing import Any

from .. import __version__
from ..contract import events
from ..contract.errors import IamapError
from ..contract.versions import version
from .context import LESS_MEMORY, RunContext, ran_out_of_memory, stop_on
from .request import build, load


class Telephone:
    """The line to the parent: events out, end-of-file in."""

    def __init__(self) -> None:
        # Libraries print to file descriptor 1, even from C: keep the real one for events, send the rest to stderr.
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._lock = threading.Lock()

    def say(self, event: str, **about: Any) -> None:
        """Send one event; a parent that is gone is noticed by the lifeline."""
        rest = memoryview(events.dump(event, **about))
        with self._lock, contextlib.suppress(BrokenPipeError):
            while rest:  # a signal may end a write in its middle
                rest = rest[self._out.write(rest) :]

    def progress(self, done: float, total: float, unit: str, stage: str, seconds_left: float | None) -> None:
        """Send a progress event."""
        self.say("progress", done=done, total=total, unit=unit, stage=stage, seconds_left=seconds_left)


class LogToParent(logging.Handler):
    """Log records as events."""

    def __init__(self, line: Telephone) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        self._line.say("log", level=record.levelname.lower(), text=self.format(record))


def watch_lifeline() -> None:
    """End this process, and those it started, when the parent's end of stdin closes: QGIS crashed or was killed."""
    while os.read(0, 4096):
        continue
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(9)


def main(path: str) -> int:
    """Run the request file *path*; return the exit code, which agrees with the last event."""
    line = Telephone()
    threading.Thread(target=watch_lifeline, daemon=True, name="lifeline").start()
    cancelled = stop_on(signal.SIGTERM)
    package = logging.getLogger("iamap")
    package.setLevel(logging.DEBUG)
    package.addHandler(LogToParent(line))
    package.propagate = False
    logging.captureWarnings(True)
    try:
        request = load(path)
        line.say(
            "hello",
            job=request["job"],
            python=sys.version.split()[0],
            torch=version("torch"),
            engine=__version__,
            prefix=sys.prefix,
        )
        ctx = RunContext(line.progress, cancelled)
        job = build(request["job"], request.get("params", {}))
        outputs = ctx.run(job)
        line.say("result", outputs=outputs, facts=ctx.facts)
        return 0
    except IamapError as error:
        line.say("error", kind=type(error).__name__, text=error.marked[0], hint=error.marked[1], trace="")
        return 2
    except BaseException as error:  # whatever happened, the parent must hear of it
        if cancelled():
            line.say("error", kind="Cancelled", text="cancelled", hint="", trace="")
            return 2
        if ran_out_of_memory(error):
            line.say("error", kind="MemoryError", text="memory ran out", hint=LESS_MEMORY, trace="")
            return 2
        line.say(
            "error",
            kind=type(error).__name__,
            text=f"IAMAP failed: {error!r}",
            hint="please report this",
            trace=traceback.format_exc(),
        )
        return 3
