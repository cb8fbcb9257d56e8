"""Whether the bands of a raster come in the order that an encoder wants: by their wavelengths, or else by their values."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...contract.networks import Band
from ..rasters import Source
from .by_wavelength import RED_EDGE, choose, described, near, spoken, wave_of
from .known import Known

#: windows that are looked at, along each side of the raster, and pixels along each side of a window
_WINDOWS, _SIDE = 8, 24
#: bands that an encoder must have for values to tell their order, and valid pixels that must be seen
_FEWEST, _PIXELS = 6, 500
#: the order of bands is doubted where the spectrum of the raster's means differs by more than the first from that of the images the
#: encoder learned from, and in another order by less than the second. Thirteen bands of Sentinel-2 in the order of their names
#: differ by 1.3 to 1.9, in their own by 0.3 to 0.4; a scene of summer fields without B10 differs by 0.7 in any order (docs/bands.md)
_ODD, _USUAL = 0.9, 0.5


def strangers(bands: Sequence[Band], known: Known) -> list[int]:
    """Indices of the bands that are given in the place of a band of quite another wavelength."""
    found = []
    for index, (band, there) in enumerate(zip(bands, known.micrometres)):
        wave = wave_of(band)
        if wave is not None and there is not None and not near(wave, there):
            found.append(index)
    return found


def noticed(card: Any, source: Source, known: Known) -> str:
    """What is to be said of the order of bands that are given as many as *card* takes; empty where nothing is."""
    if len(set(source.bands)) == 1:
        # one band several times: nobody does that by mistake
        return ""
    wrong = strangers(card.bands, known)
    if wrong:
        pairs = [
            f"band {source.bands[i]} ({spoken(known.micrometres[i])}) is given as {described(card.bands[i])}"
            for i in wrong[:3]
        ]
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        there = None not in choose(card.bands, known)
        way = "`fit_bands` = by wavelength puts them in order" if there else "it has never seen such images"
        if len(set(card.bands)) < len(card.bands):
            way = "dates must come one after the other, each with all of its bands"
        return f"the bands of {source.name} are not those that {card.id} learned from: {', '.join(pairs)}{more}; {way}"
    if any(wave is not None for wave in known.micrometres):
        return ""
    order = likelier_order(card.bands, source)
    if order:
        names = ", ".join(card.bands[i].name for i in order)
        right = ", ".join(str(source.bands[order.index(i)]) for i in range(len(order)))
        return (
            f"the values of {source.name} look as if its bands came in the order {names}, which is not that of {card.id}; "
            f"if so, encode it with `bands` = {right}"
        )
    return ""


def likelier_order(bands: Sequence[Band], source: Source) -> tuple[int, ...]:
    """The encoder's bands in the order in which *source* seems to hold them, as indices; empty where nothing speaks for another.

    The means of the bands are compared with those of the images the encoder learned from, whatever the scale: of the orders that
    files come in, one must fit where the given one does not. Only bands that differ a lot tell anything, such as those of
    water vapour and cirrus; where there are none, nothing is said rather than something wrong.
    """
    usual = [(band.seen or (band.mean, band.std))[0] for band in bands]
    waves = [wave_of(band) for band in bands]
    if len(bands) < _FEWEST or min(usual) <= 0 or any(wave is None or wave < 0 for wave in waves):
        return ()
    pixels = _some_pixels(source)
    if len(pixels) < _PIXELS or (pixels.mean(0) <= 0).any():
        return ()
    found, expected = np.log(pixels.mean(0)), np.log(usual)

    def misfit(order: tuple[int, ...]) -> float:
        return float(np.std(found - expected[list(order)]))

    orders = _usual([band.name for band in bands], [float(wave or 0) for wave in waves])
    best = min(orders, key=misfit)
    return best if misfit(tuple(range(len(bands)))) > _ODD and misfit(best) < _USUAL else ()


def _usual(names: Sequence[str], waves: Sequence[float]) -> list[tuple[int, ...]]:
    """Orders in which files come: of wavelengths; as computers sort names; B8A behind all others; red, green, blue first."""
    every = range(len(names))
    by_wave = sorted(every, key=lambda i: waves[i])
    by_name = sorted(every, key=lambda i: names[i])
    narrow_last = sorted(every, key=lambda i: (names[i].endswith("A"), waves[i]))
    colours = [i for i in by_wave if 0.47 < waves[i] < RED_EDGE]
    turned = colours[::-1] + [i for i in by_wave if i not in colours]
    return [tuple(order) for order in (by_wave, by_name, narrow_last, turned)]


def _some_pixels(source: Source) -> np.ndarray:
    """(pixels, bands) float64 from windows all over the raster."""
    tops = np.linspace(0, max(0, source.height - _SIDE), min(_WINDOWS, source.height), dtype=int)
    lefts = np.linspace(0, max(0, source.width - _SIDE), min(_WINDOWS, source.width), dtype=int)
    parts = []
    for top, left in itertools.product(tops, lefts):
        data, valid = source.read(top, min(top + _SIDE, source.height), left, min(left + _SIDE, source.width))
        parts.append(data[:, valid].T.astype(np.float64))
    return np.concatenate(parts)
