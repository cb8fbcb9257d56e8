"""From the values of a dialog to the request of a worker."""

from __future__ import annotations

import json
import os

import pytest
from pretend import pretend
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
)


@pytest.fixture
def sent(context, raster, any_python, tmp_path):
    """Run the pretended job; return the parameters that its worker got, and QGIS's results."""

    def run(**values):
        feedback = QgsProcessingFeedback()
        values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), **values}
        algorithm = pretend()
        fine, message = algorithm.checkParameterValues(values, context)
        assert fine, message
        results, ok = algorithm.run(values, context, feedback)
        assert ok, feedback.textLog()
        line = next(line for line in feedback.textLog().splitlines() if line.startswith("request "))
        return json.loads(line[8:])["params"], results

    return run


def test_only_what_was_given_is_in_the_request(sent, tmp_path):
    params, results = sent(BANDS=[], EXTENT=None, CRS=NULL, WEIGHTS="", LIMIT=None, FAULT="")
    assert params == {"input": str(tmp_path / "in.tif"), "output": str(tmp_path / "out.tif")}
    assert results == {"OUTPUT": str(tmp_path / "out.tif")}


@pytest.mark.parametrize(("typed", "bands"), [("3-1", [3, 2, 1]), ("1-2;3", [1, 2, 3]), ("2;1", [2, 1]), ("2", [2])])
def test_bands_may_be_typed_with_ranges(sent, typed, bands):
    assert sent(BANDS=typed)[0]["bands"] == bands


def test_values_of_every_kind_arrive_plain(sent, tmp_path):
    (tmp_path / "w.pth").touch()
    params, _ = sent(
        BANDS=[3, 1], CRS=QgsCoordinateReferenceSystem("EPSG:3857"), COLOUR="red", WEIGHTS=str(tmp_path / "w.pth"),
        COUNT=4, LIMIT=5, SHARE=12.5, RESUME=True, EXTENT="650000,650100,6859900,6860000 [EPSG:2154]",
    )  # fmt: skip
    assert params["bands"] == [3, 1]
    assert params["crs"] == "EPSG:3857"
    assert params["extent"] == "650000.0,6859900.0,650100.0,6860000.0"
    assert (params["colour"], params["count"], params["limit"], params["share"], params["resume"]) == (
        "red",
        4,
        5,
        12.5,
        True,
    )
    assert params["weights"] == str(tmp_path / "w.pth")


def test_a_folder_of_weights_is_as_good_as_a_file(sent, tmp_path):
    (tmp_path / "hub").mkdir()
    assert sent(WEIGHTS=str(tmp_path / "hub"))[0]["weights"] == str(tmp_path / "hub")


def test_an_extent_in_another_crs_is_turned_into_that_of_the_raster(sent):
    there = QgsReferencedRectangle(QgsRectangle(2.32, 48.83, 2.33, 48.84), QgsCoordinateReferenceSystem("EPSG:4326"))
    west, south, east, north = map(float, sent(EXTENT=there)[0]["extent"].split(","))
    assert 649000 < west < east < 652000
    assert 6858000 < south < north < 6861000


def test_an_unknown_crs_travels_as_wkt(sent):
    own = QgsCoordinateReferenceSystem.fromProj("+proj=tmerc +lat_0=10 +lon_0=20 +ellps=GRS80 +units=m")
    assert sent(CRS=own)[0]["crs"].startswith(("PROJCRS[", "BOUNDCRS["))


def test_a_layer_of_the_project_is_sent_as_its_file(sent, project, raster):
    layer = QgsRasterLayer(str(raster("été [1].tif")), "été")
    project.addMapLayer(layer)
    assert sent(INPUT=layer.id())[0]["input"] == layer.source()


def test_a_path_relative_to_the_caller_is_made_absolute(sent, context, raster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raster("near.tif")
    params, results = sent(INPUT="near.tif", OUTPUT="out.tif")
    context.temporaryLayerStore().removeAllMapLayers()  # while GDAL's relative path still leads somewhere
    assert params["input"] == str(tmp_path / "near.tif")
    assert results["OUTPUT"] == str(tmp_path / "out.tif")


def test_a_temporary_output_gets_a_path(sent):
    params, results = sent(OUTPUT="TEMPORARY_OUTPUT", PICTURE="TEMPORARY_OUTPUT")
    assert os.path.isabs(params["output"]) and params["output"].endswith(".tif")
    assert os.path.exists(results["PICTURE"])


def test_a_band_that_is_not_there_is_named(refusal):
    assert "no band 7" in refusal(BANDS=[1, 7])
    assert "bands 1 to 3" in refusal(BANDS=[1, 7])


def test_an_unknown_parameter_is_named_with_what_was_meant(refusal):
    message = refusal(COUMT=4)
    assert "COUMT" in message and "COUNT" in message


def test_rules_between_fields_show_in_the_dialog(refusal):
    assert refusal(COUNT=5, LIMIT=2) == "“Limit” = 2 is less than “Count” = 5. Raise it."


def test_a_value_out_of_range_or_not_offered_is_named(refusal):
    assert "“Count” = 12 is out of range" in refusal(COUNT=12)
    assert "red, green" in refusal(COLOUR="blue")


def test_another_format_than_geotiff_is_refused(refusal, tmp_path):
    assert ".tif" in refusal(OUTPUT=str(tmp_path / "out.png"))


def test_weights_that_are_not_there_are_named(refusal, tmp_path):
    assert "nowhere.pth" in refusal(WEIGHTS=str(tmp_path / "nowhere.pth"))


def test_an_empty_extent_is_refused(refusal):
    assert "“Extent” =" in refusal(EXTENT="5,5,6,6 [EPSG:2154]")


def test_a_web_map_is_refused(refusal, project):
    tiles = QgsRasterLayer(
        "type=xyz&url=https://tile.example.org/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmax=19&zmin=0", "Web map", "wms"
    )
    project.addMapLayer(tiles)
    message = refusal(INPUT=tiles.id())
    assert "Web map" in message and "wms" in message and "GeoTIFF" in message


def test_a_raster_in_memory_is_refused(refusal, project, raster):
    from osgeo import gdal

    gdal.GetDriverByName("GTiff").CreateCopy("/vsimem/there.tif", gdal.Open(str(raster())))
    layer = QgsRasterLayer("/vsimem/there.tif", "In memory")
    assert layer.isValid()
    project.addMapLayer(layer)
    assert "memory" in refusal(INPUT=layer.id())
    gdal.Unlink("/vsimem/there.tif")


def test_a_raster_that_is_not_there_is_refused(refusal):
    assert "INPUT" in refusal(INPUT="/nowhere/at/all.tif")


def test_numbers_without_default_may_stay_unset_and_others_may_not(plugin):
    algorithm = pretend()
    definitions = {d.name(): d for d in algorithm.parameterDefinitions()}
    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    assert definitions["LIMIT"].flags() & optional
    assert definitions["LIMIT"].defaultValue() in (None, NULL)
    assert not definitions["COUNT"].flags() & optional
    assert definitions["SHARE"].description() == "Share [%]"
    assert definitions["FAULT"].flags() & QgsProcessingParameterDefinition.Flag.FlagAdvanced


def test_without_engine_a_run_ends_with_the_way_out(context, raster, tmp_path, monkeypatch):
    monkeypatch.setenv("IAMAP_PYTHON", str(tmp_path / "no_python"))
    algorithm = pretend()
    fine, reason = algorithm.canExecute()
    assert not fine and "no_python" in reason
    feedback = QgsProcessingFeedback()
    assert not algorithm.prepare({"INPUT": str(raster()), "OUTPUT": "TEMPORARY_OUTPUT"}, context, feedback)
    assert "no_python" in feedback.textLog()
