"""Run a network: device, backend, precision and batch size in one place. Arrays go in, arrays come out."""

from __future__ import annotations

from .backend import Backend, Work
from .choice import Choice, find_device

__all__ = ["Backend", "Choice", "Work", "find_device"]
