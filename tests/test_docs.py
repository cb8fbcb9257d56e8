"""The pages made from the declarations are fresh."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def make_docs():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(make_docs().pages()))
def test_pages_say_what_the_declarations_say(name: str) -> None:
    written = (ROOT / name).read_bytes().decode("utf-8").replace("\r\n", "\n")
    assert written == make_docs().pages()[name], "run python3 tools/make_docs.py"


def test_no_page_is_left_of_a_family_that_is_gone() -> None:
    written = {f"docs/jobs/{path.name}" for path in (ROOT / "docs" / "jobs").glob("*.md")}
    assert written <= set(make_docs().pages())


def test_the_proposed_encoder_does_not_depend_on_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = make_docs().pages()
    hub = tmp_path / "models--timm--vit_small_patch16_224.dino" / "snapshots" / "x"
    hub.mkdir(parents=True)
    (hub / "model.safetensors").touch()
    monkeypatch.setenv("IAMAP_CACHE", str(tmp_path))
    assert make_docs().pages() == pages
