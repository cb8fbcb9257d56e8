"""A raster's principal components, of all of its pixels, in place of its bands."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from ...contract.errors import BadRaster
from ...contract.job import Context
from ..preparation import Preparation, principal_axes
from ..rasters import Source, in_short, nothing_valid
from ..survey import Total
from ..whole_raster import blocks
from .view import View

log = logging.getLogger(__name__)

#: what a component must hold of the variance of all bands to be more than rounding
_LEAST = 1e-9


class Principal(View):
    """The first *count* principal components of the bands of *under*, each band brought to mean 0 and deviation 1 beforehand.

    They follow from all valid pixels of the whole raster, exact in float64, whatever is encoded of it. Each is turned so that
    its strongest loading is positive.

    Attributes:
        preparation: from pixels to components.
        shares: (count,) of the variance of all bands that each component holds.

    Raises:
        BadRaster: no pixel is valid, or the bands hold fewer than *count* different things.
    """

    def __init__(self, under: Source, count: int, ctx: Context) -> None:
        super().__init__(under, [f"principal component {i + 1}" for i in range(count)])
        total = _total(under, ctx)
        if not total.count:
            raise nothing_valid([(under, (0, under.height, 0, under.width))], False)
        covariance = total.scatter / total.count
        spread = np.sqrt(np.maximum(np.diag(covariance), 0))
        # what rounding makes of a band that never changes
        alive = spread > 1e-6 * np.maximum(np.abs(total.mean), 1e-30)
        scale = np.where(alive, spread, 1.0)
        values, vectors = principal_axes(covariance / np.outer(scale, scale) * np.outer(alive, alive))
        kinds = int((values > _LEAST * values.sum()).sum())
        if kinds < count:
            raise BadRaster(
                f"bands {in_short(sorted(under.bands))} of {under.name} hold {kinds} different things, too few for {count} principal components",
                "choose more bands, or weights averaged",
            )
        # coarser than what rounding makes of sums in another order, so that runs agree
        axes = np.ascontiguousarray(np.rint(vectors[:count] * 2**20) / 2**20, np.float32)
        self.preparation = Preparation(False, total.mean.astype(np.float32), scale.astype(np.float32), axes)
        self.shares = values[:count] / values.sum()
        # known already, so that the raster need not be read again
        self.moments = (0.0,) * count, tuple(float(value) for value in np.sqrt(values[:count]))
        log.info(
            "principal components of %d bands over the whole raster hold %s of what differs in them",
            len(under.bands), ", ".join(f"{share:.1%}" for share in self.shares),
        )  # fmt: skip

    def read(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """See ``Source.read``."""
        data, valid = self.under.read(top, bottom, left, right)
        bands, rows, cols = data.shape
        made = np.ascontiguousarray(self.preparation(data.reshape(bands, -1).T).T.reshape(-1, rows, cols))
        if not valid.all():
            made[:, ~valid] = 0
        return made, valid

    def axes(self) -> dict[str, Any]:
        """What another raster of the same bands needs to be encoded alike: components are rotation @ ((value - mean) / scale)."""
        return {name: array.tolist() for name, array in self.preparation.arrays().items()}


def _total(source: Source, ctx: Context) -> Total:
    """Number, mean and scatter of all valid pixels."""
    total = Total(len(source.bands))
    for data, valid in blocks(source, ctx, "principal components"):
        if valid.any():
            total.add(data[:, valid].T)
    return total
