"""Distances on the ground, near enough for blocks of some hundred metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform as moved

from ..features import Features

#: metres of a degree of latitude, mean of the ellipsoid WGS 84
_DEGREE = 111_195.0


@dataclass(frozen=True)
class Ground:
    """What places of several rasters are measured in, so that the same place has the same numbers.

    Attributes:
        transform, crs: of the raster that the others are compared with.
        middle: its latitude in degrees; 0 where its CRS is none of degrees.
    """

    transform: Affine
    crs: CRS | None
    middle: float

    @classmethod
    def of(cls, features: Features) -> Ground:
        """That of one raster."""
        source = features.source
        y = (source.transform * (source.width / 2, source.height / 2))[1]
        return cls(source.transform, features.crs, y if features.crs and features.crs.is_geographic else 0.0)

    def measure(self, places: np.ndarray, transform: Affine, crs: CRS | None) -> np.ndarray:
        """(n, 2) rows and columns of cells of any raster to (n, 2) float64 x, y in metres.

        In cells of this raster where neither has a CRS, in units of its own where one of both has none.
        """
        if (crs is None) != (self.crs is None):
            return metres(places, transform, crs)
        x, y = transform * (places[:, 1] + 0.5, places[:, 0] + 0.5)
        if crs is None or self.crs is None:
            return np.stack(~self.transform * (x, y), 1).astype(np.float64)
        if crs != self.crs and len(places):
            x, y = moved(crs, self.crs, x, y)
        return _scaled(np.stack([x, y], 1).astype(np.float64), self.crs, self.middle)


def unit_of(crs: CRS | None) -> str:
    """What ``metres`` measures in: ``m``, or ``cells`` where there is no CRS."""
    return "cells" if crs is None else "m"


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
    return _scaled(xy, crs, float(xy[:, 1].mean()) if len(xy) else 0.0)


def _scaled(xy: np.ndarray, crs: CRS, middle: float) -> np.ndarray:
    """(n, 2) coordinates to metres; *middle*: latitude in degrees."""
    if crs.is_geographic:
        return xy * np.array([_DEGREE * np.cos(np.deg2rad(np.clip(middle, -89, 89))), _DEGREE])
    return xy * (crs.linear_units_factor[1] if crs.is_projected else 1.0)
