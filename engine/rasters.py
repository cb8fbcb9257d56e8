"""Open and read rasters of any kind that GDAL knows. Arrays are (bands, rows, cols)."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import CRSError, RasterioError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform, transform_bounds
from rasterio.windows import Window

from ..contract.errors import BadRaster, BadRequest

log = logging.getLogger(__name__)

#: GDAL keeps decoded blocks up to 5 % of the computer's memory unless told otherwise; bytes: rasterio takes a whole number
#: as such, not as megabytes as GDAL's own setting (1.4.4), and 128 bytes of cache decode every block anew for every tile
CACHE_BYTES = 128 << 20


class Source:
    """A raster that is read window by window.

    Attributes:
        name: path or GDAL name.
        bands: band numbers, counted from 1, in the order they are read.
        width, height: in pixels.
        transform: pixel to CRS coordinates; may be rotated or south-up.
        crs: None where the raster has none.
        eight_bit: whether all bands are unsigned bytes.
    """

    def __init__(self, ds: Any, name: str, bands: list[int]) -> None:
        self._ds, self.name, self.bands = ds, name, bands
        self.width, self.height = ds.width, ds.height
        self.transform: Affine = ds.transform
        self.crs: CRS | None = ds.crs
        self.eight_bit = all(ds.dtypes[band - 1] == "uint8" for band in bands)
        self._masked = any(MaskFlags.all_valid not in ds.mask_flag_enums[band - 1] for band in bands)

    def read(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """Read rows top to bottom and columns left to right, all within the raster.

        Returns:
            (bands, rows, cols) float32, undefined but finite where not valid; and (rows, cols) bool: valid in all bands.

        Raises:
            BadRaster: the file is damaged.
        """
        window = Window(left, top, right - left, bottom - top)
        try:
            raw = self._ds.read(self.bands, window=window)
            mask = self._ds.read_masks(self.bands, window=window).all(0) if self._masked else None
        except RasterioError as error:
            rows = f"rows {top} to {bottom}, columns {left} to {right}"
            raise BadRaster(
                f"{self.name} can't be read at {rows}: {_reason(error)}",
                "the file is damaged or cut short: copy it anew",
            ) from error
        with np.errstate(over="ignore", invalid="ignore"):
            data = raw.astype(np.float32)
        valid = np.isfinite(data).all(0) if raw.dtype.kind == "f" else np.ones(data.shape[1:], bool)
        if mask is not None:
            valid &= mask
        if not valid.all():
            data[:, ~valid] = 0
        return data, valid

    def pixel_window(self, extent: str) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) in pixels of ``xmin,ymin,xmax,ymax [CRS]``; may reach beyond the raster.

        Raises:
            BadRequest: the extent names a CRS that is unknown, or the raster has none to compare with.
        """
        numbers, _, rest = extent.partition("[")
        xmin, ymin, xmax, ymax = (float(part) for part in numbers.split(","))
        crs = rest.rstrip("] ").strip()
        if crs:
            if self.crs is None:
                raise BadRequest(
                    f"extent = {extent} is given in {crs}, but {self.name} has no CRS",
                    "give the extent in the raster's own coordinates",
                )
            there = parse_crs(crs, "extent")
            if there != self.crs:
                xmin, ymin, xmax, ymax = transform_bounds(there, self.crs, xmin, ymin, xmax, ymax)
        corners = [~self.transform * point for point in ((xmin, ymin), (xmin, ymax), (xmax, ymin), (xmax, ymax))]
        cols, rows = [corner[0] for corner in corners], [corner[1] for corner in corners]
        return min(cols), min(rows), max(cols), max(rows)

    def fingerprint(self) -> str:
        """sha256 of the content of every file the raster consists of, without what GDAL keeps beside it (.aux.xml, .ovr)."""
        digest = hashlib.sha256()
        files = [path for path in sorted(self._ds.files) if not path.lower().endswith((".aux.xml", ".ovr", ".msk"))]
        for path in files:
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    while piece := file.read(1 << 22):
                        digest.update(piece)
        digest.update(repr((self.width, self.height, tuple(self.transform), self.crs and self.crs.to_wkt())).encode())
        return digest.hexdigest()


def _reason(error: Exception) -> str:
    """The last line of what GDAL said, without a full stop."""
    cause = error.__cause__ or error
    return (str(cause).strip().splitlines() or ["unknown reason"])[-1].rstrip(".")


def parse_crs(text: str, name: str) -> CRS:
    """Return a CRS from ``EPSG:…`` or WKT.

    Raises:
        BadRequest: *text* is neither; *name* is the parameter it was given as.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise BadRequest(f"{name} = {text} is no known CRS: {_reason(error)}", "give EPSG:… or WKT") from error


def _choose_bands(ds: Any, name: str, bands: list[int] | None) -> list[int]:
    if bands is None:
        bands = [i for i, meaning in zip(ds.indexes, ds.colorinterp) if meaning != ColorInterp.alpha] or list(
            ds.indexes
        )
    if max(bands) > ds.count:
        raise BadRaster(f"{name} has no band {max(bands)}, only {ds.count}", "choose other bands")
    for band in bands:
        if "complex" in ds.dtypes[band - 1] or "int16c" in ds.dtypes[band - 1]:
            raise BadRaster(
                f"band {band} of {name} holds complex numbers", "take its magnitude first, with the raster calculator"
            )
    if any(ds.colorinterp[band - 1] == ColorInterp.palette for band in bands):
        log.warning(
            "%s holds numbers of a colour table, not brightness: convert it to RGB first (Raster > Conversion > PCT to RGB)",
            name,
        )
    return bands


def _needs_warp(ds: Any, crs: str | None, resolution: float | None) -> bool:
    return bool(crs or resolution or (ds.transform.is_identity and ds.gcps[0]))


def _warped(ds: Any, name: str, crs: str | None, resolution: float | None) -> WarpedVRT:
    """A view of *ds* in another CRS, or with pixels of another size."""
    gcps, gcp_crs = ds.gcps
    own = ds.crs or gcp_crs
    if own is None:
        raise BadRaster(
            f"{name} has no CRS, so it can't be resampled",
            "assign one first (Raster > Projections > Assign projection)",
        )
    target = parse_crs(crs, "crs") if crs else own
    where = (
        {"gcps": gcps}
        if gcps and ds.transform.is_identity
        else dict(zip(("left", "bottom", "right", "top"), ds.bounds))
    )
    options = {"resolution": resolution} if resolution else {}
    transform, width, height = calculate_default_transform(own, target, ds.width, ds.height, **where, **options)
    if width * height > 1 << 40:
        raise BadRequest(
            f"resolution = {resolution:g} makes a raster of {width} x {height} pixels",
            "choose larger pixels; mind the unit of the CRS",
        )
    log.info("the raster is resampled to %s, %d x %d pixels", target.to_string()[:40], width, height)
    # where nothing of the raster lies is known from the mask that add_alpha makes, whatever its nodata value
    return WarpedVRT(
        ds,
        src_crs=own,
        crs=target,
        transform=transform,
        width=width,
        height=height,
        resampling=Resampling.bilinear,
        add_alpha=ds.nodata is None,
    )


@contextlib.contextmanager
def open_source(
    name: str, bands: list[int] | None = None, crs: str | None = None, resolution: float | None = None
) -> Iterator[Source]:
    """Open a raster for reading.

    Args:
        name: a path, or anything GDAL opens by name.
        bands: counted from 1, in the order wanted; None for all but transparency.
        crs, resolution: resample to these, bilinear; None for the raster's own.

    Raises:
        BadRaster: it can't be opened, has no such band, or holds complex numbers.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES, GDAL_PAM_ENABLED="YES"))
        try:
            # by its own name only: GDAL lists the folder for side files otherwise, which takes long where it holds many
            ds = stack.enter_context(rasterio.open(name))
        except RasterioError as error:
            hint = "check the path" if not Path(name).exists() else "it is damaged, or of a format GDAL does not know"
            raise BadRaster(f"{name} can't be opened: {_reason(error)}", hint) from error
        if ds.count == 0:
            raise BadRaster(f"{name} holds no raster bands itself", "choose one of its subdatasets")
        bands = _choose_bands(ds, name, bands)
        if _needs_warp(ds, crs, resolution):
            ds = stack.enter_context(_warped(ds, name, crs, resolution))
        yield Source(ds, name, bands)
