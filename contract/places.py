"""Where IAMAP keeps what it needs, outside the plugin folder: the engine environment and downloaded weights."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: what the names of folders begin with into which QGIS writes features that no file holds as they are shown
LAYERS = "iamap_layers_"


def home() -> Path:
    """The folder that holds everything IAMAP puts on this computer; ``IAMAP_HOME`` names another one."""
    given = os.environ.get("IAMAP_HOME")
    if given:
        return Path(given).expanduser().absolute()
    if sys.platform == "win32":
        # not the roaming profile: weights and libraries weigh gigabytes
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "iamap"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "iamap"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "iamap"


def weights_cache() -> Path:
    """The folder of downloaded weights, in the hub's own layout; ``IAMAP_CACHE`` names another one."""
    given = os.environ.get("IAMAP_CACHE")
    return Path(given).expanduser().absolute() if given else home() / "weights"
