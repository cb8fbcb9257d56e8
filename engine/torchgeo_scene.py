"""Any data set of torchgeo in the place of an open raster, for those who encode from Python.

torchgeo's own GridGeoSampler drops rasters smaller than a tile and adds up floating-point steps (seen in 0.8.1), hence the boxes
here. Written for torchgeo 0.8 (GeoSlice); its API moved in 0.8, 0.9 and 0.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .plan import Plan, Tile

if TYPE_CHECKING:
    from torchgeo.datasets import GeoDataset


class TorchgeoScene:
    """A north-up ``torchgeo.datasets.GeoDataset`` as tiles, exact to the pixel.

    Args:
        dataset: gives normalised ``image``s; where its samples have no ``valid``, (cells, cells), all cells are taken as valid.
        plan: of the data set's width and height, in its own resolution: neither enlarged nor shifted.
    """

    def __init__(self, dataset: GeoDataset, plan: Plan) -> None:
        self.dataset, self.plan = dataset, plan
        x, y, self.time = dataset.bounds
        self.left, self.top = x.start, y.stop

    def read(self, tile: Tile) -> tuple[np.ndarray, np.ndarray]:
        """As of ``Readable``."""
        plan = self.plan
        width, height = self.dataset.res
        # from the origin each time: steps that are added up drift
        left = self.left + tile.col * plan.cell * width
        top = self.top - tile.row * plan.cell * height
        x, y = slice(left, left + plan.side * width, width), slice(top - plan.side * height, top, height)
        sample = self.dataset[x, y, self.time]
        valid = sample["valid"].numpy() if "valid" in sample else np.ones((plan.per_tile, plan.per_tile), np.float32)
        return sample["image"].numpy(), valid
