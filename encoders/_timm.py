"""What the cards of timm models share: build the network, load weights strictly, give dense features."""

from __future__ import annotations

import difflib
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..contract.errors import BadRequest, BadWeights, IamapError, NoWeights
from . import Band, Encoder, HubFile, Network, Order
from ._state import About, fit_names, misfit, read_about, read_tensors, weights_file

log = logging.getLogger(__name__)

#: what a constructor, a filter of checkpoints or a forward pass of timm raises when sizes or names don't fit
REFUSALS = (RuntimeError, ValueError, AssertionError, TypeError, LookupError, AttributeError, NotImplementedError)

#: mean, std of 8-bit values divided by 255: timm 1.0.31, data/constants.py
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
INCEPTION = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
OPENAI_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))

#: what a licence forbids or asks for, said before anything is downloaded
LICENCES = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "cc-by-nc-4.0": "CC-BY-NC-4.0: NO COMMERCIAL USE",
    "cc-by-nc-sa-4.0": "CC-BY-NC-SA-4.0: NO COMMERCIAL USE, share alike",
    "dinov3-license": "DINOv3 License: NOT an open-source licence, forbids military and other uses; pass it on with the weights, name DINOv3 in publications",
}


def rgb(constants: tuple[Sequence[float], Sequence[float]]) -> tuple[Band, ...]:
    """Red, green and blue with the (mean, std) that a model was trained with."""
    names = (("red", 0.665), ("green", 0.56), ("blue", 0.49))
    return tuple(Band(name, wave, mean, std) for (name, wave), mean, std in zip(names, *constants))


def licence(spdx: str | None) -> str:
    """A licence in words, from timm's short name for it."""
    if not spdx:
        return "not stated: see the model's page"
    loud = ": NO COMMERCIAL USE" if "-nc" in spdx.lower() else ""
    return LICENCES.get(spdx.lower(), spdx + loud)


def published(
    model: str, megabytes: int, spdx: str = "apache-2.0", revision: str | None = None, sha256: str | None = None
) -> HubFile:
    """The weights of a timm model in timm's own corner of the hub."""
    return HubFile(f"timm/{model}", "model.safetensors", revision, sha256, megabytes, licence(spdx))


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
    """

    title: str
    model: str | None
    about: About
    bands: int
    tile: int
    sizing: tuple[str, ...] = ("img_size",)


class TimmEncoder(Encoder):
    """A card whose network is a timm model.

    Attributes:
        model: timm's name for it, with the tag of its weights.
        sizing: how the network learns of the tile, see Plan.
    """

    model: ClassVar[str] = ""
    sizing: ClassVar[tuple[str, ...]] = ("img_size",)

    def build(self, order: Order) -> Network:
        """Build the network and load its weights; see Encoder.build."""
        if self.bands and order.bands != len(self.bands):
            names = ", ".join(band.name for band in self.bands)
            raise BadRequest(
                f"{self.id} takes {len(self.bands)} bands ({names}), {order.bands} given", f"choose bands: {names}"
            )
        tile = order.tile or self.tile
        check_tile(self.id, tile, self.patch)
        about = read_about(needed(self.id, order))
        if about.arch or (about.architecture and bare(about.architecture) != bare(self.model)):
            raise BadWeights(
                f"{about.source} says that the weights are of {about.arch or about.architecture}, not of {self.model}",
                "choose the encoder 'timm model by name'",
            )
        return network(Plan(self.id, self.model, about, order.bands, tile, self.sizing), needed(self.id, order))


def needed(title: str, order: Order) -> str:
    """The weights that an order must name."""
    if not order.weights:
        raise NoWeights(f"{title} needs weights", "give a file as own weights, or let them be downloaded")
    return order.weights


def bare(model: str) -> str:
    """A timm name without the tag of its weights."""
    return model.split(".")[0]


def check_tile(title: str, tile: int, patch: int) -> None:
    """Raise BadRequest unless *tile* is a multiple of *patch*, both in pixels."""
    if patch and (tile < patch or tile % patch):
        near = max(1, round(tile / patch)) * patch
        raise BadRequest(f"tile = {tile} is not a multiple of the patch of {title}, {patch} pixels", f"{near} is")


def known(model: str) -> str:
    """*model* as timm writes it.

    Raises:
        BadRequest: timm has no such model; the hint names some that are spelled alike.
    """
    import timm

    name = model.strip()
    name = name[5:] if name.startswith("timm/") else name
    if re.fullmatch(r"[\w.\-]+", name) and timm.is_model(bare(name)):
        tags = {full.partition(".")[2] for full in timm.list_pretrained(bare(name) + "*") if bare(full) == bare(name)}
        if "." not in name or name.partition(".")[2] in tags:
            return name
        raise BadRequest(
            f"{bare(name)} has no weights called {name.partition('.')[2]}",
            "it has: " + (", ".join(sorted(tags)) or "none"),
        )
    close = difflib.get_close_matches(name, timm.list_pretrained(), 4, 0.5)
    close = close or difflib.get_close_matches(bare(name), timm.list_models(), 4, 0.3)
    raise BadRequest(
        f"timm has no model {model!r}", "did you mean " + ", ".join(close) if close else "see timm.list_models()"
    )


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
            frame = _frame(plan, arguments, plan.bands, 0)
        except REFUSALS as error:
            refused = refused or _too_strange(plan, error)
            continue
        try:
            model = _load(plan, arguments, frame, tensors, path)
        except REFUSALS as error:
            if isinstance(error, IamapError):
                raise
            refused = refused or misfit(error, plan.title, path, tensors, frame.state_dict())
            continue
        module = dense(model)
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


def _frame(plan: Plan, arguments: Mapping[str, Any], bands: int, classes: int) -> Any:
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

    names = list(frame.state_dict())
    config = timm.get_pretrained_cfg(plan.model) if plan.model else None
    heads = list(_frame(plan, arguments, plan.bands, (config and config.num_classes) or 1000).state_dict())
    state = fit_names(tensors, names, heads)
    size = tuple(config.input_size) if config else (3, 224, 224)
    trained = _bands_of(state, (config and config.first_conv) or "patch_embed.proj", size[0])
    if trained != plan.bands and (plan.model is None or trained != 3):
        raise BadRequest(
            f"the weights {path.name} take {trained} bands, {plan.bands} given",
            f"choose {trained} bands in their order",
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
    model.pretrained_cfg.pop("state_dict", None)
    return model


def _bands_of(state: Mapping[str, Any], first_conv: Any, otherwise: int) -> int:
    """How many bands the weights were trained with, from their first convolution."""
    for name in [first_conv] if isinstance(first_conv, str) else list(first_conv):
        weight = state.get(f"{name}.weight")
        if weight is not None and weight.ndim == 4:
            return int(weight.shape[1])
    return otherwise


def dense(model: Any) -> Any:
    """Wrap a timm model into a module from (n, bands, tile, tile) to (n, dim, rows, cols); class and register tokens go.

    Raises:
        BadRequest: the model gives no map of features.
    """
    import torch

    class Dense(torch.nn.Module):
        """The last feature map of a timm model, normalised as the model does it."""

        def __init__(self, model: Any, normalised: bool) -> None:
            super().__init__()
            self.model, self.normalised = model, normalised

        def forward(self, x: Any) -> Any:
            """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
            if hasattr(self.model, "forward_intermediates"):
                maps = self.model.forward_intermediates(
                    x, indices=1, norm=self.normalised, output_fmt="NCHW", intermediates_only=True
                )
                return maps[-1].contiguous()
            features = self.model.forward_features(x)
            channels_last = getattr(self.model, "output_fmt", "NCHW") == "NHWC"
            return features.permute(0, 3, 1, 2).contiguous() if channels_last else features

    if hasattr(model, "prune_intermediate_layers"):
        # drops the pooling and the head, which would only take memory
        model.prune_intermediate_layers(1, prune_norm=False, prune_head=True)
    # Hiera refuses to normalise; it does so before its head only
    plain = type(model).__name__ in ("Hiera", "HieraDet")
    return Dense(model, not plain).eval().requires_grad_(False)


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
    )


def _constants(values: Any, bands: int) -> tuple[float, ...] | None:
    """A number per band where *values* are of 8-bit values divided by 255, otherwise None."""
    if not isinstance(values, (list, tuple)) or len(values) != bands:
        return None
    numbers = tuple(float(value) for value in values)
    return numbers if all(0 <= number <= 1 for number in numbers) else None
