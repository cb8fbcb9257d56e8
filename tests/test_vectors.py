"""Vector layers: read in any CRS, with any geometry, named where something is left out; exact shares of cells."""

from __future__ import annotations

import logging
import warnings

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import shapely  # noqa: E402
from iamap.contract.errors import BadRequest, Cancelled  # noqa: E402
from iamap.engine import coverage, vectors  # noqa: E402
from iamap.engine.coverage import cells_under  # noqa: E402
from iamap.engine.vectors import as_text, in_order, read_shapes  # noqa: E402
from making import context  # noqa: E402
from rasterio.crs import CRS  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

UTM = CRS.from_epsg(32631)
GRIDS = {
    "north-up": Affine(10, 0, 500_000, 0, -10, 5_000_000),
    "non-square": Affine(10, 0, 500_000, 0, -25, 5_000_000),
    "south-up": Affine(10, 0, 500_000, 0, 10, 5_000_000),
    "rotated": Affine.translation(500_000, 5_000_000) * Affine.rotation(30) * Affine.scale(10, -7),
    "sheared": Affine(10, 3, 500_000, -2, -12, 5_000_000),
    "geographic": Affine(8e-4, 0, -75.3, 0, -8e-4, -8.1),
}
#: a Latin place, one that needs UTF-8, and two spaces
NAMES = np.array(["forêt dense", "水 域", "prairie", None], object)


def write(path, shapes, columns=None, crs="EPSG:32631", kind="Unknown", **about):
    """A layer of *shapes*, None for a feature without geometry."""
    columns = columns or {}
    data = [np.asarray(column) for column in columns.values()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a layer without a CRS is meant
        raw = shapely.to_wkb(np.array(shapes, object))
        pyogrio.raw.write(path, raw, data, list(columns), geometry_type=kind, crs=crs, **about)
    return str(path)


def points(*places):
    return list(shapely.points(np.array(places, float)))


@pytest.fixture
def told(caplog):
    """What the log said, as one text."""
    caplog.set_level(logging.WARNING, logger="iamap")
    return lambda: " | ".join(record.getMessage() for record in caplog.records)


# --- reading


@pytest.mark.parametrize("name", ["ä b.gpkg", "l.shp", "l.geojson", "l.fgb"])
def test_names_and_places_come_as_they_are_from_any_format(tmp_path, name):
    shapes = points((500_005, 4_999_995), (500_015, 4_999_985), (500_025, 4_999_975), (500_035, 4_999_965))
    path = write(tmp_path / name, shapes, {"Näme": NAMES, "n": [1, 2, 3, 4]}, kind="Point")
    found = read_shapes(path, ["n", "Näme"], UTM)
    order = np.argsort(found.values["n"])  # FlatGeobuf sorts by place
    assert [found.values["Näme"][k] for k in order] == [*NAMES[:3], None] or name == "l.shp"
    assert as_text(found.values["Näme"][order])[:3].tolist() == NAMES[:3].tolist()
    assert as_text(found.values["Näme"][order])[3] == ""
    assert np.allclose(shapely.get_coordinates(found.geometry[order]), [s.coords[0] for s in shapes], atol=1e-6)
    assert found.count == 4 and not +found.left_out


def test_a_layer_in_another_crs_is_brought_to_that_of_the_raster(tmp_path):
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(32631, 4326, always_xy=True).transform([500_100, 512_345], [5_000_000, 4_987_654])
    path = write(tmp_path / "l.gpkg", points(*zip(lon, lat)), crs="EPSG:4326")
    found = shapely.get_coordinates(read_shapes(path, crs=UTM).geometry)
    assert np.allclose(found, [[500_100, 5_000_000], [512_345, 4_987_654]], atol=1e-4)
    # latitude first is the order of the authority, never that of a file
    as_drawn = shapely.get_coordinates(read_shapes(path, crs=CRS.from_epsg(4326)).geometry)
    assert np.allclose(as_drawn, np.stack([lon, lat], 1), atol=1e-9)


def test_a_missing_crs_is_told_and_coordinates_are_taken_as_they_are(tmp_path, told):
    path = write(tmp_path / "l.gpkg", points((3, 4)), crs=None)
    assert shapely.get_coordinates(read_shapes(path, crs=UTM).geometry).tolist() == [[3, 4]]
    assert "has no CRS: its coordinates are taken to be in that of the raster" in told()
    path = write(tmp_path / "m.gpkg", points((5, 6)))
    assert shapely.get_coordinates(read_shapes(path, crs=None).geometry).tolist() == [[5, 6]]
    assert "the raster has no CRS" in told()


ODD = """WKT,name
"CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))",circle
"POINT ZM (1 2 3 4)",high
"POINT M (5 6 7)",measured
"TIN (((0 0 0,0 1 0,1 0 0,0 0 0)))",tin
"GEOMETRYCOLLECTION (POINT (7 8), GEOMETRYCOLLECTION (POLYGON ((0 0,1 0,1 1,0 0)), LINESTRING (0 0,1 1)))",several
"LINESTRING EMPTY",empty
,nothing
"POLYGON ((0 0,2 2,2 0,0 2,0 0))",bow tie
"POLYGON ((0 0,1 1,2 2,0 0))",flat
"LINESTRING (3 3,3 3)",short
"POLYGON Z ((0 0 9,4 0 9,4 4 9,0 4 9,0 0 9),(1 1 9,2 1 9,2 2 9,1 2 9,1 1 9))",hole
"""


def test_every_kind_of_geometry_is_flat_valid_and_of_one_kind_or_named(tmp_path, told):
    (tmp_path / "odd.csv").write_text(ODD, encoding="utf-8")
    found = read_shapes(str(tmp_path / "odd.csv"), ["name"])
    assert shapely.is_valid(found.geometry).all() and not shapely.has_z(found.geometry).any()
    kept = {}
    for name, shape in zip(found.values["name"], found.geometry):
        kept.setdefault(name, []).append(shape)
    assert sorted(kept) == ["bow tie", "circle", "high", "hole", "measured", "several", "short"]
    assert kept["circle"][0].area == pytest.approx(np.pi, rel=0.01)
    assert kept["high"][0].equals(shapely.Point(1, 2)) and kept["measured"][0].equals(shapely.Point(5, 6))
    assert [shape.geom_type for shape in kept["several"]] == ["Point", "Polygon", "LineString"]
    assert kept["bow tie"][0].area == 2 and kept["hole"][0].area == 15 and kept["short"][0].equals(shapely.Point(3, 3))
    assert found.left_out == {"unknown": 1, "empty": 2, "collapsed": 1, "repaired": 1}
    for part in ("2 of 11 features without a geometry", "unknown kind", "encloses nothing", "repaired"):
        assert part in told()


def test_an_empty_point_is_not_taken_for_the_origin(tmp_path):
    path = write(tmp_path / "l.gpkg", [shapely.Point(), *points((1, 1))])
    assert shapely.get_coordinates(read_shapes(path).geometry).tolist() == [[1, 1]]


def test_what_lies_beside_the_raster_is_counted_and_left_out(tmp_path, told):
    path = write(tmp_path / "l.gpkg", points((1, 1), (99, 1), (2, 2)), {"n": [1, 2, 3]})
    found = read_shapes(path, ["n"], within=(0, 0, 10, 10))
    assert found.values["n"].tolist() == [1, 3] and found.feature.tolist() == [0, 2]
    assert "1 of 3 features that lie beside the raster left out" in told()


def test_places_that_a_crs_does_not_have_are_named(tmp_path, told):
    path = write(tmp_path / "l.gpkg", points((3, 45), (500_000, 5_000_000)), crs="EPSG:4326")
    found = read_shapes(path, crs=UTM)
    assert len(found) == 1 and found.left_out["lost"] == 1
    assert "can't be brought to the CRS of the raster" in told()


def test_batches_give_what_one_reading_gives(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    shapes = [*points(*rng.uniform(0, 100, (50, 2))), None, shapely.Point()]
    path = write(tmp_path / "l.gpkg", shapes, {"n": np.arange(52.0)})
    whole = read_shapes(path, ["n"], within=(0, 0, 70, 70))
    monkeypatch.setattr(vectors, "_BATCH", 7)
    parts = read_shapes(path, ["n"], within=(0, 0, 70, 70))
    assert shapely.equals(whole.geometry, parts.geometry).all() and len(whole) == len(parts) > 10
    assert (whole.values["n"] == parts.values["n"]).all() and (whole.feature == parts.feature).all()
    assert whole.left_out == parts.left_out and whole.values["n"].tolist() == whole.feature.tolist()


def test_reading_can_be_cancelled(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "_BATCH", 2)
    path = write(tmp_path / "l.gpkg", points(*np.arange(20).reshape(10, 2)))
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        read_shapes(path, ctx=context(lambda: next(asked)))


def test_one_of_several_layers_is_named_by_name_or_number(tmp_path):
    path = write(tmp_path / "l.gpkg", points((1, 1)), layer="één")
    write(path, points((2, 2)), layer="b", append=True)
    for name, place in (("|layername=één", 1), ("|layername=b", 2), ("|layerid=1", 2)):
        assert shapely.get_coordinates(read_shapes(path + name).geometry).tolist() == [[place, place]]
    for name, sentence in (
        ("", "holds 2 layers: één, b"),
        ("|layername=c", "has no layer c: it has één, b"),
        ("|subset=a", "is not understood"),
    ):
        with pytest.raises(BadRequest, match=sentence):
            read_shapes(path + name)


def test_a_bar_in_the_name_of_a_file_is_part_of_it(tmp_path):
    path = write(tmp_path / "a|b.geojson", points((1, 2)))
    assert len(read_shapes(path)) == 1


REFUSED = {
    "missing": ("none.gpkg", (), "none.gpkg is not there"),
    "no layer": ("text.txt", (), "can't be opened as a vector layer"),
    "no column": ("l.gpkg", ("kind",), "l has no column kind: it has n"),
    "no features": ("empty.gpkg", (), "has no features"),
    "no geometry": ("table.csv", (), "has no geometry"),
}


@pytest.mark.parametrize(("name", "columns", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_no_layer_gets_a_sentence(tmp_path, name, columns, sentence):
    write(tmp_path / "l.gpkg", points((1, 1)), {"n": [1]})
    write(tmp_path / "empty.gpkg", [], {"n": np.empty(0)}, kind="Point")
    (tmp_path / "text.txt").write_text("nothing")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadRequest, match=sentence):
        read_shapes(str(tmp_path / name), columns)


def test_values_of_any_column_become_names():
    assert as_text(np.array([3, 4])).tolist() == ["3", "4"]
    assert as_text(np.array([3.0, 2.5, np.nan])).tolist() == ["3", "2.5", ""]
    assert as_text(np.array([" a ", None, "水"], object)).tolist() == ["a", "", "水"]
    assert as_text(np.array([True, False])).tolist() == ["True", "False"]
    assert as_text(np.array(["2020-01-02", "NaT"], "M8[D]")).tolist() == ["2020-01-02", ""]
    assert in_order({"10", "9", "-1"}) == ["-1", "9", "10"] and in_order({"b", "10", "9"}) == ["10", "9", "b"]


# --- cells


def random_polygons(rng, width, height, count=60):
    """Polygons in pixels: with holes, of several parts, along cells, smaller than one, beyond the grid."""
    made = []
    for k in range(count):
        middle = rng.uniform([-3, -3], [width + 3, height + 3])
        angle, reach = np.sort(rng.uniform(0, 2 * np.pi, 8)), rng.uniform(0.1, 9, 8)
        shape = shapely.make_valid(
            shapely.Polygon(middle + np.stack([reach * np.cos(angle), reach * np.sin(angle)], 1)), method="structure"
        )
        if k % 4 == 1:
            shape = shape.difference(shapely.Point(middle).buffer(1.3))
        if k % 4 == 2:
            shape = shape.union(shapely.box(*(middle + 4), *(middle + 6)))
        if k % 4 == 3:
            shape = shapely.box(*np.floor(middle), *(np.floor(middle) + rng.integers(1, 5, 2)))
        made.append(shape)
    return np.array(made)


def placed(shapes, transform):
    return shapely.transform(shapes, lambda xy: np.array([transform * tuple(place) for place in xy]))


def on_grid(found, count, width, height):
    made = np.zeros((count, height, width))
    made[found.shape, found.row, found.col] = found.share
    return made


@pytest.mark.parametrize("transform", GRIDS.values(), ids=list(GRIDS))
@pytest.mark.parametrize("cells", [2_000_000, 40])
def test_shares_of_polygons_are_those_of_an_intersection_with_every_cell(transform, cells, monkeypatch):
    monkeypatch.setattr(coverage, "_CELLS", cells)
    monkeypatch.setattr(coverage, "_PIECES", max(25, cells // 2))
    width, height = 23, 17
    shapes = random_polygons(np.random.default_rng(1), width, height)
    cell = np.array([[shapely.box(x, y, x + 1, y + 1) for x in range(width)] for y in range(height)])
    wanted = np.stack([shapely.area(shapely.intersection(shape, cell)) for shape in shapes])
    found = cells_under(placed(shapes, transform), transform, width, height)
    assert np.abs(on_grid(found, len(shapes), width, height) - wanted).max() < 2e-6
    assert found.share.min() > 0 and found.share.max() <= 1
    keys = np.stack([found.shape, found.row, found.col], 1)
    assert len(np.unique(keys, axis=0)) == len(keys)
    if cells > 40:
        assert (np.lexsort(keys.T[::-1]) == np.arange(len(keys))).all()


@pytest.mark.parametrize("transform", GRIDS.values(), ids=list(GRIDS))
def test_a_box_along_cells_covers_them_wholly_and_touches_no_other(transform):
    shapes = placed(np.array([shapely.box(3, 2, 6, 4)]), transform)
    found = cells_under(shapes, transform, 10, 8)
    assert sorted(zip(found.row, found.col)) == [(r, c) for r in (2, 3) for c in (3, 4, 5)]
    assert np.allclose(found.share, 1)


@pytest.mark.parametrize("transform", GRIDS.values(), ids=list(GRIDS))
@pytest.mark.parametrize("cells", [2_000_000, 40])
def test_lines_touch_the_cells_they_run_through(transform, cells, monkeypatch):
    monkeypatch.setattr(coverage, "_CELLS", cells)
    monkeypatch.setattr(coverage, "_PIECES", max(25, cells // 2))
    rng = np.random.default_rng(2)
    lines = np.array([shapely.LineString(rng.uniform(-4, 24, (4, 2))) for _ in range(30)])
    lines[0] = shapely.MultiLineString([[(1.5, 1.5), (4.5, 1.5)], [(2.5, 0.5), (2.5, 9.5)]])
    found = cells_under(placed(lines, transform), transform, 20, 15)
    cell = np.array([[shapely.box(x, y, x + 1, y + 1) for x in range(20)] for y in range(15)])
    length = np.stack([shapely.length(shapely.intersection(line, cell)) for line in lines])
    got = on_grid(found, len(lines), 20, 15)
    # a corner that is cut by less than a rounding error may go either way
    assert (got[length > 1e-5] == 1).all() and (got[length == 0] == 0).all()
    assert got[0].sum() == 4 + 10 - 1


def test_points_lie_in_one_cell_and_those_on_the_last_border_in_the_last():
    transform = GRIDS["north-up"]
    shapes = placed(
        np.array([shapely.Point(2.5, 3.5), shapely.Point(8, 6), shapely.Point(0, 0), shapely.Point(8.1, 2)]), transform
    )
    several = shapely.MultiPoint([*shapes[:3], shapes[0]])
    found = cells_under(np.array([*shapes, several]), transform, 8, 6)
    assert list(zip(found.shape, found.row, found.col)) == [
        (0, 3, 2), (1, 5, 7), (2, 0, 0), (4, 0, 0), (4, 3, 2), (4, 5, 7),
    ]  # fmt: skip


def test_what_lies_beside_the_grid_covers_nothing_and_what_encloses_it_covers_all():
    transform = GRIDS["rotated"]
    shapes = placed(
        np.array([shapely.box(-9, -9, -1, -1), shapely.box(-5, -5, 50, 50), shapely.Point(-1, 3)]), transform
    )
    found = cells_under(shapes, transform, 9, 7)
    assert set(found.shape) == {1} and len(found) == 63 and (found.share == 1).all()
    assert len(cells_under(np.array([], object), transform, 9, 7)) == 0


def test_kinds_may_be_mixed_and_the_order_is_that_of_the_shapes():
    shapes = np.array([shapely.Point(1.5, 1.5), shapely.box(0, 0, 2, 1), shapely.LineString([(0.5, 0.5), (0.5, 2.5)])])
    found = cells_under(shapes, Affine.identity(), 4, 4)
    assert list(zip(found.shape, found.row, found.col)) == [
        (0, 1, 1),
        (1, 0, 0),
        (1, 0, 1),
        (2, 0, 0),
        (2, 1, 0),
        (2, 2, 0),
    ]
