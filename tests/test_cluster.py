"""Every clustering: the same map whatever the layout, the threads and the part that is looked at; old defects."""

from __future__ import annotations

import json
import tracemalloc
import zipfile

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest  # noqa: E402
from iamap.engine import clustering, models  # noqa: E402
from iamap.engine import features as features_module  # noqa: E402
from iamap.ml import clusterings  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import NORTH_UP, context, files, is_a_sentence, make_raster, read  # noqa: E402
from rasterio.warp import transform_bounds  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

CARDS = {card.id: card for card in clusterings()}
#: what lets them find the four kinds of places of the scene; the others find out how many there are
GIVEN = {name: {"clusters": 4} for name, card in CARDS.items() if "clusters" in card.specs()}
GIVEN["optics"] = {"smallest": 10}
GIVEN["hdbscan"] = {"smallest": 8}
GIVEN["mean_shift"] = {"width": 0.8}
#: they may call a cell noise
NOISY = {"dbscan", "hdbscan", "optics"}
#: they give a second band
SURE = {"gaussian_mixture", "hdbscan"}
EVERY = pytest.mark.parametrize("method", sorted(CARDS))


def kinds(height=44, width=59):
    """(height, width) 0 to 3: which of four kinds of places each cell is of."""
    rows, cols = np.mgrid[:height, :width]
    return (rows // 11 + 2 * (cols // 15)) % 4


def scene(bands=6, height=44, width=59, seed=0):
    """(bands, height, width) float32: four kinds of places that keep apart, noise, and islands of NaN."""
    rng = np.random.default_rng(seed)
    middle = 12 * np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[kinds(height, width)] @ rng.normal(size=(2, bands))
    data = np.moveaxis(middle, 2, 0) + rng.normal(size=(bands, height, width))
    data[:, 5:11, 8:15] = np.nan
    # one band is enough to lose a cell
    data[bands - 1, height // 2, 3] = np.nan
    return data.astype(np.float32)


def cluster(method, source, folder, ctx=None, /, **params):
    """Run; return the path of the map."""
    values = {"sample": 500, **GIVEN.get(method, {}), **params}
    values = {name: value for name, value in values.items() if value is not None}
    job = jobs()[f"cluster_{method}"].make({"input": str(source), "output": str(folder / f"{method}.tif"), **values})
    path: str = job.run(ctx or context())["output"]
    return path


def apply(model, source, folder, **params):
    """Apply a model file; return the path of the map."""
    job = jobs()["apply"].make({"input": str(source), "model": str(model), "output": str(folder / "a.tif"), **params})
    path: str = job.run(context())["output"]
    return path


def legend(path):
    """Value -> (label, colour), as noted for QGIS."""
    with rasterio.open(path) as ds:
        noted = json.loads(ds.tags(ns="IAMAP")["style"])
    assert noted["band"] == 1
    return {one["value"]: (one["label"], one["colour"]) for one in noted["categories"]}


class Fit:
    """A method fitted on the scene."""

    def __init__(self, method, folder):
        self.data = scene()
        self.valid = np.isfinite(self.data).all(0)
        self.source = make_raster(folder / "scene.tif", self.data, nodata=np.nan)
        self.model, self.ctx = str(folder / "m.iamap"), context()
        self.path = cluster(method, self.source, folder, self.ctx, model=self.model)
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


def same_map(one, other):
    """Whether two maps are the same: all classes, and strengths but for a rounded percent."""
    return np.array_equal(one[0], other[0]) and np.abs(one.astype(int) - other).max() <= 1


@EVERY
def test_every_valid_cell_has_a_class_of_the_legend_and_no_other_has_P4_P9(fits, method):
    fit = fits(method)
    assert fit.pixels.dtype == np.uint8 and len(fit.pixels) == 1 + (method in SURE)
    with rasterio.open(fit.path) as ds:
        assert ds.nodata == 255 and ds.shape == fit.valid.shape and ds.transform == NORTH_UP
    assert (fit.pixels[:, ~fit.valid] == 255).all() and (fit.pixels[:, fit.valid] < 255).all()
    told = legend(fit.path)
    assert set(np.unique(fit.pixels[0][fit.valid])) <= set(told)
    assert told.get(0, ("noise", "#9e9e9e")) == ("noise", "#9e9e9e") and (0 not in told or method in NOISY)
    assert len({colour for _, colour in told.values()}) == len(told)
    assert fit.ctx.facts["cells"] == fit.valid.sum() and fit.ctx.facts["cells fitted on"] == 500
    assert fit.ctx.facts["clusters"] == len(set(told) - {0})


@EVERY
def test_places_that_keep_apart_become_clusters_of_their_own(fits, method):
    fit = fits(method)
    found, true = fit.pixels[0][fit.valid], kinds()[fit.valid]
    sure = found > 0
    assert sure.mean() > 0.5
    assert adjusted_rand_score(true[sure], found[sure]) > 0.9


@EVERY
def test_the_same_seed_makes_the_same_files(fits, method, tmp_path):
    fit = fits(method)
    again = cluster(method, fit.source, tmp_path, model=str(tmp_path / "m.iamap"))
    np.testing.assert_array_equal(read(again), fit.pixels)
    with zipfile.ZipFile(fit.model) as one, zipfile.ZipFile(tmp_path / "m.iamap") as other:
        assert one.read("model.json") == other.read("model.json")
        assert one.read("preparation.safetensors") == other.read("preparation.safetensors")


@EVERY
def test_layout_threads_and_pieces_do_not_change_the_map(fits, method, tmp_path, monkeypatch):
    fit = fits(method)
    layout = {"tiled": True, "blockxsize": 16, "blockysize": 32, "interleave": "pixel", "compress": "deflate"}
    source = make_raster(tmp_path / "scene.tif", fit.data, nodata=np.nan, **layout)
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 4 * fit.data.shape[0] * fit.data.shape[2] * 32)
    with threadpool_limits(1):
        assert same_map(read(cluster(method, source, tmp_path)), fit.pixels)


@EVERY
def test_a_model_file_gives_a_crop_the_pixels_of_the_whole_P5(fits, method, tmp_path):
    fit = fits(method)
    # columns 5 to 40, rows 4 to 29: what is touched counts
    crop = read(apply(fit.model, fit.source, tmp_path, extent="500053,4999700,500402,4999955"))
    assert crop.shape[1:] == (26, 36)
    np.testing.assert_array_equal(crop, fit.pixels[:, 4:30, 5:41])
    # one row at a time, and one cell
    model = models.load(fit.model)
    row = np.ascontiguousarray(fit.data[:, 1].T)
    np.testing.assert_array_equal(clustering.classify(model, row), fit.pixels[:, 1].T)
    np.testing.assert_array_equal(clustering.classify(model, row[20:21]), fit.pixels[:, 1, 20:21].T)


@EVERY
def test_a_model_file_keeps_numbers_colours_and_words_P5(fits, method, tmp_path):
    fit = fits(method)
    model = models.load(fit.model)
    assert (model.kind, model.method, model.title) == ("cluster", method, CARDS[method].title)
    assert {one.value: (one.label, one.colour) for one in model.classes} == legend(fit.path)
    path = apply(fit.model, fit.source, tmp_path)
    assert legend(path) == legend(fit.path)
    np.testing.assert_array_equal(read(path), fit.pixels)


@EVERY
def test_the_scaling_of_other_numbers_is_that_of_the_fit_P5(fits, method):
    """The original scales every raster anew: 3 x + 50 gives the same clusters there."""
    fit = fits(method)
    model = models.load(fit.model)
    cells = np.ascontiguousarray(fit.data[:, fit.valid].T)
    assert (clustering.classify(model, cells)[:, 0] != clustering.classify(model, 3 * cells + 50)[:, 0]).mean() > 0.2


def test_an_extent_off_the_grid_is_widened_to_whole_cells_and_clipped_P1(fits, tmp_path):
    fit = fits("kmeans")
    # beyond the raster on the left and at the top, off the grid on the right and below
    extent = "400000,4999893,500224.9,6000000"
    path = apply(fit.model, fit.source, tmp_path, extent=extent)
    with rasterio.open(path) as ds:
        assert ds.transform == NORTH_UP and (ds.width, ds.height) == (23, 11)
    np.testing.assert_array_equal(read(path), fit.pixels[:, :11, :23])
    path = cluster("kmeans", fit.source, tmp_path, extent="500101,4999661,500139,4999899")
    with rasterio.open(path) as ds:
        assert ds.transform == NORTH_UP * rasterio.Affine.translation(10, 10) and (ds.width, ds.height) == (4, 24)
    with pytest.raises(BadRequest, match="lies beside"):
        cluster("kmeans", fit.source, tmp_path, extent="0,0,10,10")


def test_an_extent_in_another_crs_is_the_same_place_P3(fits, tmp_path):
    fit = fits("kmeans")
    there = transform_bounds("EPSG:32631", "EPSG:4326", 500_103, 4_999_703, 500_297, 4_999_897)
    path = apply(fit.model, fit.source, tmp_path, extent=",".join(map(repr, there)) + " [EPSG:4326]")
    np.testing.assert_array_equal(read(path), fit.pixels[:, 10:30, 10:30])


@EVERY
def test_model_files_hold_types_of_scikit_learn_and_ours_only_P6(fits, method):
    """The original saves pickles, which run whatever they say."""
    import skops.io

    with zipfile.ZipFile(fits(method).model) as archive:
        assert set(archive.namelist()) == {"model.json", "preparation.safetensors", "estimator.skops"}
        foreign = skops.io.get_untrusted_types(data=archive.read("estimator.skops"))
    assert foreign and all(name.startswith("iamap.engine.methods.estimators") for name in foreign)


@pytest.mark.parametrize("method", ["kmeans", "hdbscan", "gaussian_mixture"])
def test_memory_does_not_grow_with_the_raster_P7(method, tmp_path, monkeypatch):
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 1 << 18)
    peaks, sizes = [], []
    for height in (300, 1500):
        tall = np.random.default_rng(0).normal(size=(8, height, 100)).astype(np.float32)
        source = make_raster(tmp_path / f"{height}.tif", tall, nodata=np.nan, blockysize=16)
        sizes.append(tall.nbytes)
        del tall
        tracemalloc.start()
        cluster(method, source, tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # what a run holds at once varies with how its threads meet; all of the raster would be 1
    assert peaks[1] - peaks[0] < 0.4 * (sizes[1] - sizes[0])


@EVERY
def test_the_raster_is_read_twice_whatever_the_method_does_P8(method, tmp_path):
    """The original hands the whole raster to the method again in every iteration."""
    heard = []
    ctx = RunContext(lambda done, total, unit, stage, left: heard.append((stage, unit, done)), interval=0)
    cluster(method, make_raster(tmp_path / "s.tif", scene(), nodata=np.nan), tmp_path, ctx)
    begun = [stage for stage, unit, done in heard if unit == "rows" and done == 0]
    assert begun == ["look at all cells", "write"]
    assert ctx.facts["cells fitted on"] == 500


@EVERY
def test_a_sample_larger_than_the_raster_is_all_of_it_P10(method, tmp_path):
    ctx = context()
    most = CARDS[method].most_cells or 1_000_000
    cluster(method, make_raster(tmp_path / "s.tif", scene(3, 20, 21), nodata=np.nan), tmp_path, ctx, sample=most)
    assert ctx.facts["cells fitted on"] == ctx.facts["cells"]


@EVERY
def test_the_sample_of_slow_methods_does_not_grow_with_the_raster_P10(method):
    """The original gives spectral clustering and the like every cell: memory grows with the square of the raster."""
    card = CARDS[method]
    assert card.cells <= (card.most_cells or 100_000)
    if card.most_cells:
        with pytest.raises(BadRequest, match=f"more than the {card.most_cells} cells") as told:
            given = {"input": "not there.tif", "output": "o.tif", "sample": card.most_cells + 1}
            jobs()[f"cluster_{method}"].make(given)
        assert is_a_sentence(told.value)


@EVERY
def test_rasters_with_nothing_in_them_are_refused_in_words(method, tmp_path):
    for value, words in ((np.nan, "no pixel with valid data"), (3, "same values")):
        source = make_raster(tmp_path / "s.tif", np.full((4, 9, 8), value, np.float32), nodata=np.nan)
        with pytest.raises(BadRaster, match=words) as told:
            cluster(method, source, tmp_path)
        assert is_a_sentence(told.value) and files(tmp_path) == ["s.tif"]


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("kmeans", {"clusters": 0}, "clusters = 0 is out of range"),
        ("kmeans", {"n_clusters": 5}, "has no parameter n_clusters"),
        ("gaussian_mixture", {"choose": "elbow"}, "choose = 'elbow' is not offered"),
        ("dbscan", {"distance": -1}, "distance = -1 is out of range"),
        ("hdbscan", {"smallest": 80}, "smallest = 80 is out of range"),
    ],
)
def test_what_can_not_work_is_refused_by_the_request_alone_P12(method, params, words):
    with pytest.raises(BadRequest, match=words):
        jobs()[f"cluster_{method}"].make({"input": "not there.tif", "output": "o.tif", **params})


@EVERY
def test_a_run_that_fails_leaves_nothing_and_says_so_P12(method, tmp_path):
    """The original warns, succeeds, and names a file that was never written."""
    data = np.full((3, 5, 7), np.nan, np.float32)
    data[:, 2, 3:5] = [[0, 1]] * 3
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    outputs = {"model": "m.iamap", "report": "r.html", "table": "t.csv", "polygons": "p.gpkg"}
    params = {name: str(tmp_path / file) for name, file in outputs.items()}
    try:
        pixels = read(cluster(method, source, tmp_path, **params))
    except BadRequest as error:
        assert is_a_sentence(error) and "there are 2" in error.text and error.hint
        assert files(tmp_path) == ["s.tif"]
    else:
        assert method in ("mean_shift", "affinity_propagation"), "all others need more cells than there are"
        assert (pixels[0] < 255).sum() == 2 and files(tmp_path) == sorted(["s.tif", f"{method}.tif", *outputs.values()])
