"""The story of a comparison: features by each encoder, the same folds for all, one table."""

from __future__ import annotations

import csv
import logging
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from ...contract.errors import BadRaster, BadRequest, BadWeights, NoWeights
from ...contract.job import Context
from ..outputs import Outputs
from .blocks import choose_folds
from .bootstrap import Intervals, difference, intervals
from .examples import Examples, find, gather
from .folds import Folds
from .ground import Ground
from .labels import Rules
from .recipe import Recipe
from .stack import open_stack
from .validation import Validated, cross_validate, score

if TYPE_CHECKING:
    from ...algorithms.compare_encoders import Candidate, CompareEncoders
    from ...ml import Learner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What one encoder reached.

    Attributes:
        name: as the user wrote it.
        bands: columns that the method was given.
        cell: side of a cell in pixels of the raster.
        examples: its labelled cells.
        features: label features that they are of; each counts alike in the figures, however many cells it has.
        validated: predictions of the folds.
        figures: accuracy, or errors.
        intervals: of each figure, over blocks.
        encode, learn: seconds.
        megabytes: of the features on disk; 0 where none were made.
        gain: lower end, difference and upper end: the main figure minus that of the first of the table.
        ground: what places of labels are measured in, the same for all.
    """

    name: str
    bands: int
    cell: float
    examples: Examples
    features: int
    validated: Validated
    figures: dict[str, float]
    intervals: Intervals
    encode: float
    learn: float
    megabytes: float
    gain: tuple[float, float, float] | None
    ground: Ground


def run(
    job: CompareEncoders, card: Learner, encode: Callable[[Candidate, str, Context], Any], ctx: Context
) -> dict[str, Any]:
    """Compare as *job* asks; return output field -> path.

    Args:
        card: what learns.
        encode: writes the features of a candidate to a path.
    """
    with Outputs(job) as outputs, tempfile.TemporaryDirectory(prefix="iamap_compare_") as folder:
        results: list[Result] = []
        failed: dict[str, str] = {}
        for name, raster, window, seconds in _rasters(job, encode, folder, failed, ctx):
            try:
                results.append(_compared(job, card, name, raster, window, seconds, results, ctx))
            except (BadRaster, BadRequest) as error:
                # what is wrong with the first one, such as its labels, is wrong with all
                if not results:
                    raise
                log.warning("%s is left out: %s", name, error)
                failed[name] = str(error)
        if len(results) < 2:
            raise BadRequest(
                "fewer than two encoders made features: " + "; ".join(f"{name}: {why}" for name, why in failed.items()),
                "choose others",
            )
        main = main_figure(job)
        best = max(results, key=lambda one: np.nan_to_num(one.figures[main], nan=-np.inf))
        ctx.fact("best", best.name)
        ctx.fact("compared", len(results))
        from ..reports import compare as report

        report.write(outputs.part("report"), job, card, results, failed)
        if "table" in outputs:
            write_table(outputs.part("table"), results)
    return outputs.paths


def main_figure(job: CompareEncoders) -> str:
    """What encoders are ranked by."""
    return "R²" if job.task == "numbers" else "balanced accuracy"


def _rasters(
    job: CompareEncoders,
    encode: Callable[[Candidate, str, Context], Any],
    folder: str,
    failed: dict[str, str],
    ctx: Context,
) -> Iterator[tuple[str, str, int, float]]:
    """Yield (name, raster, window, seconds of encoding) of every candidate; what was made is deleted after its turn.

    One that can't encode this raster does not stop the others: why is noted in *failed*.
    """
    for i, candidate in enumerate(job.candidates()):
        if not candidate.encoder:
            yield candidate.name, job.input, candidate.window, 0.0
            continue
        path, started = os.path.join(folder, f"{i}.tif"), time.monotonic()
        log.info("encode with %s", candidate.name)
        try:
            encode(candidate, path, _Silent(ctx))
        except (BadRaster, BadRequest, BadWeights, NoWeights) as error:
            log.warning("%s is left out: %s", candidate.name, error)
            failed[candidate.name] = str(error)
            continue
        yield candidate.name, path, 1, time.monotonic() - started
        os.remove(path)
    for raster in job.features or []:
        yield os.path.splitext(os.path.basename(raster))[0], raster, 1, 0.0


class _Silent:
    """Progress goes on; figures of one of several runs are no figures of the whole."""

    def __init__(self, ctx: Context) -> None:
        self.track, self.progress = ctx.track, ctx.progress

    def fact(self, name: str, value: Any) -> None:
        """Forget it."""


def _compared(
    job: CompareEncoders,
    card: Any,
    name: str,
    raster: str,
    window: int,
    seconds: float,
    before: list[Result],
    ctx: Context,
) -> Result:
    rules = Rules.of(job)
    with open_stack(raster, None, None, job.more or [], True, window, "input") as stack:
        ground = before[0].ground if before else Ground.of(stack)
        examples = gather(
            [find(job, stack, rules, ctx, ground=ground)], rules, before[0].examples.classes if before else None
        )
        if not len(examples):
            raise BadRequest(f"{name} has no labelled cell of the classes of {before[0].name}", "leave it out")
        folds = like(before[0], examples) if before else choose_folds(job, stack, examples, ctx)
        cell = abs(stack.source.transform.determinant) ** 0.5
        layers = tuple(layer.bands for layer in stack.layers)
    started = time.monotonic()
    recipe = Recipe(card, job.task, len(examples.classes), job.seed, job.balance, layers=layers)
    checked = cross_validate(recipe, examples, folds, ctx, f"check {name}")
    weight = alike(examples.group)
    found = score(recipe, examples, checked.predicted, weight).figures
    ends = intervals(examples.y, checked.predicted, folds.block, examples.classes, seed=job.seed, weight=weight)
    made = os.path.getsize(raster) / 1e6 if raster != job.input and os.path.isfile(raster) else 0.0
    gain = None
    if before:
        first = before[0].examples, before[0].validated
        one, two = (
            (part.y, made.predicted, made.folds.block, alike(part.group)) for part, made in (first, (examples, checked))
        )
        gain = difference(one, two, len(examples.classes), main_figure(job), seed=job.seed)
    return Result(
        name, examples.x.shape[1], cell, examples, len(np.unique(examples.group)), checked, found, ends, seconds,
        time.monotonic() - started, made, gain, ground,
    )  # fmt: skip


def alike(group: np.ndarray) -> np.ndarray:
    """(n,) float64 weights by which each label feature counts as 1, however many cells it has."""
    _, unit, cells = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(1 / cells[unit])


def like(first: Result, examples: Examples) -> Folds:
    """The folds of another encoder for cells of another size: each label is held out where the nearest of the first is."""
    nearest = cKDTree(first.examples.xy).query(examples.xy)[1]
    group, start = np.unique(examples.group, return_index=True)
    of_group = nearest[start[np.searchsorted(group, examples.group)]]
    folds = first.validated.folds
    return Folds(folds.number[of_group], folds.block[of_group], folds.count, folds.way, folds.size, folds.unit)


def write_table(path: str, results: list[Result]) -> None:
    """Write the figures as CSV, a row for each encoder; empty where there is no interval, or nothing to take a figure from."""
    names = list(results[0].figures)
    main = "balanced accuracy" if results[0].examples.classes else "R²"
    head = ["encoder", "bands", "cell", "label_features", "labelled_cells"]
    head += [f"{name}{end}" for name in names for end in ("", " low", " high")]
    head += [f"{main} less that of the first{end}" for end in ("", " low", " high")]
    head += ["seconds_encode", "seconds_learn", "megabytes"]
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for one in results:
            ends = [value for name in names for value in (one.figures[name], *one.intervals[name])]
            low, gain, high = one.gain or (math.nan,) * 3
            row = [one.name, one.bands, f"{one.cell:.6g}", one.features, len(one.examples)]
            row += [f"{value:.6g}" if math.isfinite(value) else "" for value in (*ends, gain, low, high)]
            table.writerow([*row, f"{one.encode:.3g}", f"{one.learn:.3g}", f"{one.megabytes:.3g}"])
