"""Run by the engine's Python, alone: load what the engine needs and push one tiny image through a tiny transformer.

The last line it prints is JSON: {"ok": true, "python", "prefix", "versions", "cuda", "seconds"}, or {"ok": false, "error"}.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

#: imported one after the other; the first that fails is the answer
MODULES = (
    "numpy",
    "torch",
    "torchvision",
    "timm",
    "rasterio",
    "safetensors.torch",
    "huggingface_hub",
    "requests",
    "sklearn.decomposition",
    "skops.io",
    "torchgeo.samplers",
    "torchgeo.models",
)

#: only looked for: umap compiles for ten seconds at its first import, hdbscan is not made for every platform
PRESENT = ("umap",)

NAMED = (
    "torch",
    "torchvision",
    "timm",
    "torchgeo",
    "rasterio",
    "numpy",
    "scikit-learn",
    "umap-learn",
    "hdbscan",
    "skops",
    "openvino",
    "nncf",
)


def main() -> dict[str, Any]:
    """Return what was found; raises whatever a broken package raises."""
    started = time.monotonic()
    for name in MODULES:
        if name == "torchvision":
            _shim()
        importlib.import_module(name)
    for name in PRESENT:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}")
    _raster()
    _forward()
    import torch

    versions = {}
    for name in NAMED:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = ""
    about = {"python": "{}.{}.{}".format(*sys.version_info[:3]), "prefix": sys.prefix, "versions": versions}
    return {"ok": True, **about, "cuda": torch.cuda.is_available(), "seconds": round(time.monotonic() - started, 1)}


def _shim() -> None:
    """Prepare torchvision as the engine does; the file is loaded alone, as this one is."""
    path = Path(__file__).resolve().parent.parent / "engine" / "torchvision_shim.py"
    spec = importlib.util.spec_from_file_location("iamap_torchvision_shim", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    # kept: with the module go the operators it declared
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.prepare()


def _raster() -> None:
    """Write and read a raster with a CRS, in memory: finds a GDAL or PROJ that is not rasterio's own."""
    import numpy
    import rasterio

    pixels = numpy.arange(12, dtype="uint8").reshape(3, 2, 2)
    with rasterio.MemoryFile() as memory:
        grid = {"width": 2, "height": 2, "crs": "EPSG:2154", "transform": rasterio.Affine(1, 0, 0, 0, -1, 2)}
        with memory.open(driver="GTiff", count=3, dtype="uint8", **grid) as sink:
            sink.write(pixels)
        with memory.open() as source:
            if source.crs.to_epsg() != 2154 or not (source.read() == pixels).all():
                raise RuntimeError("a raster written by rasterio is not read back as it was")


def _forward() -> None:
    """One image of 32 x 32 pixels through one block, random weights, nothing downloaded."""
    import timm
    import torch

    torch.manual_seed(0)
    model: Any = timm.create_model("vit_tiny_patch16_224", pretrained=False, img_size=32, depth=1, num_classes=0).eval()
    with torch.inference_mode():
        cells = model.forward_intermediates(
            torch.randn(1, 3, 32, 32), indices=1, norm=True, output_fmt="NCHW", intermediates_only=True
        )[-1]
    if tuple(cells.shape) != (1, 192, 2, 2) or not math.isfinite(float(cells.abs().sum())):
        raise RuntimeError(f"the test transformer gave features of shape {tuple(cells.shape)} or not finite")


if __name__ == "__main__":
    try:
        answer = main()
    except Exception as error:  # whatever a broken package raises is the answer, with its traceback before it
        import traceback

        traceback.print_exc()
        answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
    sys.exit(0 if answer["ok"] else 1)
