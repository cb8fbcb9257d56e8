"""Learners: each fits on a handful, answers in range, and comes back from its file as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("skops", reason="needs the engine environment")

import iamap  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine import models  # noqa: E402
from iamap.engine.feature_contract import FeatureContract  # noqa: E402
from iamap.engine.preparation import Preparation  # noqa: E402
from iamap.engine.training.by_name import named  # noqa: E402
from iamap.engine.training.pipelines import pipeline, probabilities  # noqa: E402
from iamap.engine.training.tuning import tuned  # noqa: E402
from iamap.ml import learners  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

CARDS = {card.id: card for card in learners()}
#: small enough for a test, large enough to be itself
SMALL = {
    "random_forest": {"trees": 20},
    "extra_trees": {"trees": 20},
    "gradient_boosting": {"trees": 5},
    "by_name": {"options": '{"n_estimators": 5}'},
}
BOTH = [(name, task) for name, card in CARDS.items() for task in ("classes", "numbers") if getattr(card, task)]
#: what the original plugin lists, by the names it has there
ORIGINAL = {
    "classes": (
        "AdaBoostClassifier BaggingClassifier ExtraTreesClassifier GradientBoostingClassifier HistGradientBoostingClassifier "
        "RandomForestClassifier StackingClassifier VotingClassifier KNeighborsClassifier RadiusNeighborsClassifier NearestCentroid"
    ).split(),
    "numbers": (
        "AdaBoostRegressor BaggingRegressor ExtraTreesRegressor GradientBoostingRegressor HistGradientBoostingRegressor "
        "RandomForestRegressor StackingRegressor VotingRegressor KNeighborsRegressor RadiusNeighborsRegressor"
    ).split(),
}  # fmt: skip


def examples(each=3, dims=384, kinds=3, seed=0):
    """*each* cells of every kind, far enough apart to be told; two bands never change."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(kinds), each)
    x = np.random.default_rng(9).normal(size=(kinds, dims))[y] * 2 + rng.normal(size=(len(y), dims))
    x[:, 3], x[:, 4] = 7, 0
    return x.astype(np.float32), y


def made(method, task, classes=3, **options):
    card = CARDS[method](**{**SMALL.get(method, {}), **options})
    return pipeline(card, task, classes if task == "classes" else 0, 1, True, "auto", None)


def target(task, y):
    return y if task == "classes" else y * 100.0 + 1000


def through_a_file(estimator, path):
    plain = Preparation(False, np.zeros(1, np.float32), np.ones(1, np.float32), None)
    models.Model("train", "x", "X", {}, FeatureContract(), plain, estimator, ["a"]).save(str(path))
    return models.load(str(path)).estimator


@pytest.mark.parametrize(("name", "task"), BOTH)
def test_a_handful_of_examples_with_384_bands_is_learnt_and_comes_back_from_a_file(name, task, tmp_path):
    x, y = examples()
    unseen, truth = examples(40, seed=1)
    fitted = made(name, task).fit(x, target(task, y))
    again = through_a_file(fitted, tmp_path / "m.iamap")
    found = fitted.predict(unseen)
    assert np.array_equal(found, again.predict(unseen))
    if task == "numbers":
        assert found.dtype == np.float64 and np.isfinite(found).all()
        assert np.corrcoef(found, target(task, truth))[0, 1] > 0.6
        return
    probability = probabilities(fitted, unseen, 3)
    assert probability.dtype == np.float32 and np.array_equal(probability, probabilities(again, unseen, 3))
    assert np.allclose(probability.sum(1), 1, atol=1e-5) and probability.min() >= 0
    assert np.array_equal(probability.argmax(1), found) and found.dtype == np.int64
    assert np.mean(found == truth) > 0.8


@pytest.mark.parametrize(("name", "task"), BOTH)
def test_the_same_seed_gives_the_same_on_one_thread_and_two(name, task):
    x, y = examples(6, dims=30)
    x += np.random.default_rng(2).normal(size=x.shape).astype(np.float32) * 3
    asked = made(name, task)
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            fitted = asked.fit(x, target(task, y))
            results.append(fitted.predict_proba(x * 1.1) if task == "classes" else fitted.predict(x * 1.1))
    assert np.array_equal(*results)


@pytest.mark.parametrize("name", [name for name, task in BOTH if task == "classes"])
def test_a_fold_may_lack_classes_or_have_one_only(name):
    x, y = examples(4, dims=12)
    lacking = made(name, "classes", 5).fit(x[y > 0], y[y > 0])
    found = probabilities(lacking, x, 5)
    assert (found[:, [0, 3, 4]] == 0).all() and np.allclose(found.sum(1), 1, atol=1e-5)
    alone = made(name, "classes", 5).fit(x[y == 2], y[y == 2])
    assert (alone.predict(x) == 2).all() and (probabilities(alone, x, 5)[:, 2] == 1).all()
    single = np.array([0, 4, 5, 8])
    assert np.isfinite(probabilities(made(name, "classes", 5).fit(x[single], y[single]), x, 5)).all()


@pytest.mark.parametrize("name", [name for name, task in BOTH if task == "numbers"])
def test_numbers_that_are_all_the_same_are_the_answer(name):
    x, _ = examples(4, dims=12)
    assert np.allclose(made(name, "numbers").fit(x, np.full(len(x), 7.5)).predict(x * 9), 7.5)
    assert np.isfinite(made(name, "numbers").fit(x[:2], np.array([1.0, 2.0])).predict(x)).all()


def test_a_band_that_never_changed_does_not_count():
    x, y = examples(5, dims=20)
    far = x.copy()
    far[:, 3] += 1e6
    for name in ("logistic", "knn", "svm", "lda", "prototype"):
        fitted = made(name, "classes").fit(x, y)
        assert np.array_equal(fitted.predict_proba(x), fitted.predict_proba(far)), name


def test_compression_and_scaling_come_from_the_examples_alone_and_are_lowered():
    x, y = examples(3, dims=50)
    for scaling in ("auto", "standardise", "unit length", "none"):
        asked = pipeline(CARDS["logistic"](), "classes", 3, 1, True, scaling, 1000).fit(x, y)
        assert asked.named_steps["compress"].axes_.shape == (8, 50)
        assert np.mean(asked.predict(examples(30, 50, seed=3)[0]) == np.repeat(np.arange(3), 30)) > 0.9
    assert len(pipeline(CARDS["logistic"](), "classes", 3, 1, True, "auto", 4).fit(x[:1], y[:1]).predict(x)) == 9
    with pytest.raises(BadRequest, match="not offered"):
        pipeline(CARDS["logistic"](), "classes", 3, 1, True, "centre", None)


@pytest.mark.parametrize(
    "name", [n for n, task in BOTH if task == "classes" and n not in ("by_name", "gradient_boosting")]
)
def test_classes_of_few_examples_count_alike_where_asked_for(name):
    rng = np.random.default_rng(5)
    y = np.repeat([0, 1], [150, 10])
    x = (rng.normal(size=(160, 4)) + y[:, None] * 0.8).astype(np.float32)
    card = CARDS[name](**({"trees": 50, "leaf": 5} if "trees" in CARDS[name].specs() else {}))
    if name == "mlp":
        card = CARDS[name](penalty=50.0)
    unseen = (rng.normal(size=(400, 4)) + np.repeat([0, 1], 200)[:, None] * 0.8).astype(np.float32)
    shares = [
        pipeline(card, "classes", 2, 1, alike, "auto", None).fit(x, y).predict(unseen).mean() for alike in (False, True)
    ]
    # a prototype knows no other way
    assert shares[1] > (0.3 if name == "prototype" else 0.05 + shares[0]), shares


def test_probabilities_of_a_machine_are_modest_where_classes_are_not_told_apart():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(90, 20)).astype(np.float32), rng.integers(0, 3, 90)
    for name in ("svm", "ridge", "prototype"):
        assert made(name, "classes").fit(x, y).predict_proba(rng.normal(size=(300, 20))).max(1).mean() < 0.6, name


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_all_that_the_original_lists_works_S1_S2(task, tmp_path):
    x, y = examples(6, dims=10)
    few = {"n_estimators": 5}
    for name in ORIGINAL[task]:
        options = few if any(word in name for word in ("Forest", "Trees", "Boosting", "Boost", "Bagging")) else {}
        options = {"max_iter": 5, "min_samples_leaf": 2} if "Hist" in name else options
        if name[:6] in ("Stacki", "Voting"):
            options = {"estimators": ["DecisionTree", "KNeighbors"]}
        asked = made("by_name", task, name=name, options=str(options).replace("'", '"')).fit(x, target(task, y))
        far = np.concatenate([x, x * 100])
        found = asked.predict(far)
        assert np.isfinite(found).all() and len(np.unique(found)) > 1, name
        again = through_a_file(asked, tmp_path / "m.iamap")
        assert np.array_equal(found, again.predict(far)), name
        if task == "classes":
            assert np.array_equal(probabilities(again, far, 3).argmax(1), found), name


def test_what_combines_others_has_some_by_itself():
    for name in ("Stacking", "Voting"):
        for task in ("classes", "numbers"):
            found = named(name, {}, task, 1, False)
            assert len((found.inner if task == "classes" else found).estimators) == 3
    assert named("Voting", {}, "classes", 1, False).inner.voting == "soft"
    assert type(named("OneVsRest", {}, "classes", 1, False).inner.estimator).__name__ == "LogisticRegression"


def test_methods_inside_others_are_named_too():
    made_of = named(
        "stacking",
        {"estimators": ["DecisionTree", {"name": "svc", "options": {"C": 3}}], "final_estimator": "LogisticRegression"},
        "classes",
        3,
        True,
    )
    (_, tree), (_, machine) = made_of.inner.estimators
    assert type(tree).__name__ == "DecisionTreeClassifier" and tree.random_state == 3 and machine.C == 3
    assert type(made_of.inner.final_estimator).__name__ == "LogisticRegression"
    assert named("KNeighbors", {"algorithm": "kd_tree"}, "numbers", 1, False).algorithm == "brute"
    assert type(named("sklearn.svm.NuSVC", {}, "classes", 1, False).inner).__name__ == "NuSVC"
    assert type(named("random_forest", {}, "numbers", 1, False)).__name__ == "RandomForestRegressor"


@pytest.mark.parametrize(
    ("name", "options", "task", "words"),
    [
        ("RandomForrest", {}, "classes", "RandomForestClassifier"),
        ("os.system", {}, "classes", "no classifier of scikit-learn"),
        ("sklearn.tree.SVC", {}, "classes", "no classifier of scikit-learn"),
        ("KMeans", {}, "classes", "neither a classifier nor a regressor"),
        ("StandardScaler", {}, "numbers", "neither a classifier nor a regressor"),
        ("RandomForestClassifier", {}, "numbers", "RandomForestRegressor"),
        ("SVR", {}, "classes", "does not learn classes"),
        ("MultiOutput", {}, "classes", "one label"),
        ("AdaBoost", {"trees": 3}, "classes", "n_estimators"),
        ("AdaBoost", {"n_estimators": -3}, "classes", "n_estimators"),
        ("AdaBoost", {"estimator": "subprocess.Popen"}, "classes", "no classifier"),
        ("Voting", {"estimators": [3]}, "classes", "is no method"),
    ],
)  # fmt: skip
def test_what_can_not_be_made_by_name_is_refused_with_a_sentence(name, options, task, words):
    with pytest.raises(BadRequest, match=words) as refused:
        named(name, options, task, 1, True)
    assert refused.value.hint and "\n" not in str(refused.value)


def test_options_that_are_no_json_and_tasks_that_a_method_has_not_are_refused():
    for options in ("{n: 3}", "[1]", "3"):
        with pytest.raises(BadRequest, match="options"):
            CARDS["by_name"].make({"options": options})
    for name in ("lda", "prototype"):
        with pytest.raises(BadRequest, match="can't learn numbers"):
            made(name, "numbers")
    with pytest.raises(BadRequest, match="can't learn from 3 examples"):
        made("by_name", "classes", name="Stacking", options="{}").fit(*[part[[0, 3, 6]] for part in examples()])


def test_a_search_never_splits_a_group():
    # every feature's cells lie together and know its class, which tells nothing of the others
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], [90, 30])[rng.permutation(120)]
    x = (np.repeat(rng.normal(size=(120, 3)), 3, 0) + rng.normal(size=(360, 3)) * 0.01).astype(np.float32)
    y, single = np.repeat(classes, 3), np.arange(360)
    card = CARDS["knn"](neighbours=5, weights="alike")

    def chosen(group):
        return tuned(card, lambda: pipeline(card, "classes", 2, 1, False), x, y, group, 3, "quick", 1)[1]["neighbours"]

    assert chosen(single) == 1
    assert chosen(np.repeat(np.arange(120), 3)) != 1


def test_a_search_finds_what_is_better_and_none_where_a_class_has_one_feature():
    x, y = examples(12, dims=6)
    x += np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    bad = CARDS["svm"](strength=1e-6, kernel="linear")
    for level, settings in (("off", set()), ("quick", {"strength"}), ("thorough", {"strength", "width"})):
        _, chosen = tuned(bad, lambda: pipeline(bad, "numbers", 0, 1, True), x, y * 1.0, np.arange(36), 3, level, 1)
        assert set(chosen) == settings and chosen.get("strength", 1) > 1e-6
    few = examples(1)
    fitted, chosen = tuned(CARDS["logistic"](), lambda: made("logistic", "classes"), *few, np.arange(3), 3, "quick", 1)
    assert chosen == {} and len(fitted.predict(few[0])) == 3


def test_cards_are_read_without_the_engine():
    blocked = "import sys; sys.modules['numpy'] = sys.modules['sklearn'] = None; sys.path.insert(0, sys.argv[1])"
    code = f"{blocked}; import importlib; print(len(importlib.import_module(sys.argv[2] + '.ml').learners()))"
    root = Path(iamap.__file__).parent
    told = subprocess.run([sys.executable, "-c", code, str(root.parent), root.name], capture_output=True, text=True)
    assert told.stdout.strip() == str(len(CARDS)), told.stderr


def test_rasters_of_a_stack_count_alike_however_many_bands_they_have():
    """Two bands that tell the class beside 200 that tell nothing: as bands they drown, as rasters they don't."""
    from iamap.engine.methods.estimators_supervised import VARIANCE, raster_weights

    weights = raster_weights((2, 200))
    assert np.isclose((weights**2).sum(), VARIANCE) and np.isclose((weights[:2] ** 2).sum(), (weights[2:] ** 2).sum())
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    x = np.concatenate([y[:, None] + rng.normal(size=(600, 2)) * 0.6, 50 * rng.normal(size=(600, 200))], 1)
    x = x.astype(np.float32)
    card = next(one for one in learners() if one.id == "logistic")()
    right = {}
    for scaling in ("standardise", "auto"):
        fitted = pipeline(card, "classes", 2, 0, True, scaling, None, (2, 200)).fit(x[:60], y[:60])
        right[scaling] = (fitted.predict(x[60:]) == y[60:]).mean()
    assert right["auto"] > right["standardise"] + 0.1 and right["auto"] > 0.85
