"""The story of a saved model on another raster: read it, compare what it was fitted on, write what it says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..contract.errors import BadRequest
from ..contract.job import Context
from . import class_outputs, clustering, reducing, similarity
from .features import Features, open_features
from .models import Model, load
from .outputs import Outputs

if TYPE_CHECKING:
    from ..algorithms.apply import Apply
    from ..algorithms.suggest_labels import SuggestLabels

log = logging.getLogger(__name__)

#: kinds of models that were trained from labels
_TRAINED = ("classify", "regress")


#: outputs that some kinds of models can't give
_OF_TRAINED, _OF_CLASSIFIERS, _OF_CLASSES = ("doubt", "outside"), ("probabilities",), ("polygons", "table")


def run(job: Apply, ctx: Context) -> dict[str, Any]:
    """Apply as *job* asks; return output field -> path.

    Raises:
        BadRequest: the model can't be read, or can't give what is asked for.
        BadRaster: the raster does not hold what the model needs.
    """
    model = load(job.model)
    _refuse(job, model)
    with Outputs(job) as outputs:
        with opened(job, model) as features:
            log.info("%s, fitted with %s", model.title, _versions(model))
            _write(model, features, job, outputs, ctx)
            ctx.fact("method", model.title)
            ctx.fact("columns", features.width)
            ctx.fact("rows", features.height)
        if model.classes and model.kind not in _TRAINED:
            class_outputs.write(outputs, model.classes, ctx)
    return outputs.paths


def _refuse(job: Apply, model: Model) -> None:
    """Say what this model can't give, before anything is read."""
    trained = model.kind in _TRAINED
    wrong = [name for name in _OF_TRAINED if getattr(job, name) and not trained]
    wrong += [name for name in _OF_CLASSIFIERS if getattr(job, name) and model.kind != "classify"]
    if wrong or (job.mask and not trained):
        what = ", ".join(f"`{one}`" for one in wrong or ["mask"])
        raise BadRequest(
            f"{what} is asked for, but {model.title} was not trained from labels of classes", f"leave {what} empty"
        )
    for name in _OF_CLASSES:
        searched = name == "polygons" and model.kind == "similarity"
        if getattr(job, name) and not model.classes and not searched:
            raise BadRequest(f"`{name}` is asked for, but {model.title} gives no classes", f"leave `{name}` empty")
    if (job.smooth > 1 or job.smallest > 1) and model.kind != "classify":
        raise BadRequest(
            f"smooth = {job.smooth} and smallest = {job.smallest} are for trained classes, {model.title} gives none",
            "leave both at 1",
        )
    if job.more and not model.stack:
        raise BadRequest(f"{model.title} takes no rasters to stack with", "leave `more` empty")


@contextmanager
def opened(job: Apply | SuggestLabels, model: Model) -> Iterator[Features]:
    """The raster, or the stack, that the model is given; checked against what it was fitted on."""
    bands = job.bands or model.contract.bands or None
    if not job.bands:
        # bands that are not there are no wonder where another encoder made the raster
        with open_features(job.input) as raster:
            model.contract.check_encoder(raster.contract, raster.source.name)
    if not model.stack:
        with open_features(job.input, bands, job.extent) as features:
            model.contract.check(features.contract, features.source.name)
            yield features
        return
    from .training.stack import StackPlan, open_stack

    plan = StackPlan.of(model.stack)
    plan.expect([job.input, *(job.more or [])])
    with open_stack(job.input, bands, job.extent, job.more or [], plan.deviation, plan.window, plan.grid) as stack:
        plan.check(stack.plan, stack.source.name)
        yield stack


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
    elif model.kind in _TRAINED:
        from .training.maps import Cleaning, write

        write(model, features, job, outputs, ctx, Cleaning(job.mask, job.smooth, job.smallest))
    else:
        raise BadRequest(
            f"{job.model} is a model of the kind {model.kind}, which this version does not know", "update IAMAP"
        )


def _versions(model: Model) -> str:
    return ", ".join(f"{name} {version}" for name, version in model.versions.items()) or "unknown versions"
