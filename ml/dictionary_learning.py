"""Dictionary learning: a cell is a little of a few atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from . import Reduction

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


@dataclass(init=False, repr=False, eq=False)
class DictionaryLearning(Reduction):
    """Learns atoms of which every cell needs only a few; the other components of the cell are exactly 0.

    Made for many components, even more than there are bands: each then stands for one kind of place or material, which other
    tools can use. For a picture of three components take PCA. The amounts in each cell are exact (lasso), not a guess.
    """

    id = "dictionary_learning"
    title = "Dictionary learning"
    cells = 10_000
    compress = 50
    widens = True
    source = "https://www.jmlr.org/papers/v11/mairal10a.html"

    sparsity: float = f.number(
        "Sparsity", 0.1, minimum=0.001, maximum=1,
        help="The higher, the fewer atoms a cell is made of, and the less exactly.",
    )  # fmt: skip
    rounds: int = f.integer(
        "Rounds", 10, minimum=1, maximum=1000, advanced=True, help="How often each cell of the sample is looked at."
    )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Fit atoms on the sample, in small batches."""
        import warnings

        import numpy as np
        from sklearn.decomposition import MiniBatchDictionaryLearning
        from sklearn.exceptions import ConvergenceWarning

        from ..engine.fitting import at_least
        from ..engine.methods.estimators_reduce import CodeMap

        at_least(lesson, components, f"Dictionary learning with {components} atoms")
        size = float(np.sqrt(np.trace(lesson.covariance)))
        scaled = lesson.x.astype(np.float64) / size
        model = MiniBatchDictionaryLearning(
            components, alpha=self.sparsity, max_iter=self.rounds, batch_size=256, fit_algorithm="cd", tol=0,
            max_no_improvement=None, random_state=lesson.seed,
        )  # fmt: skip
        with warnings.catch_warnings():
            # amounts that are still moving in some batch: atoms settle nevertheless, and the last amounts are our own
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(scaled)
        length = np.linalg.norm(model.components_, axis=1)
        if not length.all():
            raise BadRequest(
                f"components = {components} are more atoms than the cells need with sparsity = {self.sparsity:g}",
                "ask for fewer, or for less sparsity",
            )
        atoms = (model.components_ / length[:, None]).astype(np.float32)
        estimator = CodeMap(atoms, np.zeros(lesson.dims, np.float32), self.sparsity * size)
        codes = estimator.transform(lesson.x)
        order = np.argsort(-(codes.astype(np.float64) ** 2).sum(0), kind="stable")
        estimator = CodeMap(np.ascontiguousarray(atoms[order]), estimator.origin, estimator.penalty)
        rebuilt = 1 - ((lesson.x - codes @ atoms) ** 2).sum() / (lesson.x**2).sum()
        facts = {
            "share rebuilt": round(float(rebuilt), 4),
            "atoms in a cell": round(float((codes != 0).sum(1).mean()), 2),
        }
        return estimator, facts
