"""SeCo-Eco (2025): seasonal contrast over all climates, from Sentinel-2."""

from __future__ import annotations

from ._bands import SENTINEL2, sentinel2
from ._timm import TimmNetwork
from ._torchgeo import at


class SecoEco(TimmNetwork):
    """For Sentinel-2 without B10, as L2A has it: vegetation, habitats and forest, for it learned from the seasons of all climates."""

    id = "SeCo-Eco Sentinel-2 ResNet-50"
    model = "resnet50"
    source = "https://arxiv.org/abs/2504.18256"
    trained_on = "images of Sentinel-2 in all seasons and all climates (SSL4Eco), without labels"
    # torchgeo 0.8.1, models/resnet.py, _seco_eco_transforms
    bands = sentinel2("share", [name for name in SENTINEL2 if name != "B10"])
    values, metres = "reflectance x 10000", 10
    sizing, layers = ("",), (-2,)
    parameters, patch, tile, dim = 23.5, 16, 224, 1024
    hub = at(
        "torchgeo/seco-eco/aea279ea46572cfca5876ac1f9d8d8595fcdeb3b/resnet50_sentinel2_all_seco_eco-90ec322f.pth",
        94,
        "mit",
    )
