#!/usr/bin/env python3
"""Run the whole suite on a bare machine: ``python3 tools/test.py [OPTIONS] [WORDS FOR PYTEST]``.

Sets up the engine environment, QGIS (from the system's packages where it may), linters and pytest, each apart from the
others, under build/. Then: lint, types, scan of the release zip; tests/ in the engine's Python; tests/qgis in QGIS's own.
A machine without QGIS and without root gets all but the QGIS part, and is told so in the last lines.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import find_qgis
import machine
from steps import ROOT, StepFailed, Steps, say

BUILD = ROOT / "build"
TOOLS = ROOT / "tools"


def options(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; what is not ours goes to pytest."""
    parser = argparse.ArgumentParser(prog="test.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--engine-only", action="store_true", help="only tests/ in the engine's Python")
    which.add_argument("--qgis-only", action="store_true", help="only tests/qgis in QGIS's Python")
    which.add_argument("--lint-only", action="store_true", help="only lint, types and the scan of the release zip")
    parser.add_argument("-k", metavar="EXPRESSION", help="only tests whose name fits")
    given, words = parser.parse_known_args(arguments)
    return given, [*(["-k", given.k] if given.k else []), *words]


class Suite:
    """The lanes of one run: each gets what it needs, waits for what others make, and runs its checks."""

    def __init__(self, steps: Steps, words: list[str]) -> None:
        self.steps, self.words = steps, words
        self.engine: Future[Path] = Future()
        self._fetching, self._beside = Lock(), Lock()

    def get_engine(self) -> None:
        """Make the engine environment; the other lanes wait for it."""
        try:
            self.engine.set_result(machine.engine(self.steps))
        except BaseException as error:
            self.engine.set_exception(error)
            raise

    def uv(self) -> tuple[Path, dict[str, str]]:
        """Return uv and its settings, once the engine environment, whose making fetches it, is there."""
        self.engine.result()
        # the first lane fetches it, where making the engine environment did not
        with self._fetching:
            return machine.uv(self.steps)

    def lint(self) -> None:
        """Run ruff, mypy, and the scans of the release zip; all of them, whatever the first ones find."""
        uv, settings = self.uv()
        venv, engine = BUILD / "lint", self.engine.result()
        if not _same(venv, TOOLS / "test-tools.txt"):
            self.steps.run("linters: venv", [uv, "venv", "-q", "--clear", "--python", engine, venv], settings)
            install = [uv, "pip", "install", "-q", "--python", venv, "-r", TOOLS / "test-tools.txt"]
            self.steps.run("linters: install", install, settings)
            _remember(venv, TOOLS / "test-tools.txt")
        bin_folder = venv / ("Scripts" if sys.platform == "win32" else "bin")
        types = BUILD / "types"
        types.mkdir(parents=True, exist_ok=True)
        if not (types / "iamap").is_symlink():
            (types / "iamap").symlink_to(ROOT, target_is_directory=True)
        mypy = [bin_folder / "mypy", "--config-file", ROOT / "pyproject.toml", "--python-executable", engine]
        _all(
            lambda: self.steps.run("ruff check", [bin_folder / "ruff", "check", "."]),
            lambda: self.steps.run("ruff format", [bin_folder / "ruff", "format", "--check", "."]),
            lambda: self.steps.run("mypy", [*mypy, "--cache-dir", BUILD / "mypy"], cwd=types),
            lambda: self.steps.run(
                "release zip", [engine, TOOLS / "package.py", "--check", "--tools", bin_folder], show=True
            ),
        )

    def test_engine(self) -> None:
        """Run every second file of tests/ in the engine's Python; the others have a lane of their own."""
        self._half(0)

    def test_engine_too(self) -> None:
        """Run the others."""
        self._half(1)

    def _half(self, half: int) -> None:
        engine, extra = self._pytest_for_the_engine()
        files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").glob("test_*.py"))[half::2]
        # 5 is «nothing collected»: with -k the other suite may hold what is asked for
        self._pytest(f"tests in the engine, {('first', 'second')[half]} half", [engine], files, extra)

    def _pytest_for_the_engine(self) -> tuple[Path, dict[str, str]]:
        """The engine's Python and what its tests need; pytest lies beside it, the pinned set stays as it is."""
        uv, settings = self.uv()
        engine, target = self.engine.result(), BUILD / "pytest"
        with self._beside:
            if not _same(target, TOOLS / "test-pytest.txt"):
                words = ["--python", engine, "--target", target, "-r", TOOLS / "test-pytest.txt"]
                self.steps.run("pytest for the engine", [uv, "pip", "install", "-q", *words], settings)
                _remember(target, TOOLS / "test-pytest.txt")
        return engine, {"PYTHONPATH": str(target), "IAMAP_PYTHON": str(engine)}

    def test_qgis(self) -> None:
        """Run tests/qgis in QGIS's own Python, while there is a QGIS."""
        found = machine.qgis(self.steps)
        python = find_qgis.find_python() if found else None
        if found is None or python is None:
            if found:
                self.steps.notes.append(
                    "no Python here imports QGIS, tests/qgis was left out. QGIS_PYTHON can name one."
                )
            return
        uv, settings = self.uv()
        venv = BUILD / "qgis"
        if not _same(venv, TOOLS / "test-pytest.txt"):
            words = ["--clear", "--system-site-packages", "--python", python, venv]
            self.steps.run("pytest for QGIS: venv", [uv, "venv", "-q", *words], settings)
            install = [uv, "pip", "install", "-q", "--python", venv, "-r", TOOLS / "test-pytest.txt"]
            self.steps.run("pytest for QGIS: install", install, settings)
            _remember(venv, TOOLS / "test-pytest.txt")
        extra = {
            "IAMAP_PYTHON": str(self.engine.result()),
            "QGIS_PROCESS": " ".join(found.command),
            **found.environment(),
        }
        self._pytest("tests in QGIS", [venv / "bin" / "python"], ["tests/qgis"], extra)

    def _pytest(self, name: str, python: list[Path], where: list[str], extra: dict[str, str]) -> None:
        cache = ["-o", f"cache_dir={BUILD / ('cache ' + name).replace(' ', '_')}"]
        command = [*python, "-m", "pytest", "-q", "--durations=5", *cache, *self.words, *where]
        self.steps.run(name, command, extra, show=True, allow=(0, 5) if self.words else (0,))


def _same(folder: Path, list_of_packages: Path) -> bool:
    """Whether *folder* was made for this list."""
    mark = folder / "iamap-made-for.txt"
    return mark.is_file() and mark.read_text("utf-8") == list_of_packages.read_text("utf-8")


def _remember(folder: Path, list_of_packages: Path) -> None:
    (folder / "iamap-made-for.txt").write_text(list_of_packages.read_text("utf-8"), encoding="utf-8")


def _all(*checks: Callable[[], object]) -> None:
    """Run every check, and fail at the end if one failed."""
    failures = []
    for check in checks:
        try:
            check()
        except StepFailed as failure:
            failures.append(str(failure))
    if failures:
        raise StepFailed("; ".join(failures))


def main(arguments: list[str]) -> int:
    """Run the lanes side by side; return 0 if all that could run is well."""
    given, words = options(arguments)
    started = time.monotonic()
    steps = Steps(BUILD / "log")
    suite = Suite(steps, words)
    only = given.engine_only or given.qgis_only or given.lint_only
    lanes = [suite.get_engine]
    lanes += [suite.test_engine, suite.test_engine_too] if given.engine_only or not only else []
    lanes += [suite.test_qgis] if given.qgis_only or not only else []
    lanes += [suite.lint] if given.lint_only or not only else []
    say(f"Set up and test in {BUILD} (the engine environment is shared, in IAMAP_HOME or the user's folder)")
    failures = []
    try:
        machine.make_sure_of_pip(steps)
    except StepFailed as failure:
        failures.append(str(failure))
    with ThreadPoolExecutor(len(lanes)) as pool:
        for lane in [pool.submit(lane) for lane in lanes]:
            error = lane.exception()
            if error is not None and str(error) not in failures:
                failures.append(str(error) or repr(error))
    say(f"\n{steps.summary()}")
    for failure in failures:
        say(f"  FAILED: {failure}")
    verdict = "FAILED" if failures else "All is well"
    say(f"{verdict} after {time.monotonic() - started:.0f} s on {os.cpu_count()} cores.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
