"""Fields of a job as QGIS parameters, and what a user gave for them as plain strings and numbers.

One module for each sort of field: ``rasters``, ``vectors``, ``values`` (numbers, words, paths) and ``results`` (what is
written). ``given`` holds the words they share; ``snapshot`` writes features that no file holds.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from qgis.core import QgsFeedback, QgsProcessingParameterDefinition

from ...contract.fields import Field
from ..words import tr
from . import rasters, results, values, vectors
from .given import Given, Kind
from .results import outputs, planned_outputs
from .snapshot import Snapshot

__all__ = ["Given", "build", "check_alone", "outputs", "planned_outputs", "request", "subject", "told", "written"]

KINDS: dict[str, Kind] = {**rasters.KINDS, **vectors.KINDS, **values.KINDS, **results.KINDS}

#: kinds whose value is plain: their field alone can tell whether it is fine
PLAIN = frozenset({"choice", "integer", "number", "flag"})


def build(name: str, spec: Field) -> QgsProcessingParameterDefinition:
    """Return the QGIS parameter *name* (upper case) of a field."""
    label = tr(spec.label) + (f" [{tr(spec.unit)}]" if spec.unit else "")
    parameter = KINDS[spec.kind].build(name, label, spec)
    parameter.setHelp(help_text(spec))
    if spec.advanced:
        parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return parameter


def help_text(spec: Field) -> str:
    """Return what the tooltip and ``qgis_process help`` say about a field."""
    words = tr("One of: {words}.").format(words=", ".join(spec.options())) if spec.kind == "choice" else ""
    plain = re.sub(r"\*([^*]+)\*", r"\1", tr(spec.help))  # italics in the help panel
    return " ".join(part for part in (plain, words) if part)


def request(given: Given, specs: dict[str, Field]) -> dict[str, Any]:
    """Return field name -> value of everything that was given, outputs left out.

    Values are plain, but for features that no file holds: those are a ``Snapshot``, still to be written, in a list too.

    Raises:
        IamapError: a raster that is no file, an empty extent or selection, a file that isn't there.
    """
    return {
        name: KINDS[spec.kind].read(given, name.upper(), spec)
        for name, spec in specs.items()
        if not spec.is_output and given.has(name.upper())
    }


def told(request: dict[str, Any]) -> dict[str, Any]:
    """Return *request* with names in place of what is not written yet: for checks beforehand."""
    return _with_files(request, str)


def written(request: dict[str, Any], folder: str, feedback: QgsFeedback) -> dict[str, Any]:
    """Write the features that no file holds into *folder*; return *request* with their paths in their place.

    Raises:
        BadRequest: they can't be written.
        Cancelled: the user has stopped the run.
    """
    return _with_files(request, lambda snapshot: snapshot.write(folder, feedback))


def _with_files(request: dict[str, Any], file: Callable[[Snapshot], str]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(one) for one in value]
        return file(value) if isinstance(value, Snapshot) else value

    return {name: plain(value) for name, value in request.items()}


def check_alone(given: Given, specs: dict[str, Field]) -> None:
    """Check the plain values one by one, by their fields.

    Raises:
        BadRequest: out of range, of the wrong type, or not offered.
    """
    for name, spec in specs.items():
        if spec.kind in PLAIN and given.has(name.upper()):
            spec.check(name.upper(), KINDS[spec.kind].read(given, name.upper(), spec))


def subject(given: Given, specs: dict[str, Field]) -> str:
    """Return the name of what a run is about: its first raster, else its first vector layer; "" without either.

    Raises:
        IamapError: the layer can't be opened, or is no file.
    """
    named = {
        "raster_in": rasters.name,
        "rasters_in": rasters.names,
        "vector_in": vectors.name,
        "vectors_in": vectors.names,
    }
    for kinds in (("raster_in", "rasters_in"), ("vector_in", "vectors_in")):
        for name, spec in specs.items():
            if spec.kind in kinds and given.has(name.upper()):
                return named[spec.kind](given, name.upper())
    return ""
