"""Vector layers, columns and several rasters: from what QGIS shows to the file that a worker reads."""

from __future__ import annotations

import json
import os

import pytest
from pretend import PretendSearch, pretend
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
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
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt.QtCore import QVariant
from test_faults import in_background

#: crosses itself: nothing but the engine may judge it
BOW_TIE = "POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))"


@pytest.fixture
def parcels(project):
    """A memory layer of five squares in EPSG:2154 with a name and a number, the last one broken."""

    def make(name: str = "Parcelles d'été", more: str = "") -> QgsVectorLayer:
        layer = QgsVectorLayer(f"Polygon?crs=EPSG:2154&field=kind:string(4)&field=size:double{more}", name, "memory")
        features = []
        for number in range(5):
            feature = QgsFeature(layer.fields())
            x = 650000 + 10 * number
            corners = f"{x} 0, {x + 5} 0, {x + 5} 5, {x} 5, {x} 0"
            feature.setGeometry(QgsGeometry.fromWkt(BOW_TIE if number == 4 else f"POLYGON(({corners}))"))
            feature["kind"], feature["size"] = ("wood", "lake")[number % 2], number + 0.5
            features.append(feature)
        assert layer.dataProvider().addFeatures(features)[0]
        project.addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def on_disk(parcels, project, tmp_path):
    """The same in a file: ``on_disk("GPKG", "two words")``."""

    def make(driver: str = "GPKG", name: str = "parcels", ending: str = ".gpkg") -> QgsVectorLayer:
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = driver, name
        path = str(tmp_path / f"données{ending}")
        QgsVectorFileWriter.writeAsVectorFormatV3(parcels(), path, project.transformContext(), options)
        layer = QgsVectorLayer(path + (f"|layername={name}" if driver == "GPKG" else ""), name, "ogr")
        assert layer.featureCount() == 5
        project.addMapLayer(layer)
        return layer

    return make


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


@pytest.fixture
def refusal(context, raster, tmp_path):
    """What checkParameterValues says."""

    def check(**values):
        values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), **values}
        fine, message = pretend().checkParameterValues(values, context)
        assert not fine
        return message

    return check


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
    assert "NAMED = knid" in message and "kind, size" in message


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


@pytest.fixture
def kept(context, raster, any_python, tmp_path, monkeypatch):
    """Run the pretended job; return its parameters, and what the layers held that its worker was given for *name*."""
    from iamap.qgis_side import runner

    def run(name, **values):
        feedback, read, start = QgsProcessingFeedback(), [], runner.run

        def watched(job, asked, *args, **about):
            for path in asked[name]:
                layer = QgsVectorLayer(path, "read", "ogr")
                read.append((layer.featureCount(), rows(layer)))
                del layer
            return start(job, asked, *args, **about)

        monkeypatch.setattr(runner, "run", watched)
        values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), **values}
        algorithm = pretend()
        fine, message = algorithm.checkParameterValues(values, context)
        assert fine, message
        _, ok = algorithm.run(values, context, feedback)
        assert ok, feedback.textLog()
        line = next(line for line in feedback.textLog().splitlines() if line.startswith("request "))
        return json.loads(line[8:])["params"], read

    return run


def test_several_vector_layers_are_sent_in_their_order_each_as_one_alone(kept, parcels, on_disk):
    file, memory, same_name = on_disk(name="two words"), parcels("été"), parcels("été")
    memory.dataProvider().deleteFeatures([1, 2, 3])
    params, read = kept("more_examples", MORE_EXAMPLES=[memory.id(), file.source(), same_name])
    first, second, third = params["more_examples"]
    assert second == file.source() and second.endswith("données.gpkg|layername=two words")
    assert (os.path.basename(first), os.path.basename(third)) == ("été.gpkg", "été_2.gpkg")
    assert read == [(2, ALL[3:]), (5, ALL), (5, ALL)]
    assert not os.path.exists(first) and not os.path.exists(third), "gone when the run has ended"


def test_a_single_vector_layer_is_as_good_as_a_list(kept, on_disk):
    layer = on_disk()
    assert kept("more_examples", MORE_EXAMPLES=layer.id())[0]["more_examples"] == [layer.source()]
    assert kept("more_examples", MORE_EXAMPLES=[layer])[0]["more_examples"] == [layer.source()]


def test_an_expression_or_a_step_of_a_model_may_name_several_layers(context, on_disk, parcels):
    from iamap.qgis_side import parameters
    from pretend import Pretend

    layer, memory = on_disk(), parcels("memory")
    both = QgsProperty.fromExpression(f"array('{layer.id()}', '{memory.id()}')")
    given = parameters.Given(pretend(), {"MORE_EXAMPLES": [[both, [layer.source()]], memory]}, context)
    told = parameters.told(parameters.request(given, Pretend.specs()))
    assert told == {"more_examples": [layer.source(), "memory", layer.source(), "memory"]}


def test_what_the_widget_of_several_layers_holds_is_their_layers_with_edits(kept, on_disk, parcels, project):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    file, memory, context = on_disk(), parcels("memory"), QgsProcessingContext()
    context.setProject(project)
    file.startEditing()
    file.deleteFeature(1)
    dialog = AlgorithmDialog(pretend())
    wrapper = dialog.mainWidget().wrappers["AREAS"]
    wrapper.setParameterValue([memory.id(), file.id()], context)
    chosen = wrapper.parameterValue()
    dialog.close()
    assert kept("areas", AREAS=chosen)[1] == [(5, ALL), (4, ALL[1:])]
    file.rollBack()


def test_a_layer_without_a_name_is_sent(kept, parcels):
    unnamed = parcels("unnamed")
    unnamed.setName("")
    params, read = kept("more_examples", EXAMPLES=unnamed.id(), MORE_EXAMPLES=[unnamed.id()])
    assert read == [(5, ALL)] and params["examples"] != params["more_examples"][0]


def test_one_of_several_vector_layers_that_does_not_fit_is_named(refusal, parcels, project, tmp_path):
    points = QgsVectorLayer("Point?field=kind:string", "trees", "memory")
    project.addMapLayer(points)
    assert refusal(AREAS=[parcels().id(), points.id()]).startswith("The layer trees does not hold polygons.")
    assert "MORE_EXAMPLES" in refusal(MORE_EXAMPLES=[parcels().id(), str(tmp_path / "nowhere.gpkg")])


def test_a_column_of_several_layers_must_be_in_each(kept, refusal, parcels, project):
    other = QgsVectorLayer("Polygon?field=size:double", "other", "memory")
    project.addMapLayer(other)
    params, _ = kept("areas", AREAS=[parcels().id()], OF_ALL="kind")
    assert params["of_all"] == "kind"
    message = refusal(AREAS=[parcels().id(), other.id()], OF_ALL="kind")
    assert "the layer other has no such field" in message and "It has size" in message


def test_a_run_without_a_raster_is_called_after_its_vector_layers(context, parcels, plugin):
    from iamap.qgis_side import parameters
    from pretend import Pretend

    given = parameters.Given(pretend(), {"AREAS": [parcels("A").id(), parcels("B").id()]}, context)
    assert parameters.subject(given, Pretend.specs()) == "A + 1"


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
