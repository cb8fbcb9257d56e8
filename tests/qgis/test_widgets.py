"""What the widgets of a dialog of many fields hold before anybody touches them, and what they offer."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from iamap.contract import fields as f
from pretend import Pretend, pretend
from qgis.core import QgsProcessingContext, QgsRasterLayer, QgsVectorLayer

LAYERS = ("raster_in", "rasters_in", "vector_in", "vectors_in", "column", "bands")


@dataclass(frozen=True)
class Proposing(Pretend):
    """Propose to write what is not required.

    Nothing else.
    """

    id = "pretend_proposing"
    title = "Pretend: propose"

    picture: str | None = f.raster_out("Picture", None, wanted=True)
    hits: str | None = f.vector_out("Hits", None, geometry="polygon", wanted=True)
    report: str | None = f.file_out("Report", (("Report", "*.html"),), None, wanted=True)


@pytest.fixture
def layers(project, raster) -> dict[str, QgsVectorLayer]:
    """A raster and layers of each geometry in the project."""
    project.addMapLayer(QgsRasterLayer(str(raster()), "photo"))
    kinds = {"A": "Polygon", "B": "Polygon", "points": "Point"}
    made = {
        name: QgsVectorLayer(f"{kind}?field=kind:string&field=of_{name}:integer", name, "memory")
        for name, kind in kinds.items()
    }
    project.addMapLayers(list(made.values()))
    return made


@pytest.fixture
def dialog(layers):
    """The dialog of the pretended job, in a project with layers."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    made = AlgorithmDialog(pretend())
    yield made
    made.close()


def values(dialog) -> dict[str, object]:
    return {name.lower(): wrapper.parameterValue() for name, wrapper in dialog.mainWidget().wrappers.items()}


def test_only_what_must_be_given_is_proposed_from_the_project(dialog, project):
    shown = values(dialog)
    assert shown["input"] == project.mapLayersByName("photo")[0].id()
    optional = [name for name, spec in Pretend.specs().items() if spec.kind in LAYERS and not spec.required]
    assert {Pretend.specs()[name].kind for name in optional} == set(LAYERS)
    assert [name for name in optional if shown[name]] == []


def test_rare_fields_are_folded_away(dialog):
    from qgis.PyQt.QtWidgets import QGroupBox

    folded = [box for box in dialog.findChildren(QGroupBox) if box.property("collapsed") is not None]
    assert [box.property("collapsed") for box in folded] == [True]
    wrappers = dialog.mainWidget().wrappers
    inside = {name.lower() for name, one in wrappers.items() if folded[0].isAncestorOf(one.wrappedWidget())}
    assert inside == {name for name, spec in Pretend.specs().items() if spec.advanced}


def test_columns_of_several_layers_are_those_that_all_have(dialog, project, layers):
    context = QgsProcessingContext()
    context.setProject(project)
    wrappers = dialog.mainWidget().wrappers

    def offered(*chosen: str) -> list[str]:
        wrappers["AREAS"].setParameterValue([layers[name].id() for name in chosen], context)
        box = wrappers["OF_ALL"].wrappedWidget()
        return [box.itemText(i) for i in range(box.count())]

    assert offered("A") == ["", "kind", "of_A"]
    assert offered("A", "B") == ["", "kind"]


def test_several_layers_are_offered_by_their_geometry(dialog, project):
    from qgis.gui import QgsProcessingMultipleInputPanelWidget
    from qgis.PyQt.QtWidgets import QListView

    def offered(name: str) -> set[str]:
        panel = QgsProcessingMultipleInputPanelWidget(dialog.algorithm().parameterDefinition(name), [], [])
        panel.setProject(project)
        model = panel.findChild(QListView).model()
        return {model.index(row, 0).data().partition(" [")[0] for row in range(model.rowCount())}

    assert offered("AREAS") == {"A", "B"}
    assert offered("MORE_EXAMPLES") == {"A", "B", "points"}
    assert offered("MORE") == {"photo"}


def test_wanted_results_are_written_unless_somebody_says_no(project, raster):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    made = AlgorithmDialog(pretend(Proposing))
    shown = values(made)
    made.close()
    written = {name for name, spec in Proposing.specs().items() if spec.is_output and shown[name] is not None}
    assert written == {"output", "picture", "hits", "report"}
