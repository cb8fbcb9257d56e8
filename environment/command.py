"""``iamap setup``: make, check or repair the engine environment from a terminal."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ..contract.errors import Cancelled, IamapError
from . import check, engine, install
from .setting_up import Wishes


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    made = argparse.ArgumentParser(
        prog="iamap setup",
        description="Make the engine environment: a Python with torch, timm, torchgeo and rasterio, apart from QGIS's own.",
        epilog="pip's and uv's settings (indexes, find-links, proxies, certificates) count. IAMAP_HOME chooses the folder.",
    )
    made.add_argument("--cuda", action="store_true", help="the build of torch for NVIDIA cards, several gigabytes more")
    made.add_argument("--python", default="", metavar="PATH", help="a Python 3.11 to 3.13 to make it with")
    made.add_argument("--index", default="", metavar="URL", help="a package index to use instead of the usual one")
    made.add_argument("--find-links", default="", metavar="FOLDER", help="a folder of wheels to use too")
    made.add_argument("--offline", action="store_true", help="use no network: with --find-links only that folder")
    made.add_argument("--without-uv", action="store_true", help="use venv and pip even where uv can be had")
    what = made.add_mutually_exclusive_group()
    what.add_argument("--repair", action="store_true", help="check what is there, and make it anew if it is broken")
    what.add_argument("--check", action="store_true", help="only check what is there, with a small forward pass")
    what.add_argument("--where", action="store_true", help="only say where it is, or would be")
    return made


def main(argv: Sequence[str]) -> int:
    """Do it; return 0, or 2 with a sentence on stderr."""
    chosen = parser().parse_args(argv)
    try:
        if chosen.where:
            return _where()
        return _check() if chosen.check else _install(chosen)
    except Cancelled:
        print("iamap setup: cancelled; nothing half-made is left.", file=sys.stderr)
    except IamapError as error:
        print(f"iamap setup: {engine.sentence(error)}", file=sys.stderr)
        if not chosen.check and engine.log_file().is_file():
            print(f"All that was said: {engine.log_file()}", file=sys.stderr)
    return 2


def _where() -> int:
    ok, sentence = engine.status()
    print(engine.find_python() if ok else engine.folder())
    print(sentence, file=sys.stderr)
    return 0 if ok else 2


def _check() -> int:
    python = engine.find_python()
    about = check.verify(python, lambda text: None if text.startswith("{") else print(text, flush=True))
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items() if version)
    print(f"The engine works: {python}, Python {about['python']}, {versions}; checked in {about['seconds']:g} s.")
    return 0


def _install(chosen: argparse.Namespace) -> int:
    given, where = engine.chosen()
    if given:
        print(f"{where} names {given}: that Python is used for the jobs, whatever is made here.", flush=True)
    wishes = Wishes(
        cuda=chosen.cuda,
        python=chosen.python,
        index=chosen.index,
        find_links=chosen.find_links,
        offline=chosen.offline,
        repair=chosen.repair,
        without_uv=chosen.without_uv,
    )
    started, stop, fraction = time.monotonic(), _stopper(), [0.0]

    def progress(done: float, stage: str) -> None:
        fraction[0] = done
        if stage != getattr(progress, "stage", ""):
            progress.stage = stage  # type: ignore[attr-defined]
            _say(f"[{done:4.0%}] {stage}")

    def log(text: str) -> None:
        # uv lists what it installed, eighty lines that the log file has
        if not text.startswith((" + ", "{")):
            _say(f"[{fraction[0]:4.0%}]   {text.strip()}")

    about = install.install(wishes, log, progress, stop.is_set)
    _say(f"Done in {time.monotonic() - started:.0f} s: {engine.folder()}, {_gigabytes(engine.folder()):.1f} GB.")
    return 0 if about else 2


def _say(text: str) -> None:
    print(text, flush=True)


def _stopper() -> threading.Event:
    """An event that Ctrl+C or a polite kill sets; the second Ctrl+C ends us at once."""
    stop = threading.Event()

    def asked(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)
        print("stopping…", file=sys.stderr, flush=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    return stop


def _gigabytes(folder: Path) -> float:
    """What the files of *folder* weigh."""
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e9
