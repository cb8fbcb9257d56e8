"""Bands that hold no data at all: sensors of many bands deliver those that water vapour swallows, or that a detector has lost, empty."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..rasters import Source, bands_in_short

if TYPE_CHECKING:
    from ...algorithms.encode import Encode

log = logging.getLogger(__name__)

#: rasters of fewer bands come from sensors whose every band is wanted
_MANY = 30
#: side of the squares that are looked at first, in pixels, and how many of them along the diagonal
_SIDE, _SQUARES = 64, 5


def left_out(job: Encode, card: Any, source: Source) -> Source:
    """*source* without such bands, which is said, where nobody chose bands or told what each of them is; else as it is.

    With one of them, no pixel would be valid in all bands.
    """
    told = job.bands or job.wavelengths or job.months
    if told or len(source.bands) < _MANY or len(source.bands) == len(card.bands):
        return source
    suspects = source
    for step in range(_SQUARES):
        top, left = (_start(size, step) for size in (source.height, source.width))
        empty = suspects.empty_bands(top, min(top + _SIDE, source.height), left, min(left + _SIDE, source.width))
        suspects = source.of_bands(empty)
        if not empty:
            return source
    # where all look empty, something else is wrong
    lost = suspects.empty_bands(0, source.height, 0, source.width) if len(suspects.bands) < len(source.bands) else []
    if not lost:
        return source
    hold, are = ("hold", "are") if len(lost) > 1 else ("holds", "is")
    log.warning("%s of %s %s no data, and %s left out", bands_in_short(sorted(lost)), source.name, hold, are)
    return source.of_bands([band for band in source.bands if band not in lost])


def _start(size: int, step: int) -> int:
    """Where a square begins: from the first pixels over the middle to the last."""
    return max(0, size - _SIDE) * step // (_SQUARES - 1)
