"""Whatever happens to a worker costs the run, never QGIS, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from iamap.contract.errors import Cancelled, IamapError
from iamap.qgis_side import runner
from iamap.qgis_side.feedback import Listener
from pretend import STANDIN, pretend
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
)
from qgis.PyQt.QtCore import QCoreApplication

ROOT = Path(__file__).resolve().parents[2]

QGIS_WITH_A_RUN = """
import runpy
from pathlib import Path
from qgis.core import QgsApplication, QgsProcessingFeedback

runpy.run_path({boot!r})["load"]()
from iamap.qgis_side import runner

class Loud(QgsProcessingFeedback):
    def pushInfo(self, text):
        print(text, flush=True)

app = QgsApplication([], False)
runner.run("pretend", {params!r}, Loud(), boot=Path({standin!r}))
"""


class Recorder(QgsProcessingFeedback):
    """Remember the progress; cancel when a line that holds *cancel_at* is told."""

    def __init__(self, cancel_at: str = "") -> None:
        super().__init__()
        self.shown: list[float] = []
        self.told: list[str] = []
        self.last = ""
        self.cancel_at, self.cancelled_at = cancel_at, 0.0
        self.progressChanged.connect(self.shown.append)

    def setProgressText(self, text):
        super().setProgressText(text)
        self.told.append(text)
        self.last = text
        if self.cancel_at and self.cancel_at in text and not self.cancelled_at:
            self.cancelled_at = time.monotonic()
            self.cancel()


@pytest.fixture
def run(plugin, raster, any_python, tmp_path):
    """Run the stand-in with a fault."""

    def start(fault: str, feedback: QgsProcessingFeedback, **params):
        out = str(tmp_path / "out.tif")
        params = {"input": str(raster()), "output": out, "fault": fault, **params}
        return runner.run("pretend", params, feedback, outputs=[out], boot=STANDIN)

    return start


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "in.tif")


def gone(pid: int, seconds: float = 3.0) -> bool:
    """Whether no process *pid* is left, a zombie not counted."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def family(text: str) -> int:
    return int(re.search(r"family (\d+)", text).group(1))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("killed", "memory ran out"),
        ("abort", "crashed (signal 6)"),
        ("silent", "without a result (exit code 0)"),
        ("exit 7", "without a result (exit code 7)"),
        ("refused", "the encoder takes 3 bands, 16 given: choose bands"),
        ("ours", "IAMAP failed: KeyError('x'): please report this"),
        ("liar", "is not there"),
        ("disagrees", "exit code 1"),
    ],
)
def test_every_way_to_fail_gets_a_sentence_and_leaves_nothing(run, tmp_path, fault, sentence):
    with pytest.raises(IamapError) as caught:
        run(fault, Recorder())
    assert sentence in str(caught.value)
    assert left(tmp_path) == []


@pytest.mark.parametrize(("fault", "words"), [("abort", "libfoo: assertion failed"), ("exit 7", "the last straw")])
def test_the_last_words_of_a_dead_worker_are_told(run, fault, words):
    with pytest.raises(IamapError, match=words):
        run(fault, Recorder())


def test_the_traceback_of_our_own_fault_is_in_the_log(run):
    feedback = Recorder()
    with pytest.raises(IamapError):
        run("ours", feedback)
    assert "Traceback: line 1" in feedback.textLog()


def test_noise_on_stdout_breaks_nothing_and_is_bounded(run, tmp_path):
    feedback = Recorder()
    assert run("noise", feedback).outputs == {"output": str(tmp_path / "out.tif")}
    assert "not text" in feedback.textLog()
    assert feedback.textLog().count("chatter") <= runner.CHATTER_LINES


def test_facts_and_progress_reach_the_log_and_the_bar_never_runs_back(run):
    feedback = Recorder()
    assert run("", feedback).facts == {"tiles": 5, "seconds": 0.25}
    assert feedback.told == ["Tiles 0 of 5, about 5 s left"]
    assert "tiles: 5" in feedback.textLog()
    assert feedback.shown == sorted(feedback.shown)
    assert feedback.shown[-1] == 100


def test_a_stage_that_waits_is_told_once(plugin, monkeypatch):
    feedback, clock = Recorder(), iter(range(0, 1000, 10))
    monkeypatch.setattr("iamap.qgis_side.feedback.time.monotonic", lambda: float(next(clock)))
    listener = Listener(feedback)
    for done in (0, 0, 0, 1, 1):
        listener.hear({"event": "progress", "stage": "encode", "unit": "tiles", "done": done, "total": 5})
    assert feedback.told == ["Encode: tiles 0 of 5", "Encode: tiles 1 of 5"]


@pytest.mark.parametrize("fault", ["endless", "stubborn", "stubborn family", "endless family"])
def test_cancelling_takes_less_than_two_seconds_and_ends_the_whole_family(run, tmp_path, fault):
    feedback = Recorder(cancel_at="Tiles 0 of 5")
    with pytest.raises(Cancelled):
        run(fault, feedback)
    assert time.monotonic() - feedback.cancelled_at < 2
    assert left(tmp_path) == []
    if "family" in fault:
        assert gone(family(feedback.textLog()))


@pytest.mark.parametrize(("noted", "kept"), [(True, ["out.tif.part.json", "out.tif.part.tif"]), (False, [])])
def test_only_what_can_be_resumed_is_kept(run, tmp_path, noted, kept):
    with pytest.raises(Cancelled):
        run("endless", Recorder(cancel_at="Tiles 0 of 5"), resume=True, noted=noted)
    assert left(tmp_path) == kept


def test_children_that_a_worker_leaves_behind_are_ended(run):
    began = time.monotonic()
    run("leaves a child", Recorder())
    assert time.monotonic() - began < 5, "the pipes that the child holds must not hang QGIS"


def test_an_any_python_that_is_no_program_gets_a_sentence(run, tmp_path, monkeypatch):
    (tmp_path / "python").write_text("no program")
    monkeypatch.setenv("IAMAP_PYTHON", str(tmp_path / "python"))
    with pytest.raises(IamapError, match="can't be started"):
        run("", Recorder())


def test_the_environment_of_qgis_does_not_reach_the_worker(run, monkeypatch):
    junk = (
        "PYTHONHOME",
        "PYTHONPATH",
        "PROJ_LIB",
        "PROJ_DATA",
        "GDAL_DATA",
        "GDAL_DRIVER_PATH",
        "PYTHONEXECUTABLE",
        "QT_PLUGIN_PATH",
    )
    for name in junk:
        monkeypatch.setenv(name, "/junk")
    monkeypatch.setenv("IAMAP_CACHE", "/the/cache")
    feedback = Recorder()
    run("", feedback)
    line = next(line for line in feedback.textLog().splitlines() if line.startswith("environment "))
    assert "/junk" not in line
    assert '"IAMAP_CACHE": "/the/cache"' in line


def in_background(algorithm, values, context, feedback, cancel_at: str = ""):
    """Run as the desktop does: prepared in the main thread, processed in a task's.

    The task is cancelled when the progress text holds *cancel_at*. Returns (ok, results, seconds from then to the end).
    """
    task = QgsProcessingAlgRunnerTask(algorithm, values, context, feedback)
    heard, asked = [], []
    task.executed.connect(lambda ok, results: heard.append((ok, results)))
    QgsApplication.taskManager().addTask(task)
    until = time.monotonic() + 60
    while not heard and time.monotonic() < until:
        QCoreApplication.processEvents()
        if cancel_at and not asked and cancel_at in feedback.last.lower():
            asked.append(time.monotonic())
            task.cancel()
        time.sleep(0.01)
    assert heard, "the task never ended"
    return (*heard[0], time.monotonic() - asked[0] if asked else 0.0)


def test_a_run_in_the_background_gives_the_result(context, raster, any_python, tmp_path):
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif")}
    ok, results, _ = in_background(pretend(), values, context, QgsProcessingFeedback())
    assert ok
    assert results == {"OUTPUT": str(tmp_path / "out.tif")}


def test_a_run_in_the_background_is_cancelled_within_two_seconds(context, raster, any_python, tmp_path):
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), "FAULT": "stubborn family"}
    ok, results, seconds = in_background(pretend(), values, context, Recorder(), cancel_at="tiles 0 of 5")
    assert (ok, results) == (False, {})
    assert seconds < 2
    assert left(tmp_path) == []


def test_a_failed_run_in_the_background_tells_the_sentence(context, raster, any_python, tmp_path):
    feedback = QgsProcessingFeedback()
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), "FAULT": "refused"}
    ok, _, _ = in_background(pretend(), values, context, feedback)
    assert not ok
    # once: QGIS shows what was raised, and nothing of ours says it too
    assert feedback.textLog().count("The encoder takes 3 bands, 16 given. Choose bands.") == 1
    assert "Traceback" not in feedback.textLog()


def test_a_failed_run_leaves_qgis_no_layer_to_look_for(context, raster, any_python, tmp_path):
    project = context.project()
    wanted = {
        name: QgsProcessingOutputLayerDefinition(str(tmp_path / f"{name}.tif"), project)
        for name in ("OUTPUT", "PICTURE")
    }
    earlier = str(raster("earlier.tif"))
    context.addLayerToLoadOnCompletion(earlier, QgsProcessingContext.LayerDetails("of a step before", project))
    values = {"INPUT": str(raster()), **wanted, "FAULT": "refused"}
    _, ok = pretend().run(values, context, QgsProcessingFeedback())
    assert not ok
    assert list(context.layersToLoadOnCompletion()) == [earlier]


def test_a_killed_qgis_takes_its_worker_along(raster, any_python, tmp_path):
    script = tmp_path / "qgis_with_a_run.py"
    params = {"input": str(raster()), "output": str(tmp_path / "out.tif"), "fault": "endless family"}
    script.write_text(
        QGIS_WITH_A_RUN.format(boot=str(ROOT / "worker" / "boot.py"), params=params, standin=str(STANDIN)),
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as qgis:
        for line in qgis.stdout:
            if line.startswith("family"):
                break
        pid = family(line)
        worker = os.getpgid(pid)
        qgis.kill()
        assert gone(worker) and gone(pid)
