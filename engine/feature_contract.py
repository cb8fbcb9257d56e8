"""What made the features of a raster. A model fitted on some features takes only features that were made the same way."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..contract.errors import BadRaster
from .wording import many

if TYPE_CHECKING:
    from .rasters import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeatureContract:
    """What must agree between two rasters for their values to mean the same.

    Attributes:
        encoder: id of the encoder, or of the job that made the raster; empty for a raster IAMAP knows nothing of.
        model: timm name, where the encoder takes any.
        weights_sha256: of the encoder's weights, or of the fitted model that made the raster.
        bands: numbers of the raster's bands that are used, from 1.
        names: their descriptions.
        layers: of the encoder, as they were asked for; empty for its own choice.
        inputs: what was made of the source's bands before the encoder saw them; empty where it saw the bands it was trained with.
        statistics: how the source was normalised.
        cell_size: sides of a cell, in units of the CRS.
        position_bias: ``removed`` or ``kept``; empty for what was made before that was asked.
        sharpened: how cells were brought to the pixels of an image; empty where they were not.
    """

    encoder: str = ""
    model: str = ""
    weights_sha256: str = ""
    bands: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    layers: str = ""
    inputs: str = ""
    statistics: dict[str, Any] = field(default_factory=dict)
    cell_size: list[float] = field(default_factory=list)
    position_bias: str = ""
    sharpened: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told = asdict(self)
        if not self.sharpened:
            # digests of models that were saved before there was such a thing stay as they are
            del told["sharpened"]
        return told

    @property
    def origin(self) -> str:
        """The encoder in a few words."""
        return self.model or self.encoder or "no encoder of IAMAP"

    def check(self, other: FeatureContract, name: str) -> None:
        """Refuse features that were not made as these were; *other* are those of the raster *name*.

        Raises:
            BadRaster: another encoder, other weights, other bands or another order of bands.
        """
        self.check_encoder(other, name)
        if self.weights_sha256 != other.weights_sha256:
            hint = "encode the raster with the same weights"
            if self.encoder == "MOSAIKS":
                hint = "MOSAIKS draws its weights from each raster: encode this one anew, with the other's features as own weights"
            raise BadRaster(
                f"{name} was encoded with other weights of {self.origin} "
                f"({other.weights_sha256[:12] or 'none'} instead of {self.weights_sha256[:12] or 'none'})",
                hint,
            )
        if self.layers != other.layers:
            raise BadRaster(
                f"{name} holds features of layers {other.layers or 'of its own choice'} of {self.origin}, "
                f"but those of layers {self.layers or 'of its own choice'} are needed",
                "encode the raster with the same layers",
            )
        if self.inputs != other.inputs:
            raise BadRaster(
                f"{name} was made from {other.inputs or 'the bands as they are'}, not from {self.inputs or 'the bands as they are'}",
                "encode the raster in the same way"
                if not self.inputs.startswith("principal")
                else "components differ from raster to raster: encode both from bands that they share",
            )
        if len(self.names) != len(other.names):
            raise BadRaster(
                f"{name} gives {many(len(other.names), 'band')}, {len(self.names)} are needed", "choose other bands"
            )
        if self.names != other.names and any(self.names) and any(other.names):
            if sorted(self.names) == sorted(other.names):
                text = f"{name} has the bands in another order: {_few(other.names)} instead of {_few(self.names)}"
                raise BadRaster(text, "choose them in the right order")
            if self.encoder:
                raise BadRaster(
                    f"{name} has the bands {_few(other.names)}, {_few(self.names)} are needed", "choose those bands"
                )
            log.warning(
                "%s calls its bands %s, not %s: make sure they mean the same", name, _few(other.names), _few(self.names)
            )
        self._mention(other, name)

    def check_encoder(self, other: FeatureContract, name: str) -> None:
        """The part of ``check`` that does not depend on the bands that are chosen."""
        if (self.encoder, self.model) != (other.encoder, other.model):
            held = f"features of {other.origin}" if other.encoder else "no features of an encoder"
            needed = f"those of {self.origin} are" if self.encoder else "a raster that no encoder made is"
            raise BadRaster(
                f"{name} holds {held}, but {needed} needed",
                f"encode the raster with the same encoder, {self.origin}"
                if self.encoder
                else "choose the raster itself",
            )

    def _mention(self, other: FeatureContract, name: str) -> None:
        if self.sharpened != other.sharpened:
            # the values mean the same, and cells that are finer afterwards are no other scale
            log.warning(
                "%s is %s, what came before is %s: values between those of cells are new to a model",
                name, _sharpened(other.sharpened), _sharpened(self.sharpened),
            )  # fmt: skip
        elif self.cell_size and other.cell_size:
            ratio = max(other.cell_size[0] / self.cell_size[0], self.cell_size[0] / other.cell_size[0])
            if ratio > 1.1:
                log.warning(
                    "cells of %s measure %g, not %g as those before: features change with the scale",
                    name,
                    other.cell_size[0],
                    self.cell_size[0],
                )
        if self.position_bias and other.position_bias and self.position_bias != other.position_bias:
            log.warning(
                "position bias was %s in %s, but %s before: what places within tiles add may show as a difference",
                other.position_bias, name, self.position_bias,
            )  # fmt: skip
        if self.statistics.get("origin") != other.statistics.get("origin"):
            log.warning(
                "%s was normalised with %s, not %s", name, other.statistics.get("origin"), self.statistics.get("origin")
            )


def _sharpened(how: str) -> str:
    return f"sharpened ({how})" if how else "not sharpened"


def _few(names: list[str]) -> str:
    shown = [name or "?" for name in names[:4]]
    return ", ".join(shown) + (f" … ({len(names)})" if len(names) > 4 else "")


def read_contract(source: Source) -> FeatureContract:
    """The contract of an open raster; tags that can't be read count as none."""
    tags = source.tags()
    try:
        statistics = json.loads(tags.get("statistics", "{}"))
    except ValueError:
        statistics = {}
    size = [abs(complex(source.transform.a, source.transform.d)), abs(complex(source.transform.b, source.transform.e))]
    return FeatureContract(
        encoder=tags.get("encoder", ""),
        model=tags.get("model", ""),
        weights_sha256=tags.get("weights_sha256", ""),
        bands=list(source.bands),
        names=source.band_names(),
        layers=tags.get("layers", ""),
        inputs=tags.get("inputs", ""),
        statistics=statistics if isinstance(statistics, dict) else {},
        cell_size=size,
        position_bias=tags.get("position_bias", ""),
        sharpened=tags.get("sharpened", ""),
    )
