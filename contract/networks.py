"""The words cards and engine share about networks: bands, published weights, what is ordered and what is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .places import weights_cache


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
        lent: tensors by name that another raster's features carry, for encoders that draw theirs; None for none.
    """

    bands: int
    tile: int | None
    weights: str | None
    model: str | None
    patches: Callable[[int, int], Any]
    seed: int
    lent: dict[str, Any] | None = None


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
