"""The looks of a vector layer, from its columns.

``colour`` (``#rrggbb``) beside ``guess``, ``class`` or ``label``: each class in its colour. A number ``score``: from pale to
dark pink, which is seen on the map that the places were found in. Polygons with a number ``outside``: hatched where it is not
0, the map below does not count there; ``label`` says why. Points with a number ``rank`` show it.
"""

from __future__ import annotations

import re
from typing import Any

from qgis.core import (
    NULL,
    QgsCategorizedSymbolRenderer,
    QgsClassificationEqualInterval,
    QgsFeatureRenderer,
    QgsFeatureRequest,
    QgsField,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsRendererCategory,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbol,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from ..words import tr
from . import ramps

#: steps of a score
STEPS = 5
THIN = {"outline_color": "#3c3c3c", "outline_width": "0.1"}
#: points lie on maps of the same colours as their own, light ones too: a white ring, and a dark one around that
RING = {"outline_color": "#ffffff", "outline_width": "0.4"}
EDGE = {"name": "circle", "size": "3.5", "color": "0,0,0,0", "outline_color": "#3c3c3c", "outline_width": "0.15"}
#: hatching lies on maps of any colours: dark lines with light ones below them, both by width in mm
HATCH = (("#b4ffffff", 0.8), ("#ff3c3c3c", 0.3))
#: polygons of a score: what lies below shows through
SCORE_OPACITY = 0.85
#: mm from line to line
HATCH_DISTANCE = 2.4


def apply(layer: QgsVectorLayer) -> None:
    """Style *layer* from its columns; other layers, and tables, stay as QGIS has made them."""
    if not layer.isSpatial():
        return
    known = {field.name().lower(): field for field in layer.fields()}
    renderer = _renderer(layer, known)
    if renderer is not None:
        layer.setRenderer(renderer)
    rank = known.get("rank")
    if rank is not None and rank.isNumeric() and layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry:
        layer.setLabeling(_numbers(rank.name()))
        layer.setLabelsEnabled(True)
    layer.triggerRepaint()


def _renderer(layer: QgsVectorLayer, known: dict[str, QgsField]) -> QgsFeatureRenderer | None:
    # where there is a guess, the class is empty until somebody fills it
    named = known.get("guess") or known.get("class") or known.get("label")
    score, outside = known.get("score"), known.get("outside")
    label = known["label"].name() if "label" in known else ""
    if "colour" in known and named is not None:
        return _classes(layer, named.name(), label or named.name())
    areas = layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
    if areas and outside is not None and outside.isNumeric():
        return _hatched(layer, outside.name(), label)
    return _scores(layer, score.name()) if score is not None and score.isNumeric() else None


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
    symbol = _symbol(layer, ramps.PLACES[-1])
    if layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry:
        symbol.setOpacity(SCORE_OPACITY)
    last = len(ramps.PLACES) - 1
    renderer.setSourceSymbol(symbol)
    renderer.setSourceColorRamp(ramps.through([(i / last, colour) for i, colour in enumerate(ramps.PLACES)]))
    renderer.setClassificationMethod(QgsClassificationEqualInterval())
    renderer.updateClasses(layer, STEPS)
    return renderer


def _hatched(layer: QgsVectorLayer, outside: str, label: str) -> QgsCategorizedSymbolRenderer:
    """Where *outside* is not 0, with an entry of the legend for each of its values; the rest is not drawn."""
    wanted = [layer.fields().lookupField(name) for name in (outside, label) if name]
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes(wanted)
    usual = tr("outside the area of applicability")
    found: dict[Any, str] = {}
    for feature in layer.getFeatures(request):
        value, *text = (feature.attribute(position) for position in wanted)
        if value not in (None, NULL) and value != 0:
            found.setdefault(value, str(text[0]) if text and text[0] not in (None, NULL, "") else usual)
    return QgsCategorizedSymbolRenderer(
        outside,
        [QgsRendererCategory(value, _hatching(), text) for value, text in sorted((found or {1: usual}).items())],
    )


def _hatching() -> QgsFillSymbol:
    """Slanting lines and an outline; what lies below is seen between them."""
    made = QgsFillSymbol()
    made.deleteSymbolLayer(0)
    for colour, width in HATCH:
        lines = QgsLinePatternFillSymbolLayer()
        lines.setLineAngle(45)
        lines.setDistance(HATCH_DISTANCE)
        # a list of layers given to the symbol is freed with Python's names for them (3.22)
        lines.setSubSymbol(QgsLineSymbol.createSimple({"line_color": colour, "line_width": str(width)}))
        made.appendSymbolLayer(lines)
        made.appendSymbolLayer(QgsSimpleLineSymbolLayer(QColor(colour), width))
    return made


def _numbers(rank: str) -> QgsVectorLayerSimpleLabeling:
    """The number of each point beside it, dark with a white rim."""
    rim = QgsTextBufferSettings()
    rim.setEnabled(True)
    rim.setSize(0.8)
    rim.setColor(QColor("#ffffff"))
    text = QgsTextFormat()
    text.setSize(8)
    text.setColor(QColor("#1e1e1e"))
    text.setBuffer(rim)
    settings = QgsPalLayerSettings()
    settings.fieldName, settings.dist = rank, 1.2
    settings.setFormat(text)
    return QgsVectorLayerSimpleLabeling(settings)


def _symbol(layer: QgsVectorLayer, colour: str) -> QgsSymbol:
    """A symbol of that colour with a thin outline."""
    kind = layer.geometryType()
    if kind == QgsWkbTypes.GeometryType.PolygonGeometry:
        return QgsFillSymbol.createSimple({"color": colour, **THIN})
    if kind == QgsWkbTypes.GeometryType.LineGeometry:
        return QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.5"})
    made = QgsMarkerSymbol.createSimple({"name": "circle", "size": "3", "color": colour, **RING})
    edge = QgsSimpleMarkerSymbolLayer.create(EDGE)
    edge.setLocked(True)  # ramps colour all layers of a symbol but locked ones
    made.appendSymbolLayer(edge)
    return made
