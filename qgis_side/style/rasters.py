"""The looks of a raster: what the engine has noted in its tags, or what suits the number of bands."""

from __future__ import annotations

from qgis.core import (
    Qgis,
    QgsColorRampLegendNodeSettings,
    QgsColorRampShader,
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsRasterShader,
    QgsSingleBandGrayRenderer,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from . import ramps
from .tag import Categories, Ramp, Stretch, read

STRETCH = QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
PLAIN = QgsContrastEnhancement.ContrastEnhancementAlgorithm.NoEnhancement


def apply(layer: QgsRasterLayer) -> None:
    """Style *layer* from its tags or its bands."""
    look = read(layer.source())
    count = layer.bandCount()
    if look is not None and max(look.bands) > count:
        look = None
    if isinstance(look, Stretch):
        _stretched(layer, look)
    elif isinstance(look, Categories):
        _categorised(layer, look)
    elif isinstance(look, Ramp):
        _coloured(layer, look)
    elif _is_picture(layer):
        _picture(layer)
    else:
        bands = (1, 2, 3) if count >= 3 else (1,)
        _show(layer, bands)
        layer.setContrastEnhancement(STRETCH, QgsRasterMinMaxOrigin.Limits.CumulativeCut)
    layer.triggerRepaint()


def _is_picture(layer: QgsRasterLayer) -> bool:
    data = layer.dataProvider()
    return layer.bandCount() in (3, 4) and all(data.dataType(band) == Qgis.DataType.Byte for band in (1, 2, 3))


def _picture(layer: QgsRasterLayer) -> None:
    _show(layer, (1, 2, 3))
    if layer.bandCount() == 4:
        layer.renderer().setAlphaBand(4)
    layer.setContrastEnhancement(PLAIN)


def _categorised(layer: QgsRasterLayer, look: Categories) -> None:
    classes = [
        QgsPalettedRasterRenderer.Class(_whole(entry.value), QColor(entry.colour), entry.label or f"{entry.value:g}")
        for entry in look.entries
    ]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), look.bands[0], classes))


def _coloured(layer: QgsRasterLayer, look: Ramp) -> None:
    low, high = look.minimum, look.maximum if look.maximum > look.minimum else look.minimum + 1.0
    between = QgsColorRampShader(low, high, None, QgsColorRampShader.Type.Interpolated)
    if look.stops:
        span = (look.stops[-1].value - look.stops[0].value) or 1.0
        places = [((stop.value - look.stops[0].value) / span, stop.colour) for stop in look.stops]
        between.setSourceColorRamp(ramps.through(places))
        between.setColorRampItemList(
            [
                QgsColorRampShader.ColorRampItem(stop.value, QColor(stop.colour), stop.label or f"{stop.value:g}")
                for stop in look.stops
            ]
        )
    else:
        between.setSourceColorRamp(ramps.named(look.name))
        between.classifyColorRamp()
    if any(stop.label for stop in look.stops):
        # a bar of colours would show the numbers at its ends only
        settings = QgsColorRampLegendNodeSettings(between.legendSettings())
        settings.setUseContinuousLegend(False)
        between.setLegendSettings(settings)
    shader = QgsRasterShader(low, high)
    shader.setRasterShaderFunction(between)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), look.bands[0], shader)
    renderer.setClassificationMin(low)
    renderer.setClassificationMax(high)
    layer.setRenderer(renderer)
    _keep_limits(layer)


def _stretched(layer: QgsRasterLayer, look: Stretch) -> None:
    bands = look.bands[:3] if len(look.bands) >= 3 else look.bands[:1]
    _show(layer, bands)
    made = []
    for band, low, high in zip(bands, look.minimum, look.maximum):
        enhancement = QgsContrastEnhancement(layer.dataProvider().dataType(band))
        enhancement.setContrastEnhancementAlgorithm(STRETCH, False)
        enhancement.setMinimumValue(low, False)
        enhancement.setMaximumValue(high if high > low else low + 1.0, True)
        made.append(enhancement)
    renderer = layer.renderer()
    if len(made) == 3:
        renderer.setRedContrastEnhancement(made[0])
        renderer.setGreenContrastEnhancement(made[1])
        renderer.setBlueContrastEnhancement(made[2])
    else:
        renderer.setContrastEnhancement(made[0])
    _keep_limits(layer)


def _keep_limits(layer: QgsRasterLayer) -> None:
    """Otherwise QGIS stretches anew when the layer is opened from a project or its properties are looked at."""
    renderer = layer.renderer()
    origin = renderer.minMaxOrigin()
    origin.setLimits(QgsRasterMinMaxOrigin.Limits.None_)
    renderer.setMinMaxOrigin(origin)


def _show(layer: QgsRasterLayer, bands: tuple[int, ...]) -> None:
    data = layer.dataProvider()
    layer.setRenderer(
        QgsMultiBandColorRenderer(data, *bands) if len(bands) == 3 else QgsSingleBandGrayRenderer(data, bands[0])
    )


def _whole(value: float) -> float:
    """An int where *value* is one: early QGIS takes no other."""
    return int(value) if value == int(value) else value
