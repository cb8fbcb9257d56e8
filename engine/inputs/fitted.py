"""From the bands of a raster to those of an encoder."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract.dates import in_words, months
from ...contract.errors import BadRaster, BadRequest
from ...contract.job import Context
from ...contract.networks import Band, Network, Order
from ..rasters import Source
from . import band_order, first_weights, terrain
from .by_wavelength import RED_EDGE, choose, described, pairs, spoken, wave_of
from .known import Known
from .principal import Principal

if TYPE_CHECKING:
    from ...algorithms.encode import Encode

log = logging.getLogger(__name__)

_WEIGHTS = "weights "
#: red, green and blue of networks that learned from photos, for models of timm whose card names no bands
_PHOTO = tuple(Band(name, wave, 0.0, 1.0) for name, wave in (("red", 0.665), ("green", 0.56), ("blue", 0.49)))
#: components that stand for red, green and blue
_COMPONENTS = 3
#: rasters whose bands are other things than those of the file
COMPUTED = (Principal, terrain.Terrain)


@dataclass(frozen=True)
class Fitted:
    """A raster made to fit an encoder.

    Attributes:
        source: what is read: the raster itself, some of its bands, or what is computed from them.
        known: of its bands.
        weights: how the encoder's first weights are spread over these bands; empty: they stay.
        way: which of ``FIT_BANDS`` was taken, for the tags and the log.
        used: numbers of the raster's bands that all this is made of.
        like: the encoder's band in whose place each band of *source* is seen; empty where the encoder takes any bands.
        foreign: whether the bands are not those of the encoder, so that its constants say nothing of their values.
        facts: for the tags, beside the above: ``inputs``, which differs where features can't be compared.
    """

    source: Source
    known: Known
    weights: str = ""
    way: str = "as given"
    used: tuple[int, ...] = ()
    like: tuple[Band, ...] = ()
    foreign: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    def build(self, card: Any, order: Order) -> Network:
        """Build *card*, with first weights for these bands where they are asked for.

        Raises:
            IamapError: as of ``Encoder.build``.
        """
        if not self.weights:
            network: Network = card.build(order)
            return network
        bands = _own(card)
        served = (
            first_weights.nearest_bands(card, bands, order.wavelengths)
            if self.weights == "by wavelength"
            else range(order.bands)
        )
        return first_weights.build(card, order, self.weights, bands, list(served))


def fit(job: Encode, card: Any, source: Source, known: Known, ctx: Context) -> Fitted:
    """Choose the way from the bands of *source* to those of *card*, and say which it is.

    Raises:
        BadRaster: there is none.
        BadRequest: the way that is asked for is none for this encoder.
    """
    if job.terrain == terrain.AS_IT_IS:
        fitted = _fit(job, card, source, known, ctx)
        used = source.bands if isinstance(fitted.source, Principal) else fitted.source.bands
        inputs = "; ".join(filter(None, (in_words(months(job.months)), fitted.facts.get("inputs"))))
        return replace(fitted, used=tuple(used), facts={**fitted.facts, "inputs": inputs} if inputs else fitted.facts)
    view, about = terrain.derived(job.terrain, source, known)
    fitted = _fit(job, card, view, about, ctx)
    inputs = "; ".join(part for part in (f"elevation as {job.terrain}", fitted.facts.get("inputs")) if part)
    return replace(fitted, used=tuple(source.bands), foreign=True, facts={**fitted.facts, "inputs": inputs})


def _fit(job: Encode, card: Any, source: Source, known: Known, ctx: Context) -> Fitted:
    way = job.fit_bands
    if len(months(job.months)) > 1:
        return _of_dates(job, card, source, known)
    if way == "principal components":
        return _components(card, source, known, ctx)
    if way.startswith(_WEIGHTS):
        return _spread(card, source, known, way[len(_WEIGHTS) :])
    if way == "by wavelength":
        return _by_wavelength(card, source, known)
    if way == "as given":
        return _as_given(card, source, known)
    return _auto(card, source, known, _learned(job, card, source))


def _of_dates(job: Encode, card: Any, source: Source, known: Known) -> Fitted:
    """Bands of several dates as they are given: what tells bands apart does not tell dates apart."""
    dates, wanted, given = len(months(job.months)), len(card.bands), len(source.bands)
    if job.fit_bands not in ("auto", "as given"):
        raise BadRequest(
            f"`fit_bands` = {job.fit_bands} is for rasters of one date, and months = {job.months} are {dates}",
            "choose auto, and `bands` in the encoder's order, date after date",
        )
    if wanted != given:
        raise BadRaster(
            f"months = {job.months} are {dates} dates of {wanted // dates} bands each for {card.id}, which makes {wanted}, and {given} are given",
            "choose `bands` in the encoder's order, date after date, or other `months`",
        )
    log.info("%s takes %d dates of %d bands each, of months %s", card.id, dates, wanted // dates, job.months)
    return _as_given(card, source, known)


def _learned(job: Encode, card: Any, source: Source) -> tuple[Band, ...]:
    """The bands of the weights, as far as they are known: what timm publishes learned from photos, and so did own ones of three bands."""
    if not job.weights or not card.needs_model:
        return _own(card)
    # where three are given, nothing depends on it
    given = len(source.bands)
    wanted = card.own_bands(job.weights, job.model) if given != len(_PHOTO) else None
    if wanted == given and given > 1:
        log.info(
            "the weights %s are for %d bands, and get bands %s of %s in this order: Bands (`bands`) changes it",
            Path(job.weights).name, given, _few(source.bands)[1:-1], source.name,
        )  # fmt: skip
    return _PHOTO if wanted == len(_PHOTO) else ()


def _auto(card: Any, source: Source, known: Known, published: Sequence[Band]) -> Fitted:
    """As given where that can be right, else by wavelength, else one band in place of three.

    Args:
        published: bands that the weights are for, where that is known.
    """
    if not card.bands and len(source.bands) == 1 and published:
        return _thrice(card, source, known, published)
    if not card.bands:
        fits = len(source.bands) == len(published) or not published or None in choose(published, known)
        return _as_given(card, source, known) if fits else _by_wavelength(card, source, known)
    agree = len(source.bands) == len(card.bands)
    if agree and not band_order.strangers(card.bands, known):
        return _as_given(card, source, known)
    chosen = choose(card.bands, known)
    if None not in chosen and len(set(source.bands)) > 1:
        dates = _dates(card, len(source.bands))
        if dates and not band_order.strangers(dates * card.bands, known):
            log.warning(
                "the bands of %s look like those of %d dates: `months` has %s encode them all; without it, one date is taken",
                source.name, dates, card.id,
            )  # fmt: skip
        return _by_wavelength(card, source, known)
    if len(source.bands) == 1 and _colours(card.bands):
        return _thrice(card, source, known, card.bands)
    return _as_given(card, source, known)


def _dates(card: Any, bands: int) -> int:
    """How many dates so many *bands* may be of, for an encoder that takes several; else 0."""
    dates, rest = divmod(bands, len(card.bands))
    return dates if not rest and 1 < dates <= card.dates else 0


def _thrice(card: Any, source: Source, known: Known, bands: Sequence[Band]) -> Fitted:
    """One band in the place of red, green and blue."""
    more = (
        "; Elevation as (`terrain`) makes slope, hillshade and local relief of heights instead" if known.heights else ""
    )
    log.info("the one band is given to %s as %s%s", card.id, ", ".join(band.name for band in bands), more)
    return _some(source, known, [0] * len(bands), card)


def _as_given(card: Any, source: Source, known: Known) -> Fitted:
    bands, given = card.bands, source.bands
    if bands and len(given) != len(bands):
        wanted = ", ".join(band.name for band in bands)
        text = f"the encoder {card.id} takes {len(bands)} bands ({wanted}), {len(given)} given ({_few(given)})"
        dates = _dates(card, len(given))
        series = f"give `months` if the bands are of {dates} dates; or " if dates else ""
        raise BadRaster(text, series + _ways_out(bands, len(given), known))
    warning = _radar(card, source, known)
    warning = warning or (band_order.noticed(card, source, known) if bands else "")
    warning = warning or (_turned(source, known) if card.needs_model else "")
    if warning:
        log.warning("%s", warning)
    return Fitted(source, known, like=tuple(bands))


def _radar(card: Any, source: Source, known: Known) -> str:
    """What to say where radar is given to a network for photos; of models of timm, those of three bands are taken for such."""
    photos = _colours(card.bands) if card.bands else card.needs_model and len(source.bands) == len(_PHOTO)
    echoes = [
        f"{n} ({spoken(wave)})" for n, wave in zip(source.bands, known.micrometres) if wave is not None and wave < 0
    ]
    if not photos or not echoes or len(set(source.bands)) == 1:
        return ""
    text = f"bands {', '.join(echoes)} of {source.name} are radar, but are given to {card.id} as red, green and blue of a photo"
    return f"{text}: its features may tell little; an encoder for Sentinel-1, or MOSAIKS, is made for such bands"


def _turned(source: Source, known: Known) -> str:
    """What to say where a photo's colours come in another order than most networks of timm want; these name no bands."""
    chosen = choose(_PHOTO, known)
    if len(source.bands) != len(_PHOTO) or None in chosen or chosen == [0, 1, 2]:
        return ""
    order = ", ".join(str(source.bands[i]) for i in chosen if i is not None)
    return f"networks for photos want red, green and blue, which are bands {order} of {source.name}: choose these if yours is one"


def _ways_out(bands: Sequence[Band], given: int, known: Known) -> str:
    """What to do where numbers of bands don't agree, the likeliest first."""
    weights = "weights repeated, averaged or by wavelength"
    ways = f"set `fit_bands` to {weights}"
    if given > len(bands):
        told = "" if known.wavelengths else " (with `sensor` or `wavelengths`)"
        three = "principal components, " if len(bands) == _COMPONENTS else ""
        ways = f"choose `bands` in its order, or set `fit_bands` to by wavelength{told}, {three}{weights}"
    return f"{ways}, or take an encoder for any bands, such as DOFA or MOSAIKS"


def _by_wavelength(card: Any, source: Source, known: Known) -> Fitted:
    bands = _own(card)
    if not bands:
        raise BadRequest(
            f"`fit_bands` = by wavelength: {card.id} names no bands of its own that could be looked for",
            "choose auto, and Bands if not all are wanted",
        )
    chosen = choose(bands, known)
    missing = [band for band, index in zip(bands, chosen) if index is None]
    if missing and all(wave is None for wave in known.micrometres):
        raise BadRaster(
            f"`fit_bands` = by wavelength: the wavelengths of the bands of {source.name} are not known",
            "choose `sensor`, give `wavelengths` such as 0.665, 0.56, 0.49, or choose weights averaged",
        )
    if missing:
        names = ", ".join(described(band) for band in missing)
        raise BadRaster(
            f"`fit_bands` = by wavelength: {source.name} has no band near enough to {names}, which {card.id} takes",
            "choose weights by wavelength or averaged, or an encoder for any bands, such as DOFA",
        )
    fitted = _some(source, known, [index for index in chosen if index is not None], card)
    left = [number for number in source.bands if number not in fitted.source.bands]
    without = f", and leaves out {'band' if len(left) == 1 else 'bands'} {_few(left)[1:-1]}" if left else ""
    log.info(
        "%s takes %s%s%s: Bands (`bands`) or Fit bands to the encoder (`fit_bands`) choose otherwise",
        card.id, pairs(bands, fitted.known, fitted.source.bands), f", known from {known.told}" if known.told else "", without,
    )  # fmt: skip
    return replace(fitted, way="by wavelength")


def _some(source: Source, known: Known, indices: Sequence[int], card: Any) -> Fitted:
    """Only these bands of *source*, which may come more than once."""
    chosen = source.of_bands([source.bands[i] for i in indices])
    return Fitted(chosen, known.of(indices), like=tuple(card.bands))


def _components(card: Any, source: Source, known: Known, ctx: Context) -> Fitted:
    if card.spectral:
        raise BadRequest(
            f"`fit_bands` = principal components: they have no wavelength, which {card.id} must know", "choose auto"
        )
    if card.bands and len(card.bands) != _COMPONENTS:
        raise BadRequest(
            f"`fit_bands` = principal components: three stand for red, green and blue, and {card.id} takes {len(card.bands)} bands",
            "choose by wavelength, weights by wavelength, or an encoder for photos",
        )
    if len(source.bands) < _COMPONENTS:
        raise BadRaster(
            f"`fit_bands` = principal components: three can't be made of {len(source.bands)} bands ({_few(source.bands)})",
            "choose more Bands, or weights averaged",
        )
    made = Principal(source, _COMPONENTS, ctx)
    without = (None,) * _COMPONENTS
    nothing = replace(known, names=tuple(made.names), micrometres=without, unit="", units=(), sampled=None)
    axes = made.axes()
    digest = hashlib.sha256(json.dumps([source.bands, axes]).encode()).hexdigest()
    facts = {"inputs": f"principal components {digest[:12]}", "principal_components": axes}
    return Fitted(made, nothing, way="principal components", like=tuple(card.bands), foreign=True, facts=facts)


def _spread(card: Any, source: Source, known: Known, way: str) -> Fitted:
    bands, given = _own(card), len(source.bands)
    if not bands:
        raise BadRequest(f"`fit_bands` = weights {way}: {card.id} takes any bands as they are", "choose auto")
    served = list(range(given))
    if way == "by wavelength":
        served = first_weights.nearest_bands(card, bands, known.wavelengths)
        told = ", ".join(f"band {number} as {bands[index].name}" for number, index in zip(source.bands, served))
        log.info("the first weights of %s see %s", card.id, told)
        inputs = f"weights by wavelength {known.wavelengths}"
    else:
        log.info("the first weights of %s, which are for %d bands, are %s for %d", card.id, len(bands), way, given)
        inputs = f"weights {way} over {given} bands"
    like = _average(bands, given) if way == "averaged" else tuple(bands[index % len(bands)] for index in served)
    # constants of a band hold for one that is near to it, not for infrared that is seen in the place of red
    own = way == "by wavelength" and not band_order.strangers([bands[index] for index in served], known)
    return Fitted(
        source, known, way, _WEIGHTS + way, like=like if card.bands else (), foreign=not own, facts={"inputs": inputs}
    )


def _average(bands: Sequence[Band], given: int) -> tuple[Band, ...]:
    """Bands whose images look like the average of all that the encoder met."""
    means = [(usual - band.mean) / band.std for band in bands for usual in [(band.seen or (band.mean,))[0]]]
    stds = [(band.seen or (0, band.std))[1] / band.std for band in bands]
    one = Band("average", None, 0.0, 1.0, (sum(means) / len(means), sum(stds) / len(stds)))
    return (one,) * given


def _own(card: Any) -> tuple[Band, ...]:
    """The bands that an encoder was trained with; those of a model of timm, whose card names none, are taken for photos."""
    return tuple(card.bands) or (_PHOTO if card.needs_model else ())


def _colours(bands: Sequence[Band]) -> bool:
    """Whether these are red, green and blue: what grey images can be shown as."""
    waves = [wave_of(band) for band in bands]
    return len(waves) == _COMPONENTS and all(wave is not None and 0 < wave < RED_EDGE for wave in waves)


def _few(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    return f"[{shown}{', …' if len(numbers) > 8 else ''}]"
