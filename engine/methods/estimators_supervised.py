"""What stands around an estimator that learns from labels. It is saved in model files, so its names stay."""

from __future__ import annotations

import inspect
import logging
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, clone
from sklearn.ensemble import BaseEnsemble
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from ...contract.errors import BadRequest
from ..preparation import principal_axes, product, signs
from ..survey import to_unit

log = logging.getLogger(__name__)

#: of all bands together: that of the features which the strengths of the methods were chosen with (MOSAIKS)
VARIANCE = 256.0

__all__ = ["Compressed", "FullProbabilities", "Numbers", "Scaled", "WithProbabilities"]

#: cells that are predicted at once
_PORTION = 2048
#: a band whose deviation is a smaller share of its mean has nothing but rounding in it
_ROUNDING = 1e-7
#: folds that show how far decision values can be trusted
_FOLDS = 3
#: what an example in the middle is given at most, and where nothing could be held out: its class to all others
_SUREST, _UNTRIED = 99.0, 4.0


def raster_weights(layers: Sequence[int]) -> np.ndarray:
    """(bands,) what standardised bands are multiplied with: all rasters then have the same variance, together VARIANCE.

    Otherwise hundreds of features drown a few bands; and a penalty on weights that suits hundreds of bands holds those of
    three bands down. Measured in docs/quality.md, "Maps from few labels".

    Args:
        layers: bands of each raster.
    """
    sizes = np.array(layers, np.float64)
    return np.repeat(np.sqrt(VARIANCE / (len(sizes) * sizes)), layers)


class Scaled(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Bring bands to one scale, in float64.

    Args:
        way: ``standardise``; ``rasters alike``, see ``raster_weights``; ``unit length``, which centres, and multiplies by the root of the number of bands, so that values
            are about 1 again; ``none``, which leaves the cells alone.
        layers: bands of each raster of a stack, for ``rasters alike``; None for one raster.
    """

    def __init__(self, way: str = "standardise", layers: list[int] | None = None) -> None:
        self.way, self.layers = way, layers

    def fit(self, x: np.ndarray, y: Any = None) -> Scaled:
        """Find mean and factor of (cells, bands). A band that never changes gets the factor 0: nothing can be learnt from it."""
        self.n_features_in_ = x.shape[1]
        if self.way == "none":
            return self
        x = self._turned(x)
        self.mean_ = x.mean(0)
        deviation = x.std(0)
        alive = deviation > _ROUNDING * np.abs(self.mean_)
        wide = np.full(x.shape[1], x.shape[1] ** -0.5) if self.way == "unit length" else deviation
        self.factor_ = np.where(alive, 1 / np.where(alive, wide, 1), 0)
        if self.way == "rasters alike":
            self.factor_ = self.factor_ * raster_weights(self.layers or [x.shape[1]])
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        """(cells, bands) to the same, float64; as they are with ``none``."""
        return x if self.way == "none" else (self._turned(x) - self.mean_) * self.factor_

    def _turned(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(to_unit(x) if self.way == "unit length" else x, np.float64)


class Compressed(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Principal components of the examples, exact, of fixed sign: as many as asked for, or as the examples allow.

    Args:
        components: how many.
    """

    def __init__(self, components: int) -> None:
        self.components = components

    def fit(self, x: np.ndarray, y: Any = None) -> Compressed:
        """Find mean and axes of (cells, bands)."""
        self.n_features_in_ = x.shape[1]
        self.mean_ = x.mean(0, dtype=np.float64)
        inner = np.asarray(x, np.float64) - self.mean_
        kept = max(1, min(self.components, len(x) - 1, x.shape[1]))
        if len(x) > x.shape[1]:
            axes = principal_axes(inner.T @ inner / len(x))[1][:kept]
        else:
            with threadpool_limits(1):
                axes = np.linalg.svd(inner, full_matrices=False)[2][:kept]
            axes = axes * signs(axes)[:, None]
        self.axes_ = np.ascontiguousarray(axes)
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        """(cells, bands) to (cells, components) float64."""
        return np.asarray(product(x - self.mean_, self.axes_), np.float64)


class FullProbabilities(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that gives all classes a probability, also those that it was not fitted on: 0.

    Args:
        inner: with ``predict_proba``. Not fitted where all examples are of one class, which is then the answer.
        classes: how many there are; labels are 0 to *classes* - 1.
    """

    def __init__(self, inner: Any, classes: int) -> None:
        self.inner, self.classes = inner, classes

    def fit(self, x: np.ndarray, y: np.ndarray) -> FullProbabilities:
        """Learn from (cells, dims) and (cells,) whole numbers."""
        y = np.asarray(y, np.int64)
        self.n_features_in_ = x.shape[1]
        self.classes_ = np.arange(self.classes)
        self.present_, counts = np.unique(y, return_counts=True)
        self.shares_ = counts / len(y)
        self.inner_ = None if len(self.present_) == 1 else _fitted(self.inner, x, y)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float32 that add up to 1."""
        made = np.zeros((len(x), self.classes), np.float32)
        if self.inner_ is None:
            made[:, self.present_] = 1
            return made
        found = in_portions(self.inner_, "predict_proba", x)
        total = found.sum(1, keepdims=True)
        good = np.isfinite(total) & (total > 0)
        made[:, self.present_] = np.where(good, found / np.where(good, total, 1), self.shares_)
        return made

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) int64: the class of the highest probability, the first of those."""
        return np.asarray(self.predict_proba(x).argmax(1), np.int64)


class Numbers(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor that learns numbers of any scale.

    Args:
        inner: with ``predict``. Not fitted where all examples have one number, which is then the answer.
        level: it is given numbers of mean 0 and deviation 1.
    """

    def __init__(self, inner: Any, level: bool = True) -> None:
        self.inner, self.level = inner, level

    def fit(self, x: np.ndarray, y: np.ndarray) -> Numbers:
        """Learn from (cells, dims) and (cells,) numbers."""
        y = np.asarray(y, np.float64)
        self.n_features_in_ = x.shape[1]
        self.mean_, deviation = float(y.mean()), float(y.std())
        constant = deviation <= 1e-12 * abs(self.mean_)
        self.deviation_ = 1.0 if constant else deviation
        given = (y - self.mean_) / self.deviation_ if self.level else y
        self.inner_ = None if constant else _fitted(self.inner, x, given)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) float64; the mean of the examples where the method gives no finite number."""
        if self.inner_ is None:
            return np.full(len(x), self.mean_)
        found = in_portions(self.inner_, "predict", x).reshape(len(x)).astype(np.float64)
        found = found * self.deviation_ + self.mean_ if self.level else found
        return np.where(np.isfinite(found), found, self.mean_)


class WithProbabilities(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that has probabilities, whatever it is made of, and classes that count alike if asked for.

    Where *inner* has none, they are a softmax of its decision values. How steep, is what suits examples that were held out;
    where a class has fewer than 3, it is what gives an example in the middle 4 to 1 for its class. Where there are no
    decision values either, the answer gets all. Folds are drawn among the examples, so neighbours may be on both sides.

    Args:
        inner: a classifier.
        balanced: weigh examples where *inner* can, otherwise divide probabilities by the shares of the classes.
        seed: of the folds.
    """

    def __init__(self, inner: Any, balanced: bool = False, seed: int = 0) -> None:
        self.inner, self.balanced, self.seed = inner, balanced, seed

    def fit(self, x: np.ndarray, y: np.ndarray) -> WithProbabilities:
        """Learn from (cells, dims) and (cells,) labels."""
        self.classes_, index, counts = np.unique(y, return_inverse=True, return_counts=True)
        self.n_features_in_ = x.shape[1]
        weight = None
        if self.balanced and takes_weights(self.inner):
            weight = (len(y) / (len(counts) * counts))[index]
        self.inner_ = _fitted(self.inner, x, y, weight)
        self.shares_ = counts / len(y) if self.balanced and weight is None else None
        self.temperature_ = 1.0
        if not hasattr(self.inner_, "predict_proba") and hasattr(self.inner_, "decision_function"):
            self.temperature_ = self._temperature(x, y, index, counts, weight)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64."""
        if hasattr(self.inner_, "predict_proba"):
            found = np.asarray(self.inner_.predict_proba(x), np.float64)
        elif hasattr(self.inner_, "decision_function"):
            found = _softmax(_decision(self.inner_, x) / self.temperature_)
        else:
            found = np.equal(np.asarray(self.inner_.predict(x))[:, None], self.classes_).astype(np.float64)
        if self.shares_ is not None:
            found = found / self.shares_
            found /= np.maximum(found.sum(1, keepdims=True), 1e-300)
        return found

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels: that of the highest probability."""
        return np.asarray(self.classes_[self.predict_proba(x).argmax(1)])

    def _temperature(self, x: np.ndarray, y: np.ndarray, index: np.ndarray, counts: np.ndarray, weight: Any) -> float:
        """What decision values are divided by."""
        tried = counts.min() >= _FOLDS
        held = np.zeros((len(y), len(counts)))
        if tried:
            for learnt, out in StratifiedKFold(_FOLDS, shuffle=True, random_state=self.seed).split(x, y):
                part = _fitted(self.inner, x[learnt], y[learnt], None if weight is None else weight[learnt])
                held[out] = _decision(part, x[out])
        else:
            held = _decision(self.inner_, x)
        best = np.sort(held, 1)
        margin = max(float(np.mean(best[:, -1] - best[:, -2])), 1e-12)
        others = len(counts) - 1
        if not tried:
            return margin / float(np.log(_UNTRIED * others))
        steepest = margin / np.log(_SUREST * others)
        temperatures = steepest * np.geomspace(1, 1000, 61)
        own = [_softmax(held / t)[np.arange(len(y)), index] for t in temperatures]
        losses = [-float(np.mean(np.log(np.maximum(one, 1e-12)))) for one in own]
        return float(temperatures[int(np.argmin(losses))])


def takes_weights(estimator: Any) -> bool:
    """Whether its ``fit`` takes ``sample_weight``."""
    return "sample_weight" in inspect.signature(estimator.fit).parameters


def in_portions(estimator: Any, method: str, x: np.ndarray) -> np.ndarray:
    """Ask *method* of a fitted estimator for (cells, dims), some cells at a time: memory stays small.

    Several portions are worked on at once, each on one thread. The threads of a forest each take some of its trees, and add
    up in whatever order they end in; those of boosting wait for each other at every tree.
    """
    ask: Callable[[np.ndarray], Any] = getattr(estimator, method)
    portions = [x[start : start + _PORTION] for start in range(0, max(len(x), 1), _PORTION)]
    with threadpool_limits(1):
        if len(portions) == 1:
            return np.asarray(ask(portions[0]))
        # OpenMP counts for each thread by itself
        with ThreadPoolExecutor(min(os.cpu_count() or 1, len(portions)), initializer=_alone) as pool:
            return np.concatenate(list(pool.map(ask, portions)))


def _alone() -> None:
    threadpool_limits(1, "openmp")


def _fitted(inner: Any, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Any:
    """A fitted copy, with settings that so few examples allow.

    Raises:
        BadRequest: scikit-learn refuses it.
    """
    made = clone(inner)
    _lower(made, y)
    try:
        # on one thread: how many there are must not change how a sum is rounded
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            made.fit(x, y) if weight is None else made.fit(x, y, sample_weight=weight)
    except BadRequest:
        raise
    except (ValueError, TypeError, np.linalg.LinAlgError) as error:
        reason = " ".join(str(error).split())[:300].rstrip(".")
        raise BadRequest(
            f"{type(made).__name__} can't learn from {len(y)} examples: {reason}",
            "change its settings, give more labels, or choose another method",
        ) from error
    if isinstance(made, BaseEnsemble) and "n_jobs" in made.get_params(deep=False):
        made.set_params(n_jobs=None)
    return made


def _lower(estimator: Any, y: np.ndarray) -> None:
    """Neighbours and inner folds that there are examples for."""
    own = estimator.get_params(deep=False)
    if isinstance(own.get("n_neighbors"), int) and own["n_neighbors"] > len(y):
        log.warning("there are only %d examples: so many neighbours count, not %d", len(y), own["n_neighbors"])
        estimator.set_params(n_neighbors=len(y))
    if "cv" in own and (own["cv"] is None or isinstance(own["cv"], int)) and np.asarray(y).dtype.kind in "iu":
        estimator.set_params(cv=int(np.clip(np.unique(y, return_counts=True)[1].min(), 2, own["cv"] or 5)))


def _decision(estimator: Any, x: np.ndarray) -> np.ndarray:
    """(cells, classes) decision values; of two classes too."""
    found = np.asarray(estimator.decision_function(x), np.float64)
    return np.column_stack([-found / 2, found / 2]) if found.ndim == 1 else found


def _softmax(values: np.ndarray) -> np.ndarray:
    made = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(made / made.sum(1, keepdims=True))
