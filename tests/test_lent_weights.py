"""MOSAIKS draws its filters from a raster; with those of another raster, both can be compared."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadWeights, IamapError  # noqa: E402
from making import context, encode, files, make_raster, read, tag, texture  # noqa: E402


@pytest.fixture
def first(tmp_path):
    return encode(make_raster(tmp_path / "1s.tif", texture(200, 150)), tmp_path / "1.tif")


def test_filters_that_are_lent_give_the_features_they_were_drawn_with(tmp_path, first):
    again = encode(tmp_path / "1s.tif", tmp_path / "again.tif", weights=first, seed=7)
    assert np.array_equal(read(first), read(again))
    assert tag(first, "weights_sha256") == tag(again, "weights_sha256")


def test_another_raster_gets_the_same_filters_only_where_they_are_lent(tmp_path, first):
    source = make_raster(tmp_path / "2s.tif", texture(170, 190, seed=4))
    alike, own = encode(source, tmp_path / "2.tif", weights=first), encode(source, tmp_path / "own.tif")
    assert tag(alike, "weights_sha256") == tag(first, "weights_sha256") != tag(own, "weights_sha256")
    model = tmp_path / "m.iamap"
    params = {"input": first, "output": str(tmp_path / "o.tif"), "model": str(model)}
    jobs()["reduce_pca"].make(params).run(context())
    apply = jobs()["apply"]
    apply.make({"input": alike, "model": str(model), "output": str(tmp_path / "a.tif")}).run(context())
    with pytest.raises(IamapError, match=r"own weights") as refused:
        apply.make({"input": own, "model": str(model), "output": str(tmp_path / "b.tif")}).run(context())
    assert "other weights of MOSAIKS" in str(refused.value)


def spoil(path, value):
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", drawn_weights=value)


@pytest.mark.parametrize(
    ("what", "match"),
    [
        ("bands", "for 3 bands, 2 are given"),
        ("photo", "carries no weights"),
        ("text", "can't be opened"),
        ("damage", "damaged"),
    ],
)
def test_what_can_lend_nothing_is_refused(tmp_path, first, what, match):
    bands = 2 if what == "bands" else 3
    source = make_raster(tmp_path / "2s.tif", texture(170, 190, bands, seed=4))
    lender = first
    if what == "photo":
        lender = source
    elif what == "text":
        lender = str(tmp_path / "t.tif")
        (tmp_path / "t.tif").write_text("no raster")
    elif what == "damage":
        spoil(first, "AAAA")
    before = files(tmp_path)
    with pytest.raises(BadWeights, match=match):
        encode(source, tmp_path / "2.tif", weights=lender)
    assert files(tmp_path) == before
