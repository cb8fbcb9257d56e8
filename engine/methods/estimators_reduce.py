"""Estimators of reductions that scikit-learn does not have. They are saved in model files, so their names stay.

All of them hold arrays and plain numbers, and treat every cell by itself: what a cell gets does not depend on the others.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from ..preparation import PORTION

__all__ = ["CentreDistance", "CodeMap", "KernelMap"]

#: sweeps over all codes of a cell, and the change in one sweep, relative to the cell's length, after which it is settled
_SWEEPS, _SETTLED = 1000, 1e-5
#: exchanges of what is 0 and what is not, and how often all at once may fail to improve before it is done one by one
_EXCHANGES, _PATIENCE = 200, 3


class CentreDistance(BaseEstimator):  # type: ignore[misc]
    """How far cells are from fixed centres.

    Args:
        centres: (components, dims) float32.
    """

    def __init__(self, centres: np.ndarray) -> None:
        self.centres = centres

    def transform(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, components) float32."""
        made = np.empty((len(x), len(self.centres)), np.float32)
        for start in range(0, len(x), PORTION):
            made[start : start + PORTION] = np.sqrt(squared_distances(x[start : start + PORTION], self.centres))
        return made


class KernelMap(BaseEstimator):  # type: ignore[misc]
    """Scores of cells on axes that a kernel spans over a sample: (cells, dims) to (cells, components) float32.

    Args:
        sample: (cells, dims) float32.
        weights: (cells, components) float64: of each cell of the sample in each axis.
        means: (cells,) float64: mean of the kernel between each cell of the sample and all of it.
        kernel: ``gaussian`` or ``polynomial``.
        width: distance at which the Gaussian falls to exp(-1/2), or the length that the polynomial takes as 1.
        degree: of the polynomial.
    """

    def __init__(
        self, sample: np.ndarray, weights: np.ndarray, means: np.ndarray, kernel: str, width: float, degree: int
    ) -> None:
        self.sample, self.weights, self.means = sample, weights, means
        self.kernel, self.width, self.degree = kernel, width, degree

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Scores, in portions: the kernel between all cells and the sample would not fit in memory."""
        made = np.empty((len(x), self.weights.shape[1]), np.float32)
        portion = max(1, (32 << 20) // (8 * len(self.sample)))
        for start in range(0, len(x), portion):
            k = kernel(x[start : start + portion], self.sample, self.kernel, self.width, self.degree)
            # weights of an axis add up to 0, so what is the same for a whole row makes no difference
            made[start : start + portion] = (k - self.means) @ self.weights
        return made


class CodeMap(BaseEstimator):  # type: ignore[misc]
    """The amounts of fixed atoms that rebuild a cell best: min over w of |y - w A|² / 2 + penalty |w|₁, with y = x - origin.

    Args:
        atoms: A, (components, dims) float32; none is all zeros.
        origin: (dims,) float32: what counts as nothing.
        penalty: on amounts: the larger, the more of them are 0.
        positive: neither amounts nor y are ever below 0.
    """

    def __init__(self, atoms: np.ndarray, origin: np.ndarray, penalty: float = 0.0, positive: bool = False) -> None:
        self.atoms, self.origin, self.penalty, self.positive = atoms, origin, penalty, positive

    def transform(self, x: np.ndarray) -> np.ndarray:
        """(cells, dims) to (cells, components) float32."""
        made = np.empty((len(x), len(self.atoms)), np.float32)
        atoms = self.atoms.astype(np.float64)
        gram = atoms @ atoms.T
        # one matrix of the size of *gram* a cell
        portion = max(16, min(PORTION, (4 << 20) // gram.size)) if self.positive else PORTION
        for start in range(0, len(x), portion):
            y = x[start : start + portion].astype(np.float64) - self.origin
            if self.positive:
                match = np.maximum(y, 0) @ atoms.T - self.penalty
                made[start : start + portion] = amounts(match, gram)
            else:
                made[start : start + portion] = codes(y @ atoms.T, gram, self.penalty, np.sqrt((y**2).sum(1)))
        return made


def amounts(match: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """Solve min over w >= 0 of w G w / 2 - b w, exactly, for each row b of *match* (cells, k) and *gram* G (k, k).

    Block principal pivoting, Kim and Park (2011), https://doi.org/10.1137/110821172: guess which are 0, solve for the others,
    exchange what has come out with the wrong sign.
    """
    count = len(gram)
    # atoms that are nearly the same would leave it open which of them is taken
    gram = gram + np.eye(count) * 1e-10 * np.trace(gram)
    w, slope = np.zeros_like(match), -match
    free = np.zeros(match.shape, bool)
    fewest, patience = np.full(len(match), count + 1), np.full(len(match), _PATIENCE)
    slack = 1e-9 * np.abs(match).max(1, keepdims=True)
    for _ in range(_EXCHANGES):
        wrong = np.where(free, w * np.diag(gram) < -slack, slope < -slack)
        many = wrong.sum(1)
        going = np.flatnonzero(many)
        if not len(going):
            break
        wrong, many = wrong[going], many[going]
        better = many < fewest[going]
        fewest[going] = np.where(better, many, fewest[going])
        patience[going] = np.where(better, _PATIENCE, patience[going] - 1)
        # one by one, the last first: slow, and sure to end
        one = np.zeros_like(wrong)
        one[np.arange(len(going)), count - 1 - wrong[:, ::-1].argmax(1)] = True
        free[going] ^= np.where((patience[going] >= 0)[:, None], wrong, one)
        taken, b = free[going], match[going]
        system = np.where(taken[:, :, None] & taken[:, None, :], gram, np.eye(count))
        solved = np.linalg.solve(system, np.where(taken, b, 0)[:, :, None])[:, :, 0]
        w[going], slope[going] = solved, np.where(taken, 0, solved @ gram - b)
    return np.maximum(w, 0)


def codes(match: np.ndarray, gram: np.ndarray, penalty: float, length: np.ndarray) -> np.ndarray:
    """Solve min over w of w G w / 2 - b w + penalty |w|₁ for each row b of *match* (cells, k) and *gram* G (k, k).

    Coordinate descent. A cell that is settled is left alone, so that it does not matter which others are there.

    Args:
        length: (cells,) of what is rebuilt: a change is small compared with that.
    """
    made = np.zeros_like(match)
    going = np.flatnonzero(length > 0)
    size = np.sqrt(np.diag(gram))
    for _ in range(_SWEEPS):
        if not len(going):
            break
        w, b = made[going], match[going]
        moved = np.zeros(len(going))
        for j in range(len(gram)):
            rest = b[:, j] - w @ gram[:, j] + w[:, j] * gram[j, j]
            new = (np.maximum(rest - penalty, 0) - np.maximum(-rest - penalty, 0)) / gram[j, j]
            np.maximum(moved, np.abs(new - w[:, j]) * size[j], out=moved)
            w[:, j] = new
        made[going] = w
        going = going[moved > _SETTLED * length[going]]
    return made


def kernel(x: np.ndarray, sample: np.ndarray, name: str, width: float, degree: int) -> np.ndarray:
    """(cells, sample) float64: how alike each cell is to each of the sample; see KernelMap."""
    if name == "gaussian":
        gaps = squared_distances(x, sample)
        gaps /= -2 * width**2
        return np.exp(gaps, out=gaps)
    inner = x.astype(np.float64) @ sample.T.astype(np.float64)
    return np.asarray((inner / width**2 + 1) ** degree)


def squared_distances(x: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(cells, others) float64 of (cells, dims) and (others, dims); never below 0."""
    gaps = (-2 * x.astype(np.float64)) @ others.T.astype(np.float64)
    gaps += np.einsum("ij,ij->i", x, x, dtype=np.float64)[:, None]
    gaps += np.einsum("ij,ij->i", others, others, dtype=np.float64)
    return np.maximum(gaps, 0, out=gaps)
