"""Run one request in the engine's Python, and turn what it tells into QGIS feedback.

The child's stdin stays open as a lifeline: when QGIS goes, also by a crash or kill -9, the worker reads end-of-file and ends
itself. ``QgsBlockingProcess`` is not used: it has no environment, leaves grandchildren behind and crashes without handlers.
"""

from __future__ import annotations

import collections
import json
import os
import queue
import subprocess  # nosec B404
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProcessingFeedback
from qgis.PyQt.QtCore import QCoreApplication, QThread

from ..contract.errors import Cancelled, IamapError
from ..contract.events import LineReader
from ..contract.partial import journal_path, remove_partial
from . import child, settings
from .feedback import Listener
from .words import tr

BOOT = Path(__file__).resolve().parents[1] / "worker" / "boot.py"
REQUEST_VERSION = 1
POLL_SECONDS = 0.1
#: lines of chatter that are told with a crash
TAIL_LINES = 30
#: lines of chatter that reach the log: a library that prints without end must not freeze QGIS
CHATTER_LINES = 400


class WorkerFailed(IamapError):
    """The worker ended without a result; the text says what that means."""


@dataclass(frozen=True)
class Result:
    """What a run gave: field name -> path of a file that is there, and things worth knowing."""

    outputs: dict[str, str]
    facts: dict[str, Any]


def run(
    job_id: str,
    params: dict[str, Any],
    feedback: QgsProcessingFeedback,
    *,
    outputs: Iterable[str] = (),
    boot: Path = BOOT,
) -> Result:
    """Run the job in a worker; return when it has ended.

    Args:
        params: the request; plain values only.
        outputs: paths the job writes. What an unfinished run left beside them is deleted, unless the run can be resumed.
        boot: the script that the worker starts with.

    Raises:
        NoEngine: there is no engine environment.
        Cancelled: the user stopped the run; the worker and all it started are gone.
        IamapError: what the worker told, or how it died.
    """
    from ..environment.child import environ
    from ..environment.engine import find_python

    python = find_python()
    finished = False
    try:
        with tempfile.TemporaryDirectory(prefix="iamap_") as folder:
            request = os.path.join(folder, "request.json")
            with open(request, "w", encoding="utf-8") as file:
                json.dump({"version": REQUEST_VERSION, "job": job_id, "params": params}, file)
            command = [str(python), "-I", "-X", "utf8", "-u", str(boot), "serve", request]
            feedback.pushDebugInfo(" ".join(command))
            result = _converse(command, environ(settings.for_worker()), folder, feedback)
        finished = True
        return result
    finally:
        noted = any(os.path.exists(journal_path(output)) for output in outputs)
        if not finished and not (noted and params.get("resume") is True):
            for output in outputs:
                remove_partial(output)


def _converse(command: list[str], environment: dict[str, str], folder: str, feedback: QgsProcessingFeedback) -> Result:
    try:
        process = child.start(command, environment, folder)
    except OSError as error:
        raise WorkerFailed(
            tr("the engine's Python can't be started: {error}").format(error=error),
            tr("run Plugins, IAMAP, Set up IAMAP…"),
        ) from error
    with process:
        talk = _Talk(process, Listener(feedback))
        try:
            while process.poll() is None:
                _turn_event_loop()
                if feedback.isCanceled():
                    raise Cancelled(tr("cancelled"))
                talk.hear(POLL_SECONDS)
        finally:
            child.stop(process)  # what it started may live on and hold the pipes open
            talk.hear_rest()
    return talk.outcome(process.returncode)


def _turn_event_loop() -> None:
    """Let ``qgis_process`` see Ctrl+C. Never in the desktop, where anything could be started from within."""
    if QgsApplication.platform() == "qgis_process" and QThread.currentThread() == QCoreApplication.instance().thread():
        QCoreApplication.processEvents()


@dataclass
class _Talk:
    """What a process says on both its pipes, in the order it arrives."""

    process: subprocess.Popen[bytes]
    listener: Listener
    final: dict[str, Any] = field(default_factory=dict)
    tail: collections.deque[str] = field(default_factory=lambda: collections.deque(maxlen=TAIL_LINES))
    chatter: int = 0

    def __post_init__(self) -> None:
        self._heard: queue.Queue[dict[str, Any]] = queue.Queue()
        pipes = ((self.process.stdout, True), (self.process.stderr, False))
        self._pumps = [threading.Thread(target=self._pump, args=pipe, daemon=True) for pipe in pipes]
        for pump in self._pumps:
            pump.start()

    def _pump(self, pipe: Any, speaks_events: bool) -> None:
        reader = LineReader()
        while True:
            try:
                piece = os.read(pipe.fileno(), 65536)
            except (OSError, ValueError):  # closed under our hands
                piece = b""
            for event in reader.feed(piece) if piece else reader.end():
                told = speaks_events or event["event"] == "noise"
                self._heard.put(event if told else {"event": "noise", "text": json.dumps(event)})
            if not piece:
                return

    def hear(self, seconds: float) -> None:
        """Wait at most *seconds* for something to be said, then take all that was."""
        try:
            self._take(self._heard.get(timeout=seconds))
            while True:
                self._take(self._heard.get_nowait())
        except queue.Empty:
            return

    def hear_rest(self) -> None:
        """Take what the process said last: it has ended, but its words may still be on their way."""
        for pump in self._pumps:
            pump.join(2.0)
        self.hear(0.01)

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] in ("result", "error"):
            self.final = event
        elif event["event"] == "noise":
            self.tail.append(str(event["text"]))
            self.chatter += 1
            if self.chatter <= CHATTER_LINES:
                self.listener.chatter(str(event["text"]))
        else:
            self.listener.hear(event)

    def outcome(self, code: int) -> Result:
        """What the process said last and how it ended, which must agree.

        Raises:
            IamapError: there is no result, or not the files it names.
        """
        if self.final.get("event") == "result" and code == 0:
            outputs = {str(name): str(path) for name, path in dict(self.final.get("outputs") or {}).items() if path}
            missing = [path for path in outputs.values() if not os.path.exists(path)]
            if missing:
                raise WorkerFailed(
                    tr("the worker said that it wrote {path}, but it is not there").format(path=missing[0])
                )
            facts = dict(self.final.get("facts") or {})
            self.listener.end(facts)
            return Result(outputs, facts)
        if self.final.get("event") == "error" and code in (2, 3):
            self.listener.trace(str(self.final.get("trace") or ""))
            raise WorkerFailed(str(self.final.get("text", "")), str(self.final.get("hint", "")))
        raise WorkerFailed(*_death(code, list(self.tail)))


def _death(code: int, tail: list[str]) -> tuple[str, str]:
    """Say what it means that the worker ended with *code* and without a word, and what to do."""
    last = tr("Its last words:") + "\n" + "\n".join(tail) if tail else ""
    if code in (-9, 137):
        text = tr("the worker was killed, most often because memory ran out")
        return text, tr("choose a smaller encoder, smaller tiles or fewer tiles at once, or close other programs")
    if code in (-1073741819, 0xC0000005):
        return tr("the worker crashed (access violation)"), last
    if code < 0:
        return tr("the worker crashed (signal {number})").format(number=-code), last
    return tr("the worker ended without a result (exit code {code})").format(code=code), last
