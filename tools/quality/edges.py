"""How right maps are near borders of classes, by ways to be finer than the patch: ``tools/quality.py edges``."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import encode, half_interval, mean, run, table, with_vit
from ._edges_scenes import SOURCES, Scene

#: pixels from the border of a class at which bands of pixels end
ENDS = (0, 2, 5, 10, 10_000)
HEAD = ("0-2", "2-5", "5-10", "more")
#: labels of a class, pixels around a label that are not tested, pixels of a band that are tested, trees
LABELS, NEAR, TESTED, TREES = 50, 8, 5000, 100
#: sides of the window of the statistics, in pixels
WINDOW = 9
BASE = "cells as they are"
#: ways to sharpen what cells say: title -> (parameters of Sharpen, whether the map of classes is given instead of probabilities)
WAYS: dict[str, tuple[dict[str, Any], bool]] = {
    "+ guided filter": ({}, False),
    "+ guided filter, radius 2": ({"radius": 2}, False),
    "+ guided filter, of the map of classes": ({}, True),
    "+ joint bilateral": ({"method": "joint bilateral"}, False),
    "+ joint bilateral, of the map of classes": ({"method": "joint bilateral"}, True),
}
#: of these, what is done on finer grids, up to so many times finer
SOME, FEW = {name: WAYS[name] for name in ("+ guided filter",)}, 2


@dataclass
class Found:
    """What a way gave: percent right by band of each draw, and the seconds it took, of all cores together."""

    right: list[list[float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Print a table in Markdown for each source and encoder: percent right by band, with the gain over cells as they are."""
    parser = argparse.ArgumentParser(prog="quality.py edges", description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="folder of real rasters and weights")
    parser.add_argument("--scenes", nargs="+", choices=SOURCES, default=["drawn"], help="(default: %(default)s)")
    parser.add_argument("--encoders", nargs="+", choices=("ViT", "MOSAIKS"), default=["MOSAIKS"])
    parser.add_argument("--times", nargs="*", type=int, default=[2], help="finer grids (default: %(default)s)")
    parser.add_argument("--draws", type=int, default=6, help="of labels, in turn on the scenes (default: %(default)s)")
    given = parser.parse_args(arguments)
    warmed = False
    for name in given.scenes:
        with tempfile.TemporaryDirectory() as folder:
            scenes = list(SOURCES[name].make(Path(folder), given.data or Path()))
            for encoder in given.encoders:
                if not warmed:  # what is imported at the first run is no cost of an encoder
                    encode(scenes[0].raster, Path(folder) / "warm.tif")
                    warmed = True
                found = measure(scenes, encoder, given.times, given.draws, Path(folder), given.data)
                print(f"\n{SOURCES[name].title}; {encoder}, {given.draws} draws\n\n{written(found)}", flush=True)
    return 0


def written(found: dict[str, Found]) -> str:
    """A table in Markdown."""
    rows = []
    for name, one in found.items():
        cells = []
        for band in range(len(HEAD)):
            values = [draw[band] for draw in one.right]
            gains = [mine - theirs[band] for mine, theirs in zip(values, found[BASE].right)]
            gain = "" if name == BASE else f" ({mean(gains):+.1f} ± {half_interval(gains):.1f})"
            cells.append(f"{mean(values):.1f}{gain}")
        rows.append((name, *cells, f"{mean(one.seconds):.1f}"))
    return table(("pixels from a border", *HEAD, "seconds of a core"), rows)


def measure(
    scenes: list[Scene], encoder: str, times: list[int], draws: int, folder: Path, data: Path | None
) -> dict[str, Found]:
    """Way -> percent right; all ways learn from the same labels in a draw and are tested on the same pixels."""
    import rasterio

    found: dict[str, Found] = {}
    for number, scene in enumerate(scenes):
        own = [draw for draw in range(draws) if draw % len(scenes) == number]
        trials = [Trial(scene, draw) for draw in own]
        with rasterio.open(scene.raster) as ds:
            image = Image(ds.read().astype("float32"), ds.transform)
        for title, params in grids(encoder, times):
            started = time.process_time()
            features = encoded(scene, encoder, params, folder / "features.tif", data)
            spent = time.process_time() - started
            for trial in trials:
                ways = WAYS if not params else SOME if params["enlarge"] <= FEW else {}
                for way, right, seconds in judge(trial, scene, features, image, folder, ways):
                    name = way if not params else title if way == BASE else f"{title} {way}"
                    found.setdefault(name, Found()).right.append(right)
                    found[name].seconds.append(spent + seconds)
        for trial in trials:
            for name, right, seconds in baselines(trial, scene, image):
                found.setdefault(name, Found()).right.append(right)
                found[name].seconds.append(seconds)
    return found


@dataclass(frozen=True)
class Image:
    """(bands, rows, cols) float32, and the way to coordinates."""

    bands: Any
    grid: Any


def grids(encoder: str, times: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Title -> parameters of Encode."""
    from iamap.algorithms import jobs

    yield BASE, {}
    for each in times:
        yield f"image enlarged, {each} times", {"enlarge": each}
        if "finer_by" in jobs()["encode"].specs():
            yield f"grids shifted, {each} × {each}", {"enlarge": each, "finer_by": "shifted grids"}


def encoded(scene: Scene, encoder: str, params: dict[str, Any], output: Path, data: Path | None) -> str:
    """Features."""
    if encoder == "ViT":
        vit = with_vit(data, scene.weights)
        if vit is None:
            raise SystemExit(f"--data has no weights/{scene.weights}")
        return encode(scene.raster, output, bands=scene.rgb, **vit, **params)
    return encode(scene.raster, output, **params)


class Trial:
    """Labels of one draw, and the pixels that are tested.

    Attributes:
        label, test: (rows, columns) of pixels.
        band: (tested,) which band a pixel is in.
    """

    def __init__(self, scene: Scene, draw: int) -> None:
        import numpy as np
        from scipy import ndimage

        rng, truth = np.random.default_rng(draw), scene.truth
        classes = np.unique(truth[truth >= 0])
        picked = [rng.choice(np.flatnonzero(truth.ravel() == one), LABELS, replace=False) for one in classes]
        self.label = np.divmod(np.concatenate(picked), truth.shape[1])
        free = np.ones(truth.shape, bool)
        free[self.label] = False
        away = np.zeros(truth.shape)
        for one in np.unique(truth):
            inside = truth == one
            away[inside] = ndimage.distance_transform_edt(inside)[inside]
        free = (ndimage.distance_transform_edt(free) > NEAR) & (truth >= 0)
        rows, bands = [], []
        for band, (least, most) in enumerate(zip(ENDS, ENDS[1:])):
            inside = np.flatnonzero((free & (away > least) & (away <= most)).ravel())
            rows.append(rng.permutation(inside)[:TESTED])
            bands.append(np.full(len(rows[-1]), band))
        self.test, self.band = np.divmod(np.concatenate(rows), truth.shape[1]), np.concatenate(bands)
        self.seed, self.count = draw, int(classes.max()) + 1

    def right(self, truth: Any, found: Any) -> list[float]:
        """Percent of the tested pixels that are right, by band."""
        import numpy as np

        hit = 100.0 * (truth[self.test] == found)
        return [float(np.mean(hit[self.band == band])) for band in range(len(HEAD))]


def learnt(x: Any, y: Any, trial: Trial) -> Any:
    """A random forest as the plugin fits it: what gives (n, classes) probabilities."""
    import numpy as np
    from iamap.engine.training.recipe import Recipe
    from iamap.ml import learners

    card = next(one for one in learners() if one.id == "random_forest")
    recipe = Recipe(card(trees=TREES), "classes", trial.count, trial.seed)
    fitted, _ = recipe.fit(x, y, np.arange(len(y)))
    return lambda rows: recipe.predict(fitted, rows)[1]


def judge(
    trial: Trial, scene: Scene, features: str, image: Image, folder: Path, ways: dict[str, Any]
) -> Iterator[tuple[str, list[float], float]]:
    """Learn on cells; yield each of *ways* from there to pixels with percent right and seconds."""
    import numpy as np
    import rasterio
    from scipy import ndimage

    with rasterio.open(features) as ds:
        cells, grid, crs = ds.read(), ds.transform, ds.crs
    way = ~grid * image.grid

    def places(pixels: Any) -> Any:
        col, row = way * (pixels[1] + 0.5, pixels[0] + 0.5)
        # what is left over at the end of an image belongs to the last cell
        return np.stack([np.clip(row, 0, cells.shape[1] - 1e-6), np.clip(col, 0, cells.shape[2] - 1e-6)])

    at = tuple(places(trial.label).astype(int))
    model = learnt(np.ascontiguousarray(cells[:, at[0], at[1]].T), scene.truth[trial.label], trial)
    here = places(trial.test)
    at = tuple(here.astype(int))
    yield BASE, trial.right(scene.truth, model(np.ascontiguousarray(cells[:, at[0], at[1]].T)).argmax(1)), 0.0
    if not ways:
        return
    flat = np.nan_to_num(cells.reshape(len(cells), -1).T)
    share = np.concatenate([model(part) for part in np.array_split(flat, max(1, len(flat) // 20_000))])
    share = share.T.reshape(-1, *cells.shape[1:])
    if ways is WAYS:
        between = np.stack([ndimage.map_coordinates(one, here - 0.5, order=1, mode="nearest") for one in share])
        yield "+ bilinear", trial.right(scene.truth, between.argmax(0)), 0.0
    about = {"driver": "GTiff", "width": cells.shape[2], "height": cells.shape[1], "crs": crs, "transform": grid}
    paths = {name: str(folder / f"{name}.tif") for name in ("shares", "map", "sharp", "classes")}
    with rasterio.open(paths["shares"], "w", dtype="float32", count=len(share), **about) as made:
        made.write(share)
        made.descriptions = [f"probability of {number}" for number in range(len(share))]
    with rasterio.open(paths["map"], "w", dtype="uint8", count=1, **about) as made:
        made.write(share.argmax(0).astype("uint8") + 1, 1)
    for name, (params, of_classes) in ways.items():
        if of_classes:
            params = {**params, "input": paths["map"], "content": "classes"}
        else:
            params = {**params, "input": paths["shares"], "classes": paths["classes"]}
        started = time.process_time()
        run("sharpen", guide=scene.raster, output=paths["sharp"], **params)
        spent = time.process_time() - started
        with rasterio.open(paths["sharp" if of_classes else "classes"]) as ds:
            found = ds.read(1).astype(int) - 1
        found = np.pad(found, [(0, high - had) for high, had in zip(scene.truth.shape, found.shape)], mode="edge")
        yield name, trial.right(scene.truth, found[trial.test]), spent


def baselines(trial: Trial, scene: Scene, image: Image) -> Iterator[tuple[str, list[float], float]]:
    """The same forest on what pixels show themselves."""
    import numpy as np
    from scipy import ndimage

    started = time.process_time()
    bands = np.nan_to_num(image.bands)
    size = (1, WINDOW, WINDOW)
    middle = ndimage.uniform_filter(bands, size, mode="nearest")
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(bands.astype(float) ** 2, size, mode="nearest") - middle**2, 0))
    windows, spent = np.concatenate([bands, middle, spread]), time.process_time() - started
    for name, x in (("bands of the pixel", bands), (f"bands and window of {WINDOW} × {WINDOW} pixels", windows)):
        started = time.process_time()
        model = learnt(x[:, trial.label[0], trial.label[1]].T, scene.truth[trial.label], trial)
        found = model(x[:, trial.test[0], trial.test[1]].T.astype(np.float32)).argmax(1)
        seconds = (time.process_time() - started) * scene.truth.size / len(found)
        yield name, trial.right(scene.truth, found), seconds + spent * (x is windows)
