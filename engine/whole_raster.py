"""Go once over all pixels of a raster, in pieces of bounded size."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..contract.job import Context
from .rasters import Source

#: pixels per side of a block, at most and at least, and values of all bands in it, as far as that allows
_SIDE, _LEAST, _VALUES = 1024, 256, 16 << 20


def blocks(source: Source, ctx: Context, stage: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what ``Source.read`` gives, block by block; *stage* is what the progress is told as."""
    side = min(_SIDE, max(_LEAST, math.isqrt(_VALUES // len(source.bands))))
    corners = [(top, left) for top in range(0, source.height, side) for left in range(0, source.width, side)]
    for top, left in ctx.track(corners, "blocks", stage):
        yield source.read(top, min(top + side, source.height), left, min(left + side, source.width))
