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
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from ..contract import places
from ..contract.errors import IamapError, NoEngine, NoSpace
from . import check, engine, failures, lock
from .fill import fill
from .setting_up import SetUp, Wishes, cache

#: gigabytes that must be free: packages, byte-code and what was downloaded
NEEDED = {False: 2.8, True: 10.0}


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
            run = SetUp(wishes, log, _rising(progress), cancelled, file)
            try:
                return _set_up(run)
            except IamapError as error:
                file.write(f"{type(error).__name__}: {error}\n")
                raise
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
            check.verify(engine.python_in(target), run.note, run.cancelled, target)
        except NoEngine as broken:
            run.line(f"{broken.text}; it is made anew")
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
        fill(run, new, work)
        run.stage(0.9, "Checking")
        found = check.verify(engine.python_in(new), run.note, run.cancelled, new)
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


def _rising(progress: Callable[[float, str], None]) -> Callable[[float, str], None]:
    """*progress* that never falls, though a repair starts over."""
    highest = 0.0

    def told(fraction: float, stage: str) -> None:
        nonlocal highest
        highest = max(highest, fraction)
        progress(highest, stage)

    return told


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
