"""Vector layers, columns and several rasters: from what QGIS shows to the file that a worker reads."""

from __future__ import annotations

import json
import os

import pytest
from pretend import BOW_TIE, PretendSearch, pretend
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsProperty,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt.QtCore import QVariant
from test_faults import in_background


@pytest.fixture
def sent(context, raster, any_python, tmp_path):
    """Run the pretended job; return the parameters its worker got, and the layer that it read, copied while it was there."""

    def run(**values):
        feedback = QgsProcessingFeedback()
        values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), **values}
        values["HITS"] = str(tmp_path / "read.gpkg") if "EXAMPLES" in values else None
        algorithm = pretend()
        fine, message = algorithm.checkParameterValues(values, context)
        assert fine, message
        results, ok = algorithm.run(values, context, feedback)
        assert ok, feedback.textLog()
        line = next(line for line in feedback.textLog().splitlines() if line.startswith("request "))
        return json.loads(line[8:])["params"], QgsVectorLayer(results.get("HITS", ""), "read")

    return run


def rows(layer: QgsVectorLayer) -> list[tuple]:
    """Id, kind and size of every feature."""
    return sorted((feature.id(), feature["kind"], feature["size"]) for feature in layer.getFeatures())


def part_of(layer: QgsVectorLayer, **about) -> QgsProcessingFeatureSourceDefinition:
    made = QgsProcessingFeatureSourceDefinition(layer.id())
    for name, value in about.items():
        setattr(made, name, value)
    return made


ALL = [(1, "wood", 0.5), (2, "lake", 1.5), (3, "wood", 2.5), (4, "lake", 3.5), (5, "wood", 4.5)]


def test_a_whole_layer_of_a_file_is_sent_as_the_file(sent, on_disk):
    layer = on_disk(name="two words")
    params, read = sent(EXAMPLES=layer.id())
    assert params["examples"] == layer.source()
    assert params["examples"].endswith("données.gpkg|layername=two words")
    assert rows(read) == ALL


def test_a_path_is_sent_as_it_is(sent, on_disk, tmp_path, monkeypatch):
    on_disk()
    monkeypatch.chdir(tmp_path)
    assert sent(EXAMPLES="données.gpkg")[0]["examples"] == str(tmp_path / "données.gpkg")


@pytest.mark.parametrize(("driver", "ending"), [("ESRI Shapefile", ".shp"), ("GeoJSON", ".geojson")])
def test_files_of_common_formats_are_sent_as_they_are(context, on_disk, raster, any_python, tmp_path, driver, ending):
    layer = on_disk(driver, ending=ending)
    feedback = QgsProcessingFeedback()
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), "EXAMPLES": layer}
    assert pretend().run(values, context, feedback)[1]
    assert json.dumps(str(tmp_path / f"données{ending}")) in feedback.textLog()


def test_files_of_rare_formats_arrive_as_a_geopackage(sent, on_disk):
    params, read = sent(EXAMPLES=on_disk("GML", ending=".gml"))
    assert params["examples"].endswith(".gpkg")
    assert [row[1:] for row in rows(read)] == [row[1:] for row in ALL]


def test_a_layer_in_memory_arrives_with_ids_attributes_and_crs(sent, parcels):
    params, read = sent(EXAMPLES=parcels())
    assert os.path.basename(params["examples"]) == "Parcelles_d_été.gpkg"
    assert rows(read) == ALL
    assert read.crs() == QgsCoordinateReferenceSystem("EPSG:2154")
    assert read.getFeature(2).geometry().boundingBox().xMinimum() == 650010
    assert not os.path.exists(params["examples"]), "gone when the run has ended"


@pytest.mark.parametrize("where", ["in memory", "on disk"])
def test_selected_features_only_are_sent_with_their_own_ids(sent, parcels, on_disk, where):
    layer = parcels() if where == "in memory" else on_disk()
    layer.selectByIds([2, 5])
    assert rows(sent(EXAMPLES=part_of(layer, selectedFeaturesOnly=True))[1]) == [ALL[1], ALL[4]]


def test_broken_geometries_are_sent_whatever_the_options_of_qgis_say(sent, parcels, context):
    context.setInvalidGeometryCheck(QgsFeatureRequest.InvalidGeometryCheck.GeometryAbortOnInvalid)
    read = sent(EXAMPLES=parcels())[1]
    assert read.getFeature(5).geometry().equals(QgsGeometry.fromWkt(BOW_TIE))
    assert not read.getFeature(5).geometry().isGeosValid()


def test_a_selection_of_nothing_is_refused(refusal, parcels):
    message = refusal(EXAMPLES=part_of(parcels(), selectedFeaturesOnly=True))
    assert message.startswith("No feature of the layer Parcelles d'été is selected.")


def test_a_filter_of_the_layer_counts(sent, on_disk):
    layer = on_disk()
    layer.setSubsetString("kind = 'lake'")
    assert rows(sent(EXAMPLES=layer)[1]) == [ALL[1], ALL[3]]


def test_a_limit_of_features_counts(sent, on_disk):
    assert rows(sent(EXAMPLES=part_of(on_disk(), featureLimit=2))[1]) == ALL[:2]


def test_a_filter_of_the_dialog_counts_with_the_selection(sent, on_disk):
    layer = on_disk()
    if not hasattr(part_of(layer), "filterExpression"):
        pytest.skip("QGIS before 3.32 has no filter in the dialog")
    assert rows(sent(EXAMPLES=part_of(layer, filterExpression="size > 3"))[1]) == ALL[3:]
    layer.selectByIds([1, 5])
    both = part_of(layer, filterExpression="size > 3", selectedFeaturesOnly=True)
    assert rows(sent(EXAMPLES=both)[1]) == ALL[4:]


def test_edits_that_are_not_saved_are_sent(sent, on_disk):
    layer = on_disk()
    layer.startEditing()
    layer.changeAttributeValue(3, layer.fields().lookupField("kind"), "field")
    layer.deleteFeature(1)
    assert rows(sent(EXAMPLES=layer)[1]) == [ALL[1], (3, "field", 2.5), *ALL[3:]]
    layer.rollBack()


def test_joined_and_computed_columns_are_sent(sent, on_disk, project):
    layer = on_disk()
    table = QgsVectorLayer("NoGeometry?field=kind:string&field=colour:string", "colours", "memory")
    lake = QgsFeature(table.fields())
    lake.setAttributes(["lake", "blue"])
    table.dataProvider().addFeatures([lake])
    project.addMapLayer(table)
    join = QgsVectorLayerJoinInfo()
    join.setJoinLayer(table)
    join.setJoinFieldName("kind")
    join.setTargetFieldName("kind")
    join.setUsingMemoryCache(True)
    layer.addJoin(join)
    layer.addExpressionField('"size" * 2', QgsField("double", QVariant.Double))
    params, read = sent(EXAMPLES=layer, NAMED="colours_colour")
    assert params["named"] == "colours_colour"
    assert (read.getFeature(2)["colours_colour"], read.getFeature(2)["double"]) == ("blue", 3.0)


def test_a_crs_that_was_set_in_qgis_is_sent(sent, on_disk):
    layer = on_disk()
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    assert sent(EXAMPLES=layer)[1].crs() == QgsCoordinateReferenceSystem("EPSG:3857")


def test_a_virtual_layer_is_sent(sent, parcels, project):
    layer = parcels("parcels")
    virtual = QgsVectorLayer("?query=select * from parcels where size > 3", "big ones", "virtual")
    project.addMapLayer(virtual)
    assert sorted(feature["size"] for feature in sent(EXAMPLES=virtual)[1].getFeatures()) == [3.5, 4.5]
    assert layer.isValid()


def test_a_virtual_layer_is_sent_from_the_background(context, parcels, project, raster, any_python, tmp_path):
    parcels("parcels")
    virtual = QgsVectorLayer("?query=select * from parcels where size > 3", "big ones", "virtual")
    project.addMapLayer(virtual)
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), "HITS": str(tmp_path / "read.gpkg")}
    ok, results, _ = in_background(pretend(), {**values, "EXAMPLES": virtual.id()}, context, QgsProcessingFeedback())
    assert ok
    read = QgsVectorLayer(results["HITS"], "read")
    assert sorted(feature["size"] for feature in read.getFeatures()) == [3.5, 4.5]


def test_the_features_are_those_of_the_moment_the_run_was_started(context, parcels, raster, any_python, tmp_path):
    layer = parcels()
    layer.selectByIds([1, 2])
    algorithm = pretend()
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), "HITS": str(tmp_path / "read.gpkg")}
    values["EXAMPLES"] = part_of(layer, selectedFeaturesOnly=True)
    assert algorithm.prepare(values, context, QgsProcessingFeedback())
    layer.selectByIds([3])
    layer.dataProvider().deleteFeatures([2])
    algorithm.runPrepared(values, context, QgsProcessingFeedback())
    assert rows(QgsVectorLayer(str(tmp_path / "read.gpkg"), "read")) == ALL[:2]


def test_columns_of_any_type_and_name_are_kept(sent, project):
    fields = "&field=fid:string&field=Kind:string&field=kind:integer&field=tags:string[]&field=yes:bool&field=at:time"
    layer = QgsVectorLayer("Point?crs=EPSG:4326" + fields, "odd", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["a-7", "été", 7, ["u", "v"], True, None])
    feature.setGeometry(QgsGeometry.fromWkt("POINT(2 48)"))
    empty = QgsFeature(layer.fields())
    assert layer.dataProvider().addFeatures([feature, empty])[0]
    project.addMapLayer(layer)
    read = sent(EXAMPLES=layer)[1]
    assert read.featureCount() == 2
    first = read.getFeature(1)
    assert (first["fid"], first["Kind"], first["kind_2"], first["yes"]) == ("a-7", "été", 7, True)
    assert json.loads(first["tags"]) == ["u", "v"]
    assert read.getFeature(2).geometry().isEmpty()


def test_curves_arrive_as_lines(sent, project):
    layer = QgsVectorLayer("CurvePolygon?crs=EPSG:2154", "circle", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt("CURVEPOLYGON(CIRCULARSTRING(0 0, 1 1, 2 0, 1 -1, 0 0))"))
    layer.dataProvider().addFeatures([feature])
    project.addMapLayer(layer)
    geometry = sent(EXAMPLES=layer)[1].getFeature(1).geometry()
    assert geometry.asWkt().startswith("Polygon")
    assert geometry.area() == pytest.approx(3.14159, abs=0.01)


def test_the_geometry_of_the_layer_is_that_of_the_field(refusal, parcels, project):
    message = refusal(PLACES=parcels())
    assert message.startswith("The layer Parcelles d'été does not hold points.")
    table = QgsVectorLayer("NoGeometry?field=a:string", "table", "memory")
    project.addMapLayer(table)
    assert "The layer table has no geometry." in refusal(EXAMPLES=table)


def test_a_layer_that_can_not_be_opened_is_named(refusal, tmp_path):
    assert "EXAMPLES" in refusal(EXAMPLES=str(tmp_path / "nowhere.gpkg"))


def test_a_column_that_is_not_there_is_named_with_those_that_are(refusal, parcels):
    message = refusal(EXAMPLES=parcels(), NAMED="knid")
    assert "“Name of the example” = knid" in message and "kind, size" in message


def test_several_rasters_are_sent_in_their_order(sent, raster, project):
    last = QgsRasterLayer(str(raster("a.tif")), "A")
    project.addMapLayer(last)
    given = [str(raster("b.tif")), last.id(), QgsRasterLayer(str(raster("ç.tif")), "C")]
    params, _ = sent(MORE=given)
    assert [os.path.basename(path) for path in params["more"]] == ["b.tif", "a.tif", "ç.tif"]


def test_a_single_raster_is_as_good_as_a_list(sent, raster):
    assert [os.path.basename(path) for path in sent(MORE=str(raster("b.tif")))[0]["more"]] == ["b.tif"]


def test_one_of_several_rasters_that_is_missing_is_named(refusal, raster, tmp_path):
    assert "MORE" in refusal(MORE=[str(raster("b.tif")), str(tmp_path / "nowhere.tif")])


def test_a_web_map_among_several_rasters_is_refused(refusal, raster, project):
    tiles = QgsRasterLayer("type=xyz&url=https://tile.example.org/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmax=19", "Map", "wms")
    project.addMapLayer(tiles)
    assert "The layer Map is no raster file" in refusal(MORE=[str(raster("b.tif")), tiles.id()])


def test_a_job_without_a_single_raster_is_asked_for_all_it_needs(context, raster, parcels, tmp_path):
    (tmp_path / "m.iamap").touch()
    whole = {
        "RASTERS": [str(raster())], "EXAMPLES": parcels(), "FITTED": str(tmp_path / "m.iamap"),
        "HITS": "TEMPORARY_OUTPUT", "REPORT": "TEMPORARY_OUTPUT",
    }  # fmt: skip
    algorithm = pretend(PretendSearch)
    assert algorithm.checkParameterValues(whole, context) == (True, "")
    for name in ("RASTERS", "EXAMPLES", "FITTED"):
        fine, message = algorithm.checkParameterValues({**whole, name: None}, context)
        assert not fine and name in message


def model_with_a_column() -> QgsProcessingModelAlgorithm:
    """Buffer points, then search with the buffers; the column is asked for by the model."""
    model = QgsProcessingModelAlgorithm("search_by_name", "tests")
    for parameter in (
        QgsProcessingParameterRasterLayer("image", "Image"),
        QgsProcessingParameterFeatureSource("examples", "Examples"),
        QgsProcessingParameterField("column", "Column", None, "examples"),
        QgsProcessingParameterMultipleLayers("others", "Others", QgsProcessing.SourceType.TypeVectorAnyGeometry),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    source = QgsProcessingModelChildParameterSource
    buffer = QgsProcessingModelChildAlgorithm("native:buffer")
    buffer.setChildId("buffer")
    buffer.addParameterSources("INPUT", [source.fromModelParameter("examples")])
    buffer.addParameterSources("DISTANCE", [source.fromStaticValue(1.0)])
    model.addChildAlgorithm(buffer)
    search = QgsProcessingModelChildAlgorithm("iamap:pretend")
    search.setChildId("search")
    search.addParameterSources("INPUT", [source.fromModelParameter("image")])
    search.addParameterSources("EXAMPLES", [source.fromChildOutput("buffer", "OUTPUT")])
    search.addParameterSources("NAMED", [source.fromModelParameter("column")])
    both = [source.fromModelParameter("examples"), source.fromChildOutput("buffer", "OUTPUT")]
    search.addParameterSources("MORE_EXAMPLES", [*both, source.fromModelParameter("others")])
    model.addChildAlgorithm(search)
    return model


@pytest.fixture
def in_toolbox(plugin):
    """The pretended job as an algorithm of the provider, where models find it."""
    from iamap.qgis_side.algorithm import JobAlgorithm
    from pretend import STANDIN, Pretend
    from qgis.core import QgsApplication

    provider = QgsApplication.processingRegistry().providerById("iamap")
    provider.addAlgorithm(JobAlgorithm(Pretend, STANDIN))
    yield
    provider.refreshAlgorithms()


def test_a_model_hands_over_layers_and_columns(context, in_toolbox, parcels, raster, any_python):
    model, feedback = model_with_a_column(), QgsProcessingFeedback()
    others = [parcels("more").id(), parcels("and more").id()]
    values = {"image": str(raster()), "examples": parcels().id(), "column": "kind", "others": others}
    _, ok = model.run(values, context, feedback)
    assert ok, feedback.textLog()
    line = next(line for line in feedback.textLog().splitlines() if line.startswith("request "))
    params = json.loads(line[8:])["params"]
    assert params["named"] == "kind"
    assert params["examples"].endswith(".gpkg")
    layer_of_step = os.path.basename(params["examples"])[: -len(".gpkg")]
    names = [os.path.basename(path) for path in params["more_examples"]]
    assert names == ["Parcelles_d_été.gpkg", f"{layer_of_step}_2.gpkg", "more.gpkg", "and_more.gpkg"]


def test_expressions_are_evaluated(sent, parcels, raster):
    layer = parcels()
    params, read = sent(
        EXAMPLES=QgsProperty.fromExpression(f"'{layer.id()}'"), NAMED=QgsProperty.fromExpression("'ki' || 'nd'")
    )
    assert params["named"] == "kind" and read.featureCount() == 5


def test_a_cancelled_run_writes_no_more_features(context, parcels, raster, any_python, tmp_path):
    feedback = QgsProcessingFeedback()
    algorithm = pretend()
    values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), "EXAMPLES": parcels()}
    assert algorithm.prepare(values, context, feedback)
    feedback.cancel()
    with pytest.raises(Exception, match="Cancelled"):
        algorithm.runPrepared(values, context, feedback)
    assert "request " not in feedback.textLog()


def test_layers_of_a_run_do_not_pile_up_in_the_project(sent, parcels):
    layer = parcels()
    sent(EXAMPLES=layer)
    assert list(QgsProject.instance().mapLayers()) == [layer.id()]
