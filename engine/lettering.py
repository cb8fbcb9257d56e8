"""Names of people's making in figures: in letters that a font of this computer has, or as numbers that the text explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from matplotlib.font_manager import findfont, fontManager
from matplotlib.ft2font import FT2Font

#: what all figures are lettered in: it comes with matplotlib
PLAIN = "DejaVu Sans"
#: letters of a name in a plot
LETTERS = 24
#: parts of the names of fonts for many languages, which are asked first; and the most that are asked for a letter
_WIDE = (
    "cjk",
    "noto sans",
    "yahei",
    "pingfang",
    "hiragino",
    "wenquanyi",
    "wqy",
    "gothic",
    "simsun",
    "simhei",
    "malgun",
    "unicode",
    "droid",
)
_MOST = 300


@cache
def _letters(path: str) -> frozenset[int]:
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()


@cache
def _fonts() -> tuple[tuple[str, str], ...]:
    """(family, path) of the upright fonts of this computer, those for many languages first."""
    fonts = {
        (one.name, one.fname) for one in fontManager.ttflist if one.style == "normal" and "last" not in one.name.lower()
    }
    wide = {font: next((i for i, part in enumerate(_WIDE) if part in font[0].lower()), len(_WIDE)) for font in fonts}
    return tuple(sorted(fonts, key=lambda font: (wide[font], font)))[:_MOST]


@cache
def _family(letter: int) -> str | None:
    """A family that has the letter: ``PLAIN``, or another; None where no font has."""
    if letter in _letters(findfont(PLAIN)):
        return PLAIN
    return next((family for family, path in _fonts() if letter in _letters(path)), None)


def families(names: Iterable[str]) -> list[str]:
    """Families that a figure with *names* is lettered in, the plain one first."""
    found = {_family(ord(letter)) for name in names for letter in name} - {PLAIN, None}
    return [PLAIN, *sorted(one for one in found if one)]


def ticks(names: Sequence[str], letters: int = LETTERS) -> list[str]:
    """What a plot calls each: its name if it can, its number too where that is cut short, and the number alone otherwise."""
    return [_tick(i, name, letters) for i, name in enumerate(names, 1)]


def _tick(number: int, name: str, letters: int) -> str:
    # a dollar begins a formula
    if "$" in name or not name.isprintable() or any(_family(ord(letter)) is None for letter in name):
        return f"№ {number}"
    return name if len(name) <= letters else f"№ {number} {name[: letters - 1]}…"


def told_apart(names: Sequence[str], letters: int = LETTERS) -> str:
    """A sentence on those that a plot shows as a number, or cut short; empty where there are none."""
    shown = ticks(names, letters)
    changed = [f"№ {i} is {name}" for i, (name, tick) in enumerate(zip(names, shown), 1) if tick != name]
    return f"In plots, {', '.join(changed)}." if changed else ""
