"""Every reduction: the same pixels whatever the layout, the threads and the part that is looked at; odd rasters; old defects."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, IamapError  # noqa: E402
from iamap.engine import features as features_module  # noqa: E402
from iamap.engine import models, reducing  # noqa: E402
from iamap.ml import reductions  # noqa: E402
from making import NORTH_UP, context, files, make_raster, read  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

CARDS = {card.id: card for card in reductions()}
#: what makes them quick here; nothing of it is about what they do
QUICK = {"umap": {"rounds": 30}, "tsne": {"steps": 250}, "nmf": {"steps": 1000}}
EVERY = pytest.mark.parametrize("method", sorted(CARDS))


def scene(bands=7, height=47, width=61, seed=0):
    """(bands, height, width) float32, negative values too: five kinds of places, gradients, noise, and islands of NaN."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width]
    kind = (rows // 9 + cols // 7) % 5
    smooth = np.stack([rows / height, cols / width, np.sin(rows / 9)])
    data = 2 * rng.normal(size=(5, bands))[kind].transpose(2, 0, 1)
    data = (
        data
        + np.einsum("ab,bhw->ahw", rng.normal(size=(bands, 3)), smooth)
        + 0.4 * rng.normal(size=(bands, height, width))
    )
    data[:, 5:11, 8:15] = np.nan
    # one band is enough to lose a cell
    data[0, height // 2, 3] = np.nan
    return data.astype(np.float32)


def reduce(method, source, folder, ctx=None, /, **params):
    """Run; return the path of the components."""
    values = {"sample": 400, **QUICK.get(method, {}), **params}
    values = {name: value for name, value in values.items() if value is not None}
    job = jobs()[f"reduce_{method}"].make({"input": str(source), "output": str(folder / f"{method}.tif"), **values})
    path: str = job.run(ctx or context())["output"]
    return path


class Fit:
    """A method fitted on the scene."""

    def __init__(self, method, folder):
        self.method, self.data = method, scene()
        self.source = make_raster(folder / "scene.tif", self.data, nodata=np.nan)
        self.model, self.report = str(folder / "m.iamap"), folder / "r.html"
        self.ctx = context()
        self.path = reduce(method, self.source, folder, self.ctx, model=self.model, report=str(self.report))
        self.pixels = read(self.path)


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """Method -> its fit, made once."""
    made = {}

    def get(method):
        if method not in made:
            made[method] = Fit(method, tmp_path_factory.mktemp(method))
        return made[method]

    return get


@EVERY
def test_the_methods_say_something_about_every_valid_cell_and_nothing_elsewhere_P4_P9(fits, method):
    fit = fits(method)
    valid = np.isfinite(fit.data).all(0)
    assert fit.pixels.shape == (3, *valid.shape) and fit.pixels.dtype == np.float32
    assert np.isfinite(fit.pixels[:, valid]).all() and np.isnan(fit.pixels[:, ~valid]).all()
    assert (fit.pixels[:, valid].std(1) > 0).all()
    assert fit.ctx.facts["cells"] == valid.sum() and fit.ctx.facts["cells fitted on"] == 400


@EVERY
def test_places_that_are_alike_get_values_that_are_alike(fits, method):
    """Of five kinds of places, a cell's nearest neighbour in the components is mostly one of its own kind."""
    from sklearn.neighbors import NearestNeighbors

    fit = fits(method)
    rows, cols = np.nonzero(np.isfinite(fit.data).all(0))
    kind = (rows // 9 + cols // 7) % 5
    cells = fit.pixels[:, rows, cols].T
    index = NearestNeighbors(n_neighbors=2).fit(cells).kneighbors(cells, return_distance=False)[:, 1]
    assert (kind[index] == kind).mean() > 0.7


@EVERY
def test_layout_threads_and_pieces_do_not_change_pixels(fits, method, tmp_path, monkeypatch):
    fit = fits(method)
    layout = {"tiled": True, "blockxsize": 16, "blockysize": 32, "interleave": "pixel", "compress": "deflate"}
    source = make_raster(tmp_path / "scene.tif", fit.data, nodata=np.nan, **layout)
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 4 * fit.data.shape[0] * fit.data.shape[2] * 32)
    with threadpool_limits(1):
        again = read(reduce(method, source, tmp_path))
    scale = np.nanstd(fit.pixels, (1, 2), keepdims=True)
    np.testing.assert_allclose(again / scale, fit.pixels / scale, atol=1e-4)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_layout_and_threads_do_not_change_what_is_compressed_either(method, tmp_path, monkeypatch):
    """These blow up differences in the last digit, and principal axes are sums that every layout makes in another order."""
    source, pixels = make_raster(tmp_path / "s.tif", scene(60, 40, 41), nodata=np.nan, blockysize=1), []
    for threads, rows in ((2, 40), (1, 7)):
        monkeypatch.setattr(features_module, "_PIECE_BYTES", 4 * 60 * 41 * rows)
        with threadpool_limits(threads):
            pixels.append(read(reduce(method, source, tmp_path)))
    np.testing.assert_allclose(pixels[1], pixels[0], atol=1e-4 * np.nanstd(pixels[0]))


@EVERY
def test_the_same_seed_gives_the_same_pixels(fits, method, tmp_path):
    fit = fits(method)
    np.testing.assert_array_equal(read(reduce(method, fit.source, tmp_path)), fit.pixels)


@EVERY
def test_a_model_file_gives_a_crop_the_pixels_of_the_whole_P5(fits, method, tmp_path):
    fit = fits(method)
    extent = "500053,4999700,500402,4999955"
    job = jobs()["apply"].make(
        {"input": fit.source, "model": fit.model, "extent": extent, "output": str(tmp_path / "a.tif")}
    )
    crop = read(job.run(context())["output"])
    # columns 5 to 40, rows 4 to 29: what is touched counts
    assert crop.shape == (3, 26, 36)
    np.testing.assert_allclose(crop, fit.pixels[:, 4:30, 5:41], rtol=1e-5, atol=1e-5)


@EVERY
def test_a_model_file_holds_all_there_is_to_the_pixels_P5(fits, method):
    fit = fits(method)
    model = models.load(fit.model)
    assert (model.kind, model.method, model.title) == ("reduce", method, CARDS[method].title)
    valid = np.isfinite(fit.data).all(0)
    np.testing.assert_allclose(
        reducing.transform(model, fit.data[:, valid].T), fit.pixels[:, valid].T, rtol=1e-5, atol=1e-5
    )
    # one cell at a time comes out as all together
    one = reducing.transform(model, np.ascontiguousarray(fit.data[:, :1, 20].T))
    np.testing.assert_allclose(one[0], fit.pixels[:, 0, 20], rtol=1e-5, atol=1e-5)
    style = json.loads(rasterio.open(fit.path).tags(ns="IAMAP")["style"])
    assert style["bands"] == [1, 2, 3] and np.less(style["minimum"], style["maximum"]).all()


@EVERY
def test_the_scaling_of_other_numbers_is_that_of_the_fit_P5(fits, method):
    """The original scales every raster anew: 3 x + 5 gives the same components there."""
    fit = fits(method)
    model = models.load(fit.model)
    cells = fit.data[:, 12:20, 20:].reshape(len(fit.data), -1).T
    one, other = reducing.transform(model, cells), reducing.transform(model, 3 * cells + 5)
    assert np.abs(other - one).max() > 0.2 * one.std()


@EVERY
def test_the_report_shows_what_came_out(fits, method):
    fit = fits(method)
    text = fit.report.read_text(encoding="utf-8")
    assert text.count("data:image/png") >= 3 and CARDS[method].title in text
    words = (CARDS[method].__doc__ or "").split()[:4]
    assert " ".join(words).replace("'", "&#x27;") in text
    assert "scene.tif" in text and "strongest correlation" in text and "nearest neighbours in the features" in text


def odd_bands():
    """Some never change, some are said twice, some are huge or tiny."""
    data = scene(5, 20, 21) * np.float32([1e9, 1e-9, 1, 1e4, 1e-4])[:, None, None]
    return np.concatenate([data, np.full((2, 20, 21), 7, np.float32), data[1:4]])


HARD = {
    "1000 bands": lambda: scene(1000, 13, 14),
    "odd bands": odd_bands,
    "whole numbers": lambda: np.rint(2 * np.nan_to_num(scene(4, 30, 31))).astype(np.int16),
    "one band": lambda: scene(1, 30, 31),
}


@EVERY
@pytest.mark.parametrize("raster", HARD)
def test_hard_rasters_come_out_right_or_are_refused_in_words(method, raster, tmp_path):
    data = HARD[raster]()
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan if data.dtype == np.float32 else None)
    components = 1 if raster == "one band" else 3
    options = {"perplexity": 5} if method == "tsne" else {}
    if (method, raster) == ("factor_analysis", "one band"):
        with pytest.raises(BadRequest, match="have 0 factors in common"):
            reduce(method, source, tmp_path, components=1)
        return
    pixels = read(reduce(method, source, tmp_path, components=components, sample=150, **options))
    valid = np.isfinite(data).all(0)
    assert pixels.shape == (components, *valid.shape)
    assert np.isfinite(pixels[:, valid]).all() and np.isnan(pixels[:, ~valid]).all()
    assert (pixels[:, valid].std(1) > 0).all()


FEW = {"two cells": 2, "three cells": 3, "five cells": 5, "twelve cells": 12}


@EVERY
@pytest.mark.parametrize("cells", FEW.values(), ids=FEW)
def test_too_few_cells_are_placed_or_refused_in_words(method, cells, tmp_path):
    data = np.full((6, 5, 7), np.nan, np.float32)
    data.reshape(6, -1)[:, 10 : 10 + cells] = np.random.default_rng(1).normal(size=(6, cells))
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    before = files(tmp_path)
    try:
        pixels = read(reduce(method, source, tmp_path))
    except BadRequest as error:
        assert error.hint and any(digit in error.text for digit in "0123456789")
        assert files(tmp_path) == before
    else:
        assert np.isfinite(pixels).all(0).sum() == cells


@EVERY
def test_rasters_with_nothing_in_them_are_refused_in_words(method, tmp_path):
    for data, words in (
        (np.full((4, 9, 8), np.nan), "no pixel with valid data"),
        (np.full((4, 9, 8), 3.0), "same values"),
    ):
        source = make_raster(tmp_path / "s.tif", data.astype(np.float32), nodata=np.nan)
        with pytest.raises(BadRaster, match=words):
            reduce(method, source, tmp_path)
        assert files(tmp_path) == ["s.tif"]


@pytest.mark.parametrize("method", sorted(set(CARDS) - {"dictionary_learning", "kernel_pca", "kmeans_distances"}))
def test_more_components_than_bands_are_refused_before_the_work(method, tmp_path):
    source = make_raster(tmp_path / "s.tif", scene(2, 9, 8), nodata=np.nan)
    with pytest.raises(BadRequest, match="components = 3 is more than the 2 bands of the raster"):
        reduce(method, source, tmp_path)


@pytest.mark.parametrize("method", ["dictionary_learning", "kernel_pca", "kmeans_distances"])
def test_methods_that_widen_give_more_components_than_bands(method, tmp_path):
    pixels = read(
        reduce(method, make_raster(tmp_path / "s.tif", scene(2, 30, 31), nodata=np.nan), tmp_path, components=5)
    )
    assert len(pixels) == 5 and (np.nanstd(pixels, (1, 2)) > 0).all()


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("tsne", {"components": 4}, "more than the 3 that t-SNE can give"),
        ("lle", {"neighbours": 3}, "neighbours = 3 is too few for components = 3"),
        ("mds", {"sample": 6000}, "more than the 5000 cells that MDS can be fitted on"),
        ("nmf", {"compress": 5}, "compress = 5 leaves no bands"),
        ("umap", {"components": 5, "compress": 4}, "components = 5 is more than the 4 principal components"),
        ("umap", {"neighbors": 5}, "has no parameter neighbors"),
        ("pca", {"whiten": "maybe"}, "whiten = 'maybe' is not true or false"),
    ],
)
def test_what_can_not_work_is_refused_by_the_request_alone_P12(method, params, words):
    with pytest.raises(BadRequest, match=words):
        jobs()[f"reduce_{method}"].make({"input": "not there.tif", "output": "o.tif", **params})


def test_a_run_that_fails_leaves_nothing_and_says_so_P12(tmp_path):
    source = make_raster(tmp_path / "s.tif", scene(4, 9, 8), nodata=np.nan)
    with pytest.raises(
        IamapError, match="UMAP with 500 neighbours needs 501 cells with different values, there are 71"
    ):
        reduce(
            "umap", source, tmp_path, neighbours=500, model=str(tmp_path / "m.iamap"), report=str(tmp_path / "r.html")
        )
    assert files(tmp_path) == ["s.tif"]


def test_an_extent_off_the_grid_is_widened_to_whole_cells_and_clipped_P1(fits, tmp_path):
    fit = fits("pca")
    # beyond the raster on the left and at the top, off the grid on the right and below
    path = reduce("pca", fit.source, tmp_path, extent="400000,4999893,500224.9,6000000")
    with rasterio.open(path) as ds:
        assert ds.transform == NORTH_UP and (ds.width, ds.height) == (23, 11)
    path = reduce("pca", fit.source, tmp_path, extent="500101,4999561,500139,4999899")
    with rasterio.open(path) as ds:
        assert ds.transform == NORTH_UP * rasterio.Affine.translation(10, 10) and (ds.width, ds.height) == (4, 34)
    with pytest.raises(BadRequest, match="lies beside"):
        reduce("pca", fit.source, tmp_path, extent="0,0,10,10")


def test_an_extent_in_another_crs_is_the_same_place_P3(fits, tmp_path):
    from rasterio.warp import transform_bounds

    fit = fits("pca")
    here = (500_100, 4_999_700, 500_300, 4_999_900)
    there = transform_bounds("EPSG:32631", "EPSG:4326", *here)
    path = reduce("pca", fit.source, tmp_path, extent=",".join(map(repr, there)) + " [EPSG:4326]")
    with rasterio.open(path) as ds:
        # a box in degrees, turned into one in metres, is a little larger
        grown = np.subtract(ds.bounds, here) * (-1, -1, 1, 1)
    assert (grown >= 0).all() and (grown <= 10).all()


@pytest.mark.parametrize("method", ["pca", "ica", "isomap"])
def test_memory_does_not_grow_with_the_raster_P7(method, tmp_path, monkeypatch):
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 1 << 18)
    peaks, sizes = [], []
    for height in (800, 3200):
        tall = np.random.default_rng(0).normal(size=(8, height, 100)).astype(np.float32)
        source = make_raster(tmp_path / f"{height}.tif", tall, nodata=np.nan, blockysize=16)
        sizes.append(tall.nbytes)
        del tall
        tracemalloc.start()
        reduce(method, source, tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 0.4 * (sizes[1] - sizes[0]) and peaks[1] < 0.6 * sizes[1]


def test_a_sample_larger_than_the_raster_is_all_of_it_P10(tmp_path):
    ctx = context()
    reduce("pca", make_raster(tmp_path / "s.tif", scene(3, 8, 9), nodata=np.nan), tmp_path, ctx, sample=1_000_000)
    assert ctx.facts["cells fitted on"] == ctx.facts["cells"]


@pytest.mark.parametrize("method", sorted(CARDS))
def test_the_sample_of_slow_methods_does_not_grow_with_the_raster_P10(method):
    """The original gives t-SNE and the like every cell."""
    card = CARDS[method]
    assert card.cells <= (card.most_cells or 50_000)
    quadratic = {"isomap", "lle", "mds", "kernel_pca"}
    assert method not in quadratic or (card.cells <= 3000 and card.most_cells <= 8000)


def test_every_reduction_of_the_original_has_a_place_here():
    page = (Path(__file__).resolve().parents[1] / "docs" / "methods.md").read_text("utf-8")
    listed = """DictionaryLearning FactorAnalysis FastICA IncrementalPCA KernelPCA LatentDirichletAllocation
        MiniBatchDictionaryLearning MiniBatchNMF MiniBatchSparsePCA NMF PCA SparseCoder SparsePCA TruncatedSVD Birch
        BisectingKMeans KMeans MiniBatchKMeans FeatureAgglomeration ClassicalMDS Isomap LocallyLinearEmbedding MDS
        SpectralEmbedding TSNE UMAP""".split()
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| ") and "`reduce_" in line]
    kept = {name.strip(): target for names, target in rows for name in names.split(",")}
    assert set(listed) - set(kept) == set()
    assert {target.strip(" `").removeprefix("reduce_") for target in kept.values()} <= set(CARDS)
