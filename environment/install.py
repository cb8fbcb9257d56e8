"""Make or repair the engine environment.

It grows under another name, is checked by work, gets its mark last and only then its place: whatever stops on the way
leaves the former environment as it was, or nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess  # nosec B404 (only the name of its exception; programs start in process.py)
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Callable

from ..contract import places
from ..contract.errors import Cancelled, IamapError, NoEngine, NoSpace
from . import check, engine, failures, index, lock, package_settings, process, pythons, torch_source, uv

#: gigabytes that must be free: packages, byte-code and what was downloaded
NEEDED = {False: 2.5, True: 10.0}

#: megabytes downloaded for the CPU build, about; measures progress only
_DOWNLOADED = 450.0

#: needs no compiler, but has only a source package
_FROM_SOURCE = "antlr4-python3-runtime"


@dataclass(frozen=True)
class Wishes:
    """What the user asks for.

    Attributes:
        cuda: the build of torch that uses an NVIDIA card, several gigabytes.
        python: a Python 3.11 to 3.13 to make the environment with; empty: the best one found, or one that uv fetches.
        index: address of a package index to use instead of the usual one.
        find_links: a folder, or page, of wheels.
        offline: use no network.
        repair: check an environment that is there, and make it anew if it is broken.
        without_uv: make it with venv and pip even where uv can be had.
    """

    cuda: bool = False
    python: str = ""
    index: str = ""
    find_links: str = ""
    offline: bool = False
    repair: bool = False
    without_uv: bool = False


@dataclass
class SetUp:
    """One run of the set-up: who is told, who may stop it, and what is known so far."""

    wishes: Wishes
    log: Callable[[str], None]
    progress: Callable[[float, str], None]
    cancelled: Callable[[], bool]
    file: IO[str]
    settings: package_settings.Settings = field(init=False)
    environment: dict[str, str] = field(init=False)
    known: list[pythons.Python] | None = None

    def __post_init__(self) -> None:
        """Read the user's settings of pip and uv."""
        w = self.wishes
        self.settings = package_settings.read(index=w.index, find_links=w.find_links, offline=w.offline)
        self.environment = package_settings.environ(self.settings, cache(), w.offline)

    def line(self, text: str) -> None:
        """Tell the log and its file."""
        clean = index.without_password(text)
        self.file.write(clean + "\n")
        self.file.flush()
        self.log(clean)

    def stage(self, fraction: float, name: str) -> None:
        """Tell how far it is; a moment to stop."""
        if self.cancelled():
            raise Cancelled("the set-up was cancelled")
        self.progress(fraction, name)

    def pythons(self) -> list[pythons.Python]:
        """The Pythons of this computer, asked once."""
        if self.known is None:
            self.known = list(pythons.found())
            for python in self.known:
                self.line(f"found {python}{', has pip' if python.pip else ''}{', can be used' if python.suits else ''}")
        return self.known

    def run(self, step: str, command: list[str], work: Path, line: Callable[[str], None] | None = None) -> None:
        """Run one program of *step*; raise what it died of."""
        said: list[str] = []

        def tell(text: str) -> None:
            said.append(text)
            self.line(text)
            if line is not None:
                line(text)

        self.file.write(index.without_password("$ " + " ".join(command)) + "\n")
        try:
            code = process.run(command, self.environment, work, tell, self.cancelled)
        except OSError as error:
            raise failures.explain(step, f"{command[0]} can't be started: {error}", -1) from error
        if code != 0:
            raise failures.explain(step, index.without_password("\n".join(said)), code)


def cache() -> Path:
    """Where uv keeps packages. Beside the environment their files are shared with it, and cost no second gigabyte."""
    return places.home() / "uv" / "cache"


def install(
    wishes: Wishes,
    log: Callable[[str], None] = lambda text: None,
    progress: Callable[[float, str], None] = lambda fraction, stage: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Make the engine environment, or repair it; return what its completion mark says.

    Args:
        log: told each line; all of it is in ``engine.log_file()`` too.
        progress: told the fraction done (0 to 1, never falling) and what is being done.
        cancelled: asked often; the answer yes stops it within two seconds.

    Raises:
        IamapError: what failed and what to do. Nothing half-made is left, a former environment stays.
        Cancelled: the same, by the user's wish.
    """
    home = places.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        engine.root().mkdir(exist_ok=True)
        with lock.only_one(home / "setup.lock"), open(engine.log_file(), "w", encoding="utf-8") as file:
            run = SetUp(wishes, log, progress, cancelled, file)
            try:
                return _set_up(run)
            except IamapError as error:
                file.write(f"{type(error).__name__}: {error}\n")
                raise
    except subprocess.TimeoutExpired as error:
        raise NoEngine(f"{error.cmd[0]} did not answer within {error.timeout:g} s", "try again") from error
    except OSError as error:
        if isinstance(error, IamapError):
            raise
        raise failures.explain(f"writing to {home}", str(error), error.errno or 1) from error


def _set_up(run: SetUp) -> dict[str, Any]:
    """The story."""
    wishes, target = run.wishes, engine.folder()
    run.stage(0.0, "Looking around")
    run.line(f"IAMAP's engine environment {target}, {time.strftime('%Y-%m-%d %H:%M:%S')}, {platform.platform()}")
    there = engine.mark(target) if engine.is_made() else {}
    if there and (there.get("cuda_build") == wishes.cuda or wishes.repair):
        if not wishes.repair:
            run.line("It is set up already.")
            run.progress(1.0, "Done")
            return there
        try:
            run.stage(0.05, "Checking")
            check.verify(engine.python_in(target), run.line, run.cancelled, target)
        except NoEngine as broken:
            run.line(f"{engine.sentence(broken)} It is made anew.")
            _forget_downloads(run)
        else:
            run.line("It works; nothing to repair.")
            run.progress(1.0, "Done")
            return there
    _check_computer(run)
    _check_space(wishes.cuda)
    # remains of set-ups that were killed; the lock says that none of them runs
    _remove(run, [path for path in engine.others() if "." in path.name])
    new = engine.root() / f"{target.name}.new-{os.getpid()}"
    with _work_folder() as work, _gone_unless_kept(new):
        _fill(run, new, work)
        run.stage(0.9, "Checking")
        found = check.verify(engine.python_in(new), run.line, run.cancelled, new)
        run.stage(0.99, "Putting it in place")
        about = {**found, "key": target.name, "cuda_build": wishes.cuda, "made": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        about["prefix"] = str(target)
        (new / engine.MARK).write_text(json.dumps(about, indent=1), encoding="utf-8")
        _swap(new, target)
    _remove(run, engine.others())
    if wishes.cuda and not found["cuda"]:
        run.line(
            "This build of torch can use an NVIDIA card, but finds none that works here: it runs on the processor."
        )
    run.line(f"Set up: Python {about['python']}, torch {about['versions']['torch']}.")
    run.progress(1.0, "Done")
    return about


def _check_computer(run: SetUp) -> None:
    """Refuse at once where torch is not made any more."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise NoEngine(
            "torch is no longer made for Macs with an Intel processor",
            "use another computer, or name a Python with an older torch (IAMAP_PYTHON) at your own risk",
        )
    if run.wishes.cuda and sys.platform == "darwin":
        raise NoEngine(
            "CUDA was asked for, which no Mac has", "leave it out: the usual build uses Apple's graphics by itself"
        )


def _check_space(cuda: bool) -> None:
    free = shutil.disk_usage(places.home()).free / 1e9
    if free < NEEDED[cuda]:
        raise NoSpace(
            f"the set-up needs {NEEDED[cuda]:g} GB, and the disk of {places.home()} has {free:.1f} GB left",
            "free some space, or choose another disk with IAMAP_HOME",
        )


def _fill(run: SetUp, new: Path, work: Path) -> None:
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
            if not any(python.suits and (python.venv or python.pip) for python in run.pythons()):
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
    run.stage(0.08, "Downloading packages")
    run.run("installing the packages", command, work, _Downloads(run).hear)


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
    run.stage(0.08, "Downloading packages")
    run.run("installing the packages", command, work, _Downloads(run).hear)


class _Downloads:
    """Tells progress from what uv or pip says while it installs."""

    def __init__(self, run: SetUp) -> None:
        self.run, self.fraction, self.done, self.collected = run, 0.08, 0.0, 0
        self.sizes: dict[str, float] = {}
        self.packages = len(engine.pinned())

    def hear(self, text: str) -> None:
        """Read one line; the fraction never falls."""
        words = text.split()
        stage = "Downloading packages"
        if words[:1] == ["Downloading"] and len(words) == 3 and words[2].endswith("iB)"):
            self.sizes[words[1]] = _megabytes(words[2])
        elif words[:1] == ["Downloaded"] and len(words) == 2:
            self.done += self.sizes.pop(words[1], 0.0)
            self._reach(0.08 + 0.62 * min(1.0, self.done / _DOWNLOADED))
        elif words[:1] == ["Collecting"]:
            self.collected += 1
            self._reach(0.08 + 0.62 * min(1.0, self.collected / self.packages))
        elif words[:1] == ["Prepared"] or text.startswith("Installing collected"):
            stage = "Installing packages"
            self._reach(0.7)
        elif words[:1] == ["Installed"]:
            stage = "Compiling"
            self._reach(0.75)
        else:
            return
        self.run.progress(self.fraction, stage)

    def _reach(self, fraction: float) -> None:
        self.fraction = max(self.fraction, fraction)


def _megabytes(size: str) -> float:
    """``(180.5MiB)`` as a number of megabytes."""
    unit = {"K": 0.001, "M": 1.0, "G": 1000.0}
    text = size.strip("()")
    try:
        return float(text[:-3]) * unit.get(text[-3], 0.0)
    except ValueError:
        return 0.0


@contextlib.contextmanager
def _work_folder() -> Iterator[Path]:
    """An empty folder for downloads, on the disk of the environment; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="setup-", dir=places.home()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _gone_unless_kept(folder: Path) -> Iterator[None]:
    """Remove *folder* at the end; where it was given another name, there is nothing to remove."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    """Give *new* its place; what was there goes, and stays if that fails."""
    old = target.with_name(f"{target.name}.old-{os.getpid()}")
    if target.exists():
        _rename(target, old)
    try:
        _rename(new, target)
    except OSError:
        if old.exists():
            _rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _rename(source: Path, target: Path) -> None:
    """Rename, with patience: on Windows a virus scanner holds new files for a moment."""
    for wait in (0.2, 0.5, 1.0, 2.0, 0.0):
        try:
            source.rename(target)
            return
        except PermissionError:
            if not wait or sys.platform != "win32":
                raise
            time.sleep(wait)


def _remove(run: SetUp, folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        run.line(f"removed {folder}" if not folder.exists() else f"{folder} is in use and stays until the next set-up")


def _forget_downloads(run: SetUp) -> None:
    """Drop uv's packages if they are ours alone: damaged files of the environment may be the same files."""
    if Path(run.environment["UV_CACHE_DIR"]) == cache() and not run.wishes.offline:
        shutil.rmtree(cache(), ignore_errors=True)
