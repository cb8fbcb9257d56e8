"""Make PNGs of rasters, to look at without QGIS: ``python paint.py FOLDER NAME=RASTER …`` in the engine's Python.

Each raster becomes FOLDER/NAME.png, and all of them together, left to right, FOLDER/side_by_side.png.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

#: pixels of the longer side
LONGEST = 1024


def read(path: str, longest: int = LONGEST) -> Any:
    """Read the first three bands (or one, three times) as (3, rows, cols) uint8, stretched unless they are 8-bit.

    Classes have the colours of their legend. Rasters smaller than *longest* are enlarged, larger ones reduced; nodata is black.
    """
    import numpy as np
    import rasterio
    from rasterio.enums import Resampling

    with rasterio.open(path) as ds:
        colours = _legend(ds)
        scale = longest / max(ds.width, ds.height)
        rows, cols = max(1, round(ds.height * scale)), max(1, round(ds.width * scale))
        method = Resampling.average if scale < 1 and not colours else Resampling.nearest
        numbers = [1, 2, 3] if ds.count >= 3 else [1, 1, 1]
        values = ds.read(numbers, out_shape=(3, rows, cols), resampling=method, masked=True)
    if colours:
        table = np.zeros((65_536, 3), np.uint8)
        for value, colour in colours.items():
            table[value] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        return np.where(np.ma.getmaskarray(values[:1]), 0, np.moveaxis(table[values.data[0]], 2, 0))
    if values.dtype == np.uint8:
        return values.filled(0)
    known = np.ma.masked_invalid(values.astype(np.float64))
    image = np.zeros(values.shape, np.uint8)
    for k, band in enumerate(known):
        if band.count():
            low, high = np.percentile(band.compressed(), (2, 98))
            image[k] = np.clip((band - low) / max(high - low, 1e-12) * 255, 0, 255).filled(0).astype(np.uint8)
    return image


def _legend(ds: Any) -> dict[int, str]:
    """Colours of the classes of a map that IAMAP made; empty for other rasters."""
    style = json.loads(ds.tags(ns="IAMAP").get("style", "{}"))
    return {int(one["value"]): str(one["colour"]) for one in style.get("categories", [])}


def write(image: Any, path: Path) -> None:
    """Write (3, rows, cols) uint8 as a PNG."""
    import warnings

    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="PNG", count=3, height=image.shape[1], width=image.shape[2], dtype="uint8"
        ) as ds:
            ds.write(image)


def main(folder: str, *named: str) -> None:
    """Paint every NAME=RASTER and all side by side; print the paths as one line of JSON."""
    import numpy as np

    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    images = {name: read(path) for name, _, path in (pair.partition("=") for pair in named)}
    paths = {name: into / f"{name}.png" for name in images}
    for name, image in images.items():
        write(image, paths[name])
    tallest = max(image.shape[1] for image in images.values())
    # a light gap between pictures, and below those that are less tall
    gap = np.full((3, tallest, 12), 255, np.uint8)
    pieces = [np.pad(i, ((0, 0), (0, tallest - i.shape[1]), (0, 0)), constant_values=255) for i in images.values()]
    paths["side_by_side"] = into / "side_by_side.png"
    write(np.concatenate([part for piece in pieces for part in (piece, gap)][:-1], axis=2), paths["side_by_side"])
    print(json.dumps({name: str(path) for name, path in paths.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
