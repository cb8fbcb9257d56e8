"""Training, mapping and comparing on real rasters with real labels: what is told of the map is true of the map."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import BadRaster  # noqa: E402
from learning import apply, classes_of, examples, train  # noqa: E402
from making import is_a_sentence, read  # noqa: E402
from shapely import Point  # noqa: E402
from stripes import layer  # noqa: E402
from test_compare_encoders import run  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SENTINEL, POTSDAM, ECUADOR = (
    DATA / name for name in ("ms_sentinel2_rcr", "hsi_enmap_potsdam", "dem_landslides_ecuador")
)


def needs(folder):
    return pytest.mark.skipif(not folder.is_dir(), reason=f"needs the real rasters in ../shared/data ({folder.name})")


@needs(SENTINEL)
def test_polygons_in_another_crs_on_a_stack_of_single_bands_in_degrees(tmp_path):
    bands = sorted(str(path) for path in SENTINEL.glob("*.tiff"))
    how = {"more": bands[1:], "column": "Classname", "per_feature": 30}
    labels = SENTINEL / "rcr_landcover.shp"
    found = examples(bands[0], tmp_path, labels, **how)
    # 23 polygons are as many features, wherever two of them share no cell
    assert len(np.unique(found.group)) >= 20 and len(found) > 300 and found.x.shape[1] == len(bands)
    # metres on the ground: the polygons lie within some kilometres
    assert 1_000 < np.ptp(found.xy, axis=0).max() < 40_000
    told = train(bands[0], tmp_path, labels, validation="blocks", block=300.0, **how)
    assert told["classes"] == 6 and 0.3 < told["overall accuracy"] < 1
    rows, cols = found.places.T
    with rasterio.open(bands[0]) as ds:
        west, north = ds.transform * (cols.min(), rows.min())
        east, south = ds.transform * (cols.max() + 1, min(rows.max() + 1, rows.min() + 200))
    drawn = apply(bands[0], tmp_path, extent=f"{west},{south},{east},{north}", more=bands[1:])[0]
    here = rows < rows.min() + len(drawn)
    assert (drawn[rows[here] - rows.min(), cols[here] - cols.min()] == found.y[here] + 1).mean() > 0.7
    legend = json.loads(classes_of(tmp_path / "applied.tif")["style"])["categories"]
    assert {one["label"] for one in legend} >= {"Forested Wetland", "WetSand"}


@needs(POTSDAM)
def test_what_is_told_of_hyperspectral_land_cover_is_true_of_the_map(tmp_path):
    raster, dense = POTSDAM / "enmap_potsdam_mosaic.tif", POTSDAM / "enmap_potsdam_labels.tif"
    truth = read(dense)[0]
    how = {"label_raster": dense, "column": None, "unlabelled": "0", "per_class": 25}
    with pytest.raises(BadRaster, match="these hold none: bands 130-13") as caught:
        train(raster, tmp_path, None, **how)
    assert is_a_sentence(caught.value)
    with rasterio.open(raster) as ds:
        how["bands"] = [i for i in ds.indexes if (ds.read(i) != ds.nodata).any()]
    told = train(raster, tmp_path, None, validation="blocks", output=tmp_path / "o.tif", **how)
    drawn, known = read(tmp_path / "o.tif")[0], (truth > 0) & (truth < 255)
    legend = json.loads(classes_of(tmp_path / "o.tif")["style"])["categories"]
    assert [one["label"] for one in legend] == ["1", "2", "3", "4", "5", "6"]
    assert (drawn == 255).mean() > 0.3
    learnt = examples(raster, tmp_path, None, **how)
    known[learnt.places[:, 0], learnt.places[:, 1]] = False
    known &= drawn != 255
    recall = np.mean([(drawn[known & (truth == one)] == one).mean() for one in range(1, 7)])
    # labels lie all over the map: at random they tell what it is worth, by blocks what it would be further away. Each class
    # has as many labels, so that overall accuracy is the mean of their recalls
    flattered = told["overall accuracy, random labels held out"]
    assert abs(flattered - recall) < 0.1 and 0.4 < told["balanced accuracy"] < flattered + 0.03, (told, recall)
    np.testing.assert_array_equal(apply(raster, tmp_path)[0], drawn)
    points = train(
        raster,
        tmp_path,
        POTSDAM / "landcover_potsdam_point.gpkg",
        column="level_2",
        bands=how["bands"],
        model=tmp_path / "p.iamap",
    )
    assert points["classes"] == 5 and points["overall accuracy"] > 0.6


@needs(ECUADOR)
def test_errors_told_of_numbers_are_those_of_the_map(tmp_path):
    raster = ECUADOR / "ta.tif"
    with rasterio.open(raster) as ds:
        data, grid, crs = ds.read(masked=True).filled(np.nan), ds.transform, ds.crs.to_wkt()
    # the slope, from the shape of the ground and how high it is
    truth, valid = data[0], ~np.isnan(data).any(0)
    places = np.argwhere(valid)[np.random.default_rng(0).permutation(valid.sum())[:300]]
    points = [Point(grid * (col + 0.5, row + 0.5)) for row, col in places]
    labels = layer(tmp_path / "l.gpkg", points, crs=crs, kind=truth[tuple(places.T)].astype(np.float64))
    told = train(raster, tmp_path, labels, "train_extra_trees", task="numbers", bands=[2, 3, 4, 5], trees=60)
    drawn = apply(raster, tmp_path, doubt=tmp_path / "d.tif")[0]
    error = np.sqrt(np.mean((drawn - truth)[valid] ** 2))
    assert 0.85 < told["RMSE"] / error < 1.15 and told["R²"] > 0.05
    half = read(tmp_path / "d.tif")[0]
    assert 0.83 < (np.abs(drawn - truth) <= half)[valid].mean() < 0.96
    slides = ECUADOR / "lsl_landslide_points.gpkg"
    fair = train(
        raster, tmp_path, slides, column="landslide", validation="blocks", block=400.0, model=tmp_path / "s.iamap"
    )
    assert fair["classes"] == 2 and 0.55 < fair["overall accuracy"] < 0.9


@needs(ECUADOR)
def test_a_window_and_more_terrain_are_compared_where_landslides_are_known(tmp_path):
    rows, told = run(
        tmp_path, ECUADOR / "ta.tif", ECUADOR / "lsl_landslide_points.gpkg", encoders="bands, bands 9x9",
        column="landslide", validation="blocks", block=400.0,
    )  # fmt: skip
    assert list(rows) == ["bands", "bands 9x9"] and told["best"] in rows
    for row in rows.values():
        assert 0.5 < float(row["balanced accuracy low"]) < float(row["balanced accuracy"]) < 0.95
    assert [int(row["bands"]) for row in rows.values()] == [5, 15]
