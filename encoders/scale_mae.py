"""Scale-MAE (2022): a masked autoencoder that knows how large a pixel is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import Order
from ._timm import IMAGENET, rgb
from ._torchgeo import TorchgeoEncoder, at, fill, on_grid, tensors_of


class ScaleMaeLarge(TorchgeoEncoder):
    """For red, green and blue from satellites and planes of 0.3 to 10 m: told the size of a pixel. Slow without a GPU, not for commercial use."""

    id = "Scale-MAE ViT-L/16"
    source = "https://arxiv.org/abs/2212.14532"
    trained_on = "364 thousand satellite images of many resolutions (fMoW), without labels"
    architecture = "scalemae_large_patch16"
    arguments = {"embed_dim": 1024, "depth": 24, "num_heads": 16}
    bands = rgb(IMAGENET)
    told = ("metres",)
    patch, tile = 16, 224
    parameters, dim = 303.3, 1024
    hub = at(
        "isaaccorley/vit_large_patch16_224_fmow_rgb_scalemae/9dc7f569424baeb780698352cf6e87638c882123/"  # pragma: allowlist secret
        "vit_large_patch16_224_fmow_rgb_scalemae-98ed9821.pth",
        1213,
        "cc-by-nc-4.0",
    )

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        import functools

        import torch
        from torchgeo.models.scale_mae import ScaleMAE

        from ._dense import beside

        # positions follow from the size of a pixel; those in the file are of training
        state = tensors_of(path, ("pos_embed",))
        model = ScaleMAE(
            order.metres or 1.0, img_size=tile, patch_size=self.patch, num_classes=0, qkv_bias=True,
            norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6), **arguments,
        )  # fmt: skip
        fill(model, state, self.id, path, untrained=("pos_embed",))

        cells, context = tile // self.patch, order.context

        class Dense(torch.nn.Module):
            """Tokens of patches on their grid."""

            def __init__(self) -> None:
                super().__init__()
                self.model, self.context = model, context

            def forward(self, x: Any) -> Any:
                """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
                y = self.model.forward_features(x)
                found = on_grid(y[:, self.model.num_prefix_tokens :], cells)
                return beside(found, y[:, 0]) if self.context else found

        return Dense()
