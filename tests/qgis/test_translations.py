"""The texts in another language: complete lists, whole placeholders, and found at run time."""

from __future__ import annotations

import os
import runpy
import string
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE_TS = runpy.run_path(str(ROOT / "tools" / "make_ts.py"))
FILES = sorted((ROOT / "i18n").glob("*.ts"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_list_of_texts_is_fresh(file):
    fresh = MAKE_TS["document"](file.stem.split("_", 1)[1], MAKE_TS["translations"](file))
    assert fresh == file.read_text(encoding="utf-8"), "run tools/make_ts.py and translate what it prints"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_translations_keep_the_placeholders(file):
    def places(text):
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    known = MAKE_TS["translations"](file)
    assert known
    assert [text for text, translation in known.items() if places(text) != places(translation)] == []


def test_qgis_in_french_speaks_french(profile):
    script = (
        "import os, runpy\n"
        f"runpy.run_path({str(ROOT / 'worker' / 'boot.py')!r})['load']()\n"
        "from qgis.core import QgsApplication, QgsSettings\n"
        "app = QgsApplication([], False)\n"
        "QgsSettings().setValue('locale/overrideFlag', True)\n"
        "QgsApplication.setLocale(__import__('qgis.PyQt.QtCore', fromlist=['QLocale']).QLocale('fr_FR'))\n"
        "QgsSettings().setValue('locale/userLocale', 'fr_FR')\n"
        "from iamap.iamap_plugin import IamapPlugin\n"
        "plugin = IamapPlugin(None)\n"
        "from iamap.qgis_side.algorithm import JobAlgorithm\n"
        "from iamap.algorithms import jobs\n"
        "made = JobAlgorithm(jobs()['encode']).create()\n"
        "from iamap.qgis_side.models import ready_made\n"
        "model = next(model for model in ready_made() if model.name() == 'model_picture')\n"
        "print(model.displayName(), model.group(), model.parameterDefinition('part').help(), sep='|')\n"
        "print(made.displayName(), made.parameterDefinition('OVERLAP').description(), made.shortHelpString(), sep='|')\n"
    )
    environment = {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(profile / "fr"), "PYTHONIOENCODING": "utf-8"}
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert told.returncode == 0, told.stderr
    of_model, _, of_job = told.stdout.partition("\n")
    assert of_model.split("|")[:2] == ["Photo aérienne → descripteurs → image de l'ACP", "9 Modèles prêts à l'emploi"]
    assert of_model.endswith("une minute à quoi s'attendre.")
    title, overlap, text = of_job.split("|", 2)
    assert (title, overlap) == ("Encoder une image", "Recouvrement des tuiles [%]")
    assert "Transforme un raster" in text and "entraîné sur" in text
