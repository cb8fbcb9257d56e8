"""What a search writes: winners, regions, places, models, reports; the same whatever the blocks; refusals in a sentence."""

from __future__ import annotations

import json
import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, Cancelled, IamapError  # noqa: E402
from iamap.engine import class_polygons, similar_places  # noqa: E402
from iamap.engine import features as features_module  # noqa: E402
from making import NORTH_UP, context, files, make_raster, read, tag  # noqa: E402
from stripes import HEIGHT, SPOTS, WIDTH, all_dots, dots, facts, layer, middle, numbers, run, stripes  # noqa: E402


@pytest.fixture
def source(tmp_path):
    return stripes(tmp_path / "s.tif")


@pytest.fixture
def water(tmp_path):
    return dots(tmp_path / "water.gpkg", SPOTS["水"])


@pytest.fixture
def named(tmp_path):
    return all_dots(tmp_path / "named.gpkg")


@pytest.fixture
def told(caplog):
    """What the log said, as one text."""
    caplog.set_level(logging.INFO, logger="iamap")
    return lambda: " | ".join(record.getMessage() for record in caplog.records)


# --- queries, winners, thresholds


def test_every_name_is_a_band_and_the_winner_is_the_highest_that_reaches_its_threshold(source, named, tmp_path):
    found = run(source, tmp_path, query=named, name="kind", winner=tmp_path / "w.tif", model=tmp_path / "m.iamap")
    with rasterio.open(tmp_path / "o.tif") as ds, rasterio.open(tmp_path / "w.tif") as win:
        assert ds.descriptions == ("field", "forêt", "水") and ds.dtypes == ("float32",) * 3 and np.isnan(ds.nodata)
        best, colours = win.read(1), win.colormap(1)
        assert win.nodata == 255 and win.dtypes == ("uint8",)
    style = json.loads(tag(tmp_path / "w.tif", "style"))["categories"]
    assert [(one["value"], one["label"]) for one in style] == [(0, "none"), (1, "field"), (2, "forêt"), (3, "水")]
    assert all("#{:02x}{:02x}{:02x}".format(*colours[one["value"]][:3]) == one["colour"] for one in style)
    with np.errstate(invalid="ignore"):
        limits = np.array(facts(tmp_path / "m.iamap")["thresholds"])
        reached = np.where(found >= limits[:, None, None], found, -9)
    expected = np.where(np.isnan(found[0]), 255, np.where(reached.max(0) == -9, 0, reached.argmax(0) + 1))
    np.testing.assert_array_equal(best, expected)
    kind = np.array([2, 3, 1])[(np.arange(WIDTH) // 10) % 3]
    assert (best == kind)[best < 255].mean() > 0.7


def test_numbers_as_names_come_in_their_order(source, tmp_path):
    query = layer(tmp_path / "q.gpkg", [shapely.Point(middle(5, c)) for c in (3, 13, 23)], code=[10.0, 9.0, 100.0])
    run(source, tmp_path, query=query, name="code")
    with rasterio.open(tmp_path / "o.tif") as ds:
        assert ds.descriptions == ("9", "10", "100")


def test_cells_of_one_polygon_do_not_vouch_for_each_other(source, tmp_path):
    """They are alike because they are neighbours: each polygon is compared with the others."""
    boxes = [shapely.box(*NORTH_UP * (c, 9), *NORTH_UP * (c + 3, 5)) for c in (1, 12, 22)]
    query = layer(tmp_path / "q.gpkg", boxes)
    run(source, tmp_path, query=query, prototypes="all examples", model=tmp_path / "m.iamap")
    apart = facts(tmp_path / "m.iamap")["thresholds"][0]
    one = layer(tmp_path / "one.gpkg", boxes[:1])
    run(source, tmp_path, query=one, prototypes="all examples", model=tmp_path / "m.iamap")
    assert apart < facts(tmp_path / "m.iamap")["thresholds"][0] - 0.3


# --- blocks, crops, models


def everything(tmp_path, stem):
    """All that a search writes, as outputs."""
    ends = {"output": "tif", "winner": "win.tif", "hits": "hits.gpkg", "places": "places.gpkg"}
    return {name: tmp_path / f"{stem}.{end}" for name, end in ends.items()}


@pytest.mark.parametrize("measure", ["cosine", "Euclidean", "Mahalanobis", "dot"])
def test_blocks_change_nothing(source, named, tmp_path, monkeypatch, measure):
    one, two = everything(tmp_path, "a"), everything(tmp_path, "b")
    search = {"query": named, "name": "kind", "measure": measure, "top": 7}
    run(source, tmp_path, **search, **one)
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 5000)
    monkeypatch.setattr(class_polygons, "_CELLS", 150)
    monkeypatch.setattr(similar_places, "_CELLS", 150)
    tiled = make_raster(
        tmp_path / "t.tif", numbers(), nodata=np.nan, tiled=True, blockxsize=16, blockysize=16, interleave="band"
    )
    run(tiled, tmp_path, **search, **two)
    for name in ("output", "winner"):
        np.testing.assert_array_equal(read(one[name]), read(two[name]))
    for name in ("hits", "places"):
        left, right = (pyogrio.read_dataframe(some[name]) for some in (one, two))
        keys = ["value", "cells", "score_max", "score"] if name == "hits" else ["class", "rank"]
        left, right = (table.sort_values(keys, ignore_index=True) for table in (left, right))
        assert len(left) == len(right) > 5 and (left[keys[:2]] == right[keys[:2]]).all(axis=None)
        assert np.allclose(left["score"], right["score"], atol=1e-6)
        assert shapely.equals(shapely.normalize(left.geometry), shapely.normalize(right.geometry)).all()


def test_a_model_gives_the_pixels_and_regions_of_the_run_that_made_it_also_on_a_crop(source, named, tmp_path):
    whole = run(source, tmp_path, query=named, name="kind", model=tmp_path / "m.iamap", hits=tmp_path / "h.gpkg")
    again = run(source, tmp_path, "a.tif", job="apply", model=tmp_path / "m.iamap", polygons=tmp_path / "p.gpkg")
    np.testing.assert_array_equal(again, whole)
    one, two = (pyogrio.read_dataframe(tmp_path / name) for name in ("h.gpkg", "p.gpkg"))
    assert one.equals(two) and len(one) > 5
    crop = run(
        source, tmp_path, "c.tif", job="apply", model=tmp_path / "m.iamap", extent="500100,4999700,500405,4999900"
    )
    np.testing.assert_array_equal(crop, whole[:, 10:30, 10:41])
    assert tag(tmp_path / "a.tif", "style") == tag(tmp_path / "o.tif", "style")
    with pytest.raises(BadRequest, match="gives no classes"):
        run(source, tmp_path, "d.tif", job="apply", model=tmp_path / "m.iamap", table=tmp_path / "t.csv")


def test_an_extent_searches_a_part_and_takes_examples_from_anywhere(source, water, tmp_path):
    whole = run(source, tmp_path, query=water, scaling="none")
    places = tmp_path / "p.gpkg"
    crop = run(
        source,
        tmp_path,
        "b.tif",
        query=water,
        scaling="none",
        extent="500300,4999700,500505,4999900",
        places=places,
        report=tmp_path / "r.html",
    )
    np.testing.assert_array_equal(crop, whole[:, 10:30, 30:51])
    table = pyogrio.read_dataframe(places)
    cols, rows = (
        np.floor(v).astype(int) for v in ~NORTH_UP * (table.geometry.x.to_numpy(), table.geometry.y.to_numpy())
    )
    assert (whole[0][rows, cols] == table["score"].to_numpy(np.float32)).all() and rows.min() >= 10 and cols.min() >= 30


# --- regions and places


def test_regions_are_the_cells_above_the_threshold_with_their_scores_and_areas(source, water, tmp_path):
    found = run(source, tmp_path, query=water, threshold=0.4, hits=tmp_path / "h.gpkg")[0]
    table = pyogrio.read_dataframe(tmp_path / "h.gpkg")
    assert list(table.columns) == ["cells", "area_m2", "score", "score_max", "geometry"]
    assert table["cells"].sum() == (found >= 0.4).sum() and table.area.tolist() == (100.0 * table["cells"]).tolist()
    from iamap.engine.coverage import cells_under

    under = cells_under(table.geometry.to_numpy(), NORTH_UP, WIDTH, HEIGHT)
    scores = found[under.row, under.col]
    assert (under.share > 0.999).all() and (scores >= 0.4).all()
    for i in range(len(table)):
        mine = scores[under.shape == i]
        assert table["score"][i] == pytest.approx(mine.mean(dtype=float), abs=1e-6)
        assert table["score_max"][i] == pytest.approx(mine.max())
    run(source, tmp_path, query=water, threshold=0.4, hits=tmp_path / "h.gpkg", minimum_area=350)
    large = pyogrio.read_dataframe(tmp_path / "h.gpkg")
    assert len(large) == (table["area_m2"] >= 350).sum() < len(table)


def test_named_regions_and_places_carry_class_and_colour(source, named, tmp_path):
    run(
        source,
        tmp_path,
        query=named,
        name="kind",
        top=4,
        hits=tmp_path / "h.gpkg",
        places=tmp_path / "p.gpkg",
        winner=tmp_path / "w.tif",
    )
    shades = {one["label"]: one["colour"] for one in json.loads(tag(tmp_path / "w.tif", "style"))["categories"]}
    for name in ("h.gpkg", "p.gpkg"):
        table = pyogrio.read_dataframe(tmp_path / name)
        assert {one: shades[one] for one in SPOTS} == dict(zip(table["class"], table["colour"]))
        assert "32631" in str(table.crs) and pyogrio.list_layers(tmp_path / name)[0][0] == name[0]
    assert table.groupby("class")["rank"].apply(list).tolist() == [[1, 2, 3, 4]] * 3


def test_where_nothing_reaches_the_threshold_there_is_an_empty_layer_and_a_warning(source, water, tmp_path, told):
    run(source, tmp_path, query=water, threshold=5, hits=tmp_path / "h.gpkg", winner=tmp_path / "w.tif")
    table = pyogrio.read_dataframe(tmp_path / "h.gpkg")
    assert len(table) == 0 and "score" in table.columns and "no cell reaches the threshold" in told()
    assert set(np.unique(read(tmp_path / "w.tif"))) == {0, 255}


@pytest.mark.parametrize("apart", [1, 3, 8])
@pytest.mark.parametrize("cells", [1 << 20, 100])
def test_places_are_peaks_in_order_apart_from_each_other_and_from_the_examples(tmp_path, monkeypatch, apart, cells):
    monkeypatch.setattr(similar_places, "_CELLS", cells)
    rng = np.random.default_rng(apart)
    values = rng.integers(0, 12, (1, 37, 29)).astype(np.float32)  # with plateaus
    values[0, 4:9, 5:12] = np.nan
    path = make_raster(tmp_path / "v.tif", values, nodata=np.nan)
    known = np.array([(20, 20), (-2, 3), (36, 0)])
    found = similar_places.best(path, 12, apart, [known], context())[0]
    wide = np.pad(np.where(np.isnan(values[0]), -np.inf, values[0]), 1, constant_values=-np.inf)
    scores = [score for _, _, score in found]
    assert scores == sorted(scores, reverse=True) and len(found) > (10 if apart < 8 else 3)
    for i, (row, col, score) in enumerate(found):
        assert score == values[0, row, col] == wide[row : row + 3, col : col + 3].max()
        others = np.array([place[:2] for place in found[:i]] + known.tolist())
        assert np.abs(others - (row, col)).max(1).min() >= apart
    # nothing better was left lying
    peaks = {
        (r, c) for r in range(37) for c in range(29) if wide[r + 1, c + 1] == wide[r : r + 3, c : c + 3].max() > -np.inf
    }
    free = [p for p in peaks if np.abs(np.array([q[:2] for q in found] + known.tolist()) - p).max(1).min() >= apart]
    assert all(values[0, r, c] <= scores[-1] for r, c in free)


# --- the rest


def test_the_report_shows_histogram_examples_and_places(source, named, tmp_path):
    run(source, tmp_path, query=named, name="kind", report=tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text("utf-8")
    for part in (
        "forêt",
        "水",
        "dotted: the threshold",
        "The best places, best first",
        "Cells under the examples",
        "four of five",
    ):
        assert part in html
    assert html.count("data:image/png") == 4 * 3 and "http" not in html.replace("http-equiv", "")


def test_the_style_of_the_scores_is_a_ramp_between_scores_of_the_raster(source, water, tmp_path):
    found = run(source, tmp_path, query=water)
    style = json.loads(tag(tmp_path / "o.tif", "style"))
    assert style["ramp"] == "Viridis" and style["band"] == 1
    assert np.nanmin(found) <= style["minimum"] < style["maximum"] <= np.nanmax(found)


def noted(path, **tags):
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", **tags)
    return path


def refused(source, tmp_path, match, error=BadRequest, **params):
    before = files(tmp_path)
    with pytest.raises(error, match=match):
        run(source, tmp_path, **params)
    assert files(tmp_path) == before


def test_features_of_another_encoder_are_refused(source, water, tmp_path):
    noted(source, encoder="DINOv2 ViT-S/14", weights_sha256="a" * 64)
    other = noted(
        make_raster(tmp_path / "t.tif", numbers(1), nodata=np.nan), encoder="DINO ViT-S/16", weights_sha256="b"
    )
    refused(source, tmp_path, "features of DINO ViT-S/16, but those of DINOv2", BadRaster, query=water, reference=other)
    run(source, tmp_path, query=water, model=tmp_path / "m.iamap")
    refused(
        other, tmp_path, "features of DINO ViT-S/16", BadRaster, output="a.tif", job="apply", model=tmp_path / "m.iamap"
    )


def test_what_can_not_be_searched_for_gets_a_sentence(source, water, named, tmp_path):
    beside = layer(tmp_path / "beside.gpkg", [shapely.Point(0, 0)])
    refused(source, tmp_path, "no feature of beside lies on", query=beside)
    refused(source, tmp_path, "no feature of beside lies on", query=water, negatives=beside)
    island = layer(tmp_path / "island.gpkg", [shapely.box(*NORTH_UP * (42, 18), *NORTH_UP * (45, 16))])
    refused(source, tmp_path, "none of the 6 cells under the examples holds data", query=island)
    refused(source, tmp_path, "cover no cell", box="0,0,10,10")
    refused(source, tmp_path, "has no column art: it has kind", query=named, name="art")
    refused(source, tmp_path, "every example shares its cell with a counter-example", query=water, negatives=water)
    odd = layer(tmp_path / "odd.gpkg", [shapely.Point(middle(5, 5))] * 2, use=np.array(["yes", "maybe"], object))
    refused(source, tmp_path, "holds maybe", query=odd, role="use")
    only = layer(tmp_path / "only.gpkg", [shapely.Point(middle(5, 5))], use=[0], kind=np.array([None], object))
    refused(source, tmp_path, "holds counter-examples only", query=only, role="use")
    refused(source, tmp_path, "is empty in all features", query=only, name="kind")
    many = layer(tmp_path / "many.gpkg", [shapely.Point(middle(5, 5))] * 256, n=np.arange(256))
    refused(source, tmp_path, "256 different values", query=many, name="n")
    refused(source, tmp_path, "a single number has no direction", BadRaster, query=water, bands=[2])
    assert np.isfinite(run(source, tmp_path, query=water, bands=[2], measure="Euclidean")).any()


def test_what_does_not_fit_together_is_refused_before_anything_is_read():
    make = jobs()["similarity"].make
    base = {"input": "a.tif", "output": "o.tif"}
    for params, match in (
        ({}, "neither query nor box"),
        ({"query": "q.gpkg", "box": "0,0,1,1"}, "both query and box"),
        ({"box": "0,0,1,1", "name": "a"}, "is a column of query"),
        ({"query": "q.gpkg", "measure": "Mahalanobis", "scaling": "centre"}, "has no use with the measure Mahalanobis"),
        ({"query": "q.gpkg", "minimum_area": 5}, "none are asked for"),
        ({"query": "q.gpkg", "measure": "cosinus"}, "not offered"),
    ):
        with pytest.raises(BadRequest, match=match):
            make({**base, **params})


def test_what_is_left_out_is_told(source, tmp_path, told):
    shapes = [
        shapely.Point(middle(5, 13)),
        shapely.Point(middle(16, 45)),
        shapely.Point(0, 0),
        shapely.Point(middle(6, 3)),
    ]
    query = layer(tmp_path / "q.gpkg", shapes, kind=np.array(["a", "b", "a", "a"], object))
    against = layer(tmp_path / "n.gpkg", [shapely.Point(middle(6, 3)), shapely.Point(middle(7, 23))])
    run(source, tmp_path, query=query, name="kind", negatives=against)
    with rasterio.open(tmp_path / "o.tif") as ds:
        assert ds.descriptions == ("a",)
    for part in ("1 of 4 features that lie beside the raster", "1 of 1 cells under examples of b hold no data",
                 "left out: b", "1 cells are example and counter-example of a at once"):  # fmt: skip
        assert part in told()


def test_a_raster_without_any_difference_gets_a_sentence(tmp_path, water):
    flat = make_raster(tmp_path / "f.tif", np.ones((2, HEIGHT, WIDTH), np.float32))
    refused(flat, tmp_path, "same values in all 2 bands", IamapError, query=water)
    assert np.allclose(run(flat, tmp_path, query=water, scaling="none"), 1)


def test_a_cancelled_search_leaves_nothing(source, named, tmp_path):
    def cancelled_after(calls):
        asked = iter([False] * calls)
        return context(lambda: next(asked, True))

    before, search = files(tmp_path), {"query": named, "name": "kind", **everything(tmp_path, "x")}
    for calls in range(1, 100, 3):
        try:
            run(source, tmp_path, ctx=cancelled_after(calls), **search)
        except Cancelled:
            assert files(tmp_path) == before
        else:
            break
    assert 12 < calls < 99
