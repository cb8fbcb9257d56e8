"""Clusterings against what is known to be right: other libraries, drawn truth, hard rasters."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.errors import BadRequest, Cancelled  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.fitting import Lesson, kinds, learn_about  # noqa: E402
from iamap.engine.methods import density  # noqa: E402
from iamap.engine.methods.bisecting import bisect  # noqa: E402
from iamap.engine.methods.estimators import NeighbourVote  # noqa: E402
from iamap.engine.number_of_clusters import Silhouettes, best_number, bic, farthest_from_chord, squares  # noqa: E402
from iamap.tools import scene as drawn  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import context, encode, make_raster, read  # noqa: E402
from sklearn import cluster as sk  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402
from test_cluster import CARDS, cluster, scene  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

EVEREST = Path(__file__).resolve().parents[2] / "shared" / "data" / "rgb_glaciers_everest"


def lesson(x, ctx=None, seed=0):
    """A lesson of (cells, dims), all of them in one row."""
    x = np.asarray(x, np.float32)
    places = np.stack([np.zeros(len(x), np.int64), np.arange(len(x))], 1)
    covariance = np.cov(x.T.astype(np.float64)).reshape(x.shape[1], x.shape[1])
    return Lesson(x, places, x, covariance, len(x), np.zeros(x.shape[1], np.float32), seed, ctx or context())


def blobs(cells=900, dims=5, count=4, width=0.7, seed=0):
    """(cells, dims) around *count* middles, with a tenth of noise; and which each is of, -1 for noise."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-8, 8, (count, dims))
    of = rng.integers(0, count, cells)
    x = middles[of] + width * rng.normal(size=(cells, dims))
    of[: cells // 10] = -1
    x[of < 0] = rng.uniform(-12, 12, (cells // 10, dims))
    return x.astype(np.float32), of


@pytest.mark.parametrize("selection", ["eom", "leaf"])
@pytest.mark.parametrize("width", [0.7, 3.0])
def test_hdbscan_says_of_new_cells_what_the_package_says(selection, width):
    package = pytest.importorskip("hdbscan", reason="the package hdbscan has no wheel for this computer")
    x, _ = blobs(width=width)
    other, _ = blobs(700, width=width, seed=3)
    ours = density.hdbscan(lesson(x), 20, 5, selection)
    theirs = package.HDBSCAN(
        min_cluster_size=20, min_samples=5, cluster_selection_method=selection, core_dist_n_jobs=1, prediction_data=True
    ).fit(x)
    for cells in (x, other):
        labels, strength = package.approximate_predict(theirs, cells)
        found, sure = ours.judge(cells)
        assert found.max() >= 1 and (found < 0).any()
        assert (found == labels).mean() > 0.999
        np.testing.assert_allclose(sure[found == labels], strength[found == labels], atol=1e-4)


def test_hdbscan_without_its_package_finds_the_same(monkeypatch, caplog):
    """As on Linux and Windows on ARM, where there is no wheel."""
    x, _ = blobs()
    other, _ = blobs(700, seed=3)
    ours = density.hdbscan(lesson(x), 20, 5, "eom")
    monkeypatch.setitem(__import__("sys").modules, "hdbscan", None)
    with caplog.at_level(logging.INFO, logger="iamap"):
        fallback = density.hdbscan(lesson(x), 20, 5, "eom")
    assert "scikit-learn's HDBSCAN" in caplog.text
    for cells in (x, other):
        (one, sure), (two, strength) = ours.judge(cells), fallback.judge(cells)
        assert adjusted_rand_score(one, two) > 0.97
        both = (one >= 0) & (two >= 0)
        assert np.median(np.abs(sure - strength)[both]) < 0.02


@pytest.mark.parametrize("cells", [np.zeros((40, 3)), np.repeat([[0.0, 0], [5, 5], [9, 0]], 30, 0)])
def test_hdbscan_bears_cells_that_are_all_the_same(cells):
    found, strength = density.hdbscan(lesson(cells), 5, 3, "eom").judge(cells.astype(np.float32))
    kinds_of = np.unique(cells, axis=0, return_inverse=True)[1].ravel()
    assert np.isfinite(strength).all() and strength.min() >= 0 and strength.max() <= 1
    assert adjusted_rand_score(kinds_of, found) == 1


@pytest.mark.parametrize("reach", [0.5, 1.6, 3.0, 100])
def test_dbscan_without_a_matrix_is_dbscan(reach):
    x, _ = blobs()
    theirs = sk.DBSCAN(eps=reach, min_samples=8).fit(x)
    vote = density.dbscan(lesson(x), reach, 8)
    dense, ours = theirs.core_sample_indices_, vote.predict(x)
    np.testing.assert_array_equal(vote.sample, x[dense])
    np.testing.assert_array_equal(ours[dense], theirs.labels_[dense])
    # a cell at the border of two clusters may belong to either; all others agree
    np.testing.assert_array_equal(ours < 0, theirs.labels_ < 0)


def test_the_distance_of_dbscan_is_where_the_curve_of_distances_bends():
    rng = np.random.default_rng(0)
    dense, alone = rng.normal(size=(900, 2)) * 0.1, rng.uniform(-50, 50, (100, 2))
    found = density.knee_of_distances(np.concatenate([dense, alone]).astype(np.float32), 5)
    assert 0.05 < found < 12
    x = np.concatenate([dense, alone]).astype(np.float32)
    noise = density.dbscan(lesson(x), found, 5).predict(x) < 0
    assert noise[:900].mean() < 0.05 and noise[900:].mean() > 0.5


@pytest.mark.parametrize("largest", [False, True])
def test_bisecting_k_means_divides_as_scikit_learn_does(largest):
    x, _ = blobs(count=6, width=0.5)
    how = "largest_cluster" if largest else "biggest_inertia"
    with threadpool_limits(1):
        tree = bisect(lesson(x), 6, 5, largest)
        theirs = sk.BisectingKMeans(6, n_init=5, random_state=0, bisecting_strategy=how).fit_predict(x)
    assert adjusted_rand_score(theirs, tree.predict(x)) > 0.85
    # each cluster of a finer run lies within one of a coarser
    coarse, fine = bisect(lesson(x), 4, 5, largest).predict(x), tree.predict(x)
    assert all(len(np.unique(coarse[fine == one])) == 1 for one in range(6))


def test_agglomerative_clusters_are_those_of_scikit_learn_at_every_number():
    from iamap.engine.methods.agglomerating import Tree

    x, _ = blobs(200)
    for linkage in ("ward", "average", "complete", "single"):
        tree = Tree(lesson(x), linkage)
        for count in (1, 2, 5, 40, 200):
            theirs = sk.AgglomerativeClustering(count, linkage=linkage).fit_predict(x)
            assert adjusted_rand_score(theirs, tree.cut(count).predict(x)) == 1


def test_birch_gives_a_cell_the_cluster_that_scikit_learn_gives_it():
    from iamap.engine.methods.balls import birch

    x, _ = blobs()
    ours, facts = birch(lesson(x), 5, 1.5)
    theirs = sk.Birch(threshold=1.5, n_clusters=5).fit(x)
    assert facts["balls"] == len(theirs.subcluster_centers_)
    assert adjusted_rand_score(theirs.predict(x), ours.predict(x)) > 0.99


def test_mean_shift_climbs_to_the_peaks_of_scikit_learn():
    from iamap.engine.methods.balls import mean_shift

    x, of = blobs(400, dims=2)
    ours, theirs = mean_shift(lesson(x), 3.0, False), sk.MeanShift(bandwidth=3.0, seeds=x).fit(x)
    assert adjusted_rand_score(theirs.labels_[of >= 0], ours.predict(x)[of >= 0]) > 0.97
    with_noise = mean_shift(lesson(x), 3.0, True).predict(x)
    np.testing.assert_array_equal(with_noise[with_noise >= 0], ours.predict(x)[with_noise >= 0])
    far = np.float32([[500, 500]])
    assert mean_shift(lesson(x), 3.0, True).predict(far)[0] == -1


def test_the_nearest_of_a_sample_votes_and_none_beyond_its_reach():
    rng = np.random.default_rng(0)
    for dims in (3, 40):
        sample, x = rng.normal(size=(300, dims)).astype(np.float32), rng.normal(size=(500, dims)).astype(np.float32)
        labels = rng.integers(0, 9, 300)
        apart = np.linalg.norm(x[:, None].astype(np.float64) - sample, axis=2)
        want = labels[apart.argmin(1)]
        np.testing.assert_array_equal(NeighbourVote(sample, labels).predict(x), want)
        reach = float(np.median(apart.min(1)))
        want = np.where(apart.min(1) <= reach, want, -1)
        np.testing.assert_array_equal(NeighbourVote(sample, labels, reach).predict(x), want)


def test_silhouettes_are_those_of_scikit_learn_without_the_noise():
    from sklearn.metrics import silhouette_samples

    x, of = blobs(300)
    found = Silhouettes(x).of(of)
    assert np.isnan(found[of < 0]).all()
    np.testing.assert_allclose(found[of >= 0], silhouette_samples(x[of >= 0], of[of >= 0]), atol=1e-5)
    assert np.isnan(Silhouettes(x).of(np.zeros(300, int))).all()


def test_bic_is_the_likelihood_of_round_clusters_and_its_price():
    from scipy.stats import multivariate_normal

    x, of = blobs(600)
    of = of + 1
    sizes = np.bincount(of)
    variance = squares(x, of) / (5 * (600 - len(sizes)))
    logs = [
        np.log(sizes[i] / 600) * sizes[i]
        + multivariate_normal(x[of == i].mean(0), variance * np.eye(5)).logpdf(x[of == i]).sum()
        for i in range(len(sizes))
    ]
    parameters = len(sizes) - 1 + 5 * len(sizes) + 1
    assert bic(x, of) == pytest.approx(-2 * sum(logs) + parameters * np.log(600), rel=1e-4)


def test_the_elbow_is_the_point_farthest_below_the_chord():
    assert farthest_from_chord(np.arange(1, 6), np.array([100, 20, 15, 10, 5])) == 1
    assert farthest_from_chord(np.arange(1, 6), np.array([0, 1, 2, 3, 50])) == 3
    assert farthest_from_chord(np.arange(3), np.ones(3)) == 0


@pytest.mark.parametrize("method", ["kmeans", "bisecting_kmeans", "agglomerative", "gaussian_mixture"])
@pytest.mark.parametrize("how", ["silhouette", "elbow", "BIC"])
def test_the_number_of_clusters_is_found(method, how, tmp_path):
    """The scene has four kinds of places."""
    if how not in CARDS[method].specs()["choose"].options():
        with pytest.raises(BadRequest, match="not offered"):
            cluster(method, "s.tif", tmp_path, choose=how)
        return
    ctx = context()
    source = make_raster(tmp_path / "s.tif", scene(), nodata=np.nan)
    # the BIC takes clusters for round, which they are before bands are scaled
    scaling = "centre" if how == "BIC" else "auto"
    cluster(method, source, tmp_path, ctx, clusters=9, choose=how, scaling=scaling)
    assert ctx.facts["clusters chosen"] == ctx.facts["clusters"] == 4


def test_numbers_far_apart_are_tried_first_and_then_those_around_the_best():
    tried = []

    def fit(part, count):
        tried.append(count)
        return SimpleNamespace(predict=lambda x: np.zeros(len(x), int), bic=lambda x: abs(count - 137))

    x, _ = blobs(300)
    count, facts = best_number(lesson(x), fit, 300, "BIC")
    assert count == 137 and len(tried) < 80 and len(set(tried)) == len(tried)
    assert facts["curve"]["numbers"] == sorted(tried)
    tried.clear()
    assert best_number(lesson(x), fit, 20, "BIC")[0] == 20 and tried == list(range(2, 21))


def test_choosing_the_number_can_be_cancelled_between_fits():
    stop = []

    def fit(part, count):
        stop.append(count)
        return SimpleNamespace(predict=lambda x: np.arange(len(x)) % count)

    x, _ = blobs(300)
    ctx = RunContext(lambda *_: None, lambda: len(stop) >= 3, interval=0)
    with pytest.raises(Cancelled):
        best_number(lesson(x, ctx), fit, 20, "silhouette")
    assert stop == [2, 3, 4]


def test_a_portion_of_a_sample_is_the_sample_of_that_size(tmp_path):
    """So that what is tried on few cells does not depend on how many there are."""
    source = make_raster(tmp_path / "s.tif", scene(), nodata=np.nan)
    with open_features(source) as features:
        small, large = (learn_about(features, cells, "centre", None, 7, context())[0] for cells in (300, 2000))
    part = large.portion(300)
    assert len(large.x) == 2000
    np.testing.assert_array_equal(part.places, small.places)
    np.testing.assert_array_equal(part.x, small.x)
    np.testing.assert_array_equal(part.raw, small.raw)


def test_cells_that_differ_are_counted():
    rng = np.random.default_rng(0)
    few = rng.normal(size=(7, 30)).astype(np.float32)
    assert kinds(lesson(few[rng.integers(0, 7, 5000)]), 100) == 7
    assert kinds(lesson(rng.normal(size=(5000, 3))), 12) == 12
    assert kinds(lesson(np.float32([[0.0], [-0.0], [1], [1]])), 5) == 2


def test_a_sample_gives_k_means_the_clusters_that_all_cells_give(features, tmp_path, monkeypatch):
    """Fitted on a part of the cells or on all of them, with the same seed; the part is larger than the trial, as by default."""
    monkeypatch.setattr("iamap.ml.kmeans._TRIAL_CELLS", 10_000)
    maps = [read(cluster("kmeans", features.path, tmp_path, clusters=8, sample=cells))[0] for cells in (12_000, 30_000)]
    assert maps[0].size > 25_000
    assert adjusted_rand_score(maps[0].ravel(), maps[1].ravel()) >= 0.95


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """MOSAIKS features of a drawn scene, on a grid of half the patch so that there are many cells, and its truth."""
    folder = tmp_path_factory.mktemp("features")
    made = drawn.draw(640, 3)
    source = make_raster(folder / "scene.tif", made.image)
    path = encode(source, folder / "f.tif", overlap=0, enlarge=2)
    return SimpleNamespace(path=path, classes=made.classes, image=source)


def test_clusters_of_features_follow_the_drawn_truth(features, tmp_path):
    """Nobody told k-means what there is, yet its clusters say much of what is drawn: fields, meadows, forest, water, roads, roofs."""
    found = read(cluster("kmeans", features.path, tmp_path, clusters=6, sample=None))[0]
    side = features.classes.shape[0] // found.shape[0]
    true = features.classes[side // 2 :: side, side // 2 :: side]
    assert adjusted_rand_score(true.ravel(), found.ravel()) > 0.1
    table = np.zeros((7, 7), np.int64)
    np.add.at(table, (true.ravel(), found.ravel()), 1)
    assert table.max(0).sum() / table.sum() > table.sum(1).max() / table.sum() + 0.1


@pytest.mark.skipif(not EVEREST.is_dir(), reason="needs the real rasters in ../shared/data (rgb_glaciers_everest)")
def test_clusters_of_a_real_scene_follow_its_glaciers(tmp_path):
    """Around Mount Everest, from space: the brightest of five clusters is snow and ice, and all areas add up."""
    import geopandas
    import pyproj
    import rasterio
    from rasterio.features import rasterize

    source = EVEREST / "LE71400412000304SGS00_RGB.tif"
    table, ctx = tmp_path / "t.csv", context()
    found = read(cluster("kmeans", source, tmp_path, ctx, clusters=5, sample=None, table=str(table)))[0]
    with rasterio.open(source) as ds:
        outlines = geopandas.read_file(EVEREST / "15_rgi60_glacier_outlines.gpkg").to_crs(ds.crs)
        glacier = rasterize(outlines.geometry, ds.shape, transform=ds.transform) > 0
        brightness, bounds = ds.read().mean(0), ds.bounds
    brightest = max(range(1, 6), key=lambda one: brightness[found == one].mean())
    assert glacier[found == brightest].mean() > glacier.mean() + 0.2
    assert (found == brightest)[glacier].mean() > 0.5
    corners = [
        (bounds.left, bounds.bottom),
        (bounds.right, bounds.bottom),
        (bounds.right, bounds.top),
        (bounds.left, bounds.top),
    ]
    way = pyproj.Transformer.from_crs(32645, 4326, always_xy=True)
    true = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(*way.transform(*zip(*corners)))[0]
    rows = table.read_text("utf-8-sig").splitlines()[1:]
    assert sum(float(row.split(",")[5]) for row in rows) == pytest.approx(true, rel=1e-4)
