"""``python3 FOLDER …`` with any Python, whatever the folder is called and whatever surrounds it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: stands where the worker starts: says what reached it
STAND_IN = """\
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "path": sys.path, "isolated": sys.flags.isolated, "utf8": sys.flags.utf8_mode,
    "cwd": os.getcwd(), "poison": sorted(set(os.environ) & {"PYTHONPATH", "PYTHONHOME", "PROJ_LIB", "LD_LIBRARY_PATH"})}))
sys.exit(7)
"""


@pytest.fixture
def folder(tmp_path):
    """The light rooms under another name, with the stand-in for the worker."""
    made = tmp_path / "mes dossiers é à" / "Kopie von main (2)"
    for room in ("contract", "environment"):
        shutil.copytree(ROOT / room, made / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("__init__.py", "__main__.py"):
        shutil.copy(ROOT / file, made / file)
    (made / "worker").mkdir()
    (made / "worker" / "boot.py").write_text(STAND_IN, encoding="utf-8")
    return made


@pytest.fixture
def run(folder, tmp_path):
    """Start the folder; other variables than the usual ones by name."""

    def start(*arguments, options=(), **variables):
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "IAMAP_HOME": str(tmp_path / "home é"), **variables}
        command = [sys.executable, *options, str(folder), *arguments]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)

    return start


def test_a_job_runs_in_the_engine_with_the_same_arguments_folder_and_exit_code(run, folder, tmp_path):
    junk = tmp_path / "junk"
    (junk / "numpy").mkdir(parents=True)
    for name in ("contract.py", "importlib_resources.py", "subprocess.py", "hashlib.py"):
        (junk / name).write_text("raise SystemExit('junk was imported')")
    done = run(
        "encode", "a b.tif", "--overlap", "é",
        IAMAP_PYTHON=sys.executable, PYTHONPATH=str(junk), PROJ_LIB="/nowhere", LD_LIBRARY_PATH="/nowhere",
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    seen = json.loads(done.stdout)
    assert seen["arguments"] == ["encode", "a b.tif", "--overlap", "é"]
    assert (seen["isolated"], seen["utf8"], seen["poison"]) == (1, 1, [])
    assert seen["cwd"] == str(tmp_path)
    assert not [place for place in seen["path"] if place.startswith(str(folder)) or place == str(junk)]


def test_python_home_of_qgis_does_not_reach_the_engine(run):
    # -E: with this variable no Python would start at all; QGIS's own copes because it is meant for it
    done = run("doctor", options=["-E"], IAMAP_PYTHON=sys.executable, PYTHONHOME="/nowhere")
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout)["poison"] == []


def test_without_an_engine_one_sentence_says_how_to_make_it(run, folder):
    done = run("encode", "in.tif", "out.tif")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "not set up" in done.stderr and f'"{folder}" setup' in done.stderr


def test_without_arguments_the_help_is_short(run):
    done = run()
    assert done.returncode == 0
    assert "setup" in done.stdout and "encode IN OUT" in done.stdout and "not set up" in done.stdout
    assert len(done.stdout.splitlines()) < 15


def test_setup_answers_here_without_any_engine(run, tmp_path):
    where = run("setup", "--where")
    assert (where.returncode, Path(where.stdout.strip()).parent) == (2, tmp_path / "home é" / "engine")
    check = run("setup", "--check")
    assert check.returncode == 2 and "not set up" in check.stderr
    wrong = run("setup", "--check", IAMAP_PYTHON="/no/python")
    assert wrong.returncode == 2 and "IAMAP_PYTHON names /no/python" in wrong.stderr
    assert not (tmp_path / "home é").exists()


def test_the_rooms_do_not_become_top_level_names(run, folder):
    (folder / "environment" / "command.py").write_text(
        "import importlib.util\ndef main(argv):\n    print([importlib.util.find_spec(n) for n in ('contract', 'environment')])\n    return 0\n"
    )
    assert run("setup").stdout.strip() == "[None, None]"
