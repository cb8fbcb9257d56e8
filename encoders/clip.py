"""CLIP (2021) and SigLIP 2 (2025): learned from photos and their captions."""

from __future__ import annotations

from ._timm import INCEPTION, OPENAI_CLIP, TimmEncoder, published, rgb


class ClipBase(TimmEncoder):
    """Knows what things are called: good for telling kinds of places apart, coarse at borders."""

    id = "CLIP ViT-B/16"
    # OpenAI's weights want the QuickGELU variant: note in timm 1.0.31, models/vision_transformer.py
    model = "vit_base_patch16_clip_quickgelu_224.openai"
    source = "https://arxiv.org/abs/2103.00020"
    trained_on = "400 million photos with captions (OpenAI)"
    bands = rgb(OPENAI_CLIP)
    parameters, patch, tile, dim = 85.8, 16, 224, 768
    hub = published("vit_base_patch16_clip_224.openai", 345)


class SiglipBase(TimmEncoder):
    """Like CLIP it tells kinds of places apart, and is better at where they end: it learned from captions in many languages."""

    id = "SigLIP ViT-B/16"
    model = "vit_base_patch16_siglip_224.v2_webli"
    source = "https://arxiv.org/abs/2502.14786"
    trained_on = "10 billion photos with captions in 109 languages (WebLI)"
    bands = rgb(INCEPTION)
    parameters, patch, tile, dim = 92.9, 16, 224, 768
    # as a public project pins it, 371 551 936 bytes
    hub = published(
        model, 372, revision="4c3661e5ac879a276ddc5ddc6d3f0ecc78fd5d82",  # pragma: allowlist secret
        sha256="9106b0d8d9d02ea90fc3571fffd1557cf444736f695ee40b1e57c856bc3d9494",  # pragma: allowlist secret
    )  # fmt: skip
