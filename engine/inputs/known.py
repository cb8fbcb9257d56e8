"""What is known of the bands that are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..orders import wavelengths
from ..rasters import Source

if TYPE_CHECKING:
    from ...algorithms.encode import Encode


@dataclass(frozen=True)
class Known:
    """What is known of the bands of a raster, in the order they are read.

    Attributes:
        sensor: name of the sensor, empty where it is not known.
        names: of each band, empty where it has none.
        micrometres: centre wavelength of each band, that of radar as in ``networks.RADAR``; None where it is not known.
        unit: name of the unit of the values, one of ``contract.units``, empty where it is not known.
        told: where all this is known from, in words.
        units: of each band, where they differ; empty: all have *unit*.
    """

    sensor: str
    names: tuple[str, ...]
    micrometres: tuple[float | None, ...]
    unit: str
    told: str
    units: tuple[str, ...] = ()

    @property
    def each_unit(self) -> tuple[str, ...]:
        """The unit of each band, empty where it is not known."""
        return self.units or (self.unit,) * len(self.micrometres)

    def of(self, positions: Sequence[int]) -> Known:
        """What is known of some of the bands, by their positions, counted from 0."""
        units = tuple(self.each_unit[i] for i in positions)
        same = len(set(units)) == 1
        return replace(
            self,
            names=tuple(self.names[i] for i in positions),
            micrometres=tuple(self.micrometres[i] for i in positions),
            unit=units[0] if same else "",
            units=() if same else units,
        )

    @property
    def wavelengths(self) -> tuple[float, ...] | None:
        """Of all bands, None where one is not known."""
        found = tuple(wave for wave in self.micrometres if wave is not None)
        return found if len(found) == len(self.micrometres) else None


def recognised(job: Encode, source: Source) -> Known:
    """Find out what the bands of *source* are.

    Raises:
        BadRequest: what the user says of them can't be.
    """
    found = wavelengths(job.wavelengths, source)
    return Known("", tuple(source.band_names()), found or (None,) * len(source.bands), "", "")
