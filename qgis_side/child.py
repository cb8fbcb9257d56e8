"""The worker as a child process: pipes to all its streams, a group of its own, time to put its work away."""

from __future__ import annotations

import subprocess  # nosec B404

from ..environment import process as processes

#: what a worker may take to put its work away after it was asked to end
GRACE_SECONDS = 1.2


def start(command: list[str], environment: dict[str, str], folder: str) -> subprocess.Popen[bytes]:
    """Start *command* (its first word an absolute path) in *folder*, at the head of a process group of its own.

    Raises:
        OSError: there is no such program, or it can't be run.
    """
    # an argument list, no shell; the program is the engine's Python
    return subprocess.Popen(  # nosec B603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        bufsize=0,
        **processes.own_group(),
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask *process* to end, wait a moment, then end it and everything it started."""
    processes.end(process, GRACE_SECONDS)
