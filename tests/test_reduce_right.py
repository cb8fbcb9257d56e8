"""What reductions give is right: the same as another way to compute it, or what was put into the raster."""

from __future__ import annotations

from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import BadRaster  # noqa: E402
from iamap.engine import models  # noqa: E402
from iamap.engine.methods.estimators import NeighbourMap  # noqa: E402
from making import context, make_raster, read  # noqa: E402
from scipy.optimize import nnls  # noqa: E402
from sklearn import decomposition, manifold  # noqa: E402
from sklearn.decomposition import sparse_encode  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from test_reduce import reduce, scene  # noqa: E402

POTSDAM = Path(__file__).resolve().parents[2] / "shared" / "data" / "hsi_enmap_potsdam"


def cells_of(data):
    """(cells, bands) float64 of those with data."""
    flat = np.reshape(data, (len(data), -1)).T.astype(np.float64)
    return flat[np.isfinite(flat).all(1)]


def reduced(card, data, folder, /, **params):
    """(cells, components) of those with data, and the model."""
    path = make_raster(folder / "s.tif", data.astype(np.float32), nodata=np.nan)
    out = reduce(card, path, folder, model=str(folder / "m.iamap"), **params)
    return cells_of(read(out)), models.load(str(folder / "m.iamap"))


def same_up_to_sign(ours, theirs, **tolerance):
    signs = np.sign((ours * theirs).sum(0))
    np.testing.assert_allclose(ours * signs, theirs, **tolerance)


@pytest.fixture(scope="module")
def data():
    return scene()


@pytest.fixture(scope="module")
def x(data):
    return StandardScaler().fit_transform(cells_of(data))


def test_pca_is_that_of_scikit_learn_on_all_cells_P8(data, x, tmp_path):
    theirs = decomposition.PCA(4).fit(x)
    ours, model = reduced("pca", data, tmp_path, components=4)
    same_up_to_sign(ours, theirs.transform(x), atol=2e-5)
    np.testing.assert_allclose(model.facts["shares"], theirs.explained_variance_ratio_, rtol=1e-6)
    assert model.names[0] == f"PCA 1 ({100 * theirs.explained_variance_ratio_[0]:.1f} %)"


def test_whitened_components_have_variance_1_and_what_never_changes_stays_0(data, tmp_path):
    # the last band says what the first does: one direction less than there are bands
    ours, _ = reduced("pca", np.concatenate([data[:4], data[:1]]), tmp_path, components=5, whiten=True)
    np.testing.assert_allclose(np.cov(ours.T, bias=True), np.diag([1, 1, 1, 1, 0]), atol=1e-5)


def test_scaling_centre_and_unit_length_are_what_they_say(data, tmp_path):
    raw = cells_of(data)
    ours, _ = reduced("pca", data, tmp_path, scaling="centre")
    same_up_to_sign(ours, decomposition.PCA(3).fit_transform(raw), atol=1e-4)
    unit = raw / np.linalg.norm(raw, axis=1)[:, None]
    ours, _ = reduced("pca", data, tmp_path, scaling="unit length")
    same_up_to_sign(ours, decomposition.PCA(3).fit_transform(unit), atol=1e-5)


def test_truncated_svd_is_that_of_scikit_learn_on_all_cells(data, tmp_path):
    moved = data + 8
    scaled = cells_of(moved) / cells_of(moved).std(0)
    ours, _ = reduced("truncated_svd", moved, tmp_path)
    same_up_to_sign(ours, decomposition.TruncatedSVD(3, algorithm="arpack").fit_transform(scaled), atol=1e-4)


def test_factor_analysis_is_that_of_scikit_learn_on_all_cells(tmp_path):
    rng = np.random.default_rng(0)
    factors, loadings = rng.normal(size=(2, 50, 60)), rng.normal(size=(12, 2)) * (1.5, 0.7)
    noise = rng.normal(size=(12, 50, 60)) * np.linspace(0.3, 2.5, 12)[:, None, None]
    data = np.einsum("ab,bhw->ahw", loadings, factors) + noise
    x = StandardScaler().fit_transform(cells_of(data))
    theirs = decomposition.FactorAnalysis(2, svd_method="lapack", tol=1e-6).fit(x)
    ours, _ = reduced("factor_analysis", data, tmp_path, components=2, rotation="none")
    same_up_to_sign(ours, theirs.transform(x), atol=2e-3)
    # better than PCA at what the noise covers
    pca, _ = reduced("pca", data, tmp_path, components=2)
    left = [np.linalg.lstsq(found, cells_of(factors), rcond=None)[1].sum() for found in (ours, pca)]
    assert left[0] < 0.8 * left[1]
    turned, _ = reduced("factor_analysis", data, tmp_path, components=2, rotation="varimax")
    assert np.linalg.lstsq(turned, ours, rcond=None)[1].sum() < 1e-3 * len(ours)


def test_ica_finds_sources_that_were_mixed(tmp_path):
    rng = np.random.default_rng(0)
    sources = np.stack([rng.laplace(size=(60, 60)), rng.uniform(-1, 1, (60, 60)), np.sign(rng.normal(size=(60, 60)))])
    mixed = np.einsum("ab,bhw->ahw", rng.normal(size=(6, 3)), sources)
    ours, model = reduced("ica", mixed, tmp_path, sample=3600)
    match = np.abs(np.corrcoef(ours.T, cells_of(sources).T)[:3, 3:])
    assert (match.max(1) > 0.99).all() and sorted(match.argmax(1)) == [0, 1, 2]
    shares = model.facts["shares"]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1, abs=1e-6)


def test_components_of_sparse_pca_follow_few_bands_and_all_bands_make_it_pca(data, x, tmp_path):
    _, model = reduced("sparse_pca", data, tmp_path, used=40)
    axes = model.estimator.axes
    assert ((axes != 0).sum(1) == 3).all()
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1, rtol=1e-5)
    # what the best three bands can hold is what the first axis holds
    from itertools import combinations

    best = max(np.linalg.eigvalsh(np.cov(x[:, trio].T, bias=True))[-1] for trio in combinations(range(7), 3))
    assert axes[0] @ np.cov(x.T, bias=True) @ axes[0] > 0.98 * best
    ours, model = reduced("sparse_pca", data, tmp_path, used=100)
    same_up_to_sign(ours, decomposition.PCA(3).fit_transform(x), atol=1e-3)
    np.testing.assert_allclose(model.facts["shares"], decomposition.PCA(3).fit(x).explained_variance_ratio_, rtol=1e-5)


def test_bands_that_go_together_are_grouped_and_averaged(tmp_path):
    rng = np.random.default_rng(0)
    ways = rng.normal(size=(3, 30, 30))
    of = [0, 1, 0, 2, 1, 1, 2, 0]
    data = 5 * ways[of] + 0.3 * rng.normal(size=(8, 30, 30))
    ours, model = reduced("band_groups", data, tmp_path)
    assert model.facts["groups"] == [[0, 2, 7], [1, 4, 5], [3, 6]]
    x = StandardScaler().fit_transform(cells_of(data))
    np.testing.assert_allclose(ours, np.stack([x[:, g].mean(1) for g in model.facts["groups"]], 1), atol=1e-5)


@pytest.mark.parametrize("shift", [0, 50], ids=["features below 0", "counts"])
def test_amounts_of_nmf_are_the_best_in_every_cell_P9(data, shift, tmp_path):
    moved = data + np.float32(shift)
    ours, model = reduced("nmf", moved, tmp_path, steps=1000)
    estimator = model.estimator
    y = np.maximum(model.preparation(cells_of(moved).astype(np.float32)) - estimator.origin, 0)
    best = np.stack([nnls(estimator.atoms.T.astype(float), cell)[0] for cell in y[::20].astype(float)])
    np.testing.assert_allclose(ours[::20], best, rtol=1e-3, atol=1e-3)
    assert (ours >= 0).all() and model.facts["shifted bands"] == (0 if shift else 7)
    if shift:
        # nothing is nothing: a cell of zeros has none of any part
        assert model.estimator.transform(model.preparation(np.zeros((1, 7), np.float32))).tolist() == [[0, 0, 0]]


def test_amounts_of_a_dictionary_are_the_lasso_in_every_cell(data, tmp_path):
    ours, model = reduced("dictionary_learning", data, tmp_path, components=9)
    estimator = model.estimator
    x = model.preparation(cells_of(data).astype(np.float32)).astype(np.float64)
    atoms = estimator.atoms.astype(np.float64)
    theirs = sparse_encode(x, atoms, algorithm="lasso_cd", alpha=estimator.penalty, max_iter=20_000)
    np.testing.assert_allclose(ours, theirs, atol=0.02 * np.abs(theirs).max())
    assert (ours == 0).mean() > 0.3 and ((ours == 0).mean(0) < 1).all()


def test_kernel_pca_is_that_of_scikit_learn_on_the_sample(data, tmp_path):
    ours, model = reduced("kernel_pca", data, tmp_path)
    estimator = model.estimator
    theirs = decomposition.KernelPCA(3, kernel="rbf", gamma=1 / (2 * estimator.width**2), eigen_solver="dense")
    theirs.fit(estimator.sample)
    x = model.preparation(cells_of(data).astype(np.float32))
    same_up_to_sign(ours, theirs.transform(x), atol=1e-4)


def test_isomap_is_that_of_scikit_learn_on_the_sample(data, tmp_path):
    _, model = reduced("isomap", data, tmp_path, neighbours=60)
    sample, places = model.estimator.sample, model.estimator.places
    theirs = manifold.Isomap(n_neighbors=60, n_components=3, eigen_solver="dense").fit_transform(sample)
    same_up_to_sign(places, theirs, atol=1e-3 * theirs.std())


def swiss_roll():
    """(3, 60, 60) float32, and (60, 60) how far along the roll each cell is."""
    rng = np.random.default_rng(0)
    along = rng.uniform(1.5, 4.5, (60, 60)) * np.pi
    return np.stack([along * np.cos(along), 12 * rng.uniform(size=(60, 60)), along * np.sin(along)]), along


def test_isomap_unrolls_what_pca_leaves_rolled(tmp_path):
    roll, along = swiss_roll()
    follows = {}
    for method, options in (("isomap", {"neighbours": 8}), ("pca", {})):
        ours, _ = reduced(method, roll, tmp_path, components=2, scaling="centre", sample=1500, **options)
        follows[method] = np.abs(np.corrcoef(ours.T, along.ravel())[-1, :-1]).max()
    assert follows["isomap"] > 0.99 > 0.9 > follows["pca"]


def test_lle_variants_flatten_a_sheet(tmp_path):
    rng = np.random.default_rng(0)
    u, v = rng.uniform(0, 1, (2, 50, 50))
    sheet = np.stack([np.sin(2 * u), np.cos(2 * u), 3 * v])
    for variant in ("modified", "tangent space"):
        ours, _ = reduced(
            "lle", sheet, tmp_path, components=2, scaling="centre", sample=800, method=variant, neighbours=15
        )
        fit = np.linalg.lstsq(np.c_[ours, np.ones(len(ours))], np.stack([u.ravel(), v.ravel()], 1), rcond=None)[1]
        assert (fit < 0.02 * len(ours) * np.var([u, v])).all()


def test_mds_keeps_distances_better_than_pca_and_as_well_as_scikit_learn(data, tmp_path):
    from scipy.spatial.distance import pdist

    def strain(places):
        return ((pdist(places) - wanted) ** 2).sum() / (wanted**2).sum()

    _, model = reduced("mds", data, tmp_path, components=2)
    sample = model.estimator.sample.astype(np.float64)
    wanted = pdist(sample)
    ours = strain(model.estimator.places)
    assert ours < 0.8 * strain(decomposition.PCA(2).fit_transform(sample))
    assert model.facts["stress"] == pytest.approx(np.sqrt(ours), abs=1e-3)


def test_a_few_outliers_do_not_take_a_component_of_spectral_embedding(tmp_path):
    rng = np.random.default_rng(0)
    data = rng.normal(size=(4, 40, 40)) * 0.4
    data[0, :, 20:] += 6
    data[:, 0, :3] += 200
    ours, _ = reduced("spectral_embedding", data, tmp_path, components=1, sample=1600, scaling="centre")
    side = (np.arange(1600) % 40 >= 20)[3:]
    one, two = ours[3:, 0][side], ours[3:, 0][~side]
    assert abs(one.mean() - two.mean()) > 5 * max(one.std(), two.std())


def test_places_between_the_sample_change_without_jumps():
    rng = np.random.default_rng(0)
    sample, places = rng.normal(size=(200, 3)).astype(np.float32), rng.normal(size=(200, 2)).astype(np.float32)
    estimator = NeighbourMap(sample, places)
    np.testing.assert_allclose(estimator.transform(sample), places, atol=1e-4)
    line = np.linspace(sample[0], sample[1], 200_001, dtype=np.float64).astype(np.float32)
    steps = np.abs(np.diff(estimator.transform(line), axis=0)).max()
    assert steps < 2e-3
    assert NeighbourMap(sample[:3], places[:3]).transform(line[::1000]).shape == (201, 2)


@pytest.mark.skipif(not POTSDAM.is_dir(), reason="needs the real rasters in ../shared/data (hsi_enmap_potsdam)")
@pytest.mark.parametrize("method", ["pca", "nmf", "band_groups", "umap"])
def test_three_components_of_a_real_hyperspectral_scene_tell_land_cover(method, tmp_path):
    """224 bands, two fifths without data: neighbours in the components are of one kind of land cover twice as often as by chance."""
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    source, ctx = str(POTSDAM / "enmap_potsdam_mosaic.tif"), context()
    # the sensor has lost six bands to water vapour
    bands = [band for band in range(1, 225) if not 130 <= band <= 135]
    quick = {"rounds": 100} if method == "umap" else {}
    components = read(reduce(method, source, tmp_path, ctx, sample=1500, bands=bands, **quick))
    with rasterio.open(POTSDAM / "enmap_potsdam_labels.tif") as ds:
        labels = ds.read(1)
    with rasterio.open(source) as ds:
        empty = (ds.read(bands) == ds.nodata).any(0)
    assert np.isnan(components[:, empty]).all() and np.isfinite(components[:, ~empty]).all()
    assert ctx.facts["cells"] == (~empty).sum()
    told = ~empty & (labels > 0) & (labels < 255)
    score = cross_val_score(
        KNeighborsClassifier(15), components[:, told].T, labels[told], cv=5, scoring="balanced_accuracy"
    )
    assert score.mean() > 2 / len(np.unique(labels[told])), score


@pytest.mark.skipif(not POTSDAM.is_dir(), reason="needs the real rasters in ../shared/data (hsi_enmap_potsdam)")
def test_bands_that_a_sensor_has_lost_are_named(tmp_path):
    with pytest.raises(BadRaster, match="for these hold none: bands 130-135"):
        reduce("pca", str(POTSDAM / "enmap_potsdam_mosaic.tif"), tmp_path)
