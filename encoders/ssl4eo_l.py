"""SSL4EO-L (2023): transformers and ResNets that learned from Landsat 4 to 9 without labels."""

from __future__ import annotations

from collections.abc import Mapping

from . import Band
from ._bands import ETM, OLI_TIRS, TM, between
from ._timm import TimmNetwork
from ._torchgeo import at

_COLLECTION_2 = "Landsat Collection 2 Level 2"
_AT = "torchgeo/ssl4eo_landsat/1c88bb51b6e17a21dde5230738fa38b74bd74f76/"


def _toa(waves: Mapping[str, float]) -> tuple[Band, ...]:
    """Reflectance of 0 to 0.4, thermal bands of -25 to 45 °C: what became 0 to 255 when SSL4EO-L was made.

    https://github.com/microsoft/torchgeo/blob/5e5d6c96c10fd3eb8339ba9a8cb7ea22a06709c8/experiments/ssl4eo/landsat/compress_oli_tirs_toa.sh
    """
    return tuple(
        between(name, wave, *((248.15, 318.15) if wave > 8 else (0.0, 0.4)), "reflectance")
        for name, wave in waves.items()
    )


def _surface(waves: Mapping[str, float], names: tuple[str, ...]) -> tuple[Band, ...]:
    """Digital numbers of Level 2 that stand for a reflectance of 0 to 0.3: what became 0 to 255 when SSL4EO-L was made.

    https://github.com/microsoft/torchgeo/blob/5e5d6c96c10fd3eb8339ba9a8cb7ea22a06709c8/experiments/ssl4eo/landsat/compress_oli_sr.sh
    """
    return tuple(between(f"SR_{name}", waves[name], 0.2 / 0.0000275, 0.5 / 0.0000275, _COLLECTION_2) for name in names)


_OLI_SR = _surface(OLI_TIRS, ("B1", "B2", "B3", "B4", "B5", "B6", "B7"))
_ETM_SR = _surface(ETM, ("B1", "B2", "B3", "B4", "B5", "B7"))


class _Landsat(TimmNetwork):
    source = "https://arxiv.org/abs/2306.09424"
    trained_on = "1 million images of Landsat a sensor, all over the world (SSL4EO-L), without labels"
    patch, tile, metres = 16, 224, 30


class _Transformer(_Landsat):
    model = "vit_small_patch16_224"
    dim = 384


class _Resnet50(_Landsat):
    model = "resnet50"
    sizing, layers = ("",), (-2,)
    parameters, dim = 23.5, 1024


class _Resnet18(_Landsat):
    model = "resnet18"
    sizing, layers = ("",), (-2,)
    parameters, dim = 11.2, 256


_TOA = "reflectance of 0 to 1, thermal bands in kelvin"
_SR = "digital numbers of Collection 2, Level 2"


class OliToa(_Transformer):
    """For all eleven bands of Landsat 8 and 9, at the top of the atmosphere: land cover, crops and burnt land since 2013."""

    id = "SSL4EO Landsat 8-9 TOA ViT-S/16"
    bands, values = _toa(OLI_TIRS), _TOA
    parameters = 22.5
    hub = at(_AT + "vits16_landsat_oli_tirs_toa_moco-c7c2cceb.pth", 90, "cc0-1.0")


class OliSurface(_Transformer):
    """For the seven bands of Landsat 8 and 9, surface reflectance (Collection 2, Level 2): land cover and crops since 2013."""

    id = "SSL4EO Landsat 8-9 SR ViT-S/16"
    bands, values = _OLI_SR, _SR
    parameters = 22.1
    hub = at(_AT + "vits16_landsat_oli_sr_moco-c9b8898d.pth", 88, "cc0-1.0")


class EtmToa(_Transformer):
    """For all nine bands of Landsat 7, at the top of the atmosphere: land cover since 1999."""

    id = "SSL4EO Landsat 7 TOA ViT-S/16"
    bands, values = _toa(ETM), _TOA
    parameters = 22.3
    hub = at(_AT + "vits16_landsat_etm_toa_moco-26d19bcf.pth", 89, "cc0-1.0")


class EtmSurface(_Transformer):
    """For the six bands of Landsat 7, surface reflectance (Collection 2, Level 2): land cover since 1999."""

    id = "SSL4EO Landsat 7 SR ViT-S/16"
    bands, values = _ETM_SR, _SR
    parameters = 22.0
    hub = at(_AT + "vits16_landsat_etm_sr_moco-eaa4674e.pth", 88, "cc0-1.0")


class TmToa(_Transformer):
    """For all seven bands of Landsat 4 and 5, at the top of the atmosphere: maps of land cover back to 1982."""

    id = "SSL4EO Landsat 4-5 TOA ViT-S/16"
    bands, values = _toa(TM), _TOA
    parameters = 22.1
    hub = at(_AT + "vits16_landsat_tm_toa_moco-a1c967d8.pth", 88, "cc0-1.0")


class OliToaResnet(_Resnet50):
    """For all eleven bands of Landsat 8 and 9, at the top of the atmosphere: land cover without seams between patches."""

    id = "SSL4EO Landsat 8-9 TOA ResNet-50"
    bands, values = _toa(OLI_TIRS), _TOA
    hub = at(_AT + "resnet50_landsat_oli_tirs_toa_moco-de7f5e0f.pth", 94, "cc0-1.0")


class OliSurfaceResnet(_Resnet50):
    """For the seven bands of Landsat 8 and 9, surface reflectance: land cover without seams between patches."""

    id = "SSL4EO Landsat 8-9 SR ResNet-50"
    bands, values = _OLI_SR, _SR
    hub = at(_AT + "resnet50_landsat_oli_sr_moco-ff580dad.pth", 94, "cc0-1.0")


class OliSurfaceResnetSmall(_Resnet18):
    """For the seven bands of Landsat 8 and 9, surface reflectance: land cover of large regions, the quickest of them."""

    id = "SSL4EO Landsat 8-9 SR ResNet-18"
    bands, values = _OLI_SR, _SR
    hub = at(_AT + "resnet18_landsat_oli_sr_moco-660e82ed.pth", 45, "cc0-1.0")
