"""Tiles from all over a raster, to check, time and calibrate on before the work begins."""

from __future__ import annotations

import numpy as np
import torch

from .normalise import Normaliser
from .plan import Plan
from .rasters import Source
from .tiles import Scene, batches

#: a tile whose cells are valid to this share is as good as any
_ENOUGH = 0.9


def spread_tiles(
    source: Source, plan: Plan, normaliser: Normaliser, count: int, seed: int, whole: bool = False
) -> torch.Tensor:
    """(n, bands, tile, tile) float32, normalised: up to *count* tiles of *plan*, the fuller ones where some are empty.

    The same for the same raster, plan and seed; fewer than *count* where the plan has fewer.

    Args:
        whole: all grids of each tile where grids are shifted, as ``Scene`` reads them; else one of them in turn.
    """
    order = np.random.default_rng(seed).permutation(len(plan.tiles))
    found: list[tuple[float, int, torch.Tensor]] = []
    # a few more than asked for: rasters have borders
    tiles = [plan.tiles[i] for i in order[: 3 * count]]
    for i, (_, sample) in enumerate(batches(Scene(source, plan, normaliser), plan, [[tile] for tile in tiles])):
        image = sample["image"]
        if plan.shifts > 1 and not whole:
            image = image[:, i % plan.runs].clone()
        found.append((min(_ENOUGH, float(sample["valid"].mean())), i, image))
        if sum(share == _ENOUGH for share, _, _ in found) == count:
            break
    found.sort(key=lambda one: (-one[0], one[1]))
    return torch.cat([image for _, _, image in found[:count]])
