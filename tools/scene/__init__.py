"""A drawn aerial photograph whose truth is known: fields, meadows, forest, water, roads, buildings.

Everything is drawn with numpy from one seed; no photograph is behind it. Colours of the classes overlap on purpose (maize and
meadow and crowns, slate roofs and asphalt, gravel and stubble), so that a classifier needs texture and neighbourhood.

    python -m scene FOLDER --size 1024      (in the engine's Python, in the folder tools/)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: value in the class map -> name; every pixel has one
CLASSES = {1: "field", 2: "meadow", 3: "forest", 4: "water", 5: "road", 6: "building"}
FIELD, MEADOW, FOREST, WATER, ROAD, BUILDING = CLASSES

#: the projection of the made-up place, and its upper left corner, in metres
CRS, LEFT, TOP = "EPSG:2154", 650_000.0, 6_860_000.0


@dataclass(frozen=True)
class Point:
    """A labelled place.

    Attributes:
        x, y: metres in the scene's CRS, the middle of a pixel.
        label: value in the class map.
    """

    x: float
    y: float
    label: int


@dataclass(frozen=True)
class Scene:
    """A photograph and its truth.

    Attributes:
        image: (3, rows, cols) uint8: red, green, blue.
        classes: (rows, cols) uint8, values of CLASSES.
        points: labelled points, sorted by class, each at least two metres inside its class.
        pixel: metres.
    """

    image: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    points: list[Point]
    pixel: float

    @property
    def geotransform(self) -> tuple[float, float, float, float, float, float]:
        """Coefficients a to f of rasterio's ``Affine``: x = a col + b row + c, y = d col + e row + f."""
        return (self.pixel, 0.0, LEFT, 0.0, -self.pixel, TOP)


def draw(size: int = 1024, seed: int = 7, *, date: int = 1, pixel: float = 0.6, points_per_class: int = 60) -> Scene:
    """Draw a scene of *size* x *size* pixels of *pixel* metres; the same arguments give the same scene.

    Args:
        date: 1, or 2 for the same place some years later: other crops on some parcels, some houses more.
        points_per_class: labelled points of each class, fewer where a class has no room for them.
    """
    from .compose import compose
    from .points import choose

    image, classes = compose(size, seed, date, pixel)
    places = choose(np.random.default_rng([seed, 90]), classes, pixel, points_per_class)
    points = [Point(LEFT + (col + 0.5) * pixel, TOP - (row + 0.5) * pixel, label) for label, row, col in places]
    return Scene(image, classes, points, pixel)


def write(scene: Scene, folder: Any, name: str = "scene") -> dict[str, str]:
    """Write *scene* into *folder*; see ``scene.files.write``."""
    from .files import write as write_files

    return write_files(scene, folder, name)
