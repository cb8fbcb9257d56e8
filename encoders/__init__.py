"""One file per encoder family. A card's class attributes are read by QGIS; ``build`` runs in the engine."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

from ..contract.job import discover
from ..contract.networks import Band, HubFile, Network, Order

__all__ = ["Band", "Encoder", "HubFile", "Network", "Order", "default_encoder", "encoders"]

#: on each side of a tile at least, however many dates it has
_CELLS, _PIXELS = 4, 16


class Encoder:
    """What an encoder is, before anything heavy is imported. The class docstring says what it is good for.

    Attributes:
        id: what the user chooses and scripts save, for ever.
        source: paper or model page.
        trained_on: images it learned from, in a few words.
        parameters: millions.
        bands: in the order the network wants them; empty: any number.
        patch: input pixels per side of a feature cell; 0: known only once the model is named.
        tile: input pixels per side of a tile, a multiple of patch.
        dim: features per cell.
        hub: published weights, None if there are none.
        needs_model: whether the user must name a timm model.
        values: what the constants of the bands are of: ``8-bit`` (the value divided by 255), or the unit of the raster itself.
        per_band: whether ``dim`` counts the features of one band.
        spectral: whether it must be told the wavelength of every band.
        told: what else of an order for a raster reaches the network: of ``metres`` and ``place``.
        metres: usual side of a pixel on the ground in the images it learned from; 0 where they are of all sizes, or photos.
        pixelwise: whether each pixel is encoded by itself: its tiles need no overlap.
        dates: most dates that it takes in one raster, the bands of each after those of the one before; 0: it knows no dates.
        drawn: whether weights are drawn from the raster; features of another raster can then lend theirs.
    """

    id: ClassVar[str] = ""
    source: ClassVar[str] = ""
    trained_on: ClassVar[str] = ""
    parameters: ClassVar[float] = 0
    bands: ClassVar[tuple[Band, ...]] = ()
    patch: ClassVar[int] = 16
    tile: ClassVar[int] = 224
    dim: ClassVar[int] = 0
    hub: ClassVar[HubFile | None] = None
    needs_model: ClassVar[bool] = False
    values: ClassVar[str] = "8-bit"
    per_band: ClassVar[bool] = False
    spectral: ClassVar[bool] = False
    told: ClassVar[tuple[str, ...]] = ()
    metres: ClassVar[float] = 0
    pixelwise: ClassVar[bool] = False
    dates: ClassVar[int] = 0
    drawn: ClassVar[bool] = False

    def hub_file(self, model: str | None) -> HubFile | None:
        """Where the published weights lie; *model* is the timm name where ``needs_model``.

        Raises:
            BadRequest: no such model.
        """
        return self.hub

    @classmethod
    def called(cls, model: str | None, weights: str | None) -> str:
        """What features are named after: the encoder, or the network that it stands for, by its name or the file of its weights."""
        own = model or Path(weights or "").stem
        return own if own and cls.needs_model else cls.id

    def of_dates(self, count: int) -> Encoder:
        """The same encoder for a raster of *count* dates: with the bands of them all, and smaller tiles of about as many tokens."""
        if count == 1:
            return self
        cells = max(_CELLS, _PIXELS // self.patch, int(self.tile / self.patch / math.sqrt(count)))
        of_all = {"bands": self.bands * count, "tile": cells * self.patch, "__doc__": self.__doc__}
        made: Encoder = type(type(self).__name__, (type(self),), of_all)()
        return made

    def build(self, order: Order) -> Network:
        """Build the network.

        Raises:
            BadRequest: tile or bands don't fit the architecture.
            BadWeights: the weights don't fit it; the message names keys.
        """
        raise NotImplementedError


def encoders() -> dict[str, type[Encoder]]:
    """All cards by id."""
    return discover(__name__, Encoder)


#: the first of these whose weights are on disk is what a dialog proposes
PREFERRED = (
    "DINOv3 ViT-S/16",
    "DINOv2 ViT-S/14",
    "DINO ViT-S/16",
    "DINO ViT-S/8",
    "PE-spatial ViT-S/16",
    "PE-spatial ViT-T/16",
)


def default_encoder() -> str:
    """The encoder a dialog proposes: one whose weights are on disk, or the one that needs none."""
    known = encoders()
    for name in PREFERRED:
        hub = known[name].hub if name in known else None
        if hub and hub.on_disk():
            return name
    return "MOSAIKS"
