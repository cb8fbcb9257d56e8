"""Model files of learners: no crafted one gets through to compiled code, and no type that is not listed."""

from __future__ import annotations

import os

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("skops", reason="needs the engine environment")

import skops.io  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine import models  # noqa: E402
from iamap.engine.methods.saved_trees import TreeArrays  # noqa: E402
from iamap.engine.methods.trusted_sklearn import loaded, to_save  # noqa: E402
from iamap.engine.training.by_name import named  # noqa: E402
from iamap.engine.training.pipelines import pipeline  # noqa: E402
from iamap.ml.random_forest import RandomForest  # noqa: E402


def examples(each):
    """*each* cells of three kinds, in 5 bands."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), each)
    return (rng.normal(size=(3, 5))[y] * 2 + rng.normal(size=(len(y), 5))).astype(np.float32), y


def forest():
    return pipeline(RandomForest(trees=5), "classes", 3, 1, True)


def hostile(change):
    """A pipeline with a forest, in a file's bytes, after *change* of its first tree."""
    x, y = examples(6)
    plain = to_save(forest().fit(x, y))
    tree = plain.named_steps["learn"].inner_.estimators_[0]
    tree.tree_.nodes = tree.tree_.nodes.copy()
    change(tree.tree_, plain.named_steps["learn"].inner_)
    return skops.io.dumps(plain)


def _child(tree, forest):
    tree.nodes["left_child"][0] = 10_000_000


def _circle(tree, forest):
    tree.nodes["right_child"][1:][tree.nodes["right_child"][1:] > 0] = 0


def _band(tree, forest):
    tree.nodes["feature"][0] = 5


def _values(tree, forest):
    tree.values = tree.values[:1]


def _wide(tree, forest):
    tree.features = 500
    tree.nodes["feature"][0] = 400


def _wide_owner(tree, forest):
    _wide(tree, forest)
    forest.estimators_[0].n_features_in_ = 500


def _float(tree, forest):
    tree.nodes = np.zeros((3, 2))


@pytest.mark.parametrize("change", [_child, _circle, _band, _values, _wide, _wide_owner, _float])
def test_a_tree_that_points_beyond_its_arrays_is_refused(change):
    with pytest.raises(BadRequest, match="damaged, or made to do harm"):
        models._estimator(hostile(change), "m.iamap")


def test_a_file_as_it_was_written_is_not_refused():
    assert models._estimator(hostile(lambda *_: None), "m.iamap").named_steps


def _fitted_by_name(name, **options):
    x, y = examples(6)
    return to_save(named(name, options, "classes", 1, False).fit(x, y)).inner_


def test_other_arrays_that_compiled_code_trusts_are_checked():
    def refused(plain):
        with pytest.raises(ValueError, match=r"tree|boosting|support|examples|kernel"):
            loaded(plain)

    plain = _fitted_by_name("SVC")
    loaded(plain)
    plain._dual_coef_ = plain._dual_coef_[:, :1]
    refused(plain)
    plain = _fitted_by_name("NuSVC")
    plain._n_support = plain._n_support + np.array([5, -5, 0], plain._n_support.dtype)
    plain._n_support[1] = -1
    refused(plain)
    plain = _fitted_by_name("KNeighbors")
    plain._y = plain._y + 1000
    refused(plain)
    plain = _fitted_by_name("HistGradientBoosting", max_iter=3, min_samples_leaf=2)
    loaded(plain)
    plain._predictors[0][0].nodes = plain._predictors[0][0].nodes.copy()
    plain._predictors[0][0].nodes["feature_idx"] = 99
    refused(plain)
    plain = _fitted_by_name("GradientBoosting", n_estimators=3)
    loaded(plain)
    plain.estimators_ = np.concatenate([plain.estimators_] * 9, 1)
    refused(plain)


def test_types_that_are_not_listed_are_refused():
    from sklearn.cluster import KMeans
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.tree import DecisionTreeClassifier

    x, y = examples(5)
    # as skops itself writes them
    for foreign in (
        DecisionTreeClassifier().fit(x, y),
        KNeighborsClassifier(algorithm="kd_tree").fit(x, y),
        FunctionTransformer(os.system),
    ):
        with pytest.raises(BadRequest, match="does not trust"):
            models._estimator(skops.io.dumps(foreign), "m.iamap")
    with pytest.raises(BadRequest, match="KMeans is not saved"):
        models._estimator(skops.io.dumps(KMeans(2).fit(x)), "m.iamap")
    assert isinstance(to_save(DecisionTreeClassifier().fit(x, y)).tree_, TreeArrays)


def test_saving_leaves_what_is_saved_as_it_is():
    x, y = examples(5)
    fitted = forest().fit(x, y)
    before = fitted.predict_proba(x)
    content = skops.io.dumps(to_save(fitted))
    assert np.array_equal(before, fitted.predict_proba(x))
    assert np.array_equal(before, models._estimator(content, "m.iamap").predict_proba(x))
    assert not [name for name in skops.io.get_untrusted_types(data=content) if name.startswith("sklearn.tree")]
