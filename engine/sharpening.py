"""The story of guided upsampling: find what raster and image have in common, go over the image's pixels tile by tile, write."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract.errors import BadRaster, BadRequest
from ..contract.job import Context
from . import sharpened_layers
from .feature_raster import FeatureWriter, writing
from .features import Features, open_features
from .guided_filter import HALO, HALO_BY_RADIUS, GuidedFilter
from .joint_bilateral import JointBilateral
from .mapping import Sheet
from .normalise import Normaliser
from .outputs import Outputs
from .pixels_in_cells import Pixels, gather, located, window_ends
from .resampling import Crossing
from .sharpened_layers import Kind
from .statistics import whole_raster
from .storage import bytes_per_value, check_room
from .wording import many

if TYPE_CHECKING:
    from ..algorithms.sharpen import Sharpen

log = logging.getLogger(__name__)

#: pixels of a side of a tile, bands or classes that are worked on at once, and bytes of the rows that are handed to the writer
_SIDE, _GROUP, _STRIP_BYTES = 256, 16, 32 << 20
#: bands of the guide at most: equations grow with their square
_BANDS = 16
#: a pixel that is longer than this, in cells, is too coarse to sharpen by
_COARSE = 0.75
#: bands from which on the result is called large
_MANY = 32


@dataclass(frozen=True)
class Task:
    """A raster and its guide, where they overlap.

    Attributes:
        job: with method, radius, epsilon and sigma.
        cells: the raster that is sharpened; all of it counts, whatever its window.
        guide: the window of the guide that is written.
        look: mean and deviation of the whole guide.
        way: from columns and rows of the guide's raster to those of the cells' raster.
        kind: what the values of the cells are.
    """

    job: Sharpen
    cells: Features
    guide: Features
    look: Normaliser
    way: Crossing
    kind: Kind

    @property
    def columns(self) -> int:
        """Bands that are made of a pixel, classes that are derived from probabilities last."""
        return 1 if self.kind.classes else self.cells.bands + (self.job.classes is not None)

    @property
    def halo(self) -> int:
        """Cells around those with pixels that results depend on."""
        radius = self.job.radius
        return HALO_BY_RADIUS * radius + HALO if self.job.method == "guided filter" else radius

    def tile(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """(columns, rows, cols) float32 of rows and columns of the guide's raster, NaN without data."""
        made = np.full((self.columns, bottom - top, right - left), np.nan, np.float32)
        window = self._cells_around(top, bottom, left, right)
        if window is None:
            return made
        values = self.cells.window(*window)
        valid = ~np.isnan(values[0])
        pixels, inside, mask = self._pixels(window, valid, (top, bottom, left, right))
        if not mask.any():
            return made
        cells = gather(valid, pixels)
        wanted = Pixels(pixels.guide[:, inside], pixels.row[inside], pixels.col[inside])
        job = self.job
        upsample = (
            GuidedFilter(cells, wanted, job.radius, job.epsilon)
            if job.method == "guided filter"
            else JointBilateral(cells, wanted, job.radius, job.sigma)
        )
        made[:, mask] = (self._strongest if self.kind.classes else self._numbers)(upsample, values, valid, wanted).T
        return made

    def _cells_around(self, top: int, bottom: int, left: int, right: int) -> tuple[int, int, int, int] | None:
        """(top, bottom, left, right) of the cells that these pixels lie in, with the halo; None where there are none."""
        source = self.cells.source
        row, col = located(self.way, top, bottom, left, right)
        with np.errstate(invalid="ignore"):
            inside = (row >= 0) & (col >= 0) & (row < source.height) & (col < source.width)
        if not inside.any():
            return None
        row, col = np.floor(row[inside]), np.floor(col[inside])
        return (
            max(0, int(row.min()) - self.halo), min(source.height, int(row.max()) + 1 + self.halo),
            max(0, int(col.min()) - self.halo), min(source.width, int(col.max()) + 1 + self.halo),
        )  # fmt: skip

    def _pixels(
        self, window: tuple[int, int, int, int], valid: np.ndarray, wanted: tuple[int, int, int, int]
    ) -> tuple[Pixels, np.ndarray, np.ndarray]:
        """All pixels in a *window* of cells; (n,) bool: which are of the tile; and (rows, cols) bool of the tile: with data."""
        first, last, before, after = window
        source, cells = self.guide.source, self.cells.source
        back = Crossing(
            cells.transform * cells.transform.translation(before, first), cells.crs, source.transform, source.crs
        )
        # two pixels more: borders of cells are bent where the reference systems differ
        left, top, right, bottom = back.window_of(after - before, last - first) or (wanted[2], wanted[0], 0, 0)
        left, right = max(0, min(left - 2, wanted[2])), min(source.width, max(right + 2, wanted[3]))
        top, bottom = max(0, min(top - 2, wanted[0])), min(source.height, max(bottom + 2, wanted[1]))
        data, known = source.read(top, bottom, left, right)
        row, col = located(self.way, top, bottom, left, right)
        row, col = row - first, col - before
        with np.errstate(invalid="ignore"):
            known = known & (row >= 0) & (col >= 0) & (row < last - first) & (col < after - before)
        known[known] = valid[np.floor(row[known]).astype(np.int64), np.floor(col[known]).astype(np.int64)]
        mean, std = (np.array(part, np.float64)[:, None] for part in (self.look.mean, self.look.std))
        pixels = Pixels((data[:, known] - mean) / std, row[known], col[known])
        here = np.zeros(known.shape, bool)
        tile = np.s_[wanted[0] - top : wanted[1] - top, wanted[2] - left : wanted[3] - left]
        here[tile] = True
        return pixels, here[known], known[tile]

    def _numbers(self, upsample: Any, values: np.ndarray, valid: np.ndarray, pixels: Pixels) -> np.ndarray:
        """(pixels, columns) float32, each between the least and the largest value of the cells around."""
        own = pixels.cell(valid.shape[1])
        made = np.empty((len(own), self.columns), np.float32)
        group = len(values) if self.kind.probabilities else _GROUP
        for start in range(0, len(values), group):
            part = values[start : start + group].astype(np.float64)
            found = upsample(np.where(valid, part, 0.0))
            low, high = (end.reshape(len(part), -1).T[own] for end in window_ends(part, valid, self.job.radius))
            made[:, start : start + len(part)] = found = np.clip(found, low, high)
            if self.kind.probabilities:
                made[:, : len(part)] = found = found / np.maximum(found.sum(1, keepdims=True), 1e-12)
                if self.job.classes:
                    made[:, -1] = found.argmax(1) + 1
        return made

    def _strongest(self, upsample: Any, values: np.ndarray, valid: np.ndarray, pixels: Pixels) -> np.ndarray:
        """(pixels, 1) float32: the class whose cells, 1 there and 0 elsewhere, come out strongest; of equals the lowest."""
        present = np.unique(values[0][valid])
        count = len(pixels.row)
        best, strength = np.empty(count, np.float32), np.full(count, -np.inf)
        for start in range(0, len(present), _GROUP):
            some = present[start : start + _GROUP]
            found = upsample((values[0] == some[:, None, None]).astype(np.float64))
            winner = found.argmax(1)
            highest = found[np.arange(count), winner]
            better = highest > strength
            best[better], strength[better] = some[winner[better]], highest[better]
        return best[:, None]


def run(job: Sharpen, ctx: Context) -> dict[str, Any]:
    """Sharpen as *job* asks; return output field -> path.

    Raises:
        BadRaster: the rasters can't be read, have no place in common, or classes are no whole numbers.
        BadRequest: the guide is not finer, has too many bands, or probabilities are needed.
        NoSpace: the disk is too small.
    """
    with Outputs(job) as outputs, _opened(job) as (cells, guide):
        way = Crossing(guide.source.transform, guide.crs, cells.source.transform, cells.crs)
        guide = _common(cells, guide, way)
        kind = sharpened_layers.recognise(job, cells, ctx)
        times = _finer(cells, guide, way)
        _check_space(job, kind, cells, guide)
        task = Task(job, cells, guide, whole_raster(guide.source, ctx), way, kind)
        _write(task, sharpened_layers.sheets(job, cells, kind, outputs, times, ctx), ctx)
        ctx.fact("columns", guide.width)
        ctx.fact("rows", guide.height)
        ctx.fact("pixels along a cell", float(f"{times:.3g}"))
    return outputs.paths


@contextlib.contextmanager
def _opened(job: Sharpen) -> Iterator[tuple[Features, Features]]:
    """The raster and its guide."""
    with (
        open_features(job.input, job.bands, classes=True) as cells,
        open_features(job.guide, job.guide_bands, job.extent) as guide,
    ):
        if guide.bands > _BANDS:
            raise BadRequest(
                f"{guide.source.name} gives {many(guide.bands, 'band')}, a guide may have {_BANDS}",
                "choose those in which borders show in `guide_bands`",
            )
        if (cells.crs is None) != (guide.crs is None):
            bare, other = (cells, guide) if cells.crs is None else (guide, cells)
            raise BadRaster(
                f"{bare.source.name} has no CRS, {other.source.name} has one",
                "assign it one (Raster > Projections > Assign projection)",
            )
        yield cells, guide


def _common(cells: Features, guide: Features, way: Crossing) -> Features:
    """The window of the *guide* that the cells cover."""
    left, top, right, bottom = way.back().window_of(cells.source.width, cells.source.height) or (0, 0, 0, 0)
    left, right = max(left, guide.left), min(right, guide.left + guide.width)
    top, bottom = max(top, guide.top), min(bottom, guide.top + guide.height)
    if left >= right or top >= bottom:
        raise BadRaster(
            f"{cells.source.name} and {guide.source.name} have no place in common",
            "choose the image that the raster was made from; mind the CRS, and the extent",
        )
    return replace(guide, left=left, top=top, width=right - left, height=bottom - top)


def _finer(cells: Features, guide: Features, way: Crossing) -> float:
    """Pixels along a cell."""
    step = way.step(guide.left + guide.width / 2, guide.top + guide.height / 2)
    if not step <= _COARSE:
        raise BadRequest(
            f"a pixel of {guide.source.name} is as long as {step:.3g} cells of {cells.source.name}: there is nothing to sharpen",
            "give an image with finer pixels, such as the one that was encoded",
        )
    return 1 / step


def _check_space(job: Sharpen, kind: Kind, cells: Features, guide: Features) -> None:
    pixels = guide.width * guide.height
    each = kind.bytes_of_class if kind.classes else cells.bands * bytes_per_value(job.storage)
    size = pixels * (each + (kind.bytes_of_class if job.classes else 0))
    bands = 1 if kind.classes else cells.bands
    check_room(
        job.output, size, f"{guide.width} x {guide.height} pixels, {many(bands, 'band')}",
        "sharpen fewer bands, such as three components made with Reduce, choose a smaller extent, or another folder",
    )  # fmt: skip
    if bands >= _MANY and not kind.probabilities:
        log.warning(
            "%d bands at every pixel are up to %.0f MB: three components made with Reduce are often enough",
            bands,
            size / 1e6,
        )


def _write(task: Task, sheets: list[Sheet], ctx: Context) -> None:
    guide = task.guide
    grid = guide.width, guide.height, guide.transform, guide.crs
    writers = [(FeatureWriter(sheet.layer, *grid), lambda rows, bands=sheet.bands: rows[bands]) for sheet in sheets]
    rows = min(_SIDE, max(16, _STRIP_BYTES // (4 * task.columns * guide.width)))
    with writing(writers) as thread:
        for first in range(0, guide.height, rows):
            last = min(guide.height, first + rows)
            strip = np.empty((task.columns, last - first, guide.width), np.float32)
            for left in range(0, guide.width, _SIDE):
                ctx.progress(first + (last - first) * left / guide.width, guide.height, "rows", "sharpen")
                right = min(guide.width, left + _SIDE)
                strip[:, :, left:right] = task.tile(
                    guide.top + first, guide.top + last, guide.left + left, guide.left + right
                )
            thread.add(strip)
        ctx.progress(guide.height, guide.height, "rows", "sharpen")
