"""The drawn scene: the same every time, and true to its class map."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from iamap.tools import scene

SIZE = 512


@pytest.fixture(scope="module")
def drawn():
    return scene.draw(SIZE)


@pytest.fixture(scope="module")
def large():
    return scene.draw(1024)


def test_the_same_arguments_draw_the_same_scene(drawn):
    again = scene.draw(SIZE)
    assert np.array_equal(drawn.image, again.image)
    assert np.array_equal(drawn.classes, again.classes)
    assert drawn.points == again.points


def test_another_seed_draws_another_scene(drawn):
    other = scene.draw(SIZE, seed=8)
    assert (drawn.image != other.image).mean() > 0.5
    assert (drawn.classes != other.classes).mean() > 0.1


def test_image_and_classes_have_the_size_and_types_they_say(drawn):
    assert drawn.image.shape == (3, SIZE, SIZE) and drawn.image.dtype == np.uint8
    assert drawn.classes.shape == (SIZE, SIZE) and drawn.classes.dtype == np.uint8


@pytest.mark.parametrize("seed", [7, 1, 23])
def test_every_pixel_has_a_class_and_every_class_has_pixels(seed):
    classes = scene.draw(1024, seed).classes
    values, counts = np.unique(classes, return_counts=True)
    assert list(values) == list(scene.CLASSES)
    assert counts.min() / classes.size > 0.004


def test_no_pixel_is_zero_so_that_zero_can_be_nodata(large):
    assert large.image.min() >= 1


def test_points_lie_inside_their_class_and_there_are_as_many_as_asked_for(large):
    labels = [point.label for point in large.points]
    assert {label: labels.count(label) for label in scene.CLASSES} == dict.fromkeys(scene.CLASSES, 60)
    a, _, left, _, e, top = large.geotransform
    for point in large.points:
        row, col = int((point.y - top) / e), int((point.x - left) / a)
        around = large.classes[row - 1 : row + 2, col - 1 : col + 2]
        assert (around == point.label).all()


def test_points_of_a_class_are_four_metres_apart(large):
    for label in scene.CLASSES:
        places = np.array([(point.x, point.y) for point in large.points if point.label == label])
        apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + 1e9 * np.eye(len(places))
        assert apart.min() >= 4 - 1e-6


def test_colour_alone_does_not_tell_the_classes_apart(large):
    """A classifier of single pixels must be wrong often, or the scene would not need an encoder."""
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    flat, truth = large.image.reshape(3, -1).T, large.classes.ravel()
    chosen = np.concatenate([rng.choice(np.flatnonzero(truth == label), 400) for label in scene.CLASSES])
    train, check = chosen[::2], chosen[1::2]
    forest = RandomForestClassifier(50, random_state=0, n_jobs=1).fit(flat[train], truth[train])
    right = forest.score(flat[check], truth[check])
    assert 0.35 < right < 0.85


def test_the_second_date_is_the_same_place_with_other_crops_and_more_houses(large):
    later = scene.draw(1024, date=2)
    building, water = scene.BUILDING, scene.WATER
    assert np.array_equal(large.classes == water, later.classes == water)
    assert ((later.classes == building) & (large.classes != building)).sum() > 300
    # houses do not disappear; a new neighbour's tree may hang over a roof
    assert ((large.classes == building) & (later.classes != building)).sum() < 60
    changed = (np.abs(large.image.astype(int) - later.image).mean(axis=0) > 30).mean()
    assert 0.05 < changed < 0.6


def test_a_small_and_a_coarse_scene_can_be_drawn():
    assert scene.draw(64).image.shape == (3, 64, 64)
    coarse = scene.draw(300, pixel=1.0)
    assert coarse.pixel == 1.0 and coarse.geotransform[0] == 1.0


def test_files_hold_what_was_drawn(drawn, tmp_path):
    paths = scene.write(drawn, tmp_path / "né w", "a b")
    with rasterio.open(paths["raster"]) as ds:
        assert (ds.count, ds.dtypes[0], ds.crs.to_epsg(), ds.res) == (3, "uint8", 2154, (drawn.pixel, drawn.pixel))
        assert ds.profile["tiled"] and ds.compression.name == "deflate" and ds.nodata is None
        assert np.array_equal(ds.read(), drawn.image)
    with rasterio.open(paths["classes"]) as ds:
        assert np.array_equal(ds.read(1), drawn.classes)
        assert ds.tags(1)["4"] == "water"
        a, _, left, _, e, top = tuple(ds.transform)[:6]
        labels = ds.read(1)
    about = json.loads(Path(paths["points"]).read_text(encoding="utf-8"))
    assert about["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::2154"
    assert len(about["features"]) == len(drawn.points)
    for feature in about["features"]:
        x, y = feature["geometry"]["coordinates"]
        label = feature["properties"]["class"]
        assert labels[int((y - top) / e), int((x - left) / a)] == label
        assert feature["properties"]["name"] == scene.CLASSES[label]


def test_the_command_line_draws_what_the_library_draws(tmp_path):
    tools = Path(scene.__file__).parents[1]
    command = [sys.executable, "-m", "scene", str(tmp_path), "--size", "96", "--seed", "3"]
    told = json.loads(subprocess.run(command, cwd=tools, capture_output=True, text=True, check=True).stdout)
    with rasterio.open(told["raster"]) as ds:
        assert np.array_equal(ds.read(), scene.draw(96, 3).image)
