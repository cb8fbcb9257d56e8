#!/usr/bin/env python3
"""Draw the ready-made models of the graphical modeler: models/*.model3. Run it in QGIS's own Python, the oldest QGIS there is.

    QGIS_PYTHON tools/make_models.py            write them
    QGIS_PYTHON tools/make_models.py --check    change nothing; exit 1 where a file is not up to date

Texts are English here; ``tools/make_ts.py`` collects them for translation.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "models"
GROUP = "9 Ready-made models"

#: pixels of the modeler's canvas: middle of the first column and row, and from one to the next
LEFT, TOP, ACROSS, DOWN = 160.0, 120.0, 290.0, 110.0

#: what QGIS takes where a file says nothing
USUAL = frozenset({("component_width", "200"), ("component_height", "30"), ("mandatory", "false")})


@dataclass(frozen=True)
class Step:
    """One job of a model.

    Attributes:
        job: its id.
        values: parameter -> ``"<input>"`` of the model, ``"step.OUTPUT"`` of an earlier step, or a plain value.
        results: output -> (name, for ever, which its layer has too; what the dialog says) of those that the model gives.
        always: those of them that are written without being asked for, though the job leaves the choice.
        comment: what stands beside the box.
    """

    id: str
    job: str
    title: str
    values: dict[str, Any]
    results: dict[str, tuple[str, str]]
    comment: str
    always: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """A model: its file, its texts, what it asks for beside the raster, and its steps."""

    id: str
    title: str
    about: str
    asks: tuple[str, ...]
    steps: tuple[Step, ...]


ENCODE = Step(
    "encode",
    "encode",
    "Encode",
    {"INPUT": "<image>", "BANDS": "<bands>", "ENCODER": "<encoder>", "EXTENT": "<part>"},
    {"OUTPUT": ("Features", "Features")},
    "Describes every patch of the photo by some hundred numbers: the features.",
)

SKETCHES = (
    Sketch(
        "model_picture",
        "Aerial photo → features → PCA picture",
        "A picture of what an encoder sees: places that look alike get colours that are alike. No labels are needed.",
        (),
        (
            ENCODE,
            Step(
                "pca",
                "reduce_pca",
                "Reduce: PCA",
                {"INPUT": "encode.OUTPUT", "COMPONENTS": 3},
                {"OUTPUT": ("Picture", "PCA picture"), "REPORT": ("Report", "Report")},
                "The three directions in which the features differ most become red, green and blue.",
            ),
        ),
    ),
    Sketch(
        "model_clusters",
        "Aerial photo → features → clusters",
        "A map of groups of places that look alike. No labels are needed: what a group means is for you to say.",
        ("clusters",),
        (
            ENCODE,
            Step(
                "cluster",
                "cluster_kmeans",
                "Cluster: k-means",
                {"INPUT": "encode.OUTPUT", "CLUSTERS": "<clusters>"},
                {
                    "OUTPUT": ("Clusters", "Map of clusters"),
                    "POLYGONS": ("Polygons", "Clusters as polygons"),
                    "REPORT": ("Report", "Report"),
                },
                "Groups the features; clusters that are alike get colours that are alike.",
            ),
        ),
    ),
    Sketch(
        "model_similar",
        "Aerial photo → features → find more like these points",
        "The places that look most like a few examples, as points, and how similar every other place is. "
        "Put five points or so on what you look for, of different looks.",
        ("examples",),
        (
            ENCODE,
            Step(
                "search",
                "similarity",
                "Find similar places",
                {"INPUT": "encode.OUTPUT", "QUERY": "<examples>"},
                {
                    "OUTPUT": ("Similarity", "Map of similarity"),
                    "PLACES": ("Places", "Most similar places"),
                    "REPORT": ("Report", "Report"),
                },
                "Compares the features of every place with those below the points.",
                ("PLACES",),
            ),
        ),
    ),
)


def inputs() -> dict[str, tuple[Any, str]]:
    """Name -> (parameter of the model, what it is for)."""
    from qgis.core import (
        QgsProcessing,
        QgsProcessingParameterBand,
        QgsProcessingParameterEnum,
        QgsProcessingParameterExtent,
        QgsProcessingParameterFeatureSource,
        QgsProcessingParameterNumber,
        QgsProcessingParameterRasterLayer,
    )

    points = [QgsProcessing.SourceType.TypeVectorPoint]
    whole = QgsProcessingParameterNumber.Type.Integer
    return {
        "image": (
            QgsProcessingParameterRasterLayer("image", "Aerial photo"),
            "Or any other raster: a satellite image, an elevation model.",
        ),
        "bands": (
            QgsProcessingParameterBand("bands", "Bands", None, "image", True, True),
            "In the encoder's order, usually red, green, blue. Empty: all bands but transparency.",
        ),
        # the others join it wherever the model is loaded
        "encoder": (
            QgsProcessingParameterEnum("encoder", "Encoder", ["MOSAIKS"], False, "MOSAIKS", False, True),
            "MOSAIKS needs no download. The help of Encode lists size, licence and origin of each.",
        ),
        "part": (
            QgsProcessingParameterExtent("part", "Part of the photo", None, True),
            "Empty: all of it. A small part shows in a minute what to expect.",
        ),
        "clusters": (
            QgsProcessingParameterNumber("clusters", "Number of clusters", whole, 8, False, 2, 200),
            "More than you need is fine: alike clusters are easily taken together.",
        ),
        "examples": (
            QgsProcessingParameterFeatureSource("examples", "Examples", points),
            "A few points on the kind of place that you are looking for.",
        ),
    }


def draw(sketch: Sketch) -> Any:
    """Return the model of a sketch."""
    from qgis.core import (
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelOutput,
        QgsProcessingModelParameter,
    )
    from qgis.PyQt.QtCore import QPointF, QSizeF

    model = QgsProcessingModelAlgorithm(sketch.title, GROUP)
    asked = ("image", "bands", "encoder", "part", *sketch.asks)
    known = inputs()
    told = {name: about for name, (_, about) in known.items() if name in asked}
    model.setHelpContent({"ALG_DESC": sketch.about, "SHORT_DESCRIPTION": sketch.about, **told})
    for row, name in enumerate(asked):
        definition, _ = known[name]
        component = QgsProcessingModelParameter(name)
        # what a later step asks for stands below the results of the first
        place = (LEFT + ACROSS, TOP + 3.3 * DOWN) if name in sketch.asks else (LEFT, TOP + row * DOWN)
        component.setPosition(QPointF(*place))
        model.addModelParameter(definition, component)
    model.setParameterOrder(list(asked))
    for column, step in enumerate(sketch.steps, 1):
        child = QgsProcessingModelChildAlgorithm(f"iamap:{step.job}")
        child.setChildId(step.id)
        child.setDescription(step.title)
        child.setPosition(QPointF(LEFT + column * ACROSS, TOP + DOWN))
        child.comment().setDescription(step.comment)
        child.comment().setPosition(QPointF(LEFT + column * ACROSS, TOP - DOWN / 4))
        child.comment().setSize(QSizeF(220.0, 56.0))
        for name, value in {**_defaults(child.algorithm()), **step.values}.items():
            child.addParameterSources(name, [_source(value)])
        results = {}
        for row, (output, (name, title)) in enumerate(step.results.items()):
            result = QgsProcessingModelOutput(name, title)
            result.setChildId(step.id)
            result.setChildOutputName(output)
            result.setMandatory(output in step.always)
            last = column == len(sketch.steps)
            result.setPosition(QPointF(LEFT + (column + last) * ACROSS, TOP + DOWN * (row + 1 if last else row + 2.2)))
            results[name] = result
        child.setModelOutputs(results)
        model.addChildAlgorithm(child)
    fine, issues = model.validate()
    if not fine:
        raise SystemExit(f"{sketch.id}: {'; '.join(issues)}")
    return model


def _defaults(algorithm: Any) -> dict[str, Any]:
    """What a step must be given in the eyes of the modeler, though the job has a default for it."""
    from qgis.core import QgsProcessingParameterDefinition

    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    return {
        definition.name(): definition.defaultValue()
        for definition in algorithm.parameterDefinitions()
        if not definition.isDestination() and not definition.flags() & optional
    }


def _source(value: Any) -> Any:
    from qgis.core import QgsProcessingModelChildParameterSource as Source

    if isinstance(value, str) and value.startswith("<"):
        return Source.fromModelParameter(value.strip("<>"))
    if isinstance(value, str) and "." in value:
        return Source.fromChildOutput(*value.split("."))
    return Source.fromStaticValue(value)


def text(sketch: Sketch, model: Any) -> str:
    """The model as QGIS saves it, but with attributes in an order that stays, and without what says nothing."""
    from qgis.core import QgsXmlUtils
    from qgis.PyQt.QtXml import QDomDocument

    document = QDomDocument("model")
    # words of QGIS 3.32: the group of the layers, and which lies on which, the lowest first
    order = [f"{step.id}:{name}" for step in sketch.steps for name, _ in step.results.values()]
    saved = {**model.toVariant(), "outputGroup": "IAMAP", "outputOrder": order}
    document.appendChild(QgsXmlUtils.writeVariant(saved, document))
    top = ET.fromstring(document.toString())  # noqa: S314 (made here)
    for element in list(top.iter()):
        element.attrib = dict(sorted(element.attrib.items()))
        for part in list(element):
            name, value = part.get("name"), part.get("value")
            silent = part.find("Option[@name='component_description'][@value='']") is not None
            empty = name and not value and not len(part)
            if empty or (name, value) in USUAL or (name == "comment" and silent):
                element.remove(part)
    ET.indent(top, " ")
    return "<!DOCTYPE model>\n" + ET.tostring(top, encoding="unicode") + "\n"


def start_qgis() -> Any:
    """QGIS without a window, with this plugin; returns what must be kept."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if "iamap" not in sys.modules:
        runpy.run_path(str(ROOT / "worker" / "boot.py"))["load"]()
    from qgis.core import QgsApplication

    app = QgsApplication([], False)
    app.initQgis()
    sys.path.append(os.path.join(QgsApplication.pkgDataPath(), "python", "plugins"))
    from iamap import classFactory

    plugin = classFactory(None)
    plugin.initProcessing()
    return app, plugin


def documents() -> dict[Path, str]:
    """File -> what it is to hold, of every model."""
    return {FOLDER / f"{sketch.id}.model3": text(sketch, draw(sketch)) for sketch in SKETCHES}


def main() -> int:
    """Write or check them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, tell whether the files are up to date")
    check = parser.parse_args().check
    kept = start_qgis()
    stale = []
    for file, fresh in documents().items():
        if not file.exists() or file.read_text(encoding="utf-8") != fresh:
            stale.append(file)
            if not check:
                FOLDER.mkdir(exist_ok=True)
                file.write_text(fresh, encoding="utf-8")
    for file in stale:
        print(f"{'not up to date' if check else 'written'}: {file.relative_to(ROOT)}")
    kept[1].unload()
    return 1 if check and stale else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # QGIS taken apart in the wrong order ends in a crash
