"""What is neither a layer nor written: choices, numbers, switches, text, and paths of files to read."""

from __future__ import annotations

import os
from typing import Any, Callable

from qgis.core import (
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...contract.errors import BadRequest
from ...contract.fields import Field
from ..words import tr
from .given import Given, Kind


def file_filter(spec: Field, *more: str) -> str:
    """The filter of a file dialog: one entry for every word of *spec.files*, with all its patterns, then *more*."""
    kinds: dict[str, list[str]] = {}
    for what, pattern in spec.files:
        kinds.setdefault(tr(what), []).append(pattern)
    return ";;".join([*(f"{what} ({' '.join(patterns)})" for what, patterns in kinds.items()), *more])


def _build_choice(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    default = spec.default_value()
    return QgsProcessingParameterEnum(
        name, label, spec.options(), False, default, not spec.required and default is None, True
    )


def _read_choice(given: Given, name: str, _spec: Field) -> str:
    return str(given.plain(name, given.algorithm.parameterAsEnumString))


def _number(kind: Any) -> Callable[[str, str, Field], QgsProcessingParameterDefinition]:
    def build_number(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
        default = spec.default_value()
        parameter = QgsProcessingParameterNumber(name, label, kind, default, not spec.required and default is None)
        if spec.minimum is not None:
            parameter.setMinimum(spec.minimum)
        if spec.maximum is not None:
            parameter.setMaximum(spec.maximum)
        if kind == QgsProcessingParameterNumber.Type.Double:
            # a share or a factor reads better with few decimals; pixels of a geographic CRS need many
            parameter.setMetadata({"widget_wrapper": {"decimals": 2 if spec.maximum is not None else 10}})
        return parameter

    return build_number


def _read_number(given: Given, name: str, _spec: Field) -> Any:
    return given.plain(name, given.algorithm.parameterAsDouble)


def _build_flag(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterBoolean(name, label, bool(spec.default_value()), False)


def _read_flag(given: Given, name: str, _spec: Field) -> Any:
    return given.plain(name, given.algorithm.parameterAsBool)


def _build_text(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterString(name, label, spec.default_value(), False, not spec.required)


def _read_text(given: Given, name: str, _spec: Field) -> str:
    return str(given.algorithm.parameterAsString(given.parameters, name, given.context))


def _build_path_in(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    parameter = QgsProcessingParameterFile(name, label, optional=not spec.required)
    # "(*)", not "(*.*)": a hub-style folder is as good as a file, and the latter refuses it (3.22)
    parameter.setFileFilter(file_filter(spec, tr("All files") + " (*)"))
    return parameter


def _read_path_in(given: Given, name: str, _spec: Field) -> str:
    path = str(given.algorithm.parameterAsFile(given.parameters, name, given.context))
    if not os.path.exists(path):
        raise BadRequest(
            tr("{name} = {path} is not there").format(name=name, path=path),
            tr("choose a file or folder on this computer"),
        )
    return os.path.abspath(path)


KINDS = {
    "choice": Kind(_build_choice, _read_choice),
    "integer": Kind(_number(QgsProcessingParameterNumber.Type.Integer), _read_number),
    "number": Kind(_number(QgsProcessingParameterNumber.Type.Double), _read_number),
    "flag": Kind(_build_flag, _read_flag),
    "text": Kind(_build_text, _read_text),
    "path_in": Kind(_build_path_in, _read_path_in),
}
