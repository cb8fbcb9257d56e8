"""The report of a training and its figures: the honest one first, and all of them add up."""

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

from iamap.algorithms import jobs  # noqa: E402
from iamap.engine.colours import wheel  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.lettering import ticks  # noqa: E402
from iamap.engine.models import ClassOf, Model  # noqa: E402
from iamap.engine.preparation import Preparation  # noqa: E402
from iamap.engine.reports import train as report  # noqa: E402
from iamap.engine.training import figures, importance, learning_curve, suspects  # noqa: E402
from making import context, make_raster  # noqa: E402
from matplotlib.image import imread  # noqa: E402
from trials import MODEL, SIDE, examples_of, names_of, trial_of  # noqa: E402

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
    assert text.index(said) < text.index("Had random labels been held out")
    assert f"about {100 * other.scores.figures['overall accuracy']:.0f} %" in text
    for name in trial.examples.classes:
        assert name in text
    assert f"{main.scores.recall[0]:.2f} (" in text
    for heading in ("What is taken for what", "Does its confidence", "can't be ruled out", "Would more labels help?",
                    "What the map is learnt from", "Labels that look wrong", "How it was checked", "What was asked"):  # fmt: skip
        assert heading in text, heading
    assert len(found) == 7 and all(picture.std() > 0 for picture in found)
    assert "nan" not in text and ("№ 2 is 草地" in text) == (ticks(["草地"]) == ["№ 1"])


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
    assert "random labels were held out in turn, and their neighbours stayed: this flatters" in text


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
    assert f"Few labels: {examples.classes[0]} (6)" in text
    quiet, _ = told(tmp_path, trial_of(examples_of(3, features=40, spread=0.1)))
    assert "What to mind" not in quiet


def test_one_label_a_class_can_not_be_checked(tmp_path):
    trial = trial_of(examples_of(3, features=1, cells=4))
    assert len(trial.lonely) == 3 and not trial.told
    text, _ = told(tmp_path, trial, **all_parts(trial))
    assert "can't be checked: there is one label for each class" in text
    assert " 0 %" not in text and "0.00" not in text and "Class by class" not in text and "nan" not in text
    table = tmp_path / "f.csv"
    figures.write(str(table), trial)
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    values = [row for row in rows if row["figure"] not in ("labelled cells", "blocks")]
    assert values and all(row[name] == "" for row in values for name in ("value", "low", "high"))


def test_of_a_class_with_one_label_no_figure_is_told(tmp_path):
    examples = examples_of(3, features=12, cells=2)
    first = examples.group[examples.y == 2][0]
    trial = trial_of(examples.some((examples.y != 2) | (examples.group == first)))
    check = figures.checks(trial)[0]
    assert trial.lonely == examples.classes[2:] and trial.told
    assert np.isnan([check.scores.recall[2], check.scores.f1[2], *check.intervals.per_class["recall"][2]]).all()
    assert np.isfinite(check.scores.recall[:2]).all() and np.isfinite(check.scores.figures["overall accuracy"])


def test_close_labels_of_each_class_leave_the_check_by_random_labels(tmp_path):
    examples = examples_of(4, features=6, cells=1, spread=0.1)
    trial = trial_of(replace(examples, xy=np.stack([examples.y * 1e5, examples.y * 1e5], 1)))
    assert len(trial.lonely) == 4
    text, _ = told(tmp_path, trial)
    assert "lie so close together that all of them would be held out at once" in text
    assert "Had random labels been held out" in text and "That flatters" in text
