"""Accuracy that a training tells is that of the map: nothing of a label that is predicted has been seen before."""

from __future__ import annotations

import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine.training import train as training  # noqa: E402
from iamap.engine.training.blocks import choose_folds  # noqa: E402
from iamap.engine.training.folds import random_folds  # noqa: E402
from learning import apply, both, examples, model, polygons, request, smooth_ground, square, train  # noqa: E402
from making import NORTH_UP, context, make_raster, read  # noqa: E402
from stripes import dots  # noqa: E402

SIDE = 120


def scattered(count, seed, side=4, ground=SIDE):
    """*count* squares of *side* cells that don't overlap, all over the ground."""
    rng = np.random.default_rng(seed)
    spots = [(r, c) for r in range(1, ground - side, side + 2) for c in range(1, ground - side, side + 2)]
    return [square(*spots[i], side) for i in rng.choice(len(spots), count, replace=False)]


def stacked(job):
    """Examples, and the folds that the job's own check takes."""
    with training._stack(job, job.input, None, []) as stack:
        found = training._read(job, stack, training.Rules.of(job), context())[0]
        return found, choose_folds(job, stack, found, context())


def accuracies(told):
    return told["overall accuracy"], told.get("overall accuracy, random labels held out", told["overall accuracy"])


@pytest.mark.parametrize(
    ("method", "how"),
    [
        ("train_random_forest", {"trees": 30}),
        ("train_knn", {"neighbours": 1}),
        ("train_logistic", {"compress": 4, "scaling": "standardise", "search": "quick"}),
        ("train_knn", {"compress": 3, "scaling": "unit length", "search": "quick"}),
    ],
)
def test_labels_without_signal_give_chance_in_both_checks_S7(tmp_path, method, how):
    """Folds were of points: cells of one polygon in both, 97.8 % was told where chance is a third, and truth 18 %."""
    told, seen, count = [], 0.0, 60
    mapped = {} if "search" in how else {"output": tmp_path / "o.tif"}
    for seed in range(3 if mapped else 2):
        source = smooth_ground(tmp_path / f"{seed}.tif", seed)
        kinds = np.random.default_rng(seed + 50).permutation(np.arange(count) % 3)
        labels = polygons(tmp_path / f"{seed}.gpkg", scattered(count, seed), [f"k{one}" for one in kinds])
        found = train(source, tmp_path, labels, method, validation="blocks", **mapped, **how)
        told.append(accuracies(found))
        assert found["checked by"] == "blocks" and "overall accuracy, random labels held out" in found
        if mapped:
            learnt = examples(source, tmp_path, labels)
            drawn = read(tmp_path / "o.tif")[0][learnt.places[:, 0], learnt.places[:, 1]]
            seen = max(seen, float((drawn == learnt.y + 1).mean()))
    # 120 polygons and more: 0.12 is three times the error of a share of a third
    assert np.all(np.abs(np.mean(told, 0) - 1 / 3) < 0.12), told
    # what would be told by cells that have been learnt from
    assert seen > 0.95 or not mapped


def test_cells_split_at_random_would_have_told_a_lie_about_the_same_labels_S7(tmp_path):
    """That the test above can fail: with a fold of its own for each cell, the same labels look learnt."""
    source, count = smooth_ground(tmp_path / "s.tif", 1), 60
    kinds = np.random.default_rng(5).permutation(np.arange(count) % 3)
    labels = polygons(tmp_path / "l.gpkg", scattered(count, 1), [f"k{one}" for one in kinds])
    job = request(source, tmp_path, labels, "train_knn", neighbours=1)
    found, _ = stacked(job)
    recipe = training.Recipe(job.part(job.card), "classes", 3, 1)
    split = random_folds(np.arange(len(found)), found.y, 5, 0)
    lie = training.cross_validate(recipe, found, split, context(), "check")
    assert (lie.predicted == found.y).mean() > 0.9


@pytest.mark.parametrize(("validation", "seed"), [("blocks", 0), ("blocks", 1), ("random", 2)])
def test_cells_of_a_polygon_are_never_in_two_folds_and_folds_are_full(tmp_path, validation, seed):
    source = smooth_ground(tmp_path / "s.tif", seed, side=60)
    shapes = [*scattered(30, seed, 5, 60), square(20, 20, 9), square(27, 27, 9)]
    labels = polygons(tmp_path / "l.gpkg", shapes, ["abc"[i % 3] for i in range(32)])
    found, folds = stacked(request(source, tmp_path, labels, validation=validation, folds=4, seed=seed))
    for group in np.unique(found.group):
        assert len(np.unique(folds.number[found.group == group])) == 1
    # a cell comes once, so none is in two folds either
    assert len(np.unique(found.places, axis=0)) == len(found)
    assert folds.count == 4 and set(folds.number) == {0, 1, 2, 3}
    for block in np.unique(folds.block):
        assert len(np.unique(folds.number[folds.block == block])) == 1


def test_labels_that_are_only_a_matter_of_place_do_worse_by_blocks_than_at_random(tmp_path):
    """Classes are parts of the ground, features a smooth field: near is alike, that is all there is to learn."""
    spatial, flattered = [], []
    for seed in range(3):
        source = smooth_ground(tmp_path / f"{seed}.tif", seed, width=24)
        rng = np.random.default_rng(seed)
        kind_of = rng.integers(0, 3, (5, 5))
        cells = [tuple(map(int, cell)) for cell in rng.integers(0, SIDE, (250, 2))]
        kinds = np.array([f"k{kind_of[row // 24, col // 24]}" for row, col in cells], object)
        labels = dots(tmp_path / f"{seed}.gpkg", cells, kind=kinds)
        told = train(source, tmp_path, labels, "train_knn", validation="blocks", neighbours=1, block=240.0)
        spatial.append(told["overall accuracy"])
        flattered.append(told["overall accuracy, random labels held out"])
    assert np.mean(flattered) > np.mean(spatial) + 0.15, (spatial, flattered)


def test_the_check_by_blocks_foretells_the_map_of_ground_without_labels(tmp_path):
    """Labels on the left, the truth on the right: the told accuracy is that of the map there, random's is too high."""
    gaps, flattered = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        fields = read(smooth_ground(tmp_path / "f.tif", seed, bands=5, side=SIDE, width=24))
        truth = (fields[0] + 0.7 * rng.normal(size=(SIDE, SIDE)) > 0).astype(int)
        source = make_raster(tmp_path / f"{seed}.tif", fields)
        cells = [(int(r), int(c)) for r, c in zip(rng.integers(0, SIDE, 150), rng.integers(0, SIDE // 2, 150))]
        labels = dots(tmp_path / f"{seed}.gpkg", cells, kind=np.array([f"k{truth[cell]}" for cell in cells], object))
        told = train(source, tmp_path, labels, "train_logistic", validation="blocks", block=250.0)
        real = (apply(source, tmp_path, f"{seed}o.tif")[0] == truth + 1)[:, SIDE // 2 :].mean()
        gaps.append(told["overall accuracy"] - real)
        flattered.append(told["overall accuracy, random labels held out"] - real)
    assert abs(np.mean(gaps)) < 0.1, gaps


def test_scaling_and_compression_come_from_the_folds_that_are_learnt_from_alone(tmp_path):
    source = smooth_ground(tmp_path / "s.tif", 3, side=60)
    labels = polygons(tmp_path / "l.gpkg", scattered(24, 3, 3, 60), ["ab"[i % 2] for i in range(24)])
    job = request(source, tmp_path, labels, validation="blocks", compress=3)
    found, folds = stacked(job)
    recipe = training.Recipe(job.part(job.card), "classes", 2, 1, compress=3)
    plain = training.cross_validate(recipe, found, folds, context(), "check")
    # what is held out grows without end: models of the other folds must not notice
    for fold in range(folds.count):
        held = folds.number == fold
        changed = training.Examples(**{**vars(found), "x": np.where(held[:, None], found.x * 1e4, found.x)})
        again = training.cross_validate(recipe, changed, folds, context(), "check")
        for name in ("scale", "compress"):
            one, two = (vars(made.models[fold].named_steps[name]) for made in (plain, again))
            arrays = [key for key, value in one.items() if isinstance(value, np.ndarray)]
            assert arrays
            for key in arrays:
                np.testing.assert_array_equal(one[key], two[key])


def test_a_search_for_settings_never_sees_what_is_held_out(tmp_path):
    source = smooth_ground(tmp_path / "s.tif", 4, side=60)
    labels = polygons(tmp_path / "l.gpkg", scattered(24, 3, 3, 60), ["ab"[i % 2] for i in range(24)])
    job = request(source, tmp_path, labels, validation="random", folds=3)
    found, folds = stacked(job)
    recipe = training.Recipe(job.part(job.card), "classes", 2, 1, search="quick")
    plain = training.cross_validate(recipe, found, folds, context(), "check")
    for fold in range(folds.count):
        held = folds.number == fold
        changed = training.Examples(**{**vars(found), "y": np.where(held, 1 - found.y, found.y)})
        again = training.cross_validate(recipe, changed, folds, context(), "check")
        np.testing.assert_array_equal(again.probability[held], plain.probability[held])
        assert again.chosen[fold] == plain.chosen[fold] and plain.chosen[fold]


def test_what_is_tested_with_a_layer_of_its_own_is_not_learnt(tmp_path, caplog):
    source = smooth_ground(tmp_path / "s.tif", 5, side=60)
    shapes = scattered(30, 5, 3, 60)
    labels = polygons(tmp_path / "l.gpkg", shapes[:20], ["ab"[i % 2] for i in range(20)])
    saved = []
    with caplog.at_level(logging.WARNING):
        both(source, tmp_path, labels, test=labels)
    assert "180 of 180 cells to test with are learnt from" in caplog.text
    caplog.clear()
    for turn in (0, 1):
        test = polygons(tmp_path / f"t{turn}.gpkg", shapes[20:], ["ab"[(i + turn) % 2] for i in range(10)])
        learnt, tested = both(source, tmp_path, labels, test=test)
        assert len(learnt) == 180 and len(tested) == 90
        train(source, tmp_path, labels, test=test, output=tmp_path / f"{turn}.tif")
        saved.append((model(tmp_path).facts, read(tmp_path / f"{turn}.tif")))
    assert saved[0][0] == saved[1][0] and "learnt from" not in caplog.text
    np.testing.assert_array_equal(saved[0][1], saved[1][1])


def test_whole_scenes_are_held_out_and_blocks_of_two_dates_of_one_place_together(tmp_path):
    here = smooth_ground(tmp_path / "1.tif", 1, side=60)
    later = make_raster(tmp_path / "2.tif", read(here) + 0.1)
    far = smooth_ground(tmp_path / "3.tif", 2, side=60, transform=NORTH_UP * NORTH_UP.translation(500, 0))
    shapes = scattered(12, 5, 3, 60)
    shapes += [square(row, col + 500, 3) for row, col in ((5, 5), (20, 40), (40, 10), (50, 50))]
    labels = polygons(tmp_path / "l.gpkg", shapes, ["ab"[i % 2] for i in range(16)])
    job = request(here, tmp_path, labels, validation="scenes", scenes=[str(far)])
    found, folds = stacked(job)
    assert set(found.scene) == {0, 1} and len(found) == 144
    np.testing.assert_array_equal(folds.number, found.scene)
    # the same labels lie on both dates: what is held out of one must not be learnt from the other
    found, folds = stacked(request(here, tmp_path, labels, validation="blocks", scenes=[later], block=150.0))
    assert len(found) == 2 * 108
    spot = np.unique(found.places, axis=0, return_inverse=True)[1].reshape(-1)
    for one in np.unique(spot):
        assert len(np.unique(folds.number[spot == one])) == 1
    # nor at random: a label that counts on both dates is one feature
    found, folds = stacked(request(here, tmp_path, labels, validation="random", scenes=[later]))
    split = sum(len(np.unique(folds.number[spot == one])) > 1 for one in np.unique(spot))
    assert split == 0
