"""How much memory this process holds."""

from __future__ import annotations

import sys


def memory() -> float:
    """The most bytes that this process has held at once so far; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        # Windows
        return 0.0
    # bytes on macOS, kilobytes elsewhere
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
