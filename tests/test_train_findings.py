"""What a training finds out beside a map: what matters, whether more labels would help, and which labels look wrong."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
from iamap.engine.colours import wheel  # noqa: E402
from iamap.engine.training import figures, importance, learning_curve, suspects  # noqa: E402
from iamap.engine.training.folds import random_folds  # noqa: E402
from iamap.engine.training.recipe import Recipe  # noqa: E402
from making import NORTH_UP, context  # noqa: E402
from rasterio.crs import CRS  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from trials import examples_of, names_of, trial_of  # noqa: E402

UTM = CRS.from_epsg(32631)


# --- importance


@pytest.mark.parametrize(("kinds", "method"), [(3, "logistic"), (0, "ridge"), (3, "random_forest")])
def test_what_tells_nothing_loses_nothing(kinds, method):
    examples = examples_of(kinds, features=20, cells=2, noise=3)
    trial = trial_of(examples, method)
    found = importance.by_layer(
        trial, names_of(examples), [("signal", slice(0, 3)), ("noise", np.arange(3, 6))], 5, context()
    )
    layers = {one.name: one for one in found if not one.band}
    assert [one.name for one in found[:2]] == ["signal", "noise"] and len(found) == 2 + 6
    assert layers["signal"].loss > 0.3 and layers["signal"].low > 0.15
    assert abs(layers["noise"].loss) < 0.06 and layers["noise"].low < 0.05
    bands = {one.name: one.loss for one in found if one.band}
    assert max(bands["b0"], bands["b1"], bands["b2"]) > 2 * max(bands["b3"], bands["b4"], bands["b5"])
    again = importance.by_layer(
        trial, names_of(examples), [("signal", slice(0, 3)), ("noise", np.arange(3, 6))], 5, context()
    )
    assert again == found


def test_layers_are_looked_at_where_bands_are_too_many():
    examples = examples_of(2, bands=70)
    found = importance.by_layer(
        trial_of(examples), names_of(examples), [("a", slice(0, 40)), ("b", slice(40, 70))], 5, context()
    )
    assert {one.name for one in found} == {"a", "b"}
    assert importance.by_layer(trial_of(examples), names_of(examples), [("a", slice(0, 70))], 5, context()) == []
    singles = trial_of(examples_of(2, bands=3))
    each = importance.by_layer(singles, ["x", "y", "z"], [(name, [i]) for i, name in enumerate("abc")], 5, context())
    assert sorted(one.name for one in each) == ["a", "b", "c"], "a band that is a layer is listed once"
    bare = trial_of(examples, validation=False)
    assert importance.by_layer(bare, names_of(examples), [("a", slice(0, 9)), ("b", slice(9, 70))], 5, context()) == []


# --- learning curve


@pytest.mark.parametrize("kinds", [3, 0])
def test_accuracy_rises_with_labels_where_there_is_something_to_learn(kinds):
    examples = examples_of(kinds, features=90 if kinds else 160, cells=1, bands=24, spread=1.6 if kinds else 0.3)
    trial = trial_of(examples, "logistic" if kinds else "ridge")
    checked = trial.validated
    points = learning_curve.curve(trial.recipe, examples, checked.folds, 7, context(), checked.predicted)
    labels = [one.labels for one in points]
    assert labels == sorted(labels) and len(points) >= 4 and [one.every for one in points].count(True) == 1
    assert points[-1].value > points[0].value + 0.1
    figures_of = figures.checks(trial)[0].scores.figures
    assert points[-1].value == pytest.approx(figures_of["balanced accuracy" if kinds else "R²"])
    before, step, error = learning_curve.gain(points)
    assert before.labels <= 0.6 * labels[-1] and np.isfinite(step) and error >= 0
    again = learning_curve.curve(trial.recipe, examples, checked.folds, 7, context(), checked.predicted)
    assert [one.value for one in again] == [one.value for one in points]


def test_few_models_are_fitted_whatever_there_is(monkeypatch):
    examples = examples_of(2, features=150, cells=1)
    folds = random_folds(examples.group, examples.y, 50, 1)
    trial = trial_of(examples, "prototype")
    fitted = []
    fit = Recipe.fit
    monkeypatch.setattr(Recipe, "fit", lambda self, x, y, group: (fitted.append(len(x)), fit(self, x, y, group))[1])
    points = learning_curve.curve(replace(trial.recipe, search="quick"), examples, folds, 7, context())
    assert 10 < len(fitted) <= 25 and min(fitted) == 4
    assert points[-1].every


def test_a_feature_gives_all_its_cells_or_none(monkeypatch):
    examples = examples_of(2, features=12, cells=5)
    trial = trial_of(examples, "prototype")
    seen = []
    fit = Recipe.fit
    monkeypatch.setattr(Recipe, "fit", lambda self, x, y, group: (seen.append(group), fit(self, x, y, group))[1])
    learning_curve.curve(trial.recipe, examples, trial.validated.folds, 7, context(), trial.validated.predicted)
    assert seen and all((np.unique(group, return_counts=True)[1] == 5).all() for group in seen)


def test_two_labels_make_no_curve():
    examples = examples_of(2, features=2, cells=1)
    folds = random_folds(examples.group, examples.y, 2, 1)
    points = learning_curve.curve(trial_of(examples, validation=False).recipe, examples, folds, 7, context())
    assert [one.every for one in points] == [True] and learning_curve.gain(points) is None


# --- suspicious labels


def planted(kinds, seed=4, **how):
    """Examples with a few label features that are wrong, and the numbers of those."""
    examples = examples_of(kinds, features=25 if kinds else 60, spread=0.25, seed=seed, **how)
    wrong = np.random.default_rng(seed).permutation(np.unique(examples.group))[:5]
    inside = np.isin(examples.group, wrong)
    y = examples.y.copy()
    y[inside] = (y[inside] + 1) % kinds if kinds else y[inside] + 15
    return replace(examples, y=y), set(wrong.tolist())


@pytest.mark.parametrize("kinds", [3, 0])
def test_wrong_labels_come_first(kinds):
    examples, wrong = planted(kinds)
    found = suspects.find(trial_of(examples, "logistic"))
    groups = [int(examples.group[one.index]) for one in found]
    assert set(groups[:5]) == wrong and len(set(groups)) == len(groups), "each label feature is listed once"
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert all(1 <= one.contradicted <= one.cells == 3 for one in found[:5])


def test_no_label_of_a_class_that_nothing_was_known_of_is_listed():
    examples = examples_of(2)
    trial = trial_of(examples)
    flipped = 1 - trial.validated.probability
    contradicted = replace(trial, validated=replace(trial.validated, probability=flipped, predicted=flipped.argmax(1)))
    assert {examples.y[one.index] for one in suspects.find(contradicted)} == {0, 1}
    lonely = replace(contradicted, lonely=[examples.classes[1]])
    assert {examples.y[one.index] for one in suspects.find(lonely)} == {0}


def test_points_lie_in_the_middle_of_their_cells_in_the_crs_of_the_first_raster(tmp_path):
    examples, _ = planted(3)
    scene = (examples.group % 2).astype(np.int64)
    trial = trial_of(replace(examples, scene=scene))
    found = suspects.find(trial)
    other = Affine(10, 0, 300_000, 0, -10, 4_000_000)
    path = str(tmp_path / "s.gpkg")
    suspects.write(path, "s", trial, found, [(NORTH_UP, UTM), (other, CRS.from_epsg(32632))], wheel(3))
    layer = pyogrio.read_info(path)
    table = pyogrio.raw.read(path)
    fields = dict(zip(table[0]["fields"], table[3]))
    assert layer["crs"] == "EPSG:32631" and layer["geometry_type"] == "Point"
    own = [examples.classes[examples.y[one.index]] for one in found]
    assert list(fields["label"]) == own == list(fields["class"]) and list(fields["rank"]) == list(
        range(1, len(found) + 1)
    )
    assert list(fields["predicted"]) == [examples.classes[int(one.predicted)] for one in found]
    assert (fields["label"] != fields["predicted"]).all()
    assert list(fields["colour"]) == [wheel(3)[examples.y[one.index]] for one in found]
    assert list(fields["raster"]) == [int(scene[one.index]) + 1 for one in found] and set(fields["raster"]) == {1, 2}
    points = suspects.places(trial, found, [(NORTH_UP, UTM), (other, CRS.from_epsg(32632))])
    here = scene[[one.index for one in found]] == 0
    assert np.allclose(points[here], examples.xy[[one.index for one in found]][here])
    assert not np.isclose(points[~here], examples.xy[[one.index for one in found]][~here]).any()


@pytest.mark.parametrize("kinds", [2, 0])
def test_no_suspects_and_no_crs_make_a_layer_too(tmp_path, kinds):
    trial, path = trial_of(examples_of(kinds)), str(tmp_path / "s.gpkg")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        suspects.write(path, "s", trial, [], [(NORTH_UP, None)], wheel(kinds))
    info = pyogrio.read_info(path)
    kept = dict(zip(info["fields"], info["dtypes"]))
    assert info["features"] == 0 and {"rank", "class", "colour", "predicted", "score"} <= set(kept)
    assert kept["class"] == "object" and kept["score"] == "float64"
