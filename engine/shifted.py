"""Features on a grid finer than the encoder's patches: the patches are laid several times, each time shifted, and interleaved.

With n grids in each direction, an output cell is patch / n pixels wide, and the grids are n * n. Patch p of grid k (0 to n - 1)
is centred on cell n * p + k: the grid is shifted by (k - (n - 1) / 2) cells. So every cell gets the features of the patch
around its own centre, and no feature is an average of two. The image is not resampled: shifts that are no whole pixels are rounded,
which moves the patch against its cell by up to half a pixel (half a pixel for a patch of 14 and n = 2, nothing for 16 and n = 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .plan import Plan

if TYPE_CHECKING:
    from .backends import Backend


def positions(start: float, plan: Plan) -> np.ndarray:
    """(shifts, tile) int: the pixels of one direction that each grid of a tile reads, some of them beyond the raster.

    Args:
        start: first pixel of the tile's first cell, counted from the raster's; may be broken.
        plan: of the tiling.
    """
    shifts = plan.cell * (np.arange(plan.shifts) - (plan.shifts - 1) / 2)
    # the same cell is rounded the same way in every tile: patches are whole pixels
    first = np.floor(start + shifts + 0.5 + 1e-6).astype(int)
    return first[:, None] + np.arange(plan.tile)


def crops(image: np.ndarray) -> np.ndarray:
    """(bands, shifts, tile, shifts, tile) to (shifts * shifts, bands, tile, tile): grids row by row."""
    bands, shifts, tile = image.shape[:3]
    return image.transpose(1, 3, 0, 2, 4).reshape(shifts * shifts, bands, tile, tile)


class Interleaved:
    """A backend that is asked once for every grid, and whose answers are interleaved.

    Args:
        backend: for tiles of the network's own size.
        shifts: grids in each direction.
    """

    def __init__(self, backend: Backend, shifts: int) -> None:
        self.backend, self.shifts = backend, shifts

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encode (n, shifts * shifts, bands, tile, tile) float32 to (n, dim, cells, cells) float32; n may be any number.

        The network never gets more images at once than the backend's batch.
        """
        every, network = self.shifts, self.backend.network
        cells = network.tile // network.patch * every
        result = np.empty((len(images), network.dim, cells, cells), np.float32)
        flat = images.reshape(-1, *images.shape[2:])
        first = 0
        while first < len(flat):
            features = self.backend(flat[first : first + self.backend.batch])
            for one in features:
                tile, grid = divmod(first, every * every)
                down, across = divmod(grid, every)
                result[tile, :, down::every, across::every] = one
                first += 1
        return result
