"""DINO (2021): self-distillation without labels."""

from __future__ import annotations

from ._timm import IMAGENET, TimmEncoder, published, rgb


class _Dino(TimmEncoder):
    source = "https://arxiv.org/abs/2104.14294"
    trained_on = "1.3 million photos (ImageNet-1k), without labels"
    bands = rgb(IMAGENET)
    tile = 224


class DinoSmall16(_Dino):
    """Small and quick, a good first choice on a laptop: separates things and surfaces well without any labels."""

    id = "DINO ViT-S/16"
    model = "vit_small_patch16_224.dino"
    parameters, patch, dim = 21.7, 16, 384
    hub = published(model, 87)


class DinoSmall8(_Dino):
    """Cells of 8 pixels, so four times the detail of the S/16, in about eight times the time."""

    id = "DINO ViT-S/8"
    model = "vit_small_patch8_224.dino"
    parameters, patch, dim = 21.7, 8, 384
    hub = published(model, 87)


class DinoBase16(_Dino):
    """Separates things and surfaces somewhat better than S/16, at four times the time."""

    id = "DINO ViT-B/16"
    model = "vit_base_patch16_224.dino"
    parameters, patch, dim = 85.8, 16, 768
    hub = published(model, 343)
