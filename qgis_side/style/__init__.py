"""How a result looks at first: rasters by what the engine has noted in their tags, vector layers by their columns."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsRasterLayer, QgsVectorLayer

from . import rasters, vectors


def apply(layer: QgsMapLayer) -> None:
    """Style *layer*, a result of a job; one that says nothing about its looks keeps those that QGIS gave it."""
    if isinstance(layer, QgsRasterLayer):
        rasters.apply(layer)
    elif isinstance(layer, QgsVectorLayer):
        vectors.apply(layer)
