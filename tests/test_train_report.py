"""What a training tells: what matters, whether more labels would help, which labels look wrong; its report and its figures."""

from __future__ import annotations

import base64
import csv
import io
import re
import warnings
from dataclasses import replace
from html import unescape

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.engine.colours import wheel  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.models import ClassOf, Model  # noqa: E402
from iamap.engine.preparation import Preparation  # noqa: E402
from iamap.engine.reports import train as report  # noqa: E402
from iamap.engine.training import figures, importance, learning_curve, suspects  # noqa: E402
from iamap.engine.training.conformal import coverage_by_block, half_width, number_coverage_by_block, threshold  # noqa: E402
from iamap.engine.training.examples import Examples  # noqa: E402
from iamap.engine.training.folds import block_folds, random_folds  # noqa: E402
from iamap.engine.training.recipe import Recipe  # noqa: E402
from iamap.engine.training.trial import Tested as Held  # noqa: E402
from iamap.engine.training.trial import Trial  # noqa: E402
from iamap.engine.training.validation import cross_validate  # noqa: E402
from making import NORTH_UP, context, make_raster  # noqa: E402
from matplotlib.image import imread  # noqa: E402
from rasterio.crs import CRS  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

SIDE, CELL = 80, 10.0
UTM = CRS.from_epsg(32631)
MODEL = {"column": "c", "labels": "labels.gpkg", "model": "m.iamap", "report": "r.html"}


def examples_of(kinds, features=12, cells=3, bands=6, spread=0.6, noise=0, seed=0):
    """Label features of some cells, all over the raster; *kinds* 0 for numbers. The last *noise* bands tell nothing."""
    random = np.random.default_rng(seed)
    count = max(1, kinds) * features
    corner = random.permutation((SIDE // 4) ** 2)[:count]
    places = np.stack(np.divmod(corner, SIDE // 4), 1).repeat(cells, 0) * 4
    places[:, 1] += np.tile(np.arange(cells), count)
    y = np.arange(count).repeat(cells) % max(1, kinds)
    means = random.normal(0, 1, (max(1, kinds), bands - noise))
    x = np.hstack([means[y], np.zeros((len(y), noise))]) + random.normal(0, 1, (len(y), bands)) * spread
    if not kinds:
        x = random.normal(0, 1, (count, bands)).repeat(cells, 0) + random.normal(0, 0.1, (len(y), bands))
        y = 10 + x[:, : bands - noise].sum(1) + random.normal(0, spread, len(y))
    names = ["été", "草地", "a very long name of a class that nobody can read", "$x$", *map(str, range(kinds))][:kinds]
    xy = np.stack([500_000 + (places[:, 1] + 0.5) * CELL, 5_000_000 - (places[:, 0] + 0.5) * CELL], 1)
    group, scene = np.arange(count).repeat(cells), np.zeros(len(y), np.int64)
    return Examples(x.astype(np.float32), y, group, scene, places, xy, None, names)


def trial_of(examples, method="logistic", test=None, validation=True, blocks=True, **settings):
    """Check and fit as a training does."""
    kinds = len(examples.classes)
    few = {"trees": 40} if method == "random_forest" else {}
    job = jobs()[f"train_{method}"].make({"input": "f.tif", **MODEL, **few})
    recipe = Recipe(job.part(job.card), "classes" if kinds else "numbers", kinds, 3, **settings)
    final, chosen = recipe.fit(examples.x, examples.y, examples.group)
    tested = Held(test, *recipe.predict(final, test.x)) if test else None
    bare = Trial(recipe, examples, None, None, tested, final, chosen, [], 0.0, 0.1, None, None, {"fit": 0.12})
    if not validation:
        return bare
    folds = block_folds(examples.xy, examples.group, examples.y, 4, 160.0, 1)
    others = random_folds(examples.group, examples.y, 4, 1)
    checked, random = (cross_validate(recipe, examples, one, context(), "check") for one in (folds, others))
    if kinds:
        limit = threshold(checked.probability, examples.y, 0.1)
        covered = coverage_by_block(checked.probability, examples.y, folds.block, 0.1)
    else:
        limit = half_width(examples.y, checked.predicted, 0.1)
        covered = number_coverage_by_block(examples.y, checked.predicted, folds.block, 0.1)
    lonely = [examples.classes[i] for i in folds.lonely(examples.y)]
    return replace(
        bare, validated=checked if blocks else random, random=random if blocks else None, lonely=lonely, threshold=limit,
        covered=covered.share, set_size=covered.size if kinds else None,
    )  # fmt: skip


def names_of(examples):
    return [f"b{i}" for i in range(examples.x.shape[1])]


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


# --- figures


@pytest.mark.parametrize("kinds", [3, 0])
def test_the_table_adds_up(tmp_path, kinds):
    trial = trial_of(examples_of(kinds), test=examples_of(kinds, seed=9, features=6))
    path = tmp_path / "f.csv"
    figures.write(str(path), trial)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["check"] for row in rows} == {"blocks", "random", "test"}
    for way in ("blocks", "random", "test"):
        mine = [row for row in rows if row["check"] == way]
        plain = {row["figure"]: row for row in mine if not row["class"]}
        main = plain["overall accuracy" if kinds else "R²"]
        assert float(main["low"]) <= float(main["value"]) <= float(main["high"])
        if not kinds:
            assert set(plain) == {"labelled cells", "blocks", "R²", "RMSE", "MAE", "bias"}
            continue
        cells = {(row["class"], row["predicted"]): float(row["value"]) for row in mine if row["figure"] == "cells"}
        assert len(cells) == kinds**2 and sum(cells.values()) == float(plain["labelled cells"]["value"])
        right = sum(value for (own, other), value in cells.items() if own == other)
        assert right / sum(cells.values()) == pytest.approx(float(main["value"]))
        for name in trial.examples.classes:
            recall = next(row for row in mine if row["figure"] == "recall" and row["class"] == name)
            count = sum(value for (own, _), value in cells.items() if own == name)
            assert cells[name, name] / count == pytest.approx(float(recall["value"]))


# --- the report


def told(tmp_path, trial, crs="EPSG:32631", **parts):
    """The words of a report, and its pictures."""
    bands = trial.examples.x.shape[1]
    data = np.random.default_rng(0).normal(0, 1, (bands, SIDE, SIDE)).astype(np.float32)
    source = make_raster(tmp_path / "f.tif", data, crs=crs)
    kinds = len(trial.examples.classes)
    method = trial.recipe.card.id
    job = jobs()[f"train_{method}"].make(
        {**MODEL, "input": source, "validation": "blocks" if trial.validated else "none"}
    )
    classes = [ClassOf(i + 1, name, shade) for i, (name, shade) in enumerate(zip(trial.examples.classes, wheel(kinds)))]
    path = str(tmp_path / "r.html")
    with open_features(source) as features, warnings.catch_warnings():
        # no letter may be missing from a font, and nothing divided by nothing
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=PendingDeprecationWarning)
        model = Model(
            "classify" if kinds else "regress", method, job.card.title, {}, features.contract,
            Preparation(False, np.zeros(bands, np.float32), np.ones(bands, np.float32), None), None, ["class"], classes,
        )  # fmt: skip
        report.write(path, job, trial, model, features, **parts)
    text = open(path, encoding="utf-8").read()
    found = [imread(io.BytesIO(base64.b64decode(one)), "png") for one in re.findall('base64,([^"]+)"', text)]
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>|<img.*?>", " ", text, flags=re.S))), found


def all_parts(trial):
    checked = trial.validated
    names = names_of(trial.examples)
    return {
        "importances": importance.by_layer(trial, names, [("f", slice(0, 3)), ("高さ", slice(3, 6))], 5, context()),
        "points": learning_curve.curve(trial.recipe, trial.examples, checked.folds, 5, context(), checked.predicted),
        "suspects": suspects.find(trial),
    }


@pytest.mark.parametrize("kinds", [2, 30])
def test_the_report_tells_the_honest_figure_first(tmp_path, kinds):
    trial = trial_of(examples_of(kinds, 8, 2, spread=1.2), test=examples_of(kinds, seed=5, features=3, spread=1.2))
    text, found = told(tmp_path, trial, **all_parts(trial))
    main, other, _ = figures.checks(trial)
    value, (low, high) = main.scores.figures["overall accuracy"], main.intervals["overall accuracy"]
    said = f"Of places that carry no labels, about {100 * value:.0f} % ({100 * low:.0f} to {100 * high:.0f} %) will be right"
    assert said in text and "parts of the ground 160 m wide were held out" in text
    assert text.index(said) < text.index("Had random label features been held out")
    assert f"about {100 * other.scores.figures['overall accuracy']:.0f} %" in text
    for name in trial.examples.classes:
        assert name in text
    assert f"{main.scores.recall[0]:.2f} (" in text
    for heading in ("What is taken for what", "Does its confidence", "can't be ruled out", "Would more labels help?",
                    "What the map is learnt from", "Labels that look wrong", "How it was checked", "What was asked"):  # fmt: skip
        assert heading in text, heading
    assert len(found) == 7 and all(picture.std() > 0 for picture in found)
    assert "nan" not in text and "№ 2 is 草地" in text


def test_the_report_of_numbers(tmp_path):
    trial = trial_of(examples_of(0, features=60), "ridge")
    text, found = told(tmp_path, trial, **all_parts(trial))
    main = figures.checks(trial)[0]
    assert f"{main.scores.figures['RMSE']:.4g} ({main.intervals['RMSE'][0]:.4g} to" in text
    assert f"explain {main.scores.figures['R²']:.2f}" in text and "How far off a number may be" in text
    assert len(found) >= 4


def test_the_report_without_a_check_says_so(tmp_path):
    text, _ = told(tmp_path, trial_of(examples_of(3), validation=False))
    assert "nobody knows how good the map is" in text and "Class by class" not in text
    text, _ = told(tmp_path, trial_of(examples_of(3), validation=False, test=examples_of(3, seed=2)))
    assert "labelled cells to test with, about" in text and "Class by class" in text


def test_a_check_by_random_features_is_called_what_it_is(tmp_path):
    text, _ = told(tmp_path, trial_of(examples_of(3), blocks=False), crs=None)
    assert "random label features were held out in turn, and their neighbours stayed: this flatters" in text


def test_labels_without_signal_are_no_better_than_guessing(tmp_path):
    examples = examples_of(2, features=40, cells=1)
    blind = replace(examples, x=np.random.default_rng(1).normal(0, 1, examples.x.shape).astype(np.float32))
    text, _ = told(tmp_path, trial_of(blind))
    assert "no better than guessing: always answering" in text
    seeing, _ = told(tmp_path, trial_of(examples))
    assert "guessing" not in seeing
    numbers = examples_of(0, features=60)
    shuffled = replace(numbers, y=np.random.default_rng(1).permutation(numbers.y))
    text, _ = told(tmp_path, trial_of(shuffled, "ridge"))
    assert "always answering the mean" in text


def test_what_the_labels_lack_is_told(tmp_path):
    examples = examples_of(3, features=6, cells=2)
    # the third class lies in one corner
    third = examples.y == 2
    xy = examples.xy.copy()
    xy[third] = xy[third].min(0) + np.arange(third.sum())[:, None]
    trial = trial_of(replace(examples, xy=xy))
    assert trial.lonely == examples.classes[2:]
    text, _ = told(tmp_path, trial)
    assert f"All labels of {examples.classes[2]} were held out at once" in text
    assert f"Few label features: {examples.classes[0]} (6)" in text
    quiet, _ = told(tmp_path, trial_of(examples_of(3, features=40, spread=0.1)))
    assert "What to mind" not in quiet
