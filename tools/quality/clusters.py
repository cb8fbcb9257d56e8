"""How well clusters found without labels agree with the true classes of drawn scenes: ``tools/quality.py clusters``."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import score

from . import encode, half_interval, mean, run, table, with_vit

CLUSTERS = 6


def main(arguments: list[str]) -> int:
    """Print a table in Markdown: adjusted Rand index, mean and 95 % interval over scenes."""
    parser = argparse.ArgumentParser(prog="quality.py clusters", description=__doc__)
    parser.add_argument(
        "--scenes", type=int, default=10, help="drawn scenes, seeds 1 to that many (default: %(default)s)"
    )
    parser.add_argument("--size", type=int, default=1024, help="pixels of a side (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=None, help="folder of real weights; without it, MOSAIKS only")
    given = parser.parse_args(arguments)
    found: dict[str, list[float]] = {}
    for seed in range(1, given.scenes + 1):
        with tempfile.TemporaryDirectory() as folder:
            for name, value in one_scene(Path(folder), seed, given.size, given.data).items():
                found.setdefault(name, []).append(value)
    rows = [(name, f"{mean(values):.3f} ± {half_interval(values):.3f}") for name, values in found.items()]
    print(table((f"k-means with {CLUSTERS} clusters on", "adjusted Rand index"), rows))
    return 0


def one_scene(folder: Path, seed: int, size: int, data: Path | None) -> dict[str, float]:
    """Adjusted Rand index by what was clustered, on one drawn scene."""
    import scene

    drawn = scene.write(scene.draw(size, seed), folder)
    sources = {
        "raw pixels": drawn["raster"],
        "mean and deviation of 8 × 8 pixels": window_statistics(drawn["raster"], folder / "windows.tif"),
        "MOSAIKS features": encode(drawn["raster"], folder / "mosaiks.tif"),
    }
    vit = with_vit(data)
    if vit:
        sources["features of a real ViT (Galileo-nano, 1 M parameters)"] = encode(
            drawn["raster"], folder / "vit.tif", **vit
        )
    found = {}
    for name, source in sources.items():
        output = str(folder / "clusters.tif")
        run("cluster_kmeans", input=source, output=output, clusters=CLUSTERS)
        found[name] = score.clusters(output, drawn["classes"])
    return found


def window_statistics(raster: str, output: Path, side: int = 8) -> str:
    """Write the mean and the deviation of every band in squares of *side* pixels, on the grid that MOSAIKS has."""
    import numpy as np
    import rasterio

    with rasterio.open(raster) as ds:
        rows, cols = ds.height // side, ds.width // side
        data = ds.read()[:, : rows * side, : cols * side].astype(np.float32)
        squares = data.reshape(ds.count, rows, side, cols, side)
        found = np.concatenate([squares.mean((2, 4)), squares.std((2, 4))])
        grid = ds.transform * rasterio.Affine.scale(side)
        about = {"driver": "GTiff", "dtype": "float32", "count": len(found), "height": rows, "width": cols}
        with rasterio.open(output, "w", crs=ds.crs, transform=grid, **about) as made:
            made.write(found)
    return str(output)
