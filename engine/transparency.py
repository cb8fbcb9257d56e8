"""Bands that a file calls transparency and that are none, such as the near infrared of aerial photos."""

from __future__ import annotations

import contextlib
import itertools
import logging
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasterio.windows import Window

from ..contract.sensors import COLOURS, SENSORS, find_band, key

log = logging.getLogger(__name__)

#: windows along each side of the raster that are looked at, and pixels along each side of a window
_WINDOWS, _SIDE = 8, 32
#: transparency is all or nothing but at edges: more different values than this, and more pixels than this share with neither 0
#: nor the greatest value of all, are no transparency. Four-band NAIP that is flagged so has 165 values or more, and 99.9 % of such
#: pixels; what is left of an infrared band of Sentinel-2 in 8 bits, saturated and with a white collar, is 50 %
_VALUES, _SHARE = 16, 0.2


def plain(ds: Any, name: str, stack: contextlib.ExitStack) -> Any:
    """*ds*, or where its transparency is none, a view of it in which that band is one like the others.

    It is decided by values from all over the raster, whatever part of it is wanted, or by a name that only data has, such as
    ``B8``, and told in the log.

    Args:
        ds: an open raster.
        name: what messages call it.
        stack: closes the view.
    """
    wrong = [i for i, colour in zip(ds.indexes, ds.colorinterp) if colour == ColorInterp.alpha and not _is_mask(ds, i)]
    if not wrong or len(ds.indexes) == 1:
        return ds
    bands = f"band{'s' if len(wrong) > 1 else ''} {', '.join(map(str, wrong))}"
    log.info(
        "%s of %s is called transparency in the file, but its values or its name are none of a mask: it is taken for data",
        bands,
        name,
    )
    # GDAL would go on using it as a mask, and as weights where it resamples
    memory = stack.enter_context(MemoryFile(ext=".vrt"))
    copy(ds, memory.name, driver="VRT")
    with rasterio.open(memory.name, "r+") as made:
        colours = enumerate(made.colorinterp, 1)
        made.colorinterp = [ColorInterp.undefined if i in wrong else colour for i, colour in colours]
    return stack.enter_context(rasterio.open(memory.name))


def _is_mask(ds: Any, band: int) -> bool:
    """Whether a band can be transparency, as far as its name and a sample of its values tell."""
    name = ds.descriptions[band - 1] or ""
    # programs call bands so that they know nothing of
    if key(name) != f"band{band}" and any(
        find_band(bands, name) for bands in (COLOURS, *(one.bands for one in SENSORS))
    ):
        return False
    tops = np.unique(np.linspace(0, max(0, ds.height - _SIDE), _WINDOWS, dtype=int))
    lefts = np.unique(np.linspace(0, max(0, ds.width - _SIDE), _WINDOWS, dtype=int))
    sides = min(_SIDE, ds.width), min(_SIDE, ds.height)
    pieces = [ds.read(band, window=Window(left, top, *sides)).ravel() for top, left in itertools.product(tops, lefts)]
    values = np.concatenate(pieces)
    values = values[np.isfinite(values)]
    if len(np.unique(values)) <= _VALUES:
        return True
    return bool(((values != 0) & (values != values.max())).mean() <= _SHARE)
