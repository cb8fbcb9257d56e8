"""A request: which job, with which values. The same in a file, in the tags of a result and on the wire."""

from __future__ import annotations

import json
from typing import Any

from ..algorithms import jobs
from ..contract.errors import BadRequest
from ..contract.job import Job

VERSION = 1


def build(job_id: Any, params: Any) -> Job:
    """Return the checked job of a request.

    Raises:
        BadRequest: no such job, or values it refuses.
    """
    known = jobs()
    if job_id not in known:
        raise BadRequest(f"there is no job {job_id!r}", "jobs are " + ", ".join(sorted(known)))
    if not isinstance(params, dict):
        raise BadRequest("params is not an object", "give parameter names and values")
    made: Job = known[job_id].make(params)
    return made


def read(path: str) -> Job:
    """Return the checked job of the request file *path* (JSON: version, job, params).

    Raises:
        BadRequest: the file is no request, or of a later version.
    """
    try:
        with open(path, encoding="utf-8") as file:
            request = json.load(file)
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise BadRequest(f"{path} is no JSON: {error}") from error
    if not isinstance(request, dict) or "job" not in request:
        raise BadRequest(f"{path} is no request", 'it looks like {"version": 1, "job": "encode", "params": {…}}')
    if request.get("version", VERSION) != VERSION:
        raise BadRequest(
            f"{path} is a request of version {request['version']}, this is version {VERSION}", "update IAMAP"
        )
    return build(request["job"], request.get("params", {}))
