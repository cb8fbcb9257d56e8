"""What is fitted in every fold: scaling, compression and the method itself, in this order, from the examples of the fold alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from ...contract.errors import BadRequest
from ..methods.estimators_supervised import Compressed, FullProbabilities, Numbers, Scaled

if TYPE_CHECKING:
    from ...ml import Learner

SCALINGS = ("auto", "standardise", "rasters alike", "unit length", "none")


def pipeline(
    card: Learner,
    task: str,
    classes: int,
    seed: int,
    balanced: bool,
    scaling: str = "auto",
    compress: int | None = None,
    layers: Sequence[int] = (),
) -> Pipeline:
    """Make a pipeline that is not fitted yet.

    Its steps are ``scale``, ``compress`` where that is asked for, and ``learn``, whose ``inner`` is the card's estimator.

    Args:
        card: the method with its options.
        task: ``classes`` or ``numbers``.
        classes: how many; labels are 0 to *classes* - 1, of which those it is fitted on may lack some.
        seed, balanced: see ``Learner.estimator``.
        scaling: one of SCALINGS; ``auto``: ``rasters alike`` where the card wants scaled bands.
        compress: principal components, or as many as the examples allow; None for all bands.
        layers: bands of each raster of a stack; none for one raster.

    Returns:
        With ``predict``: (cells, bands) to (cells,) int64 labels or float64 numbers; ``predict_proba`` for classes: (cells,
        classes) float32. It can be fitted on one class only, which it then always answers with.

    Raises:
        BadRequest: the method can't learn this, or its options are wrong.
    """
    if not (card.classes if task == "classes" else card.numbers):
        raise BadRequest(f"{card.title} can't learn {task}", "choose another method")
    if scaling not in SCALINGS:
        raise BadRequest(f"scaling = {scaling!r} is not offered", "choose one of: " + ", ".join(SCALINGS))
    way = ("rasters alike" if card.scales else "none") if scaling == "auto" else scaling
    estimator = card.estimator(task, classes, seed, balanced)
    learn = FullProbabilities(estimator, classes) if task == "classes" else Numbers(estimator, card.levels)
    steps: list[tuple[str, Any]] = [("scale", Scaled(way, list(layers) or None))]
    if compress:
        steps.append(("compress", Compressed(compress)))
    return Pipeline([*steps, ("learn", learn)])


def probabilities(pipeline: Pipeline, x: np.ndarray, classes: int) -> np.ndarray:
    """(cells, bands) to (cells, classes) float32 that add up to 1, 0 for classes that the pipeline was not fitted on."""
    found = np.asarray(pipeline.predict_proba(x), np.float32)
    if found.shape != (len(x), classes):
        raise BadRequest(
            f"the model knows {found.shape[1]} classes, not {classes}", "the file is damaged: fit the model anew"
        )
    return found
