"""The story of a clustering: look at all cells, fit, number the clusters, write them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from ..contract.errors import BadRaster
from ..contract.job import Context, Job
from . import class_outputs, colours
from .feature_raster import Layer
from .features import Features, open_features
from .fitting import Lesson, learn_about
from .mapping import Sheet, write_map
from .methods.estimators import Renumbered
from .models import ClassOf, Model
from .outputs import Outputs
from .reducing import place_of, provenance
from .storage import Storage

if TYPE_CHECKING:
    from ..algorithms.cluster import Cluster
    from ..ml import Clustering

log = logging.getLogger(__name__)

#: value of cells that belong to no cluster
NOISE = 0


def run(job: Cluster, card: Clustering, ctx: Context) -> dict[str, Any]:
    """Cluster as *job* asks, with the method *card*; return output field -> path."""
    with Outputs(job) as outputs, open_features(job.input, job.bands, job.extent) as features:
        scaling = card.scaling if job.scaling == "auto" else job.scaling
        compress = job.compress or card.compress
        lesson, preparation = learn_about(features, job.sample or card.cells, scaling, compress, job.seed, ctx)
        log.info("fitting %s on %d of %d valid cells", card.title, len(lesson.x), lesson.count)
        ctx.progress(0, 1, "methods", "fit")
        # on one thread: how many there are must not change how a sum is rounded, which some methods blow up
        with threadpool_limits(1):
            estimator, facts = card.fit(lesson)
        numbered, classes, labels = number(estimator, lesson)
        names = [card.title, "strength in %"] if hasattr(estimator, "judge") else [card.title]
        model = Model(
            "cluster", card.id, card.title, job.settings(), features.contract, preparation, numbered, names,
            classes=classes, facts=facts, **place_of(features),
        )  # fmt: skip
        ctx.fact("cells", lesson.count)
        # a large sample is let go before the second pass where nobody looks at it any more
        shown = lesson if "report" in outputs else None
        del lesson
        write_classes(model, features, job, outputs, ctx)
        _tell(model, labels, ctx)
        class_outputs.write(outputs, model.classes, ctx)
        if "model" in outputs:
            model.save(outputs.part("model"))
        if shown is not None:
            from .reports import cluster as report_cluster

            drawn = outputs.part("output")
            sizes = class_outputs.measure(drawn, model.classes, ctx)
            report_cluster.write(outputs.part("report"), job, model, shown, features, sizes, drawn)
    return outputs.paths


def _tell(model: Model, labels: np.ndarray, ctx: Context) -> None:
    found = len(np.unique(labels[labels != NOISE]))
    ctx.fact("cells fitted on", len(labels))
    ctx.fact("clusters", sum(one.value != NOISE for one in model.classes))
    for name, value in model.facts.items():
        if isinstance(value, (str, int, float)):
            ctx.fact(name, value)
    if any(one.value == NOISE for one in model.classes):
        ctx.fact("noise in %", float(f"{100 * (labels == NOISE).mean():.3g}"))
    if found == 0:
        log.warning("%s finds no clusters: all is noise; other settings, or another method, may do better", model.title)
    elif found == 1 and model.options.get("clusters") != 1:
        log.warning("%s finds one cluster only; other settings, or another method, may do better", model.title)


def number(estimator: Any, lesson: Lesson) -> tuple[Renumbered, list[ClassOf], np.ndarray]:
    """Number clusters from 1 so that those with neighbouring numbers are alike, and give them colours.

    Returns:
        The estimator that gives these numbers, the classes (noise first, where there may be any), and the numbers of the
        sample, (cells,) int64.

    Raises:
        BadRaster: more clusters than a raster can tell apart.
    """
    found = np.asarray(estimator.predict(lesson.x), np.int64)
    # numbers that the sample does not show may yet come up elsewhere
    count = max(int(found.max(initial=-1)) + 1, int(getattr(estimator, "n_clusters", 0) or 0))
    if count > 65_534:
        raise BadRaster(
            f"{count} clusters are more than the 65534 a raster can hold", "ask for fewer, or larger, clusters"
        )
    present = np.unique(found[found >= 0])
    means = np.stack([lesson.x[found == one].mean(0) for one in present]) if len(present) else np.zeros((0, 1))
    trip = present[colours.around(means)]
    rest = np.setdiff1d(np.arange(count), trip)
    # number of cluster i, the last for noise (-1)
    numbers = np.zeros(count + 1, np.int64)
    numbers[np.concatenate([trip, rest]).astype(np.int64)] = np.arange(1, count + 1)
    may_be_noise = bool(getattr(estimator, "knows_noise", False)) or bool((found < 0).any())
    classes = [ClassOf(NOISE, "noise", colours.NOISE)] if may_be_noise else []
    classes += [ClassOf(i + 1, f"cluster {i + 1}", colour) for i, colour in enumerate(colours.wheel(count))]
    return Renumbered(estimator, numbers), classes, numbers[found]


def class_storage(classes: list[ClassOf]) -> Storage:
    """The smallest whole numbers that hold all classes and one value more, for nodata."""
    top = max((one.value for one in classes), default=0)
    return Storage("uint8", 255) if top < 255 else Storage("uint16", 65_535)


def write_classes(model: Model, features: Features, job: Job, outputs: Outputs, ctx: Context) -> None:
    """Write the classes that *model* finds in *features* to the output ``output``."""
    legend = [{"value": one.value, "label": one.label, "colour": one.colour} for one in model.classes]
    tags = {**provenance(model, features, job), "style": json.dumps({"categories": legend, "band": 1})}
    table = {one.value: colours.rgb(one.colour) for one in model.classes}
    layer = Layer(outputs.paths["output"], class_storage(model.classes), model.names, tags, table)
    write_map(features, lambda cells: classify(model, cells), [Sheet(layer, slice(0, len(model.names)))], ctx, "write")


def classify(model: Model, cells: np.ndarray) -> np.ndarray:
    """(cells, bands) float32 as they are in the raster to (cells, 1 or 2) float32: class, and its strength in %."""
    x = model.preparation(cells)
    if len(model.names) == 1:
        return np.asarray(model.estimator.predict(x)[:, None], np.float32)
    found, strength = model.estimator.judge(x)
    return np.stack([found, np.rint(100 * strength)], 1).astype(np.float32)
