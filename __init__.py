"""IAMAP: features of geo-rasters from pre-trained encoders. QGIS plugin, Python package and command line in one.

Importable without QGIS: the engine, the tests and the command line import this package too.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def classFactory(iface: Any) -> Any:  # noqa: N802 (name fixed by QGIS)
    """Return the plugin object; called once by QGIS when the plugin is switched on."""
    from .iamap_plugin import IamapPlugin

    return IamapPlugin(iface)
