"""How well a search from five labelled points finds the rest of their class: ``tools/quality.py similarity``.

Average precision, pixel by pixel of the truth, of drawn scenes whose truth is known and, with --data, of real ones with labels.
Every class is searched for, several times, each time from other points. ``--settings`` compares the choices of the job instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import encode, half_interval, mean, run, table, with_vit

#: points that a search begins with, and pixels that it is judged by
POINTS, JUDGED = 5, 200_000
VIT = "features of a real ViT (Galileo-nano, 1 M parameters)"
#: settings that --settings compares, each with the parameters that differ from the job's defaults
SETTINGS: dict[str, dict[str, Any]] = {
    "default: cosine, standardise, soft": {},
    **{f"cosine, {name}, soft": {"scaling": name} for name in ("none", "centre", "unit length", "whiten")},
    **{f"cosine, standardise, {name}": {"prototypes": name} for name in ("all examples", "mean")},
    **{f"{name}, standardise, soft": {"measure": name, "scaling": "standardise"} for name in ("dot", "Euclidean")},
    "Mahalanobis, soft": {"measure": "Mahalanobis"},
}
#: widths of the soft maximum that are compared too
WIDTHS = (0.05, 0.1, 0.4)


@dataclass(frozen=True)
class Case:
    """A raster whose truth is known.

    Attributes:
        name: of the scene.
        sources: what is searched -> raster.
        truth: (rows, cols) of classes, one a pixel.
        names: value -> class that is searched for.
        places: value -> (n, 2) rows and columns of pixels to choose examples from.
    """

    name: str
    sources: dict[str, str]
    truth: Any
    names: dict[int, str]
    places: dict[int, Any]


def main(arguments: list[str]) -> int:
    """Print tables in Markdown."""
    parser = argparse.ArgumentParser(
        prog="quality.py similarity", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--scenes", type=int, default=5, help="drawn scenes, seeds 1 to that many (default: %(default)s)"
    )
    parser.add_argument(
        "--draws", type=int, default=4, help="searches of each class in each scene (default: %(default)s)"
    )
    parser.add_argument("--size", type=int, default=1024, help="pixels of a side (default: %(default)s)")
    parser.add_argument(
        "--data", type=Path, default=None, help="folder of real rasters and weights; without it, drawn scenes only"
    )
    parser.add_argument(
        "--settings", action="store_true", help="compare the choices of the job instead of what is searched"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder)
        if given.settings:
            compare_settings([*drawn(into, given), *real(into, given.data)], given.draws)
            return 0
        compare_sources(list(drawn(into, given)), given.draws)
        for case in real(into, given.data):
            print()
            compare_sources([case], given.draws)
    return 0


def drawn(folder: Path, given: argparse.Namespace) -> Iterator[Case]:
    """Yield drawn scenes, encoded."""
    import numpy as np
    import rasterio
    import scene

    for seed in range(1, given.scenes + 1):
        made = scene.write(scene.draw(given.size, seed), folder / str(seed))
        with rasterio.open(made["classes"]) as ds:
            truth, inverse = ds.read(1), ~ds.transform
        places: dict[int, list[tuple[int, int]]] = {}
        for point in json.loads(Path(made["points"]).read_text("utf-8"))["features"]:
            col, row = inverse * tuple(point["geometry"]["coordinates"])
            places.setdefault(point["properties"]["class"], []).append((int(row), int(col)))
        sources = encoded(made["raster"], folder / str(seed), given.data)
        yield Case("drawn scenes", sources, truth, scene.CLASSES, {k: np.array(v) for k, v in places.items()})


def real(folder: Path, data: Path | None) -> Iterator[Case]:
    """Yield real scenes with labels, encoded; none without *data*."""
    if data is None or not data.is_dir():
        return
    p4 = "galileo_nano_rgb_vit_p4.safetensors"
    yield _real(folder, data, "drone photo of Ggaba, roofs", "rgb_buildings_ggaba/fair_oam_z21.tif", [1, 2, 3],
                {0: "other", 1: "roof"}, "rgb_buildings_ggaba/ggaba_buildings.gpkg")  # fmt: skip
    yield _real(folder, data, "Landsat of Everest, glaciers", "rgb_glaciers_everest/LE71400412000304SGS00_RGB.tif", [1, 2, 3],
                {0: "other", 1: "glacier"}, "rgb_glaciers_everest/15_rgi60_glacier_outlines.gpkg", p4)  # fmt: skip
    yield _real(folder, data, "Landsat 7 with clouds", "ms_clouds_landsat7/ukis_landsat7_6band_toa.tif", [3, 2, 1],
                {0: "shadow", 3: "land", 4: "cloud"}, "ms_clouds_landsat7/ukis_landsat7_labels.tif", p4)  # fmt: skip


def _real(
    folder: Path, data: Path, name: str, raster: str, bands: list[int], names: dict[int, str], labels: str,
    weights: str | None = None,
) -> Case:  # fmt: skip
    import geopandas
    import numpy as np
    import rasterio
    from rasterio.features import rasterize

    with rasterio.open(data / raster) as ds:
        if labels.endswith(".tif"):
            with rasterio.open(data / labels) as other:
                truth = other.read(1)
        else:
            shapes = geopandas.read_file(data / labels).to_crs(ds.crs).geometry
            truth = rasterize(shapes, ds.shape, transform=ds.transform, dtype="uint8")
    inner = folder / raster.replace("/", "_")
    inner.mkdir()
    places = {}
    for value in names:
        # places of which the cell of the coarsest source holds one class only, as somebody would click
        side = 8
        rows, cols = (length // side * side for length in truth.shape)
        cells = (truth[:rows, :cols] == value).reshape(rows // side, side, cols // side, side).all((1, 3))
        places[value] = np.argwhere(cells) * side + side // 2
    return Case(name, encoded(str(data / raster), inner, data, bands, weights), truth, names, places)


def encoded(
    raster: str, folder: Path, data: Path | None, bands: list[int] | None = None, weights: str | None = None
) -> dict[str, str]:
    """What is searched: the pixels, their means in squares as large as cells, features without and with training."""
    bands = bands or [1, 2, 3]
    sources = {"raw pixels": raster, "mean colour of 8 x 8 pixels": _means(raster, folder / "means.tif", bands)}
    sources["MOSAIKS features"] = encode(raster, folder / "mosaiks.tif", bands=bands)
    vit = with_vit(data, weights) if weights else with_vit(data)
    if vit:
        sources[VIT] = encode(raster, folder / "vit.tif", bands=bands, **vit)
    return sources


def _means(raster: str, path: Path, bands: list[int]) -> str:
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.transform import Affine
    from rasterio.windows import Window

    with rasterio.open(raster) as ds:
        rows, cols = ds.height // 8, ds.width // 8
        window = Window(0, 0, cols * 8, rows * 8)
        shape = (len(bands), rows, cols)
        values = ds.read(bands, window=window, out_shape=shape, resampling=Resampling.average, out_dtype="float32")
        about = {
            "driver": "GTiff",
            "dtype": "float32",
            "count": len(bands),
            "width": cols,
            "height": rows,
            "crs": ds.crs,
        }
        with rasterio.open(path, "w", transform=ds.transform * Affine.scale(8), **about) as out:
            out.write(values)
    return str(path)


def compare_sources(cases: list[Case], draws: int) -> None:
    """Print a table of *cases* of one kind: a row for each source, a column for each class."""
    names = cases[0].names
    rows = []
    chance = [[float((case.truth == value).mean()) for value in names] for case in cases]
    rows.append(
        [
            "(chance)",
            *(f"{mean(column):.2f}" for column in zip(*chance)),
            f"{mean([mean(one) for one in chance]):.3f}",
            "",
        ]
    )
    for source in cases[0].sources:
        found = [[_mean_of(judge(case, source, draw)) for draw in range(draws)] for case in cases]
        by_class = [[mean([draw[value] for draw in one]) for value in names] for one in found]
        means = [mean(one) for one in by_class] if len(cases) > 1 else [mean(list(draw.values())) for draw in found[0]]
        half = half_interval(means)
        rows.append(
            [source, *(f"{mean(column):.2f}" for column in zip(*by_class)), f"{mean(means):.3f}", f"± {half:.3f}"]
        )
    over = f"{len(cases)} scenes" if len(cases) > 1 else f"{draws} draws"
    print(table([cases[0].name, *names.values(), "all", f"95 %, over {over}"], rows), flush=True)


def _mean_of(judged: dict[int, tuple[float, float, float]]) -> dict[int, float]:
    return {value: one[0] for value, one in judged.items()}


def compare_settings(cases: list[Case], draws: int) -> None:
    """Print a table: a row for each setting, with what it finds in features, and what its thresholds are worth."""
    from iamap.engine import searching

    rows = []
    settings: list[tuple[str, dict[str, Any], float]] = [(name, params, 0.2) for name, params in SETTINGS.items()]
    settings += [(f"cosine, standardise, soft of width {width:g}", {}, width) for width in WIDTHS]
    for name, params, width in settings:
        searching._SOFT = width
        by_source: dict[str, list[float]] = {}
        examples, otsu, best = [], [], []
        for case in cases:
            for source in ("MOSAIKS features", VIT):
                if source not in case.sources:
                    continue
                for draw in range(draws):
                    judged = judge(case, source, draw, **params)
                    by_source.setdefault(source, []).append(mean([one[0] for one in judged.values()]))
                    examples.append(mean([one[1] for one in judged.values()]))
                    best.append(mean([one[2] for one in judged.values()]))
                    if not params and width == 0.2:
                        split = judge(case, source, draw, cut="Otsu")
                        otsu.append(mean([one[1] for one in split.values()]))
        every = [value for values in by_source.values() for value in values]
        told = [f"{mean(values):.3f}" for values in by_source.values()]
        rows.append(
            [
                name,
                *told,
                f"{mean(every):.3f}",
                f"{mean(examples):.3f}",
                f"{mean(otsu):.3f}" if otsu else "",
                f"{mean(best):.3f}",
            ]
        )
        print(".", end="", flush=True)
    searching._SOFT = 0.2
    head = ["setting", *by_source, "all", "F1 at the threshold by examples", "F1 at Otsu's", "best F1"]
    print("\n" + table(head, rows))


def judge(case: Case, source: str, draw: int, **params: Any) -> dict[int, tuple[float, float, float]]:
    """Search once for all classes; value -> average precision, F1 at the threshold, and the best F1 of any threshold."""
    import numpy as np
    import rasterio
    from iamap.engine import models
    from sklearn.metrics import average_precision_score, precision_recall_curve

    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder)
        examples = _examples(case, draw, into / "examples.gpkg", case.sources["raw pixels"])
        run(
            "similarity",
            input=case.sources[source],
            query=examples,
            name="class",
            output=into / "o.tif",
            model=into / "m.iamap",
            **params,
        )
        with rasterio.open(into / "o.tif") as ds:
            scores, fine = ds.read(), ds.transform
        limits = models.load(str(into / "m.iamap")).facts["thresholds"]
    with rasterio.open(case.sources["raw pixels"]) as ds:
        step = abs(fine.a / ds.transform.a)
    rng = np.random.default_rng(0)
    rows, cols = (
        rng.integers(0, min(length, int(side * step)), JUDGED)
        for length, side in zip(case.truth.shape, scores.shape[1:])
    )
    found = scores[:, (rows / step).astype(int), (cols / step).astype(int)]
    valid = ~np.isnan(found[0])
    truth = case.truth[rows, cols][valid]
    judged = {}
    for value, own, limit in zip(case.names, found[:, valid], limits):
        true = truth == value
        precision, recall, _ = precision_recall_curve(true, own)
        best = float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max())
        f1 = 2 * (true & (own >= limit)).sum() / max(1, true.sum() + (own >= limit).sum())
        judged[value] = float(average_precision_score(true, own)), float(f1), best
    return judged


def _examples(case: Case, draw: int, path: Path, raster: str) -> Path:
    """Points of all classes; their names are numbers, in the order of the classes."""
    import numpy as np
    import pyogrio
    import rasterio
    import shapely

    with rasterio.open(raster) as ds:
        transform, crs = ds.transform, ds.crs.to_wkt() if ds.crs else None
    values, places = [], []
    for value in case.names:
        known = case.places[value]
        chosen = np.random.default_rng([draw, value]).choice(len(known), POINTS, replace=False)
        places += [transform * (col + 0.5, row + 0.5) for row, col in known[chosen]]
        values += [value] * POINTS
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapely.points(np.array(places))),
        [np.array(values)],
        ["class"],
        geometry_type="Point",
        crs=crs,
    )
    return path
