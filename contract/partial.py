"""Names of what a job leaves beside its output while it is not whole."""

from __future__ import annotations

import contextlib
import os


def part_path(output: str) -> str:
    """Where *output* grows until it is whole; it has the same ending, by which GDAL knows the format."""
    return f"{output}.part{os.path.splitext(output)[1] or '.tif'}"


def journal_path(output: str) -> str:
    """Where a resumable job notes how much of ``part_path(output)`` is good."""
    return f"{output}.part.json"


def remove_partial(output: str) -> None:
    """Delete whatever an unfinished run left beside *output*; nothing happens where there is nothing."""
    part = part_path(output)
    # a GeoPackage that was not closed has its own unfinished business beside it
    beside = [part + ending for ending in ("-journal", "-wal", "-shm")]
    for path in (part, *beside, journal_path(output), journal_path(output) + ".new"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
