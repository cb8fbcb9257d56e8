#!/usr/bin/env python3
"""Build the release zip from the last commit, check it as the plugin site does, scan it: ``python3 tools/package.py``.

``--check`` leaves no zip behind. Exit code 1 on any finding. bandit and detect-secrets are taken from ``--tools``, a folder
with both programs, or from PATH.
"""

from __future__ import annotations

import argparse
import configparser
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: keys of metadata.txt that the plugin site asks for
REQUIRED = ("name", "description", "version", "qgisMinimumVersion", "author", "email", "about", "tracker", "repository")

#: plugins.qgis.org refuses more
MEGABYTES = 25

#: hidden files that the plugin site reads as settings of its scans
SETTINGS = frozenset({".bandit", ".flake8", ".secrets.baseline"})
PROGRAMS = (".sh", ".bat", ".cmd", ".exe", ".so", ".dll", ".dylib", ".pyd", ".pyc", ".whl", ".zip")


def _numbers(first: int, last: int) -> list[str]:
    return [f"B{number}" for number in range(first, last + 1)]


#: the rules the plugin site runs: QGIS-Plugins-Website, security_scanner.py
RULES = ",".join(
    rule
    for first, last in (
        (101, 108), (110, 113), (201, 202), (301, 308), (310, 321), (323, 324), (401, 403), (405, 409),
        (501, 509), (601, 615), (701, 704),
    )
    for rule in _numbers(first, last)
)  # fmt: skip


def archive(reference: str = "HEAD") -> bytes:
    """Return the zip of *reference*, without what .gitattributes leaves out."""
    command = ["git", "archive", "--format=zip", "--prefix=iamap/", reference]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout


def check_files(zipped: zipfile.ZipFile, size: int) -> list[str]:
    """Return what the plugin site would not like about the files."""
    names = [info.filename for info in zipped.infolist() if not info.is_dir()]
    found = []
    if {name.split("/")[0] for name in names} != {"iamap"}:
        found.append("there is not one top folder, iamap")
    if size > MEGABYTES * 1e6:
        found.append(f"the zip has {size / 1e6:.1f} MB, more than {MEGABYTES}")
    for needed in ("LICENSE", "metadata.txt", "__init__.py", "README.md"):
        if f"iamap/{needed}" not in names:
            found.append(f"{needed} is missing")
    for info in zipped.infolist():
        name, mode = info.filename, info.external_attr >> 16
        parts = name.rstrip("/").split("/")
        if any(part.startswith(".") and part not in SETTINGS for part in parts):
            found.append(f"{name} is hidden")
        if name.lower().endswith(PROGRAMS) or "__pycache__" in parts:
            found.append(f"{name} is a program or was made by one")
        if name.endswith(".py") and mode & 0o111 and not info.is_dir():
            found.append(f"{name} is executable")
        if parts[1:2] and parts[1] in ("tests", "tools", "requirements.txt"):
            found.append(f"{name} is not for users")
    return found


def check_metadata(zipped: zipfile.ZipFile) -> list[str]:
    """Return what is missing in metadata.txt, or does not fit the rest."""
    if "iamap/metadata.txt" not in zipped.namelist():
        return []
    parser = configparser.RawConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their capitals
    parser.read_string(zipped.read("iamap/metadata.txt").decode("utf-8"))
    about = dict(parser["general"]) if parser.has_section("general") else {}
    found = [f"metadata.txt has no {key}" for key in REQUIRED if not about.get(key, "").strip()]
    version = re.search(r'__version__ = "([^"]+)"', zipped.read("iamap/__init__.py").decode("utf-8"))
    if version and about.get("version") != version.group(1):
        found.append(f"metadata.txt has version {about.get('version')}, __init__.py {version.group(1)}")
    if about.get("hasProcessingProvider", "").lower() not in ("yes", "true"):
        found.append("metadata.txt does not say hasProcessingProvider=yes: qgis_process would not load the plugin")
    icon = about.get("icon", "")
    if icon and f"iamap/{icon}" not in zipped.namelist():
        found.append(f"the icon {icon} is missing")
    return found


def scan_bandit(program: str, folder: Path) -> list[str]:
    """Return bandit's findings, at the rules of the plugin site."""
    command = [program, "-r", str(folder), "-q", "-f", "json", "-t", RULES]
    told = subprocess.run(command, capture_output=True, text=True)
    try:
        about = json.loads(told.stdout)
    except ValueError:
        return [f"bandit did not run: {told.stderr.strip()[-500:]}"]
    failed = [f"bandit could not read {error['filename']}: {error['reason']}" for error in about["errors"]]
    return failed + [
        f"{Path(hit['filename']).relative_to(folder)}:{hit['line_number']}: {hit['test_id']} {hit['issue_text']}"
        for hit in about["results"]
    ]


def scan_secrets(program: str, folder: Path) -> list[str]:
    """Return detect-secrets' findings."""
    command = [program, "scan", "--all-files", "--exclude-files", r"metadata\.txt", "."]
    told = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    try:
        results = json.loads(told.stdout)["results"]
    except (ValueError, KeyError):
        return [f"detect-secrets did not run: {told.stderr.strip()[-500:]}"]
    return [f"{name}:{hit['line_number']}: {hit['type']}" for name, hits in results.items() for hit in hits]


def program(name: str, tools: str) -> str:
    """Return the path of a scanner.

    Raises:
        FileNotFoundError: it is not there.
    """
    path = shutil.which(name, path=tools or None)
    if path is None:
        raise FileNotFoundError(f"{name} is not in {tools or 'PATH'}; tools/test.py installs it")
    return path


def main(arguments: list[str]) -> int:
    """Build, check and scan; return 1 on any finding."""
    parser = argparse.ArgumentParser(
        prog="package.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="only check; leave no zip")
    parser.add_argument("--tools", default="", help="folder with bandit and detect-secrets")
    parser.add_argument("--reference", default="HEAD", help="commit or tag to build")
    given = parser.parse_args(arguments)
    zip_bytes = archive(given.reference)
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(io.BytesIO(zip_bytes)) as zipped:
        found = check_files(zipped, len(zip_bytes)) + check_metadata(zipped)
        zipped.extractall(work)
        folder = Path(work).resolve() / "iamap"
        found += scan_bandit(program("bandit", given.tools), folder)
        found += scan_secrets(program("detect-secrets", given.tools), folder)
        count = sum(not info.is_dir() for info in zipped.infolist())
        version = re.search(r'__version__ = "([^"]+)"', zipped.read("iamap/__init__.py").decode("utf-8"))
    for finding in found:
        print(finding)
    print(f"package: {count} files, {len(zip_bytes) / 1e6:.2f} MB, {len(found)} findings")
    if not found and not given.check:
        path = ROOT / "dist" / f"iamap-{version.group(1) if version else '0'}.zip"
        os.makedirs(path.parent, exist_ok=True)
        path.write_bytes(zip_bytes)
        print(f"package: {path}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
