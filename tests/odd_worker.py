"""The real worker with one more job: started in place of worker/boot.py."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    boot = runpy.run_path(str(HERE.parent / "worker" / "boot.py"))
    boot["load"]()
    import iamap.algorithms

    # what discovers jobs looks in every folder of the package
    iamap.algorithms.__path__.append(str(HERE / "odd_jobs"))
    if sys.argv[1] == "serve":
        from iamap.worker.serve import main

        sys.exit(main(sys.argv[2]))
    from iamap.worker.cli import main as command_line

    sys.exit(command_line(sys.argv[1:]))
