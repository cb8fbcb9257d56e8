"""Roads, streets and the houses along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lines import Line, curve, wander
from .noise import Image
from .relief import CROWNS, Relief

#: one village for so many metres of the area's side
EVERY = 620.0
LAWNS = ((108, 130, 76), (122, 140, 86), (96, 118, 70), (142, 144, 98), (130, 134, 96))


@dataclass(frozen=True)
class Lot:
    """A plot of a village: a house with its garden.

    Attributes:
        x, y: middle of the house, metres.
        angle: of the street, radians; the garden lies on the side of ``across`` > 0.
        length, width: of the house, metres, along and across the street.
        front: metres from the house's middle to the street's edge.
        half: half the plot's width along the street, metres.
        hall: a flat-roofed hall instead of a house.
        year: 1, or 2 if it is only there at the second date.
    """

    x: float
    y: float
    angle: float
    length: float
    width: float
    front: float
    half: float
    hall: bool
    year: int


def network(rng: np.random.Generator, side: float) -> tuple[list[Line], list[Line]]:
    """Lay the roads of an area of *side* metres: main roads from border to border, and village streets off them."""
    roads: list[Line] = []
    streets: list[Line] = []
    count = max(1, round(side / EVERY))
    for k in range(count):
        at = side * (k + 0.5) / count
        for flip in (False, True) if count > 1 else (False,):
            ends = np.array(
                [[-30, at + rng.uniform(-0.12, 0.2) * EVERY], [side + 30, at + rng.uniform(-0.25, 0.1) * EVERY]]
            )
            ends = ends[:, ::-1] if flip else ends
            roads.append(Line(wander(rng, ends[0], ends[1], 30, 170), 7.0, "main"))
    if count == 1:
        ends = np.array([[side * rng.uniform(0.62, 0.7), side * 0.5], [side * rng.uniform(0.8, 0.9), -30]])
        start = roads[0].points[np.abs(roads[0].points[:, 0] - ends[0, 0]).argmin()]
        roads.append(Line(wander(rng, start, ends[1], 14, 120), 5.6, "main"))
    for road in roads[:count] if count == 1 else roads[::2]:
        for centre in np.linspace(0, side, count + 1)[:-1] + side / count * rng.uniform(0.5, 0.62):
            middle = int(np.abs(road.points[:, 0] - centre).argmin())
            streets += _streets(rng, road.points, middle)
    return roads, streets


def _streets(rng: np.random.Generator, road: NDArray[np.float64], middle: int) -> list[Line]:
    """Branch the streets of one village off a *road* around its point number *middle*."""
    made = []
    for offset in (-130, -70, -15, 45, 100):
        at = int(np.clip(middle + offset / 6, 1, len(road) - 2))
        ahead = np.arctan2(*(road[at + 1] - road[at - 1])[::-1])
        for side in (-1, 1):
            if rng.random() < 0.25:
                continue
            heading = ahead + side * (np.pi / 2 + rng.normal(0, 0.15))
            knots = [road[at].astype(float)]
            for _ in range(int(rng.integers(2, 5))):
                heading += rng.normal(0, 0.16)
                knots.append(knots[-1] + 42 * np.array([np.cos(heading), np.sin(heading)]))
            made.append(Line(curve(np.array(knots)), float(rng.uniform(4.2, 5.4)), "street"))
    # the road through the village has houses too
    here = road[max(middle - 24, 0) : middle + 24]
    if len(here) > 2:
        made.append(Line(here, 6.4, "main"))
    return made


def lots(rng: np.random.Generator, streets: list[Line], taken: NDArray[np.bool_], pixel: float) -> list[Lot]:
    """Choose places for houses along the *streets*, none where *taken* (rows, cols) is true; marks them as taken."""
    made = []
    for street in streets:
        steps = np.hypot(*np.diff(street.points, axis=0).T)
        gone = np.concatenate([[0], np.cumsum(steps)])
        for side in (-1, 1):
            at = float(rng.uniform(5, 12))
            while at < gone[-1] - 6:
                k = int(np.searchsorted(gone, at)) - 1
                direction = (street.points[k + 1] - street.points[k]) / steps[k]
                angle = float(np.arctan2(direction[1], direction[0])) + (np.pi if side < 0 else 0)
                half = float(rng.uniform(7.5, 10.5))
                lot = _lot(rng, street, street.points[k] + direction * (at - gone[k]), angle, half)
                free = _free(taken, lot, pixel)
                if free:
                    made.append(lot)
                at += 2 * lot.half if free else 3.0
    return made


def _lot(rng: np.random.Generator, street: Line, at: NDArray[np.float64], angle: float, half: float) -> Lot:
    hall = bool(rng.random() < 0.16)
    length, width = (rng.uniform(24, 36), rng.uniform(13, 19)) if hall else (rng.uniform(9.5, 15), rng.uniform(7.5, 10))
    half = max(half, length / 2 + 3)
    front = width / 2 + rng.uniform(2.5, 7)
    x, y = at + np.array([-np.sin(angle), np.cos(angle)]) * (street.width / 2 + front)
    turned = angle + (rng.normal(0, 0.07) if rng.random() < 0.85 else np.pi / 5)
    year = 2 if rng.random() < 0.14 else 1
    return Lot(float(x), float(y), float(turned), float(length), float(width), float(front), float(half), hall, year)


def _free(taken: NDArray[np.bool_], lot: Lot, pixel: float) -> bool:
    """Whether the house fits, with 2.5 m around it; if so, mark its ground as taken."""
    reach = int((np.hypot(lot.length, lot.width) / 2 + 3) / pixel)
    row, col = int(lot.y / pixel), int(lot.x / pixel)
    top, left = row - reach, col - reach
    if top < 0 or left < 0 or row + reach >= taken.shape[0] or col + reach >= taken.shape[1]:
        return False
    window = taken[top : row + reach, left : col + reach]
    dy, dx = np.meshgrid(*[(np.arange(2 * reach) - reach) * pixel] * 2, indexing="ij")
    along, across = _turned(dx, dy, lot.angle)
    near = (np.abs(along) < lot.length / 2 + 2.5) & (np.abs(across) < lot.width / 2 + 2)
    if (window & near).any():
        return False
    window |= near
    return True


def _turned(
    dx: NDArray[np.float64], dy: NDArray[np.float64], angle: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)


def own_random(seed: int, lot: Lot, topic: int) -> np.random.Generator:
    """Randomness of one plot's own: a new neighbour changes neither its roof nor its garden."""
    return np.random.default_rng([seed, int(lot.x * 10), int(lot.y * 10), topic])


def gardens(seed: int, made: list[Lot], image: Image, ground: NDArray[np.uint8], relief: Relief, lumps: Image) -> None:
    """Paint plots into *image*, (rows, cols, 3), and *ground*, (rows, cols): 1 garden, 2 drive; plant their trees."""
    for lot in made:
        rng = own_random(seed, lot, 1)
        place = relief.window(lot.x, lot.y, 42)
        if place is None:
            continue
        rows, cols, dx, dy = place
        along, across = _turned(dx, dy, lot.angle)
        depth = 34 if lot.hall else float(rng.uniform(16, 28))
        plot = (np.abs(along) < lot.half) & (across > -lot.front) & (across < depth) & (ground[rows, cols] == 0)
        lawn = np.array(LAWNS[rng.integers(len(LAWNS))], np.float32)
        patch = image[rows, cols]
        patch[plot] = 0.25 * patch[plot] + 0.75 * lawn * (1 + 0.07 * lumps[rows, cols][plot][:, None])
        beds = plot & (across > depth * 0.55) & (along > 0) & (rng.random() < 0.4)
        patch[beds] = np.array([138, 118, 92], np.float32) * (1 + 0.1 * np.sin(along[beds] * 4)[:, None])
        ground[rows, cols][plot] = 1
        yard = lot.half - 1.5 if lot.hall else lot.length / 2 + 1.6
        start = lot.length * rng.uniform(0.1, 0.35)
        drive = (across <= 0) & (
            (along > start) & (along < start + 3.2) | (np.abs(along) < yard) & (across > -lot.width / 2 - 2)
        )
        drive |= lot.hall & (np.abs(along) < yard) & (across < depth * 0.6)
        drive &= plot
        gravel = np.array([182, 174, 158] if rng.random() < 0.6 else [148, 146, 142], np.float32)
        patch[drive] = gravel * (1 + 0.04 * rng.standard_normal((int(drive.sum()), 1), dtype=np.float32))
        ground[rows, cols][drive] = 2
    for lot in made:
        _plant(own_random(seed, lot, 2), lot, relief, lumps)


def _plant(rng: np.random.Generator, lot: Lot, relief: Relief, lumps: Image) -> None:
    """Set a few trees behind the house, and sometimes a hedge along the plot's side."""
    spots = [
        (rng.uniform(-0.9, 0.9) * lot.half, rng.uniform(lot.width / 2 + 4, 24), rng.uniform(1.4, 3.6))
        for _ in range(rng.integers(0, 5))
    ]
    if rng.random() < 0.5:
        spots += [(lot.half, float(a), 1.0) for a in np.arange(-lot.front + 2, 18, 1.3)]
    for along, across, radius in spots:
        x = lot.x + along * np.cos(lot.angle) - across * np.sin(lot.angle)
        y = lot.y + along * np.sin(lot.angle) + across * np.cos(lot.angle)
        colour = np.array(CROWNS[rng.integers(len(CROWNS))], np.float32) * np.float32(rng.normal(1, 0.08))
        relief.tree(float(x), float(y), float(radius), float(1.6 * radius + 0.8), colour, lumps)
