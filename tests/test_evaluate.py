"""Checking a map: figures that others would find too, areas that cover the truth, and sentences where nothing can be said."""

from __future__ import annotations

import json
import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from checking import HIGH, WIDE, Evaluate, at, checker, ends, layer, truth, value  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.training import evaluate, map_classes  # noqa: E402
from iamap.engine.training.map_classes import Legend, match  # noqa: E402
from making import NORTH_UP, context, make_raster  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from rasterio.warp import transform  # noqa: E402


@pytest.fixture
def check(tmp_path):
    """See ``checker``."""
    return checker(tmp_path)


# --- right


@pytest.mark.parametrize("sample", ["as it comes", "random", "by class"])
def test_a_perfect_map_is_right_everywhere(check, tmp_path, sample):
    drawn, _ = truth()
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 7), WIDE)
    found, text = check(drawn, layer(tmp_path / "a.gpkg", at(rows, cols), drawn[rows, cols]), sample=sample, page=True)
    assert value(found, "overall accuracy") == 1
    assert all(value(found, "f1", name) == 1 for name in ("1", "2", "3"))
    if sample != "as it comes":
        assert value(found, "overall accuracy by area") == 1
        assert sum(value(found, "adjusted area", name) for name in "123") == pytest.approx(HIGH * WIDE / 100, rel=0.01)
    assert "100.0 %" in text


def test_figures_are_those_of_scikit_learn_on_the_same_cells(check, tmp_path):
    from sklearn import metrics

    drawn, real = truth(4)
    rng = np.random.default_rng(1)
    place = rng.choice(HIGH * WIDE, 300, replace=False)
    rows, cols = np.divmod(place, WIDE)
    found = check(drawn, layer(tmp_path / "a.gpkg", at(rows, cols), real[rows, cols]))
    one, two = real[rows, cols], drawn[rows, cols]
    assert value(found, "compared") == 300
    assert value(found, "overall accuracy") == pytest.approx(metrics.accuracy_score(one, two))
    assert value(found, "balanced accuracy") == pytest.approx(metrics.balanced_accuracy_score(one, two))
    assert value(found, "kappa") == pytest.approx(metrics.cohen_kappa_score(one, two))
    assert value(found, "macro-F1") == pytest.approx(metrics.f1_score(one, two, average="macro"))
    told = [[value(found, "confusion", a, b) for b in "1234"] for a in "1234"]
    np.testing.assert_array_equal(told, metrics.confusion_matrix(one, two))
    for figure, of in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        assert [value(found, figure, name) for name in "1234"] == pytest.approx(of(one, two, average=None).tolist())
    low, high = ends(found, "overall accuracy")
    assert low < value(found, "overall accuracy") < high


def test_numbers_are_compared_as_scikit_learn_does(check, tmp_path):
    from sklearn import metrics

    rng = np.random.default_rng(2)
    drawn = rng.normal(20, 5, (HIGH, WIDE)).astype(np.float32)
    rows, cols = np.divmod(rng.choice(HIGH * WIDE, 200, replace=False), WIDE)
    real = drawn[rows, cols].astype(float) - 1.5 + rng.normal(0, 2, 200)
    found, text = check(drawn, layer(tmp_path / "a.gpkg", at(rows, cols), real), task="numbers", page=True)
    two = drawn[rows, cols].astype(float)
    assert value(found, "R²") == pytest.approx(metrics.r2_score(real, two))
    assert value(found, "RMSE") == pytest.approx(metrics.root_mean_squared_error(real, two))
    assert value(found, "MAE") == pytest.approx(metrics.mean_absolute_error(real, two))
    assert value(found, "bias") == pytest.approx((two - real).mean())
    assert "too high" in text
    meta, _, _, columns = pyogrio.raw.read(tmp_path / "p.gpkg")
    assert list(meta["fields"]) == ["label", "map", "error", "score"]
    np.testing.assert_allclose(columns[2], columns[1] - columns[0])


@pytest.mark.parametrize("sample", ["random", "by class"])
def test_intervals_of_areas_cover_the_truth_as_often_as_they_say(sample):
    drawn, real = truth(3, seed=5, shape=(120, 100))
    rng = np.random.default_rng(3)
    names, hit, said, counted = ["1", "2", "3"], 0, [], []
    sizes = np.bincount(drawn.ravel(), minlength=4)[1:].astype(float)
    overview = evaluate.Overview(np.arange(1, 4), sizes.astype(int), sizes, False, 1.0, drawn.astype(np.float32), 1)
    classes = match(names, [1, 2, 3], Legend({}, {}))
    want = (real == 2).sum()
    for _ in range(150):
        if sample == "random":
            place = rng.choice(drawn.size, 200, replace=False)
        else:
            place = np.concatenate([rng.choice(np.flatnonzero(drawn == k), 60, replace=False) for k in (1, 2, 3)])
        rows, cols = np.divmod(place, 100)
        none = np.full(len(place), "", object)
        marks = evaluate.Marks(rows, cols, real[rows, cols] - 1.0, np.arange(len(place)), none)
        made = evaluate.Compared(marks, drawn[rows, cols].astype(int) - 1, classes, np.stack([cols, rows], 1), 0)
        one = evaluate._areas(sample == "by class", overview, made).areas[1]
        hit += one.low <= want <= one.high
        said.append(one.value)
        counted.append((drawn == 2).sum())
    assert hit >= 0.88 * 150
    assert abs(np.mean(said) - want) < 0.02 * want


def test_areas_are_true_on_the_ground_and_the_same_in_any_crs(check, tmp_path):
    drawn = np.where(np.arange(WIDE) < 20, 1, 2) * np.ones((HIGH, 1), int)
    grid = Affine(0.001, 0, 3.0, 0, -0.001, 60.0)
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 11), WIDE)
    reference = layer(tmp_path / "a.gpkg", at(rows, cols, grid), drawn[rows, cols], "EPSG:4326")
    profile = {"transform": grid, "crs": "EPSG:4326"}
    found = check(drawn.astype(np.uint8), reference, profile, sample="by class")
    # a thousandth of a degree at 60 degrees north: 111.41 m to the north and 55.80 m to the east
    want = HIGH * 20 * 111.41 * 55.80 / 1e4
    assert value(found, "mapped area", "1") == pytest.approx(want, rel=0.002)
    assert value(found, "adjusted area", "1") == pytest.approx(want, rel=0.002)


@pytest.mark.parametrize("at_once", [1 << 20, 100])
def test_every_cell_of_a_map_is_counted_once(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(map_classes, "_AT_ONCE", at_once)
    monkeypatch.setattr(map_classes, "_SIDE", 20)
    drawn = np.random.default_rng(0).integers(-5, 6, (HIGH, WIDE)).astype(np.int16) * 1000
    with open_features(make_raster(tmp_path / "map.tif", drawn[None], nodata=0), [1], classes=True) as features:
        found = map_classes.look_over(features, True, [2000], context())
    values, cells = np.unique(drawn[(drawn != 0) & (drawn != 2000)], return_counts=True)
    np.testing.assert_array_equal(found.values, values)
    np.testing.assert_array_equal(found.cells, cells)
    # 10 m on the map is 10 m on the ground, up to the scale of UTM
    np.testing.assert_allclose(found.sizes, 100 * cells, rtol=0.002)
    picture = drawn[::4, ::4].astype(float)
    np.testing.assert_array_equal(found.picture, np.where((picture == 0) | (picture == 2000), np.nan, picture))


def test_errors_that_lie_anywhere_have_no_reach_and_patches_have_theirs():
    rng = np.random.default_rng(0)
    xy = rng.random((400, 2)) * 1000
    anywhere = [evaluate.alike_up_to((rng.random(400) < 0.2) * 1.0, xy, 0) for _ in range(20)]
    assert sum(one is None for one in anywhere) >= 17
    sides = {}
    for side in (100, 50):
        patch = rng.random((21, 21)) < 0.3
        sides[side] = evaluate.alike_up_to(patch[tuple((xy // side).astype(int).T)] * 1.0, xy, 0)
    assert 25 <= sides[50] <= 100 and 50 <= sides[100] <= 200
    assert evaluate.alike_up_to(np.zeros(400), xy, 0) is None and evaluate.alike_up_to(np.ones(1), xy[:1], 0) is None


# --- what a reference is


def test_a_reference_in_another_crs_lies_where_it_should(check, tmp_path):
    drawn, real = truth()
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 9), WIDE)
    x, y = NORTH_UP * (cols + 0.5, rows + 0.5)
    lon, lat = transform("EPSG:32631", "EPSG:4326", x, y)
    points = list(shapely.points(np.stack([lon, lat], 1)))
    found = check(drawn, layer(tmp_path / "a.gpkg", points, real[rows, cols], "EPSG:4326"))
    assert value(found, "overall accuracy") == pytest.approx((drawn == real)[rows, cols].mean())


def test_a_map_and_a_reference_without_crs_are_compared_in_cells(check, tmp_path):
    drawn, real = truth()
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 9), WIDE)
    reference = layer(tmp_path / "a.gpkg", at(rows, cols), real[rows, cols], None)
    found, text = check(drawn, reference, {"crs": None}, sample="random", page=True)
    assert value(found, "overall accuracy") == pytest.approx((drawn == real)[rows, cols].mean())
    assert found[("adjusted area", "1", "")]["unit"] == "cells"
    assert "counted in cells" in text


def test_a_raster_is_a_reference_too(check, tmp_path):
    drawn, real = truth()
    raster = make_raster(tmp_path / "real.tif", np.where(np.arange(WIDE) < 30, real, 255).astype(np.uint8)[None], nodata=255)  # fmt: skip
    found = check(drawn, reference_raster=raster)
    assert value(found, "compared") == HIGH * 30
    assert value(found, "overall accuracy") == pytest.approx((drawn == real)[:, :30].mean())


def test_a_large_raster_is_drawn_evenly_whatever_its_classes(check, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "MOST_CELLS", 500)
    drawn = np.ones((HIGH, WIDE), np.uint8)
    drawn[:3] = 2
    raster = make_raster(tmp_path / "real.tif", np.ones((1, HIGH, WIDE), np.uint8))
    found, text = check(drawn, reference_raster=raster, page=True)
    assert value(found, "compared") == 500
    assert value(found, "overall accuracy") == pytest.approx(40 / 43, abs=0.04)
    assert "drawn at random" in text


def test_polygons_count_cell_by_cell_and_once_in_a_random_sample(check, tmp_path):
    drawn = np.ones((HIGH, WIDE), np.uint8)
    drawn[:, 30:] = 2
    drawn[0:2, 0:2] = [[2, 1], [1, 1]]
    box = lambda row, col, size: shapely.box(*(NORTH_UP * (col, row + size)), *(NORTH_UP * (col + size, row)))  # noqa: E731
    shapes = [box(0, 0, 2), box(10, 10, 3), box(10, 40, 3), *at([30], [50])]
    reference = layer(tmp_path / "a.gpkg", shapes, np.array(["1", "1", "2", "2"], object))
    cells = check(drawn, reference)
    assert value(cells, "compared") == 4 + 9 + 9 + 1
    assert value(cells, "confusion", "1", "2") == 1
    once, text = check(drawn, reference, sample="random", page=True)
    assert value(once, "compared") == 4 and value(once, "overall accuracy") == 1
    assert "cover several cells: 3," in text
    limited = check(drawn, reference, per_feature=2)
    assert value(limited, "compared") == 2 + 2 + 2 + 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30))
def test_a_vote_goes_to_the_most_frequent_class(pairs):
    feature, mapped = np.array(pairs).T
    n = len(feature)
    marks = evaluate.Marks(np.arange(n), np.zeros(n, int), np.zeros(n), feature, np.full(n, "", object))
    xy = np.stack([np.arange(n), np.arange(n)], 1).astype(float)
    made = evaluate._one_vote(evaluate.Compared(marks, mapped, match(["0"], [0, 1, 2, 3], Legend({}, {})), xy, 0))
    np.testing.assert_array_equal(made.marks.feature, np.unique(feature))
    for one, vote in zip(made.marks.feature, made.mapped):
        assert vote == np.bincount(mapped[feature == one]).argmax()


# --- names


def test_names_come_first_then_values():
    legend = Legend({1: "Forêt", 2: "2nd growth", 3: "1"}, {})
    found = match(["forêt", "2", "1", "swamp"], [1, 2, 3], legend)
    names = [found.names[found.of_reference[name]] for name in ("forêt", "2", "1", "swamp")]
    # the class that is called 1 is not the value 1
    assert names == ["Forêt", "2nd growth", "1", "swamp"]
    assert found.missing == ["swamp"]


@given(st.permutations(["a", "b", "é", "水"]), st.permutations([1, 5, 7, 65_000]))
def test_the_order_of_the_reference_does_not_matter(names, values):
    legend = Legend(dict(zip(sorted(values), ["a", "b", "é", "水"])), {})
    found = match(names, values, legend)
    assert found.names == ["a", "b", "é", "水"] and found.missing == []


def test_the_names_in_a_map_of_ours_are_found_and_its_colours(check, tmp_path):
    drawn, real = truth()
    path = make_raster(tmp_path / "map.tif", drawn[None], nodata=255)
    legend = [
        {"value": k + 1, "label": label, "colour": f"#0{k}0000"} for k, label in enumerate(["forêt", "水", "ROCK"])
    ]
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", style=json.dumps({"categories": legend, "band": 1}))
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 9), WIDE)
    words = np.array(["", "Forêt", "水", " rock"], object)[real[rows, cols]]
    found, text = check(path, layer(tmp_path / "a.gpkg", at(rows, cols), words), page=True)
    assert value(found, "overall accuracy") == pytest.approx((drawn == real)[rows, cols].mean())
    assert ("recall", "水", "") in found and "forêt" in text
    meta, _, raw, columns = pyogrio.raw.read(tmp_path / "p.gpkg")
    about = dict(zip(meta["fields"], columns))
    assert set(zip(about["label"], about["colour"])) == {("forêt", "#000000"), ("水", "#010000"), ("ROCK", "#020000")}
    np.testing.assert_array_equal(about["right"], about["label"] == about["map"])
    assert len(raw) == len(rows) and meta["crs"] == "EPSG:32631"


def test_a_colour_table_is_in_its_place_in_a_map(check, tmp_path, caplog):
    drawn, _ = truth()
    path = make_raster(tmp_path / "map.tif", drawn[None])
    with rasterio.open(path, "r+") as ds:
        ds.write_colormap(1, {1: (255, 0, 0, 255), 2: (0, 255, 0, 255), 3: (0, 0, 255, 255)})
    with caplog.at_level(logging.WARNING, "iamap"):
        check(path, layer(tmp_path / "a.gpkg", at([1, 9, 30], [2, 8, 40]), np.array([1, 2, 3])))
    assert "colour table" not in caplog.text
    assert "#0000ff" in pyogrio.raw.read(tmp_path / "p.gpkg")[3][3].tolist()


def test_given_names_join_values_and_may_hold_commas(check, tmp_path):
    job = Evaluate.make({"input": "m", "reference": "r", "column": "c", "report": "r.html", "names": "1 = wood, dry; 2=wood, dry, 3= water"})  # fmt: skip
    assert job.named() == {1: "wood, dry", 2: "wood, dry", 3: "water"}
    drawn = np.array([[1, 2, 3, 3]], np.uint8)
    reference = layer(tmp_path / "a.gpkg", at([0] * 4, range(4)), np.array(["wood", "wood", "water", "wood"], object))
    found = check(drawn, reference, names="1 = wood, 2 = wood, 3 = water")
    assert value(found, "overall accuracy") == 0.75 and value(found, "confusion", "wood", "water") == 1


def test_blank_values_of_a_map_are_left_out(check, tmp_path):
    drawn = np.array([[0, 1, 2, 2]], np.uint8)
    reference = layer(tmp_path / "a.gpkg", at([0] * 4, range(4)), np.array([1, 1, 2, 1]))
    found, text = check(drawn, reference, blank="0", page=True)
    assert value(found, "compared") == 3 and ("mapped area", "0", "") not in found
    assert "where the map holds no data: 1," in text
