"""Search by examples: scores are what the measure says, and examples may have any shape and CRS."""

from __future__ import annotations

import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import shapely  # noqa: E402
from iamap.engine.methods.estimators_similarity import Similarity  # noqa: E402
from making import make_raster, read  # noqa: E402
from pyproj import Transformer  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from stripes import BANDS, HEIGHT, SPOTS, WIDTH, all_dots, dots, facts, layer, middle, numbers, run, stripes  # noqa: E402


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


# --- what a score is


def prepared(data, scaling, shrinkage=0.5):
    """(cells, bands) float64 as the help of *scaling* says, and where they are."""
    flat = data.reshape(len(data), -1).T.astype(np.float64)
    valid = np.isfinite(flat).all(1)
    x = flat[valid]
    if scaling == "unit length":
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
    if scaling != "none":
        x = x - x.mean(0)
    if scaling in ("standardise", "whiten"):
        x = x / x.std(0)
    if scaling == "whiten":
        covariance = x.T @ x / len(x)
        shrunk = (1 - shrinkage) * covariance + shrinkage * np.eye(BANDS) * np.trace(covariance) / BANDS
        x = x @ np.linalg.inv(np.linalg.cholesky(shrunk)).T
    made = np.full(flat.shape, np.nan)
    made[valid] = x
    return made.reshape(HEIGHT, WIDTH, BANDS)


def wanted(x, places, measure, prototypes):
    """(rows, cols) scores, computed another way."""
    square = np.nanmean((x**2).sum(2))
    if measure in ("Euclidean", "Mahalanobis"):
        square = np.nansum(np.nanvar(x, (0, 1)))
    examples = np.stack([x[place] for place in places])
    if measure == "cosine":
        x = x / np.linalg.norm(x, axis=2, keepdims=True)
        examples = examples / np.linalg.norm(examples, axis=1, keepdims=True)
    if prototypes == "mean":
        examples = examples.mean(0, keepdims=True)
        if measure == "cosine":
            examples = examples / np.linalg.norm(examples)
    if measure in ("cosine", "dot"):
        close = x @ examples.T
    else:
        close = -((x[:, :, None] - examples) ** 2).sum(3) / 2
    if prototypes == "soft":
        width = 0.2 * (1 if measure == "cosine" else square)
        close = width * np.log(np.exp(close / width).mean(2))
    else:
        close = close.max(2)
    return close if measure in ("cosine", "dot") else 1 - np.sqrt(-2 * close) / np.sqrt(2 * square)


@pytest.mark.parametrize("prototypes", ["soft", "all examples", "mean"])
@pytest.mark.parametrize(
    ("measure", "scaling", "means"),
    [
        ("cosine", "auto", "standardise"),
        ("cosine", "none", "none"),
        ("cosine", "unit length", "unit length"),
        ("cosine", "whiten", "whiten"),
        ("dot", "centre", "centre"),
        ("dot", "none", "none"),
        ("Euclidean", "auto", "standardise"),
        ("Euclidean", "none", "none"),
        ("Mahalanobis", "auto", "whiten"),
    ],
)
def test_scores_are_what_the_measure_says(source, water, tmp_path, measure, scaling, means, prototypes):
    found = run(source, tmp_path, query=water, measure=measure, scaling=scaling, prototypes=prototypes)
    x = prepared(numbers(), means)
    np.testing.assert_allclose(found[0], wanted(x, SPOTS["水"], measure, prototypes), rtol=2e-4, atol=2e-5)


def test_as_many_means_as_examples_are_the_examples(source, water, tmp_path):
    means = run(source, tmp_path, query=water, prototypes="k-means", prototype_count=50)
    nearest = run(source, tmp_path, "b.tif", query=water, prototypes="all examples")
    np.testing.assert_allclose(means, nearest, atol=1e-5)
    one = run(source, tmp_path, "c.tif", query=water, prototypes="k-means", prototype_count=1)
    np.testing.assert_allclose(one, run(source, tmp_path, "d.tif", query=water, prototypes="mean"), atol=1e-5)


def test_shrinkage_goes_from_the_covariance_to_a_sphere(source, water, tmp_path):
    sphere = run(source, tmp_path, query=water, measure="Mahalanobis", shrinkage=1)
    np.testing.assert_allclose(sphere, run(source, tmp_path, "b.tif", query=water, measure="Euclidean"), atol=1e-5)
    trusted = run(source, tmp_path, "c.tif", query=water, measure="Mahalanobis", shrinkage=0.001)
    assert np.nanmax(np.abs(trusted - sphere)) > 0.1


@pytest.mark.parametrize("measure", ["cosine", "Euclidean", "Mahalanobis"])
def test_an_example_is_like_itself_as_nothing_else(source, tmp_path, measure):
    one = layer(tmp_path / "one.gpkg", [shapely.Point(middle(30, 12))])
    found = run(source, tmp_path, query=one, measure=measure)[0]
    assert found[30, 12] == pytest.approx(1, abs=1e-6) and np.nanmax(found) == found[30, 12]
    assert np.isnan(found[16, 45]) and np.isnan(found[40, 7]) and np.isnan(found).sum() == 41


def test_similarity_to_counter_examples_is_taken_off(source, water, tmp_path):
    forest = layer(tmp_path / "f.gpkg", [shapely.Point(middle(*place)) for place in SPOTS["forêt"]])
    positive, negative = run(source, tmp_path, query=water), run(source, tmp_path, "b.tif", query=forest)
    both = run(source, tmp_path, "c.tif", query=water, negatives=forest)
    np.testing.assert_allclose(both, positive - negative, atol=1e-6)
    shapes = [shapely.Point(middle(*place)) for place in (*SPOTS["水"], *SPOTS["forêt"])]
    roles = layer(tmp_path / "r.gpkg", shapes, use=np.array(["yes", None, "+", "no", "False", "-"], object))
    np.testing.assert_array_equal(run(source, tmp_path, "d.tif", query=roles, role="use"), both)
    flags = layer(tmp_path / "n.gpkg", shapes, use=[1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(run(source, tmp_path, "e.tif", query=flags, role="use"), both)


def test_a_counter_example_with_a_name_counts_for_that_query_only(source, named, tmp_path):
    places = [(name, *place) for name, some in SPOTS.items() for place in some]
    shapes = [shapely.Point(middle(r, c)) for _, r, c in places] + [
        shapely.Point(middle(2, 33)),
        shapely.Point(middle(7, 3)),
    ]
    names = np.array([name for name, _, _ in places] + ["水", None], object)
    against = np.array([1] * 9 + [0, 1])
    roles = layer(tmp_path / "r.gpkg", shapes, kind=names, use=against)
    plain = run(source, tmp_path, query=named, name="kind")
    found = run(source, tmp_path, "b.tif", query=roles, name="kind", role="use")
    np.testing.assert_array_equal(found[:2], plain[:2])  # the unnamed example is left out
    assert np.nanmax(np.abs(found[2] - plain[2])) > 0.1
    shared = layer(tmp_path / "t.gpkg", shapes, kind=names, use=np.array([1] * 9 + [1, 0]))
    found = run(source, tmp_path, "c.tif", query=shared, name="kind", role="use")
    assert (np.nanmax(np.abs(found - plain), (1, 2)) > 0.1).all()


# --- examples


@pytest.fixture
def block(tmp_path):
    """The nine cells of a square, as points."""
    cells = [(r, c) for r in (4, 5, 6) for c in (2, 3, 4)]
    return layer(tmp_path / "block.gpkg", [shapely.Point(middle(*cell)) for cell in cells])


#: cells 2 to 5 across and 4 to 7 down, in coordinates of the raster; a margin of 0.4 cells changes nothing
BOX = (500_016, 4_999_934, 500_054, 4_999_956)


@pytest.mark.parametrize(
    "shape", ["polygon", "polygons in pieces", "lines", "multipoint", "collection", "box", "box elsewhere"]
)
def test_examples_of_any_shape_are_the_cells_they_cover(source, block, tmp_path, shape):
    wanted = run(source, tmp_path, query=block)
    west, south, east, north = BOX
    cells = [shapely.Point(middle(r, c)) for r in (4, 5, 6) for c in (2, 3, 4)]
    if shape.startswith("box"):
        to = Transformer.from_crs(32631, 4326, always_xy=True)
        box = shapely.bounds(shapely.transform(shapely.box(*BOX), lambda xy: np.stack(to.transform(*xy.T), 1)))
        given = f"{west},{south},{east},{north}" if shape == "box" else ",".join(map(str, box)) + " [EPSG:4326]"
        np.testing.assert_array_equal(run(source, tmp_path, "b.tif", box=given), wanted)
        return
    shapes = {
        "polygon": [shapely.box(*BOX)],
        "polygons in pieces": [shapely.box(500_020, y, 500_050, y + 10) for y in (4_999_930, 4_999_940, 4_999_950)],
        "lines": [shapely.LineString([(500_021, y), (500_049, y)]) for y in (4_999_935, 4_999_945, 4_999_955)],
        "multipoint": [shapely.MultiPoint(cells)],
        "collection": [shapely.GeometryCollection([*cells[:3], shapely.box(500_020, 4_999_930, 500_050, 4_999_950)])],
    }[shape]
    np.testing.assert_array_equal(run(source, tmp_path, "b.tif", query=layer(tmp_path / "q.gpkg", shapes)), wanted)


def test_a_polygon_smaller_than_half_a_cell_stands_for_the_cell_it_covers_most(source, tmp_path):
    x, y = middle(5, 3)
    small = layer(tmp_path / "q.gpkg", [shapely.box(x - 2, y - 2, x + 6, y + 2)])
    point = layer(tmp_path / "p.gpkg", [shapely.Point(x, y)])
    np.testing.assert_array_equal(run(source, tmp_path, query=small), run(source, tmp_path, "b.tif", query=point))


def test_a_layer_in_another_crs_or_without_one_finds_the_same_cells(source, water, tmp_path, told):
    wanted = run(source, tmp_path, query=water)
    to = Transformer.from_crs(32631, 4326, always_xy=True)
    places = [middle(*place) for place in SPOTS["水"]]
    degrees = layer(tmp_path / "d.gpkg", [shapely.Point(to.transform(*place)) for place in places], "EPSG:4326")
    np.testing.assert_array_equal(run(source, tmp_path, "b.tif", query=degrees), wanted)
    bare = layer(tmp_path / "b.shp", [shapely.Point(place) for place in places], None)
    np.testing.assert_array_equal(run(source, tmp_path, "c.tif", query=bare), wanted)
    assert "has no CRS" in told()
    nowhere = make_raster(tmp_path / "n.tif", numbers(), nodata=np.nan, crs=None)
    np.testing.assert_array_equal(run(nowhere, tmp_path, "d.tif", query=water), wanted)


@pytest.mark.parametrize(
    "transform",
    [
        Affine(10, 0, 500_000, 0, 10, 5_000_000),
        Affine.translation(500_000, 5_000_000) * Affine.rotation(30) * Affine.scale(10, -7),
    ],
    ids=["south-up", "rotated"],
)
def test_the_geometry_of_the_raster_changes_no_score(source, water, tmp_path, transform):
    wanted = run(source, tmp_path, query=water)
    turned = make_raster(tmp_path / "t.tif", numbers(), transform=transform, nodata=np.nan)
    query = layer(tmp_path / "q.gpkg", [shapely.Point(middle(*place, transform)) for place in SPOTS["水"]])
    outputs = {"hits": tmp_path / "h.gpkg", "places": tmp_path / "p.gpkg"}
    found = run(turned, tmp_path, "b.tif", query=query, **outputs)
    np.testing.assert_array_equal(found, wanted)
    places = pyogrio.read_dataframe(outputs["places"])
    cols, rows = ~transform * (places.geometry.x.to_numpy(), places.geometry.y.to_numpy())
    at = found[0][np.floor(rows).astype(int), np.floor(cols).astype(int)]
    assert at.tolist() == pytest.approx(places["score"].tolist())
    hits = pyogrio.read_dataframe(outputs["hits"])
    assert hits.area.sum() == pytest.approx(abs(transform.determinant) * hits["cells"].sum())


def test_a_box_is_in_the_crs_of_the_raster_to_search_also_where_the_examples_lie_on_another(source, tmp_path):
    west, north = Transformer.from_crs(32631, 4326, always_xy=True).transform(500_000, 5_000_000)
    degrees = Affine(1e-4, 0, west, 0, -1e-4, north)
    other = stripes(tmp_path / "t.tif", seed=3, transform=degrees, crs="EPSG:4326")
    box = ",".join(map(str, BOX))
    found = run(source, tmp_path, box=box, reference=other)
    np.testing.assert_array_equal(found, run(source, tmp_path, "b.tif", box=f"{box} [EPSG:32631]", reference=other))
    here = run(source, tmp_path, "c.tif", box=box)
    assert np.nanmax(np.abs(found - here)) > 0.01


def test_examples_may_lie_on_another_raster_of_the_same_encoder(source, water, tmp_path):
    other = make_raster(tmp_path / "t.tif", numbers(seed=3), nodata=np.nan)
    found = run(
        other,
        tmp_path,
        query=water,
        reference=source,
        scaling="none",
        places=tmp_path / "p.gpkg",
        report=tmp_path / "r.html",
    )
    x, there = prepared(numbers(seed=3), "none"), prepared(numbers(), "none")
    both = np.concatenate([x, there])
    places = [(row + HEIGHT, col) for row, col in SPOTS["水"]]
    np.testing.assert_allclose(found[0], wanted(both, places, "cosine", "soft")[:HEIGHT], atol=2e-5)


def test_a_cell_like_the_mean_of_all_has_no_direction_and_no_similarity():
    estimator = Similarity("cosine", 0.2, 1.0, [np.ones((2, 3), np.float32)], [np.empty((0, 3))], np.empty((0, 3)))
    assert estimator.score(np.zeros((1, 3), np.float32))[0, 0] == 0


def test_distances_of_near_cells_do_not_depend_on_their_company():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(500, 40)) + 1e3).astype(np.float32)
    near = x[:5] + rng.normal(size=(5, 40)).astype(np.float32) * 1e-3
    table = np.concatenate([x[:5], x[100:103]])
    estimator = Similarity("distance", 0.0, 10.0, [table], [np.empty((0, 40))], np.empty((0, 40)))
    alone = np.concatenate([estimator.score(one[None]) for one in near])
    np.testing.assert_array_equal(alone, estimator.score(np.concatenate([near, x]))[:5])
    exact = 1 - np.sqrt(((near[:, None].astype(float) - table) ** 2).sum(2)).min(1) / 10
    np.testing.assert_allclose(alone[:, 0], exact, rtol=1e-6)


def test_a_threshold_is_given_or_set_by_the_examples_or_by_otsu(source, named, tmp_path, told):
    def limit(**params):
        run(source, tmp_path, model=tmp_path / "m.iamap", **params)
        return facts(tmp_path / "m.iamap")["thresholds"]

    assert limit(query=named, threshold=0.25) == [0.25] and limit(query=named, name="kind", threshold=0.5) == [0.5] * 3
    # each example against the two others
    x = prepared(numbers(), "standardise")
    own = [wanted(x, [p for p in SPOTS["水"] if p != place], "cosine", "soft")[place] for place in SPOTS["水"]]
    assert limit(query=named, name="kind")[2] == pytest.approx(np.quantile(own, 0.2), abs=1e-4)
    two = layer(tmp_path / "two.gpkg", [shapely.Point(middle(5, 13)), shapely.Point(middle(9, 12))])
    by_otsu = limit(query=two)
    assert by_otsu == limit(query=two, cut="Otsu") == limit(query=two, cut="examples")
    assert "fewer than 3 examples" in told()
    scores = read(tmp_path / "o.tif")[0]
    stripe = (np.arange(WIDTH) // 10) % 3 == 1
    assert (scores[:, stripe] >= by_otsu[0]).mean() > 0.85 and (scores[:, ~stripe] >= by_otsu[0]).mean() < 0.3
