"""The tools: steps tell the truth, the packager finds what is wrong, PNGs show what was read."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tools"


@pytest.fixture
def tool(monkeypatch):
    """Import a tool as a script beside it would: ``tool("steps")``."""
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module


@pytest.fixture
def steps(tool, tmp_path):
    return tool("steps").Steps(tmp_path / "log")


def test_a_step_returns_its_output_and_keeps_all_of_it(steps, tmp_path):
    code = "import sys; print('out'); print('err', file=sys.stderr)"
    assert steps.run("one two", [sys.executable, "-c", code]) == "out\n"
    log = (tmp_path / "log" / "one_two.log").read_text()
    assert "err" in log and "out" in log
    assert [(name, outcome) for name, outcome, _ in steps.done] == [("one two", "ok")]
    assert not steps.failed


def test_a_step_that_fails_raises_and_shows_its_output(tool, steps, capsys):
    with pytest.raises(tool("steps").StepFailed, match="exit code 3"):
        steps.run("bad", [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"])
    assert "the reason" in capsys.readouterr().out
    assert steps.failed and "FAILED" in steps.summary()


def test_a_step_whose_program_is_missing_raises(tool, steps):
    with pytest.raises(tool("steps").StepFailed, match="can't be started"):
        steps.run("none", [TOOLS / "not_there"])
    assert steps.failed


def test_an_exit_code_that_is_allowed_is_well(steps):
    steps.run("five", [sys.executable, "-c", "raise SystemExit(5)"], allow=(0, 5))
    assert not steps.failed


def test_a_step_sees_what_is_set_and_not_what_is_taken_away(steps, monkeypatch):
    monkeypatch.setenv("IAMAP_A", "1")
    code = "import os; print(os.environ.get('IAMAP_A'), os.environ.get('IAMAP_B'))"
    assert steps.run("env", [sys.executable, "-c", code], {"IAMAP_A": "", "IAMAP_B": "2"}) == "None 2\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs links, which Windows gives to administrators only")
def test_a_profile_has_the_plugin_switched_on(tool, tmp_path):
    variables = tool("find_qgis").make_profile(tmp_path, ROOT)
    profile = Path(variables["QGIS_CUSTOM_CONFIG_PATH"]) / "profiles" / "default"
    assert (profile / "python" / "plugins" / "iamap").resolve() == ROOT
    assert "iamap=true" in (profile / "QGIS" / "QGIS3.ini").read_text()
    assert tool("find_qgis").make_profile(tmp_path, ROOT) == variables


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_qgis_process_that_does_not_run_is_passed_over(tool, tmp_path, monkeypatch):
    for name, script in (
        ("qgis_process.bin", "echo 'Command not known!'; exit 1"),
        ("qgis_process", "echo 'QGIS 9.9 (x)'"),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")
    monkeypatch.delenv("QGIS_PROCESS", raising=False)
    found = tool("find_qgis").find()
    assert found.environment()["PATH"].startswith(f"{tmp_path}{os.pathsep}")
    assert found.command == (str(tmp_path / "qgis_process"),) and found.version == "QGIS 9.9 (x)"


METADATA = "[general]\nname=IAMAP\nversion=0.1.0\nhasProcessingProvider=yes\n" + "".join(
    f"{key}=x\n" for key in ("description", "qgisMinimumVersion", "author", "email", "about", "tracker", "repository")
)
GOOD = {
    "iamap/__init__.py": '__version__ = "0.1.0"\n',
    "iamap/metadata.txt": METADATA,
    "iamap/LICENSE": "x",
    "iamap/README.md": "x",
}


def zipped(files: dict[str, str], mode: int = 0o644) -> zipfile.ZipFile:
    made = zipfile.ZipFile(io.BytesIO(), "w")
    for name, text in files.items():
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        made.writestr(info, text)
    return made


def test_a_good_zip_has_no_findings(tool):
    package = tool("package")
    assert package.check_files(zipped(GOOD), 1000) == []
    assert package.check_metadata(zipped(GOOD)) == []


@pytest.mark.parametrize(
    ("files", "size", "said"),
    [
        ({"other/x.py": ""}, 1, "not one top folder"),
        ({"iamap/.hidden": ""}, 1, "is hidden"),
        ({"iamap/a/x.so": ""}, 1, "is a program"),
        ({"iamap/__pycache__/x.py": ""}, 1, "made by one"),
        ({"iamap/tests/test_x.py": ""}, 1, "not for users"),
        ({"iamap/requirements.txt": ""}, 1, "not for users"),
        ({}, 26_000_000, "more than 25"),
    ],
)
def test_what_the_plugin_site_refuses_is_found(tool, files, size, said):
    assert any(said in finding for finding in tool("package").check_files(zipped({**GOOD, **files}), size))


@pytest.mark.parametrize("missing", ["LICENSE", "metadata.txt", "__init__.py", "README.md"])
def test_a_missing_file_is_found(tool, missing):
    files = {name: text for name, text in GOOD.items() if name != f"iamap/{missing}"}
    assert tool("package").check_files(zipped(files), 1) == [f"{missing} is missing"]


def test_an_executable_module_is_found(tool):
    assert "iamap/__init__.py is executable" in tool("package").check_files(zipped(GOOD, 0o755), 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("email=x\n", "", "has no email"),
        ("version=0.1.0", "version=0.2.0", "has version 0.2.0, __init__.py 0.1.0"),
        ("hasProcessingProvider=yes\n", "", "hasProcessingProvider=yes"),
        ("name=IAMAP\n", "name=IAMAP\nicon=icons/no.svg\n", "icons/no.svg is missing"),
    ],
)
def test_metadata_that_does_not_fit_is_found(tool, old, new, said):
    files = {**GOOD, "iamap/metadata.txt": METADATA.replace(old, new)}
    assert any(said in finding for finding in tool("package").check_metadata(zipped(files)))


def write(path: Path, values: np.ndarray, **about: object) -> Path:
    count, rows, cols = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=rows, width=cols, dtype=values.dtype, crs="EPSG:2154",
        transform=from_origin(650000, 6860000, 1, 1), **about,
    ) as ds:  # fmt: skip
        ds.write(values)
    return path


def test_pngs_keep_8_bit_colours_and_enlarge_small_rasters(tool, tmp_path):
    values = np.arange(3 * 4 * 8, dtype=np.uint8).reshape(3, 4, 8)
    image = tool("paint").read(str(write(tmp_path / "a.tif", values)), longest=32)
    assert image.shape == (3, 16, 32)
    assert np.array_equal(image[:, ::4, ::4], values)


def test_pngs_stretch_other_numbers_and_show_nodata_black(tool, tmp_path):
    values = np.linspace(-5, 5, 64, dtype=np.float32).reshape(1, 8, 8)
    values[0, 0, 0] = np.nan
    image = tool("paint").read(str(write(tmp_path / "a.tif", values, nodata=np.nan)), longest=8)
    assert image.shape == (3, 8, 8) and image[0, 0, 0] == 0
    assert image.max() == 255 and np.array_equal(image[0], image[2])
    assert (np.diff(image[0].ravel()[2:].astype(int)) >= 0).all()


def test_pngs_of_constant_and_empty_rasters_can_be_made(tool, tmp_path):
    paint = tool("paint")
    assert paint.read(str(write(tmp_path / "a.tif", np.full((2, 5, 5), 7, np.int16))), 5).max() == 0
    empty = write(tmp_path / "b.tif", np.full((1, 5, 5), -1, np.float64), nodata=-1)
    assert paint.read(str(empty), 5).max() == 0


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rasters_are_painted_side_by_side(tool, tmp_path):
    wide = write(tmp_path / "wide.tif", np.full((3, 10, 40), 9, np.uint8))
    tall = write(tmp_path / "tall.tif", np.full((3, 40, 10), 99, np.uint8))
    words = [sys.executable, str(TOOLS / "paint.py"), str(tmp_path / "out"), f"wide={wide}", f"tall={tall}"]
    painted = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    image = tool("paint").read(painted["side_by_side"], longest=1024 + 12 + 256)
    assert image.shape == (3, 1024, 1024 + 12 + 256)
    assert image[0, 0, 0] == 9 and image[0, 0, -1] == 99 and image[0, -1, 0] == 255


def test_the_demo_refuses_a_raster_that_is_not_there(tmp_path):
    words = [sys.executable, str(TOOLS / "demo.py"), str(tmp_path / "no.tif"), "--out", str(tmp_path / "out")]
    told = subprocess.run(words, capture_output=True, text=True)
    assert told.returncode == 2 and "no.tif is not there" in told.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["demo.py", "test.py", "package.py"])
def test_a_tool_explains_itself_with_any_python(name):
    told = subprocess.run([sys.executable, "-S", str(TOOLS / name), "--help"], capture_output=True, text=True)
    assert told.returncode == 0 and name in told.stdout
