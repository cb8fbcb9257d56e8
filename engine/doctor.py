"""What this computer has, and whether the engine works on it."""

from __future__ import annotations

import os
import shutil
import sys
import time

import torch

from ..contract.places import home, weights_cache
from ..contract.versions import version


def _memory() -> str:
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{free / 1e9:.1f} GB"


def examine() -> list[str]:
    """Return lines for people: versions, devices, memory, disk, cache, and a timed forward pass of an untrained ViT-S/16."""
    import timm

    names = (
        "torch", "torchvision", "timm", "torchgeo", "rasterio", "numpy", "scikit-learn", "umap-learn", "hdbscan", "openvino", "nncf",
    )  # fmt: skip
    cuda = (
        [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    )
    devices = [f"cpu ({os.cpu_count()} threads)", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]
    place = next(folder for folder in (home(), *home().parents) if folder.exists())
    model = timm.create_model("vit_small_patch16_224", num_classes=0).eval()
    tile = torch.zeros(1, 3, 224, 224)
    with torch.inference_mode():
        model(tile)
        began = time.perf_counter()
        for _ in range(3):
            model(tile)
    seconds = (time.perf_counter() - began) / 3
    return [
        f"python: {sys.version.split()[0]} at {sys.prefix}",
        "versions: " + ", ".join(f"{name} {version(name) or 'missing'}" for name in names),
        "devices: " + ", ".join(devices),
        f"free memory: {_memory()}",
        f"free disk at {place}: {shutil.disk_usage(place).free / 1e9:.1f} GB",
        f"weights cache: {weights_cache()}" + ("" if weights_cache().exists() else " (empty)"),
        f"forward pass of ViT-S/16: {1000 * seconds:.0f} ms a tile of 224 pixels",
    ]
