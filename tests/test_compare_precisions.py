"""A comparison of precisions tells the truth about speed and closeness, and leaves nothing behind."""

from __future__ import annotations

import csv

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from computing import network, own_home  # noqa: E402, F401 (a fixture)
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine import precision  # noqa: E402
from iamap.engine.reports import precisions as report  # noqa: E402
from making import Averager, context, make_raster, texture  # noqa: E402


class Card(Averager):
    """A small transformer."""

    patch, tile = 8, 32

    def build(self, order):
        """The same each time."""
        return network()


@pytest.fixture(name="compared")
def compared_fixture(tmp_path):
    source = make_raster(tmp_path / "r.tif", texture(230, 190))
    values = {
        "input": source,
        "report": str(tmp_path / "p.html"),
        "table": str(tmp_path / "p.csv"),
        "encoder": "MOSAIKS",
    }
    job = jobs()["compare_precisions"].make({**values, "threads": 1, "tiles": 8})
    precision.run(job, Card(), context())
    with open(job.table, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_way_is_compared_with_torch_in_float32(compared, tmp_path):
    rows = compared
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
    html = (tmp_path / "p.html").read_text("utf-8")
    assert all(name in html for name in asked) and "What to choose" in html
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("p.")) == ["p.csv", "p.html"]


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
