"""Versions of packages, without loading them."""

from __future__ import annotations

import importlib.metadata


def version(distribution: str) -> str:
    """Of the package *distribution* in this Python; empty where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
