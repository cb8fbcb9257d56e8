"""The heavy pieces of ``bench.py``, each run as a process of its own: rasters, weights, the bare loop."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import bench_explore
import bench_training
import bench_whole
import numpy as np
from machine import load_iamap

load_iamap()

from iamap.engine.torchvision_shim import prepare  # noqa: E402 (iamap is known only now)

prepare()


def make_raster(path: str, width: str, height: str) -> None:
    """Write a photograph of *width* x *height* pixels: a drawn scene of 1024 pixels, repeated in mirror image."""
    import rasterio
    import scene

    drawn = scene.draw(1024)
    columns, rows = int(width), int(height)
    block = np.concatenate([drawn.image, drawn.image[:, :, ::-1]], 2)
    strip = np.tile(block, (1, 1, -(-columns // block.shape[2])))[:, :, :columns]
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=3, dtype="uint8", crs=scene.CRS, compress="deflate",
        predictor=2, zlevel=1, tiled=True, blockxsize=256, blockysize=256, photometric="rgb",
        transform=rasterio.Affine(*drawn.geotransform),
    ) as ds:  # fmt: skip
        for index, top in enumerate(range(0, rows, 1024)):
            part = (strip[:, ::-1] if index % 2 else strip)[:, : rows - top]
            ds.write(part, window=rasterio.windows.Window(0, top, columns, part.shape[1]))


def make_weights(path: str, depth: str) -> None:
    """Write weights of a ViT-S/16 that has learned nothing; with fewer than 12 blocks, its description too."""
    import timm
    import torch
    from safetensors.torch import save_file
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    if int(depth) == 12:
        save_file(timm.create_model("vit_small_patch16_224", num_classes=0).state_dict(), path)
        return
    arguments = {"img_size": 224, "patch_size": 16, "in_chans": 3, "num_classes": 0, "embed_dim": 384, "num_heads": 6}
    arguments |= {"depth": int(depth), "global_pool": ""}
    save_file(VisionTransformer(**arguments).state_dict(), path)
    about = {"arch": "timm.models.vision_transformer.VisionTransformer", "args": arguments}
    Path(path).with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")


def make_tiles(raster: str, overlap: str, path: str) -> None:
    """Store the tiles that the job encodes: (n, 3, 224, 224) float32."""
    from iamap.encoders._timm import IMAGENET
    from iamap.engine.normalise import from_constants
    from iamap.engine.plan import make_plan
    from iamap.engine.rasters import open_source
    from iamap.engine.tiles import Scene

    with open_source(raster) as source:
        plan = make_plan(source.width, source.height, tile=224, patch=16, overlap=float(overlap) / 100)
        images = np.lib.format.open_memmap(path, "w+", np.float32, (len(plan.tiles), 3, 224, 224))
        scene = Scene(source, plan, from_constants(*IMAGENET))
        for i, tile in enumerate(plan.tiles):
            images[i] = scene.read(tile)[0]


def bare(weights: str, tiles: str, batch: str, threads: str) -> None:
    """Print the seconds that a loop over *tiles* takes, with nothing but timm; model and tiles are in memory by then."""
    import timm
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(int(threads))
    model = timm.create_model("vit_small_patch16_224", num_classes=0).eval()
    model.load_state_dict(load_file(weights))
    images = torch.from_numpy(np.load(tiles))
    with torch.inference_mode():
        began = time.perf_counter()
        for first in range(0, len(images), int(batch)):
            model.forward_features(images[first : first + int(batch)])
        print(time.perf_counter() - began)


def extent(raster: str, rows: str) -> None:
    """Print the extent of the first *rows* rows of pixels."""
    import rasterio

    with rasterio.open(raster) as ds:
        box = ds.bounds
        print(f"{box.left},{box.top + int(rows) * ds.transform.e},{box.right},{box.top} [{ds.crs.to_string()}]")


def seams(folder: str, data: str) -> None:
    """Print the table of seams."""
    from bench_seams import measure

    print(measure(Path(folder), Path(data)))


PARTS: dict[str, Any] = {
    **bench_explore.PARTS,
    **bench_training.PARTS,
    **bench_whole.PARTS,
    "raster": make_raster,
    "weights": make_weights,
    "tiles": make_tiles,
    "bare": bare,
    "extent": extent,
    "seams": seams,
}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
