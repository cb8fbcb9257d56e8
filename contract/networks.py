"""The words cards and engine share about networks: bands, published weights, what is ordered and what is built."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .dates import UNTOLD
from .places import weights_cache

#: what stands for the wavelength of a radar band: a number that no wavelength has, for each polarisation (sent, received)
RADAR = {"VV": -1.0, "VH": -2.0, "HH": -3.0, "HV": -4.0}


@dataclass(frozen=True)
class Band:
    """One input band of an encoder.

    Attributes:
        name: what the user sees, such as ``red``.
        micrometres: centre wavelength in µm, None where it has none (radar, elevation).
        mean, std: constants the encoder was trained with: it wants (value - mean) / std. What the value is, the card's
            ``values`` says.
        seen: mean and deviation of the images it was trained with, in the same unit; None where they are *mean* and *std*.
        unit: of the value, one of ``contract.units``; empty where the constants are of 8-bit images or of nothing that is known.
    """

    name: str
    micrometres: float | None
    mean: float
    std: float
    seen: tuple[float, float] | None = None
    unit: str = ""


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

    @property
    def sha256_begins(self) -> str:
        """The first 8 hex digits of the sha256 where the name carries them, as in ``croma_base-0238d814.pt``; else empty."""
        found = re.search(r"-([0-9a-f]{8})\.(?:pth|pt)$", self.name)
        return found.group(1) if found else ""

    def on_disk(self) -> bool:
        """Whether some snapshot in the cache holds the file (a check of names only, cheap enough for a dialog)."""
        folder = weights_cache() / ("models--" + self.repo.replace("/", "--")) / "snapshots"
        try:
            return any(folder.glob(f"{self.revision or '*'}/{self.name}"))
        except OSError:
            # a cache that can't be looked into: what needs it says so
            return False


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
        lent: tensors by name that another raster's features carry, for encoders that draw theirs; None for none.
        wavelengths: of each band in micrometres, those of radar as in ``RADAR``; None where they are not known.
        metres: side of a fed pixel on the ground, None where it is not known.
        layers: numbers of blocks or stages whose features are wanted, counted from 1, or from the last with -1; several
            are put behind one another. Empty: what the card chose.
        context: whether the features of the token that sums up a tile are put behind those of each of its cells.
        averaged: whether several layers are averaged instead.
        norm: whether features go through the network's last normalisation, and those of several layers are brought to one scale.
        months: 1 to 12, of each date whose bands the raster holds one after the other.
        place: longitude and latitude of the raster's middle in degrees, None where they are not known.
    """

    bands: int
    tile: int | None
    weights: str | None
    model: str | None
    patches: Callable[[int, int], Any]
    seed: int
    lent: dict[str, Any] | None = None
    wavelengths: Sequence[float] | None = None
    metres: float | None = None
    layers: Sequence[int] = ()
    context: bool = False
    averaged: bool = False
    norm: bool = True
    months: Sequence[int] = UNTOLD
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class Measured:
    """What backends ask of a network that only the built one can tell.

    Attributes:
        digest: hex digest of tensors, layers and their settings.
        parameters: number of trained numbers.
        operations: floating-point operations of matrix products and convolutions for one tile.
    """

    digest: str
    parameters: int
    operations: float


@dataclass(frozen=True)
class Network:
    """A built encoder.

    Attributes:
        module: a ``torch.nn.Module`` in eval mode, (n, bands, tile, tile) float32, normalised, to
            (n, dim, tile / patch, tile / patch).
        bands, dim, patch, tile: as above; patch and tile in pixels.
        mean, std: a number per band, in the unit that the card's ``values`` names; None where the encoder has no constants of its own.
        context: how many of *dim*, the last ones, are of the whole tile and the same in each of its cells.
        measured: None where nobody has looked.
    """

    module: Any
    bands: int
    dim: int
    patch: int
    tile: int
    mean: Sequence[float] | None
    std: Sequence[float] | None
    context: int = 0
    measured: Measured | None = None
