"""The report of an encode: what was recognised and done, what came out, what of it is of the tiles instead of the ground."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

from ..features_thumbnail import SIDE, Thumbnail, small
from ..inputs.fitted import COMPUTED
from ..picture import Look
from ..rasters import CACHE_BYTES, Source
from ..report import Report
from ..seams import Seams, measure
from ..wording import pixels as of_pixels
from .thumbnails import GREY, colour_bands, stretched

if TYPE_CHECKING:
    from ...algorithms.encode import Encode
    from ..encoding import Prepared
    from ..passage import Passage

#: bands that are named
_LISTED = 16
#: seams that nobody will see, and those that a map will show
_LITTLE, _MUCH = 1.1, 1.3
#: R² of the place within the tile that is worth a thought
_TELLING = 0.1


@dataclass(frozen=True)
class Story:
    """What there is to tell.

    Attributes:
        ready: raster, network and plan.
        passage: the run, all of its rows written.
        look: principal components of a sample of the features.
        features: path of the features, which may not have their name yet.
        warnings: that were logged, sentences without full stops.
    """

    job: Encode
    card: Any
    ready: Prepared
    passage: Passage
    look: Look
    features: str
    warnings: list[str]


def write(path: str, story: Story) -> None:
    """Write the report to *path*."""
    job, ready = story.job, story.ready
    name = os.path.basename(ready.source.name) or ready.source.name
    report = Report(f"Features of {name}", f"Encoded with {encoder(job)}.")
    report.heading("What came out")
    _pictures(report, story)
    _result(report, story)
    report.heading("What was recognised")
    report.table(("What", "Found"), recognised(story))
    report.heading("Computation")
    report.table(("Figure", "Value"), computation(story))
    _bias(report, story)
    seams = measure(story.features, ready.plan, ready.source, job.seed)
    _seams(report, seams, story.passage.bias.removed)
    if not np.isnan(seams.ratio):
        story.passage.ctx.fact("seams of the features", round(seams.features, 3))
        story.passage.ctx.fact("seams of the pixels", round(seams.pixels, 3))
    report.heading("Warnings")
    for text in story.warnings:
        report.text(text[:1].upper() + text[1:] + ".")
    if not story.warnings:
        report.text("There were none.")
    report.asked(job)
    report.write(path)


def _pictures(report: Report, story: Story) -> None:
    plan, source = story.ready.plan, story.ready.source
    shape = small(plan.out_height, plan.out_width)
    pixels, features = raster_picture(source, story, shape), features_picture(story.passage.thumbnail)
    places = _shown(source)
    shown = f"band{'s' if len(places) > 1 else ''} {', '.join(str(source.bands[i]) for i in places)} of the raster"
    if isinstance(source, COMPUTED):
        names = source.band_names()
        shown = ", ".join(names[i] for i in places)
    count = len(story.look.components)
    how = {
        1: "the only feature",
        2: "the two principal components of the features",
        3: "the first three principal components of the features as red, green, blue",
    }[count]
    caption = f"Left: {shown}{' as red, green, blue' if len(places) > 1 else ''}. Right: {how}. Grey: no data."
    wide = shape[1] >= shape[0]
    size = (9.0, max(1.2, 4.5 * shape[0] / shape[1])) if wide else (max(2.0, 9.0 * shape[1] / shape[0]), 4.5)
    with report.figure(*size, caption) as figure:
        for axes, picture in zip(figure.subplots(1, 2), (pixels, features)):
            axes.imshow(picture, interpolation="nearest")
            axes.set_axis_off()


def _shown(source: Source) -> list[int]:
    """Places among the bands that are read of those that are shown: in natural colours where the raster tells."""
    if isinstance(source, COMPUTED):
        return list(range(3 if len(source.bands) >= 3 else 1))
    return [source.bands.index(band) for band in colour_bands(source, source.bands)]


def raster_picture(source: Source, story: Story, shape: tuple[int, int]) -> np.ndarray:
    """(rows, cols, 3) uint8 of the part of the raster that was encoded: some of its pixels, stretched unless 8-bit."""
    plan = story.ready.plan
    top, left = plan.rows.first * plan.cell, plan.cols.first * plan.cell
    bottom, right = min(plan.height, plan.rows.stop * plan.cell), min(plan.width, plan.cols.stop * plan.cell)
    scale = max(1.0, SIDE / max(shape))
    shape = min(round(shape[0] * scale), round(bottom - top)), min(round(shape[1] * scale), round(right - left))
    rows = np.clip((top + (np.arange(shape[0]) + 0.5) * (bottom - top) / shape[0]).astype(int), 0, plan.height - 1)
    cols = np.clip((left + (np.arange(shape[1]) + 0.5) * (right - left) / shape[1]).astype(int), 0, plan.width - 1)
    lines, masks = [], []
    for row in rows:
        data, valid = source.read(int(row), int(row) + 1, int(cols[0]), int(cols[-1]) + 1)
        lines.append(data[:, 0, cols - cols[0]])
        masks.append(valid[0, cols - cols[0]])
    picture, valid = np.stack(lines, 1), np.stack(masks)
    return stretched(picture[None, _shown(source)], valid[None], source.eight_bit)[0]


def features_picture(thumbnail: Thumbnail | None) -> np.ndarray:
    """(rows, cols, 3) uint8: the features in principal components, grey where there is no data."""
    if thumbnail is None:
        raise RuntimeError("no picture was made of the features")
    colours = np.moveaxis(thumbnail.colours, 0, -1)
    return np.where((colours == 0).all(-1, keepdims=True), GREY, colours).astype(np.uint8)


def _result(report: Report, story: Story) -> None:
    plan, look = story.ready.plan, story.look
    total = plan.out_width * plan.out_height
    shares = ", ".join(f"{share:.1%}" for share in look.variance)
    crs = story.ready.source.crs
    unit = "" if crs is None else "degrees" if crs.is_geographic else _several(crs.linear_units)
    step = abs(complex(story.ready.source.transform.a, story.ready.source.transform.d)) * plan.cell
    rows: list[tuple[str, Any]] = [
        ("features of a cell", story.ready.network.dim),
        ("columns and rows", f"{plan.out_width} × {plan.out_height}"),
        ("side of a cell", of_pixels(plan.cell) + (f", {step:.6g} {unit}" if unit else "")),
        ("cells without data", f"{empty_share(story.features):.1%} of {total}"),
        ("variance in the first principal components", shares),
    ]
    report.table(("Figure", "Value"), rows)


def _several(unit: str) -> str:
    """``metre`` to ``metres``, ``US survey foot`` to ``US survey feet``."""
    if unit in ("", "unknown"):
        return "units"
    return unit.replace("foot", "feet") if "foot" in unit else unit if unit.endswith("s") else f"{unit}s"


def empty_share(path: str) -> float:
    """Share of the cells of a raster that hold no data, read block by block from its first band."""
    empty, total = 0, 0
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as ds:
        for _, window in ds.block_windows(1):
            mask = ds.read_masks(1, window=window)
            empty += int((mask == 0).sum())
            total += mask.size
    return empty / max(total, 1)


def encoder(job: Encode) -> str:
    """The encoder, its model and the file of its own weights, as far as they were chosen."""
    own = f"own weights {_own(job)}" if job.weights else ""
    return ", ".join(part for part in (job.encoder, job.model, own) if part)


def _own(job: Encode) -> str:
    return os.path.basename(os.path.normpath(job.weights)) if job.weights else ""


def licence(story: Story) -> str:
    """Of the weights."""
    if story.card.drawn:
        return "none needed"
    if story.job.weights:
        return "own weights: whoever made them says"
    hub = story.card.hub_file(story.job.model)
    return hub.licence if hub else "none needed"


def recognised(story: Story) -> list[tuple[str, Any]]:
    """Encoder, bands, sensor, unit, normalisation."""
    facts, source = story.ready.facts, story.ready.source
    computed = source.band_names() if isinstance(source, COMPUTED) else []
    names = [""] * len(facts["bands"]) if computed else source.band_names()
    bands = [f"{band} ({name})" if name else str(band) for band, name in zip(facts["bands"], names)]
    waves = facts.get("wavelengths")
    origin = facts["statistics"]["origin"]
    told = {"encoder": "the encoder's constants", "raster": "mean and deviation of the raster"}
    rows = [
        ("encoder", story.job.encoder),
        ("model", story.job.model or ""),
        ("weights", _own(story.job)),
        ("licence of its weights", licence(story)),
        ("trained on", "" if story.job.weights and not story.card.drawn else story.card.trained_on),
        ("sha256 of its weights", facts["weights_sha256"]),
        ("bands", ", ".join(bands[:_LISTED]) + (f" … ({len(bands)})" if len(bands) > _LISTED else "")),
        ("computed from them", ", ".join(computed)),
        ("sensor", facts.get("sensor") or "not known"),
        ("unit of the values", facts.get("unit") or "not known"),
        ("wavelengths in micrometres", ", ".join(f"{wave:g}" for wave in waves[:_LISTED]) if waves else "not known"),
        ("bands fitted to the encoder", facts.get("fit_bands") or "as given"),
        ("normalised by", told.get(origin, f"a {origin} of the raster's values")),
        ("projection", source.crs.to_string() if source.crs else "none"),
    ]
    return [row for row in rows if row[1]]


def computation(story: Story) -> list[tuple[str, Any]]:
    """Device, backend, precision, closeness, time."""
    passage, plan = story.passage, story.ready.plan
    seconds = time.monotonic() - passage.began
    rows: list[tuple[str, Any]] = list(passage.backend.facts().items())
    close = passage.backend.close
    if close is not None:
        rows.append(("cosine to torch in float32, on tiles of the raster", round(close.cosine, 5)))
        rows.append(("the same after the mean cell was subtracted", round(close.centred, 5)))
    rows += [
        ("tiles", len(plan.tiles)),
        ("tile", f"{of_pixels(plan.tile)}, {plan.per_tile} × {plan.per_tile} cells"),
        ("tiles computed in this run", passage.computed),
        ("seconds", round(seconds, 1)),
        ("tiles a second", round(passage.computed / max(seconds, 1e-6), 2)),
    ]
    if passage.bias.tiles:
        rows.append(("tiles computed to measure the position bias", passage.bias.tiles))
    return rows


def _bias(report: Report, story: Story) -> None:
    bias = story.passage.bias
    report.heading("Position bias")
    figures = bias.figures
    if figures is None:
        report.text(f"Position bias {bias.told}.")
        return
    report.table(
        ("Place within the tile, predicted from the features", "R²"),
        [
            ("before", round(max(0.0, figures.before), 3)),
            ("after the pattern is taken off", round(max(0.0, figures.after), 3)),
        ],
    )
    report.text(
        "R² says how well the row and the column of a cell within its tile can be predicted from its features: 1 exactly, 0 not at all. "
        "It is measured on tiles that were used neither to fit the prediction, a ridge regression, nor to estimate the pattern. The "
        "pattern is what each place within the tile adds to the features. It is estimated from tiles that overlap, so that they see the "
        f"same ground at different places within the tile. {_gain(figures.gain)} Position bias {bias.told}."
    )
    if not bias.removed and max(0.0, figures.before) - max(0.0, figures.after) > _TELLING:
        report.text("Maps may show stripes or grids as wide as tiles: position_bias = remove takes them off.")


def _gain(gain: float) -> str:
    """What taking the pattern off does to features of the same ground, in a sentence."""
    if gain <= 0:
        return "Taking it off does not make features of the same ground more alike between tiles."
    return f"When it is taken off, features of the same ground differ {gain:.1%} less between tiles."


def _seams(report: Report, seams: Seams, removed: bool) -> None:
    report.heading("Seams")
    if np.isnan(seams.ratio):
        report.text("No seams can be measured: there is one tile, or its borders lie where nothing is valid.")
        return
    report.table(
        ("Change across the borders of tiles over change elsewhere", "Times"),
        [
            ("of the features", round(seams.features, 3)),
            ("of the pixels' means, which know nothing of tiles", round(seams.pixels, 3)),
            ("ratio", round(seams.ratio, 3)),
        ],
    )
    words = "can be seen" if seams.ratio > _MUCH else "hardly show" if seams.ratio > _LITTLE else "do not show"
    cure = "More overlap makes" if removed else "More overlap, or position_bias = remove, makes"
    report.text(
        f"Mean squared step between neighbouring cells. A ratio of 1 is a map without seams: here they {words}."
        + (f" {cure} them weaker." if seams.ratio > _LITTLE else "")
    )
