"""DINOv3 (2025): self-supervised on 1.7 billion photos, or on satellite images."""

from __future__ import annotations

from ._timm import IMAGENET, TimmEncoder, published, rgb

#: mean, std of satellite images, timm 1.0.31, models/eva.py, vit_large_patch16_dinov3.sat493m
SATELLITE = ((0.430, 0.411, 0.296), (0.213, 0.156, 0.143))


class _Dinov3(TimmEncoder):
    source = "https://arxiv.org/abs/2508.10104"
    trained_on = "1.7 billion photos (LVD-1689M), without labels"
    bands = rgb(IMAGENET)
    patch, tile = 16, 256


class Dinov3Small(_Dinov3):
    """Clean borders of fields, roofs and crowns, at laptop speed: the first to try on aerial photos."""

    id = "DINOv3 ViT-S/16"
    model = "vit_small_patch16_dinov3.lvd1689m"
    parameters, dim = 21.6, 384
    # as several public projects pin it, 86 362 376 bytes
    hub = published(
        model, 86, "dinov3-license", revision="3bf4720a82ec2066db88137180ff1f83a675cef0",  # pragma: allowlist secret
        sha256="2a1ec16ae28ffa07bc0ead0241ee7df9fc26451fe6f9f839b7b3afa0a906b040",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov3Base(_Dinov3):
    """Clean borders and finer distinctions than the small one, at four times the time."""

    id = "DINOv3 ViT-B/16"
    model = "vit_base_patch16_dinov3.lvd1689m"
    parameters, dim = 85.6, 768
    # as several public projects pin it, 342 579 728 bytes
    hub = published(
        model, 343, "dinov3-license", revision="c6a5fb7d12bbd3cf3b0079253141c3332aaed7da",  # pragma: allowlist secret
        sha256="1f9ed8a2378d65e24bb710ba522ac9fa7be4e036d7aefb4384ce022833926332",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov3Large(_Dinov3):
    """For aerial photos with few labels: the finest distinctions of DINOv3. Slow without a GPU."""

    id = "DINOv3 ViT-L/16"
    model = "vit_large_patch16_dinov3.lvd1689m"
    parameters, dim = 303.1, 1024
    # as several public projects pin it, 1 212 347 640 bytes
    hub = published(
        model, 1212, "dinov3-license", revision="30c1109559f65dea34316b0d4842d35c5771fe11",  # pragma: allowlist secret
        sha256="45172f209c9583c40538afc26b60a07033e6fcc2e8c30228338e6b2e932e7941",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov3Satellite(_Dinov3):
    """Learned from satellite images instead of photos: try it first on 0.3 to 2 m imagery. Slow without a GPU."""

    id = "DINOv3 ViT-L/16 satellite"
    model = "vit_large_patch16_dinov3.sat493m"
    trained_on = "493 million satellite images of 0.6 m (SAT-493M), without labels"
    bands = rgb(SATELLITE)
    parameters, dim = 303.1, 1024
    hub = published(model, 1212, "dinov3-license")
