"""Verify an environment by work: its Python loads everything and runs one tiny forward pass."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Callable

from ..contract.errors import NoEngine
from . import child, process

SCRIPT = Path(__file__).resolve().with_name("verify.py")

#: the first import after an install reads a gigabyte from a slow disk while a virus scanner looks on
SECONDS = 600


def verify(
    python: Path,
    line: Callable[[str], None],
    cancelled: Callable[[], bool] = lambda: False,
    environment: Path | None = None,
) -> dict[str, Any]:
    """Return what the engine's *python* says of itself: python, prefix, versions, cuda, seconds.

    Args:
        line: told what the child says.
        environment: the folder it must answer from; None for a Python that the user chose.

    Raises:
        NoEngine: something does not load or work; the text has the error.
        Cancelled: the user stopped it.
    """
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        line(text)

    command = [str(python), "-I", "-X", "utf8", str(SCRIPT)]
    try:
        code = process.run(command, child.environ(), Path(tempfile.gettempdir()), tell, cancelled, SECONDS)
    except TimeoutError as error:
        text = f"the check of {python} took more than {SECONDS} s"
        raise NoEngine(text, "try again when the computer is less busy") from error
    except OSError as error:
        raise NoEngine(f"{python} can't be started: {error}", "repair the set-up, or choose another Python") from error
    answer = _answer(said)
    if code < 0 or (code != 0 and "error" not in answer):
        kind = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        raise NoEngine(
            f"the check of {python} {kind} before it could answer", "repair the set-up; the log has what it said"
        )
    if not answer.get("ok"):
        raise NoEngine(f"the engine's packages do not work: {answer.get('error', 'no answer')}", "repair the set-up")
    if environment is not None and not _same(answer["prefix"], environment):
        raise NoEngine(f"{python} answers from {answer['prefix']}, not from its environment", "repair the set-up")
    return answer


def _answer(said: list[str]) -> dict[str, Any]:
    for text in reversed(said):
        try:
            answer = json.loads(text)
        except ValueError:
            continue
        if isinstance(answer, dict) and "ok" in answer:
            return answer
    return {}


def _same(one: str, other: Path) -> bool:
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))
