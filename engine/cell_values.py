"""Features of single cells: of some thousands anywhere in a raster, without reading all of it."""

from __future__ import annotations

import numpy as np

from ..contract.job import Context
from .features import Features

#: cells of a side that are read at once, and bytes of float32 that they may have
_SIDE, _BYTES = 256, 64 << 20


def values_at(
    features: Features, rows: np.ndarray, cols: np.ndarray, ctx: Context | None = None, stage: str = "read the examples"
) -> np.ndarray:
    """(cells, bands) float32 of the cells at these places of the whole raster; NaN where there is no data.

    Args:
        rows, cols: (cells,) int64, in any order; a cell may come twice.
    """
    side = _SIDE
    while side > 16 and 4 * features.bands * side * side > _BYTES:
        side //= 2
    across = -(-features.source.width // side)
    square = rows // side * across + cols // side
    order = np.argsort(square, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(square[order]) != 0)) if len(order) else np.empty(0, np.int64)
    found = np.empty((len(rows), features.bands), np.float32)
    for done, (start, end) in enumerate(zip(starts, [*starts[1:], len(order)])):
        if ctx is not None:
            ctx.progress(done, len(starts), "blocks", stage)
        cells = order[start:end]
        r, c = rows[cells], cols[cells]
        top, left = int(r.min()), int(c.min())
        values = features.window(top, int(r.max()) + 1, left, int(c.max()) + 1)
        found[cells] = values[:, r - top, c - left].T
    if ctx is not None:
        ctx.progress(len(starts), len(starts), "blocks", stage)
    return found
