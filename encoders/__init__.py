"""One file per encoder family. A card's class attributes are read by QGIS; ``build`` runs in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, ClassVar

from ..contract.job import discover
from ..contract.places import weights_cache


@dataclass(frozen=True)
class Band:
    """One input band of an encoder.

    Attributes:
        name: what the user sees, such as ``red``.
        micrometres: centre wavelength in µm, None where it has none (radar, elevation).
        mean, std: statistics the encoder was trained with; for 8-bit imagery of the value divided by 255.
    """

    name: str
    micrometres: float | None
    mean: float
    std: float


@dataclass(frozen=True)
class HubFile:
    """One file of weights on the model hub.

    Attributes:
        repo: ``organisation/name``.
        name: file in the repository.
        revision: commit to download, 40 hex digits; None where it is not known beforehand: then the newest commit's
            hash is asked for, checked, and noted in the cache for ever after.
        sha256: of the file, None as for revision.
        megabytes: size of the download, in 10⁶ bytes.
        licence: SPDX id or name, and what it forbids where it forbids something.
    """

    repo: str
    name: str
    revision: str | None
    sha256: str | None
    megabytes: int
    licence: str

    def on_disk(self) -> bool:
        """Whether some snapshot in the cache holds the file (a check of names only, cheap enough for a dialog)."""
        folder = weights_cache() / ("models--" + self.repo.replace("/", "--")) / "snapshots"
        return any(folder.glob(f"{self.revision or '*'}/{self.name}"))


@dataclass(frozen=True)
class Order:
    """What the engine asks a card to build.

    Attributes:
        bands: number of input bands.
        tile: side of the tile fed to the network, in pixels; None for the card's own.
        weights: a file or hub-style folder, None for an encoder that needs none.
        model: name of a timm model, for cards that take any.
        patches: ``patches(count, side)`` gives (count, bands, side, side) float32, normalised, from all over the raster;
            for encoders that are drawn from the raster itself.
        seed: for everything random.
    """

    bands: int
    tile: int | None
    weights: str | None
    model: str | None
    patches: Callable[[int, int], Any]
    seed: int


@dataclass(frozen=True)
class Network:
    """A built encoder.

    Attributes:
        module: a ``torch.nn.Module`` in eval mode, (n, bands, tile, tile) float32, normalised, to
            (n, dim, tile / patch, tile / patch).
        bands, dim, patch, tile: as above; patch and tile in pixels.
        mean, std: a number per band, of 8-bit values divided by 255; None where the encoder has no constants of its own.
    """

    module: Any
    bands: int
    dim: int
    patch: int
    tile: int
    mean: Sequence[float] | None
    std: Sequence[float] | None


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

    def hub_file(self, model: str | None) -> HubFile | None:
        """Where the published weights lie; *model* is the timm name where ``needs_model``.

        Raises:
            BadRequest: no such model.
        """
        return self.hub

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
PREFERRED = ("DINOv3 ViT-S/16", "DINOv2 ViT-S/14", "DINO ViT-S/16", "DINO ViT-S/8", "PE-spatial ViT-S/16", "PE-spatial ViT-T/16")


def default_encoder() -> str:
    """The encoder a dialog proposes: one whose weights are on disk, or the one that needs none."""
    known = encoders()
    for name in PREFERRED:
        hub = known[name].hub if name in known else None
        if hub and hub.on_disk():
            return name
    return "MOSAIKS"
