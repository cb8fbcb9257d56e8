"""Labels of any layer or raster name the cells they lie on; what can't be used is told, what can't work is a sentence."""

from __future__ import annotations

import logging
import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import shapely  # noqa: E402
from iamap.contract.errors import IamapError  # noqa: E402
from learning import both, examples, model, places, polygons, smooth_ground, square, train  # noqa: E402
from making import NORTH_UP, coordinates, files, is_a_sentence, make_raster  # noqa: E402
from shapely import GeometryCollection, LineString, MultiPoint, Point, Polygon  # noqa: E402
from stripes import dots, layer, middle  # noqa: E402

HEIGHT, WIDTH = 40, 50
#: cells without data
HOLE = (slice(10, 14), slice(30, 36))


@pytest.fixture
def source(tmp_path):
    """Bands are the column and the row of each cell, so that features tell where a label was taken to lie."""
    data = coordinates(WIDTH, HEIGHT)
    data[:, HOLE[0], HOLE[1]] = np.nan
    return make_raster(tmp_path / "s.tif", data, nodata=np.nan)


def refused(source, folder, labels, **params):
    """The sentence with which a training stops; nothing is left of it."""
    before = files(folder)
    with pytest.raises(IamapError) as caught:
        train(source, folder, labels, **params)
    assert is_a_sentence(caught.value) and caught.value.hint, str(caught.value)
    assert files(folder) == before
    return str(caught.value)


def test_points_lines_polygons_and_collections_of_one_layer_label_their_cells(tmp_path, source):
    shapes = [
        Point(middle(2, 3)),
        MultiPoint([middle(5, 5), middle(7, 5)]),
        LineString([middle(20, 1), middle(20, 4)]),
        square(25, 2, 2),
        GeometryCollection([Point(middle(30, 30)), LineString([middle(31, 30), middle(33, 30)]), square(35, 40, 2)]),
        Polygon(),
        None,
    ]
    found = examples(source, tmp_path, polygons(tmp_path / "l.gpkg", shapes, list("abbbaab")))
    wanted = {(2, 3): "a", (5, 5): "b", (7, 5): "b"}
    wanted |= {(20, col): "b" for col in range(1, 5)} | {(row, col): "b" for row in (25, 26) for col in (2, 3)}
    wanted |= {(30, 30): "a", **{(row, 30): "a" for row in (31, 32, 33)}}
    wanted |= {(row, col): "a" for row in (35, 36) for col in (40, 41)}
    assert places(found) == wanted
    # a feature is one group, whatever it is made of
    assert len(np.unique(found.group)) == 5
    np.testing.assert_array_equal(found.x, found.places[:, ::-1] + np.float32(0.5))
    assert found.x.dtype == np.float32 and found.y.dtype == np.int64


def test_a_bow_tie_and_a_polygon_with_a_ring_that_crosses_label_what_they_enclose(tmp_path, source, caplog):
    corner = [NORTH_UP * place for place in ((2, 2), (8, 8), (8, 2), (2, 8))]
    layer_of = polygons(tmp_path / "l.gpkg", [Polygon(corner), square(20, 20, 3)], ["a", "b"])
    with caplog.at_level(logging.WARNING):
        found = places(examples(source, tmp_path, layer_of))
    assert {place for place, name in found.items() if name == "b"} == {
        (r, c) for r in (20, 21, 22) for c in (20, 21, 22)
    }
    tie = {place for place, name in found.items() if name == "a"}
    # two triangles that meet in the middle, left and right of it
    assert {(4, 2), (4, 7), (5, 2), (5, 7)} <= tie and not {(2, 4), (2, 5), (7, 4), (7, 5)} & tie
    assert "repaired" in caplog.text


def test_labels_beside_the_raster_and_on_nodata_are_left_out_and_told(tmp_path, source, caplog):
    cells = [(1, 1), (2, 2), (11, 31), (12, 33), (-5, 3), (500, 500)]
    with caplog.at_level(logging.WARNING):
        found = examples(source, tmp_path, dots(tmp_path / "l.gpkg", cells, kind=np.array(list("ababab"), object)))
    assert places(found) == {(1, 1): "a", (2, 2): "b"}
    assert "2 of 6 features that lie beside the raster" in caplog.text
    assert "2 of 4 labelled cells hold no data" in caplog.text


@pytest.mark.parametrize("cells", [[(500, 500), (600, 600)], [(11, 31), (12, 33)]])
def test_no_label_on_data_is_a_sentence(tmp_path, source, cells):
    labels = dots(tmp_path / "l.gpkg", cells, kind=np.array(["a", "b"], object))
    assert "no label lies on a cell with data" in refused(source, tmp_path, labels)


def test_one_class_only_is_a_sentence_and_one_sample_of_a_class_is_learnt(tmp_path, source, caplog):
    cells = [(2, 2), (3, 30), (20, 4), (30, 40)]
    one = dots(tmp_path / "one.gpkg", cells, kind=np.array(["lac"] * 4, object))
    assert "one class, lac" in refused(source, tmp_path, one)
    few = dots(tmp_path / "few.gpkg", cells, kind=np.array(["lac"] * 3 + ["forêt"], object))
    with caplog.at_level(logging.WARNING):
        told = train(source, tmp_path, few, output=tmp_path / "o.tif")
    # what was never seen when it was held out can't be found again
    assert told["overall accuracy"] == 0.75 and told["classes"] == 2
    assert "forêt (1)" in caplog.text and "all labels of forêt are held out at once" in caplog.text


def test_one_sample_of_each_class_is_mapped_but_nothing_is_told_of_its_accuracy(tmp_path, source, caplog):
    labels = dots(tmp_path / "l.gpkg", [(2, 2), (35, 45)], kind=np.array(["a", "b"], object))
    with caplog.at_level(logging.WARNING):
        told = train(source, tmp_path, labels, report=tmp_path / "r.html")
    assert not any("accuracy" in name for name in told) and told["checked by"].startswith("nothing")
    assert "accuracy can't be checked: there is one label for each class" in caplog.text
    assert "accuracy" not in str(model(tmp_path).facts)
    assert "overall accuracy" not in train(source, tmp_path, labels, validation="none", output=tmp_path / "o.tif")
    single = dots(tmp_path / "single.gpkg", [(2, 2)], kind=np.array(["a"], object))
    assert "one class" in refused(source, tmp_path / "..", single, model=tmp_path / "no.iamap")


def test_classes_of_numbers_without_decimals_are_classes_in_order_and_others_are_refused(tmp_path, source):
    cells = [(2, 2), (3, 3), (4, 4)]
    for name, kind, classes in (
        ("f", np.array([10.0, 9.0, 2.0]), ["2", "9", "10"]),
        ("i", np.array([10, 9, -2]), ["-2", "9", "10"]),
        ("t", np.array(["10", " 9", "2"], object), ["2", "9", "10"]),
        ("u", np.array(["été", "Été", "水"], object), ["Été", "été", "水"]),
    ):
        found = examples(source, tmp_path, dots(tmp_path / f"{name}.gpkg", cells, kind=kind))
        assert found.classes == classes
        assert places(found)[2, 2] == ("été" if name == "u" else "10")
    odd = dots(tmp_path / "odd.gpkg", cells, kind=np.array([1.0, 2.0, 1.5]))
    assert "1.5" in refused(source, tmp_path, odd)


def test_null_empty_and_unknown_classes_are_no_classes_S9(tmp_path, source, caplog):
    """A null became class -1 of the map, and codes depended on the order of rows."""
    cells = [(row, 2) for row in range(7)]
    kind = np.array(["b", None, "a", "", "unknown", " a ", "0"], object)
    labels = dots(tmp_path / "l.gpkg", cells, kind=kind)
    with caplog.at_level(logging.WARNING):
        found = examples(source, tmp_path, labels, unlabelled="unknown, 0")
    assert places(found) == {(0, 2): "b", (2, 2): "a", (5, 2): "a"}
    assert found.classes == ["a", "b"] and "4 of 7 features have no label in kind" in caplog.text
    turned = dots(tmp_path / "t.gpkg", cells[::-1], kind=kind[::-1])
    again = examples(source, tmp_path, turned, unlabelled="unknown, 0")
    assert again.classes == found.classes and places(again) == places(found)
    nulls = dots(tmp_path / "n.gpkg", cells[:2], kind=np.array([np.nan, np.nan]))
    assert "no label" in refused(source, tmp_path, nulls)


def test_two_labels_in_one_cell_count_once_or_not_at_all_and_share_a_fold(tmp_path, source, caplog):
    x, y = middle(5, 5)
    shapes = [Point(x - 2, y), Point(x + 2, y), Point(middle(8, 8)), Point(x, y + 100), Point(x + 1, y + 101)]
    with caplog.at_level(logging.WARNING):
        found = examples(source, tmp_path, polygons(tmp_path / "l.gpkg", shapes, list("aabab")))
    # (-5, 5) is beside the raster; 100 m up is ten cells above row 5
    assert places(found) == {(5, 5): "a", (8, 8): "b"}
    shapes[3:] = [Point(middle(20, 20)), Point(middle(20, 20))]
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        found = examples(source, tmp_path, polygons(tmp_path / "m.gpkg", shapes, list("aabab")))
    assert (20, 20) not in places(found) and "carry labels of two classes, left out: 1" in caplog.text
    # two polygons that share a cell are one group
    near = [square(2, 2, 2), square(3, 3, 2), square(30, 30, 2)]
    found = examples(source, tmp_path, polygons(tmp_path / "n.gpkg", near, list("aab")))
    assert len(found) == 4 + 4 - 1 + 4 and len(np.unique(found.group)) == 2


def test_small_polygons_and_lines_label_cells_and_huge_ones_are_capped_S8(tmp_path, source):
    """Polygons of less than a share of the area gave no points, so that classes vanished; lines crashed."""
    shapes = [
        square(3.4, 3.4, 0.1),
        square(0, 20, 30),
        LineString([middle(35, 2), middle(35, 9)]),
        square(36.9, 2.4, 0.5),
    ]
    labels = polygons(tmp_path / "l.gpkg", shapes, ["tiny", "huge", "line", "between"])
    found = examples(source, tmp_path, labels, per_feature=20)
    named = places(found)
    assert {place for place, name in named.items() if name == "tiny"} == {(3, 3)}
    assert {place for place, name in named.items() if name == "between"} == {(37, 2)}
    assert {place for place, name in named.items() if name == "line"} == {(35, col) for col in range(2, 10)}
    huge = [place for place, name in named.items() if name == "huge"]
    # from all over it, and none without data: those drawn there are lost
    assert 14 <= len(huge) <= 20 and np.ptp([place[0] for place in huge]) > 15 < np.ptp([place[1] for place in huge])
    assert all(0 <= row < 30 and 20 <= col < 50 for row, col in huge)
    assert len(examples(source, tmp_path, labels, per_feature=5000)) == 900 - 24 + 1 + 8 + 1
    assert places(examples(source, tmp_path, labels, per_feature=20)) == named
    assert places(examples(source, tmp_path, labels, per_feature=20, seed=1)) != named


@pytest.mark.parametrize("share", [1.0, 50.0, 100.0])
def test_polygons_label_the_cells_they_cover_by_the_share_asked_for(tmp_path, source, share):
    # half of a cell sticks out on the right, 4/5 below
    shape = shapely.transform(square(2, 2, 1), lambda p: p)
    corners = [NORTH_UP * place for place in ((2, 2), (4.5, 2), (4.5, 4.8), (2, 4.8))]
    shape = Polygon(corners)
    labels = polygons(tmp_path / "l.gpkg", [shape, square(30, 30)], ["a", "b"])
    named = places(examples(source, tmp_path, labels, cover=share))
    cover = {(row, col): min(1, 4.8 - row) * min(1, 4.5 - col) for row in (2, 3, 4) for col in (2, 3, 4)}
    wanted = {place for place, covered in cover.items() if covered >= share / 100 - 1e-6}
    assert {place for place, name in named.items() if name == "a"} == wanted


@pytest.mark.filterwarnings("error:More than one layer")
@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "layername", "layerid", "table"])
def test_layers_of_any_kind_and_source_are_read_S10(tmp_path, source, ending):
    """A GeoPackage with |layername= could not be opened."""
    cells, kind = [(2, 3), (30, 40)], np.array(["forêt", "水"], object)
    if ending.startswith("layer"):
        path, raw = tmp_path / "all.gpkg", shapely.to_wkb([Point(middle(*cell)) for cell in cells])
        for name in ("first", "wanted"):
            kinds = kind if name == "wanted" else np.array(["x", "y"], object)
            pyogrio.raw.write(
                path, raw, [kinds], ["kind"], layer=name, geometry_type="Point", crs="EPSG:32631", append=path.exists()
            )
        labels = f"{path}|layername=wanted" if ending == "layername" else f"{path}|layerid=1"
    elif ending == "table":
        # a table of styles or the like comes first
        pyogrio.raw.write(tmp_path / "l.gpkg", None, [np.arange(2)], ["kind"], layer="styles", geometry_type=None)
        raw = shapely.to_wkb([Point(middle(*cell)) for cell in cells])
        pyogrio.raw.write(
            tmp_path / "l.gpkg", raw, [kind], ["kind"], layer="l", geometry_type="Point", crs="EPSG:32631", append=True
        )
        labels = tmp_path / "l.gpkg"
    else:
        labels = dots(tmp_path / f"l.{ending}", cells, kind=kind)
    assert places(examples(source, tmp_path, labels)) == {(2, 3): "forêt", (30, 40): "水"}


def test_a_missing_column_layer_or_file_is_a_sentence_that_names_what_there_is_S11(tmp_path, source):
    """A missing column was a KeyError; no points inside an AttributeError, later."""
    labels = dots(tmp_path / "l.gpkg", [(2, 3), (30, 40)], kind=np.array(["a", "b"], object))
    assert "it has kind" in refused(source, tmp_path, labels, column="class")
    assert "no layer trees" in refused(source, tmp_path, f"{labels}|layername=trees")
    assert "is not there" in refused(source, tmp_path, tmp_path / "gone.gpkg")
    assert "fold_column" in refused(source, tmp_path, labels, validation="column")
    assert "no column fold" in refused(source, tmp_path, labels, validation="column", fold_column="fold")
    beside = dots(tmp_path / "b.gpkg", [(900, 3), (930, 40)], kind=np.array(["a", "b"], object))
    assert "check the CRS" in refused(source, tmp_path, beside)


def test_folds_of_a_column_are_taken_as_they_are(tmp_path, source):
    cells, fold = [(row, 2) for row in range(8)], np.array(list("nnsswwee"), object)
    labels = dots(tmp_path / "l.gpkg", cells, kind=np.array(list("abababab"), object), part=fold)
    found = examples(source, tmp_path, labels, validation="column", fold_column="part")
    order = np.argsort(found.places[:, 0])
    np.testing.assert_array_equal(found.fold[order], np.unique(fold.astype(str), return_inverse=True)[1])
    assert train(source, tmp_path, labels, validation="column", fold_column="part")["checked by"] == "given"
    one = dots(tmp_path / "one.gpkg", cells, kind=np.array(list("abababab"), object), part=np.full(8, 3))
    assert "fold" in refused(source, tmp_path, one, validation="column", fold_column="part")


def test_a_class_in_the_test_layer_only_is_left_out_and_one_in_the_training_only_is_fine(tmp_path, source, caplog):
    kind = np.array(["a", "a", "b", "b", "c", "c"], object)
    labels = dots(tmp_path / "l.gpkg", [(2, 2), (3, 3), (2, 40), (3, 41), (35, 2), (36, 3)], kind=kind)
    test = dots(tmp_path / "t.gpkg", [(5, 5), (6, 42), (20, 20)], kind=np.array(["a", "b", "new"], object))
    with caplog.at_level(logging.WARNING):
        learnt, tested = both(source, tmp_path, labels, test=test)
    assert "no label of these classes" not in caplog.text
    assert learnt.classes == tested.classes == ["a", "b", "c"]
    assert places(tested) == {(5, 5): "a", (6, 42): "b"} and "nothing was learnt of are left out: new" in caplog.text
    train(source, tmp_path, labels, test=test)
    other = dots(tmp_path / "o.gpkg", [(5, 5)], kind=np.array(["new"], object))
    assert "no label to test with" in refused(source, tmp_path, labels, test=other, model=tmp_path / "n.iamap")


@pytest.mark.parametrize("raster", [None, "EPSG:32631"])
@pytest.mark.parametrize("labels", [None, "EPSG:32631"])
def test_without_a_crs_coordinates_are_those_of_the_raster_and_that_is_told(tmp_path, caplog, raster, labels):
    source = make_raster(tmp_path / "s.tif", coordinates(WIDTH, HEIGHT), crs=raster)
    points = [Point(middle(2, 3)), Point(middle(30, 40)), Point(middle(3, 3)), Point(middle(31, 40))]
    path = layer(tmp_path / "l.gpkg", points, crs=labels, kind=np.array(list("abab"), object))
    with caplog.at_level(logging.WARNING):
        found = examples(source, tmp_path, path)
    assert places(found) == {(2, 3): "a", (30, 40): "b", (3, 3): "a", (31, 40): "b"}
    assert ("no CRS" in caplog.text) == (raster != labels)
    np.testing.assert_allclose(np.ptp(found.xy, axis=0), [37, 29] if raster is None else [370, 290])
    train(source, tmp_path, path, validation="blocks", output=tmp_path / "o.tif")


def test_labels_in_degrees_lie_where_they_do_on_a_map(tmp_path, source):
    from pyproj import Transformer

    cells = [(2, 3), (30, 40), (39, 49)]
    way = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
    points = [Point(way.transform(*middle(*cell))) for cell in cells]
    path = layer(tmp_path / "l.geojson", points, crs="EPSG:4326", kind=np.array(list("abc"), object))
    assert places(examples(source, tmp_path, path)) == dict(zip(cells, "abc"))


def test_a_million_points_are_read_in_seconds_and_as_many_of_each_class_are_kept_as_asked_for(tmp_path):
    side, count = 1000, 1_000_000
    source = smooth_ground(tmp_path / "s.tif", 0, bands=2, side=side, width=3)
    rng = np.random.default_rng(0)
    places_of = NORTH_UP * (rng.uniform(0, side, count), rng.uniform(0, side, count))
    raw = shapely.to_wkb(shapely.points(*places_of))
    kind = rng.integers(0, 3, count)
    path = tmp_path / "l.fgb"
    pyogrio.raw.write(path, raw, [kind], ["kind"], geometry_type="Point", crs="EPSG:32631", SPATIAL_INDEX="NO")
    del raw, kind, places_of
    # seconds of this process: others may be at work
    started = time.process_time()
    found = examples(source, tmp_path, path, per_class=2000)
    seconds = time.process_time() - started
    assert seconds < 15, f"{seconds:.1f} s"
    # a cell in three carries labels of two classes, and is none of those that are drawn
    assert np.bincount(found.y).tolist() == [2000, 2000, 2000]
