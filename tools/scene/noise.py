"""Smooth randomness: the raw material of everything that grew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def _taps(count: int, cell: float) -> tuple[NDArray[np.intp], Image]:
    """Where *count* pixels lie on a grid of *cell* pixels: first grid index (count,), B-spline weights (4, count)."""
    at = (np.arange(count, dtype=np.float64) + 0.5) / cell
    whole = np.floor(at)
    t = (at - whole).astype(np.float32)
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / np.float32(6)
    return whole.astype(np.intp), weights.astype(np.float32)


def smooth(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> Image:
    """Return one octave of noise, (rows, cols) float32, mean 0, deviation about 1, blobs of about *cell* pixels."""
    rows, cols = shape
    first_row, row_weights = _taps(rows, cell)
    first_col, col_weights = _taps(cols, cell)
    grid = rng.standard_normal((int(first_row[-1]) + 4, int(first_col[-1]) + 4), dtype=np.float32)
    tall = sum(row_weights[k][:, None] * grid[first_row + k] for k in range(4))
    wide = sum(col_weights[k] * tall[:, first_col + k] for k in range(4))
    # a cubic B-spline keeps about this share of the deviation of its nodes
    return np.asarray(wide / np.float32(0.48), dtype=np.float32)


def rough(rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 4, fade: float = 0.5) -> Image:
    """Return noise with detail at every scale from *cell* pixels down, (rows, cols) float32, deviation about 1."""
    total = np.zeros(shape, np.float32)
    power = 0.0
    for k in range(octaves):
        if cell / 2**k < 1.5:
            break
        total += np.float32(fade**k) * smooth(rng, shape, cell / 2**k)
        power += fade ** (2 * k)
    return total / np.float32(np.sqrt(power))


def grain(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    """Return noise without any scale: each pixel for itself, (rows, cols) float32, deviation 1."""
    return rng.standard_normal(shape, dtype=np.float32)


def blur(image: Image, weight: float = 0.25) -> Image:
    """Return *image*, (rows, cols, …), a little out of focus: three taps (weight, 1 - 2 weight, weight) on both axes."""
    for axis in (0, 1):
        padded = np.pad(image, [(1, 1) if a == axis else (0, 0) for a in range(image.ndim)], mode="edge")
        n = image.shape[axis]
        before, after = padded.take(range(n), axis), padded.take(range(2, n + 2), axis)
        image = (1 - 2 * weight) * image + weight * (before + after)
    return np.asarray(image, dtype=np.float32)


def blend(low: NDArray[np.float32] | float, high: float, value: Image) -> Image:
    """Return 0 below *low*, 1 above *high*, a smooth ramp between them."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
