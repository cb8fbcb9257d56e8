"""The report of a clustering: the map, what is in it, and how well the clusters keep apart."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

from ..class_outputs import Extent
from ..features import Features
from ..fitting import Lesson
from ..lettering import ticks, told_apart
from ..models import Model
from ..number_of_clusters import Silhouettes
from ..preparation import principal_axes
from ..rasters import CACHE_BYTES
from ..report import Report, Swatch
from ..wording import many
from .thumbnails import SIDE, open_original, thumbnails

if TYPE_CHECKING:
    from ...algorithms.cluster import Cluster

#: longer side of the map in pixels; cells of the sample that are looked at, those that are drawn as dots, and those that are
#: compared with each other
_SIDE, _CELLS, _DOTS, _COMPARED = 640, 20_000, 5000, 3000
#: clusters with a row of their own in pictures, typical places of each, and bands shown
_ROWS, _PLACES, _BANDS = 24, 6, 24
#: gap between thumbnails in pixels, and the grey of what holds no data
_GAP, _GREY = 6, 235
_NOISE = 0


def write(
    path: str,
    job: Cluster,
    model: Model,
    whole: Lesson,
    features: Features,
    sizes: Sequence[Extent],
    drawn: str,
) -> None:
    """Write the report of *job* to *path*.

    Args:
        whole: what the model was fitted on.
        sizes: of the classes in the map.
        drawn: the map, which may not have its name yet.
    """
    lesson = whole.portion(_CELLS)
    labels = np.asarray(model.estimator.predict(lesson.x), np.int64)
    report = Report(
        f"{model.title} of {os.path.basename(features.source.name) or features.source.name}",
        _about(model, whole, features, sizes),
    )
    few = np.linspace(0, len(labels) - 1, min(len(labels), _COMPARED)).astype(np.int64)
    found = labels[few]
    apart = Silhouettes(lesson.x[few]).of(np.where(found == _NOISE, -1, found))
    shown = _largest(sizes)
    report.heading("What came out")
    report.picture(_picture(drawn, sizes), "The map, in the colours of its legend. Cells without data are light grey.")
    _sizes(report, model, sizes, _means(apart, found))
    _typical_places(report, lesson, labels, features, shown)
    _bands(report, model, lesson, labels, shown)
    _scatter(report, lesson, labels, sizes)
    _silhouettes(report, apart, found, shown)
    _curve(report, model)
    report.heading(f"About {model.title}")
    for paragraph in inspect.cleandoc(job.card.__doc__ or "").split("\n\n"):
        report.text(" ".join(paragraph.replace("*", "").split()))
    if job.card.source:
        report.text(f"Source: {job.card.source}")
    report.asked(job)
    report.write(path)


def _about(model: Model, lesson: Lesson, features: Features, sizes: Sequence[Extent]) -> str:
    count = sum(one.of.value != _NOISE for one in sizes)
    parts = [f"{many(lesson.count, 'cell')} of {many(features.bands, 'band')} in {many(count, 'cluster')}"]
    if len(lesson.x) < lesson.count:
        parts.append(f"fitted on {len(lesson.x)} of them")
    if model.preparation.rotation is not None:
        parts.append(f"by {lesson.dims} principal components")
    empty = features.width * features.height - lesson.count
    if empty:
        parts.append(f"{many(empty, 'cell')} without data")
    return "; ".join(parts) + "."


def _largest(sizes: Sequence[Extent]) -> list[Extent]:
    """The largest clusters, in the order of their numbers."""
    clusters = [one for one in sizes if one.of.value != _NOISE]
    largest = sorted(clusters, key=lambda one: -one.cells)[:_ROWS]
    return sorted(largest, key=lambda one: one.of.value)


def _some(shown: Sequence[Extent]) -> str:
    return f" The {_ROWS} largest clusters are shown." if len(shown) == _ROWS else ""


def _picture(drawn: str, sizes: Sequence[Extent]) -> np.ndarray:
    """(rows, cols, 3) uint8 of the map."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(drawn) as ds:
        shrink = max(1.0, max(ds.width, ds.height) / _SIDE)
        shape = max(1, round(ds.height / shrink)), max(1, round(ds.width / shrink))
        values, nodata = ds.read(1, out_shape=shape), ds.nodata
    table = np.full((int(max(values.max(), nodata or 0)) + 1, 3), _GREY, np.uint8)
    for one in sizes:
        if one.of.value < len(table):
            table[one.of.value] = _rgb(one)
    return table[values]


def _rgb(one: Extent) -> tuple[int, ...]:
    return tuple(bytes.fromhex(one.of.colour[1:]))


def _means(values: np.ndarray, found: np.ndarray) -> dict[int, float]:
    """Mean of the known *values* of every cluster."""
    known = ~np.isnan(values)
    return {int(one): float(values[known & (found == one)].mean()) for one in np.unique(found[known])}


def _sizes(report: Report, model: Model, sizes: Sequence[Extent], apart: dict[int, float]) -> None:
    rows: list[tuple[Any, ...]] = []
    total = max(1, sum(one.cells for one in sizes))
    measured = any(one.square_metres is not None for one in sizes)
    for one in sizes:
        ground = ((one.square_metres or 0.0) / 1e4,) if measured else ()
        own = f"{apart[one.of.value]:.2f}" if one.of.value in apart else ""
        share = f"{100 * one.cells / total:.1f}"
        rows.append((Swatch(one.of.colour), one.of.value, one.of.label, one.cells, share, *ground, own))
    head = ("", "Value", "Class", "Cells", "%", *(("ha",) if measured else ()), "Silhouette")
    report.table(head, rows)
    if measured:
        report.text("Areas are those on the ground, on the ellipsoid of the CRS.")
    told = [(name, value) for name, value in model.facts.items() if isinstance(value, (int, float, str))]
    if told:
        report.table(("Figure", "Value"), told)


def _typical_places(
    report: Report, lesson: Lesson, labels: np.ndarray, features: Features, shown: Sequence[Extent]
) -> None:
    """A row of thumbnails for every cluster."""
    rows = [(one, typical(lesson, labels == one.of.value)) for one in shown]
    rows = [(one, places) for one, places in rows if len(places)]
    if not rows:
        return
    with open_original(features, lesson.raw) as original:
        pictures = thumbnails(original, features, np.concatenate([places for _, places in rows]))
        caption = original.caption
    step = SIDE + _GAP
    sheet = np.full((len(rows) * step, _PLACES * step, 3), 255, np.uint8)
    cut = iter(pictures)
    for i, (_, places) in enumerate(rows):
        for j in range(len(places)):
            sheet[i * step : i * step + SIDE, j * step : j * step + SIDE] = next(cut)
    report.heading("Typical places")
    text = f"Places nearest to the mean of their cluster, {caption}; the cell in question is framed.{_some(shown)}"
    with report.figure(6.2, 0.75 * len(rows) + 0.1, text) as figure:
        axes = figure.subplots()
        axes.imshow(sheet, interpolation="nearest")
        axes.set(xticks=[], yticks=[(i + 0.5) * step for i in range(len(rows))])
        axes.set_yticklabels([f"{one.of.label}  ■" for one, _ in rows])
        for text_of, (one, _) in zip(axes.get_yticklabels(), rows):
            text_of.set_color(_readable(one))
        axes.spines[:].set_visible(False)
        axes.grid(False)
        axes.tick_params(length=0)


def _readable(one: Extent) -> str:
    """The colour of a class, dark enough for text."""
    return "#{:02x}{:02x}{:02x}".format(*(round(0.75 * channel) for channel in _rgb(one)))


def typical(lesson: Lesson, inside: np.ndarray) -> np.ndarray:
    """(n, 2) places of the cells of a cluster that are nearest to its mean, as far from each other as may be.

    Args:
        inside: (cells,) bool: which of the sample are in the cluster.
    """
    cells = np.flatnonzero(inside)
    if not len(cells):
        return np.zeros((0, 2), np.int64)
    x = lesson.x[cells]
    near = cells[np.argsort(np.square(x - x.mean(0)).sum(1), kind="stable")[: max(_PLACES, len(cells) // 20)]]
    places = lesson.places[near].astype(np.float64)
    chosen = [0]
    gap = np.linalg.norm(places - places[0], axis=1)
    while len(chosen) < min(_PLACES, len(near)):
        chosen.append(int(gap.argmax()))
        gap = np.minimum(gap, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return np.asarray(lesson.places[near[chosen]])


def _bands(report: Report, model: Model, lesson: Lesson, labels: np.ndarray, shown: Sequence[Extent]) -> None:
    """Means of the clusters in the bands that tell them apart best."""
    inside = labels != _NOISE
    present = [one for one in shown if (labels == one.of.value).any()]
    if len(present) < 2:
        return
    raw = lesson.raw[inside].astype(np.float64)
    middle, spread = raw.mean(0), raw.std(0)
    alive = spread > 1e-6 * np.maximum(np.abs(middle), 1e-30)
    z = np.stack([lesson.raw[labels == one.of.value].mean(0, dtype=np.float64) for one in present]) - middle
    z = np.where(alive, z / np.where(alive, spread, 1), 0)
    share = np.array([(labels == one.of.value).mean() for one in present])
    tells = (share[:, None] * z**2).sum(0)
    best = np.sort(np.argsort(-tells, kind="stable")[:_BANDS])
    names = [name or f"band {band}" for band, name in zip(model.contract.bands, model.contract.names)]
    report.heading("What the clusters are like")
    text = (
        f"Means of the clusters in {'the bands that tell them apart best' if len(names) > _BANDS else 'all bands'}, "
        f"in deviations from the mean of all cells: red above it, blue below.{_some(shown)}"
    )
    called = [names[i] for i in best]
    with report.figure(0.28 * len(best) + 1.8, 0.24 * len(present) + 1.3, text, ticks(called)) as figure:
        axes = figure.subplots()
        most = max(float(np.abs(z[:, best]).max()), 1e-6)
        image = axes.imshow(z[:, best], cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
        axes.set_xticks(range(len(best)), ticks(called), rotation=90, fontsize=7)
        axes.set_yticks(range(len(present)), [one.of.label for one in present], fontsize=8)
        axes.grid(False)
        figure.colorbar(image, ax=axes, pad=0.02)
    if told_apart(called):
        report.text(told_apart(called))


def _scatter(report: Report, lesson: Lesson, labels: np.ndarray, sizes: Sequence[Extent]) -> None:
    """The sample on its first two principal components."""
    if lesson.dims < 2:
        return
    values, axes_of = principal_axes(lesson.covariance)
    step = max(1, len(lesson.x) // _DOTS)
    scores = lesson.x[::step] @ axes_of[:2].T.astype(np.float32)
    table = {one.of.value: np.array(_rgb(one)) / 255 for one in sizes}
    colours = np.stack([table[int(value)] for value in labels[::step]])
    shares = 100 * values / max(float(values.sum()), 1e-300)
    text = f"{len(scores)} cells of the sample, in the colours of their clusters."
    with report.figure(5.6, 4.6, text) as figure:
        axes = figure.subplots()
        axes.scatter(scores[:, 0], scores[:, 1], s=4, c=colours, linewidths=0)
        axes.set(
            xlabel=f"first principal component ({shares[0]:.0f} % of the variance)",
            ylabel=f"second ({shares[1]:.0f} %)",
            facecolor="#f7f7f7",
        )


def _silhouettes(report: Report, apart: np.ndarray, found: np.ndarray, shown: Sequence[Extent]) -> None:
    """How well each cluster keeps apart from the next."""
    means = _means(apart, found)
    rows = [one for one in shown if one.of.value in means]
    if not rows:
        return
    overall = float(np.nanmean(apart))
    report.heading("How well they keep apart")
    text = (
        f"Mean silhouette of each cluster, and of all ({overall:.2f}, dotted), in {int((~np.isnan(apart)).sum())} cells of the "
        f"sample. 1: far from all others. 0: on the border to the next. Below 0: nearer to another cluster.{_some(shown)}"
    )
    with report.figure(6, 0.24 * len(rows) + 0.7, text) as figure:
        axes = figure.subplots()
        bars = [means[one.of.value] for one in rows]
        axes.barh([one.of.label for one in rows], bars, color=[one.of.colour for one in rows])
        axes.axvline(overall, color="#243b53", linestyle=":")
        axes.invert_yaxis()
        axes.set(xlabel="silhouette")


def _curve(report: Report, model: Model) -> None:
    """The curve by which the number of clusters was chosen, if it was."""
    curve = model.facts.get("curve")
    if not curve:
        return
    chosen = int(model.facts["clusters chosen"])
    labels = {
        "elbow": "squared distances from the means",
        "silhouette": "mean silhouette",
        "BIC": "BIC, the lower the better",
    }
    report.heading("The number of clusters")
    with report.figure(6, 3, f"{chosen} clusters were chosen by the {curve['score']}.") as figure:
        axes = figure.subplots()
        axes.plot(curve["numbers"], curve["values"], ".-", color="#486581")
        axes.axvline(chosen, color="#d64545", linestyle=":")
        axes.set(xlabel="clusters", ylabel=labels[curve["score"]])
