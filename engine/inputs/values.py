"""Which constants the values of a raster are normalised by."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ...contract.errors import BadRequest
from ...contract.job import Context
from ...contract.networks import Network
from .. import statistics
from ..normalise import Normaliser, alike, from_constants, in_own_units, matched
from ..rasters import Source
from .fitted import Fitted

if TYPE_CHECKING:
    from ...algorithms.encode import Encode

log = logging.getLogger(__name__)


def normaliser(job: Encode, card: Any, fitted: Fitted, ctx: Context) -> Normaliser | None:
    """The normaliser for *card*, or None where only the built network knows its constants.

    Raises:
        BadRequest: what is asked for can't be had of this raster.
    """
    source = fitted.source
    if fitted.foreign:
        if job.normalisation == "encoder":
            raise BadRequest(
                f"`normalisation` = encoder: what {card.id} is given are not the bands that its constants are of",
                "choose raster or auto",
            )
        found = statistics.whole_raster(source, ctx)
        return matched(found, fitted.like) if fitted.like else found
    if card.bands and card.values != "8-bit":
        return _of_a_sensor(job, card, source, ctx)
    if job.normalisation != "raster" and card.bands:
        if job.normalisation == "encoder" or source.eight_bit:
            _check_eight_bit(source)
            return from_constants(tuple(b.mean for b in card.bands), tuple(b.std for b in card.bands))
    elif job.normalisation != "raster" and card.needs_model:
        return None
    elif job.normalisation == "encoder":
        raise BadRequest(f"normalisation = encoder: {card.id} has no constants of its own", "choose raster or auto")
    return (
        matched(statistics.whole_raster(source, ctx), card.bands)
        if card.bands
        else statistics.whole_raster(source, ctx)
    )


def _of_a_sensor(job: Encode, card: Any, source: Source, ctx: Context) -> Normaliser:
    """The normaliser for an encoder whose constants are of the sensor's own unit."""
    if job.normalisation == "encoder":
        return in_own_units(card.bands)
    found = statistics.whole_raster(source, ctx)
    if job.normalisation == "auto" and alike(found, card.bands):
        return in_own_units(card.bands)
    if job.normalisation == "auto":
        log.warning(
            "the values of %s don't look like %s, which %s learned from: mean and deviation are matched instead",
            source.name, card.values, card.id,
        )  # fmt: skip
    return matched(found, card.bands)


def of_a_network(job: Encode, network: Network, fitted: Fitted, ctx: Context) -> Normaliser:
    """The normaliser by the constants of a built network.

    Raises:
        BadRequest: it has none, and they are asked for.
    """
    source = fitted.source
    known = network.mean is not None and network.std is not None and len(network.mean) == len(source.bands)
    if job.normalisation == "encoder" and not known:
        raise BadRequest(
            f"normalisation = encoder: this network has no constants for {len(source.bands)} bands",
            "choose raster or auto",
        )
    if (
        known
        and network.mean is not None
        and network.std is not None
        and (source.eight_bit or job.normalisation == "encoder")
    ):
        _check_eight_bit(source)
        return from_constants(tuple(network.mean), tuple(network.std))
    return statistics.whole_raster(source, ctx)


def _check_eight_bit(source: Source) -> None:
    if not source.eight_bit:
        raise BadRequest(
            f"normalisation = encoder is for 8-bit images, and {source.name} is none", "choose raster or auto"
        )
