"""Start programs at the head of a group of their own, and end all of the group: whatever a program has started too."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess  # nosec B404  # programs are started here by absolute path, without a shell
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Callable

from ..contract.errors import Cancelled

#: seconds a program has to end by itself after it was asked to
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
        **own_group(),
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


def own_group() -> dict[str, Any]:
    """Arguments of Popen that put the program at the head of a process group of its own, and on Windows without a window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end(process: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """Ask *process* to end, wait at most *grace* seconds, then end it and everything it started; harmless where all has ended."""
    if process.poll() is None and _ask(process):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _sweep(process)


def _ask(process: subprocess.Popen[bytes]) -> bool:
    """Ask a program to end; return whether there is a way to ask it."""
    if sys.platform != "win32":
        _signal_group(process.pid, signal.SIGTERM)
        return True
    if process.stdin is None:
        return False
    # there are no signals; a program that reads our end of its stdin as a lifeline ends when it is closed
    with contextlib.suppress(OSError):
        process.stdin.close()
    return True


def _sweep(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the group at once; the program may have ended while its children live on."""
    if sys.platform != "win32":
        _signal_group(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        taskkill = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
        subprocess.run(  # nosec B603  # absolute path of a system program, our own child's number
            [taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False, **own_group()
        )
        with contextlib.suppress(OSError):
            process.kill()
    process.wait()


def _signal_group(group: int, number: int) -> None:
    if sys.platform != "win32":
        # all of it has ended; macOS says so by the second
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _pump(stream: IO[bytes] | None, lines: queue.Queue[str]) -> None:
    for raw in stream or ():
        lines.put(raw.decode("utf-8", "replace").rstrip("\r\n"))
