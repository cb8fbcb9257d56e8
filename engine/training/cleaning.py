"""Cleaner maps of classes: the most frequent class in a window, and no patches below a size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import rasterio
from rasterio.features import sieve
from rasterio.windows import Window
from scipy.ndimage import uniform_filter1d

from ...contract.job import Context
from ..feature_raster import FeatureWriter, Layer
from ..rasters import CACHE_BYTES

#: cells that are worked on at once
_CELLS = 1 << 20


def clean(raw: str, layer: Layer, smooth: int, smallest: int, ctx: Context) -> None:
    """Write *layer*, the cleaned map of the file *raw*, as a part file.

    Args:
        smooth: side of the window in which the most frequent class wins; 1 for none.
        smallest: patches of fewer cells become part of their largest neighbour (GDAL's sieve, which holds the map: a byte a
            cell); 1 for none.
    """
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(raw) as ds:
        writer = FeatureWriter(layer, ds.width, ds.height, ds.transform, ds.crs)
        try:
            strips = _smoothed(ds, smooth, ctx)
            if smallest > 1:
                strips = iter([_sieved(np.concatenate(list(strips)), int(ds.nodata), smallest, ctx)])
            for strip in strips:
                for top in range(0, len(strip), writer.rows_per_block):
                    rows = strip[top : top + writer.rows_per_block]
                    writer.write(rows[None].astype(layer.storage.dtype))
            writer.seal()
        except BaseException:
            writer.close()
            raise


def _smoothed(ds: rasterio.DatasetReader, window: int, ctx: Context) -> Iterator[np.ndarray]:
    """Yield (rows, width) from top to bottom, in whole blocks."""
    margin, block = window // 2, ds.block_shapes[0][0]
    step = max(1, _CELLS // ds.width // block) * block
    for first in range(0, ds.height, step):
        ctx.progress(first, ds.height, "rows", "clean the map")
        last = min(ds.height, first + step)
        top, bottom = max(0, first - margin), min(ds.height, last + margin)
        values = ds.read(1, window=Window(0, top, ds.width, bottom - top))
        if window > 1:
            values = majority(values, int(ds.nodata), window)
        yield values[first - top : last - top]
    ctx.progress(ds.height, ds.height, "rows", "clean the map")


def majority(values: np.ndarray, nodata: int, window: int) -> np.ndarray:
    """(rows, cols) with the most frequent class in the window around each cell.

    A cell that is as good as the best keeps its class; otherwise the lowest of the best wins. Cells without data stay so, and
    have no vote.
    """
    best, most = values.copy(), np.zeros(values.shape, np.float64)
    own = np.zeros(values.shape, np.float64)
    for one in np.unique(values):
        if one == nodata:
            continue
        votes = (values == one).astype(np.float64)
        for axis in (0, 1):
            votes = uniform_filter1d(votes, window, axis=axis, mode="constant") * window
        votes = np.rint(votes)
        own[values == one] = votes[values == one]
        better = votes > most
        best[better], most[better] = one, votes[better]
    return np.where((values == nodata) | (own >= most), values, best)


def _sieved(values: np.ndarray, nodata: int, smallest: int, ctx: Context) -> np.ndarray:
    """(rows, cols) without patches of fewer than *smallest* cells, where any patch of the data around them is as large.

    GDAL leaves those whose neighbours are all too small, so it is asked again until they have grown.
    """
    valid = values != nodata
    while True:
        ctx.progress(0, 1, "times", "remove small patches")
        merged = np.where(valid, sieve(values, smallest, mask=valid, connectivity=4), nodata).astype(values.dtype)
        if np.array_equal(merged, values):
            return merged
        values = merged
