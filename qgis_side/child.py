"""A child process with its own group, and the ways to end it: all of it, whatever it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess  # nosec B404
from typing import Any

WINDOWS = os.name == "nt"
#: what a child may take to put its work away after it was asked to end
GRACE_SECONDS = 1.2


def start(command: list[str], environment: dict[str, str], folder: str) -> subprocess.Popen[bytes]:
    """Start *command* (its first word an absolute path) in *folder*, at the head of a process group of its own.

    Raises:
        OSError: there is no such program, or it can't be run.
    """
    apart: dict[str, Any] = {"start_new_session": True}
    if WINDOWS:
        apart = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    # an argument list, no shell; the program is the engine's Python
    return subprocess.Popen(  # nosec B603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        bufsize=0,
        **apart,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask *process* to end, wait a moment, then end it and everything it started."""
    if process.poll() is None:
        if WINDOWS:
            with contextlib.suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]  # the lifeline: the worker ends itself
        else:
            _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    sweep(process)


def sweep(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the group of *process*, at once; it may have ended while its children live on."""
    if WINDOWS:
        if process.poll() is None:
            taskkill = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
            # absolute path of a system tool, its argument is a number
            subprocess.run(  # nosec B603
                [taskkill, "/F", "/T", "/PID", str(process.pid)],
                capture_output=True,
                check=False,
                creationflags=subprocess.CREATE_NO_WINDOW,  # type: ignore[attr-defined]
            )
    else:
        _signal_group(process, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    # nobody left, or (macOS) only a zombie
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
