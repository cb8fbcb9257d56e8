"""Time and memory of Reduce and Cluster on what ViT-S/16 makes of 10 000 × 10 000 pixels: 625 × 625 cells of 384 features."""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

#: targets: times of reading twice and multiplying; megabytes; adjusted Rand index; seconds
MOST_TIMES, MOST_MEGABYTES, LEAST_RAND, MOST_SECONDS = 1.5, 1000.0, 0.95, 60.0
BANDS, CLUSTERS = 384, 12


def explore(given: argparse.Namespace, folder: Path) -> None:
    """Exact PCA and k-means on 625 × 625 cells of 384 features against the least that must be done; UMAP, HDBSCAN."""
    from bench import part, quiet, table, verdict, work

    side = given.size
    raster = folder / "features.tif"
    part("features", raster, side, BANDS)
    params = {"input": str(raster), "output": str(folder / "out.tif")}
    floors, pcas, kmeans = [], [], []
    for _ in range(given.repeat):
        quiet(given.quiet)
        floors.append(float(part("floor", raster)))
        quiet(given.quiet)
        pcas.append(work(params, folder, "reduce_pca"))
        kmeans.append(work({**params, "clusters": CLUSTERS}, folder, "cluster_kmeans"))
    # what the same job takes on a few rows: the worker's start, libraries that it loads on the way
    fixed = work({**params, "extent": part("extent", raster, 8)}, folder, "reduce_pca").seconds
    rand = float(part("agreement", raster, folder / "out.tif", CLUSTERS))
    others = {name: work(params, folder, name) for name in ("reduce_umap", "cluster_hdbscan")}
    rows: list[tuple[object, ...]] = [("reading twice, covariance, projection", f"{statistics.median(floors):.1f}", "")]
    found: dict[str, list[Any]] = {"reduce_pca": pcas, "cluster_kmeans": kmeans} | {n: [t] for n, t in others.items()}
    for name, told in found.items():
        rows.append((name, f"{_seconds(told):.1f}", f"{max(t.megabytes for t in told):.0f}"))
    table(("what", "seconds", "peak MB"), rows)
    spent = statistics.median(t.seconds for t in pcas) - fixed
    verdict("PCA over the least that must be done", spent / statistics.median(floors), MOST_TIMES, "times")
    for name, told in found.items():
        verdict(f"peak memory of {name}", max(t.megabytes for t in told), MOST_MEGABYTES, "MB")
    for name, told in (("UMAP", others["reduce_umap"]), ("HDBSCAN", others["cluster_hdbscan"])):
        verdict(f"{name} in all", told.seconds, MOST_SECONDS, "s")
    said = "reached" if rand >= LEAST_RAND else "MISSED"
    print(
        f"k-means on a sample against all cells: adjusted Rand index {rand:.3f} (target: at least {LEAST_RAND}): {said}\n"
    )


def _seconds(told: list[Any]) -> float:
    """Median of the whole job's seconds, the worker's start left out: from its first progress to its end."""
    return statistics.median(t.seconds - t.first_tile for t in told)


def make_features(path: str, side: str, bands: str) -> None:
    """Write what MOSAIKS, with as many filters as it takes, makes of a drawn scene in cells of 8 × 8 pixels."""
    import scene
    from iamap.algorithms import jobs
    from iamap.encoders.mosaiks import Mosaiks
    from iamap.engine import encoding
    from iamap.worker.context import RunContext

    class Wide(Mosaiks):
        dim = int(bands)

    folder = Path(path).parent
    photo = scene.write(scene.draw(int(side) * Mosaiks.patch, 1), folder, "photo")["raster"]
    job = jobs()["encode"].make({"input": photo, "output": path, "encoder": Mosaiks.id, "overlap": 0})
    encoding.run(job, Wide(), RunContext(lambda *_: None))


def floor(path: str) -> None:
    """Print the seconds that reading the file twice takes, with the products of a covariance and of a projection."""
    import time

    import numpy as np
    import rasterio

    began = time.perf_counter()
    with rasterio.open(path) as ds:
        windows = [window for _, window in ds.block_windows(1)]
        rows = sorted({(window.row_off, window.height) for window in windows})
        total = np.zeros((ds.count, ds.count))
        for turn in range(2):
            axes = np.linalg.eigh(total)[1][:, -3:].T.astype(np.float32) if turn else None
            for top, height in rows:
                x = ds.read(window=rasterio.windows.Window(0, top, ds.width, height)).reshape(ds.count, -1)
                if axes is None:
                    x = x.astype(np.float64)
                    total += x @ x.T
                else:
                    axes @ x
    print(time.perf_counter() - began)


def agreement(raster: str, clusters: str, count: str) -> None:
    """Print the adjusted Rand index of a map of clusters and of k-means fitted on all cells with the same seed."""
    import numpy as np
    import rasterio
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    with rasterio.open(raster) as ds, rasterio.open(clusters) as made:
        x = ds.read().reshape(ds.count, -1).T
        found = made.read(1).ravel()
        starts = json.loads(made.tags(ns="IAMAP")["request"])["params"]["starts"]
    x = (x - x.mean(0)) / x.std(0)
    print(
        adjusted_rand_score(
            KMeans(int(count), n_init=starts, random_state=42).fit_predict(np.ascontiguousarray(x)), found
        )
    )


PARTS: dict[str, Any] = {"features": make_features, "floor": floor, "agreement": agreement}
