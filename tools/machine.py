"""What demo.py and test.py need on the machine: the engine environment, QGIS, uv."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import find_qgis
from steps import ROOT, StepFailed, Steps, say


def load_iamap() -> None:
    """Make ``import iamap`` mean this checkout, whatever its folder is called."""
    if "iamap" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location("iamap", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{ROOT} holds no Python package")
    sys.modules["iamap"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


_installing = threading.Lock()


def may_install() -> bool:
    """Whether this user can install the system's packages, on a system of Debian's family."""
    return bool(shutil.which("apt-get")) and hasattr(os, "geteuid") and os.geteuid() == 0


def install(steps: Steps, *packages: str) -> None:
    """Install *packages* of the system, one call at a time.

    Raises:
        StepFailed: apt-get can't.
    """
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with _installing:
        if not any(name == "apt-get update" for name, _, _ in steps.done):
            # an update that fails is no reason to stop: the packages may be known already
            steps.run("apt-get update", ["apt-get", "update", "-q"], quiet, allow=(0, 100))
        options = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
        steps.run(f"apt-get install {packages[0]}", ["apt-get", "install", *options, *packages], quiet)


def make_sure_of_pip(steps: Steps) -> None:
    """See to it that something here knows where packages come from, uv or a Python's pip, if the engine is to be made."""
    load_iamap()
    from iamap.environment import engine as place
    from iamap.environment import pythons
    from iamap.environment import uv as program

    if os.environ.get("IAMAP_PYTHON") or place.is_made() or shutil.which("uv") or program.ours().exists():
        return
    if may_install() and not any(python.pip for python in pythons.found()):
        install(steps, "python3-pip")


def engine(steps: Steps) -> Path:
    """Return the Python of the engine environment, made if it is missing; IAMAP_PYTHON names another.

    Raises:
        StepFailed: it can't be made; the output says why.
    """
    load_iamap()
    from iamap.contract.errors import NoEngine
    from iamap.environment import engine as place

    if not os.environ.get("IAMAP_PYTHON"):
        steps.run("engine environment", [sys.executable, ROOT, "setup"])
    try:
        python = place.find_python()
    except NoEngine as missing:
        raise StepFailed(str(missing)) from missing
    say(f"  engine: {python}")
    return python


def qgis(steps: Steps) -> find_qgis.Qgis | None:
    """Return a working qgis_process, from the system's packages if it may install them; None, with a note, otherwise.

    Raises:
        StepFailed: the packages can't be installed.
    """
    found = find_qgis.find()
    if found is None and may_install():
        install(steps, "qgis", "python3-qgis")
        found = find_qgis.find()
    if found is None:
        why = (
            "the packages did not bring one that runs"
            if may_install()
            else "this user may not install packages (no root)"
        )
        why = why if shutil.which("apt-get") else "there is no apt-get to install it with"
        steps.notes.append(
            f"no QGIS on this machine, and {why}: the QGIS part was left out. QGIS_PROCESS can name one."
        )
        return None
    say(f"  {found.version}")
    return found


def uv(steps: Steps) -> tuple[Path, dict[str, str]]:
    """Return uv, the program that makes environments, and the variables by which it does what pip's settings say.

    It is the one that made the engine environment, the user's own, or one fetched now.
    """
    load_iamap()
    from iamap.environment import package_settings, pythons, setting_up
    from iamap.environment import uv as program

    settings = package_settings.read()
    environment = package_settings.environ(settings, setting_up.cache())
    steps.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=steps.folder) as work:
        path = program.get(pythons.found, settings, environment, Path(work), say, lambda: False)
    return path, environment
