"""MOSAIKS: random convolutional features drawn from the raster itself. No weights, no download."""

from __future__ import annotations

from . import Encoder


class Mosaiks(Encoder):
    """Random convolutional features, drawn from the raster itself: works at once, offline, with any bands."""

    id = "MOSAIKS"
    source = "https://doi.org/10.1038/s41467-021-24638-z"
    trained_on = "nothing: random patches of your raster"
    patch, tile, dim = 8, 256, 256
