"""From the bands of a raster to those of an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...contract.errors import BadRaster
from ...contract.job import Context
from ..rasters import Source
from .known import Known

if TYPE_CHECKING:
    from ...algorithms.encode import Encode


@dataclass(frozen=True)
class Fitted:
    """A raster made to fit an encoder.

    Attributes:
        source: what is read: the raster itself, some of its bands, or what is computed from them.
        known: of its bands.
        weights: how the encoder's first weights are made to fit (``Order.first_weights``); empty: they stay.
        way: which of ``FIT_BANDS`` was taken, for the tags and the log.
    """

    source: Source
    known: Known
    weights: str = ""
    way: str = "as given"


def fit(job: Encode, card: Any, source: Source, known: Known, ctx: Context) -> Fitted:
    """Choose the way from the bands of *source* to those of *card*.

    Raises:
        BadRaster: there is none.
    """
    if card.bands and len(source.bands) != len(card.bands):
        wanted = ", ".join(band.name for band in card.bands)
        text = f"the encoder {card.id} takes {len(card.bands)} bands ({wanted}), {len(source.bands)} given ({source.bands})"
        raise BadRaster(
            text, "choose bands in its order; a band may be given several times on the command line: bands = 1,1,1"
        )
    return Fitted(source, known)
