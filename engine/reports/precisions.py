"""The report of a comparison of precisions: what is fast, what it changes, and what to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..backends.fast import LEAST_CENTRED, LEAST_COSINE
from ..report import Report
from ..wording import many

if TYPE_CHECKING:
    from ...algorithms.compare_precisions import ComparePrecisions
    from ..precision import Comparison, Result

#: inches of a bar, and of what stands around the bars
_BAR, _AROUND = 0.34, 0.9
#: agreement of clusters that is good enough
_SAME = 0.9
#: a loss that is told, of features, clusters, neighbours and accuracy
_LOSS = 0.05


def write(path: str, job: ComparePrecisions, found: Comparison) -> None:
    """Write the report."""
    report = Report(
        "Comparison of precisions", f"{job.model or job.encoder} on {many(found.tiles, 'tile')} of the raster."
    )
    report.heading("What to choose")
    report.text(verdict(found))
    report.text(losses(found, job.clusters, job.neighbours))
    caption = "How many times as fast as the first way each is."
    with report.figure(7.2, _AROUND + _BAR * len(found.results), caption) as figure:
        _bars(figure, found.results)
    report.heading("Computation")
    report.table(
        ("Way", "Used", "Weights, MB", "Start, s", "Tiles a second", "Times as fast"), list(map(_speed, found.results))
    )
    report.text(
        "All ways encode the same tiles in turns; times as fast is the median of the ratios to the first way within a turn."
    )
    report.heading("What it changes")
    columns = (
        "Way", "Cosine", "Worst 1 %", "Cosine from the mean", "Relative error", f"k-means ({job.clusters})", f"{job.neighbours} neighbours",
    )  # fmt: skip
    report.table(columns, list(map(_changes, found.results)))
    report.text(
        "Cosine: of the angle between a cell's features and those of the first way, mean of all cells; the worst 1 % lie below the next column. "
        "From the mean: after the mean cell was subtracted, which shows more, since features of transformers all point one way. "
        "Relative error: of the deviations from the mean cell. k-means: adjusted Rand index of the clusters, 1 for the same map, started from the same "
        f"centres; started anew with another seed, the first way's own features give {found.clusters_again:.3f}. Neighbours: share of the nearest cells that stay."
    )
    if any(one.accuracy for one in found.results):
        _accuracy(report, found)
    for name, why in found.failed.items():
        report.text(f"{name} was left out: {why}.")
    report.heading("Number formats of the result")
    report.table(
        ("Format", "MB for a million cells", "Cosine", "Cosine from the mean", "Relative error"),
        [(one.name, one.megabytes, one.close.cosine, one.close.centred, one.close.error) for one in found.formats],
    )
    report.asked(job)
    report.write(path)


def good(one: Result) -> bool:
    """Whether nothing that one would see changes."""
    close = one.close.cosine >= LEAST_COSINE and one.close.centred >= LEAST_CENTRED
    return close and one.clusters >= _SAME


def verdict(found: Comparison) -> str:
    """The fastest way whose features are close to those of torch, in a sentence or two."""
    kept = [one for one in found.results if good(one)]
    best = max(kept, key=lambda one: one.times)
    if best is found.results[0]:
        return "No way is faster than torch in float32 and close to it."
    text = (
        f"{best.asked} is {best.times:.1f} times as fast as torch in float32 and close to it: mean cosine "
        f"{best.close.cosine:.4f}, {best.close.centred:.4f} from the mean."
    )
    spoilt = [one.asked for one in found.results if one.times > best.times and one not in kept]
    return text + (f" Faster, but not close: {', '.join(spoilt)}." if spoilt else "")


def losses(found: Comparison, clusters: int, neighbours: int) -> str:
    """Where more than a twentieth is lost, in a sentence."""
    words = {
        "features": "relative error of the features",
        "clusters": f"agreement of {clusters} clusters",
        "neighbours": f"{neighbours} nearest neighbours",
        "accuracy": "accuracy of the map",
    }
    parts = []
    for one in found.results[1:]:
        large = [f"{words[name]} {100 * loss:.0f} %" for name, loss in one.losses().items() if loss > _LOSS]
        if large:
            parts.append(f"{one.asked} ({', '.join(large)})")
    if not parts:
        return "No way loses more than 5 % of anything that was looked at."
    return f"More than 5 % is lost by: {'; '.join(parts)}."


def _accuracy(report: Report, found: Comparison) -> None:
    report.heading("A map learnt from the labels")
    rows = []
    for one in found.results:
        if one.accuracy is not None:
            gain = "" if one is found.results[0] else f"{one.accuracy.gain:+.3f}"
            ends = "" if one is found.results[0] else f"{one.accuracy.low:+.3f} to {one.accuracy.high:+.3f}"
            rows.append((one.asked, round(one.accuracy.balanced, 3), gain, ends))
    report.table(("Way", "Balanced accuracy", "Difference to the first", "95 % interval"), rows)
    report.text(
        "A logistic regression learns from labelled cells and predicts those of blocks of the ground that were held out. The interval "
        "is that of the difference, over draws of these blocks, the same for both: where it holds 0, no difference was seen."
    )


def _speed(one: Result) -> tuple[Any, ...]:
    used = f"{one.facts['backend']}, {one.facts['precision']}, {one.facts['device']}"
    return one.asked, used, round(one.megabytes, 1), round(one.start, 1), round(one.speed, 1), round(one.times, 2)


def _changes(one: Result) -> tuple[Any, ...]:
    close = one.close
    figures = (close.cosine, close.lowest, close.centred, close.error, one.clusters, one.neighbours)
    return one.asked, *(f"{figure:.4f}" for figure in figures[:4]), *(f"{figure:.3f}" for figure in figures[4:])


def _bars(figure: Any, results: list[Result]) -> None:
    axes = figure.add_subplot()
    places = range(len(results))
    axes.barh(places, [one.times for one in results], color="#4c9be8", height=0.6)
    for place, one in zip(places, results):
        told = f" {one.speed:.3g} tiles a second, cosine {one.close.cosine:.4f}"
        axes.text(one.times, place, told, va="center", fontsize=8)
    axes.set_yticks(list(places), [one.asked for one in results])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.5 * max(one.times for one in results))
    axes.set_xlabel("times as fast")
