"""The report of a reduction: a picture, how much is kept, and what each component is made of."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from matplotlib.ticker import MaxNLocator

from ..features import Features
from ..fitting import Lesson
from ..methods.embedding import neighbours_of
from ..models import Model
from ..preparation import principal_axes
from ..rasters import CACHE_BYTES
from ..report import Report
from ..wording import many

if TYPE_CHECKING:
    from ...algorithms.reduce import Reduce

#: longer side of the picture in pixels; dots of the scatter; cells and neighbours that are compared; bands listed
_SIDE, _DOTS, _COMPARED, _NEAR, _LISTED = 640, 4000, 1500, 15, 5
#: at most so many components have a row of their own, and principal components a bar
_ROWS, _BARS = 24, 40
#: from so many bands on, a line says more than a list
_MANY = 8
#: of cells without data
_GREY = 235


def write(path: str, job: Reduce, model: Model, lesson: Lesson, features: Features, drawn: str) -> None:
    """Write the report of *job* to *path*; *drawn* is the raster of its components, which may not have its name yet."""
    report = Report(
        f"{model.title} of {os.path.basename(features.source.name) or features.source.name}",
        _about(model, lesson, features),
    )
    scores = np.asarray(model.estimator.transform(lesson.x), np.float32)
    report.heading("What came out")
    report.picture(_picture(drawn, model), _colours_told(model))
    _scatter(report, model, scores)
    _kept(report, model, lesson, scores)
    _variance(report, model, lesson)
    _bands(report, model, lesson, scores)
    report.heading(f"About {model.title}")
    for paragraph in inspect.cleandoc(job.card.__doc__ or "").split("\n\n"):
        report.text(" ".join(paragraph.replace("*", "").split()))
    if job.card.source:
        report.text(f"Source: {job.card.source}")
    report.asked(job)
    report.write(path)


def _about(model: Model, lesson: Lesson, features: Features) -> str:
    count = len(model.names)
    parts = [f"{many(features.bands, 'band')} reduced to {many(count, 'component')}, in {many(lesson.count, 'cell')}"]
    if len(lesson.x) < lesson.count:
        parts.append(f"looked at closely in {len(lesson.x)} of them")
    empty = features.width * features.height - lesson.count
    if empty:
        parts.append(f"{many(empty, 'cell')} without data")
    return "; ".join(parts) + "."


def _picture(drawn: str, model: Model) -> np.ndarray:
    """(rows, cols, 3) uint8 of the components raster, in the colours that QGIS will show."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        shrink = max(1.0, max(ds.width, ds.height) / _SIDE)
        shape = max(1, round(ds.height / shrink)), max(1, round(ds.width / shrink))
        data = ds.read(list(range(1, 1 + min(3, ds.count))), out_shape=(min(3, ds.count), *shape))
    colours = _rgb(data.reshape(len(data), -1).T, model).reshape(*shape, 3)
    colours[np.isnan(data[0])] = _GREY
    return colours


def _rgb(scores: np.ndarray, model: Model) -> np.ndarray:
    """(cells, 3) uint8: red, green and blue of the first three of (cells, components); of fewer, grey by the first."""
    low, high = (np.array(side, np.float64) for side in model.facts["stretch"])
    shown = [0, 1, 2] if len(low) == 3 else [0, 0, 0]
    share = (scores[:, shown] - low[shown]) / np.maximum(high[shown] - low[shown], 1e-30)
    return np.rint(255 * np.clip(np.nan_to_num(share), 0, 1)).astype(np.uint8)


def _colours_told(model: Model) -> str:
    if len(model.facts["stretch"][0]) < 3:
        return f"{model.names[0]}, from black to white."
    return "Red: " + ", green: ".join(model.names[:2]) + f", blue: {model.names[2]}. Cells without data are grey."


def _scatter(report: Report, model: Model, scores: np.ndarray) -> None:
    if scores.shape[1] < 2:
        with report.figure(6, 2.4, f"How many cells of the sample have which value of {model.names[0]}.") as figure:
            axes = figure.subplots()
            axes.hist(scores[:, 0], bins=60, color="#486581")
            axes.set(xlabel=model.names[0], ylabel="cells")
        return
    some = scores[:: max(1, len(scores) // _DOTS)]
    colours = _rgb(some, model) / 255
    pairs = [(0, 1)] if scores.shape[1] == 2 else [(0, 1), (0, 2)]
    caption = f"{len(some)} cells of the sample, in the colours of the picture. Groups are places that look alike."
    with report.figure(4.6 * len(pairs), 4.2, caption) as figure:
        for axes, (i, j) in zip(np.atleast_1d(figure.subplots(1, len(pairs))), pairs):
            axes.scatter(some[:, i], some[:, j], s=3, c=colours, linewidths=0)
            axes.set(xlabel=model.names[i], ylabel=model.names[j], facecolor="#f7f7f7")


def _kept(report: Report, model: Model, lesson: Lesson, scores: np.ndarray) -> None:
    """Figures of the fit, and how many of each cell's neighbours in the features are neighbours in the components."""
    rows: list[tuple[str, Any]] = [("cells with data", lesson.count), ("cells fitted on", len(lesson.x))]
    if model.preparation.rotation is not None:
        rows.append(("principal components that it was given", lesson.dims))
    rows += [(name, value) for name, value in model.facts.items() if isinstance(value, (int, float, str))]
    step = max(1, len(scores) // _COMPARED)
    there, here = lesson.x[::step], scores[::step]
    near = min(_NEAR, (len(here) - 1) // 3)
    if near > 0:
        one, two = neighbours_of(there, near)[0], neighbours_of(here, near)[0]
        share = (one[:, :, None] == two[:, None, :]).any(2).mean()
        chance = near / (len(here) - 1)
        rows.append(
            (f"of {near} nearest neighbours in the features, so many stay so", f"{share:.0%}, by chance {chance:.1%}")
        )
    report.heading("How much is kept")
    report.table(("Figure", "Value"), rows)


def _variance(report: Report, model: Model, lesson: Lesson) -> None:
    """Scree plot of all cells, and beside it the shares of the method's own components where it knows them."""
    values = principal_axes(lesson.covariance)[0]
    shares = values / max(float(values.sum()), 1e-300)
    own = model.facts.get("shares")
    count = min(len(shares), max(_BARS, len(model.names)))
    steps = np.arange(1, count + 1)
    total = shares[: len(model.names)].sum()
    caption = (
        f"Shares of the variance of all cells, as prepared for {model.title}. Its first {len(model.names)} principal components "
        f"hold {total:.1%}, no linear method can hold more in as many."
    )
    with report.figure(7, 3, caption) as figure:
        axes = figure.subplots()
        axes.bar(steps, 100 * shares[:count], color="#9fb3c8", label="principal components")
        if own and model.method != "pca":
            axes.bar(np.arange(1, len(own) + 1), 100 * np.array(own), width=0.4, color="#d64545", label=model.title)
        axes.plot(steps, 100 * np.cumsum(shares)[:count], ".-", color="#243b53", label="added up")
        axes.axvline(len(model.names) + 0.5, color="#829ab1", linestyle=":")
        axes.set(xlabel="component", ylabel="% of the variance", xlim=(0.3, count + 0.7), ylim=(0, 103))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, loc="center right")


def _bands(report: Report, model: Model, lesson: Lesson, scores: np.ndarray) -> None:
    """Which bands each component follows, by correlation in the sample: it has a meaning for every method."""
    names = [name or f"band {band}" for band, name in zip(model.contract.bands, model.contract.names)]
    follows = correlations(scores, lesson.raw)
    report.heading("What the components follow")
    groups = model.facts.get("groups")
    rows = []
    for name, row in list(zip(model.names, follows))[:_ROWS]:
        strongest = np.argsort(-np.abs(row), kind="stable")[:_LISTED]
        rows.append((name, ", ".join(f"{names[i]} ({row[i]:+.2f})" for i in strongest)))
    report.table(("Component", "Bands with the strongest correlation"), rows)
    if groups:
        report.table(
            ("Component", "Bands", "They are"),
            [(name, len(one), _span([names[i] for i in one])) for name, one in zip(model.names, groups)],
        )
    if len(names) >= _MANY:
        with report.figure(
            7.5, 2.6, "Correlation of the components with each band, in the order of the bands."
        ) as figure:
            axes = figure.subplots()
            for row, name, colour in zip(follows[:3], model.names, ("#d64545", "#3f9142", "#2680c2")):
                axes.plot(model.contract.bands, row, color=colour, linewidth=1, label=name)
            axes.set(xlabel="band", ylabel="correlation", ylim=(-1.03, 1.03))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.legend(frameon=False, fontsize=8)


def _span(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 12 else ", ".join(names[:6]) + f" … {names[-1]}"


def correlations(scores: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """(components, bands) from -1 to 1, of (cells, components) and (cells, bands); 0 for what never changes."""
    one = scores.astype(np.float64) - scores.mean(0, dtype=np.float64)
    two = bands.astype(np.float64) - bands.mean(0, dtype=np.float64)
    size = np.outer(np.sqrt((one**2).sum(0)), np.sqrt((two**2).sum(0)))
    return np.asarray(
        np.divide(one.T @ two, size, out=np.zeros_like(size), where=size > 1e-12 * size.max(initial=1e-300))
    )
