"""How features are stored: as they are, or as scaled integers with GDAL's scale and offset."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass

import numpy as np

from ..contract.errors import BadRequest, NoSpace

log = logging.getLogger(__name__)

#: share of the range seen in a sample that is kept free on either side for what the sample has not seen
_ROOM = {"int16": 1.5, "int8": 0.1}


@dataclass(frozen=True)
class Storage:
    """One way of storing features.

    Attributes:
        dtype: of the file. ``int8`` is stored as unsigned bytes: GDAL before 3.7 knows no signed ones.
        nodata: stored value of cells without data.
        lowest, highest: stored values that features may take; None for floating point.
        scale, offset: (features,) feature = stored * scale + offset; None for floating point.
    """

    dtype: str
    nodata: float
    lowest: int | None = None
    highest: int | None = None
    scale: np.ndarray | None = None
    offset: np.ndarray | None = None

    @property
    def predictor(self) -> int:
        """GeoTIFF's predictor for this type."""
        return 3 if self.dtype == "float32" else 2

    def encode(self, features: np.ndarray) -> tuple[np.ndarray, int]:
        """Turn (features, rows, cols) float32 with NaN for nodata into what is stored; also count values cut off at the range's ends."""
        if self.scale is None or self.offset is None or self.lowest is None or self.highest is None:
            if self.dtype == "float32" or features.dtype == self.dtype:
                return features, 0
            return np.where(np.isnan(features), self.nodata, features).astype(self.dtype), 0
        missing = np.isnan(features)
        stored = np.rint((features - self.offset[:, None, None]) / self.scale[:, None, None])
        stored[missing] = self.nodata
        cut = int(((stored < self.lowest) & ~missing).sum() + (stored > self.highest).sum())
        stored = np.where(missing, self.nodata, np.clip(stored, self.lowest, self.highest))
        return stored.astype(self.dtype), cut


def bytes_per_value(kind: str) -> int:
    """Bytes of one stored value of a number format."""
    return {"float32": 4, "int16": 2, "int8": 1}[kind]


def make_storage(kind: str, sample: np.ndarray) -> Storage:
    """Choose scale and offset.

    Args:
        kind: ``float32``, ``int16`` or ``int8``.
        sample: (cells, features) float32 from all over the raster, without NaN.
    """
    if kind == "float32":
        return Storage("float32", float("nan"))
    low, high = sample.min(0).astype(np.float64), sample.max(0).astype(np.float64)
    room = _ROOM[kind] * np.maximum(high - low, 1e-6 * np.maximum(1, np.abs(high)))
    low, high = low - room, high + room
    if kind == "int16":
        nodata, lowest, highest, dtype = -32768, -32767, 32767, "int16"
    elif kind == "int8":
        nodata, lowest, highest, dtype = 0, 1, 255, "uint8"
    else:
        raise BadRequest(f"storage = {kind} is unknown", "choose float32, int16 or int8")
    scale = (high - low) / (highest - lowest)
    return Storage(dtype, nodata, lowest, highest, scale, low - lowest * scale)


def check_room(output: str, size: float, what: str, hint: str) -> None:
    """Tell how large a result will be at most, and how much room there is for it.

    Args:
        output: its path.
        size: bytes.
        what: the result in words, for the log.

    Raises:
        NoSpace: it does not fit; *hint* says what to do.
    """
    folder = os.path.dirname(os.path.abspath(output))
    free = shutil.disk_usage(folder).free
    log.info("%s: up to %.1f MB, %.0f MB free", what, size / 1e6, free / 1e6)
    if size > free:
        raise NoSpace(f"the result takes up to {size / 1e6:.0f} MB, but {free / 1e6:.0f} MB are free at {folder}", hint)
