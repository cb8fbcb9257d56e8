"""Land in parcels: straight-edged pieces, split as heirs split it, each with furrows along its longer side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lines import FAR
from .noise import Image, smooth

#: what lies on the line between two parcels
MARGIN, HEDGE, TRACK, GRASS = range(4)


@dataclass(frozen=True)
class Parcels:
    """Which pixel belongs to which parcel.

    Attributes:
        number: (rows, cols) int32, from 0.
        edge: (rows, cols) float32, metres to the nearest boundary.
        edge_kind: (rows, cols) uint8, one of MARGIN, HEDGE, TRACK, GRASS: what that boundary is.
        furrow: (count,) float32, direction of the longer side in radians.
        centre: (count, 2) float32, x, y in metres.
        x, y: (rows, cols) float32, metres, bent a little as surveyors' lines are.
    """

    number: NDArray[np.int32]
    edge: Image
    edge_kind: NDArray[np.uint8]
    furrow: Image
    centre: Image
    x: Image
    y: Image


def split(rng: np.random.Generator, shape: tuple[int, int], pixel: float) -> Parcels:
    """Split an area of *shape* pixels of *pixel* metres into parcels of half a hectare to four."""
    rows, cols = shape
    x, y = np.meshgrid(
        (np.arange(cols, dtype=np.float32) + 0.5) * pixel, (np.arange(rows, dtype=np.float32) + 0.5) * pixel
    )
    x += np.float32(5) * smooth(rng, shape, 120 / pixel)
    y += np.float32(5) * smooth(rng, shape, 120 / pixel)
    number = np.zeros(rows * cols, np.int32)
    edge, kind = np.full(rows * cols, FAR), np.zeros(rows * cols, np.uint8)
    furrow, centre = [], []
    waiting = [(np.arange(rows * cols), float(rng.uniform(0.2, 1.2)))]
    while waiting:
        pixels, angle = waiting.pop()
        px, py = x.ravel()[pixels], y.ravel()[pixels]
        along = px * np.float32(np.cos(angle)) + py * np.float32(np.sin(angle))
        across = py * np.float32(np.cos(angle)) - px * np.float32(np.sin(angle))
        hectares = len(pixels) * pixel**2 / 1e4
        long, wide = np.ptp(along), np.ptp(across)
        if hectares < 0.3 or hectares < 2.6 * rng.beta(2, 2) + 0.5:
            number[pixels] = len(furrow)
            furrow.append(angle if long >= wide else angle + np.pi / 2)
            centre.append((px.mean(), py.mean()))
            continue
        value = along if long * rng.uniform(0.75, 1.3) >= wide else across
        middle = value.min() + np.ptp(value) * np.float32(rng.uniform(0.36, 0.64))
        away = np.abs(value - middle)
        nearer = away < edge[pixels]
        edge[pixels[nearer]] = away[nearer]
        big = hectares > 12
        chances = [0.25, 0.3, 0.35, 0.1] if big else [0.5, 0.2, 0.05, 0.25]
        kind[pixels[nearer]] = rng.choice(4, p=chances)
        for part in (value < middle, value >= middle):
            if part.any():
                waiting.append((pixels[part], angle + float(rng.normal(0, 0.05 if hectares < 30 else 0.25))))
    return Parcels(
        number.reshape(shape), edge.reshape(shape), kind.reshape(shape),
        np.array(furrow, np.float32), np.array(centre, np.float32), x, y,
    )  # fmt: skip
