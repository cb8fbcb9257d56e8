"""The pages made from the declarations are fresh."""

from __future__ import annotations

import importlib.util
import re
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


PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.is_file()]


def anchors(page: Path) -> set[str]:
    """What headings of *page* are linked by: small letters, no punctuation, hyphens for blanks."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[tuple[str, Path, str]]:
    """Links of *page* within the project: as it is written, the file, the heading or nothing."""
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    split = [(link, *link.partition("#")[::2]) for link in found if "://" not in link]
    return [(link, (page.parent / file).resolve() if file else page, anchor) for link, file, anchor in split]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    lost = [link for link, file, anchor in links(page) if not file.exists() or (anchor and anchor not in anchors(file))]
    assert lost == []


def test_the_page_of_quality_leads_to_all_figures() -> None:
    """Of borders, bands, position bias, precisions, few labels and change: those that stand on pages of their own."""
    names = ("sharper", "bands", "seams", "precision", "few_labels", "change", "speed")
    led_to = {file for _, file, _ in links(ROOT / "docs" / "quality.md")}
    assert {ROOT / "docs" / f"{name}.md" for name in names} <= led_to


def test_the_proposed_encoder_does_not_depend_on_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = make_docs().pages()
    hub = tmp_path / "models--timm--vit_small_patch16_224.dino" / "snapshots" / "x"
    hub.mkdir(parents=True)
    (hub / "model.safetensors").touch()
    monkeypatch.setenv("IAMAP_CACHE", str(tmp_path))
    assert make_docs().pages() == pages
