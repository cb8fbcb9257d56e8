"""Non-negative matrix factorisation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson

log = logging.getLogger(__name__)


@dataclass(init=False, repr=False, eq=False)
class NMF(Reduction):
    """Parts that only add up: each cell is so much of one part, so much of another, never less than nothing.

    Good for reflectances and counts, where parts come out as materials, and as a soft clustering of any features. A band whose
    sample has values below 0, as most features of encoders have, is moved up so that its lowest value becomes 0; the shift is
    saved with the model, and values that are lower still count as 0. The amounts in each cell are exact, not a guess.
    """

    id = "nmf"
    title = "NMF"
    cells = 20_000
    on_bands = True
    source = "https://doi.org/10.1038/44565"

    sparsity: float = f.number(
        "Sparsity", 0.0, minimum=0, maximum=1, advanced=True,
        help="Above 0, parts that are faint in a cell are left out of it.",
    )  # fmt: skip
    steps: int = f.integer(
        "Most steps", 400, minimum=10, maximum=100_000, advanced=True, help="More where the log says it did not settle."
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Fit the parts on the sample, shifted."""
        import warnings

        import numpy as np
        from sklearn.decomposition import NMF as Model
        from sklearn.exceptions import ConvergenceWarning

        from ..engine.fitting import at_least
        from ..engine.methods.estimators_reduce import CodeMap

        at_least(lesson, 2 * components, f"NMF with {components} components")
        below = lesson.raw.min(0) < 0
        origin = np.where(below, lesson.x.min(0), lesson.zero)
        shifted = np.maximum(lesson.x.astype(np.float64) - origin, 0)
        size = float(np.sqrt((shifted**2).sum(1).mean()))
        model = Model(components, init="nndsvda", max_iter=self.steps, random_state=lesson.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            amounts = model.fit_transform(shifted)
        if model.n_iter_ >= self.steps:
            log.warning("NMF did not settle in %d steps: allow more", self.steps)
        length = np.linalg.norm(model.components_, axis=1)
        power = (amounts**2).mean(0) * length**2
        found = int((power > 0).sum())
        if found < components:
            raise BadRequest(
                f"components = {components}, but the cells are made of {found} part{'s' if found > 1 else ''} only",
                "ask for fewer components",
            )
        order = np.argsort(-power, kind="stable")
        atoms = np.ascontiguousarray((model.components_ / length[:, None])[order], np.float32)
        estimator = CodeMap(atoms, origin.astype(np.float32), 0.1 * self.sparsity * size, positive=True)
        # amounts that rounding or sparsity change count as they will be written
        left = shifted - estimator.transform(lesson.x) @ atoms.astype(np.float64)
        rebuilt = 1 - (left**2).sum() / (shifted**2).sum()
        return estimator, {"share rebuilt": round(float(rebuilt), 4), "shifted bands": int(below.sum())}
