"""Distances on the ground, near enough for blocks of some hundred metres."""

from __future__ import annotations

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

#: metres of a degree of latitude, mean of the ellipsoid WGS 84
_DEGREE = 111_195.0


def metres(places: np.ndarray, transform: Affine, crs: CRS | None) -> np.ndarray:
    """(n, 2) rows and columns of cells to (n, 2) float64 x, y of their middles in metres; in cells where there is no CRS.

    Degrees become metres around the middle of the places: right to a few percent over some hundred kilometres, which is
    enough to tell near from far.
    """
    rows, cols = places[:, 0] + 0.5, places[:, 1] + 0.5
    if crs is None:
        return np.stack([cols, rows], 1).astype(np.float64)
    x, y = transform * (cols, rows)
    xy = np.stack([x, y], 1).astype(np.float64)
    if crs.is_geographic:
        middle = np.deg2rad(np.clip(xy[:, 1].mean() if len(xy) else 0.0, -89, 89))
        return xy * np.array([_DEGREE * np.cos(middle), _DEGREE])
    factor = crs.linear_units_factor[1] if crs.is_projected else 1.0
    return xy * factor
