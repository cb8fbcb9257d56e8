"""What a job writes: rasters and vector layers that QGIS loads, and files that it does not, such as reports."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import (
    NULL,
    QgsProcessing,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterVectorDestination,
)

from ...contract.errors import BadRequest
from ...contract.fields import Field
from ..words import tr
from .given import Given, Kind
from .values import file_filter
from .vectors import SOURCES


def planned_outputs(given: Given, specs: dict[str, Field]) -> dict[str, str]:
    """Return field name -> path of the outputs, without registering them with QGIS: for checks beforehand.

    Raises:
        BadRequest: a name without the ending that says what is written.
    """
    planned = {}
    for name, spec in specs.items():
        if spec.is_output and (given.has(name.upper()) or spec.required):
            path = _planned(given.parameters.get(name.upper()), name + spec.endings[0])
            if path and not path.lower().endswith(spec.endings):
                raise BadRequest(
                    tr("{name} = {path} can't be written").format(name=name.upper(), path=path),
                    tr("give a name that ends in {ending}").format(ending=" / ".join(spec.endings)),
                )
            if path:
                planned[name] = path
    return planned


def outputs(given: Given, specs: dict[str, Field]) -> dict[str, str]:
    """Return field name -> absolute path of the outputs to write, and register layers for loading where that was asked."""
    paths = {}
    for name, spec in specs.items():
        if spec.is_output:
            layers = spec.kind != "file_out"
            where = given.algorithm.parameterAsOutputLayer if layers else given.algorithm.parameterAsFileOutput
            path = where(given.parameters, name.upper(), given.context)
            if path:
                paths[name] = os.path.abspath(path)
    return paths


def _planned(value: Any, temporary: str) -> str:
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    if value is None or value == NULL or value == QgsProcessing.TEMPORARY_OUTPUT:
        return temporary
    return str(value)


def _build_raster(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterRasterDestination(name, label, None, not spec.required, spec.required or spec.wanted)


def _build_vector(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterVectorDestination(
        name, label, SOURCES[spec.geometry], None, not spec.required, spec.required or spec.wanted
    )


def _build_file(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    # a filter that names HTML makes the result an entry of the results viewer
    default = spec.required or spec.wanted
    return QgsProcessingParameterFileDestination(name, label, file_filter(spec), None, not spec.required, default)


def _read(_given: Given, name: str, _spec: Field) -> str:
    raise TypeError(f"{name} is an output: its path is known only when the run starts")


KINDS = {
    "raster_out": Kind(_build_raster, _read),
    "vector_out": Kind(_build_vector, _read),
    "file_out": Kind(_build_file, _read),
}
