"""MOSAIKS: random convolutional features drawn from the raster itself. No weights, no download."""

from __future__ import annotations

from typing import Any

from ..contract.errors import BadRequest
from . import Encoder, Network, Order

_KERNEL = 4  # side of the filters, as in the paper


class Mosaiks(Encoder):
    """Random convolutional features, drawn from the raster itself: works at once, offline, with any bands."""

    id = "MOSAIKS"
    source = "https://doi.org/10.1038/s41467-021-24638-z"
    trained_on = "nothing: random patches of your raster"
    patch, tile, dim = 8, 256, 256

    def build(self, order: Order) -> Network:
        """Draw whitened filters from the raster (torchgeo's RCF, empirical mode) and pool their responses on the cell grid.

        Raises:
            BadRequest: the tile is no multiple of the patch.
        """
        import torch
        from torchgeo.models import RCF

        tile = order.tile or self.tile
        if tile % self.patch:
            near = max(1, round(tile / self.patch)) * self.patch
            raise BadRequest(
                f"tile = {tile} is not a multiple of the patch of {self.id}, {self.patch} pixels", f"{near} is"
            )
        images = order.patches(self.dim // 2, _KERNEL + 1)
        samples: Any = [{"image": torch.from_numpy(image)} for image in images]
        filters = RCF(order.bands, self.dim, _KERNEL, seed=order.seed + 1, mode="empirical", dataset=samples)
        return Network(_dense(filters, self.patch), order.bands, self.dim, self.patch, tile, None, None)


def _dense(filters: Any, patch: int) -> Any:
    """The responses of *filters*, split into their positive and negative parts, averaged over every cell instead of the image."""
    import torch
    import torch.nn.functional as F  # noqa: N812 (its usual name)

    class Dense(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("weights", filters.weights.clone())
            self.register_buffer("biases", filters.biases.clone())

        def forward(self, x: Any) -> Any:
            before = (_KERNEL - 1) // 2
            x = F.pad(x, (before, _KERNEL - 1 - before, before, _KERNEL - 1 - before), mode="replicate")
            y = F.conv2d(x, self.weights, self.biases)
            mean = F.avg_pool2d(y, patch)
            positive = F.avg_pool2d(y.clamp_min_(0), patch)
            # y = positive part - negative part, so the second pooling gives both
            return torch.cat((positive, positive - mean), 1)

    return Dense().eval()
