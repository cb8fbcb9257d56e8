"""Finding the engine environment: half-made never counts, and what is missing is said."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest
from iamap.contract.errors import IamapError, NoEngine
from iamap.environment import engine
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("IAMAP_HOME", str(tmp_path / "hóme of IAMAP"))
    monkeypatch.delenv("IAMAP_PYTHON", raising=False)
    return tmp_path / "hóme of IAMAP"


def make(folder: Path, **about) -> Path:
    """An environment that looks made."""
    python = engine.python_in(folder)
    python.parent.mkdir(parents=True)
    python.write_text("")
    (folder / engine.MARK).write_text(
        json.dumps({"key": folder.name, "python": "3.11.9", "versions": {"torch": "2"}, **about})
    )
    return python


def test_a_made_environment_is_found(home):
    python = make(engine.folder())
    assert engine.find_python() == python
    assert engine.status() == (True, f"The engine environment is set up: Python 3.11.9, torch 2, in {engine.folder()}.")


@pytest.mark.parametrize("damage", ["no mark", "empty mark", "mark of another set", "mark cut short", "no python"])
def test_a_half_made_environment_never_counts(home, damage):
    python = make(engine.folder())
    mark = engine.folder() / engine.MARK
    {
        "no mark": mark.unlink,
        "empty mark": lambda: mark.write_text(""),
        "mark of another set": lambda: mark.write_text(json.dumps({"key": "0123456789ab"})),
        "mark cut short": lambda: mark.write_text(mark.read_text()[:-4]),
        "no python": python.unlink,
    }[damage]()
    assert not engine.is_made()
    with pytest.raises(NoEngine):
        engine.find_python()
    assert engine.status()[0] is False


def test_the_key_changes_with_the_pinned_set_alone(tmp_path):
    text = engine.PINNED.read_text(encoding="utf-8")
    same, other = tmp_path / "same.txt", tmp_path / "other.txt"
    same.write_text("# another comment\n\n" + text, encoding="utf-8")
    other.write_text(text.replace("timm==", "timm==9"), encoding="utf-8")
    assert engine.key(same) == engine.key() == engine.key()
    assert engine.key(other) != engine.key()
    assert re.fullmatch(r"[0-9a-f]{12}", engine.key())


def test_a_missing_environment_says_how_to_make_it(home):
    with pytest.raises(NoEngine, match="not set up") as caught:
        engine.find_python()
    assert f'"{ROOT}" setup' in caught.value.hint
    assert isinstance(caught.value, IamapError)
    assert not home.exists(), "looking makes nothing"


def test_a_vanished_python_asks_for_repair(home):
    make(engine.folder()).unlink()
    with pytest.raises(NoEngine, match=r"is gone.*--repair"):
        engine.find_python()


def test_the_environment_variable_goes_before_the_setting_and_both_before_ours(home, monkeypatch, tmp_path):
    make(engine.folder())
    assert engine.find_python(sys.executable) == Path(sys.executable)
    mine = make(tmp_path / "conda env")
    monkeypatch.setenv("IAMAP_PYTHON", str(mine))
    assert engine.find_python(sys.executable) == mine
    monkeypatch.setenv("IAMAP_PYTHON", str(tmp_path / "conda env"))
    assert engine.find_python() == mine, "a folder of an environment names its Python"


def test_a_wrong_path_is_shown_with_its_source(home, monkeypatch):
    make(engine.folder())
    with pytest.raises(NoEngine, match="the setting names /no/where"):
        engine.find_python("/no/where")
    monkeypatch.setenv("IAMAP_PYTHON", "/no/where/python")
    with pytest.raises(NoEngine, match="IAMAP_PYTHON names /no/where/python"):
        engine.find_python()


def test_only_folders_of_our_own_making_are_offered_for_removal(home):
    make(engine.folder())
    old, torn, theirs = (engine.root() / name for name in ("0123456789ab", "0123456789ab.new-17", "my conda"))
    for folder in (old, torn, theirs):
        make(folder)
    assert engine.others() == [old, torn]


def asked() -> dict[str, Requirement]:
    """The direct dependencies by the name of the package; those that are bound to a platform too."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {canonicalize_name(one.name): one for one in listed}


def test_pins_hold_what_the_requirements_ask_for():
    pinned = engine.pinned()
    assert [name for name, one in asked().items() if not one.specifier.contains(pinned.get(name, "0"))] == []
    assert pinned["torch"] == "2.13.0"
    assert not [name for name in pinned if name.startswith(("nvidia", "cuda", "triton"))]


def test_what_is_imported_is_declared():
    """A package that only comes along with another goes when that one no longer needs it."""
    called = {"sklearn": "scikit-learn", "umap": "umap-learn"}
    # used where someone has installed them, and asked for nowhere
    welcome = {"onnx", "onnxruntime", "iamap"}
    found = set()
    for room in ("contract", "environment", "engine", "encoders", "ml", "algorithms", "worker"):
        for file in sorted((ROOT / room).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
            names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
            names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
            found |= {name.split(".")[0] for name in names}
    found -= sys.stdlib_module_names | welcome
    assert {canonicalize_name(called.get(name, name)) for name in found} - set(asked()) == set()


def test_nothing_here_names_a_package_host_or_a_path_of_this_machine():
    hosts = "|".join(["py" + "pi", "python" + "hosted", r"pytorch\.or" + "g/whl", "/opt" + "/", "/tmp" + "/w"])
    files = [
        *(ROOT / "environment").glob("*"),
        ROOT / "requirements.txt",
        ROOT / "__main__.py",
        ROOT / "qgis_side" / "setup_dialog.py",
    ]
    texts = {file.name: file.read_text(encoding="utf-8") for file in files if file.is_file()}
    found = {name: re.findall(f"(?i).*(?:{hosts}).*", text) for name, text in texts.items()}
    assert {name: lines for name, lines in found.items() if [x for x in lines if "application/vnd" not in x]} == {}
