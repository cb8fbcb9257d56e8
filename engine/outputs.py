"""The files a job writes appear under their names together, when all of them are whole; otherwise none does."""

from __future__ import annotations

import os
from types import TracebackType

from ..contract.errors import BadRequest
from ..contract.fields import INPUTS
from ..contract.job import Job
from ..contract.partial import part_path, remove_partial


class Outputs:
    """Use as ``with Outputs(job) as outputs``: write each file to ``outputs.part(name)``.

    Args:
        job: its output fields that are given are the files.

    Raises:
        BadRequest: a folder is missing or can't be written to, two outputs are one file, or one is an input too.
    """

    def __init__(self, job: Job) -> None:
        specs = job.specs()
        self.paths = {n: str(v) for n, v in job.values().items() if specs[n].is_output and v}
        inputs = _inputs(job)
        seen: dict[str, str] = {}
        for name, path in self.paths.items():
            folder = os.path.dirname(os.path.abspath(path))
            if not os.path.isdir(folder):
                raise BadRequest(f"the folder {folder} does not exist", "make it, or choose another")
            if not os.access(folder, os.W_OK):
                raise BadRequest(f"the folder {folder} can't be written to", "choose another")
            if os.path.isdir(path):
                raise BadRequest(f"{path} is a folder", "give the name of a file")
            full = os.path.normcase(os.path.realpath(path))
            if full in seen:
                raise BadRequest(f"{seen[full]} and {name} are the same file, {path}", "give two names")
            if full in inputs:
                raise BadRequest(f"{path} is the input too", "choose another name for the output")
            seen[full] = name

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def part(self, name: str) -> str:
        """Where the file of the output field *name* is to be written."""
        return part_path(self.paths[name])

    def __enter__(self) -> Outputs:
        self._clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            for path in self.paths.values():
                os.replace(part_path(path), path)
        self._clear()

    def _clear(self) -> None:
        for path in self.paths.values():
            remove_partial(path)


def _inputs(job: Job) -> set[str]:
    """Real paths of the files the job reads."""
    found: set[str] = set()
    for name, spec in job.specs().items():
        value = getattr(job, name)
        if spec.kind in INPUTS and value:
            for path in value if isinstance(value, list) else [value]:
                found.add(os.path.normcase(os.path.realpath(path.partition("|")[0])))
    return found
