"""Put a landscape together, from the ground up: parcels, water, roads, village, trees, then light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import BUILDING, FIELD, FOREST, MEADOW, ROAD, WATER, crops, parcels, village
from .lines import Line, Nearness, nearness, wander
from .noise import Image, blend, blur, grain, rough, smooth
from .relief import CROWNS, ROOF, TREE, Relief, light

_TOPICS = ("land", "sow", "paint", "river", "roads", "village", "wood", "trees", "light", "camera", "resow")


def _random(seed: int, topic: str, date: int = 1) -> np.random.Generator:
    """Randomness of its own for every topic, so that a change to one leaves the others as they are."""
    return np.random.default_rng([seed, _TOPICS.index(topic), date])


@dataclass
class Draft:
    """A landscape in the making; maps are (rows, cols)."""

    seed: int
    pixel: float
    land: parcels.Parcels
    covers: NDArray[np.int8]
    image: Image
    classes: NDArray[np.uint8]
    relief: Relief
    river: Nearness
    roads: Nearness
    lumps: Image
    wooded: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, cols = self.classes.shape
        return rows, cols


def compose(size: int, seed: int, date: int, pixel: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the photograph, (3, size, size) uint8, and its class map, (size, size) uint8."""
    shape, side = (size, size), size * pixel
    land = parcels.split(_random(seed, "land"), shape, pixel)
    covers = _covers(seed, date, len(land.furrow))
    roads, streets = village.network(_random(seed, "roads"), side)
    river = nearness(_river(_random(seed, "river"), side), shape, pixel, 40)
    streets = [line for line in (_dry(street, river, pixel) for street in streets) if len(line.points) > 2]
    is_meadow = np.array([cover.meadow for cover in crops.COVERS])[covers]
    draft = Draft(
        seed, pixel, land, covers,
        image=crops.paint(_random(seed, "paint", date), land, covers, pixel),
        classes=np.where(is_meadow, MEADOW, FIELD).astype(np.uint8)[land.number],
        relief=Relief.new(shape, pixel),
        river=river,
        roads=nearness(roads + streets, shape, pixel, 24),
        lumps=rough(_random(seed, "trees"), shape, 4 / pixel, 2),
        wooded=_wooded(_random(seed, "wood"), land, side),
    )  # fmt: skip
    _edges(draft)
    _water(draft)
    _roads(draft)
    _village(draft, streets, date)
    _trees(draft)
    return _photograph(draft, date), draft.classes


def _covers(seed: int, date: int, count: int) -> NDArray[np.int8]:
    covers = crops.sow(_random(seed, "sow"), count)
    if date == 1:
        return covers
    rng = _random(seed, "resow", date)
    return np.where(rng.random(count) < 0.4, crops.sow(rng, count), covers).astype(np.int8)


def _river(rng: np.random.Generator, side: float) -> list[Line]:
    """A river from the upper to the lower border, as wide as it likes."""
    x = side * rng.uniform(0.12, 0.26)
    course = wander(rng, np.array([x, -60]), np.array([x + side * rng.uniform(-0.05, 0.25), side + 60]), 34, 95)
    return [Line(course, 15.0, "river")]


def _dry(street: Line, river: Nearness, pixel: float) -> Line:
    """End a street before it comes to the river; roads have bridges."""
    rows, cols = river.away.shape
    col, row = np.clip((street.points / pixel).astype(int), 0, [cols - 1, rows - 1]).T
    wet = np.flatnonzero(river.away[row, col] < 12)
    if street.kind != "street" or not len(wet):
        return street
    return Line(street.points[: wet[0]], street.width, street.kind)


def _wooded(rng: np.random.Generator, land: parcels.Parcels, side: float) -> NDArray[np.bool_]:
    """Which parcels are forest: (count,) bool, in groups, about a fifth of them."""
    spots = rng.uniform(0, side, (max(2, round((side / 430) ** 2)), 2))
    reach = rng.uniform(95, 150, len(spots))
    away = np.hypot(*(land.centre[:, None] - spots[None]).transpose(2, 0, 1))
    return np.asarray((away < reach).any(axis=1) | (rng.random(len(land.centre)) < 0.03))


def _edges(draft: Draft) -> None:
    """Paint what lies between parcels: grass margins, earth tracks with two ruts."""
    edge, kind = draft.land.edge, draft.land.edge_kind
    grass = np.array([118, 128, 82], np.float32) * (1 + 0.1 * draft.lumps[..., None])
    width = np.array([0.7, 2.2, 3.4, 1.8], np.float32)[kind] * (1 + np.float32(0.2) * draft.lumps)
    cover = blend(0.5, -0.5, edge - width)[..., None]
    draft.image += cover * (grass - draft.image)
    draft.classes[cover[..., 0] > 0.5] = MEADOW
    track = (kind == parcels.TRACK) & (edge < 1.9)
    earth = np.array([176, 160, 130], np.float32) * (1 + 0.05 * draft.lumps[..., None])
    ruts = blend(1.1, 0.4, np.abs(edge - np.float32(0.95)))[..., None]
    draft.image[track] = (draft.image + ruts * (earth - draft.image))[track]
    draft.classes[track] = ROAD


def _water(draft: Draft) -> None:
    """Paint the river with its banks."""
    rng = _random(draft.seed, "paint", 3)
    away = (
        draft.river.away
        + 1.7 * smooth(rng, draft.shape, 45 / draft.pixel)
        + 0.8 * smooth(rng, draft.shape, 9 / draft.pixel)
    )
    meadow = np.array([104, 120, 74], np.float32) * (1 + 0.12 * draft.lumps[..., None])
    banks = blend(13, 7, away)[..., None]
    draft.image += banks * (meadow - draft.image)
    draft.classes[(away < 10) & (draft.classes == FIELD)] = MEADOW
    mud = np.array([150, 140, 114], np.float32) * (1 + 0.08 * draft.lumps[..., None])
    draft.image += (blend(2.6, 0.6, away) * 0.8)[..., None] * (mud - draft.image)
    depth = blend(0.3, -5.5, away)[..., None]
    shallow, deep = np.array([98, 108, 92], np.float32), np.array([54, 74, 74], np.float32)
    water = shallow + depth * (deep - shallow)
    water = (
        water * (1 + 0.035 * rough(rng, draft.shape, 26 / draft.pixel, 3) + 0.012 * grain(rng, draft.shape))[..., None]
    )
    draft.image += blend(0.5, -0.5, away)[..., None] * (water - draft.image)
    draft.classes[away < 0] = WATER


def _roads(draft: Draft) -> None:
    """Paint asphalt, its worn wheel tracks, edge lines and the dashed line in the middle of the wider roads."""
    rng = _random(draft.seed, "paint", 4)
    near = draft.roads
    verge = np.array([138, 136, 100], np.float32) * (1 + 0.12 * draft.lumps[..., None])
    draft.image += blend(2.2, 0.8, near.away)[..., None] * (verge - draft.image)
    draft.classes[(near.away < 1.6) & (draft.classes == FIELD)] = MEADOW
    wide = near.width > 6.5
    asphalt = np.where(wide, np.float32(128), np.float32(146)) + np.where(near.width > 5.5, 0, 6)
    asphalt = asphalt * (1 + 0.05 * rough(rng, draft.shape, 20 / draft.pixel, 3) + 0.02 * grain(rng, draft.shape))
    asphalt -= 7 * np.exp(-(((np.abs(np.abs(near.across) - near.width / 4)) / 0.6) ** 2))
    colour = asphalt[..., None] * np.array([1.01, 1.0, 0.98], np.float32)
    dashes = wide & (np.abs(near.across) < 0.32) & (near.along % 12 < 6)
    lines = wide & (np.abs(np.abs(near.across) - (near.width / 2 - 0.5)) < 0.22)
    colour[dashes] = (224, 224, 220)
    colour[lines] += 42
    draft.image += blend(0.35, -0.35, near.away)[..., None] * (colour - draft.image)
    draft.classes[near.away < 0] = ROAD


def _village(draft: Draft, streets: list[Line], date: int) -> None:
    """Build the houses, with gardens and drives."""
    rng = _random(draft.seed, "village")
    taken = (draft.roads.away < 1.5) | (draft.river.away < 14)
    every = village.lots(rng, streets, taken, draft.pixel)
    made = [lot for lot in every if lot.year <= date]
    ground = np.where((draft.roads.away < 0.3) | (draft.river.away < 9), 9, 0).astype(np.uint8)
    village.gardens(draft.seed, made, draft.image, ground, draft.relief, draft.lumps)
    draft.classes[ground == 1] = MEADOW
    draft.classes[ground == 2] = ROAD
    for lot in made:
        own = village.own_random(draft.seed, lot, 0)
        draft.relief.building(lot.x, lot.y, lot.angle, lot.length, lot.width, own, lot.hall)
        if not lot.hall and own.random() < 0.4:
            aside, end = lot.width * 0.45, lot.length * 0.3 * (1 if own.random() < 0.5 else -1)
            x = lot.x + end * np.cos(lot.angle) - aside * np.sin(lot.angle)
            y = lot.y + end * np.sin(lot.angle) + aside * np.cos(lot.angle)
            draft.relief.building(float(x), float(y), lot.angle + np.pi / 2, lot.width, lot.length * 0.45, own)
    # no forest where houses are or will be
    draft.wooded[[draft.land.number[int(lot.y / draft.pixel), int(lot.x / draft.pixel)] for lot in every]] = False
    draft.classes[draft.relief.kind == ROOF] = BUILDING


def _trees(draft: Draft) -> None:
    """Plant forests, hedges, trees along the river, and a lone one here and there; colour the forest's floor."""
    rng, pixel = _random(draft.seed, "trees", 2), draft.pixel
    inside = draft.wooded[draft.land.number] & (draft.river.away > 4) & (draft.roads.away > 2.5)
    track = (draft.land.edge_kind == parcels.TRACK) & (draft.land.edge < 3.2)
    inside &= ~track & (draft.relief.kind == 0)
    floor = np.array([66, 76, 48], np.float32) * (1 + 0.15 * draft.lumps[..., None])
    draft.image[inside] = floor[inside]
    draft.classes[inside] = FOREST
    kind = smooth(rng, draft.shape, 90 / pixel)
    rows, cols = draft.shape
    spacing = 3.5
    nodes = np.mgrid[0 : rows * pixel : spacing, 0 : cols * pixel : spacing].reshape(2, -1).T
    spots = nodes + rng.uniform(-0.5, 0.5, nodes.shape) * spacing
    lot = rng.random((len(spots), 4))
    row, col = np.clip((spots / pixel).astype(int), 0, [rows - 1, cols - 1]).T
    hedge = (draft.land.edge_kind == parcels.HEDGE) & (draft.land.edge < 2.2)
    riverside = (draft.river.away > 2.0) & (draft.river.away < 9)
    open_land = (draft.roads.away > 3.5) & (draft.relief.kind == 0) & (draft.river.away > 2.0) & (draft.classes != ROAD)
    chance = np.where(inside, 0.50, np.where(hedge & open_land, 0.72, np.where(riverside & open_land, 0.30, 0)))
    lone = (draft.classes == MEADOW) & open_land & (draft.land.edge > 6)
    chance = np.where((chance == 0) & lone, 0.0022, chance)
    small = (hedge & ~inside)[row, col]
    for k in np.flatnonzero(lot[:, 0] < chance[row, col]):
        conifer = kind[row[k], col[k]] > 0.9
        radius = 1.7 + 3.0 * lot[k, 1] ** 1.6 - (0.5 if conifer else 0)
        radius = min(radius, 2.4) if small[k] else radius
        palette = CROWNS[5:7] if conifer and inside[row[k], col[k]] else CROWNS
        colour = np.array(palette[int(lot[k, 2] * len(palette))], np.float32) * np.float32(0.98 + 0.26 * lot[k, 3])
        height = (2.0 if small[k] else 4.0) + 2.1 * radius * (1.4 if conifer else 1)
        draft.relief.tree(float(spots[k, 1]), float(spots[k, 0]), float(radius), float(height), colour, draft.lumps)
    draft.classes[draft.relief.kind == TREE] = FOREST


def _photograph(draft: Draft, date: int) -> NDArray[np.uint8]:
    """Light the landscape and look at it through air, lens and sensor: (3, rows, cols) uint8."""
    rng, relief = _random(draft.seed, "camera", date), draft.relief
    image = np.where((relief.kind > 0)[..., None], relief.colour, draft.image)
    lit, shadow = light(relief, _random(draft.seed, "light"))
    ambient = np.array([0.42, 0.47, 0.56], np.float32)
    crowns = (relief.kind == TREE) * np.float32(0.10) * grain(rng, draft.shape)
    sunny = (lit * (1 + crowns))[..., None]
    image = image * (sunny * (1 - shadow[..., None]) + ambient * shadow[..., None])
    haze = np.array([158, 166, 176], np.float32)
    image = image + np.float32(0.05) * (haze - image)
    image = blur(image, 0.17) * (1 + 0.015 * smooth(rng, draft.shape, 300 / draft.pixel))[..., None]
    image += 1.6 * rng.standard_normal(image.shape, dtype=np.float32)
    return np.ascontiguousarray(np.clip(np.rint(image), 1, 255).astype(np.uint8).transpose(2, 0, 1))
