"""Colour ramps by name, also where QGIS's own list of them is not at hand."""

from __future__ import annotations

from qgis.core import QgsColorRamp, QgsGradientColorRamp, QgsGradientStop, QgsStyle
from qgis.PyQt.QtGui import QColor

#: for places on top of a map in Viridis or Magma, or of a photo: pinks that neither has where it is bright
PLACES = ("#ffe3f3", "#ff7cc8", "#f0149c", "#b4007d")
VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")


def named(name: str) -> QgsColorRamp:
    """The ramp that QGIS knows as *name*, Viridis where it knows none: a profile may lack them."""
    return QgsStyle.defaultStyle().colorRamp(name) or through([(i / 9, colour) for i, colour in enumerate(VIRIDIS)])


def through(stops: list[tuple[float, str]]) -> QgsGradientColorRamp:
    """A ramp through (place from 0 to 1, colour), in order, the first at 0 and the last at 1."""
    inner = [QgsGradientStop(place, QColor(colour)) for place, colour in stops[1:-1]]
    return QgsGradientColorRamp(QColor(stops[0][1]), QColor(stops[-1][1]), False, inner)
