"""The report of a search: what was looked for, how similar everything is, and pictures of the best places."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import rasterio

from ..features import Features
from ..models import Model
from ..rasters import CACHE_BYTES
from ..report import Report, Swatch
from ..wording import many
from .thumbnails import SIDE, open_original, thumbnails

if TYPE_CHECKING:
    from ...algorithms.similarity import Similarity
    from ..similarity import Search

#: queries with pictures of their own, thumbnails in a row, and rows of them
_QUERIES, _ACROSS, _DOWN = 12, 8, 2
#: longer side of the map in pixels, bars of a histogram, gap between thumbnails
_SIDE, _BARS, _GAP = 480, 80, 6
_GREY = "#ebebeb"
#: how thresholds were found
_TOLD = {
    "given": "The threshold was given.",
    "examples": "Threshold by the examples: four of five reach it when each is compared with the others. Give one of your own where too much or too little is found.",
    "Otsu": "Threshold by Otsu's method: it splits the scores where both sides keep together best. It always splits, so look at the histogram: where there is no gap, give a threshold of your own.",
}


def write(
    path: str, job: Similarity, model: Model, search: Search, features: Features, there: Features, drawn: str
) -> None:
    """Write the report of *job* to *path*.

    Args:
        there: the raster that the examples lie on.
        drawn: the map of scores, which may not have its name yet.
    """
    report = Report(
        f"Places similar to examples in {os.path.basename(features.source.name) or features.source.name}",
        _about(search, features),
    )
    report.heading("What came out")
    _table(report, model, search)
    shown = min(len(model.names), _QUERIES)
    for i in range(shown):
        # texts of people stand in the page, never in a plot: its font may lack their letters
        report.heading(model.names[i] if len(model.names) > 1 else "How similar the raster is")
        _histogram(report, model, search, i)
        _map(report, model, search, features, drawn, i)
        places = np.array([place[:2] for place in search.places[i]], np.int64).reshape(-1, 2)
        _pictures(report, "The best places, best first", places, features, search)
        _pictures(report, "Cells under the examples", search.queries.each[i].examples.places, there, search)
    if shown < len(model.names):
        report.text(f"The first {shown} of {len(model.names)} queries are shown.")
    counters = np.concatenate([search.queries.shared.places, *(query.counters.places for query in search.queries.each)])
    if len(counters):
        report.heading("Counter-examples")
        _pictures(report, "Cells under the counter-examples", counters, there, search)
    report.asked(job)
    report.write(path)


def _about(search: Search, features: Features) -> str:
    count, examples = len(search.queries.each), sum(len(query.examples.raw) for query in search.queries.each)
    parts = [
        f"{many(search.found.count, 'cell')} of {many(features.bands, 'band')} compared with {many(examples, 'cell')} of examples"
    ]
    if count > 1:
        parts.append(f"in {count} queries")
    return ", ".join(parts) + "."


def _table(report: Report, model: Model, search: Search) -> None:
    shared = len(search.queries.shared.raw)
    rows = []
    for i, query in enumerate(search.queries.each):
        shade = (Swatch(model.facts["colours"][i]),) if model.facts["colours"] else ()
        share = f"{100 * (search.scores[:, i] >= search.thresholds[i]).mean():.2f}"
        rows.append(
            (*shade, model.names[i], query.examples.count, len(query.examples.raw), len(query.counters.raw) + shared,
             f"{search.thresholds[i]:.4g} ({search.ways[i]})", share)
        )  # fmt: skip
    head = ("Query", "Examples", "Cells", "Cells of counter-examples", "Threshold", "% found")
    report.table((("", *head) if model.facts["colours"] else head), rows)
    for way in sorted(set(search.ways)):
        report.text(_TOLD[way])


def _histogram(report: Report, model: Model, search: Search, i: int) -> None:
    scores, limit = search.scores[:, i], search.thresholds[i]
    text = (
        f"How many of {len(scores)} cells from all over the raster have which score, on a scale of powers of ten; "
        f"dotted: the threshold, {limit:.4g}."
    )
    low, high = float(scores.min()), float(scores.max())
    with report.figure(6.4, 1.9, text) as figure:
        axes = figure.subplots()
        shade = model.facts["colours"][i] if model.facts["colours"] else "#486581"
        axes.hist(scores, bins=_BARS, range=(low, high if high > low else low + 1), color=shade, log=True)
        axes.axvline(limit, color="#c2255c", linestyle=":")
        axes.set(xlabel="score", ylabel="cells")


def _map(report: Report, model: Model, search: Search, features: Features, drawn: str, i: int) -> None:
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        shrink = max(1.0, max(ds.width, ds.height) / _SIDE)
        shape = max(1, round(ds.height / shrink)), max(1, round(ds.width / shrink))
        values = ds.read(i + 1, out_shape=shape)
        steps = np.array([shape[0] / ds.height, shape[1] / ds.width])
    low, high = model.facts["stretch"]
    wide = 6.4 * min(1.0, 1.2 * shape[1] / shape[0])
    with report.figure(
        wide, wide * shape[0] / shape[1], "Similarity from dark to bright; circles: the best places."
    ) as figure:
        axes = figure.subplots()
        axes.set_facecolor(_GREY)
        axes.imshow(values, cmap="viridis", vmin=low, vmax=max(high, low + 1e-6), interpolation="nearest")
        places = np.array([place[:2] for place in search.places[i]]).reshape(-1, 2) - (features.top, features.left)
        y, x = ((places + 0.5) * steps - 0.5).T
        axes.scatter(x, y, s=30, facecolors="none", edgecolors="#ff5ea8", linewidths=1.2)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)


def _pictures(report: Report, what: str, places: np.ndarray, features: Features, search: Search) -> None:
    """Thumbnails of the first of these places."""
    if not len(places):
        return
    with open_original(features, search.found.sample) as original:
        cut = thumbnails(original, features, places[: _ACROSS * _DOWN])
        report.picture(sheet(cut), f"{what}, {original.caption}; the cell in question is framed.")


def sheet(pictures: np.ndarray) -> np.ndarray:
    """(n, SIDE, SIDE, 3) uint8 side by side, in as many rows as they need."""
    down = -(-len(pictures) // _ACROSS)
    step = SIDE + _GAP
    made = np.full((down * step - _GAP, min(len(pictures), _ACROSS) * step - _GAP, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        row, col = i // _ACROSS * step, i % _ACROSS * step
        made[row : row + SIDE, col : col + SIDE] = picture
    return made
