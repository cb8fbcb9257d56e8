"""Clusterings of rasters that are hard: many bands, few cells, cells that are all the same."""

from __future__ import annotations

import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.errors import BadRequest  # noqa: E402
from making import context, files, is_a_sentence, make_raster, read  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402
from test_cluster import CARDS, EVERY, cluster, scene  # noqa: E402

HARD = {
    "1000 bands": lambda: scene(1000, 25, 24),
    "one band": lambda: scene(1, 40, 41),
    "constant bands": lambda: np.concatenate([scene(2, 40, 41), np.full((3, 40, 41), 7, np.float32)]),
    "whole numbers": lambda: np.rint(np.nan_to_num(scene(3, 40, 41))).astype(np.int16),
    "huge and tiny": lambda: scene(3, 40, 41) * np.float32([1e9, 1e-9, 1])[:, None, None],
    "NaN all but islands": lambda: np.where(
        (np.indices((40, 41)) // 4 % 3 == 1).all(0), scene(3, 40, 41), np.float32(np.nan)
    ),
}


#: what many bands cost is the same for all methods: one of each kind is enough
PAIRS = [(m, r) for m in sorted(CARDS) for r in HARD if r != "1000 bands" or m in ("kmeans", "hdbscan", "spectral")]


@pytest.mark.parametrize(("method", "raster"), PAIRS)
def test_hard_rasters_come_out_right(method, raster, tmp_path):
    data = HARD[raster]()
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan if data.dtype == np.float32 else None)
    options = {"width": None} if method == "mean_shift" else {}
    found = read(cluster(method, source, tmp_path, sample=300, **options))[0]
    valid = np.isfinite(data).all(0)
    assert found.shape == valid.shape and (found[~valid] == 255).all()
    assert (found[valid] < 255).all() and len(np.unique(found[valid])) >= 2


@EVERY
def test_bands_that_never_change_count_for_nothing(method, tmp_path):
    data = scene(3)
    more = np.concatenate(
        [np.full((1, *data.shape[1:]), -5, np.float32), data, np.full((1, *data.shape[1:]), 1e6, np.float32)]
    )
    one = read(cluster(method, make_raster(tmp_path / "s.tif", data, nodata=np.nan), tmp_path))
    two = read(cluster(method, make_raster(tmp_path / "t.tif", more, nodata=np.nan), tmp_path))
    assert adjusted_rand_score(one[0].ravel(), two[0].ravel()) > 0.999


@pytest.mark.parametrize("method", sorted(name for name, card in CARDS.items() if "clusters" in card.specs()))
def test_fewer_cells_than_clusters_is_said(method, tmp_path):
    data = np.full((3, 6, 7), np.nan, np.float32)
    data.reshape(3, -1)[:, 3:23] = np.random.default_rng(0).normal(size=(3, 20))
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    with pytest.raises(BadRequest, match=r"with 30 clusters needs 30 valid cells, there are 20") as told:
        cluster(method, source, tmp_path, clusters=30)
    assert is_a_sentence(told.value) and files(tmp_path) == ["s.tif"]


@pytest.mark.parametrize("method", sorted(name for name, card in CARDS.items() if "clusters" in card.specs()))
def test_of_cells_that_are_the_same_none_are_divided(method, tmp_path, caplog):
    """Three kinds of cells can make three clusters at most, whatever is asked for."""
    kind = np.indices((20, 21)).sum(0) // 5 % 3
    data = np.float32([[1, 5, 9], [2, 2, 8]])[:, kind]
    source, ctx = make_raster(tmp_path / "s.tif", data), context()
    with caplog.at_level(logging.WARNING, logger="iamap"):
        found = read(cluster(method, source, tmp_path, ctx, clusters=8))[0]
    assert "only 3 cells differ" in caplog.text
    assert adjusted_rand_score(kind.ravel(), found.ravel()) == 1 and ctx.facts["clusters"] == 3
