"""Images whose every pixel has a class: drawn, and from the folder of real data."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import VIT
from ._labels_scenes import P4, _classes, _write


@dataclass(frozen=True)
class Scene:
    """An image and its truth.

    Attributes:
        raster: path.
        truth: (rows, cols) int: class from 0, -1 where none is known.
        rgb: bands for the vision transformer, whose weights are called *weights*.
        patch: pixels along a cell of that transformer.
    """

    raster: str
    truth: Any
    rgb: list[int]
    weights: str = VIT
    patch: int = 8


@dataclass(frozen=True)
class Source:
    """Scenes of one kind: their title, and what makes them, given a folder to write into and that of the real data."""

    title: str
    make: Callable[[Path, Path], Iterator[Scene]]
    real: bool = True


def _drawn(folder: Path, data: Path) -> Iterator[Scene]:
    import rasterio
    import scene

    for seed in (1, 2, 3):
        made = scene.write(scene.draw(512, seed), folder / str(seed))
        with rasterio.open(made["classes"]) as ds:
            truth = ds.read(1).astype(int) - 1
        yield Scene(made["raster"], truth, [1, 2, 3])


def _inside(raster: str, layer: Path) -> Any:
    import geopandas
    import rasterio
    from rasterio.features import rasterize

    with rasterio.open(raster) as ds:
        shapes = geopandas.read_file(layer).to_crs(ds.crs).geometry
        return rasterize(shapes, ds.shape, transform=ds.transform, dtype="int32")


def _ggaba(folder: Path, data: Path) -> Iterator[Scene]:
    """The middle of the drone image."""
    import rasterio
    from rasterio.windows import Window

    own, window = data / "rgb_buildings_ggaba", Window(1024, 640, 1024, 768)
    with rasterio.open(own / "fair_oam_z21.tif") as ds:
        bands, grid, crs = ds.read(window=window), ds.window_transform(window), ds.crs
    path = str(folder / "ggaba.tif")
    _write(path, bands, crs=crs, transform=grid)
    yield Scene(path, _inside(path, own / "ggaba_buildings.gpkg"), [1, 2, 3])


def _everest(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "rgb_glaciers_everest"
    raster = str(own / "LE71400412000304SGS00_RGB.tif")
    yield Scene(raster, _inside(raster, own / "15_rgi60_glacier_outlines.gpkg"), [1, 2, 3], P4, 4)


def _clouds(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "ms_clouds_landsat7"
    truth = _classes(own / "ukis_landsat7_labels.tif", [0, 1, 3, 4])
    yield Scene(str(own / "ukis_landsat7_6band_toa.tif"), truth, [3, 2, 1], P4, 4)


def _florida(folder: Path, data: Path) -> Iterator[Scene]:
    """Boxes around crowns. White is declared to be nodata in this image, which it is not."""
    import numpy as np
    import rasterio

    own = data / "rgb_trees_neon"
    truth = np.zeros((400, 400), int)
    with (own / "OSBS_029.csv").open(encoding="utf-8") as rows:
        for box in csv.DictReader(rows):
            left, top, right, low = (int(float(box[name])) for name in ("xmin", "ymin", "xmax", "ymax"))
            truth[top:low, left:right] = 1
    path = str(folder / "florida.tif")
    with rasterio.open(own / "OSBS_029.tif") as ds:
        _write(path, ds.read(), crs=ds.crs, transform=ds.transform)
    yield Scene(path, truth, [1, 2, 3])


SOURCES = {
    "drawn": Source("three drawn scenes, 6 classes", _drawn, real=False),
    "ggaba": Source("Ggaba, drone, 7.5 cm: roof, other", _ggaba),
    "everest": Source("Everest, Landsat, 30 m: glacier, other", _everest),
    "clouds": Source("Landsat 7, 30 m: shadow, water, land, cloud", _clouds),
    "florida": Source("Florida, aerial photo, 10 cm: crown (boxes), other", _florida),
}
