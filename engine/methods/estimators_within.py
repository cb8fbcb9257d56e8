"""Neighbours within a radius, for cells that have none too. It is saved in model files, so its name stays."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

__all__ = ["NearestWithin"]


class NearestWithin(BaseEstimator):  # type: ignore[misc]
    """Neighbours within a radius; the nearest example alone where there are none.

    Args:
        inner: scikit-learn's RadiusNeighborsClassifier or RadiusNeighborsRegressor, brute.
        measure: find the radius: half of the examples have 5 others within it.
    """

    def __init__(self, inner: Any, measure: bool = False) -> None:
        self.inner, self.measure = inner, measure

    def __sklearn_tags__(self) -> Any:
        """Those of what is inside: scikit-learn asks whether this is a classifier."""
        return self.inner.__sklearn_tags__()

    def fit(self, x: np.ndarray, y: np.ndarray) -> NearestWithin:
        """Learn from (cells, dims) and labels or numbers."""
        self.n_features_in_ = x.shape[1]
        inner = clone(self.inner)
        kind = (
            KNeighborsClassifier if hasattr(inner, "predict_proba") or "outlier_label" in inner.get_params() else None
        )
        settings = {name: inner.get_params()[name] for name in ("metric", "p", "metric_params")}
        self.nearest_ = (kind or KNeighborsRegressor)(1, algorithm="brute", **settings).fit(x, y)
        if self.measure and len(x) > 1:
            distance = self.nearest_.kneighbors(n_neighbors=min(5, len(x) - 1))[0][:, -1]
            inner.set_params(radius=float(np.median(distance)) or 1.0)
        if kind and inner.get_params()["outlier_label"] is None:
            inner.set_params(outlier_label="most_frequent")
        self.inner_ = inner.fit(x, y)
        if kind:
            self.classes_ = self.inner_.classes_
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels or numbers."""
        if hasattr(self, "classes_"):
            return np.asarray(self.classes_[self.predict_proba(x).argmax(1)])
        return self._either("predict", x)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64."""
        return self._either("predict_proba", x)

    def _either(self, method: str, x: np.ndarray) -> np.ndarray:
        # cells that are alone would make scikit-learn warn
        made = np.asarray(getattr(self.nearest_, method)(x), np.float64)
        near = self.nearest_.kneighbors(x)[0][:, 0] <= self.inner_.radius
        if near.any():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                found = np.asarray(getattr(self.inner_, method)(x[near]), np.float64)
            made[near] = np.where(np.isfinite(found), found, made[near])
        return made
