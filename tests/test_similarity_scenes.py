"""Searches on scenes: the drawn one, whose truth is known, and real ones where they are at hand."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.tools import scene  # noqa: E402
from making import encode  # noqa: E402
from rasterio.features import rasterize  # noqa: E402
from sklearn.metrics import average_precision_score  # noqa: E402
from stripes import facts, run  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs the real raster {name} in the folder shared/data beside the project")
    return path


def points(path, places, crs, **columns):
    raw = shapely.to_wkb(shapely.points(np.array(places)))
    data = [np.asarray(column) for column in columns.values()]
    pyogrio.raw.write(path, raw, data, list(columns), geometry_type="Point", crs=crs)
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Paths of a drawn scene and its features, and the class that most pixels of a cell have."""
    folder = tmp_path_factory.mktemp("drawn")
    made = scene.write(scene.draw(512), folder)
    with rasterio.open(made["classes"]) as ds:
        cells = ds.read(1).reshape(64, 8, 64, 8).swapaxes(1, 2).reshape(64, 64, 64)
    shares = np.stack([(cells == value).mean(2) for value in scene.CLASSES])
    return made, encode(made["raster"], folder / "features.tif"), np.array(list(scene.CLASSES))[shares.argmax(0)]


def test_five_points_find_the_rest_of_their_class_in_a_drawn_scene(drawn, tmp_path):
    """docs/quality.md has the figures of larger scenes, and of other features."""
    made, features, truth = drawn
    table = pyogrio.read_dataframe(made["points"])
    precision, found_well = [], []
    for draw in range(3):
        five = table.groupby("class").sample(5, random_state=draw)
        five.to_file(tmp_path / "five.gpkg")
        scores = run(features, tmp_path, query=tmp_path / "five.gpkg", name="class", model=tmp_path / "m.iamap")
        limits = facts(tmp_path / "m.iamap")["thresholds"]
        for value, found, limit in zip(scene.CLASSES, scores, limits):
            true = truth == value
            precision.append((average_precision_score(true.ravel(), found.ravel()), true.mean()))
            found_well.append(2 * (true & (found >= limit)).sum() / (true.sum() + (found >= limit).sum()))
    (mean, chance) = np.mean(precision, 0)
    assert mean > 0.45 > 2.5 * chance
    assert np.mean(found_well) > 0.4


def test_the_points_of_the_reference_scene_find_river_and_forest(tmp_path, caplog):
    """Labels in another CRS, one of them beside the raster; each is judged by a search that has not seen it."""
    caplog.set_level(logging.WARNING, logger="iamap")
    source, labels = real("ms_iamap_congo/test.tif"), real("ms_iamap_congo/ml.shp")
    table = pyogrio.read_dataframe(labels).sample(frac=1, random_state=0)
    right = []
    for half in range(2):
        table.iloc[half::2].to_file(tmp_path / "half.gpkg")
        query = {"query": tmp_path / "half.gpkg", "name": "Type"}
        run(str(source), tmp_path, **query, winner=tmp_path / "w.tif", threshold=-9)
        with rasterio.open(tmp_path / "w.tif") as ds:
            rest = table.iloc[1 - half :: 2].to_crs(ds.crs)
            found = [int(value[0]) for value in ds.sample(zip(rest.geometry.x, rest.geometry.y))]
        legend = {"forest": 1, "river": 2}
        # 255: without data or beside the raster
        right += [value == legend[name] for value, name in zip(found, rest["Type"]) if value not in (0, 255)]
    assert len(right) >= 20 and np.mean(right) > 0.9
    assert "lie beside the raster" in caplog.text


def test_labels_with_a_wrong_crs_get_a_sentence(tmp_path):
    source, labels = real("ms_iamap_congo/test.tif"), real("ms_iamap_congo/ml.gpkg")
    with pytest.raises(BadRequest, match=r"no feature of .* lies on .*: check the CRS of both"):
        run(str(source), tmp_path, query=labels, name="Type")
    assert list(tmp_path.iterdir()) == []


def test_a_real_encoder_finds_roofs_by_the_footprints_of_a_few(tmp_path):
    """The outlines come in another CRS than the photo."""
    image, weights = real("rgb_buildings_ggaba/fair_oam_z21.tif"), real("weights/galileo_nano_rgb_vit_p8.safetensors")
    table = pyogrio.read_dataframe(real("rgb_buildings_ggaba/ggaba_buildings.gpkg")).to_crs(4326)
    with rasterio.open(image) as ds:
        extent = ",".join(map(str, ds.window_bounds(rasterio.windows.Window(2048, 384, 800, 700))))
    vit = {"encoder": "timm model by name", "weights": str(weights), "normalisation": "raster"}
    features = encode(image, tmp_path / "f.tif", extent=extent, **vit)
    with rasterio.open(features) as ds:
        shapes = table.to_crs(ds.crs).geometry
        truth = rasterize(shapes, ds.shape, transform=ds.transform) == 1
        inside = shapes.within(shapely.box(*ds.bounds)).to_numpy()
    assert inside.sum() >= 5
    table[inside].iloc[:5].to_file(tmp_path / "five.gpkg")
    five = rasterize(shapes[inside].iloc[:5], truth.shape, transform=ds.transform) == 1
    outputs = {"places": tmp_path / "p.gpkg", "report": tmp_path / "r.html"}
    found = run(features, tmp_path, query=tmp_path / "five.gpkg", **outputs)[0]
    judged = ~five & np.isfinite(found)
    assert average_precision_score(truth[judged], found[judged]) > 1.5 * truth[judged].mean()
    assert "cut from" in (tmp_path / "r.html").read_text("utf-8")
