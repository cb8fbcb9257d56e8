"""What a worker tells, in the words of a QGIS log and on its progress bar."""

from __future__ import annotations

import time
from typing import Any

from qgis.core import QgsProcessingFeedback

from .words import tr

#: part of what is left of the bar that a stage may fill, by what it counts; tiles are the work itself
SHARES = {"tiles": 0.95}
SMALL_SHARE = 0.1


class Listener:
    """Turn events of one run into feedback."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._stage: tuple[str, str] | None = None
        self._from = self._to = self._shown = 0.0
        self._last = ""
        self._began = time.monotonic()
        self._said = -1e9

    def hear(self, event: dict[str, Any]) -> None:
        """Take one event; unknown ones are of a later version and left alone."""
        kind = event["event"]
        if kind == "progress":
            self._progress(event)
        elif kind == "log":
            self._log(str(event.get("level", "info")), str(event.get("text", "")))
        elif kind == "hello":
            versions = {name: event.get(name) for name in ("python", "torch", "engine") if event.get(name)}
            self._feedback.pushDebugInfo(
                tr("Worker") + ": " + ", ".join(f"{name} {version}" for name, version in versions.items())
            )

    def chatter(self, text: str) -> None:
        """Show what a library printed."""
        self._feedback.pushConsoleInfo(text)

    def trace(self, text: str) -> None:
        """Show the traceback of a failure that is ours."""
        for line in text.splitlines():
            self._feedback.pushDebugInfo(line)

    def end(self, facts: dict[str, Any]) -> None:
        """Show what is worth knowing about the run, and fill the bar."""
        self._feedback.setProgress(100.0)
        for name, value in facts.items():
            if isinstance(value, (str, int, float)):
                self._feedback.pushInfo(f"{tr(name).replace('_', ' ')}: {_readable(value)}")

    def _log(self, level: str, text: str) -> None:
        if level == "debug":
            self._feedback.pushDebugInfo(text)
        elif level == "warning":
            self._feedback.pushWarning(text)
        elif level in ("error", "critical"):
            self._feedback.reportError(text, False)
        else:
            self._feedback.pushInfo(text)

    def _progress(self, event: dict[str, Any]) -> None:
        done, total = float(event.get("done") or 0), float(event.get("total") or 0)
        unit, stage = str(event.get("unit", "")), str(event.get("stage", ""))
        now = time.monotonic()
        if (stage, unit) != self._stage:
            # how many stages come is not known: each gets a part of what is left, so that the bar never runs back
            self._stage, self._from, self._said = (stage, unit), self._shown, -1e9
            self._to = self._from + (100.0 - self._from) * SHARES.get(unit, SMALL_SHARE)
        if total > 0:
            self._shown = max(self._shown, self._from + (self._to - self._from) * min(1.0, done / total))
        self._feedback.setProgress(self._shown)
        # the lines stay in the log: one a second at first, then ever fewer
        if now - self._said >= max(1.0, (now - self._began) / 20):
            self._said = now
            text = _told(done, total, unit, stage, event.get("seconds_left"))
            if text != self._last:
                self._last = text
                self._feedback.setProgressText(text)


def _told(done: float, total: float, unit: str, stage: str, seconds_left: float | None) -> str:
    """``Encoding: tile 120 of 676, about 12 s left``."""
    count = tr("{unit} {done} of {total}").format(unit=tr(unit), done=_readable(done), total=_readable(total))
    left = tr("about {time} left").format(time=_duration(seconds_left)) if seconds_left is not None else ""
    text = ", ".join(part for part in (count, left) if part)
    text = f"{tr(stage)}: {text}" if stage else text
    return text[:1].upper() + text[1:]


def _duration(seconds: float) -> str:
    """``12 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _readable(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if value == int(value) else f"{value:.4g}"
    return str(value)
