"""The first layer of a trained network, for other bands than it was trained with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...contract.errors import BadRequest
from ...contract.networks import Band, Network, Order
from .by_wavelength import nearest, spoken, wave_of

if TYPE_CHECKING:
    import torch


def share(trained: int, way: str, served: Sequence[int], given: int) -> np.ndarray:
    """(given, trained) float32: how much of each trained band's weights each given band takes.

    The sum of what all given bands take is, for bands that all show the same, what the trained bands would have had:
    responses keep their size.

    Args:
        trained: number of bands the network was trained with.
        way: ``repeated``: as timm does it, one after the other, times trained / given; a single band takes the sum of all.
            https://github.com/huggingface/pytorch-image-models/blob/a10ed118c94d767ca9c2e1eaaa177fe993c1216d/timm/models/_manipulate.py#L259
            ``averaged``: the mean of all, times trained / given. ``by wavelength``: those of the trained band that is nearest;
            bands that share one share its weights too, so that their mean is seen in its place. Those that none is nearest to
            are left out, and the others are made larger for it. Such ways for RGB networks: https://arxiv.org/abs/2508.00627
        served: by wavelength: index of the trained band for each given one.
        given: number of bands given.
    """
    if way == "averaged" or (way == "repeated" and given == 1):
        return np.full((given, trained), 1 / given, np.float32)
    if way == "repeated":
        return np.tile(np.eye(trained, dtype=np.float32), (math.ceil(given / trained), 1))[:given] * np.float32(
            trained / given
        )
    matrix = np.zeros((given, trained), np.float32)
    for index, band in enumerate(served):
        matrix[index, band] = 1 / served.count(band)
    return matrix * np.float32(trained / len(set(served)))


def nearest_bands(card: Any, bands: Sequence[Band], wavelengths: Sequence[float] | None) -> list[int]:
    """For each wavelength given, the index of the band of *card* that is nearest to it.

    Raises:
        BadRequest: wavelengths are not known, or have nothing to do with those of the encoder.
    """
    if wavelengths is None:
        raise BadRequest(
            "`fit_bands` = weights by wavelength needs the wavelength of every band, and the raster does not tell them",
            "choose `sensor`, give `wavelengths` such as 0.665, 0.56, 0.49, or choose weights averaged",
        )
    waves = [wave_of(band) for band in bands]
    found = []
    for wave in wavelengths:
        index = nearest(wave, waves)
        if index is None:
            kind = "radar" if wave < 0 else "optical"
            raise BadRequest(
                f"`fit_bands` = weights by wavelength: {card.id} knows no {kind} bands, and {spoken(wave)} is given",
                "choose an encoder made for such bands, or weights averaged",
            )
        found.append(index)
    return found


def build(card: Any, order: Order, way: str, bands: Sequence[Band], served: Sequence[int]) -> Network:
    """Build *card* with the bands it was trained with, then give its first layer weights for those of *order*.

    Args:
        way, served: as of ``share``.
        bands: of the card.

    Raises:
        BadRequest: the network does not begin with one convolution over all bands.
    """
    import torch

    network: Network = card.build(replace(order, bands=len(bands), wavelengths=None))
    first = _first(network)
    if first is None:
        raise BadRequest(
            f"`fit_bands` = weights {way}: {card.id} does not begin with one convolution over all of its bands",
            "choose by wavelength, principal components, or an encoder that takes any bands",
        )
    matrix = torch.from_numpy(share(len(bands), way, served, order.bands)).to(first.weight)
    with torch.no_grad():
        first.weight = torch.nn.Parameter(torch.einsum("gt,otkl->ogkl", matrix, first.weight), requires_grad=False)
    first.in_channels = order.bands
    made = replace(network, bands=order.bands, mean=None, std=None)
    try:
        with torch.inference_mode():
            made.module(torch.zeros(1, order.bands, network.tile, network.tile))
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError) as error:
        raise BadRequest(
            f"`fit_bands` = weights {way}: {card.id} can't take {order.bands} bands: {' '.join(str(error).split())[:200]}",
            "choose by wavelength, or principal components",
        ) from error
    return made


def _first(network: Network) -> torch.nn.Conv2d | None:
    """The convolution that is fed the tile before anything else is computed, None where there is no such."""
    import torch

    called: list[tuple[torch.nn.Module, Any]] = []

    def note(module: torch.nn.Module, inputs: Any) -> None:
        called.append((module, inputs[0].shape if inputs and isinstance(inputs[0], torch.Tensor) else ()))

    leaves = [part for part in network.module.modules() if next(part.parameters(recurse=False), None) is not None]
    hooks = [part.register_forward_pre_hook(note) for part in leaves]
    try:
        with torch.inference_mode():
            network.module(torch.zeros(1, network.bands, network.tile, network.tile))
    finally:
        for hook in hooks:
            hook.remove()
    # a transformer holds its class token itself, so it is called before its layers
    for module, shape in called:
        if isinstance(module, torch.nn.Conv2d):
            fits = module.in_channels == network.bands and module.groups == 1 and len(shape) == 4
            return module if fits and shape[1] == network.bands else None
        if not any(True for _ in module.children()):
            return None
    return None
