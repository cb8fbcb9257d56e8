"""How visible tile borders are: feature gradient across them over the gradient elsewhere, for each way of blending."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

#: (overlap in %, blending); the last but one is the default of Encode
WAYS = ((0, "none"), (25, "none"), (25, "central crop"), (25, "window"), (50, "window"))


def measure(folder: Path, data: Path) -> str:
    """Encode the rasters there are and return a table in Markdown; 1 means that borders are like anywhere else.

    What lies at the borders may happen to change more than what lies elsewhere: the same figure of the pixels' means on the
    cell grid, which know nothing of tiles, is told and divided by.
    """
    rows = []
    for name, raster, params in scenes(folder, data):
        for overlap, blending in WAYS:
            output = folder / "features.tif"
            request = {"input": str(raster), "output": str(output), "overlap": overlap, "blending": blending, **params}
            features, where = run(request), geometry(raster, request)
            seen, scenery = seam(features, **where), seam(pixels(raster, features.shape), **where)
            rows.append((name, f"{overlap} %", blending, f"{seen:.3f}", f"{scenery:.3f}", f"{seen / scenery:.3f}"))
    head = ("raster and encoder", "overlap", "blending", "border over elsewhere", "of the pixels", "ratio")
    lines = [head, tuple("-" * len(word) for word in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def scenes(folder: Path, data: Path) -> list[tuple[str, Path, dict[str, Any]]]:
    """(name, raster, parameters of Encode) of what can be measured here."""
    import scene

    found: list[tuple[str, Path, dict[str, Any]]] = []
    weights = data / "weights" / "galileo_nano_rgb_vit_p8.safetensors"
    galileo = {"encoder": "timm model by name", "weights": str(weights), "normalisation": "raster"}
    drawn = Path(scene.write(scene.draw(1024), folder)["raster"])
    photo = data / "rgb_buildings_ggaba"
    photos = sorted(photo.glob("*.tif")) if photo.is_dir() else []
    rasters = [("drawn scene", drawn), *([("drone photo (Ggaba)", photos[0])] if photos else [])]
    for name, raster in rasters:
        found.append((f"{name}, MOSAIKS", raster, {"encoder": "MOSAIKS"}))
        if weights.is_file():
            found.append((f"{name}, Galileo-nano ViT/8", raster, galileo))
    return found


def run(request: dict[str, Any]) -> np.ndarray:
    """Encode and return (features, rows, cols) float32, every feature with a deviation of 1."""
    import rasterio
    from iamap.algorithms import jobs
    from iamap.worker.context import RunContext

    jobs()["encode"].make({**request, "resume": False}).run(RunContext(lambda *_: None))
    with rasterio.open(request["output"]) as ds:
        features = ds.read()
    spread = np.nanstd(features, axis=(1, 2), keepdims=True)
    return np.asarray(features / np.where(spread > 0, spread, 1))


def pixels(raster: Path, shape: tuple[int, ...]) -> np.ndarray:
    """(bands, rows, cols) float32: means of the raster's pixels on the grid of its features, every band with a deviation of 1."""
    import rasterio
    from rasterio.enums import Resampling

    with rasterio.open(raster) as ds:
        means = ds.read((1, 2, 3), out_shape=(3, *shape[1:]), resampling=Resampling.average).astype(np.float32)
    return means / means.std(axis=(1, 2), keepdims=True)


def geometry(raster: Path, request: dict[str, Any]) -> dict[str, list[int]]:
    """Columns and rows between which a tile begins, ends, or hands over to the next; as Encode has planned them."""
    import json

    import rasterio
    from iamap.engine.plan import make_plan

    with rasterio.open(raster) as ds, rasterio.open(request["output"]) as made:
        tags = made.tags(ns="IAMAP")
        width, height = ds.width, ds.height
        tile, patch = int(json.loads(tags["tile"])), round(float(tags["cell"]))
    plan = make_plan(
        width, height, tile=tile, patch=patch, overlap=request["overlap"] / 100, blending=request["blending"]
    )
    return {"rows": borders(plan.rows), "cols": borders(plan.cols)}


def borders(axis: Any) -> list[int]:
    """Cells at which the tiles that share a cell, or the one that has the most of it, are others than in the cell before."""
    share = np.zeros((len(axis.starts), axis.total + axis.per_tile), np.float32)
    for i, start in enumerate(axis.starts):
        share[i, start : start + axis.per_tile] = axis.weights[i]
    share = share[:, axis.first : axis.stop]
    sets, most = share > 0, share.argmax(0)
    changes = (sets[:, 1:] != sets[:, :-1]).any(0) | (most[1:] != most[:-1])
    return [int(i) + 1 for i in np.flatnonzero(changes)]


def seam(features: np.ndarray, rows: list[int], cols: list[int]) -> float:
    """Mean squared step across borders over that elsewhere; features (dim, rows, cols) of deviation 1."""
    energy: dict[bool, list[float]] = {True: [], False: []}
    for axis, places in ((1, set(rows)), (2, set(cols))):
        step = np.nanmean(np.diff(features, axis=axis) ** 2, axis=(0, 3 - axis))
        for i, value in enumerate(step):
            energy[i + 1 in places].append(float(value))
    return float(np.mean(energy[True]) / np.mean(energy[False])) if energy[True] else float("nan")
