"""Open and read rasters of any kind that GDAL knows. Arrays are (bands, rows, cols)."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import CRSError, RasterioError
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from ..contract.errors import BadRaster, BadRequest
from . import transparency, warping

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
        moments: mean and deviation of each band over all valid pixels, where they are known without reading; else None.
    """

    moments: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    def __init__(self, ds: Any, name: str, bands: list[int]) -> None:
        self._ds, self.name, self.bands = ds, name, bands
        self.width, self.height = ds.width, ds.height
        self.transform: Affine = ds.transform
        self.crs: CRS | None = ds.crs
        # asked for once: each of these looks at all bands
        types, flags = ds.dtypes, ds.mask_flag_enums
        self.eight_bit = all(types[band - 1] == "uint8" for band in bands)
        # a mask of NaN says what the values say, and takes as long to read
        nan = [
            kind.startswith("float") and none is not None and np.isnan(none) for kind, none in zip(types, ds.nodatavals)
        ]
        told = [flags[band - 1] == [MaskFlags.nodata] and nan[band - 1] for band in bands]
        self._masked = any(MaskFlags.all_valid not in flags[band - 1] for band, nan in zip(bands, told) if not nan)
        # GDAL takes transparency for a mask in unsigned bytes and words only (3.10)
        alpha = [band for band, meaning in zip(ds.indexes, ds.colorinterp) if meaning == ColorInterp.alpha]
        self._alpha = alpha[-1] if alpha and not self._masked and not any(told) else None

    def of_bands(self, bands: list[int]) -> Source:
        """The same raster with other bands; they are of the file, and may come more than once."""
        return Source(self._ds, self.name, bands)

    @property
    def block_rows(self) -> int:
        """Rows of the blocks that the file is stored in."""
        shapes = self._ds.block_shapes
        return int(max(shapes[band - 1][0] for band in self.bands))

    def tags(self) -> dict[str, str]:
        """What IAMAP has noted in the file; empty for rasters it did not make."""
        return dict(self._ds.tags(ns="IAMAP"))

    def band_names(self) -> list[str]:
        """Descriptions of the bands, empty where there is none."""
        descriptions = self._ds.descriptions
        return [descriptions[band - 1] or "" for band in self.bands]

    def band_tags(self, band: int) -> dict[str, str]:
        """Metadata of a band by name, those that GDAL keeps for imagery among them."""
        return {**self._ds.tags(band), **self._ds.tags(band, ns="IMAGERY")}

    def scaling(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(scale, offset), each (bands,) float32, of stored integers; None where values are stored as they are."""
        chosen = np.array(self.bands) - 1
        scale, offset = (np.array(part, np.float32)[chosen] for part in (self._ds.scales, self._ds.offsets))
        return None if (scale == 1).all() and (offset == 0).all() else (scale, offset)

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
            if self._alpha is not None:
                mask = self._ds.read(self._alpha, window=window) > 0
        except RasterioError as error:
            rows = f"rows {top} to {bottom}, columns {left} to {right}"
            raise BadRaster(
                f"{self.name} can't be read at {rows}: {_reason(error)}",
                "the file is damaged or cut short: copy it anew",
            ) from error
        with np.errstate(over="ignore", invalid="ignore"):
            data = raw.astype(np.float32, copy=False)
        valid = _finite(data) if raw.dtype.kind == "f" else np.ones(data.shape[1:], bool)
        if mask is not None:
            valid &= mask
        if not valid.all():
            data[:, ~valid] = 0
        return data, valid

    def empty_bands(self, top: int, bottom: int, left: int, right: int) -> list[int]:
        """Numbers of the bands that hold no data at all in these rows and columns, such as those that a sensor has lost."""
        rows = max(1, (8 << 20) // (right - left))
        pieces = [Window(left, row, right - left, min(rows, bottom - row)) for row in range(top, bottom, rows)]

        def holds(band: int, piece: Window) -> bool:
            data = self._ds.read(band, window=piece)
            valid = np.isfinite(data) if data.dtype.kind == "f" else np.ones(data.shape, bool)
            return bool((valid & (self._ds.read_masks(band, window=piece) > 0)).any())

        return [band for band in self.bands if not any(holds(band, piece) for piece in pieces)]

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
        """sha256 of every file the raster consists of, masks included, without what GDAL keeps beside it (.aux.xml, .ovr)."""
        digest = hashlib.sha256()
        ds = self._ds
        files = set(ds.files)
        # a view of a view in memory names that only
        while any(path.startswith("/vsimem/") for path in ds.files) and hasattr(ds, "src_dataset"):
            ds = ds.src_dataset
            files |= set(ds.files)
        parts = [path for path in sorted(files) if not path.lower().endswith((".aux.xml", ".ovr"))]
        for path in parts:
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    while piece := file.read(1 << 22):
                        digest.update(piece)
        about = (self.width, self.height, tuple(self.transform), self.crs and self.crs.to_wkt(), self._ds.nodatavals)
        digest.update(repr(about).encode())
        return digest.hexdigest()


def _finite(data: np.ndarray) -> np.ndarray:
    """(bands, rows, cols) to (rows, cols) bool: finite in all bands."""
    with np.errstate(over="ignore", invalid="ignore"):
        # twice as fast, and right wherever the sum is finite; large values may add up to infinity
        valid = np.isfinite(data.sum(0))
    return np.asarray(valid if valid.all() else np.isfinite(data).all(0))


def bands_in_short(numbers: Sequence[int]) -> str:
    """Rising numbers of bands in a sentence: ``band 3``, ``bands 1-3, 7``."""
    return f"band{'s' if len(numbers) > 1 else ''} {in_short(numbers)}"


def in_short(numbers: Sequence[int]) -> str:
    """Rising numbers with runs drawn together: ``1-3, 7, 224``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def nothing_valid(parts: Sequence[tuple[Source, tuple[int, int, int, int]]], within_extent: bool) -> BadRaster:
    """What to raise where no pixel holds data in all bands: it names the bands that hold none at all.

    Args:
        parts: the raster, and those that are stacked with it; and (top, bottom, left, right) of each that were looked at.
        within_extent: that was not the whole of the first.
    """
    first, where = parts[0][0], " within the extent" if within_extent else ""
    told, hints = [], []
    for source, window in parts:
        empty = sorted(source.empty_bands(*window))
        if not empty or (len(parts) == 1 and len(empty) == len(source.bands)):
            continue
        bands = bands_in_short(empty) if len(empty) < len(source.bands) else "all bands"
        told.append(f"{bands} of {source.name}" if len(parts) > 1 else bands)
        hints.append(
            "leave these bands out: choose the others" if source is first and len(empty) < len(source.bands)
            else f"leave {source.name} out" if len(empty) == len(source.bands)
            else f"leave these bands out of a copy of {source.name} (Raster > Conversion > Translate)"
        )  # fmt: skip
    what = "the stack on " if len(parts) > 1 else ""
    text = f"{what}{first.name} has no pixel with valid data in all of its bands{where}"
    if not told:
        return BadRaster(
            text, f"check its nodata value{' and the extent' if within_extent else ' and the bands chosen'}"
        )
    return BadRaster(f"{text}, for these hold none: {'; '.join(told)}", "; ".join(dict.fromkeys(hints)))


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


def _choose_bands(ds: Any, name: str, bands: list[int] | None, classes: bool) -> list[int]:
    if bands is None:
        seen = [i for i, meaning in zip(ds.indexes, ds.colorinterp) if meaning != ColorInterp.alpha]
        bands = seen or list(ds.indexes)
    if max(bands) > ds.count:
        raise BadRaster(f"{name} has no band {max(bands)}, only {ds.count}", "choose other bands")
    # asked for once: each of these looks at all bands
    types, meanings = ds.dtypes, ds.colorinterp
    for band in bands:
        if "complex" in types[band - 1] or "int16c" in types[band - 1]:
            raise BadRaster(
                f"band {band} of {name} holds complex numbers", "take its magnitude first, with the raster calculator"
            )
    if not classes and any(meanings[band - 1] == ColorInterp.palette for band in bands):
        log.warning(
            "%s holds numbers of a colour table, not brightness: convert it to RGB first (Raster > Conversion > PCT to RGB)",
            name,
        )
    return bands


@contextlib.contextmanager
def open_source(
    name: str,
    bands: list[int] | None = None,
    crs: str | None = None,
    resolution: float | None = None,
    classes: bool = False,
) -> Iterator[Source]:
    """Open a raster for reading.

    Args:
        name: a path, or anything GDAL opens by name.
        bands: counted from 1, in the order wanted; None for all but transparency, where its values are such.
        crs, resolution: resample to these, bilinear; None for the raster's own.
        classes: values are numbers of classes, so that a colour table is in its place.

    Raises:
        BadRaster: it can't be opened, has no such band, or holds complex numbers.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES, GDAL_PAM_ENABLED="YES", GDAL_NUM_THREADS="ALL_CPUS")
        )
        try:
            # by its own name only: GDAL lists the folder for side files otherwise, which takes long where it holds many
            ds = stack.enter_context(rasterio.open(name))
        except RasterioError as error:
            hint = "check the path" if not Path(name).exists() else "it is damaged, or of a format GDAL does not know"
            raise BadRaster(f"{name} can't be opened: {_reason(error)}", hint) from error
        if ds.count == 0:
            raise BadRaster(f"{name} holds no raster bands itself", "choose one of its subdatasets")
        ds = ds if classes else transparency.plain(ds, name, stack)
        bands = _choose_bands(ds, name, bands, classes)
        if ds.transform.is_identity and ds.gcps[0]:
            ds = stack.enter_context(warping.located(ds))
        if crs or resolution:
            ds = stack.enter_context(warping.warped(ds, name, parse_crs(crs, "crs") if crs else None, resolution))
        yield Source(ds, name, bands)
