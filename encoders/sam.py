"""Segment Anything (2023): the image encoder of a model that outlines objects."""

from __future__ import annotations

from ._timm import IMAGENET, TimmEncoder, published, rgb


class SamBase(TimmEncoder):
    """Sees outlines: fields, roofs, roads, crowns. Weak on what a thing is; heavy, since its tiles are large."""

    id = "SAM ViT-B/16"
    model = "samvit_base_patch16.sa1b"
    source = "https://arxiv.org/abs/2304.02643"
    trained_on = "1.1 billion outlines in 11 million photos (SA-1B)"
    bands = rgb(IMAGENET)
    parameters, patch, dim = 89.7, 16, 256
    # trained with 1024 pixels; its position embeddings adapt themselves in every forward pass
    tile, sizing = 512, ("",)
    # as a public project pins it
    hub = published(
        model, 359, revision="c6db726d87cbba7788e026776b46c5db3aa1594b",  # pragma: allowlist secret
        sha256="31a9f4edc394c5ae7a96045576570189a354ada86094a5842bcc9a05a8939ea2",  # pragma: allowlist secret
    )  # fmt: skip
