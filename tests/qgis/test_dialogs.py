"""What a person sees before a run: dialogs, help, greyed entries."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from iamap.algorithms import jobs
from qgis.core import QgsApplication, QgsProcessingParameterDefinition

ROOT = Path(__file__).resolve().parents[2]


def algorithms():
    return {job: QgsApplication.processingRegistry().algorithmById(f"iamap:{job}") for job in jobs()}


def test_every_job_is_in_the_toolbox(plugin):
    assert None not in algorithms().values()
    assert QgsApplication.processingRegistry().providerById("iamap").versionInfo()


@pytest.mark.parametrize("job", sorted(jobs()))
def test_the_dialog_of_every_job_builds(plugin, job):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"iamap:{job}")
    dialog = AlgorithmDialog(algorithm)
    assert dialog.mainWidget() is not None
    assert jobs()[job].title in dialog.windowTitle()
    dialog.close()
