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


def run(job: str, **params: Any) -> dict[str, Any]:
    """Run a job from Python: ``iamap.run("encode", input="in.tif", output="out.tif")``; return output field -> path.

    Raises:
        IamapError: something you can act on.
    """
    from .worker.context import RunContext
    from .worker.request import build

    return build(job, params).run(RunContext(lambda *_: None))
