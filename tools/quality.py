"""Measure how good the maps are: ``python tools/quality.py SECTION …`` with the engine's Python; docs/quality.md has the figures.

    python tools/quality.py                       which sections there are
    python tools/quality.py similarity --help     what one of them takes

A section is a module in ``tools/quality/`` whose ``main(arguments)`` prints tables in Markdown and returns an exit code.
"""

from __future__ import annotations

import ast
import importlib
import runpy
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent


def sections() -> dict[str, str]:
    """Name of every section -> the first line of what it says of itself."""
    found = {}
    for file in sorted((TOOLS / "quality").glob("[a-z]*.py")):
        told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        found[file.stem] = told.partition("\n")[0]
    return found


def main(arguments: list[str]) -> int:
    """Run the section that is asked for; without one, list them."""
    known = sections()
    if not arguments or arguments[0] not in known:
        width = max(map(len, known), default=0)
        print(f"{(__doc__ or '').strip()}\n")
        print("\n".join(f"    {name:<{width}}  {told}" for name, told in known.items()))
        return 0 if arguments[:1] in ([], ["-h"], ["--help"]) else 2
    if str(TOOLS) not in sys.path:
        sys.path.insert(0, str(TOOLS))
    if "iamap" not in sys.modules:
        runpy.run_path(str(TOOLS.parent / "worker" / "boot.py"))["load"]()
    # the folder quality/ is a package, which Python finds before this file of the same name
    return int(importlib.import_module(f"quality.{arguments[0]}").main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
