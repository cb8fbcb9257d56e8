"""What a job writes: where each kind goes, what QGIS makes of it, and what is left when a run fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from pretend import Pretend, PretendSearch, pretend
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterDefinition,
    QgsProject,
    QgsVectorLayer,
)

#: parameter -> ending of what it writes
KINDS = {
    "OUTPUT": ".tif", "PICTURE": ".tif", "HITS": ".gpkg", "COUNTS": ".gpkg",
    "REPORT": ".html", "MODEL": ".iamap", "SHEET": ".csv",
}  # fmt: skip


@pytest.fixture
def squares(project):
    """A layer of one square."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:2154&field=kind:string", "squares", "memory")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0, 5 0, 5 5, 0 5, 0 0))"))
    layer.dataProvider().addFeatures([feature])
    project.addMapLayer(layer)
    return layer


def wanted(raster, squares, folder: Path | None, **more) -> dict:
    """All outputs: in *folder*, or temporary ones."""
    values = {
        name: str(folder / f"my {name}{ending}") if folder else "TEMPORARY_OUTPUT" for name, ending in KINDS.items()
    }
    return {"INPUT": str(raster()), "EXAMPLES": squares, **values, **more}


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"in.tif"}


def test_every_kind_lands_where_it_was_asked_for(context, raster, squares, any_python, tmp_path):
    feedback = QgsProcessingFeedback()
    values = wanted(raster, squares, tmp_path)
    results, ok = pretend().run(values, context, feedback)
    assert ok, feedback.textLog()
    assert results == {name: values[name] for name in KINDS}
    assert left(tmp_path) == {f"my {name}{ending}" for name, ending in KINDS.items()}


def test_temporary_ones_have_the_endings_of_their_kinds(context, raster, squares, any_python):
    results, ok = pretend().run(wanted(raster, squares, None), context, QgsProcessingFeedback())
    assert ok
    assert {name: Path(path).suffix for name, path in results.items()} == KINDS


def test_only_what_was_asked_for_is_written(context, raster, any_python, tmp_path):
    results, ok = pretend().run(
        {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif")}, context, QgsProcessingFeedback()
    )
    assert ok and set(results) == {"OUTPUT"}
    assert left(tmp_path) == {"out.tif"}


def test_optional_files_and_layers_are_skipped_unless_asked_for(plugin):
    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    algorithm = pretend()
    for name in ("HITS", "COUNTS", "REPORT", "MODEL", "SHEET"):
        definition = algorithm.parameterDefinition(name)
        assert definition.flags() & optional and not definition.createByDefault()
    algorithm = pretend(PretendSearch)
    for name in ("HITS", "REPORT"):
        definition = algorithm.parameterDefinition(name)
        assert not definition.flags() & optional and definition.createByDefault()


def test_a_report_goes_to_the_results_viewer_and_other_files_do_not(plugin):
    algorithm = pretend()
    made = {output.name(): type(output) for output in algorithm.outputDefinitions()}
    assert made["REPORT"] is QgsProcessingOutputHtml
    assert made["MODEL"] is made["SHEET"] is QgsProcessingOutputFile
    assert made["HITS"] is made["COUNTS"] is QgsProcessingOutputVectorLayer


def test_the_dialog_lists_the_report_of_a_run(context, raster, squares, any_python, tmp_path):
    from processing.core.ProcessingResults import resultsList
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    algorithm = pretend()
    results, ok = algorithm.run(wanted(raster, squares, tmp_path), context, QgsProcessingFeedback())
    dialog = AlgorithmDialog(algorithm)
    dialog.iterateParam = None  # as a press on Run has it
    dialog.finish(ok, results, context, QgsProcessingFeedback())
    listed = [result.filename for result in resultsList.getResults()]
    assert str(tmp_path / "my REPORT.html") in listed
    assert str(tmp_path / "my SHEET.csv") not in listed
    dialog.close()


def test_layers_are_loaded_vectors_on_top_and_files_are_not(
    project, load_results, raster, squares, any_python, tmp_path
):
    load_results(pretend(), wanted(raster, squares, tmp_path))
    names = [node.name() for node in QgsProject.instance().layerTreeRoot().findGroup("IAMAP").children()]
    assert names == ["in · Pretend · Hits", "in · Pretend · Picture", "in · Pretend", "in · Pretend · Counts"]
    assert all(layer.isValid() for layer in QgsProject.instance().mapLayers().values())


@pytest.mark.parametrize(
    ("name", "path", "ending"),
    [
        ("OUTPUT", "out.png", ".tif / .tiff"),
        ("HITS", "hits.shp", ".gpkg"),
        ("COUNTS", "counts.csv", ".gpkg"),
        ("REPORT", "report.pdf", ".html"),
        ("MODEL", "model.pkl", ".iamap"),
        ("SHEET", "sheet.xlsx", ".csv"),
    ],
)
def test_another_format_is_refused_with_the_endings_that_are_known(context, raster, tmp_path, name, path, ending):
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), name: str(tmp_path / path)}
    algorithm = pretend()
    fine, message = algorithm.checkParameterValues(values, context)
    assert not fine
    title = algorithm.parameterDefinition(name).description()
    assert f"“{title}”" in message and path in message and f"ends in {ending}" in message


@pytest.mark.parametrize("fault", ["killed", "abort", "refused", "ours", "exit 7"])
def test_a_run_that_dies_leaves_no_part_of_any_kind(context, raster, squares, any_python, tmp_path, fault):
    # as a worker that was writing into it leaves a GeoPackage
    for ending in ("-journal", "-wal", "-shm"):
        (tmp_path / f"my HITS.gpkg.part.gpkg{ending}").touch()
    _, ok = pretend().run(wanted(raster, squares, tmp_path, FAULT=fault), context, QgsProcessingFeedback())
    assert not ok
    assert left(tmp_path) == set()


def test_names_without_an_ending_get_that_of_the_kind(plugin):
    provider = QgsApplication.processingRegistry().providerById("iamap")
    assert provider.defaultVectorFileExtension(True) == provider.defaultVectorFileExtension(False) == "gpkg"
    assert provider.supportedOutputVectorLayerExtensions() == provider.supportedOutputTableExtensions() == ["gpkg"]
    algorithm = pretend()
    assert {name: "." + algorithm.parameterDefinition(name).defaultFileExtension() for name in KINDS} == KINDS


def test_file_dialogs_offer_the_formats_by_name(plugin):
    algorithm = pretend()
    assert algorithm.parameterDefinition("MODEL").fileFilter() == "IAMAP model (*.iamap)"
    assert algorithm.parameterDefinition("FITTED").fileFilter() == "IAMAP model (*.iamap);;All files (*)"
    assert algorithm.parameterDefinition("WEIGHTS").fileFilter().startswith("Weights (*.pth *.pt);;")


def test_the_dialog_with_every_kind_of_field_builds(plugin):
    from processing.gui.AlgorithmDialog import AlgorithmDialog
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    for job in (Pretend, PretendSearch):
        for window in (AlgorithmDialog, BatchAlgorithmDialog):
            dialog = window(pretend(job))
            assert dialog.mainWidget() is not None
            dialog.close()
