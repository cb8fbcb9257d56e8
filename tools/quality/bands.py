"""How good maps are for each way from a raster's bands, or its heights, to an encoder of photos: ``tools/quality.py bands``.

Real scenes with labels, from the folder of real data. In each draw the labels come from half of the blocks of the ground, and the map is
tested on the other half; where there are only a few polygons, whole ones are drawn instead. All ways get the same draws. ± is half of
the 95 % interval of the mean over draws.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import encode, half_interval, mean, table, with_vit
from ._labels_cells import MOSAIKS, PIXELS, WINDOWS, Ground, _plain, _read, _some
from ._labels_draws import HEADS, judge, split
from ._labels_scenes import BLOCKS, P4, SOURCES, Scene

#: labels of a class
LABELS = (10, 50)
GIVEN, CHOSEN, COMPONENTS = "three bands", "by wavelength", "principal components"
#: name in the tables -> parameters of Encode
PHOTO_WAYS: dict[str, dict[str, Any]] = {
    f"ViT, {way}": {"fit_bands": way}
    for way in (CHOSEN, COMPONENTS, "weights repeated", "weights averaged", "weights by wavelength")
}
TERRAIN = ("as it is", "slope + hillshade + local relief", "slope + position + roughness")
S2 = (0.443, 0.49, 0.56, 0.665, 0.705, 0.74, 0.783, 0.842)
TM = (0.485, 0.56, 0.66, 0.83, 1.65, 2.215)


def _enmap() -> list[float]:
    """About the wavelengths of EnMAP's bands: two spectrometers, of 91 and 133 bands; the file tells none."""
    first = [0.4184 + 0.00485 * i + 0.0000171 * i * i for i in range(91)]
    return first + [0.9019 + 0.0117 * i for i in range(133)]


@dataclass(frozen=True)
class Kind:
    """A source of scenes and what is made of them.

    Attributes:
        key: of the source in ``_labels_scenes``.
        wavelengths: of all bands of its raster; empty for heights.
        elevation: number of the band of heights, 0 where there is none.
    """

    key: str
    wavelengths: Callable[[], Any]
    elevation: int = 0


KINDS = (
    Kind("clouds", lambda: TM),
    Kind("carolina", lambda: S2),
    Kind("enmap", _enmap),
    Kind("ecuador", lambda: (), 4),
)


def main(arguments: list[str]) -> int:
    """Print tables in Markdown."""
    parser = argparse.ArgumentParser(
        prog="quality.py bands", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of real rasters and weights")
    parser.add_argument("--draws", type=int, default=20, help="of the labels (default: %(default)s)")
    keys = [kind.key for kind in KINDS]
    parser.add_argument("--scenes", nargs="+", choices=keys, default=keys, help="only these")
    given = parser.parse_args(arguments)
    os.environ["LOKY_MAX_CPU_COUNT"] = "1"
    for kind in KINDS:
        if kind.key in given.scenes:
            source = next(one for one in SOURCES if one.key == kind.key)
            figures = _measured(kind, source, given.data, given.draws)
            print(f"{source.title}\n\n{_table(figures)}\n", flush=True)
    return 0


def _measured(kind: Kind, source: Any, data: Path, draws: int) -> dict[str, dict[int, list[float]]]:
    """Representation -> labels of a class -> balanced accuracy of each draw."""
    found: dict[str, dict[int, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        scene = next(iter(source.make(Path(folder), data)))
        ways = _terrain(kind, scene, data) if kind.elevation else _photo(kind, scene, data)
        own = _ground(scene, Path(folder), ways, source.whole, kind)
    for labels in LABELS:
        for draw in range(draws):
            parts = split(own, draw, labels)
            if parts is None:
                break
            for name, x in own.x.items():
                accuracy = judge(own, x, *parts, HEADS["logistic"], draw)[0]
                found.setdefault(name, {}).setdefault(labels, []).append(accuracy)
    return found


def _photo(kind: Kind, scene: Scene, data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Parameters of Encode for a scene of several bands."""
    import rasterio

    every = list(kind.wavelengths())
    with rasterio.open(scene.raster) as ds:
        bands = scene.bands or list(ds.indexes)
    waves = ", ".join(f"{every[band - 1]:.4f}" for band in bands)
    common = {"bands": bands, "wavelengths": waves, "enlarge": 8 / scene.side}
    yield MOSAIKS, common
    yield f"{MOSAIKS}, {COMPONENTS}", {**common, "fit_bands": COMPONENTS}
    vit = with_vit(data, P4)
    if vit:
        for name, way in PHOTO_WAYS.items():
            yield name, {**common, **vit, **way, "enlarge": 4 / scene.side}
    whole = data / "weights" / "galileo_nano_encoder.safetensors"
    if whole.is_file() and max(every) > 2:
        # its card is for ten bands of Sentinel-2, which hyperspectral images have
        wide = {**common, "wavelengths": ", ".join(f"{wave:.4f}" for wave in every), "bands": None}
        if len(every) > 100:
            full = _filled(scene.raster)
            wide = {**common, "bands": full, "wavelengths": ", ".join(f"{every[band - 1]:.4f}" for band in full)}
            card = {"encoder": "Galileo Sentinel-2 nano/4", "weights": str(whole), "fit_bands": CHOSEN}
            yield "Galileo, ten bands by wavelength", {**wide, **card, "enlarge": 4 / scene.side}


def _filled(raster: str) -> list[int]:
    """Bands that hold something."""
    import rasterio

    with rasterio.open(raster) as ds:
        return [band for band in ds.indexes if ds.read_masks(band).any()]


def _terrain(kind: Kind, scene: Scene, data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Parameters of Encode for a scene of heights."""
    for terrain in TERRAIN:
        common = {"bands": [kind.elevation], "terrain": terrain}
        yield f"cell means, {terrain}", {**common, "encoder": "bands", "enlarge": 8 / scene.side}
        yield f"window statistics, {terrain}", {**common, "encoder": "window statistics", "enlarge": 8 / scene.side}
        yield f"MOSAIKS, {terrain}", {**common, "enlarge": 8 / scene.side}
        vit = with_vit(data, P4)
        if vit:
            three = {"bands": [kind.elevation] * 3} if terrain == TERRAIN[0] else {}
            yield f"ViT, {terrain}", {**common, **three, **vit, "enlarge": 4 / scene.side}
    own = with_vit(data, scene.weights)
    if own:
        yield "ViT for elevation and slope", {"bands": scene.rgb, **own, "enlarge": 8 / scene.side}


def _ground(scene: Scene, folder: Path, ways: Any, whole: bool, kind: Kind) -> Ground:
    """Labelled cells in all representations."""
    import numpy as np

    features = {}
    for number, (name, given) in enumerate(ways):
        features[name] = _read(encode(scene.raster, folder / f"{number}.tif", threads=1, **given))
    rows, cols = (min(x.shape[axis] for x in features.values()) for axis in (1, 2))
    every: dict[str, Any] = {}
    if not kind.elevation:
        every[PIXELS], every[WINDOWS] = _plain(scene, rows, cols)
        rows, cols = every[PIXELS].shape[1:]
    every.update({name: x[:, :rows, :cols] for name, x in features.items()})
    labels = scene.label(rows, cols)
    good = labels.truth >= 0
    for x in every.values():
        good &= np.isfinite(x).all(0)
    row, col, weight = _some(good, labels.truth)
    taken = {name: x[:, row, col].T.astype(np.float32) for name, x in every.items()}
    side = max(rows, cols) / BLOCKS
    unit = labels.feature[row, col] if whole else (row // side).astype(int) * 1000 + (col // side).astype(int)
    return Ground(taken, labels.truth[row, col], unit, weight, whole)


def _table(figures: dict[str, dict[int, list[float]]]) -> str:
    """Balanced accuracy of each representation, and how much better it is than the plainest, draw by draw."""
    plainest = next(iter(figures))
    rows = []
    for name, by_labels in figures.items():
        told = [name]
        for labels in LABELS:
            values = by_labels.get(labels, [])
            told.append(f"{mean(values):.3f} ± {half_interval(values):.3f}" if values else "")
            apart = [a - b for a, b in zip(values, figures[plainest].get(labels, []))]
            told.append(f"{mean(apart):+.3f} ± {half_interval(apart):.3f}" if apart and name != plainest else "")
        rows.append(told)
    head = [part for labels in LABELS for part in (f"{labels} labels", f"less {plainest}")]
    return table(["learns from", *head], rows)
