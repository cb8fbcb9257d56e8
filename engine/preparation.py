"""What happens to features before a method sees them: the same at fitting and ever after, for it is saved with the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ..contract.errors import BadRaster
from .survey import Survey, to_unit

SCALINGS = ("standardise", "centre", "unit length")
#: cells that are copied to float64 at once
PORTION = 8192


@dataclass(frozen=True)
class Preparation:
    """A fixed, linear way from features to what a method is given.

    Attributes:
        unit: every cell's features are divided by their length first.
        mean: (bands,) float32, taken off.
        scale: (bands,) float32, divided by; 1 for bands that never change.
        rotation: (dims, bands) float32: principal axes to compress to; None for none.
    """

    unit: bool
    mean: np.ndarray
    scale: np.ndarray
    rotation: np.ndarray | None

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        """Turn (cells, bands) float32 into (cells, dims) float32."""
        x = to_unit(cells) if self.unit else cells
        x = x - self.mean
        if (self.scale != 1).any():
            x /= self.scale
        return x if self.rotation is None else product(x, self.rotation)

    def arrays(self) -> dict[str, np.ndarray]:
        """What is to be saved."""
        found = {"mean": self.mean, "scale": self.scale}
        return found if self.rotation is None else {**found, "rotation": self.rotation}

    @classmethod
    def of(cls, unit: bool, arrays: dict[str, Any]) -> Preparation:
        """The way back from ``arrays()``."""
        return cls(unit, arrays["mean"], arrays["scale"], arrays.get("rotation"))


def prepare(found: Survey, scaling: str, compress: int | None = None) -> tuple[Preparation, np.ndarray]:
    """Choose the preparation for a raster.

    Args:
        found: with ``unit`` as *scaling* asks.
        scaling: one of SCALINGS. After ``unit length``, bands are centred.
        compress: keep so many principal axes of all cells; None for all bands as they are.

    Returns:
        The preparation, and the covariance (dims, dims) float64 of all cells after it.

    Raises:
        BadRaster: no band changes at all.
    """
    variance = np.maximum(np.diag(found.covariance), 0)
    # what rounding of float32 makes of a band that never changes
    alive = np.sqrt(variance) > 1e-6 * np.maximum(np.abs(found.mean), 1e-30)
    if not alive.any():
        raise BadRaster(
            f"all {found.count} valid cells have the same values in all {len(variance)} bands",
            "choose other bands, or a larger extent",
        )
    scale = np.where(alive, np.sqrt(variance), 1.0) if scaling == "standardise" else np.ones(len(variance))
    covariance = found.covariance / np.outer(scale, scale)
    covariance[~alive] = 0
    covariance[:, ~alive] = 0
    rotation = None
    if compress is not None and compress < len(variance):
        _, vectors = principal_axes(covariance)
        # coarser than what rounding makes of sums in another order: a method that blows up differences must be given none
        rotation = np.ascontiguousarray(np.rint(vectors[:compress] * 2**20) / 2**20, np.float32)
        covariance = rotation @ covariance @ rotation.T
    made = Preparation(scaling == "unit length", found.mean.astype(np.float32), scale.astype(np.float32), rotation)
    return made, covariance


def product(x: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """(cells, dims) and (axes, dims) to (cells, axes) float32.

    Sums are made in float64: in float32 their last digits would depend on how many cells and threads there are.
    """
    made = np.empty((len(x), len(axes)), np.float32)
    turned = axes.T.astype(np.float64)
    for start in range(0, len(x), PORTION):
        made[start : start + PORTION] = x[start : start + PORTION].astype(np.float64) @ turned
    return made


def principal_axes(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(dims,) variances, largest first, and (dims, dims) axes in rows, each with its strongest loading positive."""
    # on one thread: the last digits stay the same, and on a busy computer two that wait for each other take ten times as long
    with threadpool_limits(1):
        values, vectors = np.linalg.eigh(covariance)
    axes = vectors.T[::-1]
    # eigenvectors have no sign of their own: fix it, so that runs agree
    return np.maximum(values[::-1], 0), axes * signs(axes)[:, None]


def signs(loadings: np.ndarray) -> np.ndarray:
    """(rows,) 1 or -1: what makes the strongest of each row of (rows, dims) positive, the first of those that are as strong.

    As strong is what differs by less than a thousandth: two bands often have the same loading but for rounding.
    """
    size = np.abs(loadings)
    first = (size >= 0.999 * size.max(1, keepdims=True)).argmax(1)
    return np.where(np.take_along_axis(loadings, first[:, None], 1)[:, 0] < 0, -1.0, 1.0)
