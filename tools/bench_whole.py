"""Whole jobs side by side: Encode, the plain loop a programmer writes, and the way of the plugin that IAMAP replaces.

All are processes of their own, from their start to the finished file: reading, the network, writing.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

#: what each way should reach: times as fast as the plain loop, and int8 over the original's quantized loop
LEAST_EXACT, LEAST_INT8, LEAST_OVER_ORIGINAL, MOST_OVERLAP, MOST_START = 2.0, 5.0, 2.0, 4.2, 2.0
TILE, PATCH, DIM = 224, 16, 384
ENCODES = {
    "IAMAP float32, torch": {"backend": "torch"},
    "IAMAP float32": {},
    "IAMAP bfloat16": {"precision": "bfloat16"},
    "IAMAP int8": {"precision": "int8"},
}


def whole(given: argparse.Namespace, folder: Path) -> None:
    """Encode a raster without overlap in every precision, beside a plain loop and the original plugin's way."""
    from bench import part, quiet, table, work

    raster, weights = folder / "photo.tif", folder / "vit.safetensors"
    part("raster", raster, given.size, given.size)
    part("weights", weights, 12)
    params = {"input": str(raster), "encoder": "DINO ViT-S/16", "weights": str(weights), "overlap": 0, "device": "cpu",
              "threads": given.threads, "output": str(folder / "features.tif")}  # fmt: skip

    def encode(more: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        told = work({**params, **more}, folder)
        return told.seconds, told.facts

    def process(*words: object) -> tuple[float, dict[str, Any]]:
        began = time.perf_counter()
        part(*words)
        return time.perf_counter() - began, {}

    tiles = folder / "tiles"
    ways: dict[str, Any] = {
        "plain loop, float32": lambda: process("plain", weights, raster, folder / "plain.tif", given.threads),
        "original, float32": lambda: process("original", weights, raster, tiles, 0, given.threads),
        "original, quantized": lambda: process("original", weights, raster, tiles, 1, given.threads),
        **{name: (lambda more=more: encode(more)) for name, more in ENCODES.items()},
        "IAMAP float32, overlap 50 %": lambda: encode({"overlap": 50}),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    facts: dict[str, dict[str, Any]] = {}
    for turn in range(given.repeat + 1):
        for name, way in ways.items():
            quiet(given.quiet)
            took, facts[name] = way()
            shutil.rmtree(tiles, ignore_errors=True)
            seconds[name].append(took)
            print(f"(turn {turn}, {name}: {took:.1f} s)", flush=True)
    plain = seconds["plain loop, float32"][1:]
    rows = []
    for name, took in seconds.items():
        times = statistics.median(first / own for first, own in zip(plain, took[1:]))
        computed = f"{facts[name].get('backend', '')} {facts[name].get('precision', '')}".strip()
        rows.append((name, computed, f"{took[0]:.1f}", f"{statistics.median(took[1:]):.1f}", f"{times:.2f}"))
    table(("way", "computed by", "first run s", "later runs s", "times as fast as the plain loop"), rows)
    _verdicts(seconds)


def _verdicts(seconds: dict[str, list[float]]) -> None:
    def times(slow: str, fast: str) -> float:
        return statistics.median(a / b for a, b in zip(seconds[slow][1:], seconds[fast][1:]))

    wanted = [
        ("exact float32 over the plain loop", times("plain loop, float32", "IAMAP float32"), LEAST_EXACT),
        ("int8 over the plain loop", times("plain loop, float32", "IAMAP int8"), LEAST_INT8),
        ("int8 over the original's quantized loop", times("original, quantized", "IAMAP int8"), LEAST_OVER_ORIGINAL),
    ]
    for name, value, least in wanted:
        said = "reached" if value >= least else "MISSED"
        print(f"{name}: {value:.2f} times (target: at least {least:g}): {said}\n", flush=True)
    cost = times("IAMAP float32, overlap 50 %", "IAMAP float32")
    said = "reached" if cost <= MOST_OVERLAP else "MISSED"
    print(f"overlap 50 % over none: {cost:.2f} times (target: at most {MOST_OVERLAP:g}): {said}\n", flush=True)


def _network(weights: str, threads: str) -> Any:
    import timm
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(int(threads))
    model = timm.create_model("vit_small_patch16_224", num_classes=0).eval()
    model.load_state_dict(load_file(weights))
    return model


def _normalised(image: Any) -> Any:
    import torch

    mean, std = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    return (image.float() / 255 - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]


def plain(weights: str, raster: str, out: str, threads: str) -> None:
    """What one writes in an hour: rasterio, timm in float32 tile by tile, everything in one array, compressed at the end."""
    import numpy as np
    import rasterio
    import torch

    model = _network(weights, threads)
    with rasterio.open(raster) as ds, torch.inference_mode():
        down, across = ds.height // TILE, ds.width // TILE
        cells = TILE // PATCH
        made = np.empty((DIM, down * cells, across * cells), np.float32)
        for i in range(down):
            for j in range(across):
                image = ds.read(window=rasterio.windows.Window(j * TILE, i * TILE, TILE, TILE))
                tokens = model.forward_features(_normalised(torch.from_numpy(image))[None])[0, 1:]
                made[:, i * cells : (i + 1) * cells, j * cells : (j + 1) * cells] = tokens.T.reshape(DIM, cells, cells)
        profile = {"driver": "GTiff", "count": DIM, "height": made.shape[1], "width": made.shape[2], "dtype": "float32"}
        grid = ds.transform * rasterio.Affine.scale(PATCH)
        with rasterio.open(
            out, "w", **profile, crs=ds.crs, transform=grid, tiled=True, compress="deflate", zlevel=1, predictor=3,
            interleave="band",
        ) as file:  # fmt: skip
            file.write(made)


def original(weights: str, raster: str, folder: str, quantized: str, threads: str) -> None:
    """As the first plugin works: torchgeo's sampler, one tile at a time, a GeoTIFF for each, all merged at the end, uncompressed."""
    import rasterio
    import torch
    from rasterio.merge import merge
    from torch.utils.data import DataLoader
    from torchgeo.datasets import RasterDataset, stack_samples
    from torchgeo.samplers import GridGeoSampler, Units

    class Rasters(RasterDataset):
        filename_glob = Path(raster).name

    model = _network(weights, threads)
    if int(quantized):
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    data = Rasters(str(Path(raster).parent))
    sampler = GridGeoSampler(data, TILE, TILE, units=Units.PIXELS)
    Path(folder).mkdir()
    cells, paths = TILE // PATCH, []
    with torch.no_grad():
        for i, sample in enumerate(DataLoader(data, batch_size=1, sampler=sampler, collate_fn=stack_samples)):
            tokens = model.forward_features(_normalised(sample["image"][0])[None])[0, 1:]
            x, y = sample["bounds"][0][:2]
            grid = rasterio.transform.from_bounds(x.start, y.start, x.stop, y.stop, cells, cells)
            paths.append(str(Path(folder) / f"{i}.tif"))
            with rasterio.open(
                paths[-1], "w", driver="GTiff", count=DIM, height=cells, width=cells, dtype="float32", crs=data.crs, transform=grid
            ) as file:  # fmt: skip
                file.write(tokens.T.reshape(DIM, cells, cells).numpy())
    merge(paths, method="first", dst_path=str(Path(folder) / "merged.tif"))


PARTS: dict[str, Any] = {"plain": plain, "original": original}
