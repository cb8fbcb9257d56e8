"""What a model remembers of a stack of rasters, and asks for again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ...contract.errors import BadRaster, BadRequest
from ..feature_contract import FeatureContract

GRIDS = ("input", "finest")


@dataclass(frozen=True)
class StackPlan:
    """How rasters are brought together.

    Attributes:
        contracts: of the main raster first, then of every other raster, in order.
        deviation: finer rasters give the mean and the standard deviation of their pixels within a cell.
        window: side of the square of cells that means and deviations are taken in as well, odd; 1 for none.
        grid: ``input`` for the grid of the main raster, ``finest`` for that of the raster with the smallest pixels.
        names: of all columns.
        rasters: names of the files, without folders, in the order of the contracts.
        finer: which of them have pixels smaller than a cell.
    """

    contracts: list[FeatureContract]
    deviation: bool = False
    window: int = 1
    grid: str = "input"
    names: list[str] = field(default_factory=list)
    rasters: list[str] = field(default_factory=list)
    finer: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_settings(self.window, self.grid)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def of(told: dict[str, Any]) -> StackPlan:
        """The way back from ``as_dict``."""
        return StackPlan(**{**told, "contracts": [FeatureContract(**one) for one in told["contracts"]]})

    def expect(self, names: Sequence[str]) -> None:
        """Refuse what can be refused before rasters are opened.

        Args:
            names: paths of the main raster and of all others, in order.

        Raises:
            BadRequest: there are more or fewer than at the training, or files of the same names come in another order.
        """
        needed, given = self.rasters[1:], [file_of(name) for name in names[1:]]
        if len(given) != len(self.contracts) - 1:
            if not needed:
                raise BadRequest(
                    f"the model was trained on one raster alone, {_more(len(given))} given", "leave `more` empty"
                )
            raise BadRequest(
                f"the model was trained with {self._listed()}; {_more(len(given))} given",
                "give them as `more`, in this order",
            )
        if given != needed and Counter(given) == Counter(needed):
            raise BadRequest(
                f"the model was trained with {self._listed()}; given are {', '.join(given)}",
                "give them as `more`, in this order",
            )

    def check(self, other: StackPlan, names: str | Sequence[str]) -> None:
        """Refuse a stack that was not made as this one.

        Args:
            names: of the other's main raster, or of all of its rasters in order.

        Raises:
            BadRaster: a raster has other features, another number of bands, or comes in another place.
            BadRequest: other settings, or another number of rasters.
        """
        listed = [names, *other.rasters[1:]] if isinstance(names, str) else list(names)
        for setting in ("deviation", "window", "grid"):
            mine, given = getattr(self, setting), getattr(other, setting)
            if mine != given:
                raise BadRequest(
                    f"the model was trained with {setting} = {mine}, {given} is given",
                    "stack rasters as it was trained",
                )
        self.expect(listed)
        if not all(map(_alike, self.contracts, other.contracts)):
            self._check_order(other, listed)
        for i, (mine, given, name) in enumerate(zip(self.contracts, other.contracts, listed)):
            if bool(mine.encoder) != bool(given.encoder):
                held = f"features of {given.origin}" if given.encoder else "no features of an encoder"
                raise BadRaster(
                    f"{name} holds {held}, where the model was trained with {self._told(i)}",
                    "give rasters as at the training, in the same order",
                )
            mine.check(given, name)
            if self.deviation and self.finer[i] != other.finer[i]:
                raise BadRaster(
                    f"pixels of {name} are {_sized(other.finer[i])}, but those of {self._told(i)} were "
                    f"{_sized(self.finer[i])}, and the model takes deviations of {'them' if self.finer[i] else 'others'}",
                    "give a raster of about the same pixel size",
                )

    def _check_order(self, other: StackPlan, names: list[str]) -> None:
        """Say so where the other's rasters fit, but in another order."""
        left = list(range(1, len(names)))
        order = []
        for mine in self.contracts[1:]:
            fits = [i for i in left if _alike(mine, other.contracts[i])]
            if not fits:
                return
            order.append(fits[0])
            left.remove(fits[0])
        if order == sorted(order):
            return
        raise BadRaster(
            f"the model was trained with {self._listed()}, and the rasters given come in another order: "
            + ", ".join(file_of(name) for name in names[1:]),
            "give them as `more`, in this order: " + ", ".join(file_of(names[i]) for i in order),
        )

    def _told(self, i: int) -> str:
        """A raster in a few words."""
        one = self.contracts[i]
        count = f"{len(one.names)} band{'s' if len(one.names) != 1 else ''}"
        return f"{self.rasters[i]} ({f'{one.origin}, ' if one.encoder else ''}{count})"

    def _listed(self) -> str:
        count = len(self.contracts) - 1
        return f"{count} more raster{'s' if count != 1 else ''}: {', '.join(map(self._told, range(1, count + 1)))}"


def check_settings(window: int, grid: str) -> None:
    """Refuse settings that can't be followed.

    Raises:
        BadRequest: an even window, or another grid than two.
    """
    if window < 1 or window % 2 == 0:
        raise BadRequest(f"window = {window} has no cell in its middle", "give an odd number, 1 for no window")
    if grid not in GRIDS:
        raise BadRequest(f"grid = {grid} is unknown", f"give {' or '.join(GRIDS)}")


def _more(count: int) -> str:
    return "none is" if not count else "1 more is" if count == 1 else f"{count} more are"


def _sized(finer: bool) -> str:
    return "smaller than a cell" if finer else "not smaller than a cell"


def _alike(one: FeatureContract, two: FeatureContract) -> bool:
    """Whether one raster may stand for the other, as ``FeatureContract.check`` judges, without a word."""
    if (one.encoder, one.model, one.weights_sha256) != (two.encoder, two.model, two.weights_sha256):
        return False
    if len(one.names) != len(two.names):
        return False
    return one.names == two.names or not (any(one.names) and any(two.names))


def file_of(name: str) -> str:
    """Without folders: a model says nothing of where its maker kept files."""
    return name.replace("\\", "/").rsplit("/", 1)[-1] or name


def column_names(
    contracts: Sequence[FeatureContract], files: Sequence[str], finer: Sequence[bool], deviation: bool, window: int
) -> list[str]:
    """Readable names of all columns of a stack, no two alike."""
    names: list[str] = []
    sources: list[str] = []
    for one, file, small in zip(contracts, files, finer):
        stem = os.path.splitext(file_of(file))[0]
        bands = [_band(one, stem, i) for i in range(len(one.names))]
        found = [f"{band} mean" for band in bands] if small and not one.encoder else list(bands)
        if small and deviation:
            found += [f"{band} deviation" for band in bands]
        if window > 1 and not one.encoder:
            for what in ("mean", "deviation"):
                found += [f"{band} {what} {window}x{window}" for band in bands]
        names += found
        sources += [stem] * len(found)
    often = Counter(names)
    names = [f"{stem} {name}" if often[name] > 1 else name for stem, name in zip(sources, names)]
    seen: Counter[str] = Counter()
    for i, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[i] = f"{name} ({seen[name]})"
    return names


def _band(contract: FeatureContract, stem: str, i: int) -> str:
    """A band of a raster: features keep their description."""
    described = contract.names[i]
    if contract.encoder:
        return described or f"{stem} {contract.bands[i]}"
    return stem if len(contract.names) == 1 else f"{stem} {described or contract.bands[i]}"
