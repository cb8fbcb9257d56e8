"""What heights look like: slope, hillshade and the like, computed from an elevation raster while it is read."""

from __future__ import annotations

import logging
import math
from dataclasses import replace

import numpy as np
import pyproj
from pyproj.exceptions import CRSError, ProjError
from rasterio.transform import Affine

from ...contract.errors import BadRaster
from ..rasters import Source
from .known import Known
from .view import View

log = logging.getLogger(__name__)

AS_IT_IS = "as it is"
#: half sides in pixels of the windows of local relief, of position and of roughness
_RELIEF, _POSITION, _ROUGHNESS = 10, 20, 4
#: pixels around a block that its derivatives depend on; a slope needs one more
_HALO = {"slope": 1, "hillshade": 1, "local relief": _RELIEF, "position": _POSITION, "roughness": _ROUGHNESS + 1}
#: where the light comes from in degrees from north, and how high it stands: those of gdaldem hillshade -multidirectional
_AZIMUTHS, _ALTITUDE = (225.0, 270.0, 315.0, 360.0), 45.0
#: heights that vary less than this many metres around a place have no position among them
_FLAT = 0.01


def derived(choice: str, source: Source, known: Known) -> tuple[Terrain, Known]:
    """A view of the derivatives that *choice* names, and what is known of them.

    Raises:
        BadRaster: more than one band is given.
    """
    if len(source.bands) != 1:
        raise BadRaster(
            f"`terrain` = {choice} is computed from one band of heights, {len(source.bands)} given ({source.bands})",
            "choose the band of elevation in `bands`",
        )
    made = Terrain(source, choice)
    names = tuple(made.names)
    return made, replace(known, names=names, micrometres=(None,) * len(names), unit="", units=(), sampled=None)


class Terrain(View):
    """Derivatives of heights in metres.

    - slope: degrees, by Horn (1981), https://doi.org/10.1109/PROC.1981.11918;
    - hillshade: 0 to 1, lit from south-west, west, north-west and north, each counting as much as a slope faces it or turns its
      back on it, as gdaldem does it: https://gdal.org/en/stable/programs/gdaldem.html, after Mark (1992),
      https://doi.org/10.3133/ofr92422;
    - local relief: metres above the mean of 21 x 21 pixels;
    - position: the same of 41 x 41 pixels, divided by the deviation of heights there: -2 in a valley, 2 on a ridge; De Reu and
      others (2013), https://doi.org/10.1016/j.geomorph.2012.12.015;
    - roughness: deviation of the slope in 9 x 9 pixels, in degrees: Grohmann and others (2011),
      https://doi.org/10.1109/TGRS.2010.2053546.

    Slopes count in metres on the ground, whatever the CRS; heights are taken for metres. Where a neighbour holds no data, the
    slope goes on as on the other side. The same pixel has the same values whatever is read with it.
    """

    def __init__(self, under: Source, choice: str) -> None:
        super().__init__(under, choice.split(" + "))
        self._halo = max(_HALO[name] for name in self.names)
        self._across, self._down = _pixel_sides(under)
        t = under.transform
        across, down = np.array([t.a, t.d]), np.array([t.b, t.e])
        # directions of columns and rows on the map, east and north
        self._axes = across / np.hypot(*across), down / np.hypot(*down)

    def read(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """See ``Source.read``."""
        halo = self._halo
        first, last = max(0, top - halo), min(self.height, bottom + halo)
        west, east = max(0, left - halo), min(self.width, right + halo)
        data, valid = self.under.read(first, last, west, east)
        # beyond the raster is as nodata, so that its edge is no place of its own
        around = ((first - top + halo, bottom + halo - last), (west - left + halo, right + halo - east))
        heights, known = np.pad(data[0].astype(np.float64), around), np.pad(valid, around)
        rows = np.clip(np.arange(top - halo, bottom + halo), 0, self.height - 1)
        found = _Heights(heights, known, self._across[rows, None], self._down[rows, None], self._axes)
        inner = (slice(halo, halo + bottom - top), slice(halo, halo + right - left))
        made = np.stack([found.derivative(name)[inner] for name in self.names]).astype(np.float32)
        made[:, ~known[inner]] = 0
        return made, known[inner]


class _Heights:
    """A block of heights, with what several derivatives need computed once.

    Args:
        heights: (rows, cols) float64.
        known: (rows, cols) bool.
        across, down: (rows, 1) metres on the ground along a pixel.
        axes: directions of columns and rows, east and north.
    """

    def __init__(
        self,
        heights: np.ndarray,
        known: np.ndarray,
        across: np.ndarray,
        down: np.ndarray,
        axes: tuple[np.ndarray, np.ndarray],
    ) -> None:
        self.heights, self.known, self.across, self.down, self.axes = heights, known, across, down, axes
        self._found: tuple[np.ndarray, np.ndarray] | None = None

    def derivative(self, name: str) -> np.ndarray:
        """(rows, cols) float64; what lies within the halo is wrong."""
        if name == "local relief":
            return self.heights - self._mean(self.heights, _RELIEF)
        if name == "position":
            mean = self._mean(self.heights, _POSITION)
            square = self._mean(self.heights**2, _POSITION) - mean**2
            spread = np.sqrt(np.maximum(square, 0))
            return np.where(spread > _FLAT, (self.heights - mean) / np.maximum(spread, _FLAT), 0)
        if name == "roughness":
            slope = self._slope()
            square = self._mean(slope**2, _ROUGHNESS) - self._mean(slope, _ROUGHNESS) ** 2
            return np.sqrt(np.maximum(square, 0))
        return self._slope() if name == "slope" else self._hillshade()

    def _slope(self) -> np.ndarray:
        return np.degrees(np.arctan(np.hypot(*self._gradient())))

    def _hillshade(self) -> np.ndarray:
        across, down = self._gradient()
        east, north = (across * self.axes[0][i] + down * self.axes[1][i] for i in range(2))
        steep = np.hypot(east, north)
        slope, downhill = np.arctan(steep), np.arctan2(-east, -north)
        low, high = math.cos(math.radians(_ALTITUDE)), math.sin(math.radians(_ALTITUDE))
        shade = np.zeros_like(slope)
        for azimuth in _AZIMUTHS:
            turn = downhill - math.radians(azimuth)
            light = np.maximum(high * np.cos(slope) + low * np.sin(slope) * np.cos(turn), 0)
            # four such weights add up to 2, wherever a slope looks
            shade += light * np.cos(turn) ** 2 / 2
        return shade

    def _gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """Metres of height per metre on the ground along columns and rows, (rows, cols) each; 0 at the border of the block."""
        if self._found is None:
            straight = {step: self._neighbour(*step) for step in ((-1, 0), (1, 0), (0, -1), (0, 1))}
            around = {**straight}
            for i, j in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
                made_up = straight[i, 0] + straight[0, j] - self.heights
                around[i, j] = np.where(_moved(self.known, i, j), _moved(self.heights, i, j), made_up)
            right, left = (around[-1, j] + 2 * around[0, j] + around[1, j] for j in (1, -1))
            below, above = (around[i, -1] + 2 * around[i, 0] + around[i, 1] for i in (1, -1))
            self._found = (right - left) / (8 * self.across), (below - above) / (8 * self.down)
        return self._found

    def _neighbour(self, rows: int, cols: int) -> np.ndarray:
        """The height so many rows down and columns to the right, made up from the opposite side where nothing is known of it."""
        there, opposite = (_moved(self.heights, sign * rows, sign * cols) for sign in (1, -1))
        known, behind = (_moved(self.known, sign * rows, sign * cols) for sign in (1, -1))
        return np.where(known, there, np.where(behind, 2 * self.heights - opposite, self.heights))

    def _mean(self, values: np.ndarray, half: int) -> np.ndarray:
        """Mean of what is known in the square of 2 x half + 1 pixels around each pixel; 0 where nothing is."""
        total, count = (
            _sums(_sums(part, half, 0), half, 1) for part in (values * self.known, self.known.astype(float))
        )
        return np.asarray(total / np.maximum(count, 1))


def _moved(values: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Each pixel gets what lies so many rows below and columns to the right of it; 0 from beyond the block."""
    made = np.zeros_like(values)
    height, width = values.shape
    to = slice(max(0, -rows), height - max(0, rows)), slice(max(0, -cols), width - max(0, cols))
    start = slice(max(0, rows), height - max(0, -rows)), slice(max(0, cols), width - max(0, -cols))
    made[to] = values[start]
    return made


def _sums(values: np.ndarray, half: int, axis: int) -> np.ndarray:
    """Sums of 2 x half + 1 neighbours along an axis.

    Always added in the same order, by doubling, so that they do not depend on where the block begins, as running sums would.
    """
    length, parts, done = 2 * half + 1, values, 1
    steps: list[tuple[int, np.ndarray]] = []
    while done <= length:
        steps.append((done, parts))
        parts, done = parts + _ahead(parts, done, axis), 2 * done
    total, offset = np.zeros_like(values), -half
    for size, part in reversed(steps):
        if length & size:
            total += _ahead(part, offset, axis)
            offset += size
    return total


def _ahead(values: np.ndarray, by: int, axis: int) -> np.ndarray:
    return _moved(values, by, 0) if axis == 0 else _moved(values, 0, by)


def _pixel_sides(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) metres on the ground along a pixel to the right and down, for every row, at the middle column.

    Where no CRS tells, units of the map count as metres.
    """
    t, middle = source.transform, source.width / 2
    on_map = np.hypot(t.a, t.d), np.hypot(t.b, t.e)
    same = tuple(np.full(source.height, side) for side in on_map)
    if source.crs is None:
        log.warning("%s has no CRS: its pixels are taken to measure %g x %g metres", source.name, *on_map)
        return same[0], same[1]
    try:
        crs = pyproj.CRS.from_user_input(source.crs)
        to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        rows = np.arange(source.height) + 0.5
        sides = [_lengths(to_degrees, crs, t, middle, rows, *step) for step in ((0.5, 0.0), (0.0, 0.5))]
    except (CRSError, ProjError, AttributeError) as error:
        log.warning("lengths on the ground can't be told, units of the map count as metres: %s", error)
        return same[0], same[1]
    if not all(np.isfinite(side).all() and (side > 0).all() for side in sides):
        log.warning("lengths on the ground can't be told all over %s: units of the map count as metres", source.name)
        return same[0], same[1]
    return sides[0], sides[1]


def _lengths(
    to_degrees: pyproj.Transformer, crs: pyproj.CRS, t: Affine, col: float, rows: np.ndarray, right: float, below: float
) -> np.ndarray:
    """(rows,) metres between the places so far left of (or above) and right of (or below) column *col* in each row."""
    ends: list[np.ndarray] = []
    for sign in (-1, 1):
        x, y = col + sign * right, rows + sign * below
        ends += to_degrees.transform(t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f)
    ellipsoid = crs.get_geod()
    if ellipsoid is None:
        raise CRSError("it has no ellipsoid")
    first_x, first_y, last_x, last_y = ends
    return np.asarray(ellipsoid.inv(first_x, first_y, last_x, last_y)[2])
