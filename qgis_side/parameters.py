"""Fields of a job as QGIS parameters, and their values back as plain strings and numbers."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Callable

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterBand,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProperty,
    QgsProviderRegistry,
    QgsRasterLayer,
)

from ..contract.errors import BadRaster, BadRequest
from ..contract.fields import Field
from .words import tr

RASTER_ENDINGS = (".tif", ".tiff")


@dataclass(frozen=True)
class Given:
    """The values a run was started with, and what is needed to understand them."""

    algorithm: QgsProcessingAlgorithm
    parameters: dict[str, Any]
    context: QgsProcessingContext

    def has(self, name: str) -> bool:
        """Whether the user gave a value: None, NULL, "" and empty lists are none."""
        value = self.parameters.get(name)
        return not (value is None or value == NULL or (isinstance(value, (str, list, tuple)) and len(value) == 0))

    def plain(self, name: str, evaluate: Callable[[dict[str, Any], str, QgsProcessingContext], Any]) -> Any:
        """The value as it was given, so that the field's own check sees it; expressions are evaluated."""
        value = self.parameters[name]
        return evaluate(self.parameters, name, self.context) if isinstance(value, QgsProperty) else value

    def raster(self, name: str) -> QgsRasterLayer:
        """The layer of a raster parameter, which is a file that GDAL reads.

        Raises:
            BadRaster: it can't be loaded, or it is no file.
        """
        layer = self.algorithm.parameterAsRasterLayer(self.parameters, name, self.context)
        if layer is None:
            raise BadRaster(tr("{value} can't be opened as a raster").format(value=self.parameters.get(name)))
        memory = layer.source().startswith(("MEM:", "/vsimem/"))
        if layer.providerType() != "gdal" or memory:
            kind = "memory" if memory else layer.providerType()
            raise BadRaster(
                tr("the layer {name} is no raster file but of type {kind}").format(name=layer.name(), kind=kind),
                tr("save it as GeoTIFF first: right-click the layer, Export, Save As"),
            )
        return layer


def build(name: str, spec: Field) -> QgsProcessingParameterDefinition:
    """Return the QGIS parameter *name* (upper case) of a field."""
    label = tr(spec.label) + (f" [{tr(spec.unit)}]" if spec.unit else "")
    parameter = _KINDS[spec.kind].build(name, label, spec)
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
    """Return field name -> plain value of everything that was given, outputs left out.

    Raises:
        IamapError: a layer that is no file, an empty extent, a file that isn't there.
    """
    values = {}
    for name, spec in specs.items():
        if not spec.is_output and given.has(name.upper()):
            values[name] = _KINDS[spec.kind].read(given, name.upper(), spec)
    return values


def check_alone(given: Given, specs: dict[str, Field]) -> None:
    """Check the plain values one by one, by their fields.

    Raises:
        BadRequest: out of range, of the wrong type, or not offered.
    """
    for name, spec in specs.items():
        if spec.kind in ("choice", "integer", "number", "flag") and given.has(name.upper()):
            spec.check(name.upper(), _KINDS[spec.kind].read(given, name.upper(), spec))


def planned_outputs(given: Given, specs: dict[str, Field]) -> dict[str, str]:
    """Return field name -> path of the outputs, without registering them with QGIS: for checks beforehand.

    Raises:
        BadRequest: a name that does not end in .tif.
    """
    planned = {}
    for name, spec in specs.items():
        if spec.is_output and (given.has(name.upper()) or spec.required):
            path = _planned(given.parameters.get(name.upper()), name)
            if path and not path.lower().endswith(RASTER_ENDINGS):
                raise BadRequest(
                    tr("{name} = {path} is not a GeoTIFF").format(name=name.upper(), path=path),
                    tr("give a name that ends in .tif"),
                )
            if path:
                planned[name] = path
    return planned


def outputs(given: Given, specs: dict[str, Field]) -> dict[str, str]:
    """Return field name -> absolute path of the outputs to write, and register them for loading where that was asked."""
    paths = {}
    for name, spec in specs.items():
        if spec.is_output:
            path = given.algorithm.parameterAsOutputLayer(given.parameters, name.upper(), given.context)
            if path:
                paths[name] = os.path.abspath(path)
    return paths


def _planned(value: Any, name: str) -> str:
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    if value is None or value == NULL or value == QgsProcessing.TEMPORARY_OUTPUT:
        return f"{name}.tif"
    return str(value)


def _build_raster_in(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterRasterLayer(name, label, None, not spec.required)


def _read_raster_in(given: Given, name: str, _spec: Field) -> str:
    source = str(given.raster(name).source())
    if "|" in source and not os.path.exists(source):  # QGIS hangs open options behind the path
        source = str(QgsProviderRegistry.instance().decodeUri("gdal", source).get("path") or source)
    return os.path.abspath(source) if os.path.exists(source) else source


def _build_raster_out(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterRasterDestination(name, label, None, not spec.required, True)


def _read_raster_out(_given: Given, name: str, _spec: Field) -> str:
    raise TypeError(f"{name} is an output: its path is known only when the run starts")


def _build_bands(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterBand(name, label, None, spec.parent.upper(), not spec.required, True)


def _read_bands(given: Given, name: str, spec: Field) -> list[int]:
    chosen = [int(band) for band in given.algorithm.parameterAsInts(given.parameters, name, given.context)]
    layer = given.raster(spec.parent.upper())
    wrong = [band for band in chosen if not 1 <= band <= layer.bandCount()]
    if wrong:
        raise BadRequest(
            tr("{name} = {bands}: there is no band {band}").format(
                name=name, bands=",".join(map(str, chosen)), band=wrong[0]
            ),
            tr("the raster {raster} has bands 1 to {count}").format(raster=layer.name(), count=layer.bandCount()),
        )
    return chosen


def _build_choice(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    default = spec.default_value()
    return QgsProcessingParameterEnum(
        name, label, spec.options(), False, default, not spec.required and default is None, True
    )


def _read_choice(given: Given, name: str, spec: Field) -> str:
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
    # "(*)", not "(*.*)": a hub-style folder is as good as a file, and the latter refuses it (3.22)
    kinds: dict[str, list[str]] = {}
    for what, pattern in spec.files:
        kinds.setdefault(tr(what), []).append(pattern)
    filters = [f"{what} ({' '.join(patterns)})" for what, patterns in kinds.items()] + [tr("All files") + " (*)"]
    parameter = QgsProcessingParameterFile(name, label, optional=not spec.required)
    parameter.setFileFilter(";;".join(filters))
    return parameter


def _read_path_in(given: Given, name: str, spec: Field) -> str:
    path = str(given.algorithm.parameterAsFile(given.parameters, name, given.context))
    if not os.path.exists(path):
        raise BadRequest(
            tr("{name} = {path} is not there").format(name=name, path=path),
            tr("choose a file or folder on this computer"),
        )
    return os.path.abspath(path)


def _build_extent(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterExtent(name, label, None, not spec.required)


def _read_extent(given: Given, name: str, spec: Field) -> str:
    crs = given.raster(spec.parent.upper()).crs()
    box = given.algorithm.parameterAsExtent(given.parameters, name, given.context, crs)
    if box.isNull() or box.isEmpty() or not box.isFinite():
        raise BadRequest(
            tr("{name} = {value} is empty").format(name=name, value=given.parameters[name]),
            tr("give xmin,xmax,ymin,ymax, with [EPSG:…] behind it where it is not in the raster's CRS"),
        )
    return ",".join(repr(edge) for edge in (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()))


def _build_crs(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterCrs(name, label, spec.default_value(), not spec.required)


def _read_crs(given: Given, name: str, _spec: Field) -> str:
    crs = given.algorithm.parameterAsCrs(given.parameters, name, given.context)
    if not crs.isValid():
        raise BadRequest(
            tr("{name} = {value} is no coordinate reference system").format(name=name, value=given.parameters[name]),
            tr("give a code such as EPSG:2154"),
        )
    # USER:… is known to this QGIS profile only
    authority = str(crs.authid())
    if authority and not authority.startswith("USER:"):
        return authority
    return str(crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED))


@dataclass(frozen=True)
class _Kind:
    """How a kind of field becomes a parameter, and how its value is read."""

    build: Callable[[str, str, Field], QgsProcessingParameterDefinition]
    read: Callable[[Given, str, Field], Any]


_KINDS: dict[str, _Kind] = {
    "raster_in": _Kind(_build_raster_in, _read_raster_in),
    "raster_out": _Kind(_build_raster_out, _read_raster_out),
    "bands": _Kind(_build_bands, _read_bands),
    "choice": _Kind(_build_choice, _read_choice),
    "integer": _Kind(_number(QgsProcessingParameterNumber.Type.Integer), _read_number),
    "number": _Kind(_number(QgsProcessingParameterNumber.Type.Double), _read_number),
    "flag": _Kind(_build_flag, _read_flag),
    "text": _Kind(_build_text, _read_text),
    "path_in": _Kind(_build_path_in, _read_path_in),
    "extent": _Kind(_build_extent, _read_extent),
    "crs": _Kind(_build_crs, _read_crs),
}
