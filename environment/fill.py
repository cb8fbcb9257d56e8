"""Make a virtual environment and install the pinned set into it, with uv, or else with venv and pip."""

from __future__ import annotations

import sys
from pathlib import Path

from ..contract.errors import NoEngine
from . import engine, pythons, torch_source, uv
from .downloads import BEGIN, Downloads
from .setting_up import SetUp

#: needs no compiler, but has only a source package
_FROM_SOURCE = "antlr4-python3-runtime"


def fill(run: SetUp, new: Path, work: Path) -> None:
    """Make the environment *new* and install the pinned set into it."""
    wishes = run.wishes
    source = torch_source.choose(wishes.cuda, run.settings.find_links, run.environment.get("UV_TORCH_BACKEND", ""))
    if source.offered:
        run.line("A wheel of torch is offered by the find-links setting: it is used.")
    run.stage(0.01, "Getting uv")
    program = None
    if not wishes.without_uv:
        try:
            program = uv.get(run.pythons, run.settings, run.environment, work, run.line, run.cancelled)
        except uv.NoUv as none:
            run.line(engine.sentence(none))
            heavy = sys.platform == "linux" and not source.offered and not wishes.cuda
            if heavy or not any(python.suits and (python.venv or python.pip) for python in run.pythons()):
                raise
            run.line("Going on with venv and pip.")
    python = _choose_python(run, source, may_fetch=program is not None)
    run.stage(0.06, "Making the environment")
    if program is not None:
        _fill_with_uv(run, program, python, source, new, work)
    else:
        _fill_with_pip(run, python, source, new, work)


def _choose_python(run: SetUp, source: torch_source.TorchSource, may_fetch: bool) -> str:
    """The Python to make the environment with: a path, or a version that uv fetches."""
    wanted = " or ".join(f"{major}.{minor}" for major, minor in source.pythons)
    if run.wishes.python:
        path = Path(run.wishes.python).expanduser().absolute()
        path = engine.python_in(path) if path.is_dir() else path
        given = pythons.ask(path) if path.is_file() else None
        if given is None:
            raise NoEngine(f"{path} is no Python that starts", f"name a Python {wanted}")
        if not given.suits or given.version[:2] not in source.pythons:
            raise NoEngine(
                f"{given} does not suit, the packages are made for Python {wanted} (64 bits)", "name another one"
            )
        return str(given.path)
    for python in run.pythons():
        if python.suits and python.version[:2] in source.pythons:
            run.line(f"using {python}")
            return str(python.path)
    if not may_fetch or run.wishes.offline or run.environment.get("UV_PYTHON_DOWNLOADS", "").lower() == "never":
        raise NoEngine(
            f"this computer has no Python {wanted} (64 bits) that could be used",
            "install one, or name it with --python",
        )
    major, minor = source.pythons[len(source.pythons) // 2]
    run.line(f"no Python {wanted} found: uv fetches Python {major}.{minor}")
    return f"{major}.{minor}"


def _fill_with_uv(
    run: SetUp, program: Path, python: str, source: torch_source.TorchSource, new: Path, work: Path
) -> None:
    run.run("making the environment", [str(program), "venv", "--no-project", "--python", python, str(new)], work)
    command = [str(program), "pip", "install", "--python", str(engine.python_in(new)), "--compile-bytecode"]
    command += ["--only-binary", ":all:", "--no-binary", _FROM_SOURCE, "-r", str(engine.PINNED)]
    if source.backend:
        command.append(f"--torch-backend={source.backend}")
    run.stage(BEGIN, "Downloading packages")
    run.run("installing the packages", command, work, Downloads(run.progress).hear)


def _fill_with_pip(run: SetUp, python: str, source: torch_source.TorchSource, new: Path, work: Path) -> None:
    if sys.platform == "linux" and not source.offered and not run.wishes.cuda:
        raise NoEngine(
            "without uv, pip would install the build of torch for NVIDIA cards, several gigabytes",
            "install uv, or offer the CPU wheel of torch in a folder (--find-links), or ask for it with --cuda",
        )
    by = next((known for known in run.pythons() if str(known.path) == python), None) or pythons.ask(Path(python))
    inside = str(engine.python_in(new))
    if by is not None and by.venv:
        run.run("making the environment", [python, "-I", "-m", "venv", str(new)], work)
        pip = [inside, "-I", "-m", "pip"]
    else:
        # Debian's Python without python3-venv: its pip can work on another Python
        run.run("making the environment", [python, "-I", "-m", "venv", "--without-pip", str(new)], work)
        pip = [python, "-I", "-m", "pip", "--python", inside]
    command = [*pip, "install", "--progress-bar", "off", "--no-warn-script-location"]
    command += ["--only-binary", ":all:", "--no-binary", _FROM_SOURCE, "-r", str(engine.PINNED)]
    run.stage(BEGIN, "Downloading packages")
    run.run("installing the packages", command, work, Downloads(run.progress).hear)
