"""Vector layers to read, and columns of them."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import (
    NULL,
    QgsFeatureRequest,
    QgsFields,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMultipleLayers,
    QgsProperty,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ...contract.errors import BadRequest
from ...contract.fields import Field
from ..words import tr
from .given import Given, Kind
from .snapshot import Snapshot

#: geometry of a field -> what QGIS offers in its place
SOURCES = {
    "point": QgsProcessing.SourceType.TypeVectorPoint,
    "line": QgsProcessing.SourceType.TypeVectorLine,
    "polygon": QgsProcessing.SourceType.TypeVectorPolygon,
    "any": QgsProcessing.SourceType.TypeVectorAnyGeometry,
    "table": QgsProcessing.SourceType.TypeVector,
}

#: formats that every GDAL reads alike, with QGIS or with the engine; layers of others are written to a GeoPackage
PLAIN_FORMATS = frozenset({"GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf"})


def layer(given: Given, name: str) -> QgsVectorLayer:
    """The layer of a vector parameter, whole, whatever part of it was asked for.

    Raises:
        BadRequest: it can't be opened.
    """
    return _opened(given, name, given.parameters[name])


def layers(given: Given, name: str) -> list[QgsVectorLayer]:
    """The layers of a parameter that takes one or several, whole, in the order they were given.

    Raises:
        BadRequest: one of them can't be opened.
    """
    return [_opened(given, name, one) for one in given.several(name)]


def name(given: Given, parameter: str) -> str:
    """The name of the vector layer, as the layer tree shows it."""
    return str(layer(given, parameter).name())


def names(given: Given, parameter: str) -> str:
    """The name of the first of several vector layers, and how many more there are."""
    first, *rest = layers(given, parameter)
    return f"{first.name()} + {len(rest)}" if rest else str(first.name())


def _opened(given: Given, name: str, value: Any) -> QgsVectorLayer:
    source, _ = _split(value)
    found = given.algorithm.parameterAsVectorLayer({**given.parameters, name: source}, name, given.context)
    if found is None:
        value = source.staticValue() if isinstance(source, QgsProperty) else source
        raise BadRequest(tr("{value} can't be opened as a vector layer").format(value=value))
    return found


def _split(value: Any) -> tuple[Any, QgsProcessingFeatureSourceDefinition | None]:
    """What names the layer, and which part of it is wanted, None for all of it."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        return value.source, value
    return value, None


def _build(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterFeatureSource(name, label, [SOURCES[spec.geometry]], None, not spec.required)


def _read(given: Given, name: str, spec: Field) -> str | Snapshot:
    return _taken(given, name, given.parameters[name], spec)


def _build_several(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterMultipleLayers(name, label, SOURCES[spec.geometry], None, not spec.required)


def _read_several(given: Given, name: str, spec: Field) -> list[str | Snapshot]:
    return [_taken(given, name, one, spec) for one in given.several(name)]


def _taken(given: Given, name: str, value: Any, spec: Field) -> str | Snapshot:
    """What the worker reads of the layer that *value* names: its file, or its features, still to be written."""
    found = _opened(given, name, value)
    _check_geometry(found, spec)
    _, part = _split(value)
    wanted = QgsFeatureRequest()
    wanted.setExpressionContext(given.context.expressionContext())
    limit = part.featureLimit if part and part.featureLimit >= 0 else None
    # "filter" is of QGIS 3.32
    expression = getattr(part, "filterExpression", "") if part else ""
    if expression:
        wanted.setFilterExpression(expression)
    selected = frozenset(found.selectedFeatureIds()) if part and part.selectedFeaturesOnly else None
    if selected is not None and not selected:
        raise BadRequest(
            tr("no feature of the layer {name} is selected").format(name=found.name()),
            tr("select some, or take the tick off “Selected features only”"),
        )
    whole = limit is None and selected is None and not expression
    return (whole and _file(found)) or Snapshot.of(found, wanted, selected, limit, given.context.transformContext())


def _check_geometry(found: QgsVectorLayer, spec: Field) -> None:
    kinds = {
        "point": (QgsWkbTypes.GeometryType.PointGeometry, tr("points")),
        "line": (QgsWkbTypes.GeometryType.LineGeometry, tr("lines")),
        "polygon": (QgsWkbTypes.GeometryType.PolygonGeometry, tr("polygons")),
    }
    there = found.geometryType()
    if spec.geometry in kinds and there not in (kinds[spec.geometry][0], QgsWkbTypes.GeometryType.UnknownGeometry):
        raise BadRequest(
            tr("the layer {name} does not hold {kind}").format(name=found.name(), kind=kinds[spec.geometry][1]),
            tr("choose another layer"),
        )
    if spec.geometry == "any" and there == QgsWkbTypes.GeometryType.NullGeometry:
        raise BadRequest(tr("the layer {name} has no geometry").format(name=found.name()), tr("choose another layer"))


def _file(found: QgsVectorLayer) -> str:
    """The file that holds just what the layer shows, with its layer name; "" where there is none."""
    if found.providerType() != "ogr" or found.dataProvider().storageType() not in PLAIN_FORMATS:
        return ""
    fields = found.fields()
    changed = (
        found.isModified()
        or found.subsetString()
        or found.crs() != found.dataProvider().crs()
        or found.dataProvider().encoding() != "UTF-8"
        or QgsWkbTypes.isCurvedType(found.wkbType())
        # joined and computed columns are known to QGIS only
        or any(fields.fieldOrigin(i) != QgsFields.FieldOrigin.OriginProvider for i in range(fields.count()))
    )
    uri = QgsProviderRegistry.instance().decodeUri("ogr", found.source())
    path, name = uri.pop("path", ""), uri.pop("layerName", "")
    # what is left says that a part of the file is shown, or how it is opened
    if changed or any(value and value != NULL for value in uri.values()) or not os.path.exists(path):
        return ""
    path = os.path.abspath(path)
    return f"{path}|layername={name}" if name and name != NULL else path


def _build_column(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    anything = QgsProcessingParameterField.DataType.Any
    return QgsProcessingParameterField(name, label, None, spec.parent.upper(), anything, False, not spec.required)


def _read_column(given: Given, name: str, spec: Field) -> str:
    value = given.plain(name, given.algorithm.parameterAsString)
    # the widget of several fields, and models, give a list of one
    column = str(value[0] if isinstance(value, (list, tuple)) else value)
    for found in layers(given, spec.parent.upper()) if given.has(spec.parent.upper()) else []:
        known = found.fields().names()
        if column not in known:
            raise BadRequest(
                tr("{name} = {column}: the layer {layer} has no such field").format(
                    name=name, column=column, layer=found.name()
                ),
                tr("it has {names}").format(names=", ".join(known)) if known else "",
            )
    return column


KINDS = {
    "vector_in": Kind(_build, _read),
    "vectors_in": Kind(_build_several, _read_several),
    "column": Kind(_build_column, _read_column),
}
