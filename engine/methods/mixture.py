"""Gaussian mixtures that come to an end on any data."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from ...contract.errors import BadRaster
from ..fitting import Lesson
from .estimators_cluster import Posterior

#: what is added to the variances of a cluster, as shares of the mean variance; the next only where the last was too little
_FLOORS = (1e-6, 1e-4, 1e-2)


def mixture(lesson: Lesson, count: int, shape: str, starts: int) -> Posterior:
    """Fit *count* normal distributions.

    Args:
        shape: scikit-learn's ``covariance_type``.
        starts: runs, of which the best counts.

    Raises:
        BadRaster: the cells lie in too few places.
    """
    x = lesson.x.astype(np.float64)
    variance = float(x.var(0).mean()) or 1.0
    for floor in _FLOORS:
        model = GaussianMixture(
            count, covariance_type=shape, n_init=starts, random_state=lesson.seed, reg_covar=floor * variance
        )
        try:
            with warnings.catch_warnings():
                # a mixture that still moves a little after its hundred rounds serves as well
                warnings.simplefilter("ignore", ConvergenceWarning)
                return Posterior(model.fit(x))
        except ValueError as error:
            failure = error
    raise BadRaster(
        f"no {count} normal distributions can be fitted to these cells: {failure}", "ask for fewer, or use k-means"
    )
