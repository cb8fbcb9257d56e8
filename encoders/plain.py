"""What every encoder should be better than: the raster itself on the cell grid, and statistics of windows.

As the context of a tile they give their mean over it, so that encoders with context have something to be better than too.
"""

from __future__ import annotations

from typing import Any

from . import Encoder, Network, Order
from ._timm import check_tile

#: sides of the windows in pixels
_WINDOWS = (3, 9, 27)


class _Plain(Encoder):
    source = "https://doi.org/10.1109/TSMC.1973.4309314"
    trained_on = "nothing: it computes with your raster's values"
    patch, tile = 8, 256
    per_band = True

    def build(self, order: Order) -> Network:
        """Build a network without weights; see Encoder.build."""
        from ._dense import with_mean

        tile = order.tile or self.tile
        check_tile(self.id, tile, self.patch)
        module, dim = self._module(), self.dim * order.bands
        if order.context:
            return Network(with_mean(module), order.bands, 2 * dim, self.patch, tile, None, None, dim)
        return Network(module, order.bands, dim, self.patch, tile, None, None)

    def _module(self) -> Any:
        raise NotImplementedError


class Bands(_Plain):
    """The raster itself: the mean of each band in every cell. What an encoder knows beyond colour, it must show against this."""

    id = "bands"
    dim = 1

    def _module(self) -> Any:
        import torch

        return torch.nn.AvgPool2d(self.patch).eval()


class WindowStatistics(_Plain):
    """Mean, deviation and gradients of each band in windows of 3, 9 and 27 pixels: colour and texture, as before deep learning."""

    id = "window statistics"
    dim = 4 * len(_WINDOWS)

    def _module(self) -> Any:
        import torch
        import torch.nn.functional as F  # noqa: N812 (its usual name)

        patch = self.patch

        def box(x: Any, side: int) -> Any:
            half = side // 2
            return F.avg_pool2d(F.pad(x, (half, half, half, half), mode="replicate"), side, 1)

        class Statistics(torch.nn.Module):
            """For each window: means of all bands, then deviations, gradients to the right, and downward."""

            def forward(self, x: Any) -> Any:
                """(n, bands, tile, tile) -> (n, 12 x bands, rows, cols)."""
                # differences from the middle of the tile, for squares of large values would lose the deviation
                middle = x.mean((2, 3), keepdim=True)
                y, parts = x - middle, []
                around = F.pad(y, (1, 1, 1, 1), mode="replicate")
                across = (around[..., 1:-1, 2:] - around[..., 1:-1, :-2]).abs() / 2
                down = (around[..., 2:, 1:-1] - around[..., :-2, 1:-1]).abs() / 2
                for side in _WINDOWS:
                    mean = box(y, side)
                    spread = (box(y * y, side) - mean * mean).clamp_min(0).sqrt()
                    parts += [mean + middle, spread, box(across, side), box(down, side)]
                return F.avg_pool2d(torch.cat(parts, 1), patch)

        return Statistics().eval()
