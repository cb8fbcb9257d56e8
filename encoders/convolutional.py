"""Convolutional networks for photos, which know no patches: features of several stages on one grid."""

from __future__ import annotations

from ._timm import IMAGENET, TimmNetwork, published, rgb


class _Convolutional(TimmNetwork):
    bands = rgb(IMAGENET)
    sizing = ("",)
    # the last two, of 16 and 32 pixels a cell, on cells of 16
    layers = (-2, -1)
    patch, tile = 16, 256


class ConvnextDinov3(_Convolutional):
    """For aerial photos: the features of DINOv3 without seams between patches, quick on a processor."""

    id = "DINOv3 ConvNeXt-T"
    model = "convnext_tiny.dinov3_lvd1689m"
    source = "https://arxiv.org/abs/2508.10104"
    trained_on = "1.7 billion photos (LVD-1689M), without labels"
    parameters, dim = 27.8, 1152
    hub = published(model, 111, "dinov3-license")


class ConvnextNano(_Convolutional):
    """For surfaces and textures, such as kinds of forest in aerial photos; small and quick. Not for commercial use."""

    id = "ConvNeXt V2 nano"
    model = "convnextv2_nano.fcmae"
    source = "https://arxiv.org/abs/2301.00808"
    trained_on = "1.3 million photos (ImageNet-1k), without labels"
    parameters, dim = 15.0, 960
    hub = published(model, 60, "cc-by-nc-4.0")


class Mobilenet(_Convolutional):
    """The quickest here: for a first look, and for old laptops."""

    id = "MobileNetV2"
    model = "mobilenetv2_100.ra_in1k"
    source = "https://arxiv.org/abs/1801.04381"
    trained_on = "1.3 million photos with labels (ImageNet-1k)"
    parameters, dim, tile = 2.2, 416, 224
    hub = published(model, 14)


class Resnet50(_Convolutional):
    """A well-known network for photos: to see what newer encoders add on your own raster."""

    id = "ResNet-50"
    model = "resnet50.a1_in1k"
    source = "https://arxiv.org/abs/2110.00476"
    trained_on = "1.3 million photos with labels (ImageNet-1k)"
    parameters, dim, tile = 23.5, 3072, 224
    hub = published(model, 102)
