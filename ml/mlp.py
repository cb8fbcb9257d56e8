"""Multi-layer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class MLP(Learner):
    """Neural network: one or more layers of units between bands and classes.

    Learns curved borders between classes from hundreds of labels and more. With fewer, logistic regression is as good and steadier.
    Another random seed gives another network: compare a few before trusting small differences.
    """

    id = "mlp"
    title = "Neural network"
    source = "https://doi.org/10.1038/323533a0"

    units: int = f.integer(
        "Units of a layer", 64, minimum=1, maximum=4096, help="More: finer borders, for more labels."
    )
    layers: int = f.integer(
        "Layers", 1, minimum=1, maximum=5, advanced=True, help="1 is enough for features of an encoder."
    )
    penalty: float = f.number(
        "Penalty",
        1.0,
        minimum=0,
        maximum=1e6,
        advanced=True,
        help="Of large weights. Larger: steadier, for few labels.",
    )
    rounds: int = f.integer(
        "Rounds", 200, minimum=1, maximum=100_000, advanced=True, help="Through all labels, at most."
    )

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """scikit-learn's. Classes count alike by weights where it has them (1.7), otherwise afterwards."""
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        from ..engine.methods.estimators_supervised import WithProbabilities

        hidden = (self.units,) * self.layers
        # L-BFGS: the same on any computer but for rounding, and better than steps on batches for some hundred examples
        options = {"solver": "lbfgs", "alpha": self.penalty, "max_iter": self.rounds, "random_state": seed}
        if task == "numbers":
            return MLPRegressor(hidden_layer_sizes=hidden, **options)
        return WithProbabilities(MLPClassifier(hidden_layer_sizes=hidden, **options), balanced, seed)

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Penalty."""
        return {"alpha": [1.0, 0.01, 10.0] if level == "quick" else [1.0, 0.001, 0.01, 0.1, 10.0, 100.0]}
