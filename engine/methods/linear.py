"""Linear maps that follow from the covariance of all cells: no sample, no chance."""

from __future__ import annotations

import numpy as np

from ...contract.errors import BadRequest
from ..fitting import Lesson
from ..preparation import principal_axes, signs
from .embedding import top_eigen

#: variance below this, relative to the largest, is what rounding of float32 leaves of a direction that never changes
_NOTHING = 1e-12
#: steps of the truncated power method on one number of bands, and the change after which it is settled
_STEPS, _SETTLED = 300, 1e-9
#: change of a band's noise, relative to the largest variance, after which factors are settled
_FACTORS_SETTLED = 1e-6
#: bands that an axis is tried to begin from
_BEGINNINGS = 8


def directions(values: np.ndarray) -> int:
    """How many of the variances *values*, largest first, are more than rounding."""
    return int((values > _NOTHING * max(float(values[0]), 1e-300)).sum())


def whitening(lesson: Lesson, components: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (components, dims) axes on which all cells have variance 1 and no correlation, and the way back, (dims, components).

    Raises:
        BadRequest: the cells vary in fewer directions.
    """
    values, axes = principal_axes(lesson.covariance)
    found = directions(values)
    if found < components:
        raise too_few_directions(components, found, what)
    deviation = np.sqrt(values[:components])
    return axes[:components] / deviation[:, None], axes[:components].T * deviation


def too_few_directions(components: int, found: int, what: str) -> BadRequest:
    """What to raise where cells vary in fewer directions than *what* is asked for."""
    return BadRequest(
        f"components = {components} is too much for {what}: the cells vary in {found} independent "
        f"direction{'s' if found > 1 else ''} only",
        "ask for fewer components, or take PCA",
    )


def oriented(axes: np.ndarray) -> np.ndarray:
    """Turn the rows of (components, dims) so that the strongest loading of each is positive: axes have no sign of their own."""
    return np.asarray(axes * signs(axes)[:, None])


def common_factors(covariance: np.ndarray, count: int, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Fit factors by maximum likelihood, from the covariance alone.

    Barber, Bayesian Reasoning and Machine Learning (2012), algorithm 21.1, which is scikit-learn's too: by turns, the factors
    for given noise and the noise for given factors.

    Args:
        covariance: (dims, dims) of bands that all change.

    Returns:
        (count, dims) loadings, the (dims,) variance of the noise of each band, and the steps that were made.
    """
    variance = np.diag(covariance).copy()
    noise = variance.copy()
    made = 0
    while made < steps:
        made += 1
        scale = np.sqrt(noise)
        values, vectors = top_eigen(covariance / np.outer(scale, scale), count, seed)
        loadings = (np.sqrt(np.maximum(values - 1, 0)) * vectors * scale[:, None]).T
        before, noise = noise, np.maximum(variance - (loadings**2).sum(0), 1e-6 * variance)
        if np.abs(noise - before).max() < _FACTORS_SETTLED * variance.max():
            break
    return loadings, noise, made


def turned(loadings: np.ndarray, rotation: str) -> np.ndarray:
    """Rotate (factors, dims) so that each factor follows few bands (``varimax``), or each band few factors (``quartimax``).

    Kaiser (1958), https://doi.org/10.1007/BF02289233, in the form of a series of singular value decompositions.
    """
    rotation_share = {"varimax": 1.0, "quartimax": 0.0}[rotation]
    x, turn, before = loadings.T, np.eye(len(loadings)), 0.0
    for _ in range(_STEPS):
        now = x @ turn
        left, gain, right = np.linalg.svd(x.T @ (now**3 - rotation_share * now * (now**2).mean(0)))
        turn = left @ right
        if gain.sum() < before * (1 + 1e-9):
            break
        before = float(gain.sum())
    return np.asarray((x @ turn).T)


def sparse_axes(covariance: np.ndarray, components: int, bands: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal axes that use at most *bands* bands each, found by the truncated power method.

    Yuan and Zhang (2013), https://www.jmlr.org/papers/v14/yuan13a.html; after each axis the variance that it explains is taken
    away (Schur complement deflation, Mackey 2008, https://papers.nips.cc/paper/3575-deflation-methods-for-sparse-pca).

    Returns:
        (components, dims) axes of length 1, and the (components,) variances that each explains beyond those before it.
    """
    left = covariance.copy()
    axes, explained = np.zeros((components, len(left))), np.zeros(components)
    nothing = _NOTHING * np.trace(covariance)
    for i in range(components):
        if np.trace(left) <= nothing:
            break
        axis = _sparse_axis(left, bands)
        push = left @ axis
        own = float(axis @ push)
        if own <= nothing:
            break
        axes[i], explained[i] = axis, push @ push / own
        left -= np.outer(push, push) / own
    return oriented(axes), explained


def _sparse_axis(covariance: np.ndarray, bands: int) -> np.ndarray:
    """The best of several beginnings: fewer and fewer bands of the principal axis, and bands that go with one band most."""
    axis, allowed = principal_axes(covariance)[1][0], len(covariance)
    while allowed > bands:
        allowed = max(bands, allowed // 2)
        axis = _settle(covariance, axis, allowed)
    found = [axis if bands < len(covariance) else _settle(covariance, axis, bands)]
    strongest = np.sort(covariance**2, axis=1)[:, -bands:].sum(1)
    for band in np.argsort(-strongest, kind="stable")[:_BEGINNINGS] if bands < len(covariance) else ():
        found.append(_settle(covariance, covariance[band], bands))
    return max(found, key=lambda one: float(one @ covariance @ one))


def _settle(covariance: np.ndarray, axis: np.ndarray, bands: int) -> np.ndarray:
    for _ in range(_STEPS):
        before, axis = axis, covariance @ axis
        axis[np.argsort(-np.abs(axis), kind="stable")[bands:]] = 0
        axis = axis / max(float(np.linalg.norm(axis)), 1e-300)
        if np.abs(axis - before).max() < _SETTLED:
            break
    return axis
