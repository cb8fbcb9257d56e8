"""What a person sees after a run: layers named, styled and grouped; and what other algorithms make of the result."""

from __future__ import annotations

import json

import pytest
from iamap.algorithms import jobs
from iamap.qgis_side import style
from iamap.qgis_side.algorithm import method
from iamap.qgis_side.style import rasters
from pretend import PretendSearch, pretend
from qgis.core import (
    Qgis,
    QgsLayerTreeRegistryBridge,
    QgsMultiBandColorRenderer,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsSingleBandGrayRenderer,
    QgsVectorLayer,
)


@pytest.fixture
def features(tmp_path):
    """Write a feature raster: ``features(bands, style, scale)``; float32, or scaled int16."""
    from osgeo import gdal

    def write(bands: int = 5, style_tag: object = None, scale: float | None = None):
        path = tmp_path / "features.tif"
        kind = gdal.GDT_Float32 if scale is None else gdal.GDT_Int16
        ds = gdal.GetDriverByName("GTiff").Create(str(path), 8, 6, bands, kind)
        ds.SetGeoTransform((650000.0, 8.0, 0.0, 6860000.0, 0.0, -8.0))
        for band in range(1, bands + 1):
            ds.GetRasterBand(band).Fill(10 * band)
            if scale is not None:
                ds.GetRasterBand(band).SetScale(scale)
                ds.GetRasterBand(band).SetOffset(1.0)
        if style_tag is not None:
            ds.SetMetadataItem("style", style_tag if isinstance(style_tag, str) else json.dumps(style_tag), "IAMAP")
        ds = None
        return path

    return write


def shown(layer: QgsRasterLayer) -> list[tuple[int, float, float]]:
    """Band, minimum and maximum of each colour."""
    renderer = layer.renderer()
    colours = (
        (renderer.redBand(), renderer.redContrastEnhancement()),
        (renderer.greenBand(), renderer.greenContrastEnhancement()),
        (renderer.blueBand(), renderer.blueContrastEnhancement()),
    )
    return [(band, stretch.minimumValue(), stretch.maximumValue()) for band, stretch in colours]


TAG = {"bands": [4, 1, 5], "minimum": [-1.5, 0, 2], "maximum": [2.5, 1, 3]}


@pytest.mark.parametrize("scale", [None, 0.01])
def test_the_stretch_in_the_tags_is_the_stretch_on_the_screen(plugin, features, scale):
    layer = QgsRasterLayer(str(features(style_tag=TAG, scale=scale)), "features")
    style.apply(layer)
    assert shown(layer) == [(4, -1.5, 2.5), (1, 0, 1), (5, 2, 3)]


def test_a_scaled_raster_shows_feature_values(plugin, features):
    layer = QgsRasterLayer(str(features(scale=0.01)), "features")
    assert layer.dataProvider().sample(layer.extent().center(), 2) == (pytest.approx(1.2), True)


@pytest.mark.parametrize(
    "tag",
    [
        "no json",
        "[]",
        '{"bands": [1, 2, 3]}',
        {**TAG, "bands": [0, 1, 2]},
        {**TAG, "minimum": [float("nan")] * 3},
        {**TAG, "bands": [6, 7, 8]},
    ],
)
def test_a_tag_that_makes_no_sense_falls_back_to_the_first_bands(plugin, features, tag):
    layer = QgsRasterLayer(str(features(style_tag=tag)), "features")
    style.apply(layer)
    assert [band for band, _, _ in shown(layer)] == [1, 2, 3]


@pytest.mark.parametrize("bands", [1, 2])
def test_fewer_bands_than_colours_are_shown_in_grey(plugin, features, bands):
    layer = QgsRasterLayer(
        str(features(bands=bands, style_tag={"bands": [1], "minimum": [0], "maximum": [5]})), "features"
    )
    style.apply(layer)
    assert isinstance(layer.renderer(), QgsSingleBandGrayRenderer)
    assert layer.renderer().contrastEnhancement().maximumValue() == 5


def test_a_picture_is_shown_as_it_is(plugin, raster):
    layer = QgsRasterLayer(str(raster()), "picture")
    style.apply(layer)
    assert isinstance(layer.renderer(), QgsMultiBandColorRenderer)
    assert (
        layer.renderer().redContrastEnhancement() is None
        or layer.renderer().redContrastEnhancement().contrastEnhancementAlgorithm() == rasters.PLAIN
    )
    assert layer.dataProvider().dataType(1) == Qgis.DataType.Byte


def test_results_are_named_styled_and_grouped_with_the_picture_on_top(project, load_results, features, any_python):
    layer = QgsRasterLayer(str(features(style_tag=TAG)), "Ortho 2024")
    project.addMapLayer(layer)
    values = {"INPUT": layer.id(), "OUTPUT": "TEMPORARY_OUTPUT", "PICTURE": "TEMPORARY_OUTPUT"}
    load_results(pretend(), values)
    group = QgsProject.instance().layerTreeRoot().findGroup("IAMAP")
    assert [node.name() for node in group.children()] == [
        "Ortho 2024 · Pretend · Picture",
        "Ortho 2024 · Pretend",
    ]
    assert [node.name() for node in QgsProject.instance().layerTreeRoot().children()] == ["IAMAP", "Ortho 2024"]
    for node in group.children():
        assert shown(node.layer())[0] == (4, -1.5, 2.5)


def test_results_of_a_saved_model_are_named_after_it_and_after_the_first_of_several_rasters(
    project, load_results, features, raster, any_python, tmp_path
):
    squares = QgsVectorLayer("Polygon?crs=EPSG:2154", "squares", "memory")
    project.addMapLayer(squares)
    (tmp_path / "five kinds of land.iamap").touch()
    values = {"RASTERS": [str(features()), str(raster())], "EXAMPLES": squares.id(), "REPORT": "TEMPORARY_OUTPUT"}
    values.update(FITTED=str(tmp_path / "five kinds of land.iamap"), HITS="TEMPORARY_OUTPUT")
    load_results(pretend(PretendSearch), values)
    group = QgsProject.instance().layerTreeRoot().findGroup("IAMAP")
    assert [node.name() for node in group.children()] == ["features + 1 · five kinds of land"]


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"encoder": "MOSAIKS", "weights": "/old/features.tif"}, "MOSAIKS"),
        ({"encoder": "timm model by name", "model": "vit_small_patch16_224.dino"}, "vit_small_patch16_224.dino"),
        ({"encoder": "timm model by name", "weights": "/my/nets/meadows.safetensors"}, "meadows"),
    ],
)
def test_features_are_named_after_the_network_that_made_them(request_, name):
    assert method(jobs()["encode"], request_) == name


def test_a_second_run_lands_above_the_first(project, load_results, features, any_python):
    layer = QgsRasterLayer(str(features(style_tag=TAG)), "A")
    project.addMapLayer(layer)
    for name in ("A", "B"):
        layer.setName(name)
        load_results(pretend(), {"INPUT": layer.id(), "OUTPUT": "TEMPORARY_OUTPUT"})
    group = QgsProject.instance().layerTreeRoot().findGroup("IAMAP")
    assert [node.name() for node in group.children()] == ["B · Pretend", "A · Pretend"]


def test_results_are_in_order_also_where_qgis_puts_new_layers_into_the_group(
    project, load_results, features, any_python
):
    layer = QgsRasterLayer(str(features(style_tag=TAG)), "A")
    project.addMapLayer(layer)
    values = {"INPUT": layer.id(), "OUTPUT": "TEMPORARY_OUTPUT", "PICTURE": "TEMPORARY_OUTPUT"}
    load_results(pretend(), values)
    group = QgsProject.instance().layerTreeRoot().findGroup("IAMAP")
    point = QgsLayerTreeRegistryBridge.InsertionPoint(group, 1)  # as when its second layer is the current one
    QgsProject.instance().layerTreeRegistryBridge().setLayerInsertionPoint(point)
    layer.setName("B")
    load_results(pretend(), values)
    root = QgsProject.instance().layerTreeRoot()  # the group goes with this test, the place for layers does not
    QgsProject.instance().layerTreeRegistryBridge().setLayerInsertionPoint(
        QgsLayerTreeRegistryBridge.InsertionPoint(root, 0)
    )
    assert [node.name() for node in group.children()] == [
        "B · Pretend · Picture", "B · Pretend", "A · Pretend · Picture", "A · Pretend"
    ]  # fmt: skip


def test_the_result_is_input_of_other_algorithms(context, features, any_python, tmp_path):
    import processing

    first = processing.run(pretend(), {"INPUT": str(features()), "OUTPUT": "TEMPORARY_OUTPUT"}, context=context)
    second = processing.run("native:rasterlayerstatistics", {"INPUT": first["OUTPUT"], "BAND": 3}, context=context)
    assert second["MEAN"] == 30


def test_a_skipped_picture_is_not_written(context, features, any_python, tmp_path):
    results, ok = pretend().run(
        {"INPUT": str(features()), "OUTPUT": str(tmp_path / "o.tif"), "PICTURE": None}, context, QgsProcessingFeedback()
    )
    assert ok and set(results) == {"OUTPUT"}
