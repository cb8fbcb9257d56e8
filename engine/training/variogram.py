"""How far apart places must be for their features to differ as much as any two: the size of the blocks of a validation."""

from __future__ import annotations

import logging

import numpy as np
from scipy.optimize import nnls
from scipy.spatial.distance import pdist

from ..preparation import principal_axes

log = logging.getLogger(__name__)

#: cells that are compared with each other
MOST = 2_000
#: the longest range that is given, as a share of the diagonal of the extent: longer ones leave too few blocks to share out
CAP = 0.2
#: principal axes that count, fewest cells that say anything, fewest pairs in a class of distances, and such classes
_AXES, _FEWEST, _PAIRS, _LAGS = 10, 30, 60, 25
#: of the variance, what must depend on distance; and what of the error of a flat line the model must take away
_STRUCTURE, _GAIN = 0.1, 0.65


def practical_range(x: np.ndarray, xy: np.ndarray, seed: int, unit: str = "m") -> float | None:
    """The distance beyond which features are no more alike than any.

    Spatial blocks should be at least as large (Roberts et al. 2017, https://doi.org/10.1111/ecog.02881; Valavi et al. 2019,
    https://doi.org/10.1111/2041-210X.13107, take the median range of the predictors). Here it is the range of one spherical
    model with nugget for all features: fitted by weighted least squares to the semivariances of the first principal axes of
    the standardised features, added up by their variances. Semivariances are robust (Cressie and Hawkins 1980,
    https://doi.org/10.1007/BF01035243), in classes of distance that grow up to half of the diagonal of the extent; their
    weights are pairs / distance.

    Args:
        x: (n, bands) features, no NaN; bands that never change are left out.
        xy: (n, 2) in *unit*. Cells drawn at random from the raster say more than labels, which lie in heaps.
        seed: for the draw of MOST cells.
        unit: ``m``, or ``cells`` where there is no CRS; for the log.

    Returns:
        The range, at most CAP of the diagonal, which stands for a range longer than that or not seen to end. None where
        features don't depend on the distance, or there are too few cells.
    """
    if len(x) > MOST:
        drawn = np.sort(np.random.default_rng(seed).choice(len(x), MOST, replace=False))
        x, xy = x[drawn], xy[drawn]
    scores = _scores(x) if len(x) >= _FEWEST else np.empty((0, 0))
    diagonal = float(np.hypot(*np.ptp(xy, axis=0))) if len(xy) else 0.0
    if not scores.size or diagonal <= 0:
        return None
    found = _semivariances(scores, np.asarray(xy, np.float64), diagonal / 2)
    if found is None:
        return None
    reach = _spherical_range(*found)
    if reach is None:
        return None
    longest = CAP * diagonal
    # one line, for two figures in two lines seem to contradict each other
    if reach > longest:
        log.info(
            "features are alike over more than a %dth of the extent, of which %.4g %s are taken as size of a block",
            round(1 / CAP), longest, unit,
        )  # fmt: skip
        return longest
    log.info("features are alike up to %.4g %s, which is taken as size of a block", reach, unit)
    return reach


def _scores(x: np.ndarray) -> np.ndarray:
    """(n, axes) float64 scores on the first principal axes of what is standardised; their variance is their weight."""
    x = np.asarray(x, np.float64)
    spread = x.std(0)
    changing = spread > 1e-9 * np.maximum(np.abs(x).max(0), 1e-30)
    if not changing.any():
        return np.empty((0, 0))
    x = (x[:, changing] - x[:, changing].mean(0)) / spread[changing]
    return np.asarray(x @ principal_axes(x.T @ x / len(x))[1][:_AXES].T)


def _semivariances(
    scores: np.ndarray, xy: np.ndarray, farthest: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(lags,) mean distances, semivariances and numbers of pairs; None where there are too few pairs."""
    distance = pdist(xy)
    used = np.flatnonzero((distance > 0) & (distance <= farthest))
    used = used[np.argsort(distance[used], kind="stable")]
    if len(used) < 4 * _PAIRS:
        return None
    distance = distance[used]
    # classes as wide as a share of their distance, so that short ranges are seen in large extents too
    edges = np.searchsorted(distance, np.geomspace(distance[_PAIRS], farthest, _LAGS)[:-1])
    starts = [0]
    for edge in edges.tolist():
        if edge - starts[-1] >= _PAIRS and len(distance) - edge >= _PAIRS:
            starts.append(edge)
    number = np.diff([*starts, len(distance)])
    total = np.zeros(len(starts))
    for axis in scores.T:
        roots = np.sqrt(pdist(axis[:, None], "cityblock")[used])
        total += (np.add.reduceat(roots, starts) / number) ** 4 / (0.457 + 0.494 / number) / 2
    return np.add.reduceat(distance, starts) / number, total, number


def _spherical_range(lag: np.ndarray, gamma: np.ndarray, number: np.ndarray) -> float | None:
    """Range of the spherical model that fits best; None where a flat line does nearly as well."""
    weight = np.sqrt(number / lag)

    def fitted(reach: float) -> tuple[float, float]:
        """Error, and the share of the sill that depends on distance."""
        part = np.minimum(lag / reach, 1)
        model = np.stack([np.ones(len(lag)), 1.5 * part - 0.5 * part**3], 1)
        (nugget, sill), rest = nnls(model * weight[:, None], gamma * weight)
        return float(rest**2), sill / max(nugget + sill, 1e-30)

    ranges = np.geomspace(lag[0], 4 * lag[-1], 200)
    errors = [fitted(reach)[0] for reach in ranges]
    best = int(np.argmin(errors))
    flat = float((((gamma - np.average(gamma, weights=weight**2)) * weight) ** 2).sum())
    if fitted(ranges[best])[1] < _STRUCTURE or errors[best] > (1 - _GAIN) * flat:
        return None
    return float(ranges[best])
