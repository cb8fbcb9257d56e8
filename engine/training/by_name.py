"""Classifiers and regressors of scikit-learn by name, with their parameters from JSON. Nothing else is ever imported."""

from __future__ import annotations

import difflib
import inspect
import logging
import re
import warnings
from functools import lru_cache
from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import all_estimators

from ...contract.errors import BadRequest
from ..methods.estimators_supervised import WithProbabilities, takes_weights
from ..methods.estimators_within import NearestWithin

log = logging.getLogger(__name__)

_SUFFIX = {"classes": "Classifier", "numbers": "Regressor"}
_MIXIN = {"classes": ClassifierMixin, "numbers": RegressorMixin}
#: what they learn is not one label or number of each cell
_OTHER = re.compile(
    "MultiOutput|MultiTask|Chain$|^CCA$|^PLSCanonical$|^Isotonic|Threshold|SelfTraining|^Label(Prop|Spr)"
)
#: parameters that hold a method
_INNER = ("estimator", "final_estimator", "init", "regressor", "classifier")
#: what is combined where nothing is said
_COMBINED = {
    "classes": ["RandomForestClassifier", "LogisticRegression", "GaussianNB"],
    "numbers": ["RandomForestRegressor", "Ridge", "KNeighborsRegressor"],
}
#: what is inside a method that needs one, where nothing is said
_INSIDE = {"classes": "LogisticRegression", "numbers": "Ridge"}


def named(name: str, options: dict[str, Any], task: str, seed: int, balanced: bool) -> Any:
    """Make an estimator that is not fitted.

    Args:
        name: ``AdaBoostClassifier``, ``AdaBoost`` or ``sklearn.ensemble.AdaBoostClassifier``, in small letters too.
        options: parameters; methods inside by name, or as ``{"name": …, "options": {…}}``.
        task: ``classes`` or ``numbers``.
        seed: where it has a ``random_state``.
        balanced: classes count alike: by its ``class_weight``, by weights of examples, or afterwards.

    Returns:
        With ``predict``, and for classes ``predict_proba``.

    Raises:
        BadRequest: there is none of this name, it does something else, or it has no such parameter.
    """
    made = _made(_found(name, task), options, task, seed, balanced)
    if task == "numbers":
        return made
    own = made.get_params(deep=False)
    weighed = own.get("class_weight") is not None
    return WithProbabilities(made, balanced and not weighed, seed)


@lru_cache(maxsize=1)
def _all() -> dict[str, type]:
    """All estimators of scikit-learn by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: kind for name, kind in all_estimators() if kind.__module__.startswith("sklearn.")}


def _offered(task: str) -> list[str]:
    return [name for name, kind in _all().items() if issubclass(kind, _MIXIN[task]) and not _OTHER.search(name)]


def _found(name: str, task: str) -> type:
    """The class that *name* means for *task*."""
    room, _, bare = name.strip().rpartition(".")
    plain = {re.sub("[^a-z0-9]", "", known.lower()): known for known in _all()}
    wanted = re.sub("[^a-z0-9]", "", bare.lower())
    found = plain.get(wanted + _SUFFIX[task].lower()) or plain.get(wanted)
    other = plain.get(wanted + _SUFFIX["numbers" if task == "classes" else "classes"].lower())
    if found is None and other is not None:
        found = other
    if found is None or (room and not f"{_all()[found].__module__}.".startswith(f"{room}.")):
        near = difflib.get_close_matches(bare, _offered(task), 4, 0.5) or _offered(task)[:4]
        raise BadRequest(
            f"name = {name!r} is no {_SUFFIX[task].lower()} of scikit-learn", "near are " + ", ".join(near)
        )
    kind = _all()[found]
    if not issubclass(kind, (ClassifierMixin, RegressorMixin)):
        raise BadRequest(
            f"{found} of scikit-learn is neither a classifier nor a regressor",
            "it does not learn from labels; choose another",
        )
    if not issubclass(kind, _MIXIN[task]):
        turned = re.sub("Classifier|Regressor|Regression|C$|R$", "", found)
        near = difflib.get_close_matches(turned, _offered(task), 3, 0.4) or _offered(task)[:3]
        raise BadRequest(f"{found} does not learn {task}", "near are " + ", ".join(near))
    if _OTHER.search(found):
        raise BadRequest(f"{found} does not learn one label of each cell", "choose another")
    return kind


def _made(kind: type, options: dict[str, Any], task: str, seed: int, balanced: bool) -> Any:
    """An instance whose parameters are checked as far as scikit-learn can without data."""
    name, known = kind.__name__, inspect.signature(kind).parameters
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise BadRequest(f"{name} has no parameter {', '.join(unknown)}", "it has " + ", ".join(known))
    given = {key: _inner(key, value, task, seed, balanced) for key, value in options.items()}
    _complete(kind, known, given, task, seed, balanced)
    if "random_state" in known:
        given.setdefault("random_state", seed)
    if balanced and task == "classes" and "class_weight" in known:
        given.setdefault("class_weight", "balanced")
    try:
        made = kind(**given)
        # not public, so it may go; fitting then tells the same, later
        getattr(made, "_validate_params", lambda: None)()
    except (ValueError, TypeError) as error:
        if isinstance(error, BadRequest):
            raise
        raise BadRequest(" ".join(str(error).split()).rstrip("."), f"see the page of {name}") from error
    return NearestWithin(made, "radius" not in options) if "RadiusNeighbors" in name else made


def _complete(kind: type, known: Any, given: dict[str, Any], task: str, seed: int, balanced: bool) -> None:
    """Parameters that have to be there, and those that must not be as scikit-learn has them."""
    if kind.__module__.startswith("sklearn.neighbors.") and "algorithm" in known:
        if given.get("algorithm", "auto") not in ("auto", "brute"):
            log.warning("%s compares with all examples: its trees can't be trusted in a model file", kind.__name__)
        given["algorithm"] = "brute"
    if "categorical_features" in known:
        given["categorical_features"] = None
    for key in ("estimator", "estimators"):
        if key in known and known[key].default is inspect.Parameter.empty and key not in given:
            inside: Any = _INSIDE[task] if key == "estimator" else _COMBINED[task]
            given[key] = _inner(key, inside, task, seed, balanced)
    if kind.__name__ == "VotingClassifier" and all(hasattr(one, "predict_proba") for _, one in given["estimators"]):
        given.setdefault("voting", "soft")


def _inner(key: str, value: Any, task: str, seed: int, balanced: bool) -> Any:
    """A parameter as scikit-learn wants it: methods made, all else as it is."""
    if key == "estimators" and isinstance(value, (list, tuple)):
        made: list[tuple[str, Any]] = []
        for number, one in enumerate(value):
            pair = isinstance(one, (list, tuple)) and len(one) == 2
            label, what = one if pair else (None, one)
            method = _method(what, task, seed, balanced)
            made.append((str(label or f"{type(method).__name__.lower()}{number + 1}"), method))
        return made
    is_name = isinstance(value, str) and value not in ("zero", "deprecated", "drop", "passthrough")
    if key in _INNER and (is_name or isinstance(value, dict)):
        return _method(value, task, seed, balanced)
    return value


def _method(what: Any, task: str, seed: int, balanced: bool) -> Any:
    """A method inside another: its name, or ``{"name": …, "options": {…}}``."""
    if isinstance(what, str):
        what = {"name": what}
    if not isinstance(what, dict) or not isinstance(what.get("name"), str) or set(what) - {"name", "options"}:
        raise BadRequest(
            f"{what!r} is no method", 'give a name, or {"name": "DecisionTree", "options": {"max_depth": 2}}'
        )
    options = what.get("options") or {}
    if not isinstance(options, dict):
        raise BadRequest(f"options = {options!r} has no names", 'write {"max_depth": 2}')
    made = _made(_found(what["name"], task), options, task, seed, balanced)
    # others ask what is inside for weights; what has none is left as it is
    log.debug("%s inside, %s weights", type(made).__name__, "with" if takes_weights(made) else "without")
    return made
