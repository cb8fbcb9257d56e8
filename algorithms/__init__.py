"""One file per algorithm: what the user fills in at the top, what happens at the bottom."""

from __future__ import annotations

from ..contract.job import Job, discover


def jobs() -> dict[str, type[Job]]:
    """All jobs by id."""
    return discover(__name__, Job)
