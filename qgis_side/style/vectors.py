"""The looks of a vector layer, from its columns.

``colour`` (``#rrggbb``) beside ``class`` or ``label``: each class in its colour. A number ``score``: from low to high in Viridis.
"""

from __future__ import annotations

import re
from typing import Any

from qgis.core import (
    NULL,
    QgsCategorizedSymbolRenderer,
    QgsClassificationEqualInterval,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsSymbol,
    QgsVectorLayer,
    QgsWkbTypes,
)

from . import ramps

#: steps of a score
STEPS = 5
THIN = {"outline_color": "#3c3c3c", "outline_width": "0.1"}
#: points lie on maps of the same colours as their own
RING = {"outline_color": "#ffffff", "outline_width": "0.4"}


def apply(layer: QgsVectorLayer) -> None:
    """Style *layer* from its columns; other layers, and tables, stay as QGIS has made them."""
    if not layer.isSpatial():
        return
    known = {field.name().lower(): field for field in layer.fields()}
    named = known.get("class") or known.get("label")
    if "colour" in known and named is not None:
        renderer = _classes(layer, named.name(), known["label"].name() if "label" in known else named.name())
    elif "score" in known and known["score"].isNumeric():
        renderer = _scores(layer, known["score"].name())
    else:
        renderer = None
    if renderer is not None:
        layer.setRenderer(renderer)
        layer.triggerRepaint()


def _classes(layer: QgsVectorLayer, named: str, label: str) -> QgsCategorizedSymbolRenderer | None:
    fields = layer.fields()
    wanted = [fields.lookupField(name) for name in (named, label, "colour")]
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes(wanted)
    found: dict[Any, tuple[Any, str]] = {}
    for feature in layer.getFeatures(request):
        value, text, colour = (feature.attribute(position) for position in wanted)
        if value not in (None, NULL) and re.fullmatch("#[0-9a-fA-F]{6}", str(colour)):
            found.setdefault(value, (colour, str(value) if text in (None, NULL) else str(text)))
    categories = [
        QgsRendererCategory(value, _symbol(layer, colour), text)
        for value, (colour, text) in sorted(found.items(), key=_in_order)
    ]
    return QgsCategorizedSymbolRenderer(named, categories) if categories else None


def _in_order(item: tuple[Any, Any]) -> list[tuple[bool, float, str]]:
    """Numbers within names count as numbers: cluster 2 comes before cluster 10."""
    parts = re.split(r"(\d+)", str(item[0]))
    return [(part.isdecimal(), float(part) if part.isdecimal() else 0.0, part) for part in parts]


def _scores(layer: QgsVectorLayer, name: str) -> QgsGraduatedSymbolRenderer | None:
    if not layer.featureCount():
        return None
    renderer = QgsGraduatedSymbolRenderer(name)
    renderer.setSourceSymbol(_symbol(layer, ramps.VIRIDIS[-1]))
    renderer.setSourceColorRamp(ramps.named("Viridis"))
    renderer.setClassificationMethod(QgsClassificationEqualInterval())
    renderer.updateClasses(layer, STEPS)
    return renderer


def _symbol(layer: QgsVectorLayer, colour: str) -> QgsSymbol:
    """A symbol of that colour with a thin outline."""
    kind = layer.geometryType()
    if kind == QgsWkbTypes.GeometryType.PolygonGeometry:
        return QgsFillSymbol.createSimple({"color": colour, **THIN})
    if kind == QgsWkbTypes.GeometryType.LineGeometry:
        return QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.5"})
    return QgsMarkerSymbol.createSimple({"name": "circle", "size": "3", "color": colour, **RING})
