"""Where the engine environment is, whether it is whole, and which Python runs the worker. Starts no process."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

from ..contract import places
from ..contract.errors import NoEngine

#: the Pythons the pinned set has wheels for, oldest first
PYTHONS = ((3, 11), (3, 12), (3, 13))

#: written last into an environment; one without it is half-made and never used
MARK = "iamap-complete.json"

PLUGIN = Path(__file__).resolve().parent.parent
PINNED = Path(__file__).resolve().with_name("pinned.txt")


def pinned() -> dict[str, str]:
    """Package name -> version of the pinned set; the first one where it depends on the Python."""
    found: dict[str, str] = {}
    for line in _pinned_lines(PINNED):
        match = re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line)
        if match:
            found.setdefault(match.group(1), match.group(2))
    return found


def _pinned_lines(file: Path) -> list[str]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def key(file: Path = PINNED) -> str:
    """Name of the environment: changes with the pinned set, the platform and the Pythons allowed, and with nothing else."""
    about = [sys.platform, platform.machine().lower(), repr(PYTHONS), *sorted(_pinned_lines(file))]
    return hashlib.sha256("\n".join(about).encode("utf-8")).hexdigest()[:12]


def root() -> Path:
    """The folder of all engine environments."""
    return places.home() / "engine"


def folder() -> Path:
    """Where the environment of this version's pinned set is, or will be."""
    return root() / key()


def log_file() -> Path:
    """The whole output of the last set-up."""
    return places.home() / "setup.log"


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment or a conda environment, whether it is there or not."""
    if sys.platform != "win32":
        return environment / "bin" / "python"
    conda = environment / "python.exe"
    return conda if conda.exists() else environment / "Scripts" / "python.exe"


def mark(environment: Path) -> dict[str, Any]:
    """What the completion mark of *environment* says; empty where it is missing, unreadable or of another pinned set."""
    try:
        about = json.loads((environment / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) and about.get("key") == environment.name else {}


def is_made() -> bool:
    """Whether the environment of the pinned set is whole and its interpreter still there."""
    return bool(mark(folder())) and python_in(folder()).exists()


def others() -> list[Path]:
    """Environments of other pinned sets and remains of interrupted set-ups, made by us; nobody else's folder."""
    if not root().is_dir():
        return []
    ours = re.compile(r"[0-9a-f]{12}(\.(new|old)-\d+)?")
    return sorted(path for path in root().iterdir() if path.is_dir() and ours.fullmatch(path.name) and path != folder())


def chosen(setting: str | None = None) -> tuple[str, str]:
    """The Python that the user names and where he does: ``IAMAP_PYTHON``, then *setting*; two empty strings for none."""
    given = os.environ.get("IAMAP_PYTHON", "").strip()
    if given:
        return given, "IAMAP_PYTHON"
    return (setting.strip(), "the setting") if setting and setting.strip() else ("", "")


def find_python(setting: str | None = None) -> Path:
    """Return the interpreter that runs the worker.

    Args:
        setting: a Python, or the folder of a virtual or conda environment, that the user chose instead of ours.

    Raises:
        NoEngine: it is not there; the hint says how to make it.
    """
    given, where = chosen(setting)
    if given:
        path = Path(given).expanduser().absolute()
        path = python_in(path) if path.is_dir() else path
        if not path.is_file():
            raise NoEngine(
                f"{where} names {given}, where there is no Python", "correct it, or clear it and set up IAMAP"
            )
        return path
    here = folder()
    if is_made():
        return python_in(here)
    if mark(here):
        text = f"the Python that the engine environment {here} was made with is gone"
        raise NoEngine(text, how_to_make("--repair"))
    if any(mark(path) for path in others()):
        raise NoEngine("the engine environment belongs to another version of IAMAP", how_to_make())
    raise NoEngine("the engine environment is not set up", how_to_make())


def status(setting: str | None = None) -> tuple[bool, str]:
    """Whether a worker can be started, and a sentence that says so."""
    try:
        python = find_python(setting)
    except NoEngine as missing:
        return False, sentence(missing)
    given, where = chosen(setting)
    if given:
        return True, f"The Python named by {where} is used: {python}."
    about = mark(folder())
    versions = about.get("versions", {})
    return (
        True,
        f"The engine environment is set up: Python {about.get('python')}, torch {versions.get('torch')}, in {folder()}.",
    )


def sentence(error: Exception) -> str:
    """*error* as a sentence: capital letter, full stop."""
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def how_to_make(option: str = "") -> str:
    """The ways to make the environment, for a hint."""
    python = "python" if sys.platform == "win32" else "python3"
    return f'choose Set up IAMAP… in QGIS\'s plugin menu, or run: {python} "{PLUGIN}" setup {option}'.rstrip()
