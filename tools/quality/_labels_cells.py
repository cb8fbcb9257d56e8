"""Cells of labelled scenes: what is known of them, and what they look like in each representation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import encode, with_vit

if TYPE_CHECKING:
    from ._labels_scenes import Scene

#: cells of a class that are kept of a scene
MOST = 6000
PIXELS, WINDOWS, MOSAIKS, VIT = "raw pixels", "window statistics", "MOSAIKS", "ViT"
PLUS = " + pixels + windows"


@dataclass(frozen=True)
class Cells:
    """Labels.

    Attributes:
        truth: (rows, cols) class from 0, -1 where none is known.
        feature: (rows, cols) the label feature; None where all ground is labelled.
    """

    truth: Any
    feature: Any


@dataclass(frozen=True)
class Ground:
    """Labelled cells of a scene.

    Attributes:
        x: representation -> (n, bands) float32.
        y: (n,) class.
        unit: (n,) block or label feature: what is held out together.
        weight: (n,) how many cells of the scene each stands for.
        whole: units are label features, and each class is halved by itself.
    """

    x: dict[str, Any]
    y: Any
    unit: Any
    weight: Any
    whole: bool


def majority(truth: Any, side: int, feature: Any = None) -> Callable[[int, int], Cells]:
    """The class (and feature) that has more than half of a cell, from (rows, cols) of pixels."""

    def label(rows: int, cols: int) -> Cells:
        found = _most(truth, side, rows, cols)
        return Cells(found, None if feature is None else _most(feature, side, rows, cols))

    return label


def _most(values: Any, side: int, rows: int, cols: int) -> Any:
    import numpy as np

    squares = values[: rows * side, : cols * side].reshape(rows, side, cols, side)
    found = np.full((rows, cols), -1)
    for value in np.unique(values[values >= 0]):
        found[(squares == value).mean((1, 3)) > 0.5] = value
    return found


def points(raster: Path, layer: Path, column: str, side: int) -> Callable[[int, int], Cells]:
    """The cells in which points lie."""
    import geopandas
    import numpy as np
    import rasterio

    with rasterio.open(raster) as ds:
        found = geopandas.read_file(layer).to_crs(ds.crs)
        col, row = np.array(~ds.transform * (found.geometry.x.to_numpy(), found.geometry.y.to_numpy())) // side
    codes = np.unique(found[column].astype(str), return_inverse=True)[1]

    def label(rows: int, cols: int) -> Cells:
        truth, feature = np.full((rows, cols), -1), np.full((rows, cols), -1)
        within = (row >= 0) & (col >= 0) & (row < rows) & (col < cols)
        at = row[within].astype(int), col[within].astype(int)
        truth[at], feature[at] = codes[within], np.flatnonzero(within)
        return Cells(truth, feature)

    return label


def ground(scene: Scene, folder: Path, data: Path | None, whole: bool, blocks: int) -> Ground:
    """Encode a scene and take its labelled cells, no more than MOST of a class.

    Args:
        folder: to write into.
        blocks: along the longer side.
    """
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {"threads": 1}
    made = {}
    bands = {"bands": scene.bands} if scene.bands else {}
    made[MOSAIKS] = encode(scene.raster, folder / "mosaiks.tif", enlarge=8 / scene.side, **given, **bands)
    vit = with_vit(data, scene.weights)
    if vit:
        patch = 4 if "_p4" in scene.weights else 8
        given.update(vit, bands=scene.rgb, enlarge=patch / scene.side)
        made[VIT] = encode(scene.raster, folder / "vit.tif", **given)
    features = {name: _read(path) for name, path in made.items()}
    rows, cols = (min(x.shape[axis] for x in features.values()) for axis in (1, 2))
    pixels, windows = _plain(scene, rows, cols)
    rows, cols = pixels.shape[1:]
    every = {PIXELS: pixels, WINDOWS: windows, **{name: x[:, :rows, :cols] for name, x in features.items()}}
    labels = scene.label(rows, cols)
    good = labels.truth >= 0
    for x in every.values():
        good &= np.isfinite(x).all(0)
    row, col, weight = _some(good, labels.truth)
    taken = {name: x[:, row, col].T.astype(np.float32) for name, x in every.items()}
    for name in features:
        taken[name + PLUS] = np.concatenate([taken[name], taken[PIXELS], taken[WINDOWS]], 1)
    side = max(rows, cols) / blocks
    unit = labels.feature[row, col] if whole else (row // side).astype(int) * 1000 + (col // side).astype(int)
    return Ground(taken, labels.truth[row, col], unit, weight, whole)


def _some(good: Any, truth: Any) -> tuple[Any, Any, Any]:
    """Rows and columns of cells, no more than MOST of a class, and how many of the good ones each stands for."""
    import numpy as np

    rng = np.random.default_rng(0)
    parts = []
    for value in np.unique(truth[good]):
        row, col = np.nonzero(good & (truth == value))
        kept = np.sort(rng.permutation(len(row))[:MOST])
        parts.append((row[kept], col[kept], np.full(len(kept), len(row) / len(kept))))
    row, col, weight = (np.concatenate(part) for part in zip(*parts))
    return row, col, weight


def _read(path: str) -> Any:
    """(bands, rows, cols), NaN for nodata."""
    import numpy as np
    import rasterio

    with rasterio.open(path) as ds:
        return ds.read(masked=True).astype(np.float32).filled(np.nan)


def _plain(scene: Scene, rows: int, cols: int) -> tuple[Any, Any]:
    """(bands, rows, cols) means of the pixels of whole cells, and means and deviations in windows around their middles."""
    import numpy as np
    import rasterio
    from scipy.ndimage import uniform_filter

    with rasterio.open(scene.raster) as ds:
        image = ds.read(scene.bands or list(ds.indexes), masked=True).astype(np.float64).filled(np.nan)
    side = scene.side
    rows, cols = min(rows, image.shape[1] // side), min(cols, image.shape[2] // side)
    squares = image[:, : rows * side, : cols * side].reshape(len(image), rows, side, cols, side)
    known = np.isfinite(squares)
    with np.errstate(invalid="ignore"):
        pixels = np.where(known, squares, 0).sum((2, 4)) / known.sum((2, 4))
    found = []
    for band in image:
        good = np.isfinite(band)
        middle = band[good].mean() if good.any() else 0
        parts = [uniform_filter(part, scene.window, mode="constant") for part in
                 (good.astype(float), np.where(good, band - middle, 0), np.where(good, band - middle, 0) ** 2)]  # fmt: skip
        share, mean, square = (part[side // 2 :: side, side // 2 :: side][:rows, :cols] for part in parts)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean, square = mean / share, square / share
        found += [mean + middle, np.sqrt(np.maximum(square - mean**2, 0))]
    return pixels, np.stack(found)
