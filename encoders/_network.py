"""Build a timm network, fill it with weights strictly, and make a module of it that gives dense features."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import BadRequest, BadWeights, IamapError
from . import Network
from ._dense import dense
from ._state import About, fit_names, misfit, read_tensors, weights_file

log = logging.getLogger(__name__)

#: what a constructor, a filter of checkpoints or a forward pass of timm raises when sizes or names don't fit
REFUSALS = (RuntimeError, ValueError, AssertionError, TypeError, LookupError, AttributeError, NotImplementedError)


@dataclass(frozen=True)
class Plan:
    """Which network to build.

    Attributes:
        title: what messages call it.
        model: timm name, None where *about* names a class of timm instead.
        about: what stood beside the weights.
        bands: input bands.
        tile: side of the input in pixels.
        sizing: names of arguments to tell the constructor the tile with, tried in this order; an empty one tells nothing.
        layers: numbers of the blocks or stages whose features are wanted, counted from 1, or from the last with -1; empty:
            the last.
        context: whether what sums up the tile goes behind every cell.
        averaged, norm: as of ``Order``.
    """

    title: str
    model: str | None
    about: About
    bands: int
    tile: int
    sizing: tuple[str, ...] = ("img_size",)
    layers: tuple[int, ...] = ()
    context: bool = False
    averaged: bool = False
    norm: bool = True


def network(plan: Plan, weights: str) -> Network:
    """Build the network of *plan*, load *weights* strictly, and check it on a tile of zeros.

    Raises:
        BadRequest: it can't take the tile or the bands, or has no dense features.
        BadWeights: the weights can't be read or don't fit.
    """
    path = weights_file(weights)
    tensors = read_tensors(path)
    refused: IamapError | None = None
    for argument in plan.sizing:
        arguments = {**plan.about.arguments, **({argument: _size(argument, plan.tile)} if argument else {})}
        try:
            frame = frame_of(plan, arguments, plan.bands, 0)
        except IamapError:
            raise
        except REFUSALS as error:
            # a TypeError: its constructor has no such argument
            refused = refused or (None if argument and isinstance(error, TypeError) else _too_strange(plan, error))
            continue
        try:
            model = _load(plan, arguments, frame, tensors, path)
        except IamapError:
            raise
        except REFUSALS as error:
            refused = refused or misfit(error, plan.title, path, tensors, frame.state_dict())
            continue
        module = dense(model, plan.layers, plan.context, plan.averaged, plan.norm)
        return _tried(plan, module)
    raise refused or BadRequest(f"{plan.title} can't be built", "choose another model")


def _size(argument: str, tile: int) -> int | bool:
    return True if argument == "dynamic_img_size" else tile


def _too_strange(plan: Plan, error: Exception) -> BadRequest:
    text = " ".join(str(error).split())[:200] or type(error).__name__
    own = _published_tile(plan)
    hint = f"its own tile is {own}" if own and own != plan.tile else "choose another model"
    return BadRequest(f"{plan.title} can't take tiles of {plan.tile} pixels with {plan.bands} bands: {text}", hint)


def _published_tile(plan: Plan) -> int:
    """The side of the images that the network was made for, 0 where timm does not tell."""
    import timm

    config = timm.get_pretrained_cfg(plan.model) if plan.model else None
    return int(config.input_size[-1]) if config else 0


def frame_of(plan: Plan, arguments: Mapping[str, Any], bands: int, classes: int) -> Any:
    """The network without memory: names and shapes only."""
    import torch

    with torch.device("meta"):
        return _make(plan, {**arguments, "in_chans": bands, "num_classes": classes})


def _make(plan: Plan, arguments: Mapping[str, Any], **timm_only: Any) -> Any:
    """The network with random weights, unless *timm_only* gives some."""
    import timm

    if plan.model is not None:
        return timm.create_model(plan.model, **{**arguments, **timm_only})
    return _class_of(plan.about)(**arguments, **_norm_layer(plan.about))


def _class_of(about: About) -> Any:
    """The class that ``arch`` names; nothing outside timm.models is ever looked up, and nothing is imported for it."""
    import timm.models
    import torch

    match = re.fullmatch(r"timm\.models\.([a-z0-9_]+)\.([A-Za-z][A-Za-z0-9_]*)", about.arch or "")
    module = vars(timm.models).get(match.group(1)) if match else None
    found = vars(module).get(match.group(2)) if match and hasattr(module, "__file__") else None
    if not (
        isinstance(found, type) and issubclass(found, torch.nn.Module) and found.__module__.startswith("timm.models.")
    ):
        raise BadWeights(
            f"{about.source} names {about.arch}, which is no network of timm.models", "name one, or an architecture"
        )
    return found


def _norm_layer(about: About) -> dict[str, Any]:
    """``LayerNorm eps=1e-5`` as an argument; networks differ in eps, and a wrong one changes features a little."""
    if not about.norm_layer:
        return {}
    import functools

    import torch

    match = re.fullmatch(r"LayerNorm(?: eps=([0-9.e+-]+))?", about.norm_layer)
    if not match:
        raise BadWeights(
            f"norm_layer = {about.norm_layer!r} in {about.source} is not known", "write it as 'LayerNorm eps=1e-5'"
        )
    return {"norm_layer": functools.partial(torch.nn.LayerNorm, eps=float(match.group(1) or 1e-5))}


def _load(plan: Plan, arguments: Mapping[str, Any], frame: Any, tensors: dict[str, Any], path: Any) -> Any:
    """The network with the weights in it: strictly, with timm's own filter for layouts and position embeddings."""
    import timm

    names = frame.state_dict()
    config = timm.get_pretrained_cfg(plan.model) if plan.model else None
    heads = list(frame_of(plan, arguments, plan.bands, (config and config.num_classes) or 1000).state_dict())
    state = fit_names(tensors, names, heads)
    size = tuple(config.input_size) if config else (3, 224, 224)
    trained = _bands_of(state, names, (config and config.first_conv) or "patch_embed.proj", plan.bands) or size[0]
    if trained != plan.bands and (plan.model is None or trained != 3):
        raise BadRequest(
            f"the weights {path.name} take {trained} bands, {plan.bands} given",
            f"choose {trained} bands in their order, or set `fit_bands` to "
            + ("by wavelength, principal components or " if trained == 3 < plan.bands else "")
            + "weights repeated, averaged or by wavelength",
        )
    if trained != plan.bands:
        log.warning("the weights of %s are for %d bands; timm spreads them over %d", plan.title, trained, plan.bands)
    try:
        return _filled(plan, arguments, state, (trained, *size[1:]))
    except REFUSALS as error:
        if set(state) == set(tensors):
            raise
        # layouts that timm's own filters know by their prefix, such as the image_encoder of SAM
        log.debug("%s under its own names does not fit (%s): trying it as it is", path.name, error)
        try:
            return _filled(plan, arguments, tensors, (trained, *size[1:]))
        except REFUSALS:
            raise error from None


def _filled(plan: Plan, arguments: Mapping[str, Any], state: Mapping[str, Any], input_size: tuple[int, ...]) -> Any:
    """The network with *state* in it, which may still need timm's filter."""
    arguments = {**arguments, "in_chans": plan.bands, "num_classes": 0}
    if plan.model is None:
        model = _make(plan, arguments)
        convert = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
        model.load_state_dict(convert(dict(state), model) if convert else state, strict=True)
        return model
    overlay = {key: value for key, value in plan.about.config.items() if key in ("mean", "std")}
    # no classifier to drop and none to build: what is left of the checkpoint must fit to the last name
    overlay |= {
        "classifier": None,
        "num_classes": 0,
        "custom_load": False,
        "state_dict": dict(state),
        "input_size": input_size,
    }
    model = _make(plan, arguments, pretrained=True, pretrained_cfg_overlay=overlay)
    if plan.model.endswith(".fcmae"):
        _check_fcmae(model, state)
    model.pretrained_cfg.pop("state_dict", None)
    return model


def _check_fcmae(model: Any, state: Mapping[str, Any]) -> None:
    """Timm is not strict with masked autoencoders of ConvNeXt (1.0.31): they lack the norm before the classifier."""
    names = {name for name in model.state_dict() if not name.startswith("head.")}
    lacking, besides = sorted(names - set(state)), sorted({n for n in state if not n.startswith("head.")} - names)
    if lacking or besides:
        told = (("Missing", lacking), ("Unexpected", besides))
        parts = [
            f"{kind} key(s) in state_dict: " + ", ".join(f'"{name}"' for name in found) for kind, found in told if found
        ]
        raise RuntimeError(". \n".join(parts) + ". ")


def _bands_of(state: Mapping[str, Any], wanted: Mapping[str, Any], first_conv: Any, bands: int) -> int | None:
    """How many bands the weights were trained with, from the first convolution; *wanted* is of a network for *bands*."""
    for name in [first_conv] if isinstance(first_conv, str) else list(first_conv):
        there, here = state.get(f"{name}.weight"), wanted.get(f"{name}.weight")
        if there is not None and here is not None and there.ndim == here.ndim == 4:
            # a ratio, since some networks fold pixels into channels first
            return int(there.shape[1]) * bands // int(here.shape[1])
    return None


def shapes_of(path: Path) -> dict[str, Any]:
    """Tensors of *path* by name, of which only the shape counts: those of a safetensors file are not read."""
    import torch
    from safetensors import SafetensorError, safe_open

    if path.suffix != ".safetensors":
        return read_tensors(path)
    try:
        with safe_open(path, "pt") as file:
            return {name: torch.empty(file.get_slice(name).get_shape(), device="meta") for name in file.keys()}
    except SafetensorError as error:
        raise BadWeights(f"{path.name} is truncated or corrupt ({error})", "download or copy it again") from error


def bands_of(tensors: Mapping[str, Any], frame: Any, bands: int) -> int | None:
    """How many bands the weights *tensors* were trained with; *frame* is their network for *bands*. None where it can't be told."""
    names = frame.state_dict()
    config = getattr(frame, "pretrained_cfg", None) or {}
    return _bands_of(fit_names(tensors, names), names, config.get("first_conv") or "patch_embed.proj", bands)


def _tried(plan: Plan, module: Any) -> Network:
    """Run a tile of zeros through the network: what comes out says its dim and patch."""
    import torch

    try:
        with torch.inference_mode():
            found = module(torch.zeros(1, plan.bands, plan.tile, plan.tile))
    except REFUSALS as error:
        raise _too_strange(plan, error) from error
    if found.ndim != 4:
        raise BadRequest(
            f"{plan.title} gives no map of features, but an array {tuple(found.shape)}", "choose another model"
        )
    dim, rows, cols = found.shape[1:]
    if rows != cols or plan.tile % rows:
        raise BadRequest(
            f"a tile of {plan.tile} pixels becomes {rows} x {cols} cells in {plan.title}, which is no whole number of pixels a cell",
            "give a tile that is a multiple of its patch, such as 224 or 256",
        )
    config = {**(getattr(module.model, "pretrained_cfg", None) or {}), **plan.about.config}
    mean, std = (_constants(config.get(key), plan.bands) for key in ("mean", "std"))
    return Network(
        module,
        plan.bands,
        int(dim),
        plan.tile // int(rows),
        plan.tile,
        *((mean, std) if mean and std else (None, None)),
        int(dim) // 2 if plan.context else 0,
    )


def _constants(values: Any, bands: int) -> tuple[float, ...] | None:
    """A number per band where *values* are of 8-bit values divided by 255, otherwise None."""
    if not isinstance(values, (list, tuple)) or len(values) != bands:
        return None
    numbers = tuple(float(value) for value in values)
    return numbers if all(0 <= number <= 1 for number in numbers) else None
