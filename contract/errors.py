"""Errors a user can act on. Each says what is wrong with the values at fault, then what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: a parameter that a sentence names
_MARKED = re.compile(r"`([A-Za-z][A-Za-z0-9_]*)`")
#: the same, and what can be nothing else: a name before its value, and one of several words
_NAMED = re.compile(
    _MARKED.pattern
    + r"|(?<![\w./\\-])([A-Za-z][A-Za-z0-9_]*)(?= = )|(?<![\w./\\-])([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)(?![\w./\\-])"
)
#: a hint that says no more than a title does
_MEANING = re.compile(_MARKED.pattern + r" is: .*")


class IamapError(Exception):
    """Base of every error shown to the user.

    Parameters stand in backticks, such as ``leave `more` empty``: the command line shows their names, QGIS the titles that its
    dialogs give them. Where a value follows, as in ``seed = 3``, and in names such as ``fold_column``, backticks may be left out.

    Args:
        text: what is wrong, one sentence with the values at fault, without a full stop.
        hint: what the user can do about it, without a full stop.

    Attributes:
        text, hint: as the command line shows them.
        marked: (text, hint) as they were given.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        self.marked = text, hint
        self.text, self.hint = (_MARKED.sub(r"\1", part) for part in self.marked)
        super().__init__(self.text)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.text, self.hint) if part)

    def titled(self, titles: Mapping[str, str]) -> tuple[str, str]:
        """(text, hint) with the *titles* of parameters, by name, in place of their names."""

        def title(found: re.Match[str]) -> str:
            name = next(part for part in found.groups() if part)
            # QGIS writes names in capitals
            return f"“{titles[name.lower()]}”" if name.lower() in titles else found.group().strip("`")

        text, hint = self.marked
        meaning = _MEANING.fullmatch(hint)
        if meaning and meaning.group(1).lower() in titles:
            hint = ""
        return _NAMED.sub(title, text), _NAMED.sub(title, hint)


class BadRequest(IamapError, ValueError):
    """A parameter is missing, out of range, or unknown."""


class BadRaster(IamapError, ValueError):
    """The raster can't be read, or does not fit what the job or the encoder asks for."""


class BadWeights(IamapError, ValueError):
    """Weights can't be read, do not fit the architecture, or have another hash than they should."""


class NoWeights(IamapError, FileNotFoundError):
    """Weights are not on disk and could not be downloaded."""

    # OSError.__str__ formats errno and file name, which are not given here
    __str__ = IamapError.__str__


class NoSpace(IamapError, OSError):
    """The disk is too small for what the job would write."""

    __str__ = IamapError.__str__


class NoEngine(IamapError, RuntimeError):
    """The engine environment is missing, broken, or could not be made."""


class Cancelled(IamapError):
    """The user stopped the job."""
