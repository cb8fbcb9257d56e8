"""One run of the set-up: what the user asks for, who is told, who may stop it, and what is known so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..contract import places
from ..contract.errors import Cancelled
from . import failures, index, package_settings, process, pythons


@dataclass(frozen=True)
class Wishes:
    """What the user asks for.

    Attributes:
        cuda: the build of torch that uses an NVIDIA card, several gigabytes.
        python: a Python 3.11 to 3.13 to make the environment with; empty: the best one found, or one that uv fetches.
        index: address of a package index to use instead of the usual one.
        find_links: a folder, or page, of wheels.
        offline: use no network.
        repair: check an environment that is there, and make it anew if it is broken.
        proxy: used where the environment names none; QGIS's own.
        without_uv: make it with venv and pip even where uv can be had.
    """

    cuda: bool = False
    python: str = ""
    index: str = ""
    find_links: str = ""
    offline: bool = False
    repair: bool = False
    proxy: str = ""
    without_uv: bool = False


@dataclass
class SetUp:
    """One run: every step gets it."""

    wishes: Wishes
    log: Callable[[str], None]
    progress: Callable[[float, str], None]
    cancelled: Callable[[], bool]
    file: IO[str]
    settings: package_settings.Settings = field(init=False)
    environment: dict[str, str] = field(init=False)
    known: list[pythons.Python] | None = None

    def __post_init__(self) -> None:
        """Read the user's settings of pip and uv."""
        w = self.wishes
        self.settings = package_settings.read(index=w.index, find_links=w.find_links, offline=w.offline, proxy=w.proxy)
        self.environment = package_settings.environ(self.settings, cache(), w.offline)

    def line(self, text: str) -> None:
        """Tell the log and its file."""
        self.note(text)
        self.log(index.without_password(text))

    def note(self, text: str) -> None:
        """Tell the log's file alone."""
        self.file.write(index.without_password(text) + "\n")
        self.file.flush()

    def stage(self, fraction: float, name: str) -> None:
        """Tell how far it is; a moment to stop."""
        if self.cancelled():
            raise Cancelled("the set-up was cancelled")
        self.progress(fraction, name)

    def pythons(self) -> list[pythons.Python]:
        """The Pythons of this computer, asked once."""
        if self.known is None:
            self.known = list(pythons.found())
            for python in self.known:
                self.line(f"found {python}{', has pip' if python.pip else ''}{', can be used' if python.suits else ''}")
        return self.known

    def run(self, step: str, command: list[str], work: Path, line: Callable[[str], None] | None = None) -> None:
        """Run one program of *step*; raise what it died of."""
        said: list[str] = []

        def tell(text: str) -> None:
            said.append(text)
            self.line(text)
            if line is not None:
                line(text)

        self.note("$ " + " ".join(command))
        try:
            code = process.run(command, self.environment, work, tell, self.cancelled)
        except OSError as error:
            raise failures.explain(step, f"{command[0]} can't be started: {error}", -1) from error
        if code != 0:
            raise failures.explain(step, index.without_password("\n".join(said)), code)


def cache() -> Path:
    """Where uv keeps packages. Beside the environment their files are shared with it, and cost no second gigabyte."""
    return places.home() / "uv" / "cache"
