"""Learners that scikit-learn has not, or not so that their files can be trusted. They are saved, so their names stay."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.svm import SVC, SVR

from .estimators import nearest

log = logging.getLogger(__name__)

__all__ = [
    "Boosted", "DiscriminantAnalysis", "Machine", "NearestNumbers", "NearestPrototype", "NearestVotes", "ProcessClassifier",
    "ProcessRegressor",
]  # fmt: skip

#: bands below which all are tried at a split
_FEW_BANDS = 20
#: values that bands are cut into: as good as 255 for some thousand examples, and several times as fast
_BINS = 63
#: examples that show how far they are from each other
_MEASURED = 300


class _Nearest(BaseEstimator):  # type: ignore[misc]
    """What votes and numbers of neighbours have in common.

    Args:
        neighbours: how many count; all examples where there are fewer.
        weights: ``alike``, or ``distance``: the nearer ones more.
    """

    def __init__(self, neighbours: int = 5, weights: str = "distance") -> None:
        self.neighbours, self.weights = neighbours, weights

    def _keep(self, x: np.ndarray) -> None:
        self.n_features_in_ = x.shape[1]
        self.sample_ = np.asarray(x, np.float32)
        if self.neighbours > len(x):
            log.warning("there are only %d examples: so many neighbours count, not %d", len(x), self.neighbours)

    def _near(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cells, neighbours) weights that add up to 1, and indices of examples."""
        distance, index = nearest(self.sample_, self.neighbours, np.asarray(x, np.float32))
        if self.weights == "alike":
            return np.full(distance.shape, 1 / distance.shape[1]), index
        # one that is the same as the cell counts much, but it does not count alone when others are hardly farther
        weight = 1 / np.maximum(distance, 1e-6 * np.maximum(distance[:, -1:], 1e-30))
        return weight / weight.sum(1, keepdims=True), index


class NearestVotes(ClassifierMixin, _Nearest):  # type: ignore[misc]
    """Classes by the votes of the nearest examples."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> NearestVotes:
        """Keep the examples."""
        self._keep(x)
        self.classes_, self.index_ = np.unique(y, return_inverse=True)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64: shares of the votes."""
        weight, index = self._near(x)
        own = self.index_[index]
        return np.stack([(weight * (own == number)).sum(1) for number in range(len(self.classes_))], 1)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels."""
        return np.asarray(self.classes_[self.predict_proba(x).argmax(1)])


class NearestNumbers(RegressorMixin, _Nearest):  # type: ignore[misc]
    """The mean number of the nearest examples."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> NearestNumbers:
        """Keep the examples."""
        self._keep(x)
        self.values_ = np.asarray(y, np.float64)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) float64."""
        weight, index = self._near(x)
        return np.asarray((weight * self.values_[index]).sum(1))


class NearestPrototype(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The class whose mean lies in the direction of the cell. All classes count alike, however many examples they have."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> NearestPrototype:
        """Find the means of the directions."""
        self.n_features_in_ = x.shape[1]
        self.classes_, index = np.unique(y, return_inverse=True)
        directions = _directions(x)
        means = np.stack([directions[index == number].mean(0) for number in range(len(self.classes_))])
        self.prototypes_ = _directions(means)
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64: cosines."""
        return np.asarray(_directions(x) @ self.prototypes_.T)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels."""
        return np.asarray(self.classes_[self.decision_function(x).argmax(1)])


class DiscriminantAnalysis(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Linear discriminant analysis with one covariance for all classes, drawn towards a sphere.

    scikit-learn's estimates how much for each class alone, which a class of one example has no answer to.

    Args:
        shrinkage: 0 for the covariance as it is, 1 for a sphere; None for the estimate of Ledoit and Wolf (2004).
    """

    def __init__(self, shrinkage: float | None = None) -> None:
        self.shrinkage = shrinkage

    def fit(self, x: np.ndarray, y: np.ndarray) -> DiscriminantAnalysis:
        """Find the planes between the classes."""
        self.n_features_in_ = x.shape[1]
        x = np.asarray(x, np.float64)
        self.classes_, index, counts = np.unique(y, return_inverse=True, return_counts=True)
        means = np.stack([x[index == number].mean(0) for number in range(len(counts))])
        within = x - means[index]
        share = self.shrinkage
        if share is None:
            share = float(ledoit_wolf_shrinkage(within, assume_centered=True)) if len(x) > len(counts) else 1.0
        covariance = within.T @ within / len(x)
        sphere = float(np.trace(covariance)) / x.shape[1] or 1.0
        # a little of it always, so that there is an answer
        share = max(share, 1e-6)
        covariance = (1 - share) * covariance + share * sphere * np.eye(x.shape[1])
        self.coef_ = np.linalg.solve(covariance, means.T).T
        self.intercept_ = np.log(counts / len(x)) - 0.5 * (means * self.coef_).sum(1)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64."""
        values = np.asarray(x, np.float64) @ self.coef_.T + self.intercept_
        made = np.exp(values - values.max(1, keepdims=True))
        return np.asarray(made / made.sum(1, keepdims=True))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels."""
        return np.asarray(self.classes_[self.predict_proba(x).argmax(1)])


class Boosted(BaseEstimator):  # type: ignore[misc]
    """scikit-learn's gradient boosting on histograms, on all examples, by the bands there are.

    Args:
        task: ``classes`` or ``numbers``.
        trees, rate, leaves, leaf: trees, learning rate, most leaves of a tree, fewest examples in one.
        share: of the bands, tried at a split; all where there are few.
        balanced: classes count alike.
        seed: of the bands that are tried.
    """

    def __init__(
        self,
        task: str,
        trees: int = 100,
        rate: float = 0.1,
        leaves: int = 8,
        leaf: int = 3,
        share: float = 1.0,
        balanced: bool = False,
        seed: int = 0,
    ) -> None:
        self.task, self.trees, self.rate, self.leaves, self.leaf = task, trees, rate, leaves, leaf
        self.share, self.balanced, self.seed = share, balanced, seed

    def fit(self, x: np.ndarray, y: np.ndarray) -> Boosted:
        """Learn from (cells, dims) and labels or numbers."""
        self.n_features_in_ = x.shape[1]
        options = {
            "learning_rate": self.rate, "max_iter": self.trees, "max_leaf_nodes": self.leaves, "min_samples_leaf": self.leaf,
            "max_features": self.share if x.shape[1] >= _FEW_BANDS else 1.0, "l2_regularization": 1.0, "max_bins": _BINS,
            "early_stopping": False, "categorical_features": None, "random_state": self.seed,
        }  # fmt: skip
        if self.task == "numbers":
            self.model_ = HistGradientBoostingRegressor(**options).fit(x, y)
            return self
        weight = "balanced" if self.balanced else None
        self.model_ = HistGradientBoostingClassifier(class_weight=weight, **options).fit(x, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64."""
        return np.asarray(self.model_.predict_proba(x))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels or numbers."""
        return np.asarray(self.model_.predict(x))


class Machine(BaseEstimator):  # type: ignore[misc]
    """scikit-learn's support vector machine, whose kernel suits the spread of the features.

    Args:
        task: ``classes`` or ``numbers``.
        linear: straight cuts; otherwise a kernel of radial basis functions.
        strength: cost of an example on the wrong side.
        width: of the radial basis functions, in shares of what suits the spread.
        balanced: classes count alike.
    """

    def __init__(
        self, task: str, linear: bool, strength: float = 1.0, width: float = 1.0, balanced: bool = False
    ) -> None:
        self.task, self.linear, self.strength, self.width, self.balanced = task, linear, strength, width, balanced

    def fit(self, x: np.ndarray, y: np.ndarray) -> Machine:
        """Learn from (cells, dims) and labels or numbers."""
        self.n_features_in_ = x.shape[1]
        # a linear kernel of many bands has large values: the strength is for kernels of about 1
        spread = float(np.square(np.asarray(x, np.float64) - x.mean(0)).sum(1).mean()) or 1.0
        options: dict[str, Any] = {"kernel": "linear", "C": self.strength / spread}
        if not self.linear:
            options = {"kernel": "rbf", "C": self.strength, "gamma": 1 / (spread * self.width**2)}
        if self.task == "numbers":
            self.model_ = SVR(**options).fit(x, y)
            return self
        weight = "balanced" if self.balanced else None
        self.model_ = SVC(class_weight=weight, **options).fit(x, y)
        self.classes_ = self.model_.classes_
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64; (cells,) of two classes."""
        return np.asarray(self.model_.decision_function(x))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels or numbers."""
        return np.asarray(self.model_.predict(x))


class _Process(BaseEstimator):  # type: ignore[misc]
    """What Gaussian processes of classes and of numbers have in common.

    Args:
        most: examples it learns from; of more, so many are drawn, of all classes as evenly as their shares allow.
        smooth: ``very``: squared exponential; ``less``: Matérn 3/2.
        seed: of the draw.
    """

    def __init__(self, most: int = 500, smooth: str = "very", seed: int = 0) -> None:
        self.most, self.smooth, self.seed = most, smooth, seed

    def _kernel(self, x: np.ndarray) -> Any:
        """One whose length suits the distances there are: from 1, the search for it finds nothing in 384 dims."""
        drawn = np.random.default_rng(self.seed).permutation(len(x))[:_MEASURED]
        distance = pdist(np.asarray(x, np.float64)[drawn])
        length = (float(np.median(distance)) if len(distance) else 0.0) or 1.0
        bounds = (1e-2 * length, 1e2 * length)
        kernel = RBF(length, bounds) if self.smooth == "very" else Matern(length, bounds, nu=1.5)
        return ConstantKernel(1.0, (1e-2, 1e3)) * kernel

    def _drawn(self, y: np.ndarray, classes: bool) -> np.ndarray:
        """Indices of the examples it learns from, in order."""
        if len(y) <= self.most:
            return np.arange(len(y))
        log.warning("a Gaussian process learns from %d of the %d examples, drawn evenly", self.most, len(y))
        order = np.random.default_rng(self.seed).permutation(len(y))
        # by class, or by number, every so many-th: each is drawn as its share is, and none is lost that can be kept
        order = order[np.argsort(y[order], kind="stable")]
        kept = set(order[np.linspace(0, len(y) - 1, self.most).round().astype(int)].tolist())
        if classes:
            kept |= {int(order[np.searchsorted(y[order], value)]) for value in np.unique(y)}
        return np.array(sorted(kept))


class ProcessClassifier(ClassifierMixin, _Process):  # type: ignore[misc]
    """A Gaussian process for each class against the others."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> ProcessClassifier:
        """Learn from (cells, dims) and labels."""
        self.n_features_in_ = x.shape[1]
        kept = self._drawn(y, True)
        self.model_ = GaussianProcessClassifier(self._kernel(x), random_state=self.seed).fit(x[kept], y[kept])
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, classes) float64."""
        return np.asarray(self.model_.predict_proba(x))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) labels."""
        return np.asarray(self.classes_[self.predict_proba(x).argmax(1)])


class ProcessRegressor(RegressorMixin, _Process):  # type: ignore[misc]
    """A Gaussian process for numbers of about mean 0 and deviation 1, with noise of unknown size."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> ProcessRegressor:
        """Learn from (cells, dims) and numbers."""
        self.n_features_in_ = x.shape[1]
        kept = self._drawn(y, False)
        kernel = self._kernel(x) + WhiteKernel(0.1, (1e-4, 10))
        self.model_ = GaussianProcessRegressor(kernel, random_state=self.seed).fit(x[kept], y[kept])
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells,) float64."""
        return np.asarray(self.model_.predict(x))


def _directions(x: np.ndarray) -> np.ndarray:
    """(n, dims) divided by their lengths, float64; those of no length stay."""
    x = np.asarray(x, np.float64)
    length = np.sqrt(np.einsum("ij,ij->i", x, x))
    return np.asarray(x / np.where(length > 0, length, 1)[:, None])
