"""Write docs/encoders.md, docs/jobs.md and the pages they lead to from the declarations; with ``--check`` say instead whether they are fresh.

Needs nothing but Python 3.9: the declarations load without the engine.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Written by tools/make_docs.py from the declarations: improve those, then run it again. -->"


def load_iamap() -> None:
    """Make ``import iamap`` mean this checkout."""
    if "iamap" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location("iamap_boot", ROOT / "worker" / "boot.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{ROOT} has no worker/boot.py")
    boot = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(boot)
    boot.load()


def table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    """A Markdown table, line by line."""
    lines = [list(header), *([str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def doc(thing: type) -> str:
    """The class docstring, without its indentation."""
    return inspect.cleandoc(thing.__doc__ or "")


def encoders_pages() -> dict[str, str]:
    """An overview of all encoders, and a page for each family: what each is good for and where its weights lie."""
    from iamap.encoders import encoders

    families: dict[str, list[Any]] = {}
    for card in encoders().values():
        families.setdefault(card.__module__.rpartition(".")[2], []).append(card)
    lines = [NOTE, "", "# Encoders", ""]
    lines += [
        "What each encoder is good for, what it costs and under which licence its weights come. Nothing is downloaded before the",
        "size and the licence were shown. A cell of the result covers *patch* × *patch* pixels and has as many bands as *features*.",
        "",
    ]
    header = ("encoder", "bands", "download", "licence", "parameters", "patch", "tile", "features")
    lines += table(header, (_overview(card, family) for family, cards in families.items() for card in cards))
    pages = {"docs/encoders.md": "\n".join(lines) + "\n"}
    for family, cards in families.items():
        lines = [NOTE, "", f"# {doc(sys.modules[cards[0].__module__]).partition(chr(10))[0].rstrip('.')}"]
        for card in cards:
            lines += ["", f"## {card.id}", "", doc(card), "", *table(("", ""), _facts(card))]
        pages[f"docs/encoders/{family}.md"] = "\n".join(lines) + "\n"
    return pages


def _overview(card: Any, family: str) -> tuple[Any, ...]:
    known = "by model" if card.needs_model else "none"
    download = f"{card.hub.megabytes} MB" if card.hub else known
    licence = card.hub.licence.split(",")[0] if card.hub else known
    parameters = f"{card.parameters:g} M" if card.parameters else ""
    return (
        f"[{card.id}](encoders/{family}.md#{anchor(card.id)})",
        len(card.bands) or "any",
        download,
        licence,
        parameters,
        card.patch or "",
        card.tile or "",
        f"{card.dim} a band" if card.per_band else card.dim or "",
    )


def _facts(card: Any) -> list[tuple[str, Any]]:
    facts = [("trained on", card.trained_on), ("source", f"<{card.source}>" if card.source else "")]
    if card.bands:
        facts.append(
            (
                "bands",
                ", ".join(
                    f"{band.name} ({band.micrometres:g} µm)" if band.micrometres else band.name for band in card.bands
                ),
            )
        )
        if card.values != "8-bit":
            facts.append(("values", card.values))
        of = " of value / 255" if card.values == "8-bit" else ""
        facts.append((f"mean{of}", _numbers([band.mean for band in card.bands])))
        facts.append((f"deviation{of}", _numbers([band.std for band in card.bands])))
    else:
        facts.append(("bands", "any number" + (", told by their wavelengths" if card.spectral else "")))
    if card.metres:
        facts.append(("pixels", f"about {card.metres:g} m on the ground"))
    if card.hub:
        revision = (
            f"revision `{card.hub.revision}`"
            if card.hub.revision
            else "the newest revision, noted at the first download"
        )
        facts.append(("weights", f"`{card.hub.repo}`, `{card.hub.name}`, {revision}"))
        begins = f"begins with `{card.hub.sha256_begins}`, checked" if card.hub.sha256_begins else ""
        stated = begins or "as the hub states it, checked"
        facts.append(("sha256", f"`{card.hub.sha256}`" if card.hub.sha256 else stated))
        facts.append(("licence", card.hub.licence))
    return [fact for fact in facts if fact[1]]


def _numbers(values: list[float]) -> str:
    """Numbers of bands, once where they are all the same."""
    return ", ".join(f"{value:g}" for value in (values[:1] if len(set(values)) == 1 else values))


def jobs_pages() -> dict[str, str]:
    """A page for each family of jobs, and one that lists them all."""
    from iamap.algorithms import jobs

    families: dict[tuple[str, str], list[Any]] = {}
    for job in jobs().values():
        families.setdefault((job.group, job.family()), []).append(job)
    lines = [NOTE, "", "# Jobs", ""]
    lines += [
        "Each is an algorithm of the toolbox (`iamap:ID`), a verb of the command line and a class of the library, with the same parameters.",
        "",
    ]
    pages, rows = {}, []
    for (group, name), members in sorted(families.items()):
        pages[f"docs/jobs/{name}.md"] = "\n".join([NOTE, "", *_family_page(members)]) + "\n"
        rows += [
            (group, f"`{job.id}`", f"[{job.title}](jobs/{name}.md#{anchor(job.title)})", _first_sentence(job))
            for job in members
        ]
    lines += table(("group", "id", "job", "what it does"), rows)
    return {"docs/jobs.md": "\n".join(lines) + "\n", **pages}


def sensors_page() -> dict[str, str]:
    """Which sensors are known, by what, and what units there are, below the text of tools/sensors.md."""
    from iamap.contract.sensors import SENSORS
    from iamap.contract.units import UNITS

    named: dict[str, list[str]] = {}
    for one in SENSORS:
        bands = ", ".join(f"{band.name} {_wave(band.micrometres)}".strip() for band in one.bands)
        named.setdefault(bands or "as its metadata tell", []).append(one.name)
    waves = [(", ".join(names), bands) for bands, names in named.items()]
    files = [
        (one.name, "<br>".join(f"`{_shortened(pattern)}`" for pattern in one.files) or "none",
         ", ".join(str(len(layout)) for layout in one.layouts) or "any", one.about)
        for one in SENSORS
    ]  # fmt: skip
    text = (ROOT / "tools" / "sensors.md").read_text(encoding="utf-8")
    lines = [NOTE, "", *text.strip().split("\n"), "", "## Bands", ""]
    lines += [*table(("sensor", "bands, with their centre wavelengths in µm"), waves), "", "## Names of files", ""]
    lines += [
        *table(
            (
                "sensor",
                "what a name or tag contains (regular expressions, shortened)",
                "number of bands, where they have no names",
                "about",
            ),
            files,
        ),
        "",
        "## Units",
        "",
    ]
    lines += table(("unit", "about"), ((f"`{unit.name}`", unit.about) for unit in UNITS))
    return {"docs/sensors.md": "\n".join(lines) + "\n"}


def _shortened(pattern: str) -> str:
    """A pattern without what it must not stand beside."""
    return re.sub(r"\(\?<?[!=](?:[^()]|\([^()]*\))*\)", "", pattern)


def _wave(micrometres: Any) -> str:
    return f"{micrometres:g}" if micrometres and micrometres > 0 else ""


def anchor(title: str) -> str:
    """What a heading is called in an address."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _first_sentence(job: Any) -> str:
    about = doc(job.card if job.of else job)
    return " ".join(about.split("\n\n")[0].split())


def _family_page(members: list[Any]) -> list[str]:
    header = ("parameter", "what it is", "values", "default", "help")
    first = members[0]
    if first.of is None:
        rows = (_parameter(name, spec) for name, spec in first.specs().items())
        return [f"# {first.title}", "", f"`iamap:{first.id}` · {first.group}", "", doc(first), "", *table(header, rows)]
    shared = first.of
    lines = [
        f"# {shared.title}",
        "",
        f"`iamap:{shared.id}_…` · {shared.group}",
        "",
        doc(shared),
        "",
        "## What all methods ask for",
        "",
    ]
    lines += table(header, (_parameter(name, spec) for name, spec in shared.specs().items()))
    for job in members:
        lines += ["", f"## {job.title}", "", f"`iamap:{job.id}`", "", doc(job.card)]
        own = [_parameter(name, spec) for name, spec in job.card.specs().items()]
        lines += ["", *table(header, own)] if own else []
    return lines


def _parameter(name: str, spec: Any) -> tuple[str, str, str, str, str]:
    default = "must be given" if spec.required else _shown(spec.default_value())
    return f"`{name}`" + (" (advanced)" if spec.advanced else ""), spec.label, _values(spec), default, spec.help


def _values(spec: Any) -> str:
    """What a parameter may be, in a few words."""
    if spec.kind == "choice":
        # many and named elsewhere: they would drown the page
        return (
            "see [encoders](../encoders.md)"
            if len(spec.options()) > 20
            else ", ".join(f"`{option}`" for option in spec.options())
        )
    low, high = spec.minimum, spec.maximum
    bounds = (
        f"{low:g} to {high:g}"
        if low is not None and high is not None
        else f"{low:g} or more"
        if low is not None
        else ""
    )
    bounds = bounds or (f"{high:g} or less" if high is not None else "")
    kinds = {
        "raster_in": "raster", "raster_out": "GeoTIFF", "path_in": "file or folder", "bands": "band numbers, from 1", "flag": "yes or no",
        "integer": "whole number", "number": "number", "text": "text", "extent": "xmin,ymin,xmax,ymax [CRS]", "crs": "CRS",
        "rasters_in": "rasters", "vector_in": "vector layer", "vectors_in": "vector layers", "vector_out": "GeoPackage",
        "column": "name of a field", "file_out": "file",
    }  # fmt: skip
    return ", ".join(part for part in (kinds.get(spec.kind, spec.kind), f"{bounds} {spec.unit}".strip()) if part)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def pages() -> dict[str, str]:
    """Path below the checkout -> text, the same on every computer."""
    load_iamap()
    # which encoder is proposed depends on the weights on disk: here, none are
    before = os.environ.get("IAMAP_CACHE")
    os.environ["IAMAP_CACHE"] = str(ROOT / "no such folder")
    try:
        return {**encoders_pages(), **jobs_pages(), **sensors_page()}
    finally:
        if before is None:
            del os.environ["IAMAP_CACHE"]
        else:
            os.environ["IAMAP_CACHE"] = before


def main(arguments: list[str]) -> int:
    """Write or check the pages; return 1 if a checked one is stale."""
    stale = []
    for name, text in pages().items():
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
    print(("stale: " if "--check" in arguments else "written: ") + (", ".join(stale) or "none"))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
