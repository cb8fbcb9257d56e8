"""What went wrong in the plugin that IAMAP replaces must not come back: its defects in exploring features, P1 to P12.

Each is shown for every job that it concerns: reduce, cluster, similarity, change, apply. Methods have test files of their own.
"""

from __future__ import annotations

import pickle
import tracemalloc
import zipfile
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRequest, IamapError  # noqa: E402
from iamap.engine import features as features_module  # noqa: E402
from iamap.engine import pairing  # noqa: E402
from iamap.engine.rasters import Source  # noqa: E402
from making import NORTH_UP, context, files, is_a_sentence, make_raster, read  # noqa: E402
from rasterio.warp import transform_bounds  # noqa: E402
from stripes import dots  # noqa: E402

TREES = Path(__file__).resolve().parents[2] / "shared" / "data" / "rgb_trees_naip"
BANDS, HEIGHT, WIDTH = 5, 40, 50
#: cells that hold data whatever the seed: examples of a search
SPOTS = [(2, 3), (17, 30), (HEIGHT - 1, WIDTH - 1), (8, 22)]
#: job -> parameters that make its result depend on each cell alone, as far as it can
PLAIN = {
    "reduce_pca": {"components": 2},
    "cluster_kmeans": {"clusters": 4, "starts": 1},
    "similarity": {"scaling": "none"},
    "change": {"correction": "none", "scaling": "none"},
}
EVERY = pytest.mark.parametrize("job", list(PLAIN))
#: what can be saved and applied
MODELS = pytest.mark.parametrize("job", [job for job in PLAIN if job != "change"])


def numbers(seed=0, height=HEIGHT, width=WIDTH, holes=0.1):
    """(bands, rows, cols) float32, also below zero: five kinds of places, noise, and cells without data here and there."""
    rng = np.random.default_rng(3)
    kinds = rng.normal(size=(5, BANDS)) * 3
    data = kinds[(np.arange(width) // 7) % 5].T[:, None, :] + np.random.default_rng(seed).normal(
        size=(BANDS, height, width)
    )
    lost = rng.random((height, width)) < holes
    lost[tuple(np.transpose([(row, col) for row, col in SPOTS if row < height and col < width]))] = False
    data[:, lost] = np.nan
    return data.astype(np.float32)


def run(job, folder, source, output="o.tif", ctx=None, **params):
    """Run *job* on *source*, in a way that suits it; return the path of its result."""
    values = {"input": source, "output": folder / output, **PLAIN.get(job, {}), **params}
    if job == "similarity":
        values.setdefault("query", dots(folder / "spots.gpkg", SPOTS))
    if job == "change":
        with rasterio.open(source) as ds:
            data, about = ds.read(), {"transform": ds.transform, "crs": ds.crs}
        later = data + np.random.default_rng(9).normal(size=data.shape).astype(np.float32)
        values["before"] = values.pop("input")
        values["after"] = make_raster(folder / "later.tif", later, nodata=ds.nodata, **about)
    texts = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    return jobs()[job].make(texts).run(ctx or context())["output"]


def holes(path):
    """(rows, cols) bool: where a result has no value."""
    with rasterio.open(path) as ds:
        return ds.read(1, masked=True).mask | np.isnan(ds.read(1).astype(float))


@pytest.fixture
def source(tmp_path):
    return make_raster(tmp_path / "s.tif", numbers(), nodata=np.nan)


@EVERY
@pytest.mark.parametrize(
    ("extent", "rows", "cols"),
    [
        ("500104.9,4999723,500236,4999897", slice(10, 28), slice(10, 24)),
        ("400000,4999893,500224.9,6000000", slice(0, 11), slice(0, 23)),
        ("500391,4900000,600000,4999711", slice(28, 40), slice(39, 50)),
    ],
)
def test_P1_an_extent_off_the_grid_or_beyond_the_raster_holds_whole_cells_where_they_lie(
    tmp_path, source, job, extent, rows, cols
):
    """Its values lay up to half a cell off; beyond the raster, its map lay outside the country."""
    path = run(job, tmp_path, source, extent=extent)
    with rasterio.open(path) as ds:
        assert ds.transform == NORTH_UP * rasterio.Affine.translation(cols.start, rows.start)
    missing = np.isnan(numbers()[0])[rows, cols]
    assert missing.any()
    np.testing.assert_array_equal(holes(path), missing)
    if job in ("similarity", "change"):
        whole = read(run(job, tmp_path, source, "whole.tif"))
        np.testing.assert_array_equal(read(path), whole[:, rows, cols])


@pytest.mark.parametrize("spot", SPOTS)
@pytest.mark.parametrize("extent", [None, "400000,4999893,500224.9,6000000", "500003,4999601,600000,4999999"])
def test_P2_examples_are_the_cells_they_lie_on_also_under_an_extent(tmp_path, source, spot, extent):
    """It looked points up with the wrong transform: silently other pixels, or an IndexError."""
    query = dots(tmp_path / "one.gpkg", [spot])
    path = run("similarity", tmp_path, source, query=query, prototypes="all examples", extent=extent)
    whole, x = read(path)[0], numbers()
    mine = x[:, spot[0], spot[1]].astype(np.float64)
    wanted = np.einsum("brc,b->rc", x, mine) / np.linalg.norm(x, axis=0) / np.linalg.norm(mine)
    with rasterio.open(path) as ds:
        left, top = (round(v) for v in ~NORTH_UP * (ds.transform.c, ds.transform.f))
    np.testing.assert_allclose(whole, wanted[top : top + whole.shape[0], left : left + whole.shape[1]], atol=2e-5)


@EVERY
def test_P3_an_extent_in_another_crs_is_the_same_place(tmp_path, source, job):
    """It cut the window in the raster's CRS with coordinates of another: no sample at all."""
    there = transform_bounds("EPSG:32631", "EPSG:4326", 500_103, 4_999_703, 500_297, 4_999_897)
    other = run(job, tmp_path, source, "other.tif", extent=",".join(map(repr, there)) + " [EPSG:4326]")
    own = run(job, tmp_path, source, "own.tif", extent="500100,4999700,500300,4999900")
    with rasterio.open(other) as one, rasterio.open(own) as two:
        assert one.transform == two.transform and one.crs == two.crs
    np.testing.assert_array_equal(read(other), read(own))


@EVERY
@pytest.mark.parametrize("nodata", [np.nan, -9999, 0])
def test_P4_cells_without_data_have_none_and_count_for_nothing(tmp_path, job, nodata):
    """Any NaN ended its PCA and k-means, and cells of nodata became a class."""
    data = numbers()
    lost = np.isnan(data[0])
    want = read(run(job, tmp_path, make_raster(tmp_path / "nan.tif", data, nodata=np.nan), "nan_o.tif"))
    data[:, lost] = nodata
    path = run(job, tmp_path, make_raster(tmp_path / "s.tif", data, nodata=nodata))
    np.testing.assert_array_equal(holes(path), lost)
    if job != "change":  # whose second date is the first with noise, and a sum of nodata and noise is data
        np.testing.assert_array_equal(read(path), want)


@MODELS
def test_P5_a_saved_model_gives_a_crop_the_pixels_of_the_whole_and_other_numbers_others(tmp_path, source, job):
    """It fitted a new scaler to each raster: on a crop, 28 % of the pixels kept their cluster; 3 x + 20 changed nothing."""
    params = {"scaling": "standardise", "model": tmp_path / "m.iamap"}
    whole = read(run(job, tmp_path, source, **params))
    extent = "500200,4999700,500405,4999855"
    crop = run("apply", tmp_path, source, "crop.tif", model=tmp_path / "m.iamap", extent=extent)
    np.testing.assert_array_equal(read(crop), whole[:, 14:30, 20:41])
    other = make_raster(tmp_path / "other.tif", 3 * numbers() + 20, nodata=np.nan)
    found = read(run("apply", tmp_path, other, "a.tif", model=tmp_path / "m.iamap"))
    known = ~np.isnan(numbers()[0])
    assert (found[0] != whole[0])[known].mean() > 0.2


@pytest.mark.skipif(not TREES.is_dir(), reason="needs the aerial photographs of ../shared/data/rgb_trees_naip")
def test_P5_clusters_of_a_real_scene_are_those_of_its_crop_and_mean_the_same_next_to_it(tmp_path):
    """Santa Monica, red to near infrared: what is greenest of five clusters in one square is so in three others."""
    first, *others = (TREES / f"santa_monica_2016_{i}.tif" for i in range(4))
    model = tmp_path / "m.iamap"
    found = read(run("cluster_kmeans", tmp_path, first, clusters=5, starts=10, model=model))[0]
    with rasterio.open(first) as ds:
        (left, top), (right, bottom) = ds.transform * (50, 50), ds.transform * (170, 170)
    crop = run("apply", tmp_path, first, "crop.tif", model=model, extent=f"{left},{bottom},{right},{top}")
    np.testing.assert_array_equal(read(crop)[0], found[50:170, 50:170])

    def greenness(path, clusters):
        red, _, _, infrared = read(path).astype(float)
        index = (infrared - red) / (infrared + red + 1)
        return np.array([index[clusters == one].mean() for one in range(1, 6)])

    order = np.argsort(greenness(first, found))
    for other in others:
        here = greenness(other, read(run("apply", tmp_path, other, "a.tif", model=model))[0])
        assert here.argmax() == order[-1] and here[order[-1]] > here[order[:2]].max() + 0.15


@MODELS
def test_P6_a_model_file_holds_no_pickle_and_a_pickle_is_no_model(tmp_path, source, job):
    """It loaded any .pkl, which is to run whatever that says."""
    model, trap, sprung = tmp_path / "m.iamap", tmp_path / "trap.iamap", tmp_path / "sprung"
    run(job, tmp_path, source, model=model)
    with zipfile.ZipFile(model) as archive:
        for name in archive.namelist():
            assert Path(name).suffix in (".json", ".safetensors", ".skops")
            assert not archive.read(name).startswith(b"\x80"), "pickles begin so"

    class Trap:
        def __reduce__(self):
            return Path.touch, (sprung,)

    for bomb in (pickle.dumps(Trap()), model.read_bytes().replace(b"estimator.skops", b"estimator.pkl__")):
        trap.write_bytes(bomb)
        with pytest.raises(IamapError) as told:
            run("apply", tmp_path, source, "a.tif", model=trap)
        assert is_a_sentence(told.value) and not sprung.exists() and not (tmp_path / "a.tif").exists()


@EVERY
def test_P7_memory_does_not_grow_with_the_raster(tmp_path, monkeypatch, job):
    """It held the whole raster two to six times."""
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 100_000)
    monkeypatch.setattr(pairing, "_PIECE_BYTES", 100_000)
    for name, most in (("change._SAMPLE", 1000), ("change_places._CELLS", 4000), ("similarity._SAMPLE", 1000)):
        monkeypatch.setattr(f"iamap.engine.{name}", most)
    params = {"sample": 1000} if job.startswith(("reduce", "cluster")) else {}
    twin = {"correction": "covariance", "scaling": "standardise"} if job == "change" else {}
    peaks, sizes = [], []
    for height in (600, 2400):
        data = numbers(height=height)
        sizes.append(data.nbytes)
        source = make_raster(tmp_path / "s.tif", data, nodata=np.nan, blockysize=16)
        later = make_raster(tmp_path / "later.tif", data + 1, nodata=np.nan, blockysize=16)
        del data
        values = {"input": source, "output": str(tmp_path / "o.tif"), **PLAIN[job], **params, **twin}
        if job == "similarity":
            values["query"] = str(dots(tmp_path / "spots.gpkg", SPOTS))
        if job == "change":
            values["before"], values["after"] = values.pop("input"), later
        wanted = jobs()[job].make(values)
        tracemalloc.start()
        wanted.run(context())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # what a run holds at once varies with how its threads meet; all of the raster would be 1
    assert peaks[1] - peaks[0] < 0.4 * (sizes[1] - sizes[0])


@pytest.mark.parametrize(
    ("job", "times"), [("reduce_pca", 2), ("cluster_kmeans", 2), ("similarity", 3), ("apply", 1), ("change", 2 * 4)]
)
def test_P8_a_raster_is_read_as_often_as_the_help_says(tmp_path, monkeypatch, source, job, times):
    """It handed the whole raster to the method again in every iteration."""
    params = {"correction": "covariance"} if job == "change" else {}
    if job == "apply":
        run("reduce_pca", tmp_path, source, model=tmp_path / "m.iamap")
        params = {"model": tmp_path / "m.iamap"}
    cells, reading = [], Source.read

    def count(self, top, bottom, left, right):
        cells.append((bottom - top) * (right - left))
        return reading(self, top, bottom, left, right)

    monkeypatch.setattr(Source, "read", count)
    run(job, tmp_path, source, **params)
    # a search looks up its examples first, which lie all over this raster
    assert HEIGHT * WIDTH <= sum(cells) <= times * HEIGHT * WIDTH


SETTINGS = [
    ("similarity", {"measure": measure, "scaling": scaling})
    for measure in ("cosine", "dot", "Euclidean")
    for scaling in ("none", "centre", "unit length", "whiten")
] + [
    ("change", {"correction": correction, "scaling": scaling})
    for correction in ("none", "mean and deviation", "covariance")
    for scaling in ("none", "centre", "standardise")
]


@pytest.mark.parametrize(("job", "params"), SETTINGS)
def test_P9_every_choice_that_is_offered_works_on_numbers_below_zero(tmp_path, source, job, params):
    """A fifth of its methods always ended in an error: NMF on any negative number, for one."""
    found = read(run(job, tmp_path, source, **params))[0]
    known = ~np.isnan(numbers()[0])
    assert np.isfinite(found[known]).all() and np.ptp(found[known]) > 0


@EVERY
def test_P10_a_sample_larger_than_the_raster_is_all_of_it(tmp_path, job):
    """It ended with a ValueError."""
    source = make_raster(tmp_path / "s.tif", numbers(height=8, width=9, holes=0), nodata=np.nan)
    params = {"similarity": {"prototypes": "k-means", "prototype_count": 1000}, "change": {"correction": "covariance"}}
    asked = params.get(job, {"sample": 10_000_000})
    if job == "similarity":
        asked["query"] = dots(tmp_path / "spots.gpkg", [(2, 3), (7, 8)])
    assert not holes(run(job, tmp_path, source, **asked)).any()


@pytest.mark.parametrize("count", [254, 255])
def test_P11_the_number_of_the_most_similar_query_never_wraps(tmp_path, count):
    """Its labels were bytes: beyond 256 they began again, and -1 became 255."""
    data = np.random.default_rng(0).normal(size=(12, 18, 20)).astype(np.float32)
    data[:, -1, -1] = np.nan
    cells = [(row, col) for row in range(18) for col in range(20)][:count]
    query = dots(tmp_path / "many.gpkg", cells, kind=np.arange(1, count + 1))
    winner, source = tmp_path / "w.tif", make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    run("similarity", tmp_path, source, query=query, name="kind", winner=winner, threshold=0.999)
    np.testing.assert_array_equal(read(winner)[0].ravel()[:-1], [*range(1, count + 1), *[0] * (359 - count)])
    assert holes(winner).sum() == 1 and holes(winner)[-1, -1]


def test_P11_more_queries_than_a_byte_tells_apart_are_refused(tmp_path, source):
    cells = [(row, col) for row in range(18) for col in range(20)][:256]
    query = dots(tmp_path / "many.gpkg", cells, kind=np.arange(256))
    with pytest.raises(BadRequest, match="a search takes 255"):
        run("similarity", tmp_path, make_raster(tmp_path / "s.tif", numbers(holes=0)), query=query, name="kind")


@EVERY
def test_P12_what_can_not_work_is_refused_and_leaves_nothing(tmp_path, source, job):
    """It warned, succeeded, and named a file that was never written."""
    before = set(files(tmp_path))
    for params in ({"n_clusters": 3}, {"seed": -1}, {"extent": "0,0,10,10"}, {"bands": [1, 2, 99]}):
        with pytest.raises(IamapError) as told:
            run(job, tmp_path, source, **params)
        assert is_a_sentence(told.value)
    assert set(files(tmp_path)) - before <= {"later.tif", "spots.gpkg"}, "the inputs that run() makes"


def test_P12_examples_beside_the_raster_are_named(tmp_path, source):
    query = dots(tmp_path / "far.gpkg", [(5, 9000), (6, 9000)])
    with pytest.raises(BadRequest) as told:
        run("similarity", tmp_path, source, query=query)
    assert is_a_sentence(told.value) and "no feature of far lies on" in told.value.text
    assert "o.tif" not in files(tmp_path)
