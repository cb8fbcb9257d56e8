"""How well changes between two dates are found, in drawn scenes and in real ones: ``tools/quality.py change``."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from . import encode, table
from ._change_real import CORRECTIONS, GALILEO, VIT, real
from ._change_weights import weightings
from ._changes import average_precision, changed_share, compare
from .clusters import window_statistics

#: side of what is planted, in pixels, and how many a scene of a million pixels gets
PATCH, PATCHES = 64, 18


def main(arguments: list[str]) -> int:
    """Print tables in Markdown."""
    parser = argparse.ArgumentParser(prog="quality.py change", description=__doc__)
    parser.add_argument(
        "--scenes", type=int, default=4, help="drawn scenes, seeds 1 to that many (default: %(default)s)"
    )
    parser.add_argument("--size", type=int, default=1024, help="pixels of a side (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=None, help="folder of real rasters and weights")
    given = parser.parse_args(arguments)
    precision: dict[tuple[str, str], list[list[float]]] = {}
    weighting: dict[str, list[list[float]]] = {}
    cuts: dict[tuple[str, str], list[list[float]]] = {}
    for seed in range(1, given.scenes + 1):
        with tempfile.TemporaryDirectory() as folder:
            dates = draw(Path(folder), seed, given.size)
            for features, pairs in encoded(Path(folder), dates, given.data).items():
                for what, (before, after) in pairs.items():
                    truth = changed_share(dates[f"truth of {what}"], before) >= 0.5
                    found = [compare(Path(folder), before, after, correction=one) for one in CORRECTIONS]
                    add(cuts, (what, features), list(cut(found[-1], truth)))
                    if what != "nothing":
                        add(precision, (what, features), [average_precision(truth, one) for one in found])
                if "constants" in features:
                    for name, row in weightings(*pairs["planted"], dates).items():
                        add(weighting, name, row)
    print_scenes(precision, weighting, cuts)
    if given.data:
        real(given.data)
    return 0


def add(rows: dict[Any, list[list[float]]], name: Any, values: list[float]) -> None:
    """Remember the figures of one scene."""
    rows.setdefault(name, []).append(values)


def print_scenes(
    precision: dict[tuple[str, str], list[list[float]]], weighting: dict[str, list[list[float]]], cuts: dict[tuple[str, str], list[list[float]]]
) -> None:  # fmt: skip
    """Print means over scenes."""
    print(
        table(("what changed", "features", *CORRECTIONS), [(*name, *means(rows)) for name, rows in precision.items()])
        + "\n"
    )
    if weighting:
        columns = (
            "cells that count for the correction",
            "planted",
            "70 % of the forest became field besides",
            "haze over a third besides",
        )
        print(table(columns, [(name, *means(rows)) for name, rows in weighting.items()]) + "\n")
    columns = ("what changed", "features", "share in truth", "Otsu's threshold", "share above the threshold used", "F1", "best F1 of any threshold")  # fmt: skip
    print(table(columns, [(*name, *means(rows)) for name, rows in cuts.items()]) + "\n")


def means(rows: list[list[float]]) -> list[str]:
    """The mean of every column."""
    return [f"{sum(column) / len(column):.3f}" for column in zip(*rows)]


def draw(folder: Path, seed: int, size: int) -> dict[str, str]:
    """Write the first date, and in another light the first again, the first with patches from elsewhere, and the second."""
    import numpy as np
    import scene

    first, second = scene.draw(size, seed), scene.draw(size, seed, date=2)
    rng = np.random.default_rng(seed)
    image, classes = first.image.astype(np.float64), first.classes.copy()
    for _ in range(round(PATCHES * (size / 1024) ** 2)):
        to_row, to_col, row, col = rng.integers(0, size - PATCH, 4)
        there, here = (
            (slice(to_row, to_row + PATCH), slice(to_col, to_col + PATCH)),
            (slice(row, row + PATCH), slice(col, col + PATCH)),
        )
        image[(slice(None), *there)] = first.image[(slice(None), *here)]
        classes[there] = first.classes[here]
    image += rng.normal(size=image.shape) * 3
    found = {"first": scene.write(first, folder, "first")["raster"]}
    calm = first.image + rng.normal(size=image.shape) * 3
    dates = (
        ("nothing", calm, first.classes),
        ("planted", image, classes),
        ("second date", second.image, second.classes),
    )
    for name, pixels, now in dates:
        found[name] = like(found["first"], folder / f"{name}.tif", light(pixels))
        found[f"truth of {name}"] = like(found["first"], folder / f"{name}_truth.tif", (now != first.classes)[None])
    found["classes"] = like(found["first"], folder / "classes.tif", first.classes[None])
    return found


def light(image: Any) -> Any:
    """Another light: gain, offset and gamma of each band."""
    import numpy as np

    gain, offset = np.array([0.8, 1.1, 1.25])[:, None, None], np.array([20, -10, 5])[:, None, None]
    return np.clip(np.rint(255 * (np.clip(image * gain + offset, 1, 255) / 255) ** 0.85), 1, 255)


def like(raster: str, output: Path, data: Any) -> str:
    """Write *data* as bytes on the grid of *raster*."""
    import rasterio

    with rasterio.open(raster) as ds:
        about = {"crs": ds.crs, "transform": ds.transform, "width": ds.width, "height": ds.height}
    with rasterio.open(output, "w", driver="GTiff", dtype="uint8", count=len(data), **about) as made:
        made.write(data.astype("uint8"))
    return str(output)


def encoded(folder: Path, dates: dict[str, str], data: Path | None) -> dict[str, dict[str, tuple[str, str]]]:
    """Features -> what changed -> the two rasters to compare."""
    images = {name: dates[name] for name in ("first", "nothing", "planted", "second date")}
    ways: dict[str, Any] = {
        "mean and deviation of 8 × 8 pixels": lambda image, out: window_statistics(image, out),
        "MOSAIKS, filters of the first date": lambda image, out: encode(
            image, out, **({} if image == images["first"] else {"weights": str(folder / "1_first.tif")})
        ),
    }
    weights = data / "weights" / f"{GALILEO}.safetensors" if data else None
    if weights and weights.is_file():
        own = {"encoder": VIT, "weights": str(weights), "normalisation": "raster"}
        fixed = {"encoder": VIT, "weights": constants(folder, weights, images["first"]), "normalisation": "encoder"}
        ways["Galileo-nano, each date normalised by itself"] = lambda image, out: encode(image, out, **own)
        ways["Galileo-nano, both by the constants of the first date"] = lambda image, out: encode(image, out, **fixed)
    found = {}
    for number, (way, make) in enumerate(ways.items()):
        made = {name: make(image, folder / f"{number}_{name}.tif") for name, image in images.items()}
        found[way] = {name: (made["first"], path) for name, path in made.items() if name != "first"}
    return found


def constants(folder: Path, weights: Path, image: str) -> str:
    """The same weights with the mean and deviation of *image* as the encoder's own, as other encoders have them of photographs."""
    import rasterio

    with rasterio.open(image) as ds:
        pixels = ds.read().reshape(ds.count, -1) / 255.0
    about = json.loads(weights.with_suffix(".json").read_text("utf-8"))
    about |= {"mean": pixels.mean(1).tolist(), "std": pixels.std(1).tolist()}
    shutil.copy(weights, folder / "fixed.safetensors")
    (folder / "fixed.json").write_text(json.dumps(about), "utf-8")
    return str(folder / "fixed.safetensors")


def f1(truth: Any, above: Any) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (truth & above).sum() / max(1, truth.sum() + above.sum()))


def cut(found: Any, truth: Any) -> tuple[float, float, float, float, float]:
    """Share that changed, Otsu's threshold, the share above the one that the job would use, its F1, and the best F1."""
    import numpy as np
    from iamap.engine.change import _LEAST
    from iamap.engine.thresholds import Counts

    counts = Counts(0, 2, 20_000)
    counts.add(found)
    above = found > max(_LEAST, counts.otsu())
    best = max(f1(truth, found > level) for level in np.nanquantile(found, np.linspace(0.3, 0.999, 300)))
    return float(truth.mean()), counts.otsu(), float(above.mean()), f1(truth, above), best
