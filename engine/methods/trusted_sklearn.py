"""What model files may hold of scikit-learn, and what is checked before anything predicts.

Files are zips of JSON and arrays, which can't name a function of the attacker's. But scikit-learn trusts its own fitted
attributes: compiled code follows indices without looking whether they lie within the arrays. So

- trees are saved as arrays of our own (``saved_trees.py``) and made anew when loaded, once every child lies
  behind its parent, within the tree, and every feature within those that the method is given;
- support vectors and neighbours are checked to have the shapes and labels that compiled code takes for granted;
- kinds of estimators that IAMAP never saves are refused, for nobody has looked at what they trust;
- what is only needed to go on training (optimisers) is not saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    BaseEnsemble,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)  # fmt: skip
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    NearestCentroid,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)  # fmt: skip
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

from .saved_trees import array, as_arrays, count, must, whole

_PROCESS = "sklearn.gaussian_process"
#: types that skops does not trust by itself, and why they do no harm
TRUSTED = frozenset(
    {
        # numbers that kernels are computed from, by NumPy
        *(
            f"{_PROCESS}.kernels.{name}"
            for name in ("ConstantKernel", "Matern", "Product", "RBF", "Sum", "WhiteKernel")
        ),
        # one class of a Gaussian process against the others: arrays, in NumPy and SciPy
        f"{_PROCESS}._gpc._BinaryGaussianProcessClassifierLaplace",
        # a classifier with its sigmoids: two numbers each
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        # a dict whose keys are attributes too
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils.Bunch",
        # a formula without state, as those that skops trusts
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn._loss.loss.HalfTweedieLoss",
    }
)
#: rooms of scikit-learn whose estimators may be in a file: those of methods that learn from labels
_ROOMS = (
    "_loss", "calibration", "compose", "cross_decomposition", "discriminant_analysis", "dummy", "ensemble",
    "gaussian_process", "kernel_ridge", "linear_model", "mixture", "multiclass", "naive_bayes", "neighbors", "neural_network",
    "pipeline", "preprocessing", "svm", "tree", "utils",
)  # fmt: skip
_NEIGHBOURS = (KNeighborsClassifier, KNeighborsRegressor, RadiusNeighborsClassifier, RadiusNeighborsRegressor)
_BOOSTED = (GradientBoostingClassifier, GradientBoostingRegressor)
#: attributes that only further training needs
_TRAINING_ONLY = frozenset({"_optimizer"})


def to_save(estimator: Any) -> Any:
    """A copy of *estimator* without types that a file can't be trusted with. What can't be loaded fails here."""
    return _rebuilt(estimator, as_arrays, {})


def loaded(estimator: Any) -> Any:
    """A copy of what was in a file that can be fitted data only: trees are whole again, and all is checked.

    Raises:
        ValueError: something points beyond its arrays, or is of a kind that is not saved.
    """
    made = _rebuilt(estimator, whole, {})
    parts = list(_parts(made, set()))
    for part in parts:
        _check_room(part)
        for kind, check in _CHECKS:
            if isinstance(part, kind):
                check(part)
    # asks estimators inside for a first guess, which are checked by now
    for part in parts:
        if isinstance(part, _BOOSTED):
            _check_boosting(part)
    return made


def _rebuilt(thing: Any, change: Callable[[Any], Any], seen: dict[int, Any]) -> Any:
    """Copy the containers and estimators of *thing*; *change* gives what stands for a part, or the part itself."""
    if id(thing) in seen:
        return seen[id(thing)][1]
    changed = change(thing)
    if changed is not thing:
        seen[id(thing)] = (thing, changed)
        return changed
    if isinstance(thing, np.ndarray) and thing.dtype == object:
        made: Any = np.empty(thing.shape, object)
        for place, value in np.ndenumerate(thing):
            made[place] = _rebuilt(value, change, seen)
    elif isinstance(thing, (list, tuple)) and type(thing) in (list, tuple):
        made = type(thing)(_rebuilt(value, change, seen) for value in thing)
    elif isinstance(thing, dict):
        made = type(thing)()
        made.update({key: _rebuilt(value, change, seen) for key, value in thing.items()})
    elif _is_part(thing):
        made = object.__new__(type(thing))
        seen[id(thing)] = (thing, made)
        for name, value in vars(thing).items():
            if name not in _TRAINING_ONLY:
                made.__dict__[name] = _rebuilt(value, change, seen)
    else:
        made = thing
    # the thing too: its number is another's once it is gone
    seen[id(thing)] = (thing, made)
    return made


def _is_part(thing: Any) -> bool:
    """Whether it is an object of scikit-learn, or an estimator, whose attributes can be copied one by one."""
    ours = isinstance(thing, BaseEstimator) or type(thing).__module__.startswith("sklearn.")
    return ours and hasattr(thing, "__dict__") and not isinstance(thing, type)


def _parts(thing: Any, seen: set[int]) -> Iterator[Any]:
    """All objects within *thing*, those inside others first."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        within: list[Any] = thing.ravel().tolist() if thing.dtype == object else []
    elif isinstance(thing, dict):
        within = list(thing.values())
    elif isinstance(thing, (list, tuple)):
        within = list(thing)
    else:
        within = list(vars(thing).values()) if _is_part(thing) else []
    for value in within:
        yield from _parts(value, seen)
    if _is_part(thing):
        yield thing


def _check_room(part: Any) -> None:
    name = type(part).__module__
    if not name.startswith("sklearn."):
        return
    must(name.split(".")[1] in _ROOMS, f"{type(part).__name__} is not saved by IAMAP")
    if name.startswith("sklearn.neighbors."):
        must(isinstance(part, (*_NEIGHBOURS, NearestCentroid)), f"{type(part).__name__} is not saved by IAMAP")


def _check_tree_owner(part: Any) -> None:
    tree = vars(part).get("tree_")
    if tree is not None:
        must(isinstance(tree, Tree) and tree.n_features == _width(part), "a tree has other bands than what it is in")


def _check_ensemble(part: Any) -> None:
    """Estimators of an ensemble are given its cells unchecked, but for bagging, which chooses bands of its own."""
    inside = vars(part).get("estimators_")
    if inside is None or vars(part).get("estimators_features_") is not None:
        return
    for one in np.asarray(inside, object).ravel():
        if isinstance(one, BaseDecisionTree):
            must(
                vars(one).get("tree_") is not None and _width(one) == _width(part), "a forest has trees of other bands"
            )


def _check_boosting(part: Any) -> None:
    inside = vars(part).get("estimators_")
    if inside is None:
        return
    good = isinstance(inside, np.ndarray) and inside.ndim == 2 and inside.size > 0
    must(good and all(isinstance(one, BaseDecisionTree) for one in inside.ravel()), "boosting has no trees")
    first = part._raw_predict_init(np.zeros((1, _width(part)), np.float32))
    good = isinstance(first, np.ndarray) and first.dtype == np.float64 and first.shape == (1, inside.shape[1])
    must(good, "boosting has more trees than classes")


def _check_histograms(part: Any) -> None:
    trees = vars(part).get("_predictors")
    if trees is None:
        return
    must(not vars(part).get("_in_fit") and vars(part).get("_preprocessor") is None, "boosting turns its bands")
    width = _width(part)
    for one in (one for turn in trees for one in turn):
        must(isinstance(one, TreePredictor), "boosting has no trees")
        feature = one.nodes["feature_idx"][one.nodes["is_leaf"] == 0]
        must(bool(((feature >= 0) & (feature < width)).all()), f"a tree asks for a band beyond its {width}")


def _check_machine(part: Any) -> None:
    """Shapes that libsvm takes for granted."""
    own = vars(part)
    vectors = own.get("support_vectors_")
    if vectors is None:
        return
    must(not own.get("_sparse") and "_impl" not in own, "support vectors are of another kind")
    must(own.get("kernel") in ("linear", "poly", "rbf", "sigmoid"), "a kernel is not of libsvm's own")
    sorts = len(own["classes_"]) if type(part)._impl in ("c_svc", "nu_svc") else 2
    pairs, length = sorts * (sorts - 1) // 2, len(vectors)
    each = np.asarray(own["_n_support"])
    shapes = {
        "support_vectors_": (length, _width(part)), "support_": (length,), "_n_support": (sorts,),
        "_dual_coef_": (sorts - 1, length), "_intercept_": (pairs,),
    }  # fmt: skip
    good = all(isinstance(own.get(name), np.ndarray) and own[name].shape == shape for name, shape in shapes.items())
    must(good and (each >= 0).all(), "support vectors have another shape")
    must(type(part)._impl not in ("c_svc", "nu_svc") or each.sum() == length, "support vectors have another number")
    for name in ("_probA", "_probB"):
        must(np.shape(own.get(name)) in ((0,), (pairs,)), "support vectors have other sigmoids")


def _check_neighbours(part: Any) -> None:
    """Labels that compiled code adds up by, and no trees."""
    own = vars(part)
    sample = own.get("_fit_X")
    if sample is None:
        return
    must(own.get("_fit_method") == "brute" and own.get("_tree") is None, "neighbours are found by a tree")
    sample = array(sample, "f", "examples")
    must(
        sample.ndim == 2 and sample.shape[1] == _width(part) and own.get("n_samples_fit_") == len(sample),
        "examples have another shape",
    )
    labels = array(own.get("_y"), "fiu", "labels")
    must(len(labels) == len(sample), "examples have no labels")
    if isinstance(part, (KNeighborsClassifier, RadiusNeighborsClassifier)):
        good = labels.ndim == 1 and labels.dtype.kind in "iu" and not own.get("outputs_2d_")
        must(
            good and ((labels >= 0) & (labels < len(own["classes_"]))).all(), "examples have labels beyond the classes"
        )


_CHECKS: tuple[tuple[Any, Callable[[Any], None]], ...] = (
    (BaseDecisionTree, _check_tree_owner),
    (BaseEnsemble, _check_ensemble),
    ((HistGradientBoostingClassifier, HistGradientBoostingRegressor), _check_histograms),
    ((SVC, NuSVC, SVR, NuSVR, OneClassSVM), _check_machine),
    (_NEIGHBOURS, _check_neighbours),
)


def _width(part: Any) -> int:
    return count(vars(part).get("n_features_in_"))
