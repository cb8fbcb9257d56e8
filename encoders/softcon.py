"""SoftCon (2024): SSL4EO-S12 once more, with land cover saying which images are how alike."""

from __future__ import annotations

from ._bands import sentinel1, sentinel2
from ._timm import TimmNetwork
from ._torchgeo import at

_AT = "wangyi111/softcon/bae909781911f8ec034b4b959992fae17b973c0c/"


class _Softcon(TimmNetwork):
    source = "https://arxiv.org/abs/2405.20462"
    trained_on = "0.8 million pairs of Sentinel-1 and 2 (SSL4EO-S12) with kinds of land cover"
    patch, tile, metres = 14, 224, 10


class _Optical(_Softcon):
    # torchgeo 0.8.1, models/resnet.py, _ssl4eo_s12_transforms_s2_stats
    bands = sentinel2("score")
    values = "reflectance x 10000"


class _Radar(_Softcon):
    bands = sentinel1("score")
    values = "dB"


class SoftconOpticalSmall(_Optical):
    """For all thirteen bands of Sentinel-2: tells kinds of land cover apart, which were part of what it learned from."""

    id = "SoftCon Sentinel-2 ViT-S/14"
    model = "vit_small_patch14_dinov2"
    parameters, dim = 22.4, 384
    hub = at(_AT + "B13_vits14_softcon_enc.pth", 90, "cc-by-4.0")


class SoftconOpticalBase(_Optical):
    """For all thirteen bands of Sentinel-2: tells kinds of land cover apart; the larger one, at four times the time."""

    id = "SoftCon Sentinel-2 ViT-B/14"
    model = "vit_base_patch14_dinov2"
    parameters, dim = 87.2, 768
    hub = at(_AT + "B13_vitb14_softcon_enc.pth", 349, "cc-by-4.0")


class SoftconRadarSmall(_Radar):
    """For VV and VH of Sentinel-1 in dB: kinds of land cover through clouds."""

    id = "SoftCon Sentinel-1 ViT-S/14"
    model = "vit_small_patch14_dinov2"
    parameters, dim = 21.6, 384
    hub = at(_AT + "B2_vits14_softcon_enc.pth", 86, "cc-by-4.0")


class SoftconRadarBase(_Radar):
    """For VV and VH of Sentinel-1 in dB: kinds of land cover through clouds; the larger one, at four times the time."""

    id = "SoftCon Sentinel-1 ViT-B/14"
    model = "vit_base_patch14_dinov2"
    parameters, dim = 85.6, 768
    hub = at(_AT + "B2_vitb14_softcon_enc.pth", 342, "cc-by-4.0")
