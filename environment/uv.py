"""Get uv, the program that makes the engine environment: one file, from a wheel of the package index, hash checked."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import sys
import threading
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Callable

from ..contract import places
from ..contract.errors import NoEngine
from . import failures, index, process
from .package_settings import Settings
from .pythons import Python

VERSION = "0.13.8"

#: platform tag of the wheel -> sha256, as the package index states them for this version
WHEELS = {
    "manylinux_2_17_x86_64.manylinux2014_x86_64": "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",  # pragma: allowlist secret
    "manylinux_2_28_aarch64": "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",  # pragma: allowlist secret
    "musllinux_1_1_x86_64": "29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a",  # pragma: allowlist secret
    "macosx_10_12_x86_64": "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",  # pragma: allowlist secret
    "macosx_11_0_arm64": "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",  # pragma: allowlist secret
    "win_amd64": "cfbc13020a64cdf2f116d2936824c38edbf41e5c07f1ea291baf02e31ebf3ed0",  # pragma: allowlist secret
    "win_arm64": "b4184029b1b7c54409b9cd4372c73a36ef9c2d1d7cf3b0aca59c8b1932f041dc",  # pragma: allowlist secret
}

WAYS_OUT = (
    "install uv, or pip for the system's Python (on Debian and Ubuntu: sudo apt install python3-pip python3-venv), "
    "or name a package index (--index), or name another Python that has the engine's packages (IAMAP_PYTHON)"
)

_EXE = "uv.exe" if sys.platform == "win32" else "uv"


class NoUv(NoEngine):
    """uv could not be had; there may be another way."""


def tag(system: str = sys.platform, machine: str = "", libc: str = "") -> str:
    """The platform tag of this computer's wheel, empty where there is none in the table."""
    machine = (machine or platform.machine()).lower()
    x86, arm = machine in ("x86_64", "amd64"), machine in ("aarch64", "arm64")
    if system == "win32":
        return "win_amd64" if x86 else "win_arm64" if arm else ""
    if system == "darwin":
        return "macosx_10_12_x86_64" if x86 else "macosx_11_0_arm64" if arm else ""
    if (libc or platform.libc_ver()[0]) != "glibc":
        return "musllinux_1_1_x86_64" if x86 else ""
    return "manylinux_2_17_x86_64.manylinux2014_x86_64" if x86 else "manylinux_2_28_aarch64" if arm else ""


def wheel_name(platform_tag: str) -> str:
    """File name of the wheel for *platform_tag*."""
    return f"uv-{VERSION}-py3-none-{platform_tag}.whl"


def ours() -> Path:
    """Where our own uv is, or will be."""
    return places.home() / "uv" / VERSION / _EXE


def get(
    pythons: Callable[[], Iterable[Python]],
    settings: Settings,
    environment: Mapping[str, str],
    work: Path,
    line: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> Path:
    """Return a uv that runs: ours, the user's, or one that is fetched now.

    Args:
        pythons: those of this computer, one of which may have pip.
        environment: for the children, from ``package_settings.environ``.
        work: an empty folder to download to.

    Raises:
        NoUv: there is none and none can be had.
        NoEngine: what was had is not what it should be.
        Cancelled: the user stopped it.
    """
    if _version(ours(), environment, work):
        return ours()
    theirs = shutil.which("uv", path=environment.get("PATH", os.defpath))
    if theirs and _version(Path(theirs), environment, work) >= _numbers(VERSION):
        line(f"uv of this computer: {theirs}")
        return Path(theirs)
    platform_tag = tag()
    if not platform_tag:
        raise NoUv(f"there is no uv for {sys.platform} on {platform.machine()}", WAYS_OUT)
    name, sha256 = wheel_name(platform_tag), WHEELS[platform_tag]
    said: list[str] = []

    def hear(text: str) -> None:
        said.append(text)
        line(text)

    wheel = (
        _from_folders(name, sha256, settings, work, cancelled)
        or _by_pip(name, pythons, environment, work, hear, said, cancelled)
        or _from_index(name, sha256, settings, work, hear, cancelled)
    )
    if wheel is None:
        cause = failures.cause("\n".join(said))
        text = "the program uv, which makes the engine environment, could not be downloaded"
        if cause is None or cause[0] == failures.NO_PACKAGE:
            raise NoUv(text, WAYS_OUT)
        raise NoUv(f"{text}: {cause[0]}", cause[1])
    unpack(wheel, sha256, ours())
    if not _version(ours(), environment, work):
        raise NoUv(f"{ours()} does not run on this computer", WAYS_OUT)
    return ours()


def unpack(wheel: Path, sha256: str, target: Path) -> None:
    """Take the program out of *wheel* and put it at *target*, at once whole.

    Raises:
        NoEngine: the wheel is not the one with *sha256*.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    checked = target.parent / wheel.name
    index.fetch(wheel.as_uri(), checked, sha256, lambda: False)
    growing = target.with_name(f"{target.name}.part-{os.getpid()}-{threading.get_ident()}")
    try:
        with zipfile.ZipFile(checked) as archive, open(growing, "wb") as sink:
            inner = [entry for entry in archive.namelist() if entry.endswith(f".data/scripts/{_EXE}")]
            with archive.open(inner[0]) as source:
                shutil.copyfileobj(source, sink)
        growing.chmod(growing.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        os.replace(growing, target)
    except (zipfile.BadZipFile, IndexError) as error:
        raise NoEngine(f"{wheel.name} holds no uv: {error}", "try again") from error
    finally:
        growing.unlink(missing_ok=True)
        checked.unlink(missing_ok=True)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _version(program: Path, environment: Mapping[str, str], work: Path) -> tuple[int, ...]:
    """What *program* says it is; empty where it does not run."""
    if not program.is_file():
        return ()
    code, said = process.output([str(program), "--version"], environment, work)
    match = re.search(r"uv (\d+\.\d+\.\d+)", said)
    return _numbers(match.group(1)) if code == 0 and match else ()


def _from_folders(name: str, sha256: str, settings: Settings, work: Path, cancelled: Callable[[], bool]) -> Path | None:
    """The wheel from a local folder of find-links."""
    for place in settings.find_links:
        folder = index.local(place)
        if folder is not None and (folder / name).is_file():
            index.fetch((folder / name).as_uri(), work / name, sha256, cancelled)
            return work / name
    return None


def _by_pip(
    name: str,
    pythons: Callable[[], Iterable[Python]],
    environment: Mapping[str, str],
    work: Path,
    line: Callable[[str], None],
    said: list[str],
    cancelled: Callable[[], bool],
) -> Path | None:
    """The wheel by any Python's pip, which knows the user's index, proxy and certificates."""
    wanted = work / "uv.txt"
    wanted.write_text(
        f"uv=={VERSION} " + " ".join(f"--hash=sha256:{sha256}" for sha256 in WHEELS.values()) + "\n", "utf-8"
    )
    for python in pythons():
        if not python.pip:
            continue
        line(f"downloading uv {VERSION} with pip of {python}")
        command = [str(python.path), "-I", "-m", "pip", "download", "--no-deps", "--progress-bar", "off"]
        command += ["--only-binary", ":all:"]
        command += ["--require-hashes", "--no-cache-dir", "-r", str(wanted), "-d", str(work)]
        code = process.run(command, environment, work, line, cancelled)
        found = work / name
        if code == 0 and found.is_file():
            return found
        if failures.is_hash_mismatch("\n".join(said)):
            text = f"the uv {VERSION} that the package index gave is another file than it should be (its hash differs)"
            raise NoEngine(
                text, "the download was damaged or exchanged on its way: try again, or name another index with --index"
            )
    return None


def _from_index(
    name: str, sha256: str, settings: Settings, work: Path, line: Callable[[str], None], cancelled: Callable[[], bool]
) -> Path | None:
    """The wheel from the indexes and pages that the settings name, where no pip is there to do it."""
    if settings.no_index:
        pages = [place for place in settings.find_links if index.local(place) is None]
    else:
        pages = [index.project(place, "uv") for place in (settings.index, *settings.extra_indexes) if place]
    for page in pages:
        try:
            offered = index.links(page)
        except NoEngine as unreadable:
            line(str(unreadable))
            continue
        if name in offered:
            line(f"downloading {index.without_password(offered[name][0])}")
            index.fetch(offered[name][0], work / name, sha256, cancelled)
            return work / name
    return None
