"""The plugin's page in Options ▸ Processing ▸ Providers, and the environment variables that go before it.

A setting becomes an environment variable of the same name, unless QGIS was started with that variable: so the plugin, the
engine's own places and the worker read one source.
"""

from __future__ import annotations

import os

from qgis.PyQt.QtGui import QIcon

from .words import tr

PYTHON, CACHE, HOME = "IAMAP_PYTHON", "IAMAP_CACHE", "IAMAP_HOME"
KEYS = (PYTHON, CACHE, HOME)

#: what this module put into the environment, so that it can be changed and taken back
_applied: dict[str, str] = {}


def add_page(group: str, icon: QIcon) -> None:
    """Add the settings to QGIS's options, and let them count."""
    from processing.core.ProcessingConfig import ProcessingConfig, Setting

    ProcessingConfig.settingIcons[group] = icon
    labels = (
        (PYTHON, tr("Python of the engine (empty: the environment that IAMAP sets up)"), Setting.FILE),
        (CACHE, tr("Folder of downloaded weights (empty: in IAMAP's folder)"), Setting.FOLDER),
        (HOME, tr("IAMAP's folder: engine environment, weights (empty: the usual place)"), Setting.FOLDER),
    )
    for key, label, kind in labels:
        ProcessingConfig.addSetting(Setting(group, key, label, "", valuetype=kind))
    ProcessingConfig.readSettings()
    apply()


def remove_page() -> None:
    """Take the settings out of QGIS's options, and out of its environment."""
    from processing.core.ProcessingConfig import ProcessingConfig

    for key in KEYS:
        if key in ProcessingConfig.settings:
            ProcessingConfig.removeSetting(key)
        if os.environ.get(key) == _applied.get(key):
            os.environ.pop(key, None)
    _applied.clear()


def apply() -> None:
    """Let the settings count from now on."""
    from processing.core.ProcessingConfig import ProcessingConfig

    for key in KEYS:
        present = os.environ.get(key, "")
        if present and present != _applied.get(key):
            continue  # QGIS was started with it
        value = str(ProcessingConfig.getSetting(key) or "").strip()
        if value:
            os.environ[key] = _applied[key] = value
        elif _applied.pop(key, None):
            os.environ.pop(key, None)


def for_worker() -> dict[str, str]:
    """The variables a worker is to see."""
    return {key: os.environ[key] for key in KEYS if os.environ.get(key)}
