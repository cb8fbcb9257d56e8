"""Run programs as named steps: say what is done, keep the output in a file, show it where it matters, time it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_printing = threading.Lock()


class StepFailed(RuntimeError):
    """A step ended with another code than 0; its output was shown."""


def say(text: str) -> None:
    """Print at once, lines of several threads apart."""
    with _printing:
        print(text, flush=True)


@dataclass
class Steps:
    """What was done so far.

    Attributes:
        folder: takes one log file a step.
        done: (name, outcome, seconds) in the order they ended.
        notes: what the last lines must tell, such as what could not be run.
    """

    folder: Path
    done: list[tuple[str, str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(
        self,
        name: str,
        command: Sequence[object],
        extra: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        show: bool = False,
        allow: tuple[int, ...] = (0,),
    ) -> str:
        """Run *command* to its end and return its standard output.

        Args:
            extra: environment variables on top of this process's; an empty text takes one away.
            show: print the output also when all is well.
            allow: exit codes that are well.

        Raises:
            StepFailed: it ended with another code, or could not be started.
        """
        words = [str(word) for word in command]
        environment = {**os.environ, **(extra or {})}
        environment = {key: value for key, value in environment.items() if value}
        say(f"  ... {name}")
        started = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / (name.replace(" ", "_").replace("/", "_") + ".log")
        out = b""
        with log.open("wb") as file:
            try:
                process = subprocess.Popen(
                    words, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file
                )
            except OSError as error:
                self._ended(name, "FAILED", started)
                raise StepFailed(f"{words[0]} can't be started: {error}") from error
            with process:
                out = process.stdout.read() if process.stdout else b""
                code = process.wait()
            file.write(out)
        text = out.decode("utf-8", "replace")
        if code not in allow:
            tail = log.read_text("utf-8", "replace").splitlines()[-150:]
            say(
                f"\n----- {name}: exit code {code}: {' '.join(words)}\n"
                + "\n".join(tail)
                + f"\n----- all of it: {log}\n"
            )
            self._ended(name, "FAILED", started)
            raise StepFailed(f"{name}: exit code {code}")
        if show:
            say(text.rstrip())
        self._ended(name, "ok", started)
        return text

    def _ended(self, name: str, outcome: str, started: float) -> None:
        seconds = time.monotonic() - started
        self.done.append((name, outcome, seconds))
        say(f"  {'ok ' if outcome == 'ok' else outcome} {name}: {seconds:.1f} s")

    @property
    def failed(self) -> bool:
        """Whether any step failed."""
        return any(outcome != "ok" for _, outcome, _ in self.done)

    def summary(self) -> str:
        """A table of what was done, longest name first aligned, then the notes."""
        wide = max((len(name) for name, _, _ in self.done), default=0)
        rows = [f"  {name:<{wide}}  {outcome:<6}  {seconds:6.1f} s" for name, outcome, seconds in self.done]
        return "\n".join(rows + [f"  note: {note}" for note in self.notes])
