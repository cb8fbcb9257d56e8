"""Where an extent lies on a raster."""

from __future__ import annotations

from ..contract.errors import BadRequest
from .rasters import Source

#: an overlap of so many pixels is a rounding error; letters of a CRS that are told
_TOUCH, _LONGEST = 1e-6, 40


def window_of(source: Source, extent: str) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) in pixels of ``xmin,ymin,xmax,ymax [CRS]``; may reach beyond the raster.

    Raises:
        BadRequest: the extent has nothing in common with the raster, or names a CRS that is unknown or can't be compared.
    """
    left, top, right, bottom = source.pixel_window(extent)
    # asked this way round, for what a CRS can't place is NaN
    if right > _TOUCH and bottom > _TOUCH and left < source.width - _TOUCH and top < source.height - _TOUCH:
        return left, top, right, bottom
    raise beside(source, extent)


def beside(source: Source, extent: str) -> BadRequest:
    """What to raise where *extent* has nothing in common with the raster: it tells where that lies, in its own CRS."""
    corners = [source.transform * (col, row) for col in (0, source.width) for row in (0, source.height)]
    ends = [end(corner[axis] for corner in corners) for end in (min, max) for axis in (0, 1)]
    named = source.crs.to_string() if source.crs else ""
    crs = f" [{named}]" if 0 < len(named) <= _LONGEST else " in a CRS of its own" if named else ""
    return BadRequest(
        f"extent = {extent} lies beside {source.name}, which covers {','.join(f'{value:.10g}' for value in ends)}{crs}",
        "choose an extent that overlaps the raster; mind its CRS",
    )
