"""The report of a comparison: how much changed and where the line was drawn, what was taken off, and pictures of both dates."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from matplotlib import colormaps

from ...contract.job import Context
from .. import change_places
from ..pairing import Pair
from ..rasters import CACHE_BYTES
from ..report import Report
from ..resampling import Crossing
from ..wording import many
from .thumbnails import open_original, thumbnails

if TYPE_CHECKING:
    from ...algorithms.change import Change
    from ..change import Facts

#: longer side of the picture in pixels; places shown, and the least cells between them; bands listed
_SIDE, _PLACES, _APART, _BANDS = 640, 8, 8, 6
#: bars of the histogram
_BARS = 80
_GREY, _BLUE, _RED = 235, "#486581", "#c2255c"


def write(path: str, job: Change, pair: Pair, facts: Facts, drawn: str, ctx: Context) -> None:
    """Write the report of *job* to *path*; *drawn* is the raster of change, which may not have its name yet."""
    names = [os.path.basename(one.source.name) or one.source.name for one in (pair.before, pair.after)]
    empty = pair.width * pair.height - facts.cells
    about = f"{many(facts.cells, 'cell')} compared in {many(pair.bands, 'band')}"
    about += f"; {empty} hold no data at one of the dates." if empty else "."
    report = Report(f"Change from {names[0]} to {names[1]}", about)
    report.heading("What came out")
    report.table(("", ""), _figures(job, pair, facts))
    report.picture(
        _picture(drawn, facts), "How much cells have changed, from black to yellow; cells without data are grey."
    )
    _histogram(report, facts)
    _places(report, pair, facts, drawn, ctx)
    _shift(report, job, pair, facts)
    report.asked(job)
    report.write(path)


def _figures(job: Change, pair: Pair, facts: Facts) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        ("changed cells", facts.changed),
        ("share of all cells in %", 100 * facts.changed / facts.cells),
    ]
    if facts.square_metres is not None:
        rows.append(("their area in hectares", facts.square_metres / 1e4))
    rows += [("threshold", facts.threshold), ("how it was found", facts.how)]
    rows.append(("second date", pair.how or "its cells are those of the first"))
    return rows


def _picture(drawn: str, facts: Facts) -> np.ndarray:
    """(rows, cols, 3) uint8 of the raster of change."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        shrink = max(1.0, max(ds.width, ds.height) / _SIDE)
        shape = max(1, round(ds.height / shrink)), max(1, round(ds.width / shrink))
        values = ds.read(1, out_shape=shape)
    high = max(facts.counts.quantile(0.999), 1e-6)
    colours = np.rint(255 * colormaps["magma"](np.nan_to_num(values) / high)[..., :3]).astype(np.uint8)
    colours[np.isnan(values)] = _GREY
    return colours


def _histogram(report: Report, facts: Facts) -> None:
    counts = facts.counts
    high = min(2.0, max(counts.quantile(1), 1.2 * facts.threshold, 1e-3))
    edges = np.linspace(0, high, _BARS + 1)
    middle = (counts.edges[1:] + counts.edges[:-1]) / 2
    bars = np.histogram(middle, edges, weights=counts.counts)[0]
    measure = facts.measure
    before, after = measure.frame(facts.sample_before), measure.frame(facts.sample_after)
    plain = np.histogram(np.minimum(measure.distance(before, after), high), edges)[0] * (facts.cells / len(before))
    caption = (
        "How many cells have changed how much; the scale of cells is logarithmic. "
        f"Cells to the right of the line count as changed. Thin: before the correction, estimated from {len(before)} cells."
    )
    with report.figure(8, 3.2, caption) as figure:
        axes = figure.subplots()
        axes.bar(edges[:-1], bars, np.diff(edges), align="edge", color=_BLUE)
        axes.stairs(plain, edges, color="#9aa5b1", linewidth=1)
        axes.axvline(facts.threshold, color=_RED)
        axes.set(xlabel="change (cosine distance)", ylabel="cells", yscale="log", xlim=(0, high), ylim=(0.8, None))


def _places(report: Report, pair: Pair, facts: Facts, drawn: str, ctx: Context) -> None:
    """Pictures of both dates, side by side."""
    found = change_places.strongest(drawn, _PLACES, _APART, ctx)
    if not found:
        return
    report.heading("Where most has changed")
    here = np.array([(row, col) for row, col, _ in found])
    way = Crossing(pair.before.transform, pair.before.crs, pair.after.source.transform, pair.after.crs)
    cols, rows = way(here[:, 1] + 0.5, here[:, 0] + 0.5)
    there = np.stack([np.floor(rows), np.floor(cols)], 1).astype(np.int64)
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(open_original(pair.before, facts.sample_before))
        two = stack.enter_context(open_original(pair.after, facts.sample_after))
        first = thumbnails(one, pair.before, here + np.array([pair.before.top, pair.before.left]))
        second = thumbnails(two, pair.after, there)
        captions = one.caption, two.caption
    told = (
        f"Above: the first date, {captions[0]}. Below: the second date, {captions[1]}. The cell in question is framed."
    )
    with report.figure(1.2 * len(found), 2.9, told) as figure:
        grid = figure.subplots(2, len(found), squeeze=False)
        for axes, picture in zip(grid.ravel(), [*first, *second]):
            axes.imshow(picture)
            axes.set_axis_off()
        for i, (_, _, value) in enumerate(found):
            grid[0, i].set_title(f"{i + 1}: {value:.2f}", fontsize=8)
    columns = ("", "change", "x", "y")
    corners = [pair.before.transform * (col + 0.5, row + 0.5) for row, col, _ in found]
    report.table(columns, [(i + 1, found[i][2], f"{x:.8g}", f"{y:.8g}") for i, (x, y) in enumerate(corners)])


def _shift(report: Report, job: Change, pair: Pair, facts: Facts) -> None:
    """What changed everywhere, and how much closer the dates are without it."""
    report.heading("What changed everywhere")
    measure = facts.measure
    before, plain = measure.frame(facts.sample_before), measure.frame(facts.sample_after)
    after = measure.alignment(plain)
    rows: list[tuple[str, Any, Any]] = []
    for name, value in (
        ("median change of a cell", lambda y: float(np.median(measure.distance(before, y)))),
        ("mean difference of the dates, in all bands", lambda y: float(np.linalg.norm(y.mean(0) - before.mean(0)))),
        ("spread of the second date by that of the first", lambda y: _spread(y) / max(_spread(before), 1e-30)),
        ("correlation of the dates, mean of all bands", lambda y: _correlation(before, y)),
    ):
        rows.append((name, value(plain), value(after)))
    if job.correction == "none":
        report.text("No correction was asked for: differences of light, season and sensor count as change.")
        report.table(("of a sample", "as it is"), [row[:2] for row in rows])
    else:
        report.table(("of a sample", "as it is", "corrected"), rows)
    gap = plain.mean(0) - before.mean(0)
    names = pair.before.contract.names
    order = np.argsort(-np.abs(gap), kind="stable")[:_BANDS]
    unit = "deviations of the first date" if job.scaling == "standardise" else "units of the bands"
    report.text(f"Bands whose mean moved most, in {unit}:")
    report.table(
        ("band", "shift"),
        [(names[i] or f"band {pair.before.source.bands[i]}", float(gap[i])) for i in order.tolist()],
    )


def _spread(values: np.ndarray) -> float:
    return float(np.sqrt(values.var(0).sum()))


def _correlation(one: np.ndarray, two: np.ndarray) -> float:
    a, b = one - one.mean(0), two - two.mean(0)
    length = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    alive = length > 0
    return float(((a * b).sum(0)[alive] / length[alive]).mean()) if alive.any() else float("nan")
