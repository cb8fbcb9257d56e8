"""MOSAIKS: random convolutional features drawn from the raster itself. No weights, no download."""

from __future__ import annotations

from typing import Any

from ..contract.errors import BadRequest, BadWeights
from . import Encoder, Network, Order

_KERNEL = 4  # side of the filters, as in the paper


class Mosaiks(Encoder):
    """Random convolutional features, drawn from the raster itself: works at once, offline, with any bands.

    To compare two rasters, such as two dates, give the features of the first as own weights of the second.
    """

    id = "MOSAIKS"
    source = "https://doi.org/10.1038/s41467-021-24638-z"
    trained_on = "nothing: random patches of your raster"
    patch, tile, dim = 8, 256, 256
    drawn = True

    def build(self, order: Order) -> Network:
        """Draw whitened filters from the raster (torchgeo's RCF, empirical mode) and pool their responses on the cell grid.

        Raises:
            BadRequest: the tile is no multiple of the patch.
            BadWeights: filters that are lent by another raster are for other bands.
        """
        tile = order.tile or self.tile
        if tile % self.patch:
            near = max(1, round(tile / self.patch)) * self.patch
            raise BadRequest(
                f"tile = {tile} is not a multiple of the patch of {self.id}, {self.patch} pixels", f"{near} is"
            )
        filters = _lent(order) if order.lent else _drawn(order, self.dim)
        module = _dense(*filters, self.patch, order.context)
        whole = self.dim if order.context else 0
        return Network(module, order.bands, self.dim + whole, self.patch, tile, None, None, whole)


def _drawn(order: Order, dim: int) -> tuple[Any, Any]:
    """Weights and biases drawn from the raster."""
    import torch
    from torchgeo.models import RCF

    images = order.patches(dim // 2, _KERNEL + 1)
    samples: Any = [{"image": torch.from_numpy(image)} for image in images]
    filters = RCF(order.bands, dim, _KERNEL, seed=order.seed + 1, mode="empirical", dataset=samples)
    return filters.weights.clone(), filters.biases.clone()


def _lent(order: Order) -> tuple[Any, Any]:
    """Weights and biases of another raster."""
    lent = order.lent or {}
    weights, biases = lent.get("weights"), lent.get("biases")
    if weights is None or biases is None or weights.ndim != 4 or weights.shape[1] != order.bands:
        bands = weights.shape[1] if weights is not None and weights.ndim == 4 else "unknown"
        raise BadWeights(f"the filters given are for {bands} bands, {order.bands} are given", "choose as many bands")
    return weights, biases


def _dense(weights: Any, biases: Any, patch: int, context: bool = False) -> Any:
    """The responses of filters, split into their positive and negative parts, averaged over every cell instead of the image."""
    import torch
    import torch.nn.functional as F  # noqa: N812 (its usual name)

    from ._dense import beside

    class Dense(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("weights", weights)
            self.register_buffer("biases", biases)
            self.context = context

        def forward(self, x: Any) -> Any:
            before = (_KERNEL - 1) // 2
            x = F.pad(x, (before, _KERNEL - 1 - before, before, _KERNEL - 1 - before), mode="replicate")
            y = F.conv2d(x, self.weights, self.biases)
            mean = F.avg_pool2d(y, patch)
            positive = F.avg_pool2d(y.clamp_min_(0), patch)
            # y = positive part - negative part, so the second pooling gives both
            found = torch.cat((positive, positive - mean), 1)
            # the mean over an image is what the paper describes it by
            return beside(found) if self.context else found

    return Dense().eval()
