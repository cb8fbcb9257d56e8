"""Accuracy and area of classes from a probability sample: what the map says, put right by what was seen on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...contract.errors import BadRequest

#: half of a 95 % interval, in standard errors
_Z = 1.96


@dataclass(frozen=True)
class Estimate:
    """A figure with its doubt.

    Attributes:
        value: NaN where the sample has nothing to tell it from.
        error: standard error, in the same unit; NaN where it is unknown.
        low, high: ends of the 95 % interval, kept within what is possible; NaN where the error is unknown.
    """

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class AreaEstimates:
    """What a probability sample says of a map.

    Attributes:
        classes: names, in the order of everything else.
        proportions: (classes, classes) float64 shares of the area, 1 in all: rows map, columns reference.
        overall: accuracy, 0 to 1.
        users, producers: accuracy of each class, 0 to 1 (precision and recall, by area).
        areas: of each class as it is on the ground, in the unit of the sizes.
        mapped: area of each class in the map, as the sample estimates it; exact where strata are the classes of the map.
        total: area all this is about, in the same unit.
        samples: how many.
        notes: sentences on what can't be known.
    """

    classes: list[str]
    proportions: np.ndarray
    overall: Estimate
    users: list[Estimate]
    producers: list[Estimate]
    areas: list[Estimate]
    mapped: list[float]
    total: float
    samples: int
    notes: list[str] = field(default_factory=list)


def area_estimates(
    mapped: np.ndarray,
    reference: np.ndarray,
    stratum: np.ndarray,
    sizes: np.ndarray,
    classes: Sequence[str],
    strata: Sequence[str] = (),
) -> AreaEstimates:
    """Estimate accuracies and areas from a stratified random sample of cells.

    Strata may be the classes of the map (Olofsson et al. 2014, https://doi.org/10.1016/j.rse.2014.02.015, equations 2 to 11)
    or anything else (Stehman 2014, https://doi.org/10.1080/01431161.2014.930207): the ratio estimators of the second are
    those of the first in that case. Of a simple random sample, all is one stratum. The correction for a finite population is
    left out, as in the first: cells that are sampled are few of many.

    Args:
        mapped, reference: (n,) int64 indices into *classes*: what map and interpreter say of a sampled cell.
        stratum: (n,) int64 index into *sizes*: from where the cell was drawn, at random and with the same chance for each.
        sizes: (strata,) area of each stratum, in any unit (hectares, cells).
        strata: their names for the notes; none for numbers.

    Raises:
        BadRequest: there is no sample, a size is missing or below 0, or a sample is of a stratum without area.
    """
    sizes = np.asarray(sizes, np.float64)
    names = list(strata) or [str(i) for i in range(len(sizes))]
    drawn = _drawn(stratum, sizes, names)
    notes = []
    for i in np.flatnonzero((drawn == 0) & (sizes > 0)):
        notes.append(
            f"stratum {names[i]}, {sizes[i] / sizes.sum():.1%} of the area, has no sample: all figures are about the rest"
        )
    for i in np.flatnonzero(drawn == 1):
        notes.append(f"stratum {names[i]} has one sample: errors of what it takes part in are unknown")
    sizes = np.where(drawn > 0, sizes, 0)
    one, by_map = _Sample(stratum, sizes, drawn), _strata_are_classes(mapped, stratum)
    kinds = len(classes)
    is_map, is_true = (np.arange(kinds) == mapped[:, None]), (np.arange(kinds) == reference[:, None])
    every = np.ones(len(mapped))
    total = float(sizes.sum())
    pairs = np.bincount(mapped * kinds + reference, (sizes / np.maximum(drawn, 1))[stratum], kinds**2) / total
    for name, seen in zip(classes, is_true.any(0)):
        if not seen:
            notes.append(
                f"no sample is {name} on the ground: that its area is 0 can't be concluded, nor how far off it is"
            )
    return AreaEstimates(
        list(classes),
        pairs.reshape(kinds, kinds),
        one.ratio((mapped == reference) * 1.0, every),
        [one.ratio((is_map & is_true)[:, k] * 1.0, is_map[:, k] * 1.0, by_map=by_map) for k in range(kinds)],
        [one.ratio((is_map & is_true)[:, k] * 1.0, is_true[:, k] * 1.0) for k in range(kinds)],
        [one.ratio(is_true[:, k] * 1.0, every, total) for k in range(kinds)],
        (pairs.reshape(kinds, kinds).sum(1) * total).tolist(),
        total,
        len(mapped),
        notes,
    )


def from_counts(counts: np.ndarray, sizes: np.ndarray, classes: Sequence[str]) -> AreaEstimates:
    """Estimate the same where strata are the classes of the map.

    Args:
        counts: (classes, classes) int64 samples: rows map, columns reference.
        sizes: (classes,) mapped area of each class.
    """
    mapped, reference = (axis.ravel().repeat(np.asarray(counts, np.int64).ravel()) for axis in np.indices(counts.shape))
    return area_estimates(mapped, reference, mapped, sizes, classes, classes)


def _drawn(stratum: np.ndarray, sizes: np.ndarray, names: list[str]) -> np.ndarray:
    """(strata,) samples in each."""
    if not len(stratum):
        raise BadRequest("the probability sample is empty", "give sampled cells that lie on the map")
    if not (np.isfinite(sizes) & (sizes >= 0)).all():
        wrong = int(np.flatnonzero(~(np.isfinite(sizes) & (sizes >= 0)))[0])
        raise BadRequest(f"stratum {names[wrong]} has the size {sizes[wrong]:g}", "give its area")
    if not 0 <= stratum.min() <= stratum.max() < len(sizes):
        raise BadRequest(
            f"samples are of stratum {stratum.max()}, and {len(sizes)} have a size", "give the area of each"
        )
    drawn = np.bincount(stratum, minlength=len(sizes))
    nowhere = np.flatnonzero((drawn > 0) & (sizes == 0))
    if len(nowhere):
        i = nowhere[0]
        raise BadRequest(
            f"{drawn[i]} samples are of stratum {names[i]}, which has no area",
            "give the area that they were drawn from",
        )
    return drawn


def _strata_are_classes(mapped: np.ndarray, stratum: np.ndarray) -> bool:
    """Whether all that is drawn from a stratum is mapped as one class, which no other stratum has."""
    pairs = np.unique(np.stack([stratum, mapped], 1), axis=0)
    return all(len(np.unique(column)) == len(pairs) for column in pairs.T)


@dataclass(frozen=True)
class _Sample:
    """A stratified sample: (n,) stratum, (strata,) sizes and samples."""

    stratum: np.ndarray
    sizes: np.ndarray
    drawn: np.ndarray

    def ratio(self, y: np.ndarray, x: np.ndarray, scale: float = 1.0, by_map: bool = False) -> Estimate:
        """Total of *y* over total of *x*, (n,) each, times *scale*: equations 27 and 28 of Stehman (2014).

        *by_map*: both are 0 in all of a stratum, or in none of it.
        """
        each = self.sizes / np.maximum(self.drawn, 1)
        below = float((each[self.stratum] * x).sum())
        if below <= 0:
            return Estimate(np.nan, np.nan, np.nan, np.nan)
        value = float((each[self.stratum] * y).sum()) / below
        # the variance of y - R x is s²(y) + R² s²(x) - 2 R s(x, y)
        rest = y - value * x
        number = np.maximum(self.drawn, 1)
        mean = np.bincount(self.stratum, rest, len(self.sizes)) / number
        squares = np.bincount(self.stratum, (rest - mean[self.stratum]) ** 2, len(self.sizes))
        variance = squares / np.maximum(number - 1, 1) / number
        # one sample does not tell how much others would differ
        touched = np.bincount(self.stratum, x, len(self.sizes)) > 0
        variance[(self.drawn == 1) & (touched | (not by_map))] = np.nan
        error = float(np.sqrt((self.sizes**2 * variance).sum())) / below
        low, high = max(value - _Z * error, 0.0), min(value + _Z * error, 1.0)
        return Estimate(
            value * scale, error * scale, *((low * scale, high * scale) if error == error else (error, error))
        )
