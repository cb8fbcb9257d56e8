"""Rasters on another grid than their own, resampled while they are read."""

from __future__ import annotations

import logging
from typing import Any

from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform

from ..contract.errors import BadRaster, BadRequest

log = logging.getLogger(__name__)


def located(ds: Any) -> WarpedVRT:
    """A view of *ds*, which has control points instead of a grid, on the grid that GDAL makes of them.

    Nothing may be said of that grid: rasterio drops the points where it is told a transform (1.4.4).
    """
    crs = ds.gcps[1]
    return WarpedVRT(ds, src_crs=crs, crs=crs, resampling=Resampling.bilinear, add_alpha=_needs_alpha(ds))


def _box(ds: Any) -> tuple[float, float, float, float]:
    """(xmin, ymin, xmax, ymax), also of a raster whose columns run west or whose rows run north."""
    left, bottom, right, top = ds.bounds
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _needs_alpha(ds: Any) -> bool:
    """Whether only a band made for it can tell where nothing of the raster lies: it has no nodata value and no such band."""
    return ds.nodata is None and ColorInterp.alpha not in ds.colorinterp


def warped(ds: Any, name: str, crs: CRS | None, resolution: float | None) -> WarpedVRT:
    """A view of *ds*, called *name*, in another CRS, or with pixels of another size; both bilinear.

    Raises:
        BadRaster: it has no CRS.
        BadRequest: there would be too many pixels.
    """
    own = ds.crs
    if own is None:
        raise BadRaster(
            f"{name} has no CRS, so it can't be resampled",
            "assign one first (Raster > Projections > Assign projection)",
        )
    target = crs or own
    options = {"resolution": resolution} if resolution else {}
    transform, width, height = calculate_default_transform(own, target, ds.width, ds.height, *_box(ds), **options)
    if width * height > 1 << 40:
        raise BadRequest(
            f"resolution = {resolution:g} makes a raster of {width} x {height} pixels",
            "choose larger pixels; mind the unit of the CRS",
        )
    log.info("the raster is resampled to %s, %d x %d pixels", target.to_string()[:40], width, height)
    return WarpedVRT(
        ds,
        src_crs=own,
        crs=target,
        transform=transform,
        width=width,
        height=height,
        resampling=Resampling.bilinear,
        add_alpha=_needs_alpha(ds),
    )
