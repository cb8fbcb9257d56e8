"""A small picture of the features, painted while they are computed: a large file need not be read again for it."""

from __future__ import annotations

import numpy as np
import rasterio
from rasterio.windows import Window

from .picture import Look
from .rasters import CACHE_BYTES

#: longer side of the picture, in pixels
SIDE = 360


def small(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the picture of a raster of *height* x *width*: no more than it has, and SIDE at most."""
    shrink = max(1.0, max(height, width) / SIDE)
    return max(1, round(height / shrink)), max(1, round(width / shrink))


class Thumbnail:
    """Some cells of a raster of *height* x *width*, in the colours of *look*.

    Attributes:
        colours: (3, rows, cols) uint8: 1 to 255, and 0 where there is no data.
    """

    def __init__(self, look: Look, height: int, width: int) -> None:
        self._look = look
        shape = small(height, width)
        self._rows, self._cols = (
            ((np.arange(count) + 0.5) * size / count).astype(int) for count, size in zip(shape, (height, width))
        )
        self.colours = np.zeros((3, *shape), np.uint8)

    def add(self, first: int, features: np.ndarray) -> None:
        """Paint (features, rows, width) float32 with NaN for no data; *first* is the raster's row of the first of these rows."""
        here = np.flatnonzero((self._rows >= first) & (self._rows < first + features.shape[1]))
        if len(here):
            some = features[:, self._rows[here] - first][:, :, self._cols]
            self.colours[:, here] = self._look.paint(some)

    def read(self, path: str, stop: int) -> None:
        """Paint the rows before *stop* from the file *path*, which an earlier run has written; each block is read once."""
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as ds:
            high = ds.block_shapes[0][0]
            scale, offset = (np.array(part, np.float32)[:, None, None] for part in (ds.scales, ds.offsets))
            for first in range(0, stop, high):
                last = min(stop, first + high)
                if ((self._rows >= first) & (self._rows < last)).any():
                    stored = ds.read(window=Window(0, first, ds.width, last - first), masked=True)
                    self.add(first, stored.astype(np.float32).filled(np.nan) * scale + offset)
