"""What the cards of timm models share: facts, licences, and how an order becomes a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from ..contract.errors import BadRequest, BadWeights, NoWeights
from . import Band, Encoder, HubFile, Network, Order

#: mean, std of 8-bit values divided by 255: timm 1.0.31, data/constants.py
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
INCEPTION = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
OPENAI_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))

#: what a licence forbids or asks for, said before anything is downloaded
LICENCES = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "cc0-1.0": "CC0-1.0",
    "cc-by-4.0": "CC-BY-4.0: name its authors",
    "odc-by": "ODC-BY: name its authors",
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


class TimmNetwork(Encoder):
    """A card whose network is a timm model, whoever publishes its weights.

    Attributes:
        model: timm's name for it, with the tag of its weights.
        sizing: how the network learns of the tile, see Plan.
        layers: see Plan.
    """

    model: ClassVar[str] = ""
    sizing: ClassVar[tuple[str, ...]] = ("img_size",)
    layers: ClassVar[tuple[int, ...]] = ()

    def build(self, order: Order) -> Network:
        """Build the network and load its weights; see Encoder.build."""
        from ._network import Plan, network
        from ._state import read_about

        check_bands(self, order)
        tile = order.tile or self.tile
        check_tile(self.id, tile, self.patch)
        weights = needed(self.id, order)
        about = read_about(weights)
        if about.arch or (about.architecture and bare(about.architecture) != bare(self.model)):
            raise BadWeights(
                f"{about.source} says that the weights are of {about.arch or about.architecture}, not of {self.model}",
                "choose the encoder 'timm model by name'",
            )
        layers = tuple(order.layers) or self.layers
        wanted = (layers, order.context, order.averaged, order.norm)
        return network(Plan(self.id, self.model, about, order.bands, tile, self.sizing, *wanted), weights)


class TimmEncoder(TimmNetwork):
    """A card of a vision transformer that timm publishes."""


def check_bands(card: Encoder, order: Order) -> None:
    """Raise BadRequest unless as many bands are given as *card* takes."""
    if card.bands and order.bands != len(card.bands):
        names = ", ".join(band.name for band in card.bands)
        raise BadRequest(
            f"{card.id} takes {len(card.bands)} bands ({names}), {order.bands} given", f"choose bands: {names}"
        )


def needed(title: str, order: Order) -> str:
    """The weights that an order must name.

    Raises:
        NoWeights: it names none, or they do not exist.
    """
    from ._state import weights_file

    if not order.weights:
        raise NoWeights(f"{title} needs weights", "give a file as own weights, or let them be downloaded")
    weights_file(order.weights)
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
    import difflib

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
