"""The story of a comparison: bring two dates together, take off what changed everywhere, measure what is left, cut it in two."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..contract.errors import BadRaster
from ..contract.job import Context
from . import change_places
from .aligning import Alignment, Frame, from_all, from_sample
from .feature_raster import FeatureWriter, Layer, writing
from .features import spread_out
from .outputs import Outputs
from .pairing import Pair, cells_of_both, open_pair
from .preparation import principal_axes
from .storage import Storage
from .survey import Draw
from .thresholds import Counts

if TYPE_CHECKING:
    from ..algorithms.change import Change

log = logging.getLogger(__name__)

#: cells that a first correction is fitted on, and how many for each band where that is more
_SAMPLE, _PER_BAND = 10_000, 12
#: cells that hardly differ from the mean cell have no direction of their own: the mean square of all deviations, times this, is
#: added to the square of every cell's length as a feature that never changes
_FLOOR = 0.1
#: cells worked on at once
_PORTION = 2048
#: width of the bins in which distances are counted
_BIN = 1e-4
#: no threshold that is chosen is lower, seen from the mean cell and from zero: Otsu's method splits also where nothing has
#: changed, then between 0.002 and 0.17, against 0.38 and more where something has (tools/quality/change.py)
_LEAST, _LEAST_PLAIN = 0.2, 1e-3
#: share of the cells whose change is within the colours
_BRIGHT = 0.999


@dataclass(frozen=True)
class Measure:
    """How far the direction of a cell's features has turned between the dates.

    Attributes:
        frame: what features are measured in.
        alignment: what is done to the second date.
        origin: (bands,) float64, added to both in the frame: 0 where directions are seen from the mean cell.
        floor: square of a length that both dates share.
    """

    frame: Frame
    alignment: Alignment
    origin: np.ndarray
    floor: float

    def both(self, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cells, bands) float32 of both dates to float64 in the frame, the second one corrected."""
        return self.frame(before), self.alignment(self.frame(after))

    def distance(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """(cells,) float64 from 0 to 2: one minus the cosine, of what ``both`` gives."""
        # half the squared gap of the two directions: exactly 0 for equal cells, where one minus a product is not
        ends = []
        for cells in (before + self.origin, after + self.origin):
            length = np.sqrt(np.einsum("ij,ij->i", cells, cells) + self.floor)
            none = length == 0
            length[none] = 1
            ends.append((cells / length[:, None], np.where(none, 0, np.sqrt(self.floor) / length), none))
        (one, rest, empty), (two, other, bare) = ends
        gap = one - two
        found = (np.einsum("ij,ij->i", gap, gap) + (rest - other) ** 2) / 2
        # nothing and something have no angle between them
        return np.asarray(np.where(empty != bare, 1.0, found))


@dataclass
class Facts:
    """What the report tells besides the rasters.

    Attributes:
        cells: valid at both dates.
        sample_before, sample_after: (cells, bands) float32, as they are in the rasters.
        places: (cells, 2) rows and columns of the sample in the first raster.
        measure: with its correction.
        counts: of the distances of all cells.
        threshold: the least change that counts, and *how* it was found.
        changed: cells above it.
        square_metres: of those; None where the ground is unknown.
    """

    cells: int
    sample_before: np.ndarray
    sample_after: np.ndarray
    places: np.ndarray
    measure: Measure
    counts: Counts
    threshold: float = 0.0
    how: str = "as given"
    changed: int = 0
    square_metres: float | None = None


def run(job: Change, ctx: Context) -> dict[str, Any]:
    """Compare as *job* asks; return output field -> path.

    Raises:
        BadRaster: the rasters were not made alike, do not overlap, or have one band only.
        BadRequest: too few cells for the correction.
    """
    with Outputs(job) as outputs, open_pair(job.before, job.after, job.bands, job.extent) as pair:
        if pair.bands < 2:
            raise BadRaster(
                f"{pair.before.source.name} gives one band, and a single number has no direction that could turn",
                "choose two bands or more; for one, subtract the rasters in the raster calculator",
            )
        facts = _look(pair, job, ctx)
        axes = _axes(pair, facts.measure, ctx) if "components" in outputs else None
        _write(pair, job, facts, axes, outputs, ctx)
        _cut(job, facts, outputs, ctx)
        _tell(pair, job, facts, ctx)
        if "report" in outputs:
            from .reports import change as report_change

            report_change.write(outputs.part("report"), job, pair, facts, outputs.part("output"), ctx)
    return outputs.paths


def _look(pair: Pair, job: Change, ctx: Context) -> Facts:
    """Go through all cells once or twice, and find out how to measure."""
    spread, draw = _Spread(pair.bands), Draw(max(_SAMPLE, _PER_BAND * pair.bands), job.seed)
    ctx.progress(0, pair.height, "rows", "look at all cells")
    for first, last, before, after in pair.each():
        for row in range(last - first):
            x, y, valid = cells_of_both(before[:, row : row + 1], after[:, row : row + 1])
            if len(x):
                spread.add(x)
                cols = np.flatnonzero(valid[0])
                rows = np.full(len(cols), first + row + pair.before.top)
                draw.add(np.concatenate([x, y], 1), rows, cols + pair.before.left)
        ctx.progress(last, pair.height, "rows", "look at all cells")
    if not spread.count:
        raise BadRaster(
            f"{pair.before.source.name} and {pair.after.source.name} have no cell with valid data at both dates",
            "check their nodata values and the extent",
        )
    sample, places = draw.result()
    before, after = sample[:, : pair.bands], sample[:, pair.bands :]
    frame = Frame(spread.mean, spread.scale() if job.scaling == "standardise" else np.ones(pair.bands))
    alignment = Alignment.none(pair.bands)
    if job.correction != "none":
        first_guess, scale = from_sample(frame(before), frame(after), job.correction, ctx)
        alignment = from_all(pair, frame, first_guess, scale, job.correction, ctx)
    plain = job.scaling == "none"
    length = float((spread.variance / frame.scale**2).sum())
    measure = Measure(
        frame, alignment, spread.mean if plain else np.zeros(pair.bands), 0.0 if plain else _FLOOR * length
    )
    return Facts(spread.count, before, after, places, measure, Counts(0, 2, round(2 / _BIN)))


class _Spread:
    """Mean and variance of what was added, in float64."""

    def __init__(self, bands: int) -> None:
        self.count, self.mean, self._squares = 0, np.zeros(bands), np.zeros(bands)

    def add(self, cells: np.ndarray) -> None:
        """Add (cells, bands), by the pairwise rule of Chan, Golub and LeVeque (1979)."""
        x = cells.astype(np.float64)
        mean = x.mean(0)
        count, shift = self.count + len(x), mean - self.mean
        self._squares += ((x - mean) ** 2).sum(0) + shift**2 * (self.count * len(x) / count)
        self.mean = self.mean + shift * (len(x) / count)
        self.count = count

    @property
    def variance(self) -> np.ndarray:
        """(bands,) float64."""
        return np.asarray(self._squares / max(1, self.count))

    def scale(self) -> np.ndarray:
        """(bands,) deviations; 1 for bands that never change."""
        deviation = np.sqrt(self.variance)
        # what rounding of float32 makes of a band that never changes
        return np.where(deviation > 1e-6 * np.maximum(np.abs(self.mean), 1e-30), deviation, 1.0)


def _axes(pair: Pair, measure: Measure, ctx: Context) -> np.ndarray:
    """(3 or fewer, bands) float64: the directions in which the dates differ most, all cells counting alike."""
    scatter = np.zeros((pair.bands, pair.bands))
    ctx.progress(0, pair.height, "rows", "find the directions of change")
    for first, last, before, after in pair.each():
        for row in range(last - first):
            x, y, _ = cells_of_both(before[:, row : row + 1], after[:, row : row + 1])
            if len(x):
                one, two = measure.both(x, y)
                scatter += (two - one).T @ (two - one)
            ctx.progress(first + row + 1, pair.height, "rows", "find the directions of change")
        ctx.progress(last, pair.height, "rows", "find the directions of change")
    # about zero, not about their mean: zero is no change
    axes = principal_axes(scatter)[1][:3]
    return np.asarray(np.rint(axes * 2**30) / 2**30)


def _write(pair: Pair, job: Change, facts: Facts, axes: np.ndarray | None, outputs: Outputs, ctx: Context) -> None:
    """Write ``output`` and ``components``, and count distances."""
    tags = _provenance(pair, job, facts.measure)
    layer = Layer(outputs.paths["output"], Storage("float32", float("nan")), ["cosine distance"], dict(tags))
    writers = [(_writer(layer, pair), _bands(0, 1))]
    if axes is not None:
        sheet = _components(outputs.paths["components"], facts, axes, tags)
        writers.append((_writer(sheet, pair), _bands(1, 1 + len(axes))))
    with writing(writers) as thread:
        ctx.progress(0, pair.height, "rows", "compare")
        for _first, last, before, after in pair.each():
            x, y, valid = cells_of_both(before, after)
            portions = [slice(i, i + _PORTION) for i in range(0, len(x), _PORTION)]
            parts = [_compared(facts.measure, axes, x[some], y[some]) for some in portions]
            empty = np.empty((0, 1 + (0 if axes is None else len(axes))), np.float32)
            made = spread_out(np.concatenate([empty, *parts]), valid)
            facts.counts.add(made[0])
            thread.add(made)
            ctx.progress(last, pair.height, "rows", "compare")
        layer.tags["style"] = json.dumps(
            {"ramp": "Magma", "band": 1, "minimum": 0, "maximum": max(facts.counts.quantile(_BRIGHT), _LEAST_PLAIN)}
        )


def _compared(measure: Measure, axes: np.ndarray | None, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(cells, 1 + components) float32: distance, and the difference along the axes."""
    one, two = measure.both(before, after)
    columns = [measure.distance(one, two)[:, None]]
    if axes is not None:
        columns.append((two - one) @ axes.T)
    return np.concatenate(columns, 1).astype(np.float32)


def _writer(layer: Layer, pair: Pair) -> FeatureWriter:
    return FeatureWriter(layer, pair.width, pair.height, pair.before.transform, pair.before.crs)


def _bands(first: int, last: int) -> Callable[[np.ndarray], np.ndarray]:
    def take(rows: np.ndarray) -> np.ndarray:
        return rows[first:last]

    return take


def _components(path: str, facts: Facts, axes: np.ndarray, tags: dict[str, str]) -> Layer:
    """The raster of components, stretched alike on both sides of no change."""
    one, two = facts.measure.both(facts.sample_before, facts.sample_after)
    reach = np.quantile(np.abs((two - one) @ axes.T), 0.98, axis=0)
    high = [float(f"{value:.6g}") for value in np.maximum(reach, 1e-9)]
    style = {"bands": list(range(1, len(axes) + 1)), "minimum": [-value for value in high], "maximum": high}
    names = [f"direction of change {i + 1}" for i in range(len(axes))]
    own = {**tags, "encoder": "change_components", "style": json.dumps(style)}
    return Layer(path, Storage("float32", float("nan")), names, own)


def _provenance(pair: Pair, job: Change, measure: Measure) -> dict[str, str]:
    told = hashlib.sha256(json.dumps(job.settings(), sort_keys=True).encode())
    for array in (measure.frame.mean, measure.frame.scale, measure.alignment.matrix, measure.alignment.shift):
        told.update(np.ascontiguousarray(array, np.float32).tobytes())
    made_from = [pair.before.contract.as_dict(), pair.after.contract.as_dict()]
    return {
        "encoder": "change",
        "weights_sha256": told.hexdigest(),
        "made_from": json.dumps(made_from),
        "request": json.dumps({"version": 1, "job": job.id, "params": job.values()}),
        "versions": json.dumps({"iamap": __version__, "numpy": np.__version__}),
    }


def _cut(job: Change, facts: Facts, outputs: Outputs, ctx: Context) -> None:
    """Choose the threshold, count what lies above, and write ``changed`` and ``polygons``."""
    if job.threshold is not None:
        facts.threshold = job.threshold
    else:
        least, best = _LEAST_PLAIN if job.scaling == "none" else _LEAST, facts.counts.otsu()
        facts.threshold = max(least, best) if facts.counts.quantile(1) > least else least
        facts.how = "by Otsu's method"
        if facts.threshold > best or facts.counts.quantile(1) <= least:
            facts.how = f"the least that is chosen; Otsu's method would split at {best:.3g}"
            log.warning("little has changed anywhere: the threshold is %s", facts.how)
    facts.changed, facts.square_metres = change_places.find(job, facts.threshold, outputs, ctx)


def _tell(pair: Pair, job: Change, facts: Facts, ctx: Context) -> None:
    share = 100 * facts.changed / facts.cells
    log.info("%d of %d cells (%.3g %%) lie above the threshold %.4g, %s", facts.changed, facts.cells, share, facts.threshold, facts.how)  # fmt: skip
    ctx.fact("cells", facts.cells)
    ctx.fact("changed cells", facts.changed)
    ctx.fact("changed in %", float(f"{share:.4g}"))
    if facts.square_metres is not None:
        ctx.fact("changed m²", float(f"{facts.square_metres:.6g}"))
    ctx.fact("threshold", float(f"{facts.threshold:.6g}"))
    ctx.fact("correction", job.correction)
    ctx.fact("second date", pair.how or "on the cells of the first")
