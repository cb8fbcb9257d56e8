"""The looks that the engine notes in tags and columns, as QGIS draws them."""

from __future__ import annotations

import json
import struct

import pytest
from iamap.qgis_side import style
from iamap.qgis_side.style import ramps
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsFeature,
    QgsGeometry,
    QgsGraduatedSymbolRenderer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleBandPseudoColorRenderer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

LEGEND = [
    {"value": 0, "label": "noise", "colour": "#9e9e9e"},
    {"value": 1, "label": "cluster 1", "colour": "#ff0000"},
    {"value": 300, "label": "forêt", "colour": "#00ff00"},
]


@pytest.fixture
def drawn(plugin, tmp_path):
    """Write cells of one row, in as many bands as rows are given, style them, and return the layer."""
    from osgeo import gdal

    def write(tag: object, *bands: list[float], nodata: float | None = None, whole: bool = False) -> QgsRasterLayer:
        path = str(tmp_path / "map.tif")
        kind = gdal.GDT_UInt16 if whole else gdal.GDT_Float32
        ds = gdal.GetDriverByName("GTiff").Create(path, len(bands[0]), 1, len(bands), kind)
        ds.SetGeoTransform((0, 1, 0, 1, 0, -1))
        for number, cells in enumerate(bands, 1):
            packed = struct.pack(f"{len(cells)}d", *cells)
            ds.GetRasterBand(number).WriteRaster(0, 0, len(cells), 1, packed, buf_type=gdal.GDT_Float64)
            if nodata is not None:
                ds.GetRasterBand(number).SetNoDataValue(nodata)
        ds.SetMetadataItem("style", tag if isinstance(tag, str) else json.dumps(tag), "IAMAP")
        ds = None
        layer = QgsRasterLayer(path, "map")
        style.apply(layer)
        return layer

    return write


def painted_over(background: QColor, layer, width: int, pixels: int = 40) -> list[str]:
    """The colours of a picture of *width* x 1 units of the layer over a colour, so many pixels for each unit."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setExtent(QgsRectangle(0, 0, width, 1))
    settings.setOutputSize(QSize(width * pixels, pixels))
    settings.setBackgroundColor(background)
    settings.setFlag(QgsMapSettings.Flag.Antialiasing, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    return [image.pixelColor(x, y).name() for y in range(image.height()) for x in range(image.width())]


def painted(layer, width: int, height: int = 1) -> list[str]:
    """The colours of a picture of the layer, a pixel for each unit of the map; ``-`` where it is see-through."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setExtent(QgsRectangle(0, 0, width, height))
    settings.setOutputSize(QSize(width, height))
    settings.setBackgroundColor(QColor(0, 0, 0, 0))
    settings.setFlag(QgsMapSettings.Flag.Antialiasing, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    pixels = [job.renderedImage().pixelColor(x, 0) for x in range(width)]
    return [pixel.name() if pixel.alpha() else "-" for pixel in pixels]


def test_classes_have_their_names_and_colours_and_nodata_is_see_through(drawn):
    layer = drawn({"categories": LEGEND, "band": 1}, [300, 0, 65535, 1], nodata=65535, whole=True)
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    legend = [(one.value, one.label, one.color.name()) for one in layer.renderer().classes()]
    assert legend == [(one["value"], one["label"], one["colour"]) for one in LEGEND]
    assert painted(layer, 4) == ["#00ff00", "#9e9e9e", "-", "#ff0000"]


def test_classes_may_be_in_another_band(drawn):
    layer = drawn({"categories": LEGEND[:2], "band": 2}, [1, 1], [0, 1], whole=True)
    assert painted(layer, 2) == ["#9e9e9e", "#ff0000"]


def test_a_class_without_a_name_is_called_by_its_value(drawn):
    layer = drawn({"categories": [{"value": 7, "colour": "#0000ff"}]}, [7], whole=True)
    assert [one.label for one in layer.renderer().classes()] == ["7"]


def test_a_named_ramp_runs_between_the_noted_values_and_stays_at_its_ends(drawn):
    layer = drawn({"ramp": "Viridis", "band": 2, "minimum": -1, "maximum": 3}, [0] * 4, [-1, 3, 9, -5])
    renderer = layer.renderer()
    assert isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    assert (renderer.classificationMin(), renderer.classificationMax()) == (-1, 3)
    assert renderer.shader().rasterShaderFunction().colorRampType() == QgsColorRampShader.Type.Interpolated
    low, high = ramps.VIRIDIS[0], ramps.VIRIDIS[-1]
    assert painted(layer, 4) == [low, high, high, low]


def test_a_ramp_of_stops_is_interpolated_and_its_labels_are_shown(drawn):
    stops = [[1, "#ffffff", "changed"], [0, "#000000", "the same"]]
    layer = drawn({"ramp": stops, "band": 1}, [0, 0.5, 1])
    assert painted(layer, 3) in (["#000000", "#7f7f7f", "#ffffff"], ["#000000", "#808080", "#ffffff"])
    assert [label for label, _ in layer.renderer().legendSymbologyItems()] == ["the same", "changed"]
    shader = layer.renderer().shader().rasterShaderFunction()
    assert not shader.legendSettings().useContinuousLegend()
    labels = [node.data(0) for node in legend_nodes(layer)]
    assert "changed" in labels and "the same" in labels


def test_a_ramp_without_labels_has_a_bar_of_colours(drawn):
    layer = drawn({"ramp": "Viridis", "band": 1, "minimum": 0, "maximum": 1}, [0, 1])
    assert layer.renderer().shader().rasterShaderFunction().legendSettings().useContinuousLegend()


def test_a_ramp_between_equal_values_is_drawn(drawn):
    layer = drawn({"ramp": "Viridis", "band": 1, "minimum": 2, "maximum": 2}, [2])
    assert painted(layer, 1) == [ramps.VIRIDIS[0]]


def test_an_unknown_ramp_is_viridis(drawn):
    layer = drawn({"ramp": "Nosuch", "band": 1, "minimum": 0, "maximum": 1}, [0, 1])
    assert painted(layer, 2) == [ramps.VIRIDIS[0], ramps.VIRIDIS[-1]]


def legend_nodes(layer: QgsRasterLayer) -> list:
    from qgis.core import QgsDefaultRasterLayerLegend, QgsLayerTreeLayer

    legend_nodes.tree = QgsLayerTreeLayer(layer)  # kept: the nodes lean on it
    return QgsDefaultRasterLayerLegend(layer).createLayerTreeModelLegendNodes(legend_nodes.tree)


@pytest.mark.parametrize(
    "tag",
    [
        {"categories": [{"value": 1, "colour": "red"}]},
        {"categories": [{"colour": "#ff0000"}]},
        {"categories": [{"value": "1; drop", "colour": "#ff0000"}]},
        {"categories": LEGEND, "band": 2},
        {"categories": LEGEND, "band": True},
        {"categories": 5},
        {"ramp": []},
        {"ramp": "Viridis", "band": 1},
        {"ramp": "Viridis", "band": 1, "minimum": 0, "maximum": float("inf")},
        {"ramp": [[0, "#00000"]], "band": 1},
        {"ramp": 3, "minimum": 0, "maximum": 1},
        "5",
    ],
)
def test_a_tag_that_makes_no_sense_gives_grey(drawn, tag):
    layer = drawn(tag, [0, 1, 2])
    assert type(layer.renderer()).__name__ == "QgsSingleBandGrayRenderer"
    assert len(set(painted(layer, 3))) > 1


def test_the_ramp_is_there_without_the_list_of_qgis(plugin):
    made = ramps.through([(i / 9, colour) for i, colour in enumerate(ramps.VIRIDIS)])
    assert [made.color(place).name() for place in (0, 1)] == [ramps.VIRIDIS[0], ramps.VIRIDIS[-1]]
    assert made.color(5 / 9).name() == ramps.VIRIDIS[5]


def vectors(kind: str, fields: str, *rows: list) -> QgsVectorLayer:
    """A memory layer with a square, line or point for each row."""
    layer = QgsVectorLayer(f"{kind}?{fields}", "result", "memory")
    shapes = {
        "Polygon": "POLYGON(({x} 0, {x}.99 0, {x}.99 1, {x} 1, {x} 0))",
        "Point": "POINT({x}.5 0.5)",
        "LineString": "LINESTRING({x} 0.5, {x}.9 0.5)",
        "NoGeometry": "",
    }
    features = []
    for x, row in enumerate(rows):
        feature = QgsFeature(layer.fields())
        feature.setAttributes(row)
        feature.setGeometry(QgsGeometry.fromWkt(shapes[kind].format(x=x)))
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    style.apply(layer)
    return layer


CLASSES = ([2, "lake", "#0000ff"], [1, "forêt", "#00ff00"], [2, "lake", "#0000ff"])


@pytest.mark.parametrize("kind", ["Polygon", "Point", "LineString"])
def test_each_class_of_a_layer_has_its_colour_and_name(plugin, kind):
    layer = vectors(kind, "field=class:integer&field=label:string&field=colour:string", *CLASSES)
    renderer = layer.renderer()
    assert isinstance(renderer, QgsCategorizedSymbolRenderer) and renderer.classAttribute() == "class"
    shown = [(one.value(), one.label(), one.symbol().color().name()) for one in renderer.categories()]
    assert shown == [(1, "forêt", "#00ff00"), (2, "lake", "#0000ff")]


def test_a_label_alone_is_as_good_as_a_class(plugin):
    layer = vectors("Polygon", "field=Label:string&field=Colour:string", ["b", "#0000ff"], ["a", "#00ff00"])
    assert [one.label() for one in layer.renderer().categories()] == ["a", "b"]


def test_classes_are_in_the_order_of_their_numbers(plugin):
    names = ["cluster 10", "noise", "cluster 2", "cluster 1"]
    layer = vectors("Polygon", "field=class:string&field=colour:string", *([name, "#00ff00"] for name in names))
    assert [one.label() for one in layer.renderer().categories()] == ["cluster 1", "cluster 2", "cluster 10", "noise"]


def test_polygons_are_filled_and_have_a_thin_outline(plugin):
    layer = vectors("Polygon", "field=class:integer&field=colour:string", [1, "#00ff00"])
    category = layer.renderer().categories()[0]  # kept: the symbol is its own
    fill = category.symbol().symbolLayer(0)
    assert fill.fillColor().name() == "#00ff00"
    assert 0 < fill.strokeWidth() <= 0.15


def test_features_without_a_class_or_a_colour_are_left_out(plugin):
    layer = vectors(
        "Polygon", "field=class:integer&field=colour:string", [1, "#00ff00"], [2, "green"], [None, "#0000ff"]
    )
    assert [one.value() for one in layer.renderer().categories()] == [1]


@pytest.mark.parametrize("kind", ["Polygon", "Point"])
def test_a_score_is_shown_from_pale_to_dark(plugin, kind):
    layer = vectors(kind, "field=score:double", [0.1], [0.9], [0.5])
    renderer = layer.renderer()
    assert isinstance(renderer, QgsGraduatedSymbolRenderer) and renderer.classAttribute() == "score"
    assert len(renderer.ranges()) == 5
    assert renderer.ranges()[0].lowerValue() == pytest.approx(0.1)
    shades = [one.symbol().color().lightness() for one in renderer.ranges()]
    assert shades == sorted(shades, reverse=True) and shades[0] - shades[-1] > 100


@pytest.mark.parametrize("ramp", ["Viridis", "Magma"])
def test_places_are_not_taken_for_dark_parts_of_the_map_they_were_found_in(plugin, ramp):
    layer = vectors("Polygon", "field=score:double", [0.1], [0.9])
    below = [ramps.named(ramp).color(step / 20) for step in range(21)]
    for bright in below[10:]:
        row = painted_over(bright, layer, 2)[20 * 80 : 21 * 80]
        for seen in (QColor(row[20]), QColor(row[60])):
            distances = [max(abs(a - b) for a, b in zip(seen.getRgb()[:3], one.getRgb()[:3])) for one in below[:10]]
            assert min(distances) > 20, (seen.name(), bright.name())


def test_equal_scores_are_shown(plugin):
    layer = vectors("Point", "field=score:double", [0.7], [0.7])
    renderer = layer.renderer()
    assert isinstance(renderer, QgsGraduatedSymbolRenderer)
    assert any(one.lowerValue() <= 0.7 <= one.upperValue() for one in renderer.ranges())


HATCHED = "outside the area of applicability"


@pytest.mark.parametrize(
    ("fields", "row", "told"),
    [
        ("field=outside:integer", [1], HATCHED),
        ("field=outside:integer&field=label:string", [1, "unlike all labels"], "unlike all labels"),
        ("field=outside:integer&field=label:string", [1, None], HATCHED),
        ("field=score:double&field=Outside:integer", [0.5, 1], HATCHED),
    ],
)
def test_where_a_map_does_not_count_it_is_hatched_and_the_legend_says_so(plugin, fields, row, told):
    layer = vectors("Polygon", fields, row)
    assert [(one.value(), one.label()) for one in layer.renderer().categories()] == [(1, told)]
    hatched = painted_over(QColor("#ff0000"), layer, 1, 200)
    red = sum(colour == "#ff0000" for colour in hatched) / len(hatched)
    assert 0.4 < red < 0.9, "the map is seen between the lines"
    assert "#3c3c3c" in hatched


def test_what_is_not_outside_is_not_drawn(plugin):
    layer = vectors("Polygon", "field=outside:integer", [0], [None])
    assert set(painted_over(QColor("#ff0000"), layer, 2, 30)) == {"#ff0000"}
    assert [one.label() for one in layer.renderer().categories()] == [HATCHED], "said, though there is nothing to see"


def test_hatching_survives_a_saved_style_and_a_copy(plugin):
    from qgis.PyQt.QtXml import QDomDocument

    layer = vectors("Polygon", "field=outside:integer", [1])
    document = QDomDocument()
    layer.exportNamedStyle(document)
    again = layer.clone()
    assert again.importNamedStyle(document)[0]
    assert painted_over(QColor("#ff0000"), again, 1, 60) == painted_over(QColor("#ff0000"), layer, 1, 60)


def test_classes_go_before_hatching(plugin):
    layer = vectors("Polygon", "field=class:string&field=colour:string&field=outside:integer", ["a", "#00ff00", 1])
    assert [one.label() for one in layer.renderer().categories()] == ["a"]


@pytest.mark.parametrize("fields", ["field=class:string&field=colour:string&", "field=name:string&field=a:string&"])
def test_points_with_a_rank_show_it(plugin, fields):
    layer = vectors("Point", fields + "field=rank:integer", ["lake", "#0000ff", 1], ["wood", "#00ff00", 2])
    assert layer.labelsEnabled() and layer.labeling().settings().fieldName == "rank"
    assert layer.labeling().settings().format().buffer().enabled()


@pytest.mark.parametrize(("kind", "fields"), [("Point", "field=rank:string"), ("Polygon", "field=rank:integer")])
def test_other_layers_have_no_numbers(plugin, kind, fields):
    assert not vectors(kind, fields, ["1"]).labelsEnabled()


@pytest.mark.parametrize("colour", ["#ffffff", "#1e1e1e", "#0000ff"])
def test_points_are_seen_on_a_map_of_their_own_colour(plugin, colour):
    layer = vectors("Point", "field=class:string&field=colour:string", ["a", colour])
    shades = [QColor(one).lightness() for one in painted_over(QColor(colour), layer, 1, 40)]
    assert max(abs(shade - QColor(colour).lightness()) for shade in shades) > 100


def test_points_of_a_score_are_filled_with_its_colour_and_keep_their_rings(plugin):
    layer = vectors("Point", "field=score:double", [0.1], [0.9])
    colours = painted_over(QColor("#808080"), layer, 2, 60)
    assert ramps.PLACES[0] in colours and ramps.PLACES[-1] in colours and "#ffffff" in colours


@pytest.mark.parametrize(
    ("kind", "fields", "row"),
    [
        ("Polygon", "field=name:string", ["a"]),
        ("Polygon", "field=outside:string", ["1"]),
        ("Point", "field=outside:integer", [1]),
        ("Polygon", "field=score:string", ["high"]),
        ("Polygon", "field=class:integer&field=colour:string", [1, "not a colour"]),
        ("Point", "field=colour:string", ["#00ff00"]),
    ],
)
def test_other_layers_stay_as_qgis_has_made_them(plugin, kind, fields, row):
    assert isinstance(vectors(kind, fields, row).renderer(), QgsSingleSymbolRenderer)


def test_a_table_and_an_empty_layer_are_no_trouble(plugin):
    vectors("NoGeometry", "field=class:integer&field=colour:string", [1, "#00ff00"])
    for fields in ("field=score:double", "field=class:integer&field=colour:string"):
        assert isinstance(vectors("Point", fields).renderer(), QgsSingleSymbolRenderer)
