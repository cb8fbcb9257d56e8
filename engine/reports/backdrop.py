"""What lies under labels in a sketch of where they are: the outline of the raster, and a pale picture of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.transforms import Affine2D
from rasterio.enums import Resampling
from rasterio.errors import RasterioError

from ..features import Features
from ..rasters import Source
from ..training.ground import Ground
from .thumbnails import open_original, stretched

#: longer side of the picture in pixels, and values of all bands up to which a raster is read for it
_SIDE, _MOST = 400, 400_000_000
#: how much of its darkness a picture keeps, so that dots stand out
_STRENGTH = 0.5


@dataclass(frozen=True)
class Backdrop:
    """A raster in the coordinates of ``Examples.xy``.

    Attributes:
        outline: (4, 2) float64 corners: upper left, upper right, lower right, lower left of the first row and column.
        picture: (rows, cols, 4) uint8, transparent where there is no data; None where it would take long to read.
        corners: (4, 2) those of the picture, which may be of another raster than the outline.
    """

    outline: np.ndarray
    picture: np.ndarray | None
    corners: np.ndarray

    def draw(self, axes: Any) -> None:
        """Draw it below all else, and show all of the outline."""
        ring = np.concatenate([self.outline, self.outline[:1]])
        axes.plot(*ring.T, color="#52606d", linewidth=0.8, zorder=1)
        if self.picture is not None:
            left, right, _, low = self.corners
            across, down = right - left, low - left
            # from the unit square, whose upper side is the first row
            way = Affine2D(np.array([[across[0], down[0], left[0]], [across[1], down[1], left[1]], [0, 0, 1]]))
            axes.imshow(
                self.picture, extent=(0, 1, 1, 0), origin="upper", transform=way + axes.transData, aspect="auto",
                interpolation="nearest", zorder=0,
            )  # fmt: skip
        low_end, high_end = self.outline.min(0), self.outline.max(0)
        margin = 0.02 * max(float((high_end - low_end).max()), 1e-9)
        axes.set(
            xlim=(low_end[0] - margin, high_end[0] + margin), ylim=(low_end[1] - margin, high_end[1] + margin)
        )  # fmt: skip


def backdrop(features: Features, sample: np.ndarray) -> Backdrop:
    """That of a raster, or a stack.

    Args:
        sample: (cells, bands) float32 of the features, see ``thumbnails.open_original``.
    """
    ground = Ground.of(features)
    outline = _corners(features.source, ground)
    with open_original(features, sample) as original:
        return Backdrop(outline, _picture(original.source), _corners(original.source, ground))


def _corners(source: Source, ground: Ground) -> np.ndarray:
    width, height = source.width, source.height
    corners = np.array([[0, 0], [0, width], [height, width], [height, 0]], np.float64)
    return ground.measure(corners - 0.5, source.transform, source.crs)


def _picture(source: Source) -> np.ndarray | None:
    if source.width * source.height * source._ds.count > _MOST:
        return None
    scale = max(1.0, max(source.width, source.height) / _SIDE)
    shape = len(source.bands), math.ceil(source.height / scale), math.ceil(source.width / scale)
    try:
        read = source._ds.read(source.bands, out_shape=shape, masked=True, resampling=Resampling.nearest)
    except RasterioError:
        # damaged where no label lies: the map of labels does without
        return None
    data = np.asarray(read.data, np.float32)
    valid = np.asarray(~np.ma.getmaskarray(read).any(0) & np.isfinite(data).all(0))
    data[:, ~valid] = 0
    shown = stretched(data[None], valid[None], source.eight_bit)[0]
    # grey: the dots have the colours
    grey = np.rint(255 - _STRENGTH * (255 - shown.mean(-1, dtype=np.float32))).astype(np.uint8)
    return np.stack([grey, grey, grey, np.where(valid, 255, 0).astype(np.uint8)], -1)
