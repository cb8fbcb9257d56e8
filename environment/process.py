"""Run a program to its end, line by line, so that it can be cancelled with everything it started."""

from __future__ import annotations

import os
import queue
import signal
import subprocess  # nosec B404  # this module is the one place where set-up starts programs, by absolute path
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Callable

from ..contract.errors import Cancelled

#: seconds a cancelled program has to end by itself
GRACE = 0.5


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path,
    line: Callable[[str], None],
    cancelled: Callable[[], bool] = lambda: False,
    seconds: float | None = None,
) -> int:
    """Run *command*, hand each line of its output (both streams) to *line*, return its exit code.

    Args:
        command: an absolute path, then arguments; never a shell line.
        cancelled: asked ten times a second; the answer yes ends the program and all it started within a second.
        seconds: time limit; None for none.

    Raises:
        Cancelled: *cancelled* said so.
        TimeoutError: the time is over.
        OSError: the program can't be started.
    """
    lines: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(  # nosec B603  # argument list, absolute path, scrubbed environment
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=str(cwd),
        **_own_group(),
    ) as process:
        pump = threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True)
        pump.start()
        started = time.monotonic()
        try:
            while True:
                if cancelled():
                    raise Cancelled("the set-up was cancelled")
                if seconds is not None and time.monotonic() - started > seconds:
                    raise TimeoutError(f"{command[0]} did not end within {seconds:g} s")
                try:
                    line(lines.get(timeout=0.1))
                except queue.Empty:
                    if process.poll() is not None:
                        break
            pump.join(1.0)
            while not lines.empty():
                line(lines.get())
        finally:
            end(process)
        return process.returncode


def output(command: Sequence[str], environment: Mapping[str, str], cwd: Path, seconds: float = 20) -> tuple[int, str]:
    """Run a quick question; return exit code and output, (-1, why) where it can't be asked or does not answer."""
    lines: list[str] = []
    try:
        code = run(command, environment, cwd, lines.append, seconds=seconds)
    except OSError as error:
        return -1, str(error)
    return code, "\n".join(lines)


def end(process: subprocess.Popen[bytes]) -> None:
    """End *process* and its children, also those that outlived it; harmless where all of it has ended."""
    if sys.platform == "win32":
        taskkill = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
        if process.poll() is None:
            subprocess.run(  # nosec B603  # absolute path of a system program, our own child's number
                [taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False, **_own_group()
            )
    else:
        if process.poll() is None:
            _signal_group(process.pid, signal.SIGTERM)
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                _signal_group(process.pid, signal.SIGKILL)
        _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # all of it has ended; macOS says so by the second
        return


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _pump(stream: IO[bytes] | None, lines: queue.Queue[str]) -> None:
    for raw in stream or ():
        lines.put(raw.decode("utf-8", "replace").rstrip("\r\n"))
