"""Several vector layers of one parameter: from what QGIS shows to the files that a worker reads."""

from __future__ import annotations

import json
import os

import pytest
from pretend import Pretend, pretend
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProperty, QgsVectorLayer
from test_layers import ALL, rows


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

    given = parameters.Given(pretend(), {"AREAS": [parcels("A").id(), parcels("B").id()]}, context)
    assert parameters.subject(given, Pretend.specs()) == "A + 1"
