"""Where the icons lie."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "icons"


def path(name: str) -> str:
    """Return the file of the icon *name*, or of a job's family (``reduce`` for ``reduce_umap``), or the plugin's own."""
    for candidate in (name, name.split("_")[0], "icon"):
        file = FOLDER / f"{candidate}.svg"
        if file.is_file():
            break
    return str(file)
