"""Rasters of labels on any grid, and numbers in place of classes."""

from __future__ import annotations

import json
import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
from iamap.contract.errors import IamapError  # noqa: E402
from learning import apply, examples, places, polygons, square, train  # noqa: E402
from making import NORTH_UP, coordinates, is_a_sentence, make_raster  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from rasterio.warp import calculate_default_transform, reproject  # noqa: E402
from stripes import dots  # noqa: E402

HEIGHT, WIDTH = 20, 30


@pytest.fixture
def source(tmp_path):
    return make_raster(tmp_path / "s.tif", coordinates(WIDTH, HEIGHT), nodata=np.nan)


def halves(height=HEIGHT, width=WIDTH):
    """(1, height, width) uint8: 7 on the left, 3 on the right, 0 in a stripe between, 255 (nodata) below."""
    values = np.full((1, height, width), 7, np.uint8)
    values[:, :, width // 2 :] = 3
    values[:, :, width // 2 - width // 10 : width // 2 + width // 10] = 0
    values[:, height * 3 // 4 :] = 255
    return values


def from_raster(source, folder, raster, **params):
    """Labelled cells as {place: class}."""
    return places(examples(source, folder, None, label_raster=raster, column=None, **params))


@pytest.mark.parametrize(
    ("scale", "finer"), [(1, 1), (0.1, 10), (0.25, 4), (2, 0.5), (5, 0.2)], ids=["same", "10th", "4th", "double", "5 times"]
)  # fmt: skip
def test_a_raster_of_labels_that_is_finer_or_coarser_labels_the_same_cells(tmp_path, source, scale, finer):
    cells = halves()[0]
    # borders of classes lie on those of coarse cells, so that nothing is mixed
    height, width = round(HEIGHT * finer), round(WIDTH * finer)
    values = halves(height, width)
    if finer < 1:
        cells = np.repeat(np.repeat(values[0], round(scale), 0), round(scale), 1)
    raster = make_raster(tmp_path / "l.tif", values, transform=NORTH_UP * Affine.scale(scale), nodata=255)
    found = from_raster(source, tmp_path, raster, unlabelled="0")
    assert found == {(r, c): str(cells[r, c]) for r, c in np.argwhere((cells != 255) & (cells != 0)).tolist()}


def test_a_cell_has_the_class_that_covers_enough_of_it(tmp_path, source):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, (1, HEIGHT * 4, WIDTH * 4)).astype(np.uint8)
    raster = make_raster(tmp_path / "l.tif", values, transform=NORTH_UP * Affine.scale(0.25), nodata=0)
    parts = values[0].reshape(HEIGHT, 4, WIDTH, 4).swapaxes(1, 2).reshape(HEIGHT, WIDTH, 16)
    shares = np.stack([(parts == one).mean(2) for one in (1, 2)])
    for share in (30, 50):
        found = from_raster(source, tmp_path, raster, cover=share)
        wanted = np.argwhere(shares.max(0) >= share / 100).tolist()
        assert set(found) == {(r, c) for r, c in wanted}
        clear = shares[0] != shares[1]
        assert all(found[r, c] == str(1 + shares[:, r, c].argmax()) for r, c in wanted if clear[r, c])


def test_a_raster_of_labels_in_another_crs_labels_where_it_lies(tmp_path, source):
    truth = make_raster(tmp_path / "t.tif", halves(HEIGHT * 4, WIDTH * 4), transform=NORTH_UP * Affine.scale(0.25), nodata=255)  # fmt: skip
    with rasterio.open(truth) as ds:
        grid, width, height = calculate_default_transform(ds.crs, "EPSG:4326", ds.width, ds.height, *ds.bounds)
        turned = np.full((1, height, width), 255, np.uint8)
        reproject(ds.read(), turned, src_transform=ds.transform, src_crs=ds.crs, dst_transform=grid,
                  dst_crs="EPSG:4326", src_nodata=255, dst_nodata=255)  # fmt: skip
    raster = make_raster(tmp_path / "l.tif", turned, transform=grid, crs="EPSG:4326", nodata=255)
    found, cells = from_raster(source, tmp_path, raster, unlabelled="0", cover=80), halves()[0]
    inner = [
        (r, c) for r in range(1, 14) for c in range(WIDTH) if (cells[r, max(0, c - 1) : c + 2] == cells[r, c]).all()
    ]
    assert len(inner) > 200
    for place in inner:
        assert found.get(place, "0") == str(cells[place])


def test_a_raster_of_labels_without_a_crs_fits_a_raster_without_only(tmp_path, source):
    raster = make_raster(tmp_path / "l.tif", halves(), crs=None, nodata=255)
    with pytest.raises(IamapError, match="has no CRS, the other raster has one") as caught:
        from_raster(source, tmp_path, raster)
    assert is_a_sentence(caught.value)
    local = make_raster(tmp_path / "local.tif", coordinates(WIDTH, HEIGHT), crs=None)
    assert from_raster(local, tmp_path, raster) == from_raster(
        source, tmp_path, make_raster(tmp_path / "m.tif", halves(), nodata=255)
    )


def test_names_of_a_map_that_iamap_made_are_those_of_its_classes_and_decimals_are_refused(tmp_path, source):
    raster = make_raster(tmp_path / "l.tif", halves(), nodata=255)
    with rasterio.open(raster, "r+") as ds:
        legend = {"categories": [{"value": 7, "label": "forêt"}, {"value": 3, "label": "水"}]}
        ds.update_tags(ns="IAMAP", style=json.dumps(legend))
    assert set(from_raster(source, tmp_path, raster, unlabelled="0").values()) == {"forêt", "水"}
    odd = make_raster(tmp_path / "odd.tif", halves().astype(np.float32) + 0.5)
    with pytest.raises(IamapError, match="decimals, such as") as caught:
        from_raster(source, tmp_path, odd)
    assert is_a_sentence(caught.value)
    beside = make_raster(tmp_path / "b.tif", halves(), transform=NORTH_UP * Affine.translation(900, 0), nodata=255)
    with pytest.raises(IamapError) as caught:
        from_raster(source, tmp_path, beside)
    assert is_a_sentence(caught.value)


def test_labels_of_a_raster_and_a_layer_count_together_and_where_they_differ_not_at_all(tmp_path, source, caplog):
    raster = make_raster(tmp_path / "l.tif", halves(), nodata=255)
    labels = dots(tmp_path / "d.gpkg", [(0, 0), (0, 1), (19, 29)], kind=np.array(["7", "9", "9"], object))
    with caplog.at_level(logging.WARNING):
        found = places(examples(source, tmp_path, labels, label_raster=raster))
    assert found[0, 0] == "7" and (0, 1) not in found and found[19, 29] == "9"
    assert "carry labels of two classes, left out: 1" in caplog.text
    capped = examples(source, tmp_path, labels, label_raster=raster, per_class=20)
    assert np.bincount(capped.y).max() == 20 and len(capped.classes) == 4


def test_numbers_of_columns_texts_and_rasters_are_learnt(tmp_path, source):
    cells = [(2, 2), (3, 3), (4, 4), (5, 5)]
    for name, kind in (
        ("f", np.array([1.5, -2.0, np.nan, np.inf])),
        ("t", np.array(["1,5", " -2.0 ", None, ""], object)),
        ("s", np.array(["1.5", "-2", "-9999", ""], object)),
    ):
        labels = dots(tmp_path / f"{name}.gpkg", cells, kind=kind)
        found = examples(source, tmp_path, labels, task="numbers", unlabelled="-9999")
        assert places(found) == {(2, 2): 1.5, (3, 3): -2.0} and found.classes == [] and found.y.dtype == np.float64
    values = np.arange(HEIGHT * WIDTH * 4, dtype=np.float32).reshape(1, HEIGHT * 2, WIDTH * 2)
    values[0, :2, :2] = [[0, 4], [8, -1]]
    raster = make_raster(tmp_path / "l.tif", values, transform=NORTH_UP * Affine.scale(0.5), nodata=-1)
    found = from_raster(source, tmp_path, raster, task="numbers")
    assert found[0, 0] == 4 and len(found) == HEIGHT * WIDTH
    assert found[3, 7] == values[0, 6:8, 14:16].mean()
    # overlapping labels of numbers are averaged
    twice = polygons(tmp_path / "two.gpkg", [square(2, 2), square(2, 2), square(9, 9)], [1.0, 4.0, 7.0])
    assert places(examples(source, tmp_path, twice, task="numbers")) == {(2, 2): 2.5, (9, 9): 7.0}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (np.array(["1", "x7", "3"], object), "holds text: 'x7'"),
        (np.array([5.0, 5.0, 5.0]), "all 3 labels are 5"),
        (np.array([np.nan, np.nan, np.nan]), "the column kind of l is empty in all of its 3 features"),
    ],
)
def test_numbers_that_are_none_or_all_the_same_are_a_sentence(tmp_path, source, kind, why):
    labels = dots(tmp_path / "l.gpkg", [(2, 2), (3, 3), (4, 4)], kind=kind)
    with pytest.raises(IamapError, match=why) as caught:
        train(source, tmp_path, labels, task="numbers")
    assert is_a_sentence(caught.value) and not (tmp_path / "m.iamap").exists()


@pytest.mark.parametrize(("slope", "start", "seed"), [(0.01, 0, 0), (-50, 1e6, 1), (1e4, -3, 2)])
def test_numbers_that_follow_a_band_are_mapped_whatever_their_unit(tmp_path, source, slope, start, seed):
    rng = np.random.default_rng(seed)
    cells = [(int(r), int(c)) for r, c in zip(rng.permutation(HEIGHT), rng.permutation(WIDTH))]
    truth = coordinates(WIDTH, HEIGHT)[0] * slope + start
    labels = dots(tmp_path / "l.gpkg", cells, kind=np.array([truth[cell] for cell in cells], np.float64))
    told = train(source, tmp_path, labels, "train_ridge", task="numbers", penalty=0.01)
    assert told["R²"] > 0.97
    found = apply(source, tmp_path)[0]
    assert np.abs(found - truth).max() < 0.05 * np.ptp(truth)


def test_a_map_of_numbers_has_intervals_that_hold_most_of_the_truth_and_unlike_places(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 60, 60)).astype(np.float32)
    x[:, :5, :5] += 30
    truth = x[0] * 5 + x[1] + rng.normal(size=(60, 60))
    source = make_raster(tmp_path / "s.tif", x)
    cells = [(int(i) // 60, int(i) % 60) for i in rng.choice(np.arange(600, 3600), 150, replace=False)]
    labels = dots(tmp_path / "l.gpkg", cells, kind=np.array([truth[cell] for cell in cells], np.float64))
    for validation in ("random", "none"):
        train(source, tmp_path, labels, "train_ridge", task="numbers", validation=validation, error_rate=20)
        found = apply(source, tmp_path, doubt=tmp_path / "d.tif", outside=tmp_path / "u.gpkg")[0]
        with rasterio.open(tmp_path / "d.tif") as ds:
            half, sets, unlike, outside = ds.read()
        assert np.isnan(sets).all() and (outside[:5, :5] == 1).all() and outside[10:].mean() < 0.1
        assert unlike[:5, :5].min() > unlike[10:].max()
        # the polygons are of those cells, and tell how unlike they are
        about, _, _, columns = pyogrio.raw.read(tmp_path / "u.gpkg")
        told = dict(zip(about["fields"], columns))
        assert told["cells"].sum() == (outside == 1).sum()
        total = (told["cells"] * told["score"]).sum()
        np.testing.assert_allclose(total, unlike[outside == 1].sum(dtype=float), rtol=1e-5)
        if validation == "random":
            assert len(np.unique(half)) == 1
            assert 0.72 < (np.abs(found - truth) <= half)[10:].mean() < 0.88
        else:
            assert np.isnan(half).all()
