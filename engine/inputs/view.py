"""A raster that is computed from another one while it is read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..rasters import Source


class View(Source):
    """Bands that are computed from those of *under*, on its grid.

    Attributes:
        under: the raster that is read.
        names: of the bands.
    """

    def __init__(self, under: Source, names: Sequence[str]) -> None:
        # name, grid, CRS and the open file are those of the raster
        vars(self).update(vars(under))
        self.under, self.names = under, list(names)
        self.bands = list(range(1, len(self.names) + 1))
        self.eight_bit = False

    @property
    def block_rows(self) -> int:
        """As of the raster that is read."""
        return self.under.block_rows

    def band_names(self) -> list[str]:
        """Of what is computed."""
        return list(self.names)

    def band_tags(self, band: int) -> dict[str, str]:
        """None: what the file says of its bands is not true of these."""
        return {}

    def scaling(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Values are what they are."""
        return None

    def empty_bands(self, top: int, bottom: int, left: int, right: int) -> list[int]:
        """Of the raster that is read."""
        return self.under.empty_bands(top, bottom, left, right)

    def read(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """See ``Source.read``."""
        raise NotImplementedError
