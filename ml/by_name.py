"""Anything else that scikit-learn has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.errors import BadRequest
from . import Learner


@dataclass(init=False, repr=False, eq=False)
class ByName(Learner):
    """Any other classifier or regressor of scikit-learn, by its name, for people who know what they look for.

    Such as AdaBoost, Bagging, GradientBoosting, Stacking, Voting, RadiusNeighbors, NearestCentroid, GaussianNB or QuadraticDiscriminantAnalysis.
    Names without *Classifier* or *Regressor* take what suits the task. Options are those of scikit-learn, and so are the defaults, but for
    what would not work here: Stacking and Voting get three methods to combine, and a radius is measured where none is given.
    """

    id = "by_name"
    title = "scikit-learn by name"
    levels = False
    source = "https://scikit-learn.org/stable/supervised_learning.html"

    name: str = f.text("Name", "AdaBoost", help="Such as AdaBoost, GradientBoostingClassifier or sklearn.svm.NuSVC.")
    options: str = f.text(
        "Options", "{}",
        help='As JSON, such as {"n_estimators": 200}. Methods inside others by name: {"estimator": "DecisionTree"}, or with options of their own: {"estimator": {"name": "DecisionTree", "options": {"max_depth": 2}}}.',
    )  # fmt: skip

    def check(self) -> None:
        """The options are JSON."""
        self._options()

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """Looked up in scikit-learn, nowhere else."""
        from ..engine.training.by_name import named

        return named(self.name, self._options(), task, seed, balanced)

    def _options(self) -> dict[str, Any]:
        try:
            found = json.loads(self.options or "{}")
        except ValueError as error:
            raise BadRequest(f"options = {self.options} is no JSON: {error}", 'write {"n_estimators": 200}') from None
        if not isinstance(found, dict):
            raise BadRequest(f"options = {self.options} has no names", 'write {"n_estimators": 200}')
        return found
