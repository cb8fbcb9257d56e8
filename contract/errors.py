"""Errors a user can act on. Each says what is wrong with the values at fault, then what to do."""

from __future__ import annotations


class IamapError(Exception):
    """Base of every error shown to the user.

    Args:
        text: what is wrong, one sentence with the values at fault, without a full stop.
        hint: what the user can do about it, without a full stop.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text, self.hint = text, hint

    def __str__(self) -> str:
        return ": ".join(part for part in (self.text, self.hint) if part)


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
