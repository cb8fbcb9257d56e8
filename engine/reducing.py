"""The story of a reduction: look at all cells, fit, write the components."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from .. import __version__
from ..contract.errors import BadRequest
from ..contract.job import Context, Job
from .feature_raster import Layer
from .features import Features, open_features
from .fitting import Lesson, learn_about
from .mapping import Sheet, write_map
from .models import Model
from .outputs import Outputs
from .storage import Storage

if TYPE_CHECKING:
    from ..algorithms.reduce import Reduce
    from ..ml import Reduction

log = logging.getLogger(__name__)

#: shares of the sample that a colour's range spans
_LOW, _HIGH = 0.02, 0.98


def run(job: Reduce, card: Reduction, ctx: Context) -> dict[str, Any]:
    """Reduce as *job* asks, with the method *card*; return output field -> path."""
    with Outputs(job) as outputs, open_features(job.input, job.bands, job.extent) as features:
        if job.components > features.bands and not card.widens:
            raise BadRequest(
                f"components = {job.components} is more than the {features.bands} band{'s' if features.bands > 1 else ''} of the "
                f"raster, and {card.title} gives no more than there are",
                "ask for fewer",
            )
        scaling = card.scaling if job.scaling == "auto" else job.scaling
        lesson, preparation = learn_about(features, job.sample or card.cells, scaling, job.compressed(), job.seed, ctx)
        log.info("fitting %s on %d of %d valid cells", card.title, len(lesson.x), lesson.count)
        ctx.progress(0, 1, "methods", "fit")
        # on one thread: how many there are must not change how a sum is rounded, which some methods blow up
        with threadpool_limits(1):
            estimator, facts = card.fit(lesson, job.components)
        model = Model(
            "reduce", card.id, card.title, job.settings(), features.contract, preparation, estimator,
            band_names(card.title, job.components, facts), facts=facts, **place_of(features),
        )  # fmt: skip
        write_components(model, features, job, lesson, outputs, ctx)
        if "model" in outputs:
            model.save(outputs.part("model"))
        if "report" in outputs:
            from .reports import reduce as report_reduce

            report_reduce.write(outputs.part("report"), job, model, lesson, features, outputs.part("output"))
        _tell(facts, lesson, ctx)
    return outputs.paths


def band_names(title: str, components: int, facts: dict[str, Any]) -> list[str]:
    """What the bands are called: with their share of the variance where it is known."""
    shares = facts.get("shares", [])
    return [f"{title} {i + 1}" + (f" ({100 * shares[i]:.1f} %)" if i < len(shares) else "") for i in range(components)]


def place_of(features: Features) -> dict[str, Any]:
    """``extent`` and ``crs`` for a model."""
    corners = [
        features.transform * corner
        for corner in ((0, 0), (features.width, 0), (0, features.height), (features.width, features.height))
    ]
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return {"extent": [min(xs), min(ys), max(xs), max(ys)], "crs": features.crs.to_wkt() if features.crs else ""}


def write_components(
    model: Model, features: Features, job: Job, lesson: Lesson | None, outputs: Outputs, ctx: Context
) -> None:
    """Write what *model* makes of *features* to the output ``output``; the stretch is that of the model's own sample."""
    if lesson is not None:
        model.facts["stretch"] = _stretch(np.asarray(model.estimator.transform(lesson.x)))
    low, high = model.facts["stretch"]
    tags = {
        **provenance(model, features, job),
        "style": json.dumps({"bands": list(range(1, len(low) + 1)), "minimum": low, "maximum": high}),
    }
    layer = Layer(outputs.paths["output"], Storage("float32", float("nan")), model.names, tags)
    write_map(features, lambda cells: transform(model, cells), [Sheet(layer, slice(0, len(model.names)))], ctx, "write")


def transform(model: Model, cells: np.ndarray) -> np.ndarray:
    """(cells, bands) float32 as they are in the raster to (cells, components) float32."""
    return np.asarray(model.estimator.transform(model.preparation(cells)), np.float32)


def provenance(model: Model, features: Features, job: Job) -> dict[str, str]:
    """Tags of a raster that *model* made: what later jobs compare, and what made what."""
    return {
        "encoder": f"{model.kind}_{model.method}",
        "weights_sha256": model.digest(),
        "made_from": json.dumps(features.contract.as_dict()),
        "request": json.dumps({"version": 1, "job": job.id, "params": job.values()}),
        "versions": json.dumps({"iamap": __version__, **model.versions}),
    }


def _stretch(scores: np.ndarray) -> tuple[list[float], list[float]]:
    shown = scores[:, :3]
    low, high = (np.quantile(shown, share, axis=0) for share in (_LOW, _HIGH))
    return [float(f"{v:.6g}") for v in low], [float(f"{v:.6g}") for v in high]


def _tell(facts: dict[str, Any], lesson: Lesson, ctx: Context) -> None:
    ctx.fact("cells", lesson.count)
    ctx.fact("cells fitted on", len(lesson.x))
    for name, value in facts.items():
        if isinstance(value, (str, int, float)):
            ctx.fact(name, value)
    if "shares" in facts:
        ctx.fact("share of the variance", round(sum(facts["shares"]), 4))
