"""Read the tiles of a plan: pixels normalised, mirrored beyond the raster, with the valid share of each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from .normalise import Normaliser
from .plan import Plan, Tile
from .rasters import Source
from .shifted import crops, positions


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
        self.same = self.whole and np.array_equal(self.near, np.arange(self.stop - self.first))
        self.mix = rest.astype(np.float32)
        # (cells, pixels read): length of each pixel that lies in each cell
        pixels = np.arange(self.first, self.stop)
        overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
        self.cover = np.maximum(overlap, 0).astype(np.float32)

    def feed(self, data: np.ndarray, axis: int) -> np.ndarray:
        """Pick, or mix linearly, the pixels of one direction; where grids are shifted, a direction more, before it, tells them."""
        if self.same:
            return data
        near = np.take(data, self.near, axis)
        if self.whole:
            return near
        shape = [1, 1, 1]
        shape[axis] = -1
        return near + (np.take(data, self.far, axis) - near) * self.mix.reshape(shape)


class Readable(Protocol):
    """What gives the tiles of a plan."""

    def read(self, tile: Tile) -> tuple[np.ndarray, np.ndarray]:
        """The image of *tile*, (bands, tile, tile) float32, normalised, and the valid share of its cells, (cells, cells), 0 to 1."""


class Scene:
    """An open raster as tiles.

    Args:
        source: the raster.
        plan: of its tiling; only its sizes are used, so any place may be asked for.
        normaliser: applied to every pixel.
    """

    def __init__(self, source: Source, plan: Plan, normaliser: Normaliser) -> None:
        self.source, self.plan, self.normaliser = source, plan, normaliser

    def read(self, tile: Tile) -> tuple[np.ndarray, np.ndarray]:
        """As of ``Readable``: 0 where nothing is valid; (grids, bands, tile, tile) where grids are shifted.

        The share is of each cell's pixels within the raster.
        """
        plan, source = self.plan, self.source
        across = _Line(tile.col * plan.cell, plan, source.width)
        down = _Line(tile.row * plan.cell, plan, source.height)
        data, valid = source.read(down.first, down.stop, across.first, across.stop)
        area = np.outer(down.cover.sum(1), across.cover.sum(1))
        share = down.cover @ valid.astype(np.float32) @ across.cover.T / np.maximum(area, 1e-9)
        image = self.normaliser(data, valid)
        image = across.feed(down.feed(image, 1), -1)
        if plan.shifts > 1:
            image = crops(image)
        return np.ascontiguousarray(image), np.clip(share, 0, 1)


def batches(
    scene: Readable, groups: Sequence[Sequence[Tile]]
) -> Iterator[tuple[Sequence[Tile], np.ndarray, np.ndarray]]:
    """Yield (tiles, images, valid shares) for every group of tiles, the arrays of each group stacked."""
    for group in groups:
        images, shares = zip(*(scene.read(tile) for tile in group))
        yield group, np.stack(images), np.stack(shares)
