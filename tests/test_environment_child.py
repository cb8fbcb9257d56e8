"""What reaches a child: nothing of QGIS's, all of the user's own."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iamap.environment import child

TAIL = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=0, max_size=12)


@given(st.sampled_from(child.SCRUBBED), TAIL, st.booleans())
def test_no_variable_of_qgis_reaches_a_child_whatever_its_case(prefix, tail, lower):
    name = (prefix + tail).lower() if lower else prefix + tail
    seen = child.environ(source={name: "poison", "HOME": "/home/me"})
    assert seen.get(name) != "poison"
    assert seen["HOME"] == "/home/me"


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1, max_size=20), st.text(max_size=20))
def test_what_is_not_scrubbed_arrives_unchanged(name, value):
    seen = child.environ(source={name: value}, platform="linux")
    if name.startswith(child.SCRUBBED) or name in child.CERTIFICATES:
        return
    assert seen[name] == value


@pytest.mark.parametrize(
    "name",
    (
        "HTTPS_PROXY https_proxy NO_PROXY PIP_INDEX_URL PIP_FIND_LINKS UV_DEFAULT_INDEX SYSTEMROOT TEMP APPDATA USERPROFILE "
        "IAMAP_HOME IAMAP_PYTHON IAMAP_CACHE PYENV_ROOT LANG HF_ENDPOINT OMP_NUM_THREADS"
    ).split(),
)
def test_settings_of_the_user_reach_a_child(name):
    assert child.environ(source={name: "kept"})[name] == "kept"


def test_a_company_certificate_stays_and_one_of_qgis_or_of_nowhere_goes(tmp_path):
    company, qgis = tmp_path / "company.pem", tmp_path / "QGIS" / "bin" / "ca.pem"
    qgis.parent.mkdir(parents=True)
    company.write_text("x")
    qgis.write_text("x")
    source = {"QGIS_PREFIX_PATH": str(tmp_path / "QGIS"), "SSL_CERT_FILE": str(company), "CURL_CA_BUNDLE": str(qgis)}
    seen = child.environ(source={**source, "REQUESTS_CA_BUNDLE": str(tmp_path / "gone.pem")}, platform="linux")
    assert seen["SSL_CERT_FILE"] == str(company)
    assert "CURL_CA_BUNDLE" not in seen
    assert "REQUESTS_CA_BUNDLE" not in seen


def test_on_windows_the_folders_of_qgis_leave_path():
    path = r"C:\OSGeo4W\apps\Python312;C:\OSGEO4W\bin;C:\Windows\System32;C:\Users\me\bin"
    seen = child.environ(source={"Path": path, "OSGEO4W_ROOT": r"C:\OSGeo4W"}, platform="win32")
    assert seen["Path"] == r"C:\Windows\System32;C:\Users\me\bin"
    path = r"C:\Program Files\QGIS 3.40\apps\Qt5\bin;C:\Windows"
    seen = child.environ(
        source={"PATH": path, "QGIS_PREFIX_PATH": r"C:\Program Files\QGIS 3.40\apps\qgis"}, platform="win32"
    )
    assert seen["PATH"] == r"C:\Windows"


def test_a_python_starts_as_itself_from_an_environment_that_would_break_it(monkeypatch):
    poison = {
        "PYTHONHOME": "/elsewhere",
        "PYTHONPATH": "/usr/lib/python3/dist-packages",
        "PYTHONEXECUTABLE": "/usr/bin/python3",
    }
    for name, value in {
        **poison,
        "__PYVENV_LAUNCHER__": "/usr/bin/python3",
        "PROJ_LIB": "/nowhere",
        "LD_PRELOAD": "",
    }.items():
        monkeypatch.setenv(name, value)
    ask = [sys.executable, "-c", "import sys, os; print(sys.prefix); print('PROJ_LIB' in os.environ)"]
    said = subprocess.run(ask, env=child.environ(), capture_output=True, text=True, check=True).stdout.split()
    assert said == [sys.prefix, "False"]


def test_extra_variables_come_last():
    assert child.environ({"PROJ_LIB": "mine"}, source={"PROJ_LIB": "theirs"})["PROJ_LIB"] == "mine"
    assert child.environ(source={})["PYTHONNOUSERSITE"] == "1"
