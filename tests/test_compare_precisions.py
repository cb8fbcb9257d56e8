"""A comparison of precisions tells the truth about speed and closeness, and leaves nothing behind."""

from __future__ import annotations

import csv
import dataclasses

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from computing import network, own_home, quick  # noqa: E402, F401 (a fixture)
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine import precision, precision_labels  # noqa: E402
from iamap.engine.reports import precisions as report  # noqa: E402
from iamap.ml import learners  # noqa: E402
from making import Averager, context, make_raster  # noqa: E402
from stripes import dots  # noqa: E402


class Card(Averager):
    """A small transformer."""

    patch, tile = 8, 32

    def build(self, order):
        """The same each time."""
        return network()


@pytest.fixture(name="fields")
def fields_fixture(tmp_path):
    """Of this test alone."""
    return make_fields(tmp_path)


def job_with(job) -> None:
    """Run with a small network."""
    learner = next(card for card in learners() if card.id == "logistic")
    precision.run(job, Card(), learner(), context())


def make_fields(folder):
    """A raster of dark and bright squares of 8 pixels, and labels in some of them: (raster, layer, pixels with labels)."""
    rng = np.random.default_rng(0)
    bright = rng.integers(0, 2, (48, 64))
    data = 60 + 100 * np.kron(bright, np.ones((8, 8))) + rng.normal(0, 20, (3, 384, 512))
    squares = [divmod(int(place), 64) for place in rng.permutation(48 * 64)[:150]]
    cells = [(8 * row + 4, 8 * col + 3) for row, col in squares]
    kinds = ["bright" if bright[square] else "dark" for square in squares]
    raster = make_raster(folder / "r.tif", np.clip(data, 1, 254).astype(np.uint8))
    return raster, str(dots(folder / "l.gpkg", cells, kind=kinds)), cells


@pytest.fixture(name="compared", scope="module")
def compared_fixture(tmp_path_factory):
    """The rows of the table; the report lies beside it."""
    folder = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        quick(patch, folder)
        raster, points, _ = make_fields(folder)
        values = {"input": raster, "report": str(folder / "p.html"), "table": str(folder / "p.csv")}
        job = jobs()["compare_precisions"].make(
            {**values, "encoder": "MOSAIKS", "threads": 1, "tiles": 8, "labels": points, "column": "kind"}
        )
        job_with(job)
    with open(job.table, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file)), folder


def test_every_way_is_compared_with_torch_in_float32(compared):
    rows, folder = compared
    asked = [row["way"] for row in rows]
    assert asked[0] == "torch float32" and {"torch int8", "torch bfloat16"} <= set(asked)
    assert {"precision", "times_as_fast", "cosine", "same_clusters", "same_neighbours"} <= set(rows[0])
    first = {name: float(rows[0][name]) for name in ("times_as_fast", "cosine", "same_clusters", "same_neighbours")}
    assert set(first.values()) == {1.0} and float(rows[0]["relative_error"]) == 0
    for row in rows:
        if row["precision"] == "float32":
            assert float(row["relative_error"]) < 1e-4
        else:
            assert 1e-5 < float(row["relative_error"]) < 0.5 and 0.9 < float(row["cosine"]) <= 1
    size = {row["way"]: float(row["megabytes"]) for row in rows}
    assert 0 < size["torch int8"] < size["torch float32"]
    html = (folder / "p.html").read_text("utf-8")
    assert all(name in html for name in asked) and "What to choose" in html
    assert "A map learnt from the labels" in html and "ore than 5 %" in html
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith("p.")) == ["p.csv", "p.html"]


def test_with_labels_the_accuracy_of_a_map_is_told(compared):
    rows, _ = compared
    assert all(float(row["balanced_accuracy"]) > 0.95 for row in rows)
    assert all(float(row["accuracy_gain_low"]) <= 0 <= float(row["accuracy_gain_high"]) for row in rows)


def test_labels_are_found_on_the_cells_that_are_encoded(fields, tmp_path):
    """Whatever the tiles: the features of a labelled cell are those of its place."""
    raster, points, cells = fields
    values = {"input": raster, "report": str(tmp_path / "p.html"), "labels": points, "column": "kind"}
    job = jobs()["compare_precisions"].make({**values, "encoder": "MOSAIKS"})
    with precision.prepared(job.encoding(), Card(), context()) as ready:
        found = precision_labels.labelled(points, "kind", ready, 0, context())
        images = found.images
    # the mean of a cell's pixels stands for its features
    means = images.reshape(*images.shape[:2], 4, 8, 4, 8).mean((3, 5))
    values = found.features(lambda tiles: means[[int(np.abs(images - one).sum((1, 2, 3)).argmin()) for one in tiles]])
    names = {number: name for name, number in found.rules.codes.items()}
    bright = np.array([names[int(label)] == "bright" for label in found.marks.label])
    # as many tiles as are looked at
    assert len(cells) >= len(bright) > 100 and values[bright].min() > values[~bright].max()


def cells_of_labels(count: int = 240) -> precision_labels.LabelledTiles:
    """Cells of two classes all over a square, each its own label."""
    rng = np.random.default_rng(3)
    place = rng.permutation(60 * 60)[:count]
    row, col = place // 60, place % 60
    label = (rng.random(count) < 0.5).astype(np.float64)
    marks = precision_labels.Marks(row, col, label, np.arange(count), np.full(count, "", object))
    rules = precision_labels.Rules("kind", False, frozenset(), 0.5, 50, 50_000, "", 0, {"a": 0, "b": 1})
    xy = np.stack([col, row], 1) * 10.0
    return precision_labels.LabelledTiles(torch.empty(0), row, row, col, marks, xy, rules, "m")


def test_a_way_that_loses_what_tells_classes_apart_is_seen_and_others_are_not():
    labels = cells_of_labels()
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 1, (len(labels.marks), 6)).astype(np.float32)
    right = noise.copy()
    right[:, 0] += 3 * labels.marks.label
    learner = next(card for card in learners() if card.id == "logistic")()
    ways = {"exact": right, "the same": right, "nearly": right + 1e-3 * noise[::-1], "lost": noise}
    found = precision_labels.compared(labels, ways, learner, 0, context())
    assert found["exact"].balanced > 0.85 and found["exact"].gain == 0
    assert (found["the same"].low, found["the same"].gain, found["the same"].high) == (0, 0, 0)
    assert found["nearly"].low <= 0 <= found["nearly"].high and abs(found["nearly"].gain) < 0.03
    assert found["lost"].high < -0.2 and found["lost"].low < found["lost"].gain < found["lost"].high


def test_labels_need_a_column_and_data(fields, tmp_path):
    raster, points, *_ = fields
    values = {"input": raster, "report": str(tmp_path / "p.html"), "encoder": "MOSAIKS"}
    with pytest.raises(BadRequest, match=r"column.* is missing"):
        jobs()["compare_precisions"].make({**values, "labels": points})
    far = str(dots(tmp_path / "far.gpkg", [(9000, 9000), (9100, 9000)], kind=["a", "b"]))
    job = jobs()["compare_precisions"].make({**values, "labels": far, "column": "kind"})
    with pytest.raises(BadRequest, match="no label lies on"):
        job_with(job)
    assert not (tmp_path / "p.html").exists()


def test_where_more_than_a_twentieth_is_lost_is_one_sentence():
    ways = [result("a", 1, 1, 1), result("b", 4, 0.999, 0.97), result("c", 9, 0.93, 0.9)]
    text = report.losses(precision.Comparison(ways, {}, [], 8, 1.0), 8, 10)
    assert text == "More than 5 % is lost by: c (relative error of the features 7 %, agreement of 8 clusters 10 %)."
    assert report.losses(precision.Comparison(ways[:2], {}, [], 8, 1.0), 8, 10).startswith("No way loses")
    worse = dataclasses.replace(ways[1], accuracy=precision.Accuracy(0.81, -0.12, -0.09, -0.02))
    text = report.losses(precision.Comparison([ways[0], worse], {}, [], 8, 1.0), 8, 10)
    assert text == "More than 5 % is lost by: b (accuracy of the map 10 %)."


def test_formats_save_bytes_and_lose_little():
    features = np.random.default_rng(0).standard_normal((3, 16, 20, 20)).astype(np.float32)
    plain, half, quarter = precision.formats(features)
    assert plain.close.error == 0 < half.close.error < 1e-3 < quarter.close.error < 0.05
    assert plain.megabytes > 1.5 * half.megabytes > 1.5 * 1.2 * quarter.megabytes


def result(name: str, times: float, cosine: float, clusters: float) -> precision.Result:
    close = precision.Closeness(cosine, cosine, cosine, 1 - cosine)
    return precision.Result(name, {}, 0.0, 10 * times, times, close, clusters, 1.0)


def test_the_fastest_that_keeps_the_features_is_recommended():
    ways = [result("a", 1, 1, 1), result("b", 4, 0.995, 0.95), result("c", 9, 0.93, 0.9), result("d", 8, 0.999, 0.5)]
    text = report.verdict(precision.Comparison(ways, {}, [], 8, 1.0))
    assert text.startswith("b is 4.0 times as fast") and "c, d" in text
    alone = report.verdict(precision.Comparison([ways[0], ways[2]], {}, [], 8, 1.0))
    assert alone.startswith("No way is faster")


def test_what_encode_refuses_is_refused_here(tmp_path):
    with pytest.raises(BadRequest, match="is not a multiple of the patch"):
        jobs()["compare_precisions"].make({"input": "r.tif", "report": str(tmp_path / "p.html"), "tile": 30})
