"""Write a scene: photograph and class map as GeoTIFF, labelled points as GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.transform import Affine

from . import CLASSES, CRS, Scene

COLOURS = {
    1: (222, 190, 110),
    2: (150, 190, 100),
    3: (40, 100, 50),
    4: (60, 110, 200),
    5: (110, 110, 110),
    6: (200, 70, 50),
}


def write(scene: Scene, folder: Any, name: str = "scene") -> dict[str, str]:
    """Write ``NAME.tif``, ``NAME_classes.tif`` and ``NAME_points.geojson`` into *folder*, which is made if missing.

    The points are in the raster's CRS, named by the ``crs`` member that GDAL and QGIS read; their properties are
    ``id``, ``class`` (a number) and ``name``.

    Returns:
        Paths by what they are: raster, classes, points.
    """
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    paths = {
        "raster": into / f"{name}.tif",
        "classes": into / f"{name}_classes.tif",
        "points": into / f"{name}_points.geojson",
    }
    _write_raster(paths["raster"], scene.image, scene)
    _write_raster(paths["classes"], scene.classes[None], scene)
    features = [
        {
            "type": "Feature",
            "properties": {"id": k, "class": point.label, "name": CLASSES[point.label]},
            "geometry": {"type": "Point", "coordinates": [round(point.x, 3), round(point.y, 3)]},
        }
        for k, point in enumerate(scene.points, 1)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:" + CRS.replace(":", "::")}}
    about = {"type": "FeatureCollection", "name": f"{name}_points", "crs": crs, "features": features}
    paths["points"].write_text(json.dumps(about, indent=0), encoding="utf-8")
    return {what: str(path) for what, path in paths.items()}


def _write_raster(path: Path, bands: NDArray[np.uint8], scene: Scene) -> None:
    count, rows, cols = bands.shape
    layout: dict[str, Any] = {"tiled": True, "blockxsize": 256, "blockysize": 256} if min(rows, cols) >= 256 else {}
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=count, dtype="uint8", crs=CRS,
        transform=Affine(*scene.geotransform), compress="deflate", predictor=2 if count == 3 else 1,
        photometric="rgb" if count == 3 else "palette", **layout,
    ) as ds:  # fmt: skip
        ds.write(bands)
        if count == 3:
            ds.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        else:
            ds.write_colormap(1, COLOURS)
            ds.update_tags(1, **{str(value): label for value, label in CLASSES.items()})
