"""The encoders side by side: what a user wants to know before anything is downloaded."""

from __future__ import annotations

from . import Encoder, encoders

#: where a sentence about a wrong name sends its reader
LISTED = "listed in docs/encoders.md, in the dialog of Encode, and by the command: iamap encoders"


def row(card: type[Encoder]) -> dict[str, str]:
    """Column -> text, for one card."""
    hub = card.hub
    return {
        "encoder": card.id,
        "download": (f"{hub.megabytes} MB" + (" (on disk)" if hub.on_disk() else ""))
        if hub
        else ("by model" if card.needs_model else "none"),
        "licence": hub.licence if hub else ("by model" if card.needs_model else "none needed"),
        "parameters": f"{card.parameters:g} M" if card.parameters else "",
        "trained on": card.trained_on,
        "bands": ", ".join(band.name for band in card.bands) or "any",
        "patch": str(card.patch or ""),
        "tile": str(card.tile or ""),
        "features": f"{card.dim} a band" if card.per_band else str(card.dim or ""),
    }


def in_order() -> list[str]:
    """Ids as a dialog offers them: what needs no download first, what needs a name last."""
    known = encoders()
    return sorted(known, key=lambda name: (known[name].needs_model, known[name].hub is not None))


def rows() -> list[dict[str, str]]:
    """All encoders, one row each."""
    known = encoders()
    return [row(known[name]) for name in in_order()]


def help_html() -> str:
    """The encoders for the help panel of QGIS, which is narrow: those that learned from the same images under the same licence together.

    Every text of its own stands between tags, so that it can be translated.
    """
    from html import escape

    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for about in rows():
        groups.setdefault((about["trained on"], about["licence"]), []).append(about)
    parts = ["<h3>Encoders</h3>"]
    for (trained_on, licence), members in groups.items():
        lines = [f"<b>{escape(about['encoder'])}</b> {_size(about)}" for about in members]
        lines.append(f"<i>trained on</i> <span>{escape(trained_on)}</span>")
        lines.append(f"<i>licence</i> <span>{escape(licence)}</span>")
        parts.append("<p>" + "<br>".join(lines) + "</p>")
    return "".join(parts)


def _size(about: dict[str, str]) -> str:
    from html import escape

    download = about["download"] if about["download"][:1].isdigit() else ""
    count, _, each = about["features"].partition(" ")
    told = {
        "{}": download,
        "<i>patch</i> {}": about["patch"],
        f"<i>features</i> {{}}{f' <i>{each}</i>' if each else ''}": count,
    }
    return ", ".join(text.format(escape(value)) for text, value in told.items() if value)
