"""How much ground a cell covers: on the ellipsoid, whatever the CRS makes of it on the map."""

from __future__ import annotations

import logging

import numpy as np
import pyproj
from pyproj.exceptions import CRSError, ProjError
from rasterio.crs import CRS
from rasterio.transform import Affine
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import distance_transform_edt

log = logging.getLogger(__name__)

#: places along either side of a raster where areas are computed; between them they are interpolated
_NODES = 65
#: areas that differ by less than this share all over a raster are one
_SAME = 1e-9


class CellAreas:
    """Areas of the cells of one grid.

    Attributes:
        unit: of lengths on the map, such as ``metre``; ``cell`` where there is no CRS.
        on_map: area of every cell in squares of that unit.
        known: whether areas on the ground can be told.
    """

    def __init__(self, crs: CRS | None, transform: Affine, width: int, height: int) -> None:
        self._width = width
        self.unit, self.on_map = "cell", 1.0
        self._rows: np.ndarray | None = None
        self._spline: RectBivariateSpline | None = None
        self._all: float | None = None
        if crs:
            self.unit, self.on_map = _unit(crs), abs(transform.determinant)
            self._look(crs, transform, width, height)
        self.known = self._all is not None or self._rows is not None or self._spline is not None

    def rows(self, first: int, last: int) -> np.ndarray:
        """(rows, width) float64, square metres of the cells in rows *first* to *last*; NaN where not ``known``."""
        shape = last - first, self._width
        if self._rows is not None:
            return np.broadcast_to(self._rows[first:last, None], shape)
        if self._spline is not None:
            return np.asarray(np.exp(self._spline(np.arange(first, last) + 0.5, np.arange(self._width) + 0.5)))
        return np.full(shape, np.nan if self._all is None else self._all)

    def _look(self, crs: CRS, transform: Affine, width: int, height: int) -> None:
        try:
            here = pyproj.CRS.from_user_input(crs)
            if here.is_geographic and not (transform.b or transform.d):
                self._rows = _between_parallels(here, transform, height)
                return
            nodes = _areas_at(here, transform, np.linspace(0, height, _NODES), np.linspace(0, width, _NODES))
        except (CRSError, ProjError, AttributeError) as error:
            log.warning("areas on the ground can't be told: %s", error)
            return
        known = np.isfinite(nodes) & (nodes > 0)
        if not known.any():
            log.warning("areas on the ground can't be told: the raster lies where its CRS has no meaning")
            return
        if not known.all():
            # beyond the edge of the world: there are no cells with data
            nodes = nodes[tuple(distance_transform_edt(~known, return_distances=False, return_indices=True))]
        if nodes.max() - nodes.min() <= _SAME * nodes.max():
            self._all = float(nodes.mean())
        else:
            # a cubic one would swing at the edge of the world
            degree = 3 if known.all() else 1
            steps = np.linspace(0, height, _NODES), np.linspace(0, width, _NODES)
            self._spline = RectBivariateSpline(*steps, np.log(nodes), kx=degree, ky=degree)


def _unit(crs: CRS) -> str:
    try:
        return str(crs.units_factor[0])
    except Exception as error:  # rasterio has several, none of them public, for a CRS whose unit it can't tell
        log.debug("the unit of the CRS is unknown: %s", error)
        return "unit"


def _degrees(crs: pyproj.CRS) -> float:
    """Radians of one unit of a geographic CRS."""
    return float(crs.axis_info[0].unit_conversion_factor)


def _axes(crs: pyproj.CRS) -> tuple[float, float]:
    """Half axes of the ellipsoid in metres, that of the equator first."""
    if crs.ellipsoid is None:
        raise CRSError(f"{crs.name} has no ellipsoid")
    return float(crs.ellipsoid.semi_major_metre), float(crs.ellipsoid.semi_minor_metre)


def _between_parallels(crs: pyproj.CRS, transform: Affine, height: int) -> np.ndarray:
    """(height,) square metres of the cells of each row of a grid in longitude and latitude; exact."""
    a, b = _axes(crs)
    e2 = 1 - (b / a) ** 2
    unit = _degrees(crs)
    edges = np.clip((transform.f + transform.e * np.arange(height + 1)) * unit, -np.pi / 2, np.pi / 2)
    sine = np.sin(edges)
    # Snyder (1987), Map projections: a working manual, https://doi.org/10.3133/pp1395, equation 3-12, times b² / 2
    if e2 > 0:
        e = np.sqrt(e2)
        zone = b**2 / 2 * (sine / (1 - e2 * sine**2) + np.arctanh(e * sine) / e)
    else:
        zone = a**2 * sine
    return np.asarray(np.abs(np.diff(zone)) * abs(transform.a) * unit)


def _areas_at(crs: pyproj.CRS, transform: Affine, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """(rows, cols) square metres of a cell around each of these places, in rows and columns; infinite or NaN for nowhere."""
    ground = crs.geodetic_crs
    if ground is None:
        raise CRSError(f"{crs.name} is tied to no place on the ground")
    way = pyproj.Transformer.from_crs(crs, ground, always_xy=True)
    row, col = np.meshgrid(rows, cols, indexing="ij")
    unit = _degrees(ground)

    def place(down: float, right: float) -> tuple[np.ndarray, np.ndarray]:
        x, y = transform * (col + right, row + down)
        lon, lat = way.transform(x, y)
        return np.asarray(lon) * unit, np.asarray(lat) * unit

    def across(there: np.ndarray, here: np.ndarray) -> np.ndarray:
        """Difference of longitudes, the short way round."""
        return np.asarray((there - here + np.pi) % (2 * np.pi) - np.pi)

    with np.errstate(invalid="ignore"):
        (west, south), (east, north), (above, high), (below, low) = (
            place(0, -0.5),
            place(0, 0.5),
            place(-0.5, 0),
            place(0.5, 0),
        )
        latitude = place(0, 0)[1]
        turned = np.abs(across(east, west) * (low - high) - across(below, above) * (north - south))
        a, b = _axes(ground)
        e2 = 1 - (b / a) ** 2
        # radii of curvature along the meridian and across it, as in Snyder, equations 4-18 and 4-20
        w2 = 1 - e2 * np.sin(latitude) ** 2
        found = turned * a**2 * (1 - e2) / w2**2 * np.cos(latitude)
        # beyond its edge a projection may tell of places that it never puts there
        x, y = transform * (col, row)
        back_x, back_y = way.transform(*way.transform(x, y), direction="INVERSE")
        size = np.sqrt(abs(transform.determinant))
        return np.where(np.hypot(back_x - x, back_y - y) < size / 100, found, np.nan)
