"""Weights that were drawn from a raster travel in the tags of its features, so that another raster can be encoded alike."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import rasterio
from rasterio.errors import RasterioError

from ..contract.errors import BadWeights

#: name of the tag, in the domain IAMAP: base64 of a safetensors file
TAG = "drawn_weights"


def lend(module: Any) -> str:
    """The tag for the tensors of *module*."""
    from safetensors.torch import save

    return base64.b64encode(save({name: tensor.contiguous() for name, tensor in module.state_dict().items()})).decode()


def borrow(path: str, encoder: str) -> dict[str, Any]:
    """Tensors by name that the features *path* carry, drawn by *encoder*.

    Raises:
        BadWeights: the file is no raster, or carries none of this encoder.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    hint = f"give features that {encoder} has made of another raster, or leave weights empty"
    try:
        with rasterio.open(path) as ds:
            tags = ds.tags(ns="IAMAP")
    except RasterioError as error:
        raise BadWeights(f"weights = {path} can't be opened as a raster", hint) from error
    if tags.get("encoder") != encoder or TAG not in tags:
        raise BadWeights(f"weights = {path} carries no weights of {encoder}", hint)
    try:
        return dict(load(base64.b64decode(tags[TAG], validate=True)))
    except (binascii.Error, SafetensorError, ValueError) as error:
        raise BadWeights(f"the weights that {path} carries are damaged: {error}", hint) from error
