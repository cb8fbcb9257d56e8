"""Any model of timm, by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract.errors import BadRequest, IamapError
from . import HubFile, Network, Order
from ._timm import TimmEncoder, bare, check_tile, known, licence, needed

if TYPE_CHECKING:
    from ._state import About


class AnyTimm(TimmEncoder):
    """Any of the thousand models of timm: transformers give their patch tokens, convolutional ones their last feature map.

    Weights trained by yourself load too, with a hub-style config.json or a NAME.json beside them that names the
    architecture. Bands other than three are taken, but published weights know red, green and blue only.
    """

    id = "timm model by name"
    source = "https://github.com/huggingface/pytorch-image-models"
    trained_on = "see the model's page"
    # known once the model is named
    patch, tile, dim = 0, 0, 0
    needs_model = True
    sizing = ("img_size", "dynamic_img_size", "")

    def hub_file(self, model: str | None) -> HubFile:
        """Where the published weights of *model* lie; megabytes counted from the architecture."""
        import timm

        if not model:
            raise BadRequest(
                f"the encoder {self.id} needs the name of a model", "give model, such as vit_small_patch16_224.dino"
            )
        name = known(model)
        config = timm.get_pretrained_cfg(name)
        file = (config and config.hf_hub_filename) or "model.safetensors"
        readable = file.endswith((".safetensors", ".bin", ".pth", ".pt"))
        if not config or not config.hf_hub_id or not readable or config.custom_load is True:
            others = ", ".join(timm.list_pretrained(bare(name) + "*")[:5])
            hint = f"choose one of {others}" if others else "give own weights"
            raise BadRequest(f"timm publishes no weights of {name} that can be read here", hint)
        # timm keeps the commit of some models behind an @
        repo, _, revision = config.hf_hub_id.partition("@")
        return HubFile(repo, file, revision or None, None, _megabytes(name), licence(config.license))

    def own_bands(self, weights: str, model: str | None) -> int | None:
        """How many bands own weights were trained with, before anything is built; None where that can't be told.

        The JSON beside them tells it, else the shape of the first convolution: of ``.safetensors`` only the header is read.
        """
        from ._network import REFUSALS, Plan, bands_of, frame_of, shapes_of
        from ._state import read_about, weights_file

        try:
            about = read_about(weights)
            told = about.arguments.get("in_chans")
            if isinstance(told, int):
                return told
            named = model or about.architecture
            frame = frame_of(Plan(self.id, known(named) if named else None, about, 3, 0), about.arguments, 3, 0)
            return bands_of(shapes_of(weights_file(weights)), frame, 3)
        except (IamapError, OSError, *REFUSALS):
            # whatever is wrong with them is told when they are loaded
            return None

    def build(self, order: Order) -> Network:
        """Build the network that the order or the JSON beside its weights names."""
        from ._network import Plan, network
        from ._state import FILES, read_about

        weights = needed(self.id, order)
        about = read_about(weights)
        if not about.source and not order.model and Path(weights).name in FILES:
            # somebody chose the file of a hub-style folder instead of the folder
            about = read_about(str(Path(weights).parent))
        model = order.model or about.architecture
        if not model and not about.arch:
            raise BadRequest(
                "neither model nor a JSON beside the weights says which network they are of",
                proposed(Path(weights).stem),
            )
        if order.model and about.source and bare(known(order.model)) != bare(about.architecture or ""):
            raise BadRequest(
                f"model is {order.model}, but {about.source} says {about.architecture or about.arch}",
                "leave model empty",
            )
        name = known(model) if model else None
        tile, reduction = _tile(name, about, order.tile)
        title = name or str(about.arch).rpartition(".")[2]
        check_tile(title, tile, reduction)
        wanted = (tuple(order.layers), order.context, order.averaged, order.norm)
        return network(Plan(title, name, about, order.bands, tile, self.sizing, *wanted), weights)


def proposed(stem: str) -> str:
    """What to do about a file named *stem* of which the model is not known: files are often named after it."""
    import timm

    cuts = [len(stem), *(found.start() for found in reversed(list(re.finditer(r"[^a-z0-9]", stem.lower()))))]
    for cut in cuts:
        if timm.is_model(name := bare(stem[:cut].lower())):
            return f"give `model`, such as {name}, with which the file's name begins"
    return "give `model`: the name of the network in timm, such as vit_small_patch16_224"


def _tile(name: str | None, about: About, wanted: int | None) -> tuple[int, int]:
    """Tile, and input pixels per cell where the architecture tells (otherwise 0): the published tile, or about 224."""
    from ._network import REFUSALS, Plan, frame_of

    frame = None
    try:
        frame = frame_of(
            Plan(name or "", name, about, 3, 0), about.arguments, int(about.arguments.get("in_chans", 3)), 0
        )
    except REFUSALS:
        reduction = 0
    else:
        stages = getattr(frame, "feature_info", None) or [{}]
        reduction = int(stages[-1].get("reduction", 0)) if isinstance(stages[-1], dict) else 0
    config = {**(getattr(frame, "pretrained_cfg", None) or {}), **about.config}
    published = about.arguments.get("img_size") or (config.get("input_size") or (3, 224, 224))[-1]
    published = int(published[-1] if isinstance(published, (list, tuple)) else published)
    step = reduction or 1
    if wanted or (published <= 256 and published % step == 0):
        return wanted or published, reduction
    return (224 if 224 % step == 0 else 256 // step * step) or published, reduction


def _megabytes(name: str) -> int:
    """Size of the weights in 10⁶ bytes, four bytes a parameter; 0 where it can't be told without building the model."""
    from ._network import REFUSALS, Plan, frame_of
    from ._state import About

    try:
        frame = frame_of(Plan(name, name, About(), 3, 0), {}, 3, 0)
    except REFUSALS:
        return 0
    return round(sum(part.numel() * 4 for part in frame.parameters()) / 1e6)
