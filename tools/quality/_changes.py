"""What all measurements of changes share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import run


def compare(folder: Path, before: str, after: str, **asked: Any) -> Any:
    """(rows, cols): how much each cell changed."""
    output = str(folder / "change.tif")
    run("change", before=before, after=after, output=output, **asked)
    return band(output)


def band(path: str) -> Any:
    """The first band."""
    import rasterio

    with rasterio.open(path) as ds:
        return ds.read(1)


def changed_share(truth: str, features: str) -> Any:
    """(rows, cols): share of each cell's pixels that changed."""
    values = band(truth).astype(float)
    rows, cols = band(features).shape
    side = round(len(values) / rows)
    return values[: rows * side, : cols * side].reshape(rows, side, cols, side).mean((1, 3))


def average_precision(truth: Any, found: Any) -> float:
    """Area under precision and recall, of cells with data."""
    import numpy as np
    from sklearn.metrics import average_precision_score

    known = ~np.isnan(found)
    return float(average_precision_score(truth[known], found[known]))
