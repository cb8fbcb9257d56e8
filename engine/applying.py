"""The story of a saved model on another raster: read it, compare what it was fitted on, write what it says."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..contract.errors import BadRequest
from ..contract.job import Context
from . import class_outputs, clustering, reducing, similarity
from .features import Features, open_features
from .models import Model, load
from .outputs import Outputs

if TYPE_CHECKING:
    from ..algorithms.apply import Apply

log = logging.getLogger(__name__)


def run(job: Apply, ctx: Context) -> dict[str, Any]:
    """Apply as *job* asks; return output field -> path.

    Raises:
        BadRequest: the model can't be read, or gives no classes where outputs of classes are asked for.
        BadRaster: the raster does not hold what the model needs.
    """
    model = load(job.model)
    for name in ("polygons", "table"):
        searched = name == "polygons" and model.kind == "similarity"
        if getattr(job, name) and not model.classes and not searched:
            raise BadRequest(f"{name} is asked for, but {model.title} gives no classes", f"leave {name} empty")
    with Outputs(job) as outputs:
        with open_features(job.input, job.bands or model.contract.bands or None, job.extent) as features:
            model.contract.check(features.contract, features.source.name)
            log.info("%s, fitted with %s", model.title, _versions(model))
            _write(model, features, job, outputs, ctx)
            ctx.fact("method", model.title)
            ctx.fact("columns", features.width)
            ctx.fact("rows", features.height)
        if model.classes:
            class_outputs.write(outputs, model.classes, ctx)
    return outputs.paths


def _write(model: Model, features: Features, job: Apply, outputs: Outputs, ctx: Context) -> None:
    if model.kind == "reduce":
        reducing.write_components(model, features, job, None, outputs, ctx)
    elif model.kind == "cluster":
        clustering.write_classes(model, features, job, outputs, ctx)
    elif model.kind == "similarity":
        similarity.write_scores(model, features, job, outputs, ctx)
        if "polygons" in outputs:
            layer = similarity.layer_name(outputs.paths["polygons"])
            similarity.write_regions(model, outputs.part("polygons"), layer, outputs.part("output"), 0.0, ctx)
    else:
        raise BadRequest(
            f"{job.model} is a model of the kind {model.kind}, which this version does not know", "update IAMAP"
        )


def _versions(model: Model) -> str:
    return ", ".join(f"{name} {version}" for name, version in model.versions.items()) or "unknown versions"
