"""What stands above the ground: trees and buildings, as heights that throw shadows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .noise import Image, blur, smooth

NOTHING, TREE, ROOF = range(3)

CROWNS = (
    (64, 84, 46),
    (74, 94, 50),
    (56, 78, 44),
    (86, 100, 56),
    (68, 90, 54),
    (48, 66, 46),
    (52, 70, 50),
    (94, 104, 60),
)
ROOFS = ((174, 110, 82), (160, 100, 76), (188, 128, 98), (147, 95, 75), (96, 99, 106), (112, 113, 118), (168, 120, 96))
HALLS = ((172, 175, 178), (190, 190, 187), (130, 132, 136), (146, 142, 136))


@dataclass
class Relief:
    """The surface above the ground; ``new`` makes an empty one.

    Attributes:
        pixel: metres.
        height: (rows, cols) float32, metres above the ground.
        kind: (rows, cols) uint8, NOTHING, TREE or ROOF.
        colour: (rows, cols, 3) float32, 8-bit scale, of what stands there.
    """

    pixel: float
    height: Image
    kind: NDArray[np.uint8]
    colour: Image = field(repr=False)

    @classmethod
    def new(cls, shape: tuple[int, int], pixel: float) -> Relief:
        """Return an empty surface."""
        return cls(pixel, np.zeros(shape, np.float32), np.zeros(shape, np.uint8), np.zeros((*shape, 3), np.float32))

    def window(self, x: float, y: float, reach: float) -> tuple[slice, slice, Image, Image] | None:
        """Return rows and columns within *reach* metres of (x, y), and their offsets from it in metres; None outside."""
        rows, cols = self.height.shape
        top, bottom = max(int((y - reach) / self.pixel), 0), min(int((y + reach) / self.pixel) + 2, rows)
        left, right = max(int((x - reach) / self.pixel), 0), min(int((x + reach) / self.pixel) + 2, cols)
        if top >= bottom or left >= right:
            return None
        dx = ((np.arange(left, right) + 0.5) * self.pixel - x).astype(np.float32)[None, :]
        dy = ((np.arange(top, bottom) + 0.5) * self.pixel - y).astype(np.float32)[:, None]
        return slice(top, bottom), slice(left, right), dx, dy

    def tree(self, x: float, y: float, radius: float, height: float, colour: NDArray[np.float32], lumps: Image) -> None:
        """Grow a tree: a dome of *radius* metres; *lumps* is noise of the whole area that makes its edge uneven."""
        place = self.window(x, y, radius * 1.25)
        if place is None:
            return
        rows, cols, dx, dy = place
        uneven = 1 + np.float32(0.16) * lumps[rows, cols]
        dome = 1 - (dx * dx + dy * dy) / (np.float32(radius * radius) * uneven)
        top = np.float32(height) * (np.float32(0.35) + np.float32(0.65) * np.sqrt(np.maximum(dome, 0)))
        higher = (dome > 0) & (top > self.height[rows, cols])
        self.height[rows, cols][higher] = top[higher]
        self.kind[rows, cols][higher] = TREE
        self.colour[rows, cols][higher] = colour

    def building(
        self,
        x: float,
        y: float,
        angle: float,
        length: float,
        width: float,
        rng: np.random.Generator,
        hall: bool = False,
    ) -> None:
        """Build a house (or a flat *hall*) with its ridge along *angle*; all in metres and radians."""
        place = self.window(x, y, float(np.hypot(length, width)) / 2 + 1)
        if place is None:
            return
        rows, cols, dx, dy = place
        along = dx * np.float32(np.cos(angle)) + dy * np.float32(np.sin(angle))
        across = dy * np.float32(np.cos(angle)) - dx * np.float32(np.sin(angle))
        inside = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
        eaves, pitch = (rng.uniform(5, 7), 0.10) if hall else (rng.uniform(3.2, 5.5), rng.uniform(0.5, 0.75))
        top = eaves + pitch * (width / 2 - np.abs(across))
        if not hall and rng.random() < 0.3:
            top = np.minimum(top, eaves + pitch * (length / 2 - np.abs(along)) * 1.1)
        palette = HALLS if hall else ROOFS
        colour = np.array(palette[rng.integers(len(palette))], np.float32) * np.float32(rng.normal(1, 0.05))
        courses = 1 + np.float32(0.05) * np.sin(
            (along if hall else across) * np.float32(2 * np.pi / (2.4 if hall else 1.3))
        )
        stains = 1 + np.float32(0.05) * rng.standard_normal(inside.shape, dtype=np.float32)
        ridge = 1 + np.float32(0.12) * np.exp(-((across / np.float32(0.4)) ** 2))
        shown = (courses * stains * ridge)[..., None] * colour
        self.height[rows, cols][inside] = top[inside]
        self.kind[rows, cols][inside] = ROOF
        self.colour[rows, cols][inside] = shown[inside]
        if not hall:
            chimney = (np.abs(along - length * rng.uniform(-0.3, 0.3)) < 0.7) & (np.abs(across - 1.2) < 0.7) & inside
            self.height[rows, cols][chimney] += np.float32(1.2)
            self.colour[rows, cols][chimney] = (150, 120, 105)


def light(relief: Relief, rng: np.random.Generator, azimuth: float = 152, elevation: float = 46) -> tuple[Image, Image]:
    """Return how bright the sun makes each pixel (1 on flat ground) and how much of it is shadow (0 to 1).

    Args:
        azimuth, elevation: of the sun, degrees; azimuth clockwise from north.
    """
    pixel, height = relief.pixel, relief.height
    leaves = height + (relief.kind == TREE) * np.float32(0.45) * smooth(rng, height.shape, max(1.5, 1.3 / pixel))
    down, right = np.gradient(blur(leaves, 0.18), pixel)
    to_sun = np.array([np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))])
    tan = np.tan(np.radians(elevation))
    lit = (1 - (right * to_sun[0] + down * to_sun[1]) / tan) / np.sqrt(1 + right**2 + down**2)
    shadow = np.zeros(height.shape, bool)
    steps = int(np.ceil(height.max() / (pixel * tan)))
    for k in range(1, steps + 1):
        shift_col, shift_row = (round(float(v) * k) for v in to_sun)
        shadow |= _shifted(height, shift_row, shift_col) - height > k * pixel * tan
    return np.clip(lit, 0.35, 1.6).astype(np.float32), blur(shadow.astype(np.float32))


def _shifted(image: Image, rows: int, cols: int) -> Image:
    """Return at each pixel the value that lies *rows* below and *cols* to the right of it; 0 beyond the border."""
    moved = np.zeros_like(image)
    height, width = image.shape
    to = (slice(max(-rows, 0), height - max(rows, 0)), slice(max(-cols, 0), width - max(cols, 0)))
    of = (slice(max(rows, 0), height - max(-rows, 0)), slice(max(cols, 0), width - max(-cols, 0)))
    moved[to] = image[of]
    return moved
