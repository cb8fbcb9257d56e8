"""Model files: what is fitted comes back as it was, is applied where it fits only, and can't run code."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
import skops.io  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRequest, IamapError  # noqa: E402
from iamap.engine import models  # noqa: E402
from making import context, files, make_raster, read  # noqa: E402

FITS = {
    "reduce_pca": {"components": 2},
    "cluster_kmeans": {"clusters": 3},
}


def scene(path, seed=0, bands=4, **profile):
    """Three kinds of places in stripes, with noise."""
    rng = np.random.default_rng(7)
    kinds = rng.normal(size=(3, bands)) * 4
    noise = np.random.default_rng(seed).normal(size=(bands, 70, 95)) * 0.5
    data = kinds[(np.arange(95) // 8) % 3].T[:, None, :] + noise
    data[:, 20:30, 40:50] = np.nan
    return make_raster(path, data.astype(np.float32), nodata=np.nan, **profile)


def run(job, **params):
    return jobs()[job].make({name: str(v) if isinstance(v, Path) else v for name, v in params.items()}).run(context())


@pytest.fixture(params=list(FITS))
def fitted(request, tmp_path):
    """(job, source, map, model) of a fit."""
    source, out, model = scene(tmp_path / "s.tif"), tmp_path / "o.tif", tmp_path / "m.iamap"
    run(request.param, input=source, output=out, model=model, **FITS[request.param])
    return request.param, source, out, model


def test_a_model_gives_the_pixels_of_the_run_that_fitted_it_P5(fitted, tmp_path):
    _, source, out, model = fitted
    run("apply", input=source, model=model, output=tmp_path / "a.tif")
    assert np.array_equal(read(out), read(tmp_path / "a.tif"), equal_nan=True)
    with rasterio.open(out) as one, rasterio.open(tmp_path / "a.tif") as two:
        assert one.descriptions == two.descriptions and one.nodata == pytest.approx(two.nodata, nan_ok=True)
        assert one.tags(ns="IAMAP")["style"] == two.tags(ns="IAMAP")["style"]


def test_a_model_applied_to_a_crop_gives_the_pixels_of_the_whole_P5(fitted, tmp_path):
    _, source, out, model = fitted
    run("apply", input=source, model=model, extent="500200,4999500,500605,4999855", output=tmp_path / "a.tif")
    crop = read(tmp_path / "a.tif")
    assert crop.shape[1:] == (36, 41)
    np.testing.assert_array_equal(crop, read(out)[:, 14:50, 20:61])


def test_a_saved_preparation_is_used_on_other_numbers_P5(fitted, tmp_path):
    """The original fits a new scaler: 3 x + 5 gave the same scores there."""
    job, source, out, model = fitted
    with rasterio.open(source) as ds:
        data = ds.read()
    other = make_raster(tmp_path / "other.tif", 3 * data + 5, nodata=np.nan)
    run("apply", input=other, model=model, output=tmp_path / "a.tif")
    assert not np.array_equal(read(out), read(tmp_path / "a.tif"), equal_nan=True), job


def test_what_comes_back_is_what_was_saved(fitted):
    model = models.load(str(fitted[3]))
    assert model.method == fitted[0].partition("_")[2] and model.contract.bands == [1, 2, 3, 4]
    assert model.extent == [500_000, 4_999_300, 500_950, 5_000_000] and "UTM" in model.crs
    assert model.options["seed"] == 42 and set(model.versions) >= {"iamap", "scikit-learn"}
    again = Path(fitted[3]).with_name("again.iamap")
    model.save(str(again))
    assert models.load(str(again)).digest() == model.digest()


def test_no_path_is_in_a_model_file(fitted, tmp_path):
    with zipfile.ZipFile(fitted[3]) as archive:
        assert not any(str(tmp_path).encode() in archive.read(name) for name in archive.namelist())


def test_the_same_fit_is_the_same_file(fitted, tmp_path):
    job, source, _, model = fitted
    again = {"output": tmp_path / "o.tif", "model": tmp_path / "m.iamap"}
    before = model.read_bytes()
    run(job, input=source, **again, **FITS[job])
    with zipfile.ZipFile(model) as archive, zipfile.ZipFile(_bytes(tmp_path / "b.iamap", before)) as other:
        for name in ("model.json", "preparation.safetensors"):
            assert archive.read(name) == other.read(name)


def _bytes(path, content):
    path.write_bytes(content)
    return path


class Evil:
    """What a pickle does when it is loaded."""

    def __reduce__(self):
        return (Path.touch, (Path("touched"),))


def tampered(source, target, **parts):
    """A copy of the model file with other parts."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as other:
        for name in archive.namelist():
            other.writestr(name, parts.get(name.partition(".")[0], archive.read(name)))
    return target


def refused(model, source, tmp_path, match):
    before = files(tmp_path)
    with pytest.raises(BadRequest, match=match):
        run("apply", input=source, model=model, output=tmp_path / "a.tif")
    assert files(tmp_path) == before


def test_a_pickle_is_refused_and_runs_nothing_P6(fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, source, _, model = fitted
    bad = tmp_path / "evil.iamap"
    bad.write_bytes(pickle.dumps(Evil()))
    refused(bad, source, tmp_path, "no model of IAMAP")
    refused(
        tampered(model, tmp_path / "e2.iamap", estimator=pickle.dumps(Evil())),
        source,
        tmp_path,
        "model of IAMAP|damaged",
    )
    assert not (tmp_path / "touched").exists()


def test_types_that_could_run_code_are_named_and_refused_P6(fitted, tmp_path):
    _, source, _, model = fitted
    from sklearn.preprocessing import FunctionTransformer

    bad = tampered(
        model, tmp_path / "e.iamap", estimator=skops.io.dumps(FunctionTransformer(func=__import__("os").system))
    )
    refused(bad, source, tmp_path, "does not trust: .*system")


DAMAGE = {
    "later": ({"model": json.dumps({"format": 99}).encode()}, "format 99"),
    "no json": ({"model": b"{"}, "damaged"),
    "other json": ({"model": b'{"format": 1}'}, "damaged"),
    "no tensors": ({"preparation": b"abc"}, "damaged"),
    "no estimator": ({"estimator": b"abc"}, "damaged"),
}


@pytest.mark.parametrize(("parts", "match"), DAMAGE.values(), ids=list(DAMAGE))
def test_damaged_files_get_a_sentence(fitted, tmp_path, parts, match):
    _, source, _, model = fitted
    refused(tampered(model, tmp_path / "d.iamap", **parts), source, tmp_path, match)


def test_files_that_are_cut_short_or_missing_get_a_sentence(fitted, tmp_path):
    _, source, _, model = fitted
    refused(_bytes(tmp_path / "c.iamap", model.read_bytes()[:300]), source, tmp_path, "damaged")
    refused(tmp_path / "none.iamap", source, tmp_path, "is not there")


def noted(path, **tags):
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", **tags)
    return path


OTHERS = {
    "encoder": ({"encoder": "DINO ViT-S/16", "weights_sha256": "a" * 64}, "features of DINO ViT-S/16"),
    "weights": ({"encoder": "DINOv2 ViT-S/14", "weights_sha256": "b" * 64}, "other weights"),
}


@pytest.mark.parametrize(("tags", "match"), OTHERS.values(), ids=list(OTHERS))
def test_features_of_another_encoder_or_other_weights_are_refused(tmp_path, tags, match):
    source = noted(scene(tmp_path / "s.tif"), encoder="DINOv2 ViT-S/14", weights_sha256="a" * 64)
    run("reduce_pca", input=source, output=tmp_path / "o.tif", model=tmp_path / "m.iamap", components=2)
    other = noted(scene(tmp_path / "t.tif"), **tags)
    with pytest.raises(IamapError, match=match):
        run("apply", input=other, model=tmp_path / "m.iamap", output=tmp_path / "a.tif")
    assert not (tmp_path / "a.tif").exists()


def named(path, names):
    with rasterio.open(path, "r+") as ds:
        ds.descriptions = names
    return path


def test_bands_in_another_order_are_refused_until_they_are_chosen_in_the_right_one(tmp_path):
    source = named(scene(tmp_path / "s.tif"), ("blue", "green", "red", "nir"))
    run("cluster_kmeans", input=source, output=tmp_path / "o.tif", model=tmp_path / "m.iamap", clusters=3)
    with rasterio.open(source) as ds:
        turned = make_raster(tmp_path / "t.tif", ds.read()[::-1], nodata=np.nan)
    named(turned, ("nir", "red", "green", "blue"))
    with pytest.raises(IamapError, match="another order"):
        run("apply", input=turned, model=tmp_path / "m.iamap", output=tmp_path / "a.tif")
    run("apply", input=turned, model=tmp_path / "m.iamap", bands=[4, 3, 2, 1], output=tmp_path / "a.tif")
    assert np.array_equal(read(tmp_path / "o.tif"), read(tmp_path / "a.tif"))


def test_too_few_bands_are_refused(tmp_path):
    source = scene(tmp_path / "s.tif")
    run("reduce_pca", input=source, output=tmp_path / "o.tif", model=tmp_path / "m.iamap", components=2)
    with pytest.raises(IamapError, match="no band 4"):
        run("apply", input=scene(tmp_path / "t.tif", bands=3), model=tmp_path / "m.iamap", output=tmp_path / "a.tif")


def test_a_model_of_one_reduction_takes_only_what_that_reduction_made(tmp_path):
    """Components of two fits mean different things, though both are called PCA 1."""
    one, other = scene(tmp_path / "s.tif"), scene(tmp_path / "t.tif", seed=5)
    for source, stem in ((one, "one"), (other, "other")):
        run("reduce_pca", input=source, output=tmp_path / f"{stem}.tif", model=tmp_path / f"{stem}.iamap", components=2)
    run("cluster_kmeans", input=tmp_path / "one.tif", output=tmp_path / "k.tif", model=tmp_path / "k.iamap", clusters=3)
    with pytest.raises(IamapError, match="other weights of reduce_pca"):
        run("apply", input=tmp_path / "other.tif", model=tmp_path / "k.iamap", output=tmp_path / "a.tif")
    run("apply", input=other, model=tmp_path / "one.iamap", output=tmp_path / "same.tif")
    run("apply", input=tmp_path / "same.tif", model=tmp_path / "k.iamap", output=tmp_path / "a.tif")
    assert len(np.unique(read(tmp_path / "a.tif"))) == 4


def test_outputs_of_classes_are_refused_where_there_are_none(tmp_path):
    source = scene(tmp_path / "s.tif")
    run("reduce_pca", input=source, output=tmp_path / "o.tif", model=tmp_path / "m.iamap", components=2)
    with pytest.raises(IamapError, match="gives no classes"):
        run("apply", input=source, model=tmp_path / "m.iamap", output=tmp_path / "a.tif", table=tmp_path / "t.csv")


def test_a_failed_run_leaves_nothing_P12(tmp_path):
    source = scene(tmp_path / "s.tif")
    before = files(tmp_path)
    with pytest.raises(IamapError, match="more than the 4"):
        run("reduce_pca", input=source, output=tmp_path / "o.tif", model=tmp_path / "m.iamap", components=9)
    with pytest.raises(IamapError, match="is the input too"):
        run("reduce_pca", input=source, output=source, components=2)
    with pytest.raises(IamapError, match="does not exist"):
        run("reduce_pca", input=source, output=tmp_path / "no" / "o.tif", components=2)
    assert files(tmp_path) == before
