"""A drawn tile, and what a network made of it: kept beside a converted network, it shows whether that is still what it was.

Drawn, so that nothing of anybody's raster stays behind.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...contract.networks import Network
from ..precision_figures import relative_error
from .library import Runner

#: bare numbers: whatever else may be in a damaged file, they can be read
_NAME, _NUMBERS = "probe.bin", np.dtype("<f4")
#: side of the squares that the tile is drawn of, in pixels: networks for pictures have seen more even ground than noise
_SQUARE = 8


def tile(network: Network) -> np.ndarray:
    """(1, bands, tile, tile) float32 of mean 0: squares of one value with a little noise; the same for the same sizes."""
    draw, side = np.random.default_rng(0), -(-network.tile // _SQUARE)
    squares = draw.standard_normal((1, network.bands, side, side)).repeat(_SQUARE, 2).repeat(_SQUARE, 3)
    even = squares[:, :, : network.tile, : network.tile]
    return np.asarray(even + 0.1 * draw.standard_normal(even.shape), np.float32)


def keep(model: Path, features: np.ndarray) -> None:
    """Write what a network made of its tile beside *model*, where ``store.keep`` lets it be written."""
    model.with_name(_NAME).write_bytes(features.astype(_NUMBERS).tobytes())


def passes(runner: Runner, network: Network, model: Path, tolerance: float) -> bool:
    """Whether *runner*, which was made of *model*, gives the features that were kept, but for a share of their length.

    Raises:
        OSError, ValueError: they can't be read.
    """
    kept = np.frombuffer(model.with_name(_NAME).read_bytes(), _NUMBERS)
    features = runner(tile(network)).ravel()
    return features.shape == kept.shape and relative_error(kept, features) <= tolerance
