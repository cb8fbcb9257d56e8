"""Tiles from all over a raster, to check, time and calibrate on before the work begins."""

from __future__ import annotations

import numpy as np

from .normalise import Normaliser
from .plan import Plan
from .rasters import Source
from .tiles import Scene, batches

#: a tile whose cells are valid to this share is as good as any
_ENOUGH = 0.9


def spread_tiles(
    source: Source, plan: Plan, normaliser: Normaliser, count: int, seed: int, whole: bool = False
) -> np.ndarray:
    """(n, bands, tile, tile) float32, normalised: up to *count* tiles of *plan*, the fuller ones where some are empty.

    The same for the same raster, plan and seed; fewer than *count* where the plan has fewer.

    Args:
        whole: all grids of each tile where grids are shifted, as ``Scene`` reads them; else one of them in turn.
    """
    order = np.random.default_rng(seed).permutation(len(plan.tiles))
    found: list[tuple[float, int, np.ndarray]] = []
    # a few more than asked for: rasters have borders
    tiles = [plan.tiles[i] for i in order[: 3 * count]]
    for i, (_, image, share) in enumerate(batches(Scene(source, plan, normaliser), [[tile] for tile in tiles])):
        if plan.shifts > 1 and not whole:
            # a copy: a view would keep all grids of every tile
            image = image[:, i % plan.runs].copy()
        found.append((min(_ENOUGH, float(share.mean())), i, image))
        if sum(full == _ENOUGH for full, _, _ in found) == count:
            break
    found.sort(key=lambda one: (-one[0], one[1]))
    return np.concatenate([image for _, _, image in found[:count]])
