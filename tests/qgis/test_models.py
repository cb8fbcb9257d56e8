"""Ready-made models: in the toolbox like jobs, in the user's language, and each gives what its name says."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from iamap.encoders import default_encoder, encoders
from iamap.qgis_side.models import FOLDER, ReadyMadeModel
from iamap.qgis_side.provider import IamapProvider
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsPalettedRasterRenderer,
    QgsPointXY,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.model3"))


@pytest.fixture
def small(plugin, tmp_path):
    """A folder with a model of one step, what is no model, and what is another file."""
    model = QgsProcessingModelAlgorithm("Photo → features", "tests")
    image = QgsProcessingParameterRasterLayer("image", "Aerial photo")
    model.addModelParameter(image, QgsProcessingModelParameter("image"))
    source = QgsProcessingModelChildParameterSource
    step = QgsProcessingModelChildAlgorithm("iamap:encode")
    step.setChildId("encode")
    step.addParameterSources("INPUT", [source.fromModelParameter("image")])
    step.addParameterSources("ENCODER", [source.fromStaticValue("MOSAIKS")])
    step.addParameterSources("TILE", [source.fromStaticValue(128)])
    features = QgsProcessingModelOutput("features", "Features")
    features.setChildId("encode")
    features.setChildOutputName("OUTPUT")
    step.setModelOutputs({"features": features})
    model.addChildAlgorithm(step)
    assert model.toFile(str(tmp_path / "model_small.model3"))
    (tmp_path / "model_broken.model3").write_text("<Option type='Map'", encoding="utf-8")
    (tmp_path / "model_other.model3").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "README.md").touch()
    return tmp_path


def shipped(name: str) -> ReadyMadeModel:
    return QgsApplication.processingRegistry().createAlgorithmById(f"iamap:{name}")


def test_every_model_of_the_folder_is_an_algorithm_and_nothing_else_is(small):
    provider = IamapProvider(small)
    provider.refreshAlgorithms()
    models = [made for made in provider.algorithms() if isinstance(made, QgsProcessingModelAlgorithm)]
    assert [model.name() for model in models] == ["model_small"]
    assert models[0].displayName() == "Photo → features"
    assert os.path.basename(models[0].svgIconPath()) == "model.svg"


def test_a_model_of_the_folder_runs_and_gives_its_result(context, small, raster, engine_python, monkeypatch, tmp_path):
    monkeypatch.setenv("IAMAP_PYTHON", engine_python)
    model = ReadyMadeModel(small / "model_small.model3").create()
    feedback = QgsProcessingFeedback()
    values = {"image": str(raster()), "encode:features": str(tmp_path / "f.tif")}
    results, ok = model.run(values, context, feedback)
    assert ok, feedback.textLog()
    assert QgsRasterLayer(result(results, "encode:features"), "f").isValid()


def test_models_are_greyed_with_the_reason_while_the_engine_is_missing(small, monkeypatch):
    model = ReadyMadeModel(small / "model_small.model3")
    monkeypatch.setenv("IAMAP_PYTHON", sys.executable)
    assert model.canExecute() == (True, "")
    monkeypatch.delenv("IAMAP_PYTHON")
    monkeypatch.setenv("IAMAP_HOME", str(small))
    fine, reason = model.create().canExecute()
    assert not fine and "Set up IAMAP" in reason


def test_a_model_of_a_job_that_is_not_there_is_greyed(small, monkeypatch):
    monkeypatch.setenv("IAMAP_PYTHON", sys.executable)
    file = small / "model_small.model3"
    file.write_text(file.read_text("utf-8").replace("iamap:encode", "iamap:nosuch"), encoding="utf-8")
    fine, reason = ReadyMadeModel(file).canExecute()
    assert not fine and reason


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_is_complete(plugin, name, monkeypatch):
    monkeypatch.setenv("IAMAP_PYTHON", sys.executable)
    model = shipped(name)
    assert model.canExecute() == (True, "")
    assert model.validate() == (True, [])
    assert model.destinationParameterDefinitions()
    assert model.shortDescription() and model.helpUrl().startswith("https://")
    for definition in model.parameterDefinitions():
        assert definition.description()
        assert definition.isDestination() or definition.help()
        assert definition.help() in model.shortHelpString()


@pytest.mark.parametrize("name", SHIPPED)
def test_boxes_of_a_shipped_model_do_not_lie_on_each_other(plugin, name):
    model = shipped(name)
    children = model.childAlgorithms()  # kept: boxes go with the copy they are of
    boxes = list(model.parameterComponents().values())
    for child in children.values():
        boxes += [child, child.comment(), *child.modelOutputs().values()]
        assert child.comment().description()
    places = [(box.position().x(), box.position().y(), box.size().width(), box.size().height()) for box in boxes]
    for i, (x, y, width, height) in enumerate(places):
        for u, v, wide, high in places[i + 1 :]:
            assert abs(x - u) >= (width + wide) / 2 or abs(y - v) >= (height + high) / 2, boxes[i].description()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_dialog_of_every_shipped_model_builds(plugin, name):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    model = shipped(name)
    dialog = AlgorithmDialog(model)
    assert model.displayName() in dialog.windowTitle()
    dialog.close()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_offers_the_encoders_that_are_known_here(plugin, name):
    model = shipped(name)  # kept: its parameters go with it
    encoder = model.parameterDefinition("encoder")
    assert set(encoder.options()) == {card.id for card in encoders().values() if not card.needs_model}
    assert encoder.defaultValue() == default_encoder()


def test_the_shipped_models_are_as_the_tool_draws_them(plugin):
    if Qgis.QGIS_VERSION_INT >= 32300:
        pytest.skip("later QGIS writes more into a model: they are drawn with 3.22, which all can read")
    tool = runpy.run_path(str(ROOT / "tools" / "make_models.py"))
    fresh = tool["documents"]()
    assert sorted(path.stem for path in fresh) == SHIPPED
    assert [path.name for path, text in fresh.items() if path.read_text("utf-8") != text] == [], (
        "run tools/make_models.py"
    )


@pytest.fixture(scope="session")
def scene(engine_python, tmp_path_factory):
    """The drawn scene: image, true classes and labelled points."""
    folder = tmp_path_factory.mktemp("scene")
    words = [engine_python, "-m", "scene", str(folder), "--size", "384"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    told = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    return json.loads(told.stdout.splitlines()[-1])


def result(results: dict, name: str) -> str:
    """What a model has written; later QGIS leaves the name of the step out."""
    return results.get(name) or results[name.partition(":")[2]]


@pytest.fixture
def run_model(qgis_process, scene, tmp_path):
    """Run a shipped model through qgis_process; return its results."""

    def run(name: str, **values: object) -> dict:
        given = {"image": scene["raster"], "encoder": "MOSAIKS", **values}
        process = qgis_process(
            "--json", "run", f"iamap:{name}", "--", *(f"{key}={value}" for key, value in given.items())
        )
        out, err = process.communicate(timeout=110)
        assert process.returncode == 0, err
        return json.loads(out[out.index("{") :])["results"]

    return run


def test_the_picture_model_makes_three_components_of_a_photo(run_model, tmp_path):
    made = {f"{step}:{name}": tmp_path / f"{name}{ending}" for step, name, ending in (
        ("encode", "Features", ".tif"), ("pca", "Picture", ".tif"), ("pca", "Report", ".html"),
    )}  # fmt: skip
    results = run_model("model_picture", **made)
    assert {name: str(path) for name, path in made.items()} == {name: result(results, name) for name in made}
    picture = QgsRasterLayer(str(tmp_path / "Picture.tif"), "p")
    features = QgsRasterLayer(str(tmp_path / "Features.tif"), "f")
    assert picture.bandCount() == 3 and features.bandCount() > 3
    assert picture.extent() == features.extent()
    assert (tmp_path / "Report.html").stat().st_size > 1000


def test_the_clusters_model_makes_as_many_classes_as_asked_for_of_a_part(run_model, scene, tmp_path):
    from iamap.qgis_side import style

    whole = QgsRasterLayer(scene["raster"], "scene").extent()
    part = f"{whole.xMinimum()},{whole.center().x()},{whole.center().y()},{whole.yMaximum()}"
    run_model(
        "model_clusters", clusters=5, part=part,
        **{"encode:Features": tmp_path / "f.tif", "cluster:Clusters": tmp_path / "c.tif"},
    )  # fmt: skip
    layer = QgsRasterLayer(str(tmp_path / "c.tif"), "clusters")
    assert layer.extent().width() == pytest.approx(whole.width() / 2, abs=8 * layer.rasterUnitsPerPixelX())
    style.apply(layer)
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert len(layer.renderer().classes()) == 5


def test_the_search_model_finds_more_of_what_the_points_are_on(run_model, scene, tmp_path):
    points = json.loads(Path(scene["points"]).read_text("utf-8"))
    woods = [one for one in points["features"] if one["properties"]["name"] == "forest"]
    (tmp_path / "five.geojson").write_text(json.dumps({**points, "features": woods[:5]}), encoding="utf-8")
    run_model(
        "model_similar", examples=tmp_path / "five.geojson",
        **{"encode:Features": tmp_path / "f.tif", "search:Similarity": tmp_path / "s.tif"},
        **{"search:Places": tmp_path / "places.gpkg"},
    )  # fmt: skip
    similarity = QgsRasterLayer(str(tmp_path / "s.tif"), "similarity")

    def at(place) -> float:
        return similarity.dataProvider().sample(place, 1)[0]

    scores = [(one["properties"]["name"] == "forest", at(QgsPointXY(*one["geometry"]["coordinates"])))
              for one in points["features"] if one not in woods[:5]]  # fmt: skip
    wanted, others = ([score for forest, score in scores if forest is kind] for kind in (True, False))
    assert sum(one > other for one in wanted for other in others) / len(wanted) / len(others) > 0.8
    found = QgsVectorLayer(str(tmp_path / "places.gpkg"), "places")
    assert found.featureCount() == 20
    least = sorted(score for _, score in scores)[len(scores) // 2]
    assert all(at(feature.geometry().asPoint()) > least for feature in found.getFeatures())


def test_results_of_a_model_are_named_by_the_photo_and_not_by_files_in_between(
    project, load_results, scene, engine_python, monkeypatch
):
    monkeypatch.setenv("IAMAP_PYTHON", engine_python)
    photo = QgsRasterLayer(scene["raster"], "Ortho 2024")
    project.addMapLayer(photo)
    values = {"image": photo.id(), "encoder": "MOSAIKS", "encode:Features": "TEMPORARY_OUTPUT"}
    load_results("iamap:model_picture", {**values, "pca:Picture": "TEMPORARY_OUTPUT"})
    names = [node.name() for node in QgsProject.instance().layerTreeRoot().findGroup("IAMAP").children()]
    assert names == ["Picture", "Ortho 2024 · MOSAIKS"], "what comes last lies on top"
