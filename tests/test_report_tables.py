"""Tables of reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine.report import Report, Swatch


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        ([256, 0.5, ""], True),
        (["+0.011", "-1", "3.1e-06", "46.1%"], True),
        ([256, "128 × 128"], False),
        (["2 %", "12 345"], True),
        ([True, False], False),
        (["cluster 1", "2"], False),
        ([Swatch("#00ff00")], False),
        ([], False),
    ],
)
def test_a_heading_stands_above_its_figures(tmp_path: Path, cells: list[Any], right: bool) -> None:
    report = Report("A", "B.")
    report.table(("words", "figures"), [("a", cell) for cell in cells])
    report.write(str(tmp_path / "report.html"))
    html = (tmp_path / "report.html").read_text("utf-8")
    assert html.count('<td class="number">') == (len(cells) if right else 0)
    assert html.count('<th class="number">figures</th>') == right
