"""DINOv2 (2023): self-supervised on 142 million chosen photos."""

from __future__ import annotations

from ._timm import IMAGENET, TimmEncoder, published, rgb


class _Dinov2(TimmEncoder):
    source = "https://arxiv.org/abs/2304.07193"
    trained_on = "142 million photos (LVD-142M), without labels"
    bands = rgb(IMAGENET)
    # 16 x 16 cells; trained with 518 pixels, which takes eight times the time
    patch, tile = 14, 224


class _Registers(_Dinov2):
    source = "https://arxiv.org/abs/2309.16588"


class Dinov2Small(_Dinov2):
    """Good all-round features for land cover and objects at laptop speed."""

    id = "DINOv2 ViT-S/14"
    model = "vit_small_patch14_dinov2.lvd142m"
    parameters, dim = 22.1, 384
    # revision and hash as other public projects pin them; 4476dc0c is the one that they link to, 88 240 510 bytes
    hub = published(
        model, 88, revision="4476dc0c66daca2ef4a40d2625b4a7063f02b685",  # pragma: allowlist secret
        sha256="04d27f3400d059fc0cfd7d17dd1909a75bf3ea8fb3eeb48b97cb99e57ee20081",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov2Base(_Dinov2):
    """Tells land cover and objects apart more finely than the small one, at four times the time."""

    id = "DINOv2 ViT-B/14"
    model = "vit_base_patch14_dinov2.lvd142m"
    parameters, dim = 86.6, 768
    # as two public projects pin it, 346 334 872 bytes
    hub = published(
        model, 346, revision="4685c99dabffe5affac90bd99dbffd25801ae58d",  # pragma: allowlist secret
        sha256="55cbb5d887b336d430e649c277b85a1429e724871f9d02ac16203235886d8c7b",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov2Large(_Dinov2):
    """For land cover and objects with few labels: the largest DINOv2 offered here. Slow without a GPU."""

    id = "DINOv2 ViT-L/14"
    model = "vit_large_patch14_dinov2.lvd142m"
    parameters, dim = 304.4, 1024
    # as a public project pins it, 1 217 502 758 bytes
    hub = published(
        model, 1218, revision="4741e1cafbf45415e77074bb0cb42dba76c8684a",  # pragma: allowlist secret
        sha256="0424a5d1b515278cba3c6640ccbeaacc41de59d3a93df0dd5e494285eea2b355",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov2SmallRegisters(_Registers):
    """DINOv2 S/14 with register tokens: the same speed, smoother maps without stray bright cells."""

    id = "DINOv2 ViT-S/14 with registers"
    model = "vit_small_patch14_reg4_dinov2.lvd142m"
    parameters, dim = 22.1, 384
    # the commit that four public projects pin; none states the hash of the file
    hub = published(model, 88, revision="c04b5193082a8d5b0c4856c7937384a48136c5de")


class Dinov2BaseRegisters(_Registers):
    """DINOv2 B/14 with register tokens: the same speed, smoother maps without stray bright cells."""

    id = "DINOv2 ViT-B/14 with registers"
    model = "vit_base_patch14_reg4_dinov2.lvd142m"
    parameters, dim = 86.6, 768
    # as a public project pins it, 346 344 168 bytes
    hub = published(
        model, 346, revision="3b06466a5548c52b8b98822e1390987695fcbf82",  # pragma: allowlist secret
        sha256="c24ecfb4a1d8ca79193f6b9efcffc461872a09ddac43a0931357e4802931a006",  # pragma: allowlist secret
    )  # fmt: skip


class Dinov2LargeRegisters(_Registers):
    """DINOv2 L/14 with register tokens: the same speed, smoother maps without stray bright cells."""

    id = "DINOv2 ViT-L/14 with registers"
    model = "vit_large_patch14_reg4_dinov2.lvd142m"
    parameters, dim = 304.4, 1024
    # the commit that several public projects pin; none states the hash of the file
    hub = published(model, 1217, revision="f3c408e77602bb412aa65fb03dfa0d5f95cb3832")
