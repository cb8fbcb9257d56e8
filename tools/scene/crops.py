"""What grows on a parcel: colours and the rhythm of machines, as a summer photo shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .noise import Image, blend, grain, rough
from .parcels import Parcels


@dataclass(frozen=True)
class Cover:
    """How one kind of crop looks from above.

    Attributes:
        colours: 8-bit RGB; each parcel takes one.
        between: 8-bit RGB seen between the rows, None where the crop is closed.
        row: metres from row to row, 0 for none.
        strength: 0 to 1, how much of *between* is seen, or how much rows darken a closed crop.
        swath: metres of one pass of a mower or harvester, 0 for none.
        tramlines: metres between the wheel tracks of a sprayer, 0 for none.
        streaks: deviation of brightness from pass to pass.
        patches: deviation of brightness over tens of metres.
        grain: deviation of brightness from pixel to pixel.
        share: how often it is sown.
        meadow: whether it is grass, to the truth.
    """

    colours: tuple[tuple[int, int, int], ...]
    between: tuple[int, int, int] | None = None
    row: float = 0
    strength: float = 0
    swath: float = 0
    tramlines: float = 0
    streaks: float = 0.03
    patches: float = 0.05
    grain: float = 0.03
    share: float = 1
    meadow: bool = False


COVERS = (
    Cover(((196, 174, 124), (206, 184, 136), (186, 166, 116)), row=2.2, strength=0.05, tramlines=24, streaks=0.035, share=2),
    Cover(((211, 197, 160), (199, 184, 148)), row=3.1, strength=0.07, swath=7, streaks=0.05, grain=0.04, share=1.4),
    Cover(((84, 108, 60), (92, 117, 66), (76, 100, 58)), row=2.4, strength=0.22, streaks=0.05, patches=0.07, grain=0.05, share=1.6),
    Cover(((98, 121, 70), (106, 126, 76)), (146, 124, 98), row=3.0, strength=0.55, streaks=0.05, patches=0.08, share=1),
    Cover(((142, 116, 90), (128, 103, 80), (156, 131, 104)), row=3.4, strength=0.16, streaks=0.07, patches=0.09, share=1.3),
    Cover(((104, 134, 76), (112, 138, 84)), swath=8.5, streaks=0.03, tramlines=0, patches=0.04, grain=0.025, share=0.9),
    Cover(((128, 133, 76), (140, 138, 80)), row=2.6, strength=0.12, tramlines=30, patches=0.08, grain=0.06, share=0.7),
    Cover(((78, 102, 56), (88, 110, 60)), (168, 149, 119), row=4.2, strength=0.8, streaks=0.02, patches=0.05, share=0.8),
    Cover(((113, 129, 80), (124, 136, 88), (100, 120, 72)), patches=0.10, streaks=0.0, grain=0.05, share=3.0, meadow=True),
    Cover(((148, 145, 102), (136, 138, 92)), patches=0.12, streaks=0.0, grain=0.055, share=1.2, meadow=True),
)  # fmt: skip


def sow(rng: np.random.Generator, count: int) -> NDArray[np.int8]:
    """Choose a cover for each of *count* parcels: its index in COVERS."""
    shares = np.array([cover.share for cover in COVERS])
    return rng.choice(len(COVERS), count, p=shares / shares.sum()).astype(np.int8)


def _per_parcel(covers: NDArray[np.int8], name: str) -> Image:
    return np.array([getattr(COVERS[k], name) for k in covers], np.float32)


def paint(rng: np.random.Generator, land: Parcels, covers: NDArray[np.int8], pixel: float) -> Image:
    """Paint every parcel with its cover, (rows, cols, 3) float32, 8-bit scale, before light and shadow."""
    shape, count = land.number.shape, len(covers)
    pick = rng.random(count)
    base = np.array([COVERS[k].colours[int(p * len(COVERS[k].colours))] for k, p in zip(covers, pick)], np.float32)
    base *= rng.normal(1, 0.035, (count, 3)).astype(np.float32)
    between = np.array([COVERS[k].between or 0.72 * base[i] for i, k in enumerate(covers)], np.float32)

    def of(name: str) -> Image:
        return np.asarray(_per_parcel(covers, name)[land.number], dtype=np.float32)

    # rows run along the parcel, and once around it where the machines turn
    turn = land.furrow[land.number]
    across = land.y * np.cos(turn) - land.x * np.sin(turn)
    headland = blend(0.4, -0.4, land.edge - rng.uniform(7, 11, count).astype(np.float32)[land.number])
    across = np.where(headland > 0.5, land.edge, across) + np.float32(0.35) * rough(rng, shape, 40 / pixel, 3)
    row, swath, tramlines = of("row"), of("swath"), of("tramlines")
    wave = np.where(row > 0, 0.5 + 0.5 * np.cos(2 * np.pi * across / np.maximum(row, 0.1)), 0)
    gap = np.clip(wave + 0.25 * grain(rng, shape) * (row > 0), 0, 1) * of("strength")
    image = base[land.number] + gap[..., None] * (between - base)[land.number]

    light = np.ones(shape, np.float32)
    # one random brightness for each 1.1 m of passage: what a machine did alike all along the parcel
    passes = rng.standard_normal(4096, dtype=np.float32)
    index = (across / np.float32(1.1)).astype(np.int32) + 131 * land.number
    light += of("streaks") * passes[index % 4096]
    light += 0.05 * np.sign(np.sin(np.pi * across / np.maximum(swath, 0.1))) * (swath > 0)
    from_wheel = np.abs(np.abs((across % np.maximum(tramlines, 0.1)) - tramlines / 2) - 0.9)
    light -= 0.16 * np.exp(-((from_wheel / 0.45) ** 2)) * (tramlines > 0) * (headland < 0.5)
    light += of("patches") * rough(rng, shape, 60 / pixel, 5, 0.6)
    light += of("grain") * (0.6 * grain(rng, shape) + rough(rng, shape, 5 / pixel, 2))
    image *= light[..., None]
    _weeds(rng, image, of("meadow"), pixel)
    return image


def _weeds(rng: np.random.Generator, image: Image, meadow: Image, pixel: float) -> None:
    """Turn parts of the meadows dry or lush: grass is never one colour."""
    shape = (image.shape[0], image.shape[1])
    dry = blend(0.5, 1.8, rough(rng, shape, 35 / pixel, 5, 0.65)) * meadow * np.float32(0.55)
    image += dry[..., None] * (np.array([166, 156, 112], np.float32) - image)
    lush = blend(0.9, 1.7, rough(rng, shape, 9 / pixel, 3)) * meadow * np.float32(0.5)
    image += lush[..., None] * (np.array([84, 104, 58], np.float32) - image)
