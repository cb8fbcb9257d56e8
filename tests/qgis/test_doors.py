"""Encode with the real worker: from the toolbox, models, batch and qgis_process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterExtent,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRasterLayer,
)
from test_faults import Recorder, gone, in_background

#: nothing to download, quick
QUICK = {"ENCODER": "MOSAIKS", "TILE": 128, "OVERLAP": 0}


@pytest.fixture
def engine(engine_python, monkeypatch):
    """The engine's Python for runs in this process."""
    monkeypatch.setenv("IAMAP_PYTHON", engine_python)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".xml")


def words(values: dict) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def test_a_run_in_this_process_gives_features_where_the_pixels_are(context, engine, raster, tmp_path):
    import processing

    source = raster(width=300, height=220)
    results = processing.run(
        "iamap:encode", {"INPUT": str(source), **QUICK, "OUTPUT": str(tmp_path / "out.tif")}, context=context
    )
    features, image = QgsRasterLayer(results["OUTPUT"], "f"), QgsRasterLayer(str(source), "i")
    assert features.isValid() and features.crs() == image.crs()
    cell = features.rasterUnitsPerPixelX() / image.rasterUnitsPerPixelX()
    assert cell == pytest.approx(8)
    assert features.extent().xMinimum() == image.extent().xMinimum()
    assert features.extent().yMaximum() == image.extent().yMaximum()
    assert (features.width(), features.height()) == (38, 28)
    assert left(tmp_path) == ["in.tif", "out.tif"]


def test_layers_of_a_run_are_named_styled_and_grouped(project, load_results, engine, raster):
    from iamap.qgis_side.style import tag

    layer = QgsRasterLayer(str(raster()), "Ortho 2024")
    project.addMapLayer(layer)
    load_results(
        "iamap:encode", {"INPUT": layer.id(), **QUICK, "OUTPUT": "TEMPORARY_OUTPUT", "PICTURE": "TEMPORARY_OUTPUT"}
    )
    group = QgsProject.instance().layerTreeRoot().findGroup("IAMAP")
    assert [node.name() for node in group.children()] == [
        "Ortho 2024 · MOSAIKS · Picture of the features",
        "Ortho 2024 · MOSAIKS",
    ]
    features = group.children()[1].layer()
    stretch = tag.read(features.source())
    assert stretch is not None
    assert features.renderer().redBand() == stretch.bands[0]
    assert features.renderer().redContrastEnhancement().maximumValue() == pytest.approx(stretch.maximum[0])


def test_the_desktop_cancels_within_two_seconds_and_keeps_what_can_be_resumed(context, engine, raster, tmp_path):
    source = raster(width=900, height=900)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("iamap:encode")
    for resume, kept in ((False, set()), (True, {"out.tif.part.tif", "out.tif.part.json"})):
        values = {"INPUT": str(source), "ENCODER": "MOSAIKS", "OVERLAP": 90, "BATCH": 1, "RESUME": resume}
        values["OUTPUT"] = str(tmp_path / "out.tif")
        ok, _, seconds = in_background(algorithm.create(), values, context, Recorder(), cancel_at="tiles")
        assert not ok
        assert seconds < 2
        assert set(left(tmp_path)) - {"in.tif"} <= kept


def test_a_wrong_number_of_bands_is_refused_with_a_sentence(context, engine, raster, tmp_path):
    import processing

    values = {"INPUT": str(raster(bands=4)), "ENCODER": "DINO ViT-S/16", "DOWNLOAD": False}
    with pytest.raises(QgsProcessingException) as caught:
        processing.run("iamap:encode", {**values, "OUTPUT": str(tmp_path / "out.tif")}, context=context)
    assert "Traceback" not in str(caught.value)
    assert left(tmp_path) == ["in.tif"]


def model_of_two_steps() -> QgsProcessingModelAlgorithm:
    """Encode a part of a raster, then the statistics of a feature."""
    model = QgsProcessingModelAlgorithm("encode_and_measure", "tests")
    for parameter in (
        QgsProcessingParameterRasterLayer("image", "Image"),
        QgsProcessingParameterExtent("part", "Part"),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    source = QgsProcessingModelChildParameterSource
    first = QgsProcessingModelChildAlgorithm("iamap:encode")
    first.setChildId("encode")
    first.addParameterSources("INPUT", [source.fromModelParameter("image")])
    first.addParameterSources("EXTENT", [source.fromModelParameter("part")])
    for name, value in QUICK.items():
        first.addParameterSources(name, [source.fromStaticValue(value)])
    features = QgsProcessingModelOutput("features", "Features")
    features.setChildId("encode")
    features.setChildOutputName("OUTPUT")
    first.setModelOutputs({"features": features})
    model.addChildAlgorithm(first)
    second = QgsProcessingModelChildAlgorithm("native:rasterlayerproperties")
    second.setChildId("properties")
    second.addParameterSources("INPUT", [source.fromChildOutput("encode", "OUTPUT")])
    model.addChildAlgorithm(second)
    return model


def test_a_model_of_two_steps_with_an_extent_runs(context, engine, raster, tmp_path):
    model = model_of_two_steps()
    feedback = QgsProcessingFeedback()
    values = {"image": str(raster()), "part": "650000,650050,6859950,6860000 [EPSG:2154]"}
    values["encode:features"] = str(tmp_path / "out.tif")
    results, ok = model.run(values, context, feedback)
    assert ok, feedback.textLog()
    layer = QgsRasterLayer(results.get("encode:features") or results["features"], "f")
    assert (layer.width(), layer.height()) == (13, 13)


def test_a_model_made_here_is_the_same_after_saving(plugin, tmp_path):
    assert model_of_two_steps().toFile(str(tmp_path / "m.model3"))
    again = QgsProcessingModelAlgorithm()
    assert again.fromFile(str(tmp_path / "m.model3"))
    sources = again.childAlgorithm("encode").parameterSources()
    assert sources["ENCODER"][0].staticValue() == "MOSAIKS"


def test_qgis_process_gives_a_result_and_exit_code_0(qgis_process, raster, tmp_path):
    values = {"INPUT": raster("été du [nord].tif"), "BANDS": "3;2;1", **QUICK, "OUTPUT": tmp_path / "out.tif"}
    run = qgis_process("--json", "run", "iamap:encode", "--", *words(values))
    out, err = run.communicate(timeout=110)
    assert run.returncode == 0, err
    told = json.loads(out[out.index("{") :])
    assert told["results"]["OUTPUT"] == str(tmp_path / "out.tif")
    assert (tmp_path / "out.tif").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"TILE": 130}, "“tile size” = 130 is not a multiple of the patch"),
        ({"ENCODER": "DINOSAUR"}, "did you mean dino vit"),
        ({"OVERLP": 10}, "did you mean overlap"),
        ({"BANDS": "1;9"}, "no band 9"),
        ({"OUTPUT": "out.png"}, "ends in .tif"),
        ({"INPUT": "/nowhere.tif"}, "input"),
    ],
)
def test_qgis_process_says_what_is_wrong_with_exit_code_1(qgis_process, raster, tmp_path, wrong, sentence):
    values = {"INPUT": raster(), **QUICK, "OUTPUT": tmp_path / "out.tif", **wrong}
    run = qgis_process("run", "iamap:encode", "--", *words(values))
    _, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert sentence in err.lower().replace("overlap?", "overlap")
    assert "Traceback" not in err
    assert left(tmp_path) == ["in.tif"]


def test_qgis_process_without_engine_tells_the_way_out(qgis_process, raster, tmp_path):
    values = {"INPUT": raster(), "OUTPUT": tmp_path / "out.tif"}
    run = qgis_process("run", "iamap:encode", "--", *words(values), IAMAP_PYTHON="", IAMAP_HOME=str(tmp_path / "home"))
    _, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "Set up IAMAP" in err and "Traceback" not in err


def started(process: subprocess.Popen) -> int:
    """Wait until tiles are under way; return the worker's process id."""
    for line in process.stdout:
        if "tiles" in line.lower():
            break
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in map(int, children):
        if b"boot.py" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    raise AssertionError("no worker")


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_qgis_process_that_ends_takes_its_worker_along(qgis_process, raster, tmp_path, blow):
    values = {"INPUT": raster(width=900, height=900), "ENCODER": "MOSAIKS", "OVERLAP": 90, "BATCH": 1}
    run = qgis_process(
        "run", "iamap:encode", "--", *words({**values, "OUTPUT": tmp_path / "out.tif", "RESUME": "false"})
    )
    worker = started(run)
    began = time.monotonic()
    os.kill(run.pid, blow)
    assert gone(worker, 3)
    run.communicate(timeout=20)
    assert run.returncode == (1 if blow == signal.SIGINT else -signal.SIGKILL)
    if blow == signal.SIGINT:
        assert time.monotonic() - began < 4
        assert left(tmp_path) == ["in.tif"]


def test_a_killed_worker_costs_the_run_only(qgis_process, raster, tmp_path):
    values = {"INPUT": raster(width=900, height=900), "ENCODER": "MOSAIKS", "OVERLAP": 90, "BATCH": 1}
    run = qgis_process(
        "run", "iamap:encode", "--", *words({**values, "OUTPUT": tmp_path / "out.tif", "RESUME": "false"})
    )
    os.kill(started(run), signal.SIGKILL)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 1
    assert "memory ran out" in err
    assert left(tmp_path) == ["in.tif"]


def test_batch_gives_one_result_a_row(context, engine, raster, tmp_path):
    rows = [
        {"INPUT": str(raster(f"{name}.tif")), **QUICK, "OUTPUT": str(tmp_path / f"out_{name}.tif")} for name in "ab"
    ]
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("iamap:encode")
    for row in rows:
        results, ok = algorithm.create().run(row, context, QgsProcessingFeedback())
        assert ok and results["OUTPUT"] == row["OUTPUT"]


def test_the_junk_in_the_environment_of_qgis_does_not_reach_the_worker(context, engine, raster, tmp_path, monkeypatch):
    import processing

    for name in (
        "PYTHONHOME",
        "PYTHONPATH",
        "PROJ_LIB",
        "PROJ_DATA",
        "GDAL_DATA",
        "GDAL_DRIVER_PATH",
        "PYTHONEXECUTABLE",
    ):
        monkeypatch.setenv(name, "/junk")
    results = processing.run(
        "iamap:encode", {"INPUT": str(raster()), **QUICK, "OUTPUT": str(tmp_path / "out.tif")}, context=context
    )
    assert QgsRasterLayer(results["OUTPUT"], "f").crs() == QgsCoordinateReferenceSystem("EPSG:2154")
