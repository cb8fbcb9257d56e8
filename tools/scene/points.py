"""Labelled points: places an expert would click on, well inside their class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import CLASSES


def interior(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return where all neighbours within *pixels* rows and columns are in *mask* too; nothing counts beyond the border."""
    inside = mask
    for axis in (0, 1):
        padded = np.pad(inside, [(pixels, pixels) if a == axis else (0, 0) for a in (0, 1)])
        n = mask.shape[axis]
        inside = np.logical_and.reduce([padded.take(range(k, k + n), axis) for k in range(2 * pixels + 1)])
    return np.asarray(inside)


def choose(
    rng: np.random.Generator, classes: NDArray[np.uint8], pixel: float, count: int
) -> list[tuple[int, int, int]]:
    """Choose *count* (label, row, col) of each class, sorted by class; fewer where a class has too little room.

    Points lie at least two metres inside their class (one metre for what is narrower everywhere), and at
    least four metres from each other.
    """
    chosen = []
    for label in CLASSES:
        for metres in (2.0, 1.0):
            rows, cols = np.nonzero(interior(classes == label, max(1, round(metres / pixel))))
            if len(rows) >= count:
                break
        kept: list[tuple[int, int]] = []
        for k in rng.permutation(len(rows))[: 40 * count]:
            at = int(rows[k]), int(cols[k])
            if len(kept) < count and all(np.hypot(at[0] - r, at[1] - c) * pixel >= 4 for r, c in kept):
                kept.append(at)
        chosen += [(label, row, col) for row, col in kept]
    return chosen
