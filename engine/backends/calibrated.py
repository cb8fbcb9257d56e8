"""Make an OpenVINO model compute with 8-bit integers, calibrated on tiles of the raster, as far as features stay what they are."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .library import quiet

log = logging.getLogger(__name__)

#: share of the weighted layers that is left out at each end, in the second try
_ENDS = 0.1
_WEIGHTED = ("MatMul", "Convolution", "GroupConvolution")


@dataclass(frozen=True)
class Way:
    """One way to use 8-bit integers, from fast to careful.

    Attributes:
        words: for the user.
        ends: share of the weighted layers that stay float32 at each end of the network.
        activations: whether activations are integers, too, and not the weights alone.
    """

    words: str
    ends: float = 0.0
    activations: bool = True


WAYS = (
    Way("int8"),
    Way("int8, first and last layers float32", _ENDS),
    Way("int8 weights, activations float32", activations=False),
)


def quantized(model: Any, way: Way, tiles: np.ndarray) -> Any:
    """A quantized copy of a float32 *model* of one tile.

    Args:
        tiles: (n, bands, tile, tile) float32 that say how large activations get.
    """
    # whoever made the model has loaded OpenVINO, and kept both from reporting their use
    with quiet():
        import nncf

        # its log goes to the standard output, which is the worker's events: errors are to go where ours go
        reports = logging.getLogger("nncf")
        for handler in [one for one in reports.handlers if type(one) is logging.StreamHandler]:
            reports.removeHandler(handler)
        reports.setLevel(logging.ERROR)
        reports.propagate = True
        if not way.activations:
            return nncf.compress_weights(model.clone(), mode=nncf.CompressWeightsMode.INT8_SYM)
        names = left_out(model, way.ends)
        transformer = any(node.get_type_name() in ("ScaledDotProductAttention", "Softmax") for node in model.get_ops())
        return nncf.quantize(
            model.clone(),
            nncf.Dataset(_Tiles(tiles)),
            subset_size=len(tiles),
            # unsigned activations: one bit more for what is never negative
            preset=nncf.QuantizationPreset.MIXED,
            model_type=nncf.ModelType.TRANSFORMER if transformer else None,
            ignored_scope=nncf.IgnoredScope(names=names) if names else None,
        )


class _Tiles(Sequence[np.ndarray]):
    """Tiles one by one, in the order given."""

    def __init__(self, tiles: np.ndarray) -> None:
        self.tiles = tiles

    def __len__(self) -> int:
        return len(self.tiles)

    def __getitem__(self, index: Any) -> Any:
        return self.tiles[index : index + 1]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))


def left_out(model: Any, ends: float) -> list[str]:
    """Names of the first and last weighted layers of *model*, a share *ends* of all on either side."""
    layers = [node.get_friendly_name() for node in model.get_ordered_ops() if node.get_type_name() in _WEIGHTED]
    count = int(np.ceil(ends * len(layers))) if ends else 0
    return sorted(set(layers[:count] + layers[len(layers) - count :])) if count else []
