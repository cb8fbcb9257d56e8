"""Make ``import iamap`` mean this checkout, whatever its folder is called."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

if "iamap" not in sys.modules:
    _boot = Path(__file__).resolve().parents[1] / "worker" / "boot.py"
    _spec = importlib.util.spec_from_file_location("iamap_boot", _boot)
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    _module.load()
