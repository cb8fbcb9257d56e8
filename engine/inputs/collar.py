"""Pixels without data that a file does not tell to be such: the white or black collar of a scene that was cut or turned."""

from __future__ import annotations

import logging

import numpy as np
from rasterio.enums import ColorInterp, MaskFlags

from ..rasters import Source
from . import ranges

log = logging.getLogger(__name__)

#: share of the pixels looked at, and of those along the raster's edges, from which on a collar is spoken of
_SHARE = 0.02
#: windows along each side: with fewer, most of them lie at the edges
_WINDOWS = 8


def warn(source: Source) -> None:
    """Warn where many pixels have the same extreme value in all bands, up to the raster's edges, and no nodata value is set.

    That is 0, and of whole numbers the greatest that the type can hold. A sample from all over the raster tells it.
    """
    ds = source._ds
    while hasattr(ds, "src_dataset"):
        ds = ds.src_dataset
    flags = ds.mask_flag_enums
    if ColorInterp.alpha in ds.colorinterp or any(MaskFlags.all_valid not in flags[band - 1] for band in source.bands):
        return
    kinds = {np.dtype(ds.dtypes[band - 1]) for band in source.bands}
    values = [0] if len(kinds) > 1 or next(iter(kinds)).kind not in "iu" else [0, int(np.iinfo(next(iter(kinds))).max)]
    for value in values:
        if _is_collar(source, value):
            log.warning(
                "many pixels of %s, up to its edges, are %d in %s, and no nodata value is set: they are encoded as if they were "
                "ground. If they hold no data, say so first: Raster > Conversion > Translate, Assign a specified nodata value: %d",
                source.name, value, "all bands" if len(source.bands) > 1 else "its band", value,
            )  # fmt: skip


def _is_collar(source: Source, value: int) -> bool:
    """Whether of a sample, and of its pixels along the edges, more than the share are *value* in all bands."""
    hits = seen = edge_hits = edge_seen = 0
    for top, left, data, valid in ranges.windows(source, _WINDOWS):
        same = (data == np.float32(value)).all(0) & valid
        rows = np.arange(top, top + valid.shape[0])
        cols = np.arange(left, left + valid.shape[1])
        edge = np.isin(rows, (0, source.height - 1))[:, None] | np.isin(cols, (0, source.width - 1))
        hits, seen = hits + int(same.sum()), seen + int(valid.sum())
        edge_hits, edge_seen = edge_hits + int((same & edge).sum()), edge_seen + int((valid & edge).sum())
    return hits > _SHARE * seen and edge_hits > _SHARE * edge_seen
