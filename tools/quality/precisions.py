"""What bfloat16 and int8 change in features, clusters, neighbours and maps of real weights: ``tools/quality.py precisions``.

*Compare precisions* on real rasters with labels, without its figures of speed: ``tools/bench_precision.py`` measures these. Where
labels are of one class only, as many points of the others are drawn beside them as can be told apart.
"""

from __future__ import annotations

import argparse
import csv
import html
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import VIT, run, table

HEAD = (
    "way",
    "cosine",
    "worst 1 %",
    "from the mean",
    "k-means (8)",
    "10 neighbours",
    "balanced accuracy",
    "less float32",
)
FIGURES = ("cosine", "cosine_lowest_1_percent", "cosine_centred", "same_clusters", "same_neighbours")


@dataclass(frozen=True)
class Case:
    """Weights and a raster with labels, all of the folder of real data.

    Attributes:
        column: of the classes; empty: labels are polygons of one class, beside which points of all else are drawn.
    """

    title: str
    weights: str
    raster: str
    labels: str
    column: str = ""
    more: dict[str, Any] = field(default_factory=dict)


_GGABA = ("rgb_buildings_ggaba/fair_oam_z21.tif", "rgb_buildings_ggaba/ggaba_buildings.gpkg")
_EVEREST = (
    "rgb_glaciers_everest/LE71400412000304SGS00_RGB.tif",
    "rgb_glaciers_everest/15_rgi60_glacier_outlines.gpkg",
)
_MOBILE = ("mobilenetv2_100_in1k_fp16.safetensors", {"model": "mobilenetv2_100"})
CASES = (
    Case("Galileo-nano, red, green, blue (0.85 M parameters); Ggaba, drone: roof, other", VIT, *_GGABA),
    Case("Galileo-nano, red, green, blue; Everest, Landsat 7: glacier, other", VIT, *_EVEREST),
    Case(
        "Galileo-nano, elevation and slope (0.84 M parameters); Ecuador, relief: landslide or not",
        "galileo_nano_dem_vit_p8.safetensors",
        "dem_landslides_ecuador/ta.tif",
        "dem_landslides_ecuador/lsl_landslide_points.gpkg",
        "landslide",
        {"bands": [4, 1]},
    ),
    Case("MobileNetV2 (2.2 M parameters); Ggaba, drone: roof, other", _MOBILE[0], *_GGABA, more=_MOBILE[1]),
)


def main(arguments: list[str]) -> int:
    """Print a table in Markdown for each network and raster."""
    parser = argparse.ArgumentParser(prog="quality.py precisions", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of real rasters and weights")
    parser.add_argument("--tiles", type=int, default=64, help="that are compared at most (default: %(default)s)")
    given = parser.parse_args(arguments)
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            rows, again = measured(case, given.data, Path(folder), given.tiles)
        print(f"{case.title}\n\n{table(HEAD, rows)}\n\n{again}\n", flush=True)
    return 0


def measured(case: Case, data: Path, folder: Path, tiles: int) -> tuple[list[list[str]], str]:
    """A row for each way to compute, and how far k-means agrees with itself, which only the report tells."""
    raster, labels = data / case.raster, data / case.labels
    if not case.column:
        labels = beside(labels, raster, folder / "labels.gpkg")
    made = run(
        "compare_precisions", input=raster, encoder="timm model by name", weights=data / "weights" / case.weights,
        labels=labels, column=case.column or "kind", tiles=tiles, threads=1,
        report=folder / "report.html", table=folder / "table.csv", **case.more,
    )  # fmt: skip
    with open(made["table"], encoding="utf-8-sig", newline="") as lines:
        found = list(csv.DictReader(lines))
    told = html.unescape(Path(made["report"]).read_text(encoding="utf-8"))
    again = re.search(r"started anew with another seed, [^<]{0,60}?\d\.\d+", told)
    return [row(one, first=number == 0) for number, one in enumerate(found)], again.group() if again else ""


def row(one: dict[str, str], first: bool) -> list[str]:
    """What the table says of one way."""
    digits = dict.fromkeys(FIGURES[:3], 4)
    told = [f"{float(one[name]):.{digits.get(name, 3)}f}" for name in FIGURES]
    gain, low, high = (float(one[f"accuracy_gain{end}"]) for end in ("", "_low", "_high"))
    less = "" if first else f"{gain:+.3f} ({low:+.3f} to {high:+.3f})"
    return [one["way"], *told, f"{float(one['balanced_accuracy']):.3f}", less.replace("-", "−")]


def beside(polygons: Path, raster: Path, output: Path, points: int = 400) -> Path:
    """Write polygons and as many *points* outside of them, drawn at random from all over the raster, with their ``kind``."""
    import geopandas
    import numpy as np
    import rasterio

    with rasterio.open(raster) as ds:
        crs, transform, width, height = ds.crs, ds.transform, ds.width, ds.height
    shapes = geopandas.read_file(polygons).to_crs(crs)
    rng = np.random.default_rng(0)
    xs, ys = transform @ (rng.uniform(0, width, 9 * points), rng.uniform(0, height, 9 * points))
    drawn = geopandas.GeoSeries(geopandas.points_from_xy(xs, ys), crs=crs)
    outside = drawn[~drawn.within(shapes.geometry.union_all())][:points]
    both = geopandas.GeoSeries([*shapes.geometry, *outside], crs=crs)
    kinds = ["thing"] * len(shapes) + ["other"] * len(outside)
    geopandas.GeoDataFrame({"kind": kinds}, geometry=both).to_file(output)
    return output
