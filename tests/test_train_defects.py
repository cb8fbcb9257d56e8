"""What went wrong in the plugin that IAMAP replaces must not come back: its defects in learning from labels, S1 to S13.

S7, S8, S9, S10 and S11 are shown in the tests of labels and of honest accuracy too.
"""

from __future__ import annotations

import csv
import json

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import IamapError  # noqa: E402
from iamap.engine.rasters import Source  # noqa: E402
from iamap.engine.training import train as training  # noqa: E402
from iamap.ml import learners  # noqa: E402
from learning import apply, both, classes_of, model, polygons, request, square, train  # noqa: E402
from making import context, is_a_sentence, make_raster, read  # noqa: E402
from stripes import SPOTS, all_dots, dots, stripes  # noqa: E402

#: what the original offers, by the name that scikit-learn gives it; the stacks and votes of others need others
CLASSIFIERS = (
    "KNeighborsClassifier", "RandomForestClassifier", "ExtraTreesClassifier", "GradientBoostingClassifier",
    "HistGradientBoostingClassifier", "AdaBoostClassifier", "BaggingClassifier",
)  # fmt: skip
REGRESSORS = (
    "KNeighborsRegressor", "RandomForestRegressor", "ExtraTreesRegressor", "GradientBoostingRegressor",
    "HistGradientBoostingRegressor", "AdaBoostRegressor", "BaggingRegressor",
)  # fmt: skip
OF_OTHERS = {
    "StackingClassifier": {"estimators": ["DecisionTree", "GaussianNB"], "cv": 2},
    "VotingClassifier": {"estimators": ["DecisionTree", "GaussianNB"], "voting": "soft"},
}
#: what keeps methods of many trees fast here
SMALL = {
    "random_forest": {"trees": 10}, "extra_trees": {"trees": 10}, "gradient_boosting": {"trees": 10},
    "by_name": {"name": "DecisionTreeClassifier"},
}  # fmt: skip
CARDS = {card.id: card for card in learners()}


@pytest.fixture
def source(tmp_path):
    return stripes(tmp_path / "s.tif")


@pytest.fixture
def labels(tmp_path):
    return all_dots(tmp_path / "l.gpkg")


def more_dots(path, count=40, numbers=False, seed=0):
    """Points on the three kinds of stripes, with their kind or a number."""
    rng = np.random.default_rng(seed)
    cells = [(int(rng.integers(0, 15)), int(col)) for col in rng.integers(0, 60, count)]
    names = list(SPOTS)
    kinds = [(col // 10) % 3 for _, col in cells]
    kind = np.array(kinds) * 2.5 if numbers else np.array([names[one] for one in kinds], object)
    return dots(path, cells, kind=kind)


def options(name):
    small = (
        {"n_estimators": 5} if any(word in name for word in ("Forest", "Trees", "Boosting", "Boost", "Bagging")) else {}
    )
    return {"max_iter": 5, "min_samples_leaf": 2} if "Hist" in name else small


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_by_name_runs_as_offered_with_folds_and_a_saved_model_S1(tmp_path, source, name):
    """All nearest neighbours, stacks and votes crashed: unexpected keyword random_state."""
    labels = more_dots(tmp_path / "l.gpkg")
    told = train(source, tmp_path, labels, "train_by_name", name=name, options=json.dumps(options(name)))
    assert told["overall accuracy"] > 0.8
    drawn = apply(source, tmp_path)[0]
    truth = np.broadcast_to(np.array([2, 3, 1])[(np.arange(61) // 10) % 3], drawn.shape)
    assert (drawn == truth)[drawn != 255].mean() > 0.8


@pytest.mark.parametrize("name", OF_OTHERS)
def test_stacks_and_votes_run_by_name_S1(tmp_path, source, name):
    labels = more_dots(tmp_path / "l.gpkg")
    told = train(source, tmp_path, labels, "train_by_name", name=name, options=json.dumps(OF_OTHERS[name]))
    assert told["overall accuracy"] > 0.8 and (apply(source, tmp_path) == 255).mean() < 0.05


@pytest.mark.parametrize("name", REGRESSORS)
def test_every_regressor_by_name_runs_with_folds_S2(tmp_path, source, name):
    """All tree regressors died of a misspelt figure."""
    labels = more_dots(tmp_path / "l.gpkg", numbers=True)
    told = train(
        source, tmp_path, labels, "train_by_name", name=name, task="numbers", options=json.dumps(options(name))
    )
    assert told["R²"] > 0.1 and told["RMSE"] < 2.1
    drawn = apply(source, tmp_path)[0]
    assert np.isnan(drawn[15:19, 40:50]).all() and np.nanmin(drawn) >= -1 and np.nanmax(drawn) <= 6


@pytest.mark.parametrize(
    ("name", "task"), [(n, t) for n, c in CARDS.items() for t in ("classes", "numbers") if getattr(c, t)]
)
def test_every_method_trains_checks_saves_and_maps_the_same_again_S1(tmp_path, source, name, task):
    labels = more_dots(tmp_path / "l.gpkg", numbers=task == "numbers")
    how = dict(SMALL.get(name, {}))
    if name == "by_name" and task == "numbers":
        how = {"name": "DecisionTreeRegressor"}
    told = train(source, tmp_path, labels, f"train_{name}", task=task, output=tmp_path / "o.tif", **how)
    if task == "classes":
        assert told["overall accuracy"] > (0.8 if name != "gradient_boosting" else 0.5), told
    else:
        assert told["RMSE"] < 2.2
    np.testing.assert_array_equal(read(tmp_path / "o.tif"), apply(source, tmp_path))


def test_no_option_of_a_method_hides_a_parameter_of_the_job():
    """A field of both is given the one's default and asked for in the other's words."""
    for name, job in jobs().items():
        card = getattr(job, "card", None)
        if card is not None:
            assert not set(card.specs()) & set(job.of.specs()), name


@pytest.mark.parametrize("validation", ["none", "random", "blocks"])
def test_a_test_layer_works_with_every_way_to_check_S3_S4(tmp_path, source, labels, validation):
    """A test set crashed, with folds and without: a column of codes was made for the training set only."""
    test = dots(tmp_path / "t.gpkg", [(2, 3), (30, 15), (9, 21)], kind=np.array(["forêt", "水", "field"], object))
    learnt, tested = both(source, tmp_path, labels, test=test)
    assert learnt.classes == tested.classes and sorted(tested.y.tolist()) == [0, 1, 2]
    told = train(source, tmp_path, labels, test=test, validation=validation, figures=tmp_path / "f.csv")
    assert ("overall accuracy" in told) == (validation != "none")
    assert (tmp_path / "f.csv").stat().st_size > 100


def test_without_a_check_a_model_is_saved_and_maps_S5(tmp_path, source, labels):
    """It died of a variable that only folds set."""
    told = train(source, tmp_path, labels, validation="none", output=tmp_path / "o.tif")
    assert "overall accuracy" not in told and told["classes"] == 3
    np.testing.assert_array_equal(read(tmp_path / "o.tif"), apply(source, tmp_path, doubt=tmp_path / "d.tif"))


def test_the_saved_model_has_learnt_from_all_labels_and_the_figures_are_those_of_folds_S6(tmp_path, source, labels):
    """The model of the last fold was saved, with the figures of the best."""
    job = request(source, tmp_path, labels, "train_knn", neighbours=1, validation="random", folds=3)
    with training._stack(job, job.input, None, []) as stack:
        found = training._read(job, stack, training.Rules.of(job), context())[0]
    ctx = context()
    job.run(ctx)
    saved = model(tmp_path)
    # one nearest neighbour knows each label that it has learnt from
    assert (saved.estimator.predict(found.x)[0] == found.y).all()
    assert saved.facts["labelled cells"] == len(found) == 9
    folds = training.choose_folds(job, stack, found, context())
    recipe = training.Recipe(job.part(job.card), "classes", 3, job.seed)
    right = 0
    for rest, held in folds.parts():
        fresh = recipe.make().fit(found.x[rest], found.y[rest])
        right += int((fresh.predict(found.x[held]) == found.y[held]).sum())
    assert ctx.facts["overall accuracy"] == pytest.approx(right / 9, abs=1e-4)
    assert saved.facts["overall accuracy"] == pytest.approx(right / 9)


def test_small_polygons_keep_their_class_S8(tmp_path, source):
    shapes = [square(row + 0.3, col + 0.3, 0.2) for some in SPOTS.values() for row, col in some]
    labels = polygons(tmp_path / "p.gpkg", shapes, [name for name, some in SPOTS.items() for _ in some])
    assert train(source, tmp_path, labels)["labelled cells"] == 9
    assert [one.label for one in model(tmp_path).classes] == ["field", "forêt", "水"]


def test_names_of_classes_go_with_the_map_and_codes_do_not_depend_on_rows_S9(tmp_path, source):
    maps = []
    for turn in (0, 1):
        places = [(name, cell) for name, some in SPOTS.items() for cell in some] + [(None, (1, 1))]
        places = places[::-1] if turn else places
        labels = dots(tmp_path / f"{turn}.gpkg", [c for _, c in places], kind=np.array([n for n, _ in places], object))
        train(source, tmp_path, labels, output=tmp_path / f"{turn}.tif")
        about = classes_of(tmp_path / f"{turn}.tif")
        legend = [(one["value"], one["label"]) for one in json.loads(about["style"])["categories"]]
        assert (
            legend == [(1, "field"), (2, "forêt"), (3, "水")] and about["nodata"] == 255 and about["dtype"] == "uint8"
        )
        assert [(one.value, one.label) for one in model(tmp_path).classes] == legend
        maps.append(read(tmp_path / f"{turn}.tif"))
    np.testing.assert_array_equal(*maps)
    assert set(np.unique(maps[0])) == {1, 2, 3, 255}


def many_classes(tmp_path, count):
    """A raster with a value of its own in each column, and a label of its own in each."""
    data = np.tile(np.arange(count, dtype=np.float32) * 10, (6, 1))[None]
    source = make_raster(tmp_path / f"{count}.tif", np.concatenate([data, data**2 / 100]))
    cells = [(row, col) for col in range(count) for row in (1, 4)]
    return source, dots(tmp_path / f"{count}.gpkg", cells, kind=np.array([f"c{col:03d}" for _, col in cells], object))


@pytest.mark.parametrize("count", [128, 254])
def test_more_than_127_classes_do_not_wrap_S12(tmp_path, count):
    source, labels = many_classes(tmp_path, count)
    told = train(
        source, tmp_path, labels, "train_knn", neighbours=1, output=tmp_path / "o.tif", doubt=tmp_path / "d.tif"
    )
    assert told["classes"] == count and told["overall accuracy"] == 1
    drawn = read(tmp_path / "o.tif")[0]
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, np.tile(np.arange(1, count + 1), (6, 1)))
    confidence, sets = read(tmp_path / "d.tif")[:2]
    assert sets.min() >= 1 and sets.max() <= count and (confidence == 1).all()


def test_more_classes_than_a_map_holds_are_a_sentence_S12(tmp_path):
    source, labels = many_classes(tmp_path, 255)
    with pytest.raises(IamapError, match="255 different classes") as caught:
        train(source, tmp_path, labels)
    assert is_a_sentence(caught.value) and not (tmp_path / "m.iamap").exists()


def test_probabilities_doubt_areas_polygons_and_a_table_of_errors_exist_S12(tmp_path, source, labels):
    made = {name: tmp_path / f"{name}.tif" for name in ("doubt", "probabilities")}
    made |= {"polygons": tmp_path / "p.gpkg", "table": tmp_path / "t.csv"}
    train(source, tmp_path, labels, figures=tmp_path / "f.csv")
    drawn = apply(source, tmp_path, **made)[0]
    names = ["field", "forêt", "水"]
    assert classes_of(made["probabilities"])["bands"] == [f"probability of {name}" for name in names]
    with open(made["table"], encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == names
    assert [int(row["cells"]) for row in rows] == [(drawn == value).sum() for value in (1, 2, 3)]
    about, _, _, columns = pyogrio.raw.read(made["polygons"])
    told = dict(zip(about["fields"], columns))
    assert set(told["class"]) == set(names) and {"confidence", "colour", "cells", "area_m2"} <= set(told)
    with rasterio.open(tmp_path / "applied.tif") as ds:
        assert all(ds.colormap(1)[value][3] == 255 for value in (1, 2, 3))
    with open(tmp_path / "f.csv", encoding="utf-8-sig", newline="") as file:
        text = file.read()
    assert all(name in text for name in names)


def test_the_raster_is_not_read_again_for_every_fold_S13(tmp_path, monkeypatch, labels):
    """It was read in full for the training and the test part of each fold."""
    source = stripes(tmp_path / "s.tif")
    cells = []
    read_of = Source.read

    def counted(self, top, bottom, left, right):
        cells.append((bottom - top) * (right - left))
        return read_of(self, top, bottom, left, right)

    monkeypatch.setattr(Source, "read", counted)
    counts = {}
    for folds in (2, 9):
        cells.clear()
        train(source, tmp_path, labels, folds=folds, validation="random")
        counts[folds] = sum(cells)
    assert counts[2] == counts[9] <= 61 * 47
