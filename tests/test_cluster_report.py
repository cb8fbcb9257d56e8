"""The report of a clustering: what it shows, and where its thumbnails come from."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from making import NORTH_UP, context, encode, make_raster, texture  # noqa: E402
from matplotlib.image import imread  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from test_cluster import scene  # noqa: E402
from test_cluster_outputs import run  # noqa: E402


def pictures(path):
    """The pictures in a report, (rows, cols, 3) from 0 to 1."""
    text = open(path, encoding="utf-8").read()
    return [imread(io.BytesIO(base64.b64decode(one)), "png")[..., :3] for one in re.findall('base64,([^"]+)"', text)]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """An image of four colours, red, green, blue and white, its features, and the folder of both."""
    folder = tmp_path_factory.mktemp("encoded")
    image = texture(128, 128) // 8
    for band, (row, col) in enumerate(((0, 0), (0, 64), (64, 0))):
        image[band, row : row + 64, col : col + 64] += 200
    image[:, 64:, 64:] += 200
    source = make_raster(folder / "image.tif", image)
    return folder, source, encode(source, folder / "f.tif")


def shares(picture):
    """Shares of a picture that are red, green and blue."""
    other = np.roll(picture, 1, 2), np.roll(picture, 2, 2)
    return ((picture > 0.7) & (other[0] < 0.4) & (other[1] < 0.4)).mean((0, 1))


def test_thumbnails_are_cut_from_the_image_that_the_features_were_made_from(encoded):
    folder, source, features = encoded
    paths, _ = run("kmeans", features, folder, clusters=4)
    sheet = pictures(paths["report"])[1]
    assert (shares(sheet) > 0.05).all(), "each of the three colours has its row"
    assert f"cut from {source}" in open(paths["report"], encoding="utf-8").read()
    # also by way of another job
    reduced = str(folder / "pca.tif")
    jobs()["reduce_pca"].make({"input": features, "output": reduced}).run(context())
    paths, _ = run("kmeans", reduced, folder, clusters=4)
    assert (shares(pictures(paths["report"])[1]) > 0.05).all()


def test_without_the_image_the_features_themselves_are_shown(encoded, tmp_path):
    _, _, features = encoded
    with rasterio.open(features) as ds:
        data, tags = ds.read(), ds.tags(ns="IAMAP")
    lost = json.loads(tags["request"])
    lost["params"]["input"] = str(tmp_path / "gone.tif")
    alone = make_raster(tmp_path / "f.tif", data, transform=NORTH_UP * Affine.scale(8), nodata=np.nan)
    with rasterio.open(alone, "r+") as ds:
        ds.update_tags(ns="IAMAP", **{**tags, "request": json.dumps(lost)})
    paths, _ = run("kmeans", alone, tmp_path, clusters=4)
    assert "the bands of the features that tell most" in open(paths["report"], encoding="utf-8").read()
    assert pictures(paths["report"])[1].std() > 0.05


def test_the_report_holds_the_curve_by_which_the_number_was_chosen(tmp_path):
    source = make_raster(tmp_path / "s.tif", scene(), nodata=np.nan)
    paths, facts = run("kmeans", source, tmp_path, clusters=7, choose="silhouette")
    text = open(paths["report"], encoding="utf-8").read()
    assert facts["clusters chosen"] == facts["clusters"] == 4
    assert "4 clusters were chosen by the silhouette" in text
    for heading in (
        "What came out",
        "Typical places",
        "What the clusters are like",
        "How well they keep apart",
        "About k-means",
    ):
        assert heading in text
    assert len(pictures(paths["report"])) == 6


def test_noise_and_many_clusters_have_their_place_in_the_report(tmp_path):
    source = make_raster(tmp_path / "s.tif", scene(2, 60, 61), nodata=np.nan)
    paths, _ = run("bisecting_kmeans", source, tmp_path, clusters=60, starts=1)
    text = open(paths["report"], encoding="utf-8").read()
    assert text.count('class="swatch"') == 60 and "The 24 largest clusters are shown" in text
    assert "cut from" not in text and "band 1; the cell in question" in text
