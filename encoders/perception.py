"""Perception Encoder, the spatial one (2025): made for dense features, small sizes distilled from a large one."""

from __future__ import annotations

from ._timm import INCEPTION, TimmEncoder, published, rgb


class _PeSpatial(TimmEncoder):
    source = "https://arxiv.org/abs/2504.13181"
    trained_on = "5.4 billion photos with captions, then aligned with outlines of SAM 2.1"
    bands = rgb(INCEPTION)
    # trained with 512 pixels; 256 are four times as quick
    patch, tile = 16, 256


class PeSpatialTiny(_PeSpatial):
    """Quick and a small download: for slow laptops and large rasters."""

    id = "PE-spatial ViT-T/16"
    model = "vit_pe_spatial_tiny_patch16_512.fb"
    parameters, dim = 5.7, 192
    hub = published(model, 23)


class PeSpatialSmall(_PeSpatial):
    """For objects and their outlines in aerial photos, at laptop speed and under a free licence."""

    id = "PE-spatial ViT-S/16"
    model = "vit_pe_spatial_small_patch16_512.fb"
    parameters, dim = 22.0, 384
    # as a public project pins it, 87 946 528 bytes
    hub = published(
        model, 88, revision="bde8c2a1ca579f414140672d311c3a4fcf1058a7",  # pragma: allowlist secret
        sha256="ed334e352f8490867ca875ce13f8db766497f32a30f88b3a6c87da89a2649229",  # pragma: allowlist secret
    )  # fmt: skip
