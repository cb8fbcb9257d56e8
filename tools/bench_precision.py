"""Measure what precisions and backends give, side by side in one run: ``python tools/bench_precision.py`` with the engine's Python.

The first row is the plain way: timm in float32, one tile at a time. Every figure is a median of ratios to it within a turn, so that what else
the computer does hits all alike. ViT-S/16 has learned nothing and is there for its speed; the other weights are real.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
GALILEO, MOBILENET = "galileo_nano_rgb_vit_p8.safetensors", "mobilenetv2_100_in1k_fp16.safetensors"

from machine import load_iamap  # noqa: E402 (its folder is that of this file)

load_iamap()

from iamap.algorithms import jobs  # noqa: E402 (iamap is known only now)
from iamap.encoders import encoders  # noqa: E402
from iamap.engine import precision  # noqa: E402
from iamap.engine.backends import Backend, Choice  # noqa: E402
from iamap.engine.backends.library import installed  # noqa: E402
from iamap.engine.encoding import prepared  # noqa: E402
from iamap.engine.precision_figures import closeness, clusters_by_chance, same_clusters, same_neighbours  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402


def ways() -> list[tuple[str, Choice]]:
    """The plain way, the way of the plugin that IAMAP replaces, and all others."""
    plain = [
        ("timm float32, one by one", Choice("cpu", batch=1, backend="torch")),
        ("quantize_dynamic, one by one", Choice("cpu", precision="int8", batch=1, backend="torch")),
    ]
    return plain + [(name, choice) for name, choice in precision.ways("cpu") if name != "torch int8"]


def measure(title: str, given: argparse.Namespace, params: dict[str, Any]) -> None:
    """Print the table of one network."""
    job = jobs()["encode"].make({**params, "output": "never.tif", "overlap": 0.0, "threads": given.threads})
    context = RunContext(lambda *_: None, lambda: False)
    with prepared(job, encoders()[job.encoder](), context) as ready:
        images = precision._unseen(ready.work, given.tiles)
        work = dataclasses.replace(ready.work, tiles=10**9)
        runs = []
        for name, choice in ways():
            own = precision._copied(ready.network)
            began = time.perf_counter()
            try:
                backend = Backend(own, dataclasses.replace(choice, threads=given.threads), work)
            except ValueError as error:
                print(f"({name}: {error})", file=sys.stderr)
                continue
            runs.append((name, backend, time.perf_counter() - began))
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in runs}
    features: dict[str, Any] = {}
    for turn in range(given.turns + 1):
        for name, backend, _ in runs:
            began = time.perf_counter()
            features[name] = backend(images)
            if turn:
                seconds[name].append(time.perf_counter() - began)
    first = runs[0][0]
    print(f"### {title}\n")
    print(
        "| way | used | ready after s | tiles a second | times as fast | cosine | from the mean | k-means (8) | 10 neighbours |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, backend, start in runs:
        times = statistics.median(a / b for a, b in zip(seconds[first], seconds[name]))
        close = closeness(features[first], features[name])
        figures = (f"{len(images) / statistics.median(seconds[name]):.1f}", f"{times:.2f}", f"{close.cosine:.4f}", f"{close.centred:.4f}",
                   f"{same_clusters(features[first], features[name], 8, 0):.3f}", f"{same_neighbours(features[first], features[name], 10, 0):.3f}")  # fmt: skip
        print(f"| {name} | {backend.facts()['precision']} | {start:.1f} | {' | '.join(figures)} |", flush=True)
    again = clusters_by_chance(features[first], 8, 0)
    print(
        f"\n{len(images)} tiles of {images.shape[-1]} pixels, {given.turns} turns. k-means with another seed on the same features: {again:.3f}\n"
    )


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=["vit-s", "galileo", "mobilenet"], help="[all three]")
    parser.add_argument("--raster", default=DATA / "rgb_buildings_ggaba" / "fair_oam_z21.tif")
    parser.add_argument("--weights", default=DATA / "weights", type=Path, help="folder of the real weights")
    parser.add_argument("--tiles", type=int, default=32)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if not installed("openvino"):
        print("OpenVINO is not installed here: torch only\n")
    with tempfile.TemporaryDirectory() as folder:
        # conversion and calibration are part of what is measured
        os.environ["IAMAP_HOME"] = folder
        raster = {"input": str(given.raster)}
        by_name = {**raster, "encoder": "timm model by name"}
        for name in given.networks:
            if name == "vit-s":
                from bench_parts import make_weights

                make_weights(f"{folder}/vit.safetensors", "12")
                params = {**raster, "encoder": "DINO ViT-S/16", "weights": f"{folder}/vit.safetensors"}
                measure("ViT-S/16, random weights", given, params)
            elif name == "galileo":
                measure("Galileo-nano ViT/8", given, {**by_name, "weights": str(given.weights / GALILEO)})
            else:
                path = str(given.weights / MOBILENET)
                measure("MobileNetV2", given, {**by_name, "model": "mobilenetv2_100", "weights": path})


if __name__ == "__main__":
    main()
