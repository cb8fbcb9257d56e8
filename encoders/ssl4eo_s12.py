"""SSL4EO-S12 (2022): transformers and ResNets that learned from Sentinel-1 and 2 without labels."""

from __future__ import annotations

from ._bands import sentinel1, sentinel2
from ._timm import TimmNetwork
from ._torchgeo import at

#: of its authors, files without a hash in their names
_AUTHORS = "wangyi111/SSL4EO-S12/75c72195d35201dc1fb210818993518c25da566b/"


class _Optical(TimmNetwork):
    source = "https://arxiv.org/abs/2211.07044"
    trained_on = "1 million images of Sentinel-2, L1C, all over the world (SSL4EO-S12), without labels"
    # torchgeo 0.8.1, models/vit.py, _zhu_xlab_transforms: the value divided by 10000
    bands = sentinel2("share")
    values = "reflectance x 10000"
    tile, metres = 224, 10


class _Radar(TimmNetwork):
    source = "https://arxiv.org/abs/2211.07044"
    trained_on = "1 million images of Sentinel-1, GRD, all over the world (SSL4EO-S12), without labels"
    # torchgeo 0.8.1, models/resnet.py, _ssl4eo_s12_transforms_s1
    bands = sentinel1("score")
    values = "dB"
    tile, metres = 224, 10


class OpticalDino(_Optical):
    """For all thirteen bands of Sentinel-2: land cover, crops and forest, small and quick; a good first choice."""

    id = "SSL4EO Sentinel-2 ViT-S/16 DINO"
    model = "vit_small_patch16_224"
    parameters, patch, dim = 22.6, 16, 384
    hub = at(
        "torchgeo/vit_small_patch16_224_sentinel2_all_dino/5b41dd418a79de47ac9f5be3e035405a83818a62/"  # pragma: allowlist secret
        "vit_small_patch16_224_sentinel2_all_dino-36bcc127.pth",
        91,
        "cc-by-4.0",
        # as the hub records it: commit 060a112704dee2690ba8e0452ecb3b49f4a8d9c1
        "36bcc1273227252faf98e1d9f32c35166d3612d30dc0c15812c29bed6da9a7d5",  # pragma: allowlist secret
    )


class OpticalMoco(_Optical):
    """For all thirteen bands of Sentinel-2: land cover and crops as with the DINO; try which of both suits your region."""

    id = "SSL4EO Sentinel-2 ViT-S/16 MoCo"
    model = "vit_small_patch16_224"
    parameters, patch, dim = 22.6, 16, 384
    hub = at(
        "torchgeo/vit_small_patch16_224_sentinel2_all_moco/1cb683f6c14739634cdfaaceb076529adf898c74/"  # pragma: allowlist secret
        "vit_small_patch16_224_sentinel2_all_moco-67c9032d.pth",
        91,
        "cc-by-4.0",
    )


class OpticalMae(_Optical):
    """For all thirteen bands of Sentinel-2: learned by filling in what was hidden, so it keeps texture and borders of fields."""

    id = "SSL4EO Sentinel-2 ViT-S/16 MAE"
    model = "vit_small_patch16_224"
    parameters, patch, dim = 22.6, 16, 384
    hub = at(_AUTHORS + "B13_vits16_mae_ep99_enc.pth", 91, "cc-by-4.0")


class OpticalMaeBase(_Optical):
    """For all thirteen bands of Sentinel-2: texture and borders of fields, finer than the small MAE, at four times the time."""

    id = "SSL4EO Sentinel-2 ViT-B/16 MAE"
    model = "vit_base_patch16_224"
    parameters, patch, dim = 87.8, 16, 768
    hub = at(_AUTHORS + "B13_vitb16_mae_ep99_enc.pth", 351, "cc-by-4.0")


class OpticalResnetDino(_Optical):
    """For all thirteen bands of Sentinel-2: land cover and crops without seams between patches."""

    id = "SSL4EO Sentinel-2 ResNet-50 DINO"
    model = "resnet50"
    sizing, layers = ("",), (-2,)
    parameters, patch, dim = 23.5, 16, 1024
    hub = at(
        "torchgeo/resnet50_sentinel2_all_dino/d7f14bf5530d70ac69d763e58e77e44dbecfec7c/"
        "resnet50_sentinel2_all_dino-d6c330e9.pth",
        94,
        "cc-by-4.0",
    )


class OpticalResnetMoco(_Optical):
    """For all thirteen bands of Sentinel-2: as the ResNet of DINO; try which of both suits your region."""

    id = "SSL4EO Sentinel-2 ResNet-50 MoCo"
    model = "resnet50"
    sizing, layers = ("",), (-2,)
    parameters, patch, dim = 23.5, 16, 1024
    hub = at(
        "torchgeo/resnet50_sentinel2_all_moco/da4f3c9dbe09272eb902f3b37f46635fa4726879/"  # pragma: allowlist secret
        "resnet50_sentinel2_all_moco-df8b932e.pth",
        94,
        "cc-by-4.0",
    )


class RadarMae(_Radar):
    """For VV and VH of Sentinel-1 in dB: water, towns and forest through clouds; small and quick."""

    id = "SSL4EO Sentinel-1 ViT-S/16 MAE"
    model = "vit_small_patch16_224"
    parameters, patch, dim = 21.6, 16, 384
    hub = at(_AUTHORS + "B2_vits16_mae_ep99_enc.pth", 86, "cc-by-4.0")


class RadarMaeBase(_Radar):
    """For VV and VH of Sentinel-1 in dB: water, towns and forest through clouds; the larger MAE, at four times the time."""

    id = "SSL4EO Sentinel-1 ViT-B/16 MAE"
    model = "vit_base_patch16_224"
    parameters, patch, dim = 85.6, 16, 768
    hub = at(_AUTHORS + "B2_vitb16_mae_ep99_enc.pth", 342, "cc-by-4.0")


class RadarResnetMoco(_Radar):
    """For VV and VH of Sentinel-1 in dB: water, towns and forest through clouds, without seams between patches."""

    id = "SSL4EO Sentinel-1 ResNet-50 MoCo"
    model = "resnet50"
    sizing, layers = ("",), (-2,)
    parameters, patch, dim = 23.5, 16, 1024
    hub = at(
        "torchgeo/resnet50_sentinel1_all_moco/e79862c667853c10a709bdd77ea8ffbad0e0f1cf/"  # pragma: allowlist secret
        "resnet50_sentinel1_all_moco-906e4356.pth",
        94,
        "cc-by-4.0",
    )
