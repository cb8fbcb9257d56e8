"""Rivers and roads: smooth lines, and how far each pixel is from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .noise import Image

FAR = np.float32(1e6)


@dataclass(frozen=True)
class Line:
    """A polyline with a width.

    Attributes:
        points: (n, 2) float, x then y in metres from the upper left corner.
        width: metres, from edge to edge.
        kind: ``main``, ``street``, ``track`` or ``river``.
    """

    points: NDArray[np.float64]
    width: float
    kind: str


def curve(knots: NDArray[np.float64], step: float = 6.0) -> NDArray[np.float64]:
    """Return points every *step* metres on a smooth line through *knots*, (n, 2) metres (Catmull-Rom)."""
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:]):
        t = np.linspace(0, 1, max(2, int(np.hypot(*(c - b)) / step)), endpoint=False)[:, None]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*pieces, knots[-1:]])


def wander(
    rng: np.random.Generator, start: NDArray[np.float64], end: NDArray[np.float64], bend: float, every: float
) -> NDArray[np.float64]:
    """Return a line from *start* to *end* that strays about *bend* metres to the sides, with a knot *every* metres."""
    length = float(np.hypot(*(end - start)))
    count = max(3, round(length / every) + 1)
    t = np.linspace(0, 1, count)[:, None]
    side = np.array([start[1] - end[1], end[0] - start[0]]) / length
    aside = rng.normal(0, bend, (count, 1)) * np.sqrt(np.sin(np.pi * t).clip(0, 1))
    return curve(start + t * (end - start) + aside * side)


@dataclass(frozen=True)
class Nearness:
    """Every pixel's relation to a set of lines; (rows, cols) float32.

    Attributes:
        away: metres to the nearest line's centre, less half its width: negative on it. Far pixels have a large number.
        across: metres to the nearest centre line, negative on its left.
        along: metres along that line from its start.
        width: metres, of that line.
    """

    away: Image
    across: Image
    along: Image
    width: Image


def nearness(lines: list[Line], shape: tuple[int, int], pixel: float, reach: float) -> Nearness:
    """Measure every pixel within *reach* metres of the *lines*; *pixel* is metres per pixel."""
    away, across, along, width = (
        np.full(shape, FAR),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
    )
    for line in lines:
        gone = 0.0
        for a, b in zip(line.points, line.points[1:]):
            length = float(np.hypot(*(b - a)))
            if length > 0:
                _measure(line, a, b, length, gone, (away, across, along, width), pixel, reach)
            gone += length
    return Nearness(away, across, along, width)


def _measure(
    line: Line,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    length: float,
    gone: float,
    maps: tuple[Image, Image, Image, Image],
    pixel: float,
    reach: float,
) -> None:
    """Note in *maps* every pixel that is nearer to the segment from *a* to *b* than to all before it."""
    rows, cols = maps[0].shape
    margin = reach + line.width / 2
    left, top = (np.floor((np.minimum(a, b) - margin) / pixel)).astype(int)
    right, bottom = (np.ceil((np.maximum(a, b) + margin) / pixel)).astype(int)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, cols), min(bottom, rows)
    if left >= right or top >= bottom:
        return
    x = (((np.arange(left, right) + 0.5) * pixel - a[0])[None, :]).astype(np.float32)
    y = (((np.arange(top, bottom) + 0.5) * pixel - a[1])[:, None]).astype(np.float32)
    ux, uy = ((b - a) / length).astype(np.float32)
    t = np.clip(x * ux + y * uy, 0, np.float32(length))
    distance = np.hypot(x - t * ux, y - t * uy)
    window = (slice(top, bottom), slice(left, right))
    away = distance - np.float32(line.width / 2)
    nearer = away < maps[0][window]
    side = np.where(x * uy - y * ux > 0, np.float32(-1), np.float32(1))
    for whole, here in zip(maps, (away, distance * side, t + np.float32(gone), np.full_like(away, line.width))):
        np.copyto(whole[window], here, where=nearer)
