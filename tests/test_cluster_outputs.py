"""What a clustering writes beside the map: classes, colours, areas, polygons and the report."""

from __future__ import annotations

import csv
import itertools
import re

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import pyproj  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.engine import class_outputs, class_polygons, clustering, colours  # noqa: E402
from iamap.engine.cell_areas import CellAreas  # noqa: E402
from iamap.engine.models import ClassOf  # noqa: E402
from making import NORTH_UP, context, make_raster, read  # noqa: E402
from rasterio.crs import CRS  # noqa: E402
from rasterio.features import rasterize  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from test_cluster import legend, scene  # noqa: E402

CLASSES = [ClassOf(0, "noise", colours.NOISE), ClassOf(1, "cluster 1", "#112233"), ClassOf(2, "cluster é", "#445566")]
DEGREES = Affine(0.25, 0, -3, 0, -0.125, 71)
GRIDS = {
    "metres": ("EPSG:32631", NORTH_UP),
    "feet": ("EPSG:2263", Affine(30, 0, 980_000, 0, -30, 210_000)),
    "degrees": ("EPSG:4326", DEGREES),
    "grads": ("EPSG:4807", Affine(0.01, 0, 1, 0, -0.01, 52)),
    "web mercator": ("EPSG:3857", Affine(300, 0, 500_000, 0, -300, 8_000_000)),
    "rotated": ("EPSG:2154", Affine.translation(650_000, 6_860_000) * Affine.rotation(30) * Affine.scale(20, -10)),
    "south-up": ("EPSG:32631", Affine(10, 0, 500_000, 0, 10, 5_000_000)),
    "rotated degrees": ("EPSG:4326", Affine.translation(7, 48) * Affine.rotation(20) * Affine.scale(0.01, -0.02)),
    "no CRS": (None, Affine(2, 0, 0, 0, -2, 0)),
}  # fmt: skip


def drawn_map(folder, grid="metres", width=37, height=29, seed=0):
    """A map of three classes with holes; its path and its values."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, (height, width), dtype=np.uint8)
    values[6:20, 5:30] = np.where(rng.random((14, 25)) < 0.1, 0, 2)
    values[rng.random(values.shape) < 0.08] = 255
    crs, transform = GRIDS[grid]
    return make_raster(folder / "map.tif", values[None], transform=transform, crs=crs, nodata=255), values


def rows_of(path):
    """The table, as dictionaries."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cells_by_geod(crs, transform, values):
    """Square metres of every cell as polygons whose sides bend with the grid, on the ellipsoid of the CRS, by another library."""
    here = pyproj.CRS.from_user_input(crs)
    way = pyproj.Transformer.from_crs(here, here.geodetic_crs, always_xy=True)
    factor = np.rad2deg(here.geodetic_crs.axis_info[0].unit_conversion_factor)
    areas = np.zeros(values.shape)
    side = np.linspace(0, 1, 17)[:-1]
    right = np.concatenate([side, 0 * side + 1, 1 - side, 0 * side])
    down = np.concatenate([0 * side, side, 0 * side + 1, 1 - side])
    for row, col in np.ndindex(values.shape):
        lon, lat = way.transform(*(transform * (col + right, row + down)))
        areas[row, col] = abs(here.get_geod().polygon_area_perimeter(lon * factor, lat * factor)[0])
    return areas


@pytest.mark.parametrize("grid", [grid for grid in GRIDS if grid != "no CRS"])
def test_cells_have_their_true_area_on_the_ellipsoid_in_any_crs(grid):
    crs, transform = GRIDS[grid]
    found = CellAreas(CRS.from_user_input(crs), transform, 6, 300)
    true = cells_by_geod(crs, transform * Affine.translation(0, 290), np.zeros((10, 6)))
    np.testing.assert_allclose(found.rows(290, 300), true, rtol=2e-5)


def test_cells_at_the_edge_of_the_world_have_their_true_area():
    """Equal Earth keeps areas: every cell is as large as on the map, also where its neighbour lies beyond the pole."""
    size = 50_000
    grid = Affine(size, 0, -17_500_000, 0, -size, 8_700_000)
    found = CellAreas(CRS.from_epsg(8857), grid, 700, 348).rows(0, 348)
    way = pyproj.Transformer.from_crs(8857, 4326, always_xy=True)
    x, y = grid * np.meshgrid(np.arange(700) + 0.5, np.arange(348) + 0.5)
    there = way.transform(*way.transform(x, y), direction="INVERSE")
    on_earth = np.hypot(there[0] - x, there[1] - y) < 1
    assert 0.5 < on_earth.mean() < 0.99
    np.testing.assert_allclose(found[on_earth], size**2, rtol=0.01)


def test_a_crs_that_is_tied_to_no_place_has_areas_on_the_map_only(tmp_path):
    values = np.array([[1, 2, 2], [1, 0, 255]], np.uint8)
    path = make_raster(tmp_path / "m.tif", values[None], crs='LOCAL_CS["a plan",UNIT["metre",1]]', nodata=255)
    found = class_outputs.measure(path, CLASSES, context())
    assert [(one.cells, one.square_metres, one.on_map, one.unit) for one in found] == [
        (1, None, 100, "metre"), (2, None, 200, "metre"), (2, None, 200, "metre"),
    ]  # fmt: skip


@pytest.mark.parametrize("rows_at_once", [1000, 4])
def test_areas_add_up_to_the_whole_and_no_cell_is_lost(tmp_path, rows_at_once, monkeypatch):
    monkeypatch.setattr(class_outputs, "_CELLS", rows_at_once * 37)
    for grid, (crs, transform) in GRIDS.items():
        path, values = drawn_map(tmp_path, grid)
        class_outputs.write_table(tmp_path / "t.csv", class_outputs.measure(path, CLASSES, context()))
        rows = rows_of(tmp_path / "t.csv")
        assert [(row["value"], row["class"], row["colour"]) for row in rows] == [
            (str(one.value), one.label, one.colour) for one in CLASSES
        ]
        assert [int(row["cells"]) for row in rows] == [int((values == i).sum()) for i in range(3)]
        assert sum(float(row["percent"]) for row in rows) == pytest.approx(100)
        if crs is None:
            assert all(row["area_m2"] == row["area_ha"] == "" and row["map_unit"] == "cell" for row in rows)
            assert [float(row["area_map"]) for row in rows] == [float(row["cells"]) for row in rows]
            continue
        for i, row in enumerate(rows):
            true = CellAreas(CRS.from_user_input(crs), transform, 37, 29).rows(0, 29)[values == i].sum()
            assert float(row["area_m2"]) == pytest.approx(true)
            assert float(row["area_ha"]) == pytest.approx(true / 1e4)
            assert float(row["area_map"]) == pytest.approx(int(row["cells"]) * abs(transform.determinant))
    assert {"metre²", "degree²"} >= {row["map_unit"] for row in rows_of(tmp_path / "t.csv")} - {"cell"}


def test_areas_of_a_map_in_degrees_are_those_of_geodesy(tmp_path):
    path, values = drawn_map(tmp_path, "degrees")
    true = cells_by_geod("EPSG:4326", DEGREES, values)
    for i, one in enumerate(class_outputs.measure(path, CLASSES, context())):
        assert one.square_metres == pytest.approx(true[values == i].sum(), rel=1e-5)


def test_the_unit_of_the_map_is_named(tmp_path):
    units = {}
    for grid in GRIDS:
        path, _ = drawn_map(tmp_path, grid)
        units[grid] = class_outputs.measure(path, CLASSES, context())[0].unit
    assert (units["metres"], units["degrees"], units["no CRS"]) == ("metre", "degree", "cell")
    assert units["feet"] == "US survey foot" and units["grads"] == "grad"


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("rows_at_once", [1000, 4])
def test_polygons_cover_the_map_exactly(tmp_path, grid, rows_at_once, monkeypatch):
    path, values = drawn_map(tmp_path, grid)
    monkeypatch.setattr(class_polygons, "_CELLS", rows_at_once * values.shape[1])
    monkeypatch.setattr(class_polygons, "_POLYGONS", 50)
    target = str(tmp_path / "p.gpkg")
    count = class_polygons.write(target, "clusters", path, CLASSES, context())
    meta, _, shapes, columns = pyogrio.raw.read(target, layer="clusters")
    found = dict(zip(meta["fields"], columns))
    outlines = shapely.from_wkb(shapes)
    assert len(outlines) == count and shapely.is_valid(outlines).all()
    crs, transform = GRIDS[grid]
    assert (
        (meta["crs"] is None or "Undefined" in meta["crs"])
        if crs is None
        else CRS.from_user_input(crs) == CRS.from_user_input(meta["crs"])
    )
    # burnt back cell by cell, in columns and rows, it is the map
    x, y = shapely.get_coordinates(outlines).T
    back = ~transform
    outlines = shapely.set_coordinates(outlines, np.round(np.stack(back * (x, y), 1), 6))
    burnt = rasterize(zip(outlines, found["value"].tolist()), values.shape, fill=255, dtype="uint8")
    np.testing.assert_array_equal(burnt, values)
    assert shapely.area(outlines).sum() == pytest.approx((values != 255).sum())
    np.testing.assert_allclose(shapely.area(outlines), found["cells"], atol=1e-4)
    by_value = {one.value: one for one in CLASSES}
    assert all(by_value[v].label == name for v, name in zip(found["value"], found["class"]))
    assert all(by_value[v].colour == colour for v, colour in zip(found["value"], found["colour"]))
    if crs is None:
        assert np.isnan(found["area_m2"]).all()
    else:
        true = [one.square_metres for one in class_outputs.measure(path, CLASSES, context())]
        np.testing.assert_allclose([found["area_m2"][found["value"] == i].sum() for i in range(3)], true)


def test_cells_that_hang_together_by_their_sides_are_one_polygon(tmp_path, monkeypatch):
    values = np.array([[1, 2, 1, 1], [1, 2, 2, 1], [1, 1, 1, 1], [2, 1, 2, 255], [1, 2, 255, 2]], np.uint8)
    path = make_raster(tmp_path / "m.tif", values[None], nodata=255)
    for cells in (4, 8, 1000):
        monkeypatch.setattr(class_polygons, "_CELLS", cells)
        target = str(tmp_path / f"{cells}.gpkg")
        assert class_polygons.write(target, "p", path, CLASSES, context()) == 7
        meta, _, _, columns = pyogrio.raw.read(target)
        found = dict(zip(meta["fields"], columns))
        assert sorted(zip(found["value"].tolist(), found["cells"].tolist())) == [
            (1, 1), (1, 10), (2, 1), (2, 1), (2, 1), (2, 1), (2, 3),
        ]  # fmt: skip


def test_a_map_without_a_valid_cell_gives_a_layer_without_polygons(tmp_path):
    path = make_raster(tmp_path / "m.tif", np.full((1, 5, 6), 255, np.uint8), nodata=255)
    assert class_polygons.write(str(tmp_path / "p.gpkg"), "p", path, CLASSES, context()) == 0
    assert pyogrio.read_info(tmp_path / "p.gpkg")["features"] == 0
    assert [one.cells for one in class_outputs.measure(path, CLASSES, context())] == [0, 0, 0]


def run(method, source, folder, **params):
    """Run a clustering with all its outputs; return field -> path, and the facts."""
    ctx = context()
    outputs = {
        "output": "c.tif",
        "polygons": "my clusters.gpkg",
        "table": "t.csv",
        "model": "m.iamap",
        "report": "r.html",
    }
    paths = {name: str(folder / file) for name, file in outputs.items()}
    assert jobs()[f"cluster_{method}"].make({"input": str(source), **paths, **params}).run(ctx) == paths
    return paths, ctx.facts


def test_all_outputs_of_a_run_tell_the_same(tmp_path):
    source = make_raster(tmp_path / "s.tif", scene(), nodata=np.nan)
    paths, facts = run("hdbscan", source, tmp_path, smallest=8)
    values = read(paths["output"])[0]
    told, rows = legend(paths["output"]), rows_of(paths["table"])
    assert told[0] == ("noise", colours.NOISE)
    assert {int(row["value"]): (row["class"], row["colour"]) for row in rows} == told
    assert all(int(row["cells"]) == (values == int(row["value"])).sum() for row in rows)
    assert pyogrio.list_layers(paths["polygons"])[0][0] == "my clusters"
    meta, _, _, columns = pyogrio.raw.read(paths["polygons"])
    found = dict(zip(meta["fields"], columns))
    assert facts["polygons"] == len(found["value"])
    assert all(found["cells"][found["value"] == int(row["value"])].sum() == int(row["cells"]) for row in rows)
    text = open(paths["report"], encoding="utf-8").read()
    assert all(f"background:{colour}" in text and label in text for label, colour in told.values())


def test_applying_a_model_writes_the_same_areas_and_polygons(tmp_path):
    source = make_raster(tmp_path / "s.tif", scene(), nodata=np.nan)
    paths, facts = run("kmeans", source, tmp_path, clusters=4)
    again = {"output": "a.tif", "table": "a.csv", "polygons": "a.gpkg"}
    job = {"input": source, "model": paths["model"], **{name: str(tmp_path / file) for name, file in again.items()}}
    ctx = context()
    jobs()["apply"].make(job).run(ctx)
    assert rows_of(tmp_path / "a.csv") == rows_of(paths["table"]) and ctx.facts["polygons"] == facts["polygons"]


def test_noise_is_a_class_of_its_own_with_a_colour_of_its_own(tmp_path):
    """The original writes -1 into a byte, where it is 255, the number of a cluster."""
    data = scene()
    rng = np.random.default_rng(5)
    alone = rng.random(data.shape[1:]) < 0.02
    data[:, alone] = rng.uniform(-400, 400, (len(data), alone.sum()))
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    for method, params in (("dbscan", {}), ("hdbscan", {"smallest": 5}), ("optics", {"smallest": 5, "sample": 900})):
        path = jobs()[f"cluster_{method}"].make({"input": source, "output": str(tmp_path / "c.tif"), **params}).run(context())["output"]  # fmt: skip
        values, told = read(path)[0], legend(path)
        assert told[0] == ("noise", colours.NOISE) and colours.NOISE not in [
            colour for _, colour in list(told.values())[1:]
        ]
        inside = alone & np.isfinite(data).all(0)
        assert (values[inside] == 0).mean() > 0.8 and (values[~inside] == 0).mean() < 0.2


def test_labels_never_wrap_P11(tmp_path):
    """Three hundred clusters do not fit into a byte."""
    rows, cols = np.mgrid[:60, :60]
    kind = rows // 3 * 15 + cols // 4
    data = np.stack([kind % 20, kind // 20]).astype(np.float32)
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    values = {"input": source, "output": str(tmp_path / "c.tif"), "clusters": 300, "starts": 1}
    path = jobs()["cluster_bisecting_kmeans"].make(values).run(context())["output"]
    found = read(path)[0]
    with rasterio.open(path) as ds:
        assert ds.dtypes == ("uint16",) and ds.nodata == 65535
    assert found.min() == 1 and found.max() == 300
    # each kind of place is one cluster: no two share a number
    assert len(np.unique(np.stack([kind.ravel(), found.ravel()]), axis=1).T) == 300
    assert len(legend(path)) == 300


@pytest.mark.parametrize(("classes", "dtype"), [(254, "uint8"), (255, "uint16"), (65_534, "uint16")])
def test_the_smallest_type_that_leaves_room_for_nodata_is_taken_P11(classes, dtype):
    storage = clustering.class_storage([ClassOf(i, "", "#000000") for i in range(classes + 1)])
    assert storage.dtype == dtype and storage.nodata > classes and storage.nodata == np.iinfo(dtype).max


def hue(colour):
    """Angle of a colour in OKLab's plane of hues, in degrees."""
    rgb = np.array(colours.rgb(colour)) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ np.linalg.inv(colours._TO_RGB).T) @ np.linalg.inv(colours._TO_CONES).T
    return np.rad2deg(np.arctan2(lab[2], lab[1]))


def apart(one, other):
    """Degrees between two hues."""
    return abs((one - other + 180) % 360 - 180)


def test_clusters_that_are_alike_get_hues_that_are_alike(tmp_path):
    """Twelve kinds of places on a ring: the neighbours of each in the features are its neighbours on the colour wheel."""
    rows, cols = np.mgrid[:36, :48]
    kind = (rows // 9 * 4 + cols // 12) * 5 % 12
    angle = 2 * np.pi * kind / 12
    data = np.stack([np.cos(angle), np.sin(angle)]) + np.random.default_rng(0).normal(0, 0.02, (2, 36, 48))
    source = make_raster(tmp_path / "s.tif", data.astype(np.float32), nodata=np.nan)
    values = {"input": source, "output": str(tmp_path / "c.tif"), "clusters": 12, "starts": 10}
    path = jobs()["cluster_kmeans"].make(values).run(context())["output"]
    told, found = legend(path), read(path)[0]
    hues = [hue(told[int(np.bincount(found[kind == i]).argmax())][1]) for i in range(12)]
    steps = [apart(hues[i], hues[(i + 1) % 12]) for i in range(12)]
    assert max(steps) < 45 and min(apart(hues[i], hues[(i + 6) % 12]) for i in range(6)) > 135


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12, 40, 300])
def test_colours_differ_and_the_order_visits_all(count):
    made = colours.wheel(count)
    assert len(set(made)) == count and all(re.fullmatch("#[0-9a-f]{6}", one) for one in made)
    means = np.random.default_rng(0).normal(size=(count, 3))
    order = colours.around(means)
    assert sorted(order) == list(range(count))

    def length(trip):
        return sum(np.linalg.norm(means[a] - means[b]) for a, b in itertools.pairwise([*trip, trip[0]]))

    if 3 < count < 300:
        # turning any stretch of it round makes it no shorter
        turned = ([*order[:i], *order[i:j][::-1], *order[j:]] for i, j in itertools.combinations(range(count + 1), 2))
        assert all(length(one) > length(order) - 1e-9 for one in itertools.islice(turned, 0, None, 1 + count // 9))
        assert length(order) < 0.8 * np.mean([length(np.random.default_rng(i).permutation(count)) for i in range(9)])
