"""How a result looks at first: a stretch that the engine has noted in its tags, or what suits the number of bands.

The tag is ``style`` in the metadata domain ``IAMAP``: ``{"bands": [1, 2, 3], "minimum": [...], "maximum": [...]}``, in feature
values, after scale and offset; QGIS stretches the same values.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsSingleBandGrayRenderer,
)

STRETCH = QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
PLAIN = QgsContrastEnhancement.ContrastEnhancementAlgorithm.NoEnhancement


@dataclass(frozen=True)
class Stretch:
    """Bands to show, counted from 1, each with the feature values that become dark and bright."""

    bands: tuple[int, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]


def apply(layer: QgsRasterLayer) -> None:
    """Style *layer*, a result of a job, from its tags or its bands."""
    stretch = read(layer.source())
    count = layer.bandCount()
    if stretch and max(stretch.bands) <= count:
        _stretched(layer, stretch)
    elif _is_picture(layer):
        _picture(layer)
    else:
        bands = (1, 2, 3) if count >= 3 else (1,)
        _show(layer, bands)
        layer.setContrastEnhancement(STRETCH, QgsRasterMinMaxOrigin.Limits.CumulativeCut)
    layer.triggerRepaint()


def read(path: str) -> Stretch | None:
    """Return the stretch noted in the tags of the raster *path*; None where there is none that makes sense."""
    from osgeo import gdal

    try:
        ds = gdal.OpenEx(path, gdal.OF_RASTER)  # None, or from GDAL 4 on a RuntimeError, where it can't be opened
        text = ds.GetMetadataItem("style", "IAMAP") if ds is not None else None
        noted = json.loads(text or "null")
        stretch = Stretch(*(tuple(noted[key]) for key in ("bands", "minimum", "maximum")))
        whole = all(isinstance(band, int) and band >= 1 for band in stretch.bands)
        finite = all(math.isfinite(value) for value in stretch.minimum + stretch.maximum)
    except (RuntimeError, ValueError, TypeError, KeyError):
        return None
    even = len(stretch.bands) == len(stretch.minimum) == len(stretch.maximum) > 0
    return stretch if whole and finite and even else None


def _is_picture(layer: QgsRasterLayer) -> bool:
    data = layer.dataProvider()
    return layer.bandCount() in (3, 4) and all(data.dataType(band) == Qgis.DataType.Byte for band in (1, 2, 3))


def _picture(layer: QgsRasterLayer) -> None:
    _show(layer, (1, 2, 3))
    if layer.bandCount() == 4:
        layer.renderer().setAlphaBand(4)
    layer.setContrastEnhancement(PLAIN)


def _stretched(layer: QgsRasterLayer, stretch: Stretch) -> None:
    bands = stretch.bands[:3] if len(stretch.bands) >= 3 else stretch.bands[:1]
    _show(layer, bands)
    made = []
    for band, low, high in zip(bands, stretch.minimum, stretch.maximum):
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
    # otherwise QGIS stretches anew when the layer is opened from a project or its properties are looked at
    origin = renderer.minMaxOrigin()
    origin.setLimits(QgsRasterMinMaxOrigin.Limits.None_)
    renderer.setMinMaxOrigin(origin)


def _show(layer: QgsRasterLayer, bands: tuple[int, ...]) -> None:
    data = layer.dataProvider()
    layer.setRenderer(
        QgsMultiBandColorRenderer(data, *bands) if len(bands) == 3 else QgsSingleBandGrayRenderer(data, bands[0])
    )
