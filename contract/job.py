"""A job: one thing the plugin can do, its parameters and its story, in one class."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from .errors import BadRequest
from .fields import INPUTS, OUTPUTS, Field

Item = TypeVar("Item")


class Context(Protocol):
    """What a running job may say to whoever started it, and where it learns that it was cancelled."""

    def track(self, items: Sequence[Item], unit: str, stage: str = "") -> Iterator[Item]:
        """Yield *items* and report progress and time left; raises Cancelled when the user stopped the job."""

    def progress(self, done: float, total: float, unit: str, stage: str = "") -> None:
        """Report that *done* of *total* is done; raises Cancelled when the user stopped the job."""

    def fact(self, name: str, value: Any) -> None:
        """Remember something worth knowing about the run (tiles, seconds, cells): it goes into the result event."""


class Declared:
    """Base of dataclasses whose fields come from ``contract.fields``: jobs, and cards with options. They can't be changed.

    It has what ``dataclass`` would write and compile for each of them, six functions in 1 to 2 ms, at every start of QGIS: so
    they are declared with ``@dataclass(init=False, repr=False, eq=False)``.
    """

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __init__(self, **values: Any) -> None:
        specs = type(self).specs()
        unknown = sorted(set(values) - set(specs))
        missing = [name for name, spec in specs.items() if spec.required and name not in values]
        if unknown or missing:
            what = f"has no {', '.join(unknown)}" if unknown else f"needs {', '.join(missing)}"
            raise TypeError(f"{type(self).__name__} {what}")
        for name, spec in specs.items():
            object.__setattr__(self, name, values[name] if name in values else spec.default_value())

    def __setattr__(self, name: str, value: Any) -> None:
        raise dataclasses.FrozenInstanceError(f"{name} can't be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"

    @classmethod
    def specs(cls) -> dict[str, Field]:
        """Parameter name -> what is known about it, in dialog order: outputs last."""
        declared = {f.name: f.metadata["spec"] for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        return dict(sorted(declared.items(), key=lambda item: item[1].is_output))

    @classmethod
    def make(cls, values: dict[str, Any]) -> Any:
        """Build a checked instance; what is not given takes its default.

        Raises:
            BadRequest: an unknown name, a value that its field refuses, or values that don't fit each other.
        """
        specs = cls.specs()
        unknown = sorted(set(values) - set(specs))
        if unknown:
            raise BadRequest(f"{cls.id} has no parameter {', '.join(unknown)}", "it has " + ", ".join(specs))
        checked = {}
        for name, spec in specs.items():
            value = spec.check(name, values.get(name))
            checked[name] = spec.check(name, spec.default_value()) if value is None and not spec.required else value
        made = cls(**checked)
        made.check()
        return made

    def check(self) -> None:
        """Check rules between fields, and whatever can be known without opening a file.

        Raises:
            BadRequest: the values don't fit each other.
        """

    def values(self) -> dict[str, Any]:
        """The request this instance answers: parameter name -> plain value."""
        return {name: getattr(self, name) for name in self.specs()}

    def settings(self) -> dict[str, Any]:
        """The values that are no paths: what can be shared without telling how somebody's folders are called."""
        specs = self.specs()
        return {name: value for name, value in self.values().items() if specs[name].kind not in INPUTS | OUTPUTS}

    def part(self, card: type[Declared]) -> Any:
        """The *card* that this job was given, with the values of its own fields."""
        return card(**{name: getattr(self, name) for name in card.specs()})


class Job(Declared):
    """One algorithm of the toolbox, one verb of the command line.

    Attributes:
        group: heading in the toolbox; sorts by its text.
        keywords: other words people search for.
        of: the job that this one is a method of; None for jobs that stand alone.
    """

    group: ClassVar[str] = ""
    keywords: ClassVar[tuple[str, ...]] = ()
    of: ClassVar[type[Job] | None] = None

    def run(self, ctx: Context) -> dict[str, Any]:
        """Do it, and return output field -> path, of files that are whole.

        Raises:
            IamapError: something the user can act on.
        """
        raise NotImplementedError

    @classmethod
    def family(cls) -> str:
        """Id of the job whose methods share a page of the docs: ``reduce`` for ``reduce_umap``."""
        return (cls.of or cls).id

    @classmethod
    def extra_help(cls) -> str:
        """HTML that belongs into the help panel below the docstring, such as a table of what can be chosen."""
        return ""


class _OfCard:
    """What a job of one card has beside what its job has."""

    of: ClassVar[type[Job]]
    card: ClassVar[type[Declared]]

    @classmethod
    def specs(cls) -> dict[str, Field]:
        """Parameter name -> what is known about it: those of the job, then those of the card, outputs last."""
        declared = {**cls.of.specs(), **cls.card.specs()}
        return dict(sorted(declared.items(), key=lambda item: item[1].is_output))


def per_card(job: type[Job], cards: Iterable[type[Declared]]) -> list[type[Job]]:
    """One job per card: the fields of *job*, then those of the card. ``reduce`` + ``umap`` = ``reduce_umap``.

    Raises:
        TypeError: a card declares a field that the job has.
    """
    made: list[type[Job]] = []
    for card in cards:
        twice = set(job.specs()) & set(card.specs())
        if twice:
            raise TypeError(f"{job.id} and its card {card.id} both have {', '.join(sorted(twice))}")
        about = {"id": f"{job.id}_{card.id}", "title": f"{job.title}: {card.title}", "card": card, "of": job}
        about |= {"__doc__": f"{job.__doc__}\n\n{card.__doc__}", "__module__": job.__module__}
        made.append(type(f"{job.__name__}{card.__name__}", (_OfCard, job), about))
    return made


def discover(package: str, base: type) -> dict[str, type]:
    """Import every public module of *package*; return its subclasses of *base*, and those in its ``JOBS``, by id."""
    root = importlib.import_module(package)
    found: dict[str, type] = {}
    for name in sorted(info.name for info in pkgutil.iter_modules(root.__path__) if not info.name.startswith("_")):
        module = importlib.import_module(f"{package}.{name}")
        here = [
            t
            for t in vars(module).values()
            if isinstance(t, type) and issubclass(t, base) and t.__module__ == module.__name__
        ]
        for thing in getattr(module, "JOBS", here):
            if thing.id:
                if thing.id in found:
                    raise TypeError(f"two things are called {thing.id}")
                found[thing.id] = thing
    return found
