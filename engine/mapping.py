"""Go through a raster once more and write what a fitted model makes of every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..contract.job import Context
from .feature_raster import FeatureWriter, Layer, writing
from .features import Features, cells_of, spread_out

#: cells given to a model at once
_CELLS = 16_384


@dataclass(frozen=True)
class Sheet:
    """One raster of a map.

    Attributes:
        layer: where and how it is written; its path is written to as it stands.
        bands: which of the model's columns it holds, as slice.
    """

    layer: Layer
    bands: slice


def write_map(
    features: Features, model: Callable[[np.ndarray], np.ndarray], sheets: Sequence[Sheet], ctx: Context, stage: str
) -> None:
    """Write *sheets*.

    Args:
        model: (cells, bands) float32 to (cells, columns) float32, each cell by itself; NaN where there is nothing to say.
    """
    writers = [
        (FeatureWriter(sheet.layer, features.width, features.height, features.transform, features.crs), _taker(sheet))
        for sheet in sheets
    ]
    with writing(writers) as thread:
        ctx.progress(0, features.height, "rows", stage)
        columns = 0
        for _first, last, values in features.each():
            cells, valid = cells_of(values)
            if len(cells):
                made = np.concatenate([model(cells[i : i + _CELLS]) for i in range(0, len(cells), _CELLS)])
                columns = made.shape[1]
            else:
                columns = columns or max(sheet.bands.stop for sheet in sheets)
                made = np.empty((0, columns), np.float32)
            thread.add(spread_out(made, valid))
            ctx.progress(last, features.height, "rows", stage)


def _taker(sheet: Sheet) -> Callable[[np.ndarray], np.ndarray]:
    def take(rows: np.ndarray) -> np.ndarray:
        return rows[sheet.bands]

    return take
