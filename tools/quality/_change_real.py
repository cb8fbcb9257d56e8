"""What is found in real pairs of images."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from . import encode, table
from ._changes import average_precision, band, compare

CORRECTIONS = ("none", "mean and deviation", "covariance")
VIT, GALILEO = "timm model by name", "galileo_nano_rgb_vit_p8"


def real(data: Path) -> None:
    """Print what is found in real pairs; water at one of the dates only stands for the truth."""
    rows = []
    for name, folder, dates, bands, dark in (
        ("Pucallpa, Landsat 1985 and 2020", "change_landsat_amazon", ("1985", "2020"), (3, 2, 1), lambda x: x[1] < 100),
        ("North Dakota, aerial photographs 2009 and 2020", "change_naip_nd", ("m_4709963_se_14_1_20090818", "m_4709963_se_14_1_20200831"), (1, 2, 3), lambda x: (x[3] < x[0]) & (x[3] < 90)),
    ):  # fmt: skip
        images = [str(data / folder / f"{date}.tif") for date in dates]
        if not all(map(Path.exists, map(Path, images))):
            print(f"\n{name}: not in {data}")
            continue
        with tempfile.TemporaryDirectory() as made:
            rows += of_pair(name, images, Path(made), data / "weights" / f"{GALILEO}.safetensors", list(bands), dark)
    columns = ("place", "features", "correction", "cells", "changed in %", "average precision for water", "rank correlation with band differences", "seconds")  # fmt: skip
    print(table(columns, rows))


def of_pair(name: str, images: list[str], folder: Path, weights: Path, bands: list[int], dark: Any) -> list[Any]:
    """Rows for one pair, as the bands are and as features."""
    import numpy as np

    seconds = {}
    pairs = {"bands as they are": images}
    if weights.is_file():
        about = {"encoder": VIT, "weights": str(weights), "bands": bands}
        pairs["Galileo-nano"] = [encode(image, folder / f"{i}.tif", **about) for i, image in enumerate(images)]
    rows = []
    for features, (before, after) in pairs.items():
        # what a difference of bands would say, and which cells are water at one of the dates only, on the grid of the first
        truth, plain = baseline(images, before, dark)
        for correction in CORRECTIONS:
            asked = {"correction": correction, "changed": str(folder / "changed.tif")}
            seconds[correction], found = timed(folder, before, after, **asked)
            known = ~np.isnan(found)
            share = 100 * (band(asked["changed"])[known] == 1).mean()
            height, width = found.shape
            precision = average_precision(truth[:height, :width] >= 0.5, found)
            ranks = rank_correlation(plain[:height, :width][known], found[known])
            rows.append((name, features, correction, int(known.sum()), f"{share:.1f}", f"{precision:.3f}", f"{ranks:.2f}", f"{seconds[correction]:.1f}"))  # fmt: skip
        precision = average_precision(truth >= 0.5, plain)
        rows.append((name, features, "(difference of standardised bands)", truth.size, "", f"{precision:.3f}", "1", ""))
    return rows


def timed(folder: Path, before: str, after: str, **asked: Any) -> tuple[float, Any]:
    """Seconds, and how much each cell changed."""
    import time

    start = time.perf_counter()
    found = compare(folder, before, after, **asked)
    return time.perf_counter() - start, found


def baseline(images: list[str], grid: str, dark: Any) -> tuple[Any, Any]:
    """On the cells of *grid*: share of water at one of the dates only, and the length of the difference of standardised bands."""
    import numpy as np
    import rasterio
    from iamap.engine.pairing import open_pair

    with open_pair(*images, None, None) as pair:
        one, two = (date.read(0, pair.height).astype(float) for date in (pair.before, pair.second))
    water = (dark(one) ^ dark(two)).astype(float)
    ready = [(date - np.nanmean(date, (1, 2), keepdims=True)) / np.nanstd(date, (1, 2), keepdims=True) for date in (one, two)]  # fmt: skip
    gap = np.nan_to_num(np.sqrt(((ready[0] - ready[1]) ** 2).sum(0)))
    with rasterio.open(grid) as ds, rasterio.open(images[0]) as image:
        side = round(ds.transform.a / image.transform.a)
        rows, cols = ds.height, ds.width
    out = []
    for values in (water, gap):
        full = np.zeros((rows * side, cols * side))
        full[: values.shape[0], : values.shape[1]] = values[: rows * side, : cols * side]
        out.append(full.reshape(rows, side, cols, side).mean((1, 3)))
    return out[0], out[1]


def rank_correlation(one: Any, two: Any) -> float:
    """Spearman's."""
    from scipy.stats import spearmanr

    return float(spearmanr(one, two).statistic)
