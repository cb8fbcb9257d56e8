"""The environment variables of every process we start.

QGIS leads its own process to its own Python, GDAL, PROJ, Qt and shared libraries by environment variables. Any of them
that reaches another Python breaks it, some without a word: PROJ_LIB of another PROJ refuses every CRS, PYTHONEXECUTABLE
makes an interpreter forget its virtual environment, LD_PRELOAD swaps GDAL.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

#: variables that start with one of these never reach a child, whatever their case
SCRUBBED = (
    "PYTHON",
    "__PYVENV",
    "VIRTUAL_ENV",
    "CONDA_",
    "_CONDA",
    "_CE_",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_ROOT",
    "PIP_REQUIRE_VIRTUALENV",
    "GDAL_",
    "OGR_",
    "CPL_",
    "PROJ_",
    "GEOTIFF_",
    "QT_",
    "QML",
    "QGIS_",
    "GISBASE",
    "GISRC",
    "GRASS",
    "SAGA",
    "OSGEO4W",
    "O4W_",
    "LD_",
    "DYLD_",
)

#: where libraries look for certificates: kept only where they lead to a file or folder that is not QGIS's own
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")

#: variables that hold the folder QGIS is installed in
_ROOTS = ("OSGEO4W_ROOT", "QGIS_PREFIX_PATH")

#: QGIS_PREFIX_PATH of a distribution's package: everything lies there, also what is not QGIS's
_SHARED_ROOTS = frozenset({"/", "/usr", "/usr/local"})


def environ(
    extra: Mapping[str, str] | None = None,
    source: Mapping[str, str] | None = None,
    platform: str = sys.platform,
) -> dict[str, str]:
    """Return the environment for a child: ours without what leads into QGIS, then *extra*.

    Proxies, PIP_* and UV_* settings, a company's certificates, IAMAP_* and what Windows needs stay.

    Args:
        extra: added last, as it is.
        source, platform: for tests; this process's by default.
    """
    source = os.environ if source is None else source
    roots = qgis_roots(source, platform)
    kept = {name: value for name, value in source.items() if not name.upper().startswith(SCRUBBED)}
    for name in CERTIFICATES:
        places = (
            kept.get(name, "").split(";" if platform == "win32" else ":")
            if name == "SSL_CERT_DIR"
            else [kept.get(name, "")]
        )
        if name in kept and not all(
            place and os.path.exists(place) and not within(place, roots, platform) for place in places
        ):
            del kept[name]
    if platform == "win32":
        for name in [name for name in kept if name.upper() == "PATH"]:
            folders = [folder for folder in kept[name].split(";") if folder and not within(folder, roots, platform)]
            kept[name] = ";".join(folders)
    kept.update(PYTHONUTF8="1", PYTHONNOUSERSITE="1")
    kept.update(extra or {})
    return kept


def qgis_roots(source: Mapping[str, str], platform: str = sys.platform) -> list[str]:
    """The folders that belong to QGIS alone, as far as *source* and this process tell."""
    roots = [source[name] for name in _ROOTS if source.get(name)]
    if platform == "win32":
        # …\apps\qgis and …\apps\Python312 are parts of the folder above apps
        inner = [root for root in (*roots, sys.prefix if "qgis" in sys.modules else "") if root]
        for root in inner:
            parts = PureWindowsPath(root).parts
            lowered = [part.lower() for part in parts]
            if "apps" in lowered[1:]:
                roots.append(str(PureWindowsPath(*parts[: lowered.index("apps")])))
    if platform == "darwin" and "qgis" in sys.modules:
        roots += [
            str(folder) for folder in (sys.prefix, *PurePosixPath(sys.prefix).parents) if str(folder).endswith(".app")
        ]
    return [root for root in roots if root.rstrip("/") not in _SHARED_ROOTS and root not in ("/", "")]


def within(path: str, roots: list[str], platform: str = sys.platform) -> bool:
    """Whether *path* lies in one of *roots*, or is one; by names alone."""
    pure = PureWindowsPath if platform == "win32" else PurePosixPath
    inside = pure(path.lower() if platform == "win32" else path)
    outside = [pure(root.lower() if platform == "win32" else root) for root in roots]
    return any(root == inside or root in inside.parents for root in outside)
