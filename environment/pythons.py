"""Find the Pythons of this computer, and ask each what it is.

``sys.executable`` is not trusted: inside QGIS it may be QGIS itself, which would start a second time, or a Python that has
nothing to do with the one QGIS runs on.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import child, process
from .engine import PYTHONS

_NAME = re.compile(r"python(\d(\.\d+)?)?(\.exe)?", re.IGNORECASE)

_QUESTION = """
import importlib.util as u, json, platform, sys, sysconfig
print(json.dumps({"version": list(sys.version_info[:3]), "prefix": sys.prefix, "bits": 64 if sys.maxsize > 2**32 else 32,
    "cpython": platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED"),
    "pip": u.find_spec("pip") is not None, "venv": u.find_spec("venv") is not None and u.find_spec("ensurepip") is not None}))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter that answered.

    Attributes:
        pip, venv: whether it can install packages, and make an environment that can.
        standard: CPython, 64 bits, with its global lock: what wheels are made for.
    """

    path: Path
    version: tuple[int, ...]
    pip: bool
    venv: bool
    standard: bool

    @property
    def suits(self) -> bool:
        """Whether the pinned set has wheels for it."""
        return self.standard and self.version[:2] in PYTHONS

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def ask(path: Path) -> Python | None:
    """Start *path* with a small question; None where it is no Python, or none newer than 3.4."""
    code, said = process.output([str(path), "-I", "-c", _QUESTION], child.environ(), Path(tempfile.gettempdir()))
    try:
        about = json.loads(said.strip().splitlines()[-1]) if code == 0 and said.strip() else None
    except ValueError:
        about = None
    if not isinstance(about, dict):
        return None
    standard = bool(about["cpython"]) and about["bits"] == 64
    return Python(path, tuple(about["version"]), bool(about["pip"]), bool(about["venv"]), standard)


def found() -> Iterator[Python]:
    """Every Python in reach, one after the other, best first, each asked when its turn comes."""
    seen: set[str] = set()
    for path in candidates():
        real = os.path.normcase(os.path.realpath(path))
        # environments link to the Python they were made with, and are not the same: keep both where prefixes differ
        mark = real if not (path.parent.parent / "pyvenv.cfg").exists() else os.path.normcase(str(path))
        if mark in seen:
            continue
        seen.add(mark)
        python = ask(path)
        if python is not None:
            yield python


def candidates() -> list[Path]:
    """Files that look like Pythons: on PATH first where QGIS brings its own, last there."""
    versions = [f"{major}.{minor}" for major, minor in reversed(PYTHONS)]
    names = [f"python{version}" for version in versions] + ["python3", "python"]
    path = child.environ().get("PATH", os.defpath)
    # the store's stand-ins open a shop window
    path = os.pathsep.join(folder for folder in path.split(os.pathsep) if "windowsapps" not in folder.lower())
    on_path = [Path(hit) for name in names for hit in [shutil.which(name, path=path)] if hit]
    own = [
        Path(file)
        for file in (getattr(sys, "_base_executable", None), sys.executable)
        if file and _NAME.fullmatch(Path(file).name)
    ]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        here = "{}.{}".format(*sys.version_info[:2])
        inner = ("python.exe", "python3.exe") if sys.platform == "win32" else (f"bin/python{here}", "bin/python3")
        own += [Path(prefix) / name for name in inner]
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        installed = (
            [Path(local) / "Programs" / "Python" / f"Python{v.replace('.', '')}" / "python.exe" for v in versions]
            if local
            else []
        )
        on_path = installed + on_path
    # outside Linux QGIS carries a Python of its own, which goes with the next update: the last choice
    bundled = sys.platform in ("win32", "darwin") and "qgis" in sys.modules
    ordered = on_path + own if bundled else own + on_path
    return [file for file in dict.fromkeys(ordered) if file.is_file()]
