"""What the encoders of NASA Harvest share: groups of bands, what their images are like, and tables of what a token is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import BadWeights

#: the bands of each group, which becomes one token of a date
GROUPS = {
    "S1": ("VV", "VH"), "S2_RGB": ("B2", "B3", "B4"), "S2_Red_Edge": ("B5", "B6", "B7"), "S2_NIR_10m": ("B8",),
    "S2_NIR_20m": ("B8A",), "S2_SWIR": ("B11", "B12"),
}  # fmt: skip
RADAR, OPTICAL = ("S1",), ("S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR")
#: mean and deviation of Galileo's images, in dB and in reflectance x 10000:
#: https://github.com/nasaharvest/galileo/blob/4a57e5764239bd04a171f292b0be5ae661e88b80/config/normalization.json
SEEN = {
    "VV": (-11.73, 4.887), "VH": (-18.86, 5.730),
    "B2": (1395.34, 917.70), "B3": (1338.40, 913.30), "B4": (1343.10, 1092.68), "B5": (1543.86, 1047.22),
    "B6": (2186.20, 1048.01), "B7": (2525.09, 1143.69), "B8": (2410.34, 1098.98), "B8A": (2750.29, 1204.47),
    "B11": (2234.91, 1145.98), "B12": (1474.53, 980.24),
}  # fmt: skip
#: most dates of a series that their tables hold
DATES = 24


def tables(state: dict[str, Any], wanted: Mapping[str, tuple[int, int]], title: str, path: Path) -> list[Any]:
    """Take tables out of *state* by name, each (rows, columns).

    Args:
        wanted: how many rows each must have at least, and how many columns.
        title, path: for messages.

    Raises:
        BadWeights: one is not there, or of another size.
    """
    lacking = [
        f"{name} of {rows} x {columns}"
        for name, (rows, columns) in wanted.items()
        if name not in state or state[name].ndim < 2 or state[name].shape[-1] != columns or state[name].shape[-2] < rows
    ]
    if lacking:
        raise BadWeights(
            f"{path.name} does not fit {title}: it lacks {', '.join(lacking)}",
            "choose the encoder that the weights are of",
        )
    return [state.pop(name).flatten(0, -2) for name in wanted]
