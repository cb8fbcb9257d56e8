"""The files of a check: compared places as points, and all figures as a table."""

from __future__ import annotations

import csv
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely

from ..features import Features
from .area_estimates import AreaEstimates, Estimate
from .map_classes import Overview
from .metrics import Scores

if TYPE_CHECKING:
    from .evaluate import Compared, Findings


def write_points(path: str, final: str, features: Features, compared: Compared) -> None:
    """Compared cells as points; ``label`` and ``colour`` give them their looks, of numbers ``score``."""
    marks, classes = compared.marks, compared.classes
    x, y = features.source.transform * (marks.col + 0.5, marks.row + 0.5)
    if not classes.names:
        error = compared.mapped - compared.label
        columns = {"label": compared.label, "map": compared.mapped, "error": error, "score": np.abs(error)}
    else:
        names, shown = np.array(classes.names, object), np.array(classes.colours, object)
        columns = {
            "label": names[compared.label], "map": names[compared.mapped], "right": compared.right.astype(np.int32),
            "colour": shown[compared.label],
        }  # fmt: skip
    with warnings.catch_warnings():
        # a map without a CRS gives points without one
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.raw.write(
            path, shapely.to_wkb(shapely.points(x, y)), list(columns.values()), list(columns), driver="GPKG",
            layer=os.path.splitext(os.path.basename(final))[0], geometry_type="Point",
            crs=features.crs.to_wkt() if features.crs else None, dataset_options={"VERSION": "1.2"},
        )  # fmt: skip


def write_table(path: str, findings: Findings) -> None:
    """A row for each figure: what, class, class of the map, value, both ends of its interval, unit."""
    scores, ends, compared = findings.scores, findings.ends, findings.compared
    rows: list[tuple[Any, ...]] = [("compared", "", "", len(compared), "", "", "")]
    rows += [(name, "", "", value, *ends[name], "") for name, value in scores.figures.items()]
    if isinstance(scores, Scores):
        names = scores.classes
        for what, pair in ends.per_class.items():
            rows += [(what, name, "", getattr(scores, what)[i], *pair[i], "") for i, name in enumerate(names)]
        rows += [
            ("confusion", names[i], names[j], int(count), "", "", "") for (i, j), count in np.ndenumerate(scores.confusion)
        ]  # fmt: skip
        sizes = compared.classes.sizes(findings.overview)
        told, unit = findings.overview.told, findings.overview.unit
        rows += [("mapped area", name, "", told(size), "", "", unit) for name, size in zip(names, sizes.tolist())]
        rows += _area_rows(findings.areas, findings.overview) if findings.areas else []
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("figure", "class", "class_in_map", "value", "low", "high", "unit"))
        for row in rows:
            table.writerow([f"{one:.10g}" if isinstance(one, float) else one for one in row])


def _area_rows(areas: AreaEstimates, overview: Overview) -> list[tuple[Any, ...]]:
    def row(what: str, name: str, one: Estimate, scale: bool = False) -> tuple[Any, ...]:
        values = [overview.told(value) if scale else value for value in (one.value, one.low, one.high)]
        return what, name, "", *values, overview.unit if scale else ""

    rows = [row("overall accuracy by area", "", areas.overall)]
    for i, name in enumerate(areas.classes):
        rows.append(row("user's accuracy by area", name, areas.users[i]))
        rows.append(row("producer's accuracy by area", name, areas.producers[i]))
        rows.append(row("adjusted area", name, areas.areas[i], True))
    return rows
