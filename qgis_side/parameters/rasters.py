"""Rasters to read, and what is said about them: bands, a part, a coordinate reference system."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingParameterBand,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsRasterLayer,
)

from ...contract.errors import BadRaster, BadRequest
from ...contract.fields import Field
from ..words import tr
from .given import Given, Kind


def layer(given: Given, name: str) -> QgsRasterLayer:
    """The layer of a raster parameter, which is a file that GDAL reads.

    Raises:
        BadRaster: it can't be loaded, or it is no file.
    """
    return _of_gdal(
        given.algorithm.parameterAsRasterLayer(given.parameters, name, given.context), given.parameters.get(name)
    )


def layers(given: Given, name: str) -> list[QgsRasterLayer]:
    """The layers of a parameter that takes several rasters, in the order they were given.

    Raises:
        BadRaster: one of them can't be loaded, or is no file.
    """
    # one by one: parameterAsLayerList leaves out what it can't open
    return [
        _of_gdal(given.algorithm.parameterAsRasterLayer({name: one}, name, given.context), one)
        for one in given.several(name)
    ]


def name(given: Given, parameter: str) -> str:
    """The name of the raster, as the layer tree shows it; "" for a file in between two steps of a model."""
    found = layer(given, parameter)
    shown, path = str(found.name()), _source(found)
    between = path.startswith(QgsProcessingUtils.tempFolder()) and shown == os.path.splitext(os.path.basename(path))[0]
    return "" if between else shown


def names(given: Given, parameter: str) -> str:
    """The name of the first of several rasters, and how many more there are."""
    first, *rest = layers(given, parameter)
    return f"{first.name()} + {len(rest)}" if rest else str(first.name())


def _of_gdal(found: QgsMapLayer | None, value: Any) -> QgsRasterLayer:
    if found is None:
        raise BadRaster(tr("{value} can't be opened as a raster").format(value=value))
    memory = found.source().startswith(("MEM:", "/vsimem/"))
    if found.providerType() != "gdal" or memory:
        kind = "memory" if memory else found.providerType()
        raise BadRaster(
            tr("the layer {name} is no raster file but of type {kind}").format(name=found.name(), kind=kind),
            tr("save it as GeoTIFF first: right-click the layer, Export, Save As"),
        )
    return found


def _source(found: QgsRasterLayer) -> str:
    source = str(found.source())
    if "|" in source and not os.path.exists(source):  # QGIS hangs open options behind the path
        source = str(QgsProviderRegistry.instance().decodeUri("gdal", source).get("path") or source)
    return os.path.abspath(source) if os.path.exists(source) else source


def _build_one(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterRasterLayer(name, label, None, not spec.required)


def _read_one(given: Given, name: str, _spec: Field) -> str:
    return _source(layer(given, name))


def _build_several(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterMultipleLayers(
        name, label, QgsProcessing.SourceType.TypeRaster, None, not spec.required
    )


def _read_several(given: Given, name: str, _spec: Field) -> list[str]:
    return [_source(found) for found in layers(given, name)]


def _build_bands(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterBand(name, label, None, spec.parent.upper(), not spec.required, True)


def _read_bands(given: Given, name: str, spec: Field) -> list[int]:
    typed = given.parameters[name]
    # QGIS knows no ranges in what a script or qgis_process gives
    chosen = (
        spec.check(name, typed)
        if isinstance(typed, str)
        else [int(band) for band in given.algorithm.parameterAsInts(given.parameters, name, given.context)]
    )
    raster = layer(given, spec.parent.upper())
    wrong = [band for band in chosen if not 1 <= band <= raster.bandCount()]
    if wrong:
        raise BadRequest(
            tr("{name} = {bands}: there is no band {band}").format(
                name=name, bands=",".join(map(str, chosen)), band=wrong[0]
            ),
            tr("the raster {raster} has bands 1 to {count}").format(raster=raster.name(), count=raster.bandCount()),
        )
    return chosen


def _build_extent(name: str, label: str, spec: Field) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterExtent(name, label, None, not spec.required)


def _read_extent(given: Given, name: str, spec: Field) -> str:
    crs = layer(given, spec.parent.upper()).crs()
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


KINDS = {
    "raster_in": Kind(_build_one, _read_one),
    "rasters_in": Kind(_build_several, _read_several),
    "bands": Kind(_build_bands, _read_bands),
    "extent": Kind(_build_extent, _read_extent),
    "crs": Kind(_build_crs, _read_crs),
}
