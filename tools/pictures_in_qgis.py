"""Runs inside QGIS: fill in dialogs, run them, and take pictures; ``make_pictures.py`` starts it and says what to do.

The file named by IAMAP_TOUR is JSON: ``raster`` to begin with, ``folder`` for pictures, and ``steps``, each with ``name``,
``algorithm``, ``params`` and maybe ``vector``, a layer to load before. A picture NAME_dialog.png and NAME.png come of each.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from pathlib import Path
from typing import Any

import processing
from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer
from qgis.PyQt.QtWidgets import QAbstractItemView, QDockWidget, QTreeView, QWidget
from qgis.utils import iface

TOUR = json.loads(Path(os.environ["IAMAP_TOUR"]).read_text("utf-8"))
FOLDER = Path(TOUR["folder"])
LONGEST_RUN_SECONDS = 180
#: of the docks in pixels
WIDTHS = {"Layers": 390, "ProcessingToolbox": 290}


def settle(seconds: float) -> None:
    """Let QGIS draw."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.01)


def grab(widget: QWidget, name: str) -> None:
    """Write a picture of *widget*.

    Raises:
        OSError: it can't be written.
    """
    if not widget.grab().save(str(FOLDER / f"{name}.png")):
        raise OSError(f"{name}.png can't be written")


def arrange() -> None:
    """Only what matters: layers with their whole names, map, toolbox with IAMAP unfolded."""
    window = iface.mainWindow()
    window.resize(1280, 800)
    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    for dock in docks.values():
        dock.setVisible(dock.objectName() in ("Layers", "ProcessingToolbox"))
        for tree in dock.findChildren(QTreeView) if dock.objectName() == "ProcessingToolbox" else []:
            model = tree.model()
            for row in range(model.rowCount() if model else 0):
                index = model.index(row, 0)
                if index.data() == "IAMAP":
                    tree.expandRecursively(index)
                    tree.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)
    wanted = [docks[name] for name in WIDTHS]
    window.resizeDocks(wanted, [WIDTHS[dock.objectName()] for dock in wanted], Qt.Orientation.Horizontal)


def show_all(layer_ids: set[str]) -> None:
    """Show the layers of the step and the map as a whole."""
    root = QgsProject.instance().layerTreeRoot()
    for node in root.findLayers():
        node.setItemVisibilityChecked(node.layerId() in layer_ids)
        node.setExpanded(node.layerId() in layer_ids)
    iface.mapCanvas().zoomToFullExtent()
    iface.messageBar().clearWidgets()
    arrange()
    settle(2.0)


def step(about: dict[str, Any]) -> None:
    """Fill in, take a picture, run, take another.

    Raises:
        RuntimeError: the run did not end, or brought no layer.
    """
    project = QgsProject.instance()
    if about.get("vector"):
        layer = QgsVectorLayer(about["vector"], Path(about["vector"].partition("|")[0]).stem)
        project.addMapLayer(layer)
    before = set(project.mapLayers())
    dialog = processing.createAlgorithmDialog(about["algorithm"], about["params"])
    dialog.show()
    dialog.resize(940, 640)
    settle(1.0)
    grab(dialog, f"{about['name']}_dialog")
    finished: list[Any] = []
    dialog.algorithmFinished.connect(finished.append)
    dialog.runButton().click()
    end = time.monotonic() + LONGEST_RUN_SECONDS
    while not finished and time.monotonic() < end:
        settle(0.1)
    settle(1.0)
    dialog.close()
    settle(0.5)
    new = set(project.mapLayers()) - before
    if not new:
        raise RuntimeError(f"{about['algorithm']} brought no layer")
    layers = [project.mapLayer(one) for one in new]
    if not any(isinstance(layer, QgsRasterLayer) for layer in layers):
        # points alone say little
        new |= {layer.id() for layer in project.mapLayersByName(Path(TOUR["raster"]).stem)}
    show_all(new)
    grab(iface.mainWindow(), about["name"])


def main() -> None:
    """Do all steps, then leave without asking whether to save."""
    code = 1
    try:
        arrange()
        layer = QgsRasterLayer(TOUR["raster"], Path(TOUR["raster"]).stem)
        QgsProject.instance().addMapLayer(layer)
        QgsProject.instance().setCrs(layer.crs())
        show_all({layer.id()})
        grab(iface.mainWindow(), "start")
        for about in TOUR["steps"]:
            step(about)
        code = 0
    except Exception:
        (FOLDER / "failed.txt").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


QTimer.singleShot(3000, main)
