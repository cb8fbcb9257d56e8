"""Texts in the user's language."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CONTEXT = "iamap"

I18N = Path(__file__).resolve().parents[1] / "i18n"


def tr(text: str) -> str:
    """Return *text* in the language of QGIS; ``tools/make_ts.py`` collects every literal given to it."""
    return QCoreApplication.translate(CONTEXT, text) if text else ""


def install_translator() -> QTranslator | None:
    """Load the texts of QGIS's language; the caller keeps the translator alive. None where there are none."""
    translator = QTranslator()
    for name in (QgsApplication.locale(), QgsApplication.locale()[:2]):
        if translator.load(str(I18N / f"iamap_{name}.qm")):
            QCoreApplication.installTranslator(translator)
            return translator
    return None
