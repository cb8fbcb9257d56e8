"""What a worker tells its parent: one JSON object a line. Version 1.

hello {job, python, torch, engine}   log {level, text}   progress {done, total, unit, stage, seconds_left}
result {outputs, facts}              error {kind, text, hint, trace}

Parameters stand in backticks in text and hint of an error, see ``errors.IamapError``.
"""

from __future__ import annotations

import json
from typing import Any

VERSION = 1


def dump(event: str, **about: Any) -> bytes:
    """Return one event as a line of ASCII JSON, newline included."""
    return json.dumps({"v": VERSION, "event": event, **about}, ensure_ascii=True).encode("ascii") + b"\n"


class LineReader:
    """Cut a byte stream, arriving in any pieces, into events; any other line comes back as a ``noise`` event."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[dict[str, Any]]:
        """Return the events that *piece* completes, in order."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [self._parse(line) for line in lines if line.strip()]

    def end(self) -> list[dict[str, Any]]:
        """Return what was left without a newline when the stream ended."""
        line, self._rest = self._rest, b""
        return [self._parse(line)] if line.strip() else []

    @staticmethod
    def _parse(line: bytes) -> dict[str, Any]:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            return event
        return {"event": "noise", "text": line.decode("utf-8", "replace").rstrip("\r")}
