"""Make ``import iamap`` mean this checkout, whatever its folder is called, and keep what tests note out of the user's folders."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

if "iamap" not in sys.modules:
    _boot = Path(__file__).resolve().parents[1] / "worker" / "boot.py"
    _spec = importlib.util.spec_from_file_location("iamap_boot", _boot)
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    _module.load()

if os.environ.get("IAMAP_PYTHON"):
    # the engine is known: what else lies in its home are networks that were built and converted, which tests should begin without
    os.environ["IAMAP_HOME"] = tempfile.mkdtemp(prefix="iamap-tests-")
    atexit.register(shutil.rmtree, os.environ["IAMAP_HOME"], ignore_errors=True)
