"""Start from a plugin folder of any name: ``python -I boot.py serve request.json`` or ``… boot.py encode IN OUT``.

The folder is loaded under the name ``iamap`` without putting it, or its parent, on ``sys.path``: otherwise ``ml``, ``icons``
and ``tests`` would become names that other packages can run into.
"""

from __future__ import annotations

import gc
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def load() -> None:
    """Make ``import iamap`` mean the folder this file lies in."""
    spec = importlib.util.spec_from_file_location("iamap", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{ROOT} holds no Python package")
    sys.modules["iamap"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def main(arguments: list[str]) -> int:
    """Serve one request, or act as the command line; return the exit code."""
    # importing torch makes a million objects and throws few away: looking for garbage costs a fifth of the start
    gc.set_threshold(100_000, 20, 100)
    load()
    if arguments[:1] == ["serve"]:
        from iamap.worker.serve import main as serve

        return serve(arguments[1])
    from iamap.worker.cli import main as command_line

    return command_line(arguments)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # a last look for garbage among the million objects of torch would take a second, after a cancel too
    gc.freeze()
    sys.exit(code)
