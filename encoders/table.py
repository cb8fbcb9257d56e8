"""The encoders side by side: what a user wants to know before anything is downloaded."""

from __future__ import annotations

from html import escape

from . import Encoder, encoders


def row(card: type[Encoder]) -> dict[str, str]:
    """Column -> text, for one card."""
    hub = card.hub
    return {
        "encoder": card.id,
        "download": (f"{hub.megabytes} MB" + (" (on disk)" if hub.on_disk() else "")) if hub else ("by model" if card.needs_model else "none"),
        "licence": hub.licence if hub else ("by model" if card.needs_model else "none needed"),
        "parameters": f"{card.parameters:g} M" if card.parameters else "",
        "trained on": card.trained_on,
        "bands": ", ".join(band.name for band in card.bands) or "any",
        "patch": str(card.patch or ""),
        "tile": str(card.tile or ""),
        "features": str(card.dim or ""),
    }


def rows() -> list[dict[str, str]]:
    """All encoders, one row each."""
    return [row(card) for card in encoders().values()]


def html_table() -> str:
    """The table for the help panel of QGIS (rich text: a subset of HTML 4)."""
    names = ("encoder", "download", "licence", "trained on", "patch", "features")
    head = "".join(f"<th align='left'>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(r[name])}</td>" for name in names) + "</tr>" for r in rows())
    return f"<table cellpadding='2'><tr>{head}</tr>{body}</table>"
