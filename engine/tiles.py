"""Read the tiles of a plan through torchgeo's data model: a GeoDataset over the raster, a GeoSampler exact to the pixel.

Any other torchgeo data set can take the place of ``Scene``: see ``batches``. torchgeo's own GridGeoSampler drops rasters
smaller than a tile and adds up floating-point steps (seen in 0.8.1), hence the sampler here. Written for torchgeo 0.8 (GeoSlice,
GeoPandas index); its API moved in 0.8, 0.9 and 0.10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .torchvision_shim import prepare

prepare()

import geopandas  # noqa: E402 (torchgeo needs the shim first)
import pandas as pd  # noqa: E402
import shapely  # noqa: E402
import torch  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402
from torchgeo.datasets import GeoDataset, stack_samples  # noqa: E402
from torchgeo.samplers import BatchGeoSampler  # noqa: E402

from .normalise import Normaliser  # noqa: E402
from .plan import Plan, Tile  # noqa: E402
from .rasters import Source  # noqa: E402
from .shifted import crops, positions  # noqa: E402

_ALWAYS = pd.Interval(pd.Timestamp(0), pd.Timestamp.max, closed="both")


def reflect(positions: np.ndarray, size: int) -> np.ndarray:
    """Mirror positions beyond 0 … size - 1 at the first and the last pixel, as often as needed."""
    if size == 1:
        return np.zeros_like(positions)
    period = 2 * (size - 1)
    folded = np.abs(positions) % period
    return np.minimum(folded, period - folded)


class _Line:
    """One direction of reading a tile: which pixels, mixed how, and how much of each cell they cover.

    Args:
        start: first pixel of the tile in the raster, may be negative or broken.
        plan: of the tiling.
        size: pixels of the raster in this direction.
    """

    def __init__(self, start: float, plan: Plan, size: int) -> None:
        if plan.shifts > 1:
            low = positions(start, plan)
            rest = np.zeros(plan.tile)
        else:
            centres = start + (np.arange(plan.tile) + 0.5) / plan.enlarge - 0.5
            low = np.floor(centres + 1e-6).astype(int)
            rest = np.clip(centres - low, 0, 1)
        self.whole = bool((rest < 1e-5).all())
        near, far = reflect(low, size), reflect(low + 1, size)
        edges = start + np.arange(plan.per_tile + 1) * plan.cell
        inside = np.clip(edges, 0, size)
        used = [near, np.array([inside[0], max(inside[0], np.ceil(inside[-1] - 1e-6) - 1)], int)]
        used += [] if self.whole else [far]
        self.first = max(0, min(int(part.min()) for part in used))
        self.stop = min(size, max(int(part.max()) for part in used) + 1)
        self.near, self.far = near - self.first, far - self.first
        self.mix = rest.astype(np.float32)
        # (cells, pixels read): length of each pixel that lies in each cell
        pixels = np.arange(self.first, self.stop)
        overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
        self.cover = np.maximum(overlap, 0).astype(np.float32)

    def feed(self, data: np.ndarray, axis: int) -> np.ndarray:
        """Pick, or mix linearly, the pixels of one direction; where grids are shifted, a direction more, before it, tells them."""
        near = np.take(data, self.near, axis)
        if self.whole:
            return near
        shape = [1, 1, 1]
        shape[axis] = -1
        return near + (np.take(data, self.far, axis) - near) * self.mix.reshape(shape)


class Scene(GeoDataset):
    """A raster as a torchgeo data set, in image space: x to the right, y up, the unit is a pixel, the origin its upper left corner.

    Image space, because tiles of a rotated raster are no boxes in its CRS. A sample holds

    - ``image``: (bands, tile, tile) float32, normalised, 0 where nothing is valid; (grids, bands, tile, tile) where grids are
      shifted;
    - ``valid``: (cells, cells) float32, share of each cell's pixels within the raster that is valid, 0 to 1.

    Args:
        source: an open raster.
        plan: of its tiling; only its sizes are used, so any place may be asked for.
        normaliser: applied to every pixel.
    """

    def __init__(self, source: Source, plan: Plan, normaliser: Normaliser) -> None:
        self.source, self.plan, self.normaliser = source, plan, normaliser
        self.paths = source.name
        box = shapely.box(0, -source.height, source.width, 0)
        self.index = geopandas.GeoDataFrame(geometry=[box], index=pd.IntervalIndex([_ALWAYS], name="datetime"))
        self._res = (1.0, 1.0)  # its setter prints what it converts

    def __getitem__(self, query: Any) -> dict[str, torch.Tensor]:
        """Read one tile; *query* is [x, y] slices in image space, as long as the plan's tiles."""
        x, y = query[0], query[1]
        plan, source = self.plan, self.source
        across, down = _Line(x.start, plan, source.width), _Line(-y.stop, plan, source.height)
        data, valid = source.read(down.first, down.stop, across.first, across.stop)
        area = np.outer(down.cover.sum(1), across.cover.sum(1))
        share = down.cover @ valid.astype(np.float32) @ across.cover.T / np.maximum(area, 1e-9)
        image = self.normaliser(data, valid)
        image = across.feed(down.feed(image, 1), -1)
        if plan.shifts > 1:
            image = crops(image)
        return {"image": torch.from_numpy(np.ascontiguousarray(image)), "valid": torch.from_numpy(np.clip(share, 0, 1))}


class TileSampler(BatchGeoSampler):
    """The tiles of a plan as boxes in the coordinates of any north-up GeoDataset, exact to the pixel.

    Args:
        dataset: ``Scene``, or a torchgeo data set of the plan's width and height.
        plan: of the tiling.
        groups: the batches, of tiles of *plan*.
    """

    def __init__(self, dataset: GeoDataset, plan: Plan, groups: Sequence[Sequence[Tile]]) -> None:
        super().__init__(dataset)
        self.plan, self.groups = plan, groups
        x, y, self.time = dataset.bounds
        self.left, self.top = x.start, y.stop

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[list[Any]]:
        side, (width, height) = self.plan.side, self.res
        for group in self.groups:
            batch = []
            for tile in group:
                # from the origin each time: steps that are added up drift
                left = self.left + tile.col * self.plan.cell * width
                top = self.top - tile.row * self.plan.cell * height
                batch.append(
                    (slice(left, left + side * width, width), slice(top - side * height, top, height), self.time)
                )
            yield batch


def batches(
    dataset: GeoDataset, plan: Plan, groups: Sequence[Sequence[Tile]]
) -> Iterable[tuple[Sequence[Tile], dict[str, Any]]]:
    """Yield (tiles, stacked samples) for every group of tiles.

    A data set other than ``Scene`` gives normalised ``image``s of plan.tile pixels; where its samples have no ``valid``, all
    cells are taken as valid.
    """
    loader = DataLoader(dataset, batch_sampler=TileSampler(dataset, plan, groups), collate_fn=stack_samples)
    return zip(groups, loader)
