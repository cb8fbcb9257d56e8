"""Time of training and of mapping on what ViT-S/16 makes of 10 000 × 10 000 pixels: 625 × 625 cells of 384 features."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Any

#: targets: seconds of a training; times of reading and predicting in one array; megabytes
MOST_SECONDS, MOST_TIMES, MOST_MEGABYTES = 10.0, 2.0, 1000.0
BANDS, LABELS = 384, 1000


def train(given: argparse.Namespace, folder: Path) -> None:
    """Training on 1000 labels of 384 features with spatial folds; mapping against reading and predicting in one array."""
    from bench import part, quiet, table, verdict, work

    raster, labels, model = folder / "features.tif", folder / "labels.gpkg", folder / "model.iamap"
    part("features", raster, given.size, BANDS)
    part("labels", raster, labels, LABELS)
    asked = {"input": str(raster), "labels": str(labels), "column": "class", "model": str(model)}
    applied = {"input": str(raster), "model": str(model), "output": str(folder / "map.tif")}
    doubts = {**applied, "doubt": str(folder / "doubt.tif")}
    report = {**asked, "report": str(folder / "report.html"), "suspects": str(folder / "suspects.gpkg")}
    rows: list[tuple[object, ...]] = []
    found: dict[str, list[Any]] = {"train": [], "train, report": [], "apply": [], "apply, doubts": []}
    floors = []
    for _ in range(given.repeat):
        quiet(given.quiet)
        found["train"].append(work(asked, folder, "train_logistic"))
        found["train, report"].append(work(report, folder, "train_logistic"))
        floors.append(float(part("predict", raster, model)))
        found["apply"].append(work(applied, folder, "apply"))
        found["apply, doubts"].append(work(doubts, folder, "apply"))
    rows.append(("read, predict in one array, write", f"{statistics.median(floors):.1f}", "", ""))
    for name, told in found.items():
        whole = statistics.median(one.seconds for one in told)
        rows.append((name, f"{_seconds(told):.1f}", f"{whole:.1f}", f"{max(one.megabytes for one in told):.0f}"))
    table(("what", "seconds", "with the worker's start", "peak MB"), rows)
    for name in ("train", "train, report"):
        verdict(f"{name}, worker and all", statistics.median(one.seconds for one in found[name]), MOST_SECONDS, "s")
    verdict("mapping over one array", _seconds(found["apply"]) / statistics.median(floors), MOST_TIMES, "times")
    verdict("peak memory", max(one.megabytes for told in found.values() for one in told), MOST_MEGABYTES, "MB")


def _seconds(told: list[Any]) -> float:
    """Median of the whole job's seconds, the worker's start left out: from its first progress to its end."""
    return statistics.median(one.seconds - one.first_tile for one in told)


def make_labels(features: str, path: str, count: str) -> None:
    """Write labelled points: classes of the drawn scene that the features were made of, evenly drawn, as they come."""
    import numpy as np
    import pyogrio
    import rasterio
    import shapely

    folder = Path(features).parent
    with rasterio.open(folder / "photo_classes.tif") as ds:
        rng = np.random.default_rng(0)
        rows, cols = rng.integers(0, ds.height, int(count)), rng.integers(0, ds.width, int(count))
        classes = ds.read(1)[rows, cols]
        x, y = ds.transform * (cols + 0.5, rows + 0.5)
        crs = ds.crs.to_wkt()
    points = shapely.to_wkb(shapely.points(x, y))
    pyogrio.raw.write(path, points, [classes], ["class"], driver="GPKG", geometry_type="Point", crs=crs)


def predict(raster: str, model: str) -> None:
    """Print the seconds that it takes to read all cells into one array, predict their classes and write them."""
    import time

    import numpy as np
    import rasterio
    from iamap.engine.models import load

    pipeline = load(model).estimator.pipeline
    began = time.perf_counter()
    with rasterio.open(raster) as ds:
        x = ds.read().reshape(ds.count, -1).T
        found = pipeline.predict_proba(np.ascontiguousarray(x)).argmax(1).astype(np.uint8) + 1
        about = {**ds.profile, "count": 1, "dtype": "uint8", "nodata": 255, "predictor": 2}
        with rasterio.open(Path(raster).with_name("floor.tif"), "w", **about) as out:
            out.write(found.reshape(1, ds.height, ds.width))
    print(time.perf_counter() - began)


PARTS: dict[str, Any] = {"labels": make_labels, "predict": predict}
