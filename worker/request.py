"""A request: which job, with which values. The same in a file, in the tags of a result and on the wire."""

from __future__ import annotations

import json
import re
from typing import Any

from ..algorithms import jobs
from ..contract.errors import BadRequest
from ..contract.fields import Field
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
    try:
        made: Job = known[job_id].make(params)
    except BadRequest as error:
        raise _with_columns(error, known[job_id].specs(), params) from error
    return made


def _with_columns(error: BadRequest, specs: dict[str, Field], params: dict[str, Any]) -> BadRequest:
    """*error*; where it says that a column is missing, with the columns that its layer has."""
    text, hint = error.marked
    missing = re.search(r"`?(\w+)`? is missing$", text)
    spec = specs.get(missing.group(1)) if missing else None
    layer = params.get(spec.parent) if spec is not None and spec.kind == "column" else None
    if not isinstance(layer, str):
        return error
    from ..engine.vectors import columns

    try:
        there = columns(layer)
    except BadRequest:  # it may be a raster
        return error
    return BadRequest(text, f"{hint}: " + (f"one of {', '.join(there)}" if there else "the layer has none"))


def read(path: str) -> Job:
    """Return the checked job of *path*, see ``load``."""
    request = load(path)
    return build(request["job"], request.get("params", {}))


def load(path: str) -> dict[str, Any]:
    """Return the request of *path*: a JSON file (version, job, params), or a raster that holds its own in its tags.

    Raises:
        BadRequest: there is no request, or one of a later version.
    """
    try:
        request = json.loads(_of_raster(path) if path.lower().endswith((".tif", ".tiff")) else _of_file(path))
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}", "check the path") from error
    except ValueError as error:
        if isinstance(error, BadRequest):
            raise
        raise BadRequest(f"{path} is no JSON: {error}") from error
    if not isinstance(request, dict) or "job" not in request:
        raise BadRequest(f"{path} is no request", 'it looks like {"version": 1, "job": "encode", "params": {…}}')
    if request.get("version", VERSION) != VERSION:
        raise BadRequest(
            f"{path} is a request of version {request['version']}, this is version {VERSION}", "update IAMAP"
        )
    return request


def _of_file(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _of_raster(path: str) -> str:
    import rasterio

    try:
        with rasterio.open(path) as ds:
            text: str = ds.tags(ns="IAMAP").get("request", "")
    except rasterio.errors.RasterioError as error:
        raise BadRequest(f"{path} can't be opened", "check the path") from error
    if not text:
        raise BadRequest(f"{path} holds no request", "only results of IAMAP do")
    return text
