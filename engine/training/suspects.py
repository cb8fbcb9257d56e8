"""Labels that what is learnt from the others contradicts: look at these first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyogrio
import shapely
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform as to_crs

from .trial import Trial

#: suspicious labels that are listed, and robust standard deviations beyond which a number is one
MOST, _BEYOND = 200, 3.0
#: a normal law's standard deviation over its median absolute deviation
_ROBUST = 1.4826
#: numbers that were labelled too high or too low, as it seems: names and colours
_HIGHER, _LOWER = ("higher than expected", "#c2410c"), ("lower than expected", "#1d4ed8")


@dataclass(frozen=True)
class Suspect:
    """A label feature that is contradicted.

    Attributes:
        index: of the example where it is contradicted most.
        score: classes: 1 - the probability of its own class, the mean of its cells, when its fold is held out. Numbers: how
            many robust standard deviations the mean of its errors is off.
        predicted: index of the class there, or the mean number of its cells.
        cells: of the label feature.
        contradicted: how many of them.
    """

    index: int
    score: float
    predicted: float
    cells: int
    contradicted: int


def find(trial: Trial) -> list[Suspect]:
    """List label features that the check contradicts, the least likely first, MOST of them at most.

    A label feature counts once, however many cells it covers. Of classes that were all held out at once nothing was known, so they
    are not listed.
    """
    checked = trial.validated
    if checked is None:
        return []
    if checked.probability is None:
        found = _numbers(trial, checked.predicted)
    else:
        found = _classes(trial, checked.predicted, checked.probability)
    return sorted(found, key=lambda one: (-one.score, one.index))[:MOST]


def _classes(trial: Trial, predicted: np.ndarray, probability: np.ndarray) -> list[Suspect]:
    y = trial.examples.y
    doubt = 1 - probability[np.arange(len(y)), y].astype(np.float64)
    lonely = [trial.examples.classes.index(name) for name in trial.lonely]
    wrong = (predicted != y) & ~np.isin(y, lonely)
    # a label feature has one class, but those that share a cell have become one
    unit = np.unique(np.stack([trial.examples.group, y], 1), axis=0, return_inverse=True)[1].reshape(-1)
    cells, contradicted = np.bincount(unit), np.bincount(unit, wrong)
    mean = np.bincount(unit, doubt) / cells
    worst = _first_of(unit, np.where(wrong, doubt, -1))
    return [
        Suspect(
            int(worst[one]), float(mean[one]), float(predicted[worst[one]]), int(cells[one]), int(contradicted[one])
        )
        for one in np.flatnonzero(contradicted)
    ]


def _numbers(trial: Trial, predicted: np.ndarray) -> list[Suspect]:
    unit = np.unique(trial.examples.group, return_inverse=True)[1]
    error = trial.examples.y - predicted
    cells = np.bincount(unit)
    mean, told = np.bincount(unit, error) / cells, np.bincount(unit, predicted) / cells
    off = mean - np.median(mean)
    spread = _ROBUST * float(np.median(np.abs(off))) or float(off.std())
    if not spread > 0:
        return []
    far = np.abs(error - np.median(mean)) > _BEYOND * spread
    contradicted = np.bincount(unit, far)
    worst = _first_of(unit, np.abs(error - np.median(mean)))
    return [
        Suspect(
            int(worst[one]), float(abs(off[one]) / spread), float(told[one]), int(cells[one]), int(contradicted[one])
        )
        for one in np.flatnonzero(np.abs(off) > _BEYOND * spread)
    ]


def _first_of(unit: np.ndarray, value: np.ndarray) -> np.ndarray:
    """(units,) the example with the highest value in each."""
    order = np.lexsort((np.arange(len(unit)), -value, unit))
    first = np.searchsorted(unit[order], np.arange(int(unit.max()) + 1))
    return np.asarray(order[first])


def places(trial: Trial, found: Sequence[Suspect], scenes: Sequence[tuple[Affine, CRS | None]]) -> np.ndarray:
    """(n, 2) float64 x, y of the middles of their cells, in the CRS of the first raster.

    Args:
        scenes: transform and CRS of each raster, in the order of ``Examples.scene``.
    """
    made = np.zeros((len(found), 2))
    index = np.array([one.index for one in found], np.int64)
    for number, (way, crs) in enumerate(scenes):
        here = np.flatnonzero(trial.examples.scene[index] == number)
        if not len(here):
            continue
        rows, cols = trial.examples.places[index[here]].T + 0.5
        x, y = way * (cols, rows)
        if crs is not None and scenes[0][1] is not None and crs != scenes[0][1]:
            x, y = (np.asarray(part) for part in to_crs(crs, scenes[0][1], x, y))
        made[here] = np.stack([x, y], 1)
    return made


def write(
    path: str,
    layer: str,
    trial: Trial,
    found: Sequence[Suspect],
    scenes: Sequence[tuple[Affine, CRS | None]],
    shades: Sequence[str] = (),
) -> None:
    """Write them as points in the middle of their cells, in the GeoPackage *path*.

    Columns: ``rank`` from 1, ``class`` and ``label`` (the class that was labelled, by which the layer is coloured; of numbers
    ``class`` tells whether the label is higher or lower than expected, and ``given`` is the number), ``predicted``, ``colour``,
    ``score``, ``cells`` and ``contradicted`` (see ``Suspect``), and ``raster`` from 1 where there are several.

    Args:
        layer: name of the layer.
        scenes: as in ``places``.
        shades: colours ``#rrggbb`` of the classes.
    """
    examples = trial.examples
    index = np.array([one.index for one in found], np.int64)
    columns: dict[str, np.ndarray] = {"rank": np.arange(1, len(found) + 1, dtype=np.int32)}
    if examples.classes:
        names, colours = np.array(examples.classes, object), np.array(shades, object)
        own = examples.y[index]
        columns |= {"class": names[own], "label": names[own], "colour": colours[own]}
        columns["predicted"] = names[np.array([one.predicted for one in found], np.int64)]
    else:
        told = np.array([one.predicted for one in found], np.float64)
        kinds = [_HIGHER if examples.y[one.index] > one.predicted else _LOWER for one in found]
        columns |= {name: np.array([kind[i] for kind in kinds], object) for i, name in enumerate(("class", "colour"))}
        columns |= {"given": examples.y[index].astype(np.float64), "predicted": told}
    columns["score"] = np.array([one.score for one in found], np.float64)
    columns["cells"] = np.array([one.cells for one in found], np.int32)
    columns["contradicted"] = np.array([one.contradicted for one in found], np.int32)
    if len(scenes) > 1:
        columns["raster"] = (examples.scene[index] + 1).astype(np.int32)
    crs = scenes[0][1]
    with warnings.catch_warnings():
        # a raster without a CRS gives points without one
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.raw.write(
            path, shapely.to_wkb(shapely.points(places(trial, found, scenes))), list(columns.values()), list(columns),
            layer=layer, driver="GPKG", geometry_type="Point", crs=crs.to_wkt() if crs else None,
            # what QGIS 3.22 reads without a remark
            dataset_options={"VERSION": "1.2"},
        )  # fmt: skip
