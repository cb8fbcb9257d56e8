"""Tell progress from what uv or pip says while it installs."""

from __future__ import annotations

from collections.abc import Callable

from . import engine

#: megabytes downloaded for the CPU build, about
_EXPECTED = 510.0

#: fractions of the set-up: packages begin, packages are there, packages are in place
BEGIN, FETCHED, PLACED = 0.08, 0.7, 0.75


class Downloads:
    """Reads the lines, tells how far the set-up is."""

    def __init__(self, progress: Callable[[float, str], None]) -> None:
        self.progress, self.fraction, self.done, self.collected = progress, BEGIN, 0.0, 0
        self.sizes: dict[str, float] = {}
        self.packages = len(engine.pinned())

    def hear(self, text: str) -> None:
        """Read one line; the fraction never falls."""
        words = text.split()
        stage = "Downloading packages"
        if words[:1] == ["Downloading"] and len(words) == 3 and words[2].endswith("iB)"):
            self.sizes[words[1]] = _megabytes(words[2])
        elif words[:1] == ["Downloaded"] and len(words) == 2:
            self.done += self.sizes.pop(words[1], 0.0)
            self._reach(BEGIN + (FETCHED - BEGIN) * min(1.0, self.done / _EXPECTED))
        elif words[:1] == ["Collecting"]:
            self.collected += 1
            self._reach(BEGIN + (FETCHED - BEGIN) * min(1.0, self.collected / self.packages))
        elif words[:1] == ["Prepared"] or text.startswith("Installing collected"):
            stage = "Installing packages"
            self._reach(FETCHED)
        elif words[:1] == ["Installed"]:
            stage = "Compiling"
            self._reach(PLACED)
        else:
            return
        self.progress(self.fraction, stage)

    def _reach(self, fraction: float) -> None:
        self.fraction = max(self.fraction, fraction)


def _megabytes(size: str) -> float:
    """``(180.5MiB)`` as a number of megabytes."""
    unit = {"K": 0.001, "M": 1.0, "G": 1000.0}
    text = size.strip("()")
    try:
        return float(text[:-3]) * unit.get(text[-3], 0.0)
    except ValueError:
        return 0.0
