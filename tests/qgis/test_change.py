"""Change between two dates, run by QGIS with the real worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsRasterLayer, QgsVectorLayer

NAIP = Path(__file__).resolve().parents[3] / "shared" / "data" / "change_naip_nd"


@pytest.mark.skipif(not NAIP.is_dir(), reason="needs the aerial photographs of ../shared/data/change_naip_nd")
def test_two_aerial_photographs_give_a_map_of_change_on_the_cells_of_the_first(
    context, engine_python, monkeypatch, tmp_path
):
    import processing

    monkeypatch.setenv("IAMAP_PYTHON", engine_python)
    before, after = (str(NAIP / f"m_4709963_se_14_1_{date}.tif") for date in ("20090818", "20200831"))
    names = {"OUTPUT": "c.tif", "CHANGED": "k.tif", "COMPONENTS": "d.tif", "POLYGONS": "p.gpkg", "REPORT": "r.html"}
    outputs = {name: str(tmp_path / file) for name, file in names.items()}
    asked = {"BEFORE": before, "AFTER": after, "MINIMUM_AREA": 2000, **outputs}
    results = processing.run("iamap:change", asked, context=context)
    first = QgsRasterLayer(before, "b")
    for name, bands in (("OUTPUT", 1), ("CHANGED", 1), ("COMPONENTS", 3)):
        layer = QgsRasterLayer(results[name], name)
        assert layer.isValid() and layer.bandCount() == bands and layer.crs() == first.crs()
        # the second date ends a row earlier
        assert (layer.width(), layer.height()) == (first.width(), first.height() - 1)
        assert layer.extent().xMinimum() == first.extent().xMinimum()
    places = QgsVectorLayer(results["POLYGONS"], "p")
    assert places.featureCount() > 50 and min(f.geometry().area() for f in places.getFeatures()) >= 2000
    assert Path(results["REPORT"]).read_text("utf-8").count("data:image/png") >= 3
