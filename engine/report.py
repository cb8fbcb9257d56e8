"""The report of a run: one HTML file that holds its pictures, opens anywhere and needs no network."""

from __future__ import annotations

import base64
import io
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import pyogrio
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave
from pyogrio.errors import DataSourceError

from .. import __version__
from ..contract.fields import Field
from ..contract.job import Job
from ..contract.places import LAYERS
from .lettering import families

_CSS = """
body{font:15px/1.5 system-ui,"Segoe UI",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2933;background:#fff}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #d9e2ec}
p.about{color:#52606d;margin-top:0}table{border-collapse:collapse}
th,td{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #e4e7eb;vertical-align:top}
.number{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto;margin:.6rem 0}figure{margin:1rem 0}img{max-width:100%}
img.cells{image-rendering:pixelated}figcaption{color:#52606d;font-size:.9rem}.swatch{display:inline-block;width:1em;height:1em;border-radius:2px;vertical-align:-.12em}
"""
_LOOK: Any = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e4e7eb",
    "axes.edgecolor": "#9aa5b1", "axes.axisbelow": True, "figure.constrained_layout.use": True,
    # the same figure is the same bytes
    "svg.hashsalt": "iamap",
}  # fmt: skip


_NUMBER = re.compile(r"([-+]?\d[\d ]*(\.\d+)?(e[-+]?\d+)? ?%?)?")


class Swatch(str):
    """A colour ``#rrggbb`` in a table, shown as such."""


class Report:
    """Grows from top to bottom.

    Args:
        title: what was done, in a few words.
        about: to what, in one sentence.
    """

    def __init__(self, title: str, about: str) -> None:
        self._title, self._about = title, about
        self._parts: list[str] = []

    def heading(self, text: str) -> None:
        """Begin a section."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self._parts.append(f"<p>{escape(text)}</p>")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add a table; columns of numbers are set to the right, a Swatch shows its colour."""
        numbers = [all(map(_is_number, column)) for column in zip(*rows)] or [False] * len(columns)
        head = "".join(f"<th{_to_the_right(right)}>{escape(name)}</th>" for name, right in zip(columns, numbers))
        body = "".join(f"<tr>{''.join(map(_cell, row, numbers))}</tr>" for row in rows)
        self._parts.append(
            f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )

    def asked(self, job: Job) -> None:
        """Add a table of what the user has chosen; advanced defaults are left out."""
        specs = job.specs()
        rows = [
            (spec.label, _plain(_shown(spec, job.values()[name])))
            for name, spec in specs.items()
            if job.values()[name] is not None and not (spec.advanced and job.values()[name] == spec.default_value())
        ]
        self.heading("What was asked")
        self.table(("Parameter", "Value"), rows)

    @contextmanager
    def figure(self, width: float, height: float, caption: str, names: Sequence[str] = ()) -> Iterator[Figure]:
        """Yield a matplotlib figure of that size in inches to draw on, then add it.

        Args:
            names: what is written on it in people's own words, in any letters.
        """
        with mpl.rc_context({**_LOOK, "font.family": families(names)}):
            figure = Figure((width, height), dpi=110)
            FigureCanvasAgg(figure)
            yield figure
            png = io.BytesIO()
            figure.savefig(png, format="png", metadata={"Software": None})
        data = base64.b64encode(png.getvalue()).decode()
        image = f'<img alt="{escape(caption)}" src="data:image/png;base64,{data}">'
        self._parts.append(f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>")

    def picture(self, pixels: np.ndarray, caption: str) -> None:
        """Add (rows, cols, 3 or 4) uint8 as it is, small ones enlarged without blurring their cells."""
        png = io.BytesIO()
        imsave(png, np.ascontiguousarray(pixels), format="png", metadata={"Software": "IAMAP"})
        wide = pixels.shape[1] * max(1, 480 // max(pixels.shape[:2]))
        data = base64.b64encode(png.getvalue()).decode()
        image = f'<img class="cells" width="{wide}" alt="{escape(caption)}" src="data:image/png;base64,{data}">'
        self._parts.append(f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>")

    def write(self, path: str) -> None:
        """Write the file."""
        made = time.strftime("%Y-%m-%d %H:%M")
        about = f"{escape(self._about)} IAMAP {escape(__version__)}, {made}."
        html = (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(self._title)}</title>'
            f"<style>{_CSS}</style></head><body><h1>{escape(self._title)}</h1>"
            f'<p class="about">{about}</p>{"".join(self._parts)}</body></html>'
        )
        with open(path, "w", encoding="utf-8") as file:
            file.write(html)


def shown(name: str) -> str:
    """What people know a layer by: its name where QGIS has written it for the run only, its path otherwise."""
    folder, file = os.path.split(name.partition("|")[0])
    if not os.path.basename(folder).startswith(LAYERS):
        return name
    try:
        layers = [str(layer) for layer, _ in pyogrio.list_layers(os.path.join(folder, file))]
    except DataSourceError:
        layers = []
    return layers[0] if len(layers) == 1 else os.path.splitext(file)[0]


def _shown(spec: Field, value: Any) -> Any:
    """Layers that QGIS has written for the run only by their names."""
    if spec.kind == "vectors_in":
        return [shown(one) for one in value]
    return shown(value) if spec.kind == "vector_in" else value


def _is_number(value: Any) -> bool:
    """Whether *value* may stand in a column of numbers: one, also written out, or nothing."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _to_the_right(right: bool) -> str:
    return ' class="number"' if right else ""


def _cell(value: Any, right: bool) -> str:
    if isinstance(value, Swatch):
        return f'<td><span class="swatch" style="background:{escape(value)}"></span></td>'
    return f"<td{_to_the_right(right)}>{escape(_plain(value))}</td>"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}".replace(",", " ")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", " ")
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
