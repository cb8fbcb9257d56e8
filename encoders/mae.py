"""Masked autoencoders (2021): learned by painting in what was hidden."""

from __future__ import annotations

from ._timm import IMAGENET, TimmEncoder, published, rgb


class _Mae(TimmEncoder):
    source = "https://arxiv.org/abs/2111.06377"
    trained_on = "1.3 million photos (ImageNet-1k), without labels"
    bands = rgb(IMAGENET)
    patch, tile = 16, 224


class MaeBase(_Mae):
    """Knows texture better than meaning: useful for surfaces and for training a classifier with many labels."""

    id = "MAE ViT-B/16"
    model = "vit_base_patch16_224.mae"
    parameters, dim = 85.8, 768
    hub = published(model, 343, "cc-by-nc-4.0")


class MaeLarge(_Mae):
    """For surfaces and textures, with many labels: the larger MAE. Slow without a GPU."""

    id = "MAE ViT-L/16"
    model = "vit_large_patch16_224.mae"
    parameters, dim = 303.3, 1024
    hub = published(model, 1213, "cc-by-nc-4.0")
