"""Names of what a job leaves beside its output while it is not whole."""

from __future__ import annotations

import contextlib
import os


def part_path(output: str) -> str:
    """Where *output* grows until it is whole."""
    return f"{output}.part.tif"


def journal_path(output: str) -> str:
    """Where a resumable job notes how much of ``part_path(output)`` is good."""
    return f"{output}.part.json"


def remove_partial(output: str) -> None:
    """Delete whatever an unfinished run left beside *output*; nothing happens where there is nothing."""
    for path in (part_path(output), journal_path(output), journal_path(output) + ".new"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
