"""Support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class SVM(Learner):
    """Support vector machine: the cut between classes that keeps farthest from the labels of either.

    A strong choice for some ten to some thousand labels. *linear* for features of an encoder and very few labels, *RBF* where borders
    between classes are curved, as on raw bands. Probabilities are estimated afterwards. Slow beyond ten thousand labels.
    """

    id = "svm"
    title = "Support vector machine"
    source = "https://doi.org/10.1007/BF00994018"

    kernel: str = f.choice("Kernel", ("RBF", "linear"), "RBF", help="linear: straight cuts. RBF: curved ones.")
    strength: float = f.number(
        "Strength",
        1.0,
        minimum=1e-6,
        maximum=1e6,
        help="Larger: fewer labels may lie on the wrong side. Smaller: steadier.",
    )
    width: float = f.number(
        "Width", 1.0, minimum=0.001, maximum=1000, advanced=True,
        help="RBF: how far the influence of a label reaches, where 1 suits the spread of the features.",
    )  # fmt: skip

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's, with probabilities by a softmax of the decision values."""
        from ..engine.methods.estimators_learners import Machine
        from ..engine.methods.estimators_supervised import WithProbabilities

        linear = self.kernel == "linear"
        machine = Machine(task, linear, self.strength, self.width, balanced and task == "classes")
        return machine if task == "numbers" else WithProbabilities(machine, seed=seed)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Strength; thorough: width too."""
        strength = {"strength": [1.0, 0.1, 10.0]}
        return strength if level == "quick" else {"strength": [1.0, 0.01, 0.1, 10.0, 100.0], "width": [1.0, 0.5, 2.0]}
