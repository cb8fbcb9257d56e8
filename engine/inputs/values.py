"""Which constants the values of a raster are normalised by, and in which unit they are fed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...contract.errors import BadRequest
from ...contract.job import Context
from ...contract.networks import Band, Network
from ...contract.units import Relation, relation
from .. import percentiles, statistics
from ..normalise import Normaliser, alike, from_constants, in_own_units, matched, seen_as, stretched
from ..rasters import Source
from . import ranges
from .backscatter import Backscatter
from .fitted import Fitted

if TYPE_CHECKING:
    from ...algorithms.encode import Encode

log = logging.getLogger(__name__)

#: shares of the pixels that a stretch makes black, and leaves below white
_BLACK, _WHITE = 0.02, 0.98
#: pixels that a sample must have
_PIXELS = 500


def converted(job: Encode, card: Any, fitted: Fitted) -> Fitted:
    """The same raster with radar bands as decibels where the encoder wants these and the raster has power, or the other way round."""
    known, bands = fitted.known, _bands(card, fitted)
    if job.normalisation == "raster" or len(bands) != len(known.micrometres):
        return fitted
    links = [relation(unit, band.unit) for unit, band in zip(known.each_unit, bands)]
    ways = [link.before if link else "" for link in links]
    if not any(ways):
        return fitted
    wanted = [band.unit if way else unit for way, band, unit in zip(ways, bands, known.each_unit)]
    log.info("%s learned from %s: the values are computed", card.id, ", ".join(dict.fromkeys(filter(None, wanted))))
    made = replace(known.with_units(wanted), sampled=None)
    return replace(fitted, source=Backscatter(fitted.source, ways), known=made)


def normaliser(job: Encode, card: Any, fitted: Fitted, ctx: Context) -> Normaliser | None:
    """The normaliser for *card*, or None where only the built network knows its constants.

    Raises:
        BadRequest: what is asked for can't be had of this raster.
    """
    source, way, bands = fitted.source, job.normalisation, _bands(card, fitted)
    if way == "stretch" and (card.values != "8-bit" or not (card.bands or card.needs_model)):
        takes = (
            "has no constants of its own" if not card.bands else f"learned from {card.values}, not from 8-bit images"
        )
        raise BadRequest(f"normalisation = stretch: {card.id} {takes}", "choose auto or raster")
    if fitted.foreign:
        if way in ("encoder", "stretch"):
            text = f"`normalisation` = {way}: what {card.id} is given are not the bands that its constants are of"
            raise BadRequest(text, "choose raster or auto")
        found = statistics.whole_raster(source, ctx)
        return matched(found, bands) if bands else found
    if card.bands and card.values != "8-bit":
        return _of_a_sensor(job, card, fitted, ctx)
    if not card.bands and card.needs_model and way != "raster":
        return None
    if card.bands and way == "stretch":
        return _stretched(source, [(band.mean, band.std) for band in bands], ctx)
    if card.bands and (way == "encoder" or (way == "auto" and source.eight_bit)):
        _check_eight_bit(source)
        return from_constants(tuple(b.mean for b in bands), tuple(b.std for b in bands))
    if way in ("encoder", "stretch"):
        raise BadRequest(f"normalisation = {way}: {card.id} has no constants of its own", "choose raster or auto")
    found = statistics.whole_raster(source, ctx)
    return matched(found, bands) if card.bands else found


def _bands(card: Any, fitted: Fitted) -> Sequence[Band]:
    """The encoder's band in whose place each band of the raster is seen."""
    return fitted.like or tuple(card.bands)


def _of_a_sensor(job: Encode, card: Any, fitted: Fitted, ctx: Context) -> Normaliser:
    """The normaliser for an encoder whose constants are of the sensor's own unit."""
    bands, source = _bands(card, fitted), fitted.source
    lines = _lines(fitted, bands)
    # what is not known is taken for what the encoder wants, as far as its values look like that
    taken = [line or Relation() for line in lines]
    if job.normalisation == "encoder":
        return in_own_units(bands, taken)
    if job.normalisation == "auto" and None not in lines and _seems(fitted, taken, bands):
        return in_own_units(bands, taken)
    found = statistics.whole_raster(source, ctx)
    if job.normalisation == "raster":
        return matched(found, bands)
    strange = [
        unit for line, unit, band in zip(lines, fitted.known.each_unit, bands) if line is None and unit and band.unit
    ]
    if not strange and alike(seen_as(found, taken), bands, told=None not in lines):
        return in_own_units(bands, taken)
    if not strange and job.unit != "auto" and None not in lines:
        log.warning(
            "the values of %s are unlike those that %s learned from, even as %s: the unit is taken as told",
            source.name, card.id, job.unit,
        )  # fmt: skip
        return in_own_units(bands, taken)
    units = ", ".join(dict.fromkeys(strange)) or ", ".join(dict.fromkeys(filter(None, fitted.known.each_unit)))
    log.warning(
        "the values of %s%s don't look like %s, which %s learned from: mean and deviation are matched instead%s",
        source.name, f" ({units})" if units else "", card.values, card.id,
        "" if units else "; Unit of the values tells it better, where it is known",
    )  # fmt: skip
    return matched(found, bands)


def _seems(fitted: Fitted, lines: Sequence[Relation], bands: Sequence[Band]) -> bool:
    """Whether a sample looks like what the encoder learned from: where the unit is known, that spares reading all of the raster."""
    sampled = fitted.known.sampled or ranges.sample(fitted.source)[1]
    if sampled.pixels < _PIXELS:
        return False
    return alike(seen_as(Normaliser(sampled.mean, sampled.std, "raster"), lines), bands, told=True)


def _lines(fitted: Fitted, bands: Sequence[Band]) -> list[Relation | None]:
    """How stored values become those of the encoder's unit, for each band; None where that is not known."""
    known = fitted.known
    links = [relation(unit, b.unit, wave) for unit, b, wave in zip(known.each_unit, bands, known.micrometres)]
    scaled = ranges.scaling(fitted.source)
    lines: list[Relation | None] = []
    for i, link in enumerate(links):
        if link is None or link.before:
            lines.append(None)
        else:
            lines.append(link.after(float(scaled[0][i]), float(scaled[1][i])) if scaled else link)
    return lines


def of_a_network(job: Encode, network: Network, fitted: Fitted, ctx: Context) -> Normaliser:
    """The normaliser by the constants of a built network.

    Raises:
        BadRequest: it has none, and they are asked for.
    """
    source = fitted.source
    known = network.mean is not None and network.std is not None and len(network.mean) == len(source.bands)
    if job.normalisation in ("encoder", "stretch") and not known:
        raise BadRequest(
            f"normalisation = {job.normalisation}: this network has no constants for {len(source.bands)} bands",
            "choose raster or auto",
        )
    if known and network.mean is not None and network.std is not None:
        if job.normalisation == "stretch":
            return _stretched(source, list(zip(network.mean, network.std)), ctx)
        if source.eight_bit or job.normalisation == "encoder":
            _check_eight_bit(source)
            return from_constants(tuple(network.mean), tuple(network.std))
    return statistics.whole_raster(source, ctx)


def _stretched(source: Source, constants: Sequence[tuple[float, float]], ctx: Context) -> Normaliser:
    lows, highs = percentiles.whole_raster(source, (_BLACK, _WHITE), ctx)
    told = ", ".join(f"{low:.4g} to {high:.4g}" for low, high in list(zip(lows, highs))[:8])
    log.info("stretched to 0 to 255, from the 2nd to the 98th percentile of each band: %s", told)
    return stretched(lows, highs, constants)


def _check_eight_bit(source: Source) -> None:
    if not source.eight_bit:
        raise BadRequest(
            f"normalisation = encoder is for 8-bit images, and {source.name} is none", "choose raster, stretch or auto"
        )
