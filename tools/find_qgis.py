#!/usr/bin/env python3
"""Find a QGIS that works without a window: its qgis_process, its Python; make a profile of its own for it.

Run as a program, it prints the words of the command, one a line, or exits 1.

Debian 12's qgis_process is a script that adds an option which QGIS 3.22 does not know; qgis_process.bin beside it works.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: a QGIS with windows ends at once where there is no display, without this
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}

_BUNDLES = (
    "/Applications/QGIS*.app/Contents/MacOS/bin/qgis_process",
    "/Applications/QGIS*.app/Contents/MacOS/qgis_process",
    r"C:\OSGeo4W\bin\qgis_process-qgis*.bat",
    r"C:\Program Files\QGIS *\bin\qgis_process-qgis*.bat",
    "/var/lib/snapd/snap/bin/qgis.process",
)


@dataclass(frozen=True)
class Qgis:
    """A qgis_process that works.

    Attributes:
        command: its words.
        version: the first line it says of itself.
    """

    command: tuple[str, ...]
    version: str

    def environment(self) -> dict[str, str]:
        """Environment variables it needs."""
        return surroundings(self.command)


def surroundings(command: tuple[str, ...]) -> dict[str, str]:
    """Environment variables for a qgis_process, and for what starts one.

    It takes the standard library of the ``python3`` that is first on PATH: that must be the one beside it, not pyenv's.
    """
    beside = os.path.dirname(command[0])
    path = os.environ.get("PATH", os.defpath)
    return {**OFFSCREEN, "PATH": f"{beside}{os.pathsep}{path}" if beside else path}


def candidates() -> Iterator[tuple[str, ...]]:
    """Commands to try, best first; QGIS_PROCESS names one."""
    if os.environ.get("QGIS_PROCESS"):
        yield (os.environ["QGIS_PROCESS"],)
    for name in ("qgis_process.bin", "qgis_process"):
        path = shutil.which(name)
        if path:
            yield (path,)
    for pattern in _BUNDLES:
        for path in sorted(glob.glob(pattern), reverse=True):
            yield (path,)
    if shutil.which("flatpak"):
        yield ("flatpak", "run", "--command=qgis_process", "org.qgis.qgis")


def find() -> Qgis | None:
    """Return the first that says its version, None if there is none."""
    for command in candidates():
        try:
            told = subprocess.run(
                [*command, "--version"],
                capture_output=True,
                text=True,
                env={**os.environ, **surroundings(command)},
                timeout=60,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if told.returncode == 0 and "QGIS" in told.stdout:
            return Qgis(command, told.stdout.splitlines()[0])
    return None


def find_python() -> str | None:
    """Return a Python that imports QGIS and Processing's C++ side, None if there is none; QGIS_PYTHON names one."""
    named = [os.environ.get("QGIS_PYTHON", ""), "/usr/bin/python3", shutil.which("python3") or "", sys.executable]
    for path in dict.fromkeys(path for path in named if path):
        try:
            told = subprocess.run(
                [path, "-c", "import qgis.core"], capture_output=True, env={**os.environ, **OFFSCREEN}, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if told.returncode == 0:
            return path
    return None


def make_profile(folder: Path, plugin: Path) -> dict[str, str]:
    """Make a QGIS profile in *folder* in which *plugin* is switched on as ``iamap``.

    Returns:
        The environment variables that make QGIS use it; the user's own profile is not touched.
    """
    profile = folder / "profiles" / "default"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (profile / "QGIS").mkdir(parents=True, exist_ok=True)
    (profile / "python" / "plugins").mkdir(parents=True, exist_ok=True)
    link = profile / "python" / "plugins" / "iamap"
    if link.is_symlink():
        link.unlink()
    link.symlink_to(plugin, target_is_directory=True)
    for name in ("QGIS3.ini", "QGIS4.ini"):
        (profile / "QGIS" / name).write_text("[PythonPlugins]\niamap=true\n", encoding="utf-8")
    return {"QGIS_CUSTOM_CONFIG_PATH": str(folder), "XDG_RUNTIME_DIR": str(folder)}


if __name__ == "__main__":
    found = find()
    if found is None:
        sys.exit("no working qgis_process")
    print("\n".join(found.command))
    print(found.version, file=sys.stderr)
