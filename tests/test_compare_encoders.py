"""Encoders are compared on the same labels, folds and method, and one that can't be is left out and told."""

from __future__ import annotations

import csv
import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.algorithms.compare_encoders import PRECISIONS, Candidate  # noqa: E402
from iamap.contract.errors import BadRequest, IamapError  # noqa: E402
from iamap.engine.training import compare  # noqa: E402
from iamap.ml import learners  # noqa: E402
from learning import plain, square  # noqa: E402
from making import NORTH_UP, context, files, is_a_sentence, make_raster, texture  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from rasterio.warp import calculate_default_transform  # noqa: E402
from rasterio.warp import transform as warp  # noqa: E402
from stripes import dots, layer  # noqa: E402

SIDE = 96
LOGISTIC = next(card for card in learners() if card.id == "logistic")()


@pytest.fixture
def raster(tmp_path):
    """A photo that tells nothing."""
    return make_raster(tmp_path / "photo.tif", texture(SIDE, SIDE), transform=NORTH_UP)


def cells(count=60, seed=0):
    """Places of labels, and the kind of each: one for the left, one for the right of every 12 columns."""
    rng = np.random.default_rng(seed)
    places = [(int(row), int(col)) for row, col in zip(rng.integers(0, SIDE, count), rng.permutation(SIDE)[:count])]
    return places, np.array(["forêt" if col // 12 % 2 else "水" for _, col in places], object)


@pytest.fixture
def labels(tmp_path):
    places, kinds = cells()
    return dots(tmp_path / "l.gpkg", places, kind=kinds, height=np.array([col * 3.0 for _, col in places]))


def features(path, seed=0, scale=1, signal=True, **about):
    """Features of cells of *scale* pixels: noise, and for a signal the side that labels are of, and the column."""
    size = SIDE // scale
    data = np.random.default_rng(seed).normal(size=(4, size, size))
    if signal:
        middle = (np.arange(size) + 0.5) * scale
        data[0] += 6 * (middle // 12 % 2)
        data[1] += middle
    about.setdefault("transform", NORTH_UP * Affine.scale(scale))
    return make_raster(path, data.astype(np.float32), **about)


def request(folder, raster, labels, **params):
    values = {
        "input": raster, "labels": labels, "column": "kind", "validation": "random", "encoders": "none",
        "report": folder / "r.html", "table": folder / "t.csv", "threads": 1,
    }  # fmt: skip
    return jobs()["compare_encoders"].make(plain({**values, **params}))


def run(folder, raster, labels, **params):
    """Compare; return the rows of the table by name, and what the run told."""
    ctx = context()
    request(folder, raster, labels, **params).run(ctx)
    with open(folder / "t.csv", encoding="utf-8-sig", newline="") as file:
        return {row["encoder"]: row for row in csv.DictReader(file)}, ctx.facts


def test_features_with_signal_beat_noise_and_the_table_has_its_columns(tmp_path, raster, labels):
    signal, noise = features(tmp_path / "signal.tif"), features(tmp_path / "noise.tif", 1, signal=False)
    rows, told = run(tmp_path, raster, labels, encoders="bands, bands 3x3", features=[noise, signal])
    assert list(rows) == ["bands", "bands 3x3", "noise", "signal"]
    found = {name: float(row["balanced accuracy"]) for name, row in rows.items()}
    assert found["signal"] > 0.9 and max(found[name] for name in rows if name != "signal") < 0.75
    assert told["best"] == "signal" and told["compared"] == 4
    for row in rows.values():
        for name in ("overall accuracy", "balanced accuracy", "kappa", "macro-F1"):
            assert float(row[f"{name} low"]) <= float(row[name]) <= float(row[f"{name} high"])
        assert float(row["seconds_learn"]) > 0 and int(row["labelled_cells"]) == 60
    assert [int(row["bands"]) for row in rows.values()] == [3, 9, 4, 4]
    assert float(rows["signal"]["megabytes"]) > 0 == float(rows["bands"]["megabytes"])
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert all(name in page for name in rows)


def compared(job, *sources):
    """Results of *sources*, (name, path, window), as the job would have them."""
    results = []
    for name, path, window in sources:
        results.append(compare._compared(job, LOGISTIC, name, path, window, 0.0, results, context()))
    return results


GROUNDS = {
    "metres": ("EPSG:32631", NORTH_UP),
    "cells": (None, Affine.scale(2, -2)),
    "degrees": ("EPSG:4326", Affine(1e-4, 0, 120, 0, -1e-4, 45)),
}


def elsewhere_measured(path, raster, crs):
    """Noise on about the same ground and cells of four pixels, in another CRS."""
    with rasterio.open(raster) as ds:
        grid, width, height = calculate_default_transform(ds.crs, crs, ds.width // 4, ds.height // 4, *ds.bounds)
    data = np.random.default_rng(3).normal(size=(2, height, width)).astype(np.float32)
    return make_raster(path, data, transform=grid, crs=crs)


def polygons_of(result, path, raster):
    """(cells, 2) which square of 8 pixels of *raster* each labelled cell lies in."""
    with rasterio.open(path) as ds, rasterio.open(raster) as first:
        x, y = ds.transform * (result.examples.places[:, 1] + 0.5, result.examples.places[:, 0] + 0.5)
        if ds.crs != first.crs:
            x, y = warp(ds.crs, first.crs, x, y)
        return np.floor(np.stack(~first.transform * (np.array(x), np.array(y)), 1) / 8).astype(int).tolist()


@pytest.mark.parametrize(
    ("validation", "ground"), [("random", "metres"), ("blocks", "metres"), ("random", "cells"), ("random", "degrees")]
)
def test_all_are_checked_on_the_same_folds_whatever_their_cells(tmp_path, validation, ground):
    crs, grid = GROUNDS[ground]
    raster = make_raster(tmp_path / "photo.tif", texture(SIDE, SIDE), transform=grid, crs=crs)
    rng = np.random.default_rng(0)
    spots = [(int(row) * 8, int(col) * 8) for row, col in zip(*np.divmod(rng.permutation(144)[:70], 12))]
    shapes = [square(row + 1, col + 1, 6, grid) for row, col in spots]
    kinds = np.array([f"k{(col // 8) % 2}" for _, col in spots], object)
    labels = layer(tmp_path / "p.gpkg", shapes, crs=crs, kind=kinds)
    job = request(tmp_path, raster, labels, encoders="bands, bands 3x3", validation=validation, per_feature=9)
    sources = [("photo", raster, 1)]
    for scale in (1, 4, 8):
        path = tmp_path / f"{scale}.tif"
        sources.append((str(scale), features(path, scale=scale, transform=grid * Affine.scale(scale), crs=crs), 1))
    if crs:
        other = "EPSG:4326" if ground == "metres" else "EPSG:32651"
        sources.append(("other", elsewhere_measured(tmp_path / "other.tif", raster, other), 1))
    results = compared(job, *sources)
    folds = []
    for one, (_, path, _) in zip(results, sources, strict=True):
        of_polygon, number = {}, one.validated.folds.number.tolist()
        for (col, row), fold, block in zip(polygons_of(one, path, raster), number, one.validated.folds.block.tolist()):
            assert of_polygon.setdefault((row, col), (fold, block)) == (fold, block)
        folds.append(of_polygon)
        assert len(of_polygon) == 70 and one.validated.folds.count == results[0].validated.folds.count
    assert all(one == folds[0] for one in folds)
    assert [one.cell for one in results[:4]] == pytest.approx([abs(grid.a) * scale for scale in (1, 1, 4, 8)])
    # the same features once more: no gain, and nothing else
    again = compared(job, sources[1], ("copy", features(tmp_path / "c.tif", transform=grid, crs=crs), 1))
    assert again[1].gain == (0.0, 0.0, 0.0) and again[0].figures == again[1].figures


def test_a_gain_has_an_interval_that_tells_signal_from_noise(tmp_path, raster, labels):
    signal, noise = features(tmp_path / "s.tif"), features(tmp_path / "n.tif", 1, signal=False)
    other = features(tmp_path / "o.tif", 2, signal=False)
    job = request(tmp_path, raster, labels, features=[signal, noise])
    plainly = compared(job, ("n", noise, 1), ("s", signal, 1), ("o", other, 1))
    low, difference, high = plainly[1].gain
    assert 0 < low <= difference <= high
    # of the figure that encoders are ranked by
    assert difference == pytest.approx(
        plainly[1].figures["balanced accuracy"] - plainly[0].figures["balanced accuracy"]
    )
    low, _, high = plainly[2].gain
    assert low < 0.1 and high > -0.1


def test_a_label_counts_alike_however_many_cells_it_has(tmp_path, raster):
    """One huge polygon that is mistaken made an encoder of small cells look worse than one of large cells."""
    shapes = [square(row, col, 4) for row in range(0, 90, 10) for col in (2, 14, 26, 38)]
    kinds = ["forêt" if i % 2 else "水" for i in range(len(shapes))]
    shapes.append(square(40, 48, 12))
    kinds.append("forêt")
    labels = layer(tmp_path / "p.gpkg", shapes, kind=np.array(kinds, object))
    fine, coarse = features(tmp_path / "fine.tif"), features(tmp_path / "coarse.tif", scale=4)
    rows, _ = run(tmp_path, raster, labels, features=[fine, coarse], per_feature=400)
    assert [int(rows[name]["label_features"]) for name in rows] == [37, 37]
    assert int(rows["fine"]["labelled_cells"]) == 36 * 16 + 144 > 4 * int(rows["coarse"]["labelled_cells"])
    # 36 of 37, not 576 of 720
    assert float(rows["fine"]["overall accuracy"]) == pytest.approx(36 / 37, abs=0.02)
    assert rows["fine"]["balanced accuracy less that of the first"] == ""
    gain = float(rows["coarse"]["balanced accuracy less that of the first"])
    values = [float(rows[name]["balanced accuracy"]) for name in ("fine", "coarse")]
    assert gain == pytest.approx(values[1] - values[0], abs=1e-5)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Labelled cells" in page and "Difference in balanced accuracy" in page


def test_numbers_are_compared_by_what_they_explain(tmp_path, raster, labels):
    signal, noise = features(tmp_path / "signal.tif"), features(tmp_path / "noise.tif", 1, signal=False)
    rows, told = run(
        tmp_path, raster, labels, features=[noise, signal], task="numbers", column="height", method="random_forest"
    )
    assert list(rows) == ["noise", "signal"]
    assert told["best"] == "signal" and float(rows["signal"]["R²"]) > 0.8 > 0.3 > float(rows["noise"]["R²"])


def refused(folder, raster, labels, **params):
    before = files(folder)
    with pytest.raises(IamapError) as caught:
        run(folder, raster, labels, **params)
    assert is_a_sentence(caught.value) and caught.value.hint and files(folder) == before
    return str(caught.value)


def test_names_that_are_none_are_refused_with_those_there_are(tmp_path, raster, labels):
    assert "no encoder DINOv9" in refused(tmp_path, raster, labels, encoders="bands, DINOv9")
    for names in (
        "bands",
        "bands, bands",
        "bands, bands 4x4",
        "bands, bands 3x5",
        "bands, MOSAIKS@int3",
        "none",
        "bands, none",
    ):
        refused(tmp_path, raster, labels, encoders=names)
    refused(tmp_path, raster, labels, encoders="bands, bands 3x3", validation="none")
    assert "no column class" in refused(tmp_path, raster, labels, encoders="bands, bands 3x3", column="class")
    beside = dots(tmp_path / "b.gpkg", [(900, 900), (901, 901)], kind=np.array(["a", "b"], object))
    assert "no label" in refused(tmp_path, raster, beside, encoders="bands, bands 3x3")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_names_mean_what_they_say(tmp_path, raster, labels, precision):
    job = request(tmp_path, raster, labels, encoders=f" bands 9x9, mosaiks @{precision},timm:resnet18")
    assert job.candidates() == [
        Candidate("bands 9x9", "", window=9),
        Candidate(f"mosaiks @{precision}", "MOSAIKS", precision=precision),
        Candidate("timm:resnet18", "timm model by name", "resnet18"),
    ]


def test_what_fails_is_left_out_and_told_and_the_others_are_compared(tmp_path, raster, labels, caplog):
    data = texture(20, 20).astype(np.float32)
    elsewhere = make_raster(tmp_path / "elsewhere.tif", data, transform=NORTH_UP * Affine.translation(5000, 0))
    signal = features(tmp_path / "signal.tif")
    with caplog.at_level(logging.WARNING):
        rows, told = run(
            tmp_path, raster, labels, encoders="bands, timm:no_such_model", features=[elsewhere, signal], download=False
        )
    assert list(rows) == ["bands", "signal"] and told["compared"] == 2
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for name in ("timm:no_such_model", "elsewhere"):
        assert f"{name} is left out" in caplog.text and name in page
    with pytest.raises(BadRequest, match="fewer than two"):
        run(tmp_path, raster, labels, encoders="bands, timm:no_such_model", download=False)


def test_an_encoder_is_run_on_the_raster_and_leaves_no_features_behind(tmp_path, raster, labels, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    rows, _ = run(tmp_path, raster, labels, encoders="bands, MOSAIKS")
    assert float(rows["MOSAIKS"]["seconds_encode"]) > 0 and float(rows["MOSAIKS"]["megabytes"]) > 0
    assert int(rows["MOSAIKS"]["bands"]) > 3 and not files(folder)
