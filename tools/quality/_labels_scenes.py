"""Scenes with labels: what was drawn, and what is in the folder of real data."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._labels_cells import Cells, majority, points

#: blocks along the longer side of a scene
BLOCKS = 6


@dataclass(frozen=True)
class Scene:
    """An image with labels.

    Attributes:
        raster: path.
        side: pixels along a cell.
        rgb: bands that the vision transformer sees, in its order; its weights are named by *weights*.
        label: (rows, cols) to the labels of the cells.
        window: pixels along the squares of the window statistics.
        bands: those of the raster that count; None for all.
    """

    raster: str
    side: int
    rgb: list[int]
    label: Callable[[int, int], Cells]
    weights: str = "galileo_nano_rgb_vit_p8.safetensors"
    window: int = 9
    bands: list[int] | None = None


@dataclass(frozen=True)
class Source:
    """Where scenes of one kind come from.

    Attributes:
        key: what ``--scenes`` calls it.
        title: in tables, with the classes.
        make: scenes; takes a folder to write into and that of the real data.
        real: it needs real data.
        whole: whole label features are held out, for there are few; otherwise blocks of the ground.
    """

    key: str
    title: str
    make: Callable[[Path, Path], Iterator[Scene]]
    real: bool = True
    whole: bool = field(default=False)


P4 = "galileo_nano_rgb_vit_p4.safetensors"


def _drawn(folder: Path, data: Path) -> Iterator[Scene]:
    import rasterio
    import scene

    for seed in range(1, 6):
        made = scene.write(scene.draw(1024, seed), folder / str(seed))
        with rasterio.open(made["classes"]) as ds:
            truth = ds.read(1).astype(int) - 1
        yield Scene(made["raster"], 8, [1, 2, 3], majority(truth, 8))


def _inside(raster: Path, layer: Path, side: int) -> Callable[[int, int], Cells]:
    """1 inside of any polygon, 0 elsewhere."""
    import geopandas
    import rasterio
    from rasterio.features import rasterize

    with rasterio.open(raster) as ds:
        shapes = geopandas.read_file(layer).to_crs(ds.crs).geometry
        return majority(rasterize(shapes, ds.shape, transform=ds.transform, dtype="int32"), side)


def _ggaba(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "rgb_buildings_ggaba"
    raster = own / "fair_oam_z21.tif"
    yield Scene(str(raster), 8, [1, 2, 3], _inside(raster, own / "ggaba_buildings.gpkg", 8))


def _everest(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "rgb_glaciers_everest"
    raster = own / "LE71400412000304SGS00_RGB.tif"
    yield Scene(str(raster), 4, [1, 2, 3], _inside(raster, own / "15_rgi60_glacier_outlines.gpkg", 4), P4)


def _clouds(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "ms_clouds_landsat7"
    truth = _classes(own / "ukis_landsat7_labels.tif", [0, 1, 3, 4])
    yield Scene(str(own / "ukis_landsat7_6band_toa.tif"), 4, [3, 2, 1], majority(truth, 4), P4)


def _enmap(folder: Path, data: Path) -> Iterator[Scene]:
    import rasterio

    own = data / "hsi_enmap_potsdam"
    raster = own / "enmap_potsdam_mosaic.tif"
    with rasterio.open(raster) as ds:
        # a fourth of them: neighbours are nearly the same
        bands = [band for band in ds.indexes if ds.read_masks(band).any()][::4]
    # soil has 91 pixels, too few for half of the blocks
    truth = _classes(own / "enmap_potsdam_labels.tif", [1, 2, 3, 4, 6])
    yield Scene(str(raster), 2, [46, 29, 14], majority(truth, 2), P4, bands=bands)


def _classes(path: Path, kept: list[int]) -> Any:
    """(rows, cols): rank of the value among *kept*, -1 for others."""
    import numpy as np
    import rasterio

    with rasterio.open(path) as ds:
        values = ds.read(1)
    rank = np.full(256, -1)
    rank[kept] = np.arange(len(kept))
    return rank[values]


def _carolina(folder: Path, data: Path) -> Iterator[Scene]:
    """Four bands in files of their own, on the ground of the polygons, each pixel doubled: polygons are a few pixels wide."""
    import geopandas
    import numpy as np
    import rasterio
    from rasterio.features import rasterize
    from rasterio.windows import from_bounds

    own = data / "ms_sentinel2_rcr"
    files = sorted(own.glob("*.tiff"))
    shapes = geopandas.read_file(own / "rcr_landcover.shp")
    # of one class there is one polygon, which can't be on both sides
    shapes = shapes[shapes.groupby("Classname")["Classname"].transform("size") > 1].reset_index(drop=True)
    with rasterio.open(files[0]) as ds:
        shapes = shapes.to_crs(ds.crs)
        left, low, right, top = shapes.total_bounds
        window = from_bounds(left, low, right, top, ds.transform).round_offsets().round_lengths()
        window = rasterio.windows.Window(
            window.col_off - 16, window.row_off - 16, window.width + 33, window.height + 33
        )
        grid, crs = ds.window_transform(window) * rasterio.Affine.scale(0.5), ds.crs
    bands = []
    for file in files:
        with rasterio.open(file) as ds:
            bands.append(ds.read(1, window=window).repeat(2, 0).repeat(2, 1))
    path = str(folder / "stack.tif")
    _write(path, np.stack(bands), crs=crs, transform=grid)
    inside = rasterize(
        [(shape, number + 1) for number, shape in enumerate(shapes.geometry)],
        bands[0].shape,
        transform=grid,
        dtype="int32",
    )
    codes = np.unique(shapes["Classname"], return_inverse=True)[1]
    truth = np.append(-1, codes)[inside]
    yield Scene(path, 2, [3, 2, 1], majority(truth, 2, inside), P4, window=19)


def _write(path: str, bands: Any, **about: Any) -> None:
    import rasterio

    count, rows, cols = bands.shape
    about = {"driver": "GTiff", "count": count, "height": rows, "width": cols, "dtype": bands.dtype.name, **about}
    with rasterio.open(path, "w", **about) as ds:
        ds.write(bands)


def _iamap(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "ms_iamap_congo"
    yield Scene(str(own / "test.tif"), 4, [3, 2, 1], points(own / "test.tif", own / "ml.shp", "Type", 4), P4)


def _ecuador(folder: Path, data: Path) -> Iterator[Scene]:
    own = data / "dem_landslides_ecuador"
    label = points(own / "ta.tif", own / "lsl_landslide_points.gpkg", "landslide", 4)
    # elevation and slope, which these weights are for
    yield Scene(str(own / "ta.tif"), 4, [4, 1], label, "galileo_nano_dem_vit_p8.safetensors")


def _towns(folder: Path, data: Path) -> Iterator[Scene]:
    """Twelve photographs of three towns in 2020, side by side; a cell has a tree, or none within 12 pixels of its middle."""
    import numpy as np
    import rasterio

    files = sorted((data / "rgb_trees_naip").glob("*_2020_*.tif"))
    images, trees = [], []
    for number, file in enumerate(files):
        with rasterio.open(file) as ds:
            images.append(ds.read())
        corner = np.array([number % 4, number // 4]) * 256
        with file.with_suffix(".csv").open(encoding="utf-8") as rows:
            trees += [corner + np.array([float(row["x"]), float(row["y"])]) for row in csv.DictReader(rows)]
    lines = [np.concatenate(images[start : start + 4], 2) for start in range(0, len(images), 4)]
    path = str(folder / "towns.tif")
    _write(path, np.concatenate(lines, 1), transform=rasterio.Affine(1, 0, 0, 0, -1, 0))
    yield Scene(path, 8, [1, 2, 3], _near(np.array(trees), 8, 12))


def _near(places: Any, side: int, away: float) -> Callable[[int, int], Cells]:
    import numpy as np
    from scipy.spatial import cKDTree

    def label(rows: int, cols: int) -> Cells:
        row, col = np.mgrid[:rows, :cols]
        middles = (np.stack([col, row], -1).reshape(-1, 2) + 0.5) * side
        far = cKDTree(places).query(middles)[0].reshape(rows, cols) > away
        truth = np.where(far, 0, -1)
        col, row = np.clip((places // side).astype(int), 0, [cols - 1, rows - 1]).T
        truth[row, col] = 1
        return Cells(truth, None)

    return label


def _florida(folder: Path, data: Path) -> Iterator[Scene]:
    """Boxes around crowns."""
    import numpy as np

    own = data / "rgb_trees_neon"
    truth = np.zeros((400, 400), int)
    with (own / "OSBS_029.csv").open(encoding="utf-8") as rows:
        for box in csv.DictReader(rows):
            left, top, right, low = (int(float(box[name])) for name in ("xmin", "ymin", "xmax", "ymax"))
            truth[top:low, left:right] = 1
    yield Scene(str(own / "OSBS_029.tif"), 8, [1, 2, 3], majority(truth, 8))


SOURCES = [
    Source("drawn", "five drawn scenes, 6 classes", _drawn, real=False),
    Source("ggaba", "Ggaba, drone: roof, other", _ggaba),
    Source("everest", "Everest, Landsat: glacier, other", _everest),
    Source("clouds", "Landsat 7: shadow, water, land, cloud", _clouds),
    Source("enmap", "Potsdam, EnMAP: 5 classes", _enmap),
    Source("ecuador", "Ecuador, relief: landslide or not", _ecuador),
    Source("towns", "Californian towns, NAIP: tree, other", _towns),
    Source("florida", "Florida, aerial photo: crown, other", _florida),
    Source("carolina", "Carolina coast, Sentinel-2: 5 classes", _carolina, whole=True),
    Source("iamap", "test scene of the original: forest, river", _iamap, whole=True),
]
