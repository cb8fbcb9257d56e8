"""One file per method on features. Cards are read by QGIS; ``fit`` runs in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..contract.errors import BadRequest
from ..contract.job import Declared, discover

if TYPE_CHECKING:
    from ..engine.fitting import Lesson


class Method(Declared):
    """What all methods have. The fields of a card are its options, its docstring the help.

    Attributes:
        cells: of the sample it is fitted on, unless the user says otherwise.
        compress: principal axes it is given instead of all bands, unless the user says otherwise; None for all bands.
        scaling: how features are scaled for it, unless the user says otherwise; one of those of the job's field.
        most_cells: of a sample that it can be fitted on at all; None where there is no limit.
        source: paper or page of the method.
    """

    cells: ClassVar[int] = 50_000
    compress: ClassVar[int | None] = None
    scaling: ClassVar[str] = "standardise"
    most_cells: ClassVar[int | None] = None
    source: ClassVar[str] = ""


class Reduction(Method):
    """A method that turns features into a few components.

    Attributes:
        widens: it may give more components than it is given bands.
        on_bands: it means nothing on principal axes, so features can't be compressed for it.
    """

    widens: ClassVar[bool] = False
    on_bands: ClassVar[bool] = False

    def accepts(self, components: int, compress: int | None) -> None:
        """Refuse what can't work, as far as the request tells.

        Raises:
            BadRequest: more components than there are dims, or a compression that the method can't stand.
        """
        if compress and self.on_bands:
            raise BadRequest(
                f"compress = {compress} leaves no bands, but {self.title} is about bands",
                "leave it empty, or choose bands",
            )
        if compress and components > compress and not self.widens:
            raise BadRequest(
                f"components = {components} is more than the {compress} principal components that {self.title} is given",
                "ask for fewer, or compress less",
            )

    def fit(self, lesson: Lesson, components: int) -> tuple[Any, dict[str, Any]]:
        """Return an estimator and facts worth telling.

        The estimator has ``transform``: (cells, dims) float32, prepared, to (cells, components), each cell by itself.
        A fact ``shares`` is a list of the components' shares of the variance.

        Raises:
            BadRequest: too few cells, or more components than dims.
        """
        raise NotImplementedError


class Clustering(Method):
    """A method that groups cells."""

    def fit(self, lesson: Lesson) -> tuple[Any, dict[str, Any]]:
        """Return an estimator and facts worth telling.

        The estimator has ``predict``: (cells, dims) float32, prepared, to (cells,) whole numbers from 0, -1 for noise, each
        cell by itself. Where the method knows how sure it is, ``judge``, (cells, dims) to the same numbers and the strength of
        the membership, (cells,) from 0 to 1. Where it has the attribute ``knows_noise``, noise may come up in any raster.

        Raises:
            BadRequest: too few cells.
        """
        raise NotImplementedError


class Learner(Method):
    """A method that learns from labelled cells.

    Attributes:
        scales: it wants features that are standardised, unless the user says otherwise.
        levels: numbers that it learns are standardised for it, and its answers brought back.
        classes, numbers: whether it can learn these.
    """

    scales: ClassVar[bool] = True
    levels: ClassVar[bool] = True
    classes: ClassVar[bool] = True
    numbers: ClassVar[bool] = True

    def estimator(self, task: str, classes: int, seed: int, balanced: bool) -> Any:
        """A fresh estimator of scikit-learn's kind, not fitted.

        Args:
            task: ``classes`` or ``numbers``.
            classes: how many there are; 0 for numbers. A fold may lack some of them.
            seed: for everything random.
            balanced: a class of few examples weighs as much as one of many.

        Returns:
            With ``predict``, and ``predict_proba`` for classes: (cells, those it was fitted on), which ``predict`` agrees with.

        Raises:
            BadRequest: the method can't learn this, or its options are wrong.
        """
        raise NotImplementedError

    def grid(self, level: str, examples: int) -> dict[str, list[Any]]:
        """Parameters of the estimator, by its own names, and the values that a search tries, the plainest first.

        Args:
            level: ``quick`` or ``thorough``.
            examples: to learn from, of which a search holds out a part.
        """
        return {}


def reductions() -> list[type[Reduction]]:
    """All reductions, in the order of their ids."""
    return list(discover(__name__, Reduction).values())


def clusterings() -> list[type[Clustering]]:
    """All clusterings, in the order of their ids."""
    return list(discover(__name__, Clustering).values())


def learners() -> list[type[Learner]]:
    """All methods that learn from labels, in the order of their ids."""
    return list(discover(__name__, Learner).values())
