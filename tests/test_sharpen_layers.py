"""Guided upsampling: what goes with the values (legend, names, style, tags, contract), and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from borders import CELLS, METHODS, Step, coarse, draw_step, enlarged, sharpen
from iamap.algorithms import jobs
from iamap.contract.errors import BadRaster, BadRequest, Cancelled, NoSpace
from iamap.engine import sharpening
from iamap.engine.features import open_features
from making import NORTH_UP, context, files, is_a_sentence, make_raster, read, tag, texture
from rasterio.transform import Affine


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return draw_step(tmp_path)


@pytest.mark.parametrize("method", METHODS)
def test_classes_stay_classes_and_keep_their_legend(tmp_path: Path, step: Step, method: str) -> None:
    legend = [{"value": 3, "label": "field", "colour": "#112233"}, {"value": 7, "label": "wood", "colour": "#445566"}]
    values = np.where(step.cells > 0.5, 7, 3).astype(np.uint8)
    source = coarse(tmp_path, values[None], nodata=255, tags={"style": json.dumps({"categories": legend, "band": 1})})
    output = sharpen(source, step.guide, tmp_path / "o.tif", method=method)
    found, truth = read(output)[0], np.where(step.truth > 0, 7, 3)
    assert found.dtype == np.uint8 and (found == truth).mean() > 0.998 > 0.99 > (enlarged(values) == truth).mean()
    assert json.loads(tag(output, "style"))["categories"] == legend
    with rasterio.open(output) as ds:
        assert ds.colormap(1)[7][:3] == (0x44, 0x55, 0x66) and ds.nodata == 255


def test_classes_come_from_probabilities_too(tmp_path: Path, step: Step) -> None:
    share = np.stack([1 - step.cells, 0.8 * step.cells, 0.2 * step.cells])
    names = [f"probability of {name}" for name in ("field", "wood", "wood that is rare")]
    source = coarse(tmp_path, share, names=names, tags={"legend": json.dumps({"wood": "#010203"})})
    output = sharpen(source, step.guide, tmp_path / "o.tif", classes=tmp_path / "c.tif")
    found, classes = read(output), read(tmp_path / "c.tif")[0]
    assert np.allclose(found.sum(0), 1, atol=1e-5) and found.min() >= 0
    assert (classes == 1 + step.truth).mean() > 0.99
    told = json.loads(tag(tmp_path / "c.tif", "style"))["categories"]
    assert [one["label"] for one in told] == ["field", "wood", "wood that is rare"] and told[1]["colour"] == "#010203"
    with rasterio.open(output) as ds:
        assert list(ds.descriptions) == names


def test_tags_are_kept_and_tell_what_was_done(tmp_path: Path, step: Step) -> None:
    style = {"bands": [2, 1, 2], "minimum": [0, 0, 0], "maximum": [1, 1, 1]}
    tags = {"encoder": "MOSAIKS", "weights_sha256": "ab", "cell": "8", "style": json.dumps(style), "pca": "{}"}
    source = coarse(tmp_path, np.stack([step.cells, 1 - step.cells]), names=["one", "two"], tags=tags)
    output = sharpen(source, step.guide, tmp_path / "o.tif")
    with rasterio.open(output) as ds:
        told, names = ds.tags(ns="IAMAP"), list(ds.descriptions)
        assert ds.transform.almost_equals(NORTH_UP) and ds.crs.to_epsg() == 32631
    assert names == ["one", "two"] and json.loads(told["style"]) == style and told["pca"] == "{}"
    assert (told["encoder"], told["weights_sha256"], told["cell"]) == ("MOSAIKS", "ab", "1")
    assert told["sharpened"].startswith("guided filter") and json.loads(told["request"])["job"] == "sharpen"
    part = sharpen(source, step.guide, tmp_path / "p.tif", bands=[2], storage="int16")
    with rasterio.open(part) as ds:
        told = ds.tags(ns="IAMAP")
        assert ds.dtypes == ("int16",) and list(ds.descriptions) == ["two"]
    assert "style" not in told and "pca" not in told


def test_a_model_of_cells_takes_sharpened_features_and_says_so(
    tmp_path: Path, step: Step, caplog: pytest.LogCaptureFixture
) -> None:
    tags = {"encoder": "MOSAIKS", "weights_sha256": "ab", "cell": "8"}
    source = coarse(tmp_path, np.stack([step.cells, 1 - step.cells**2]), names=["one", "two"], tags=tags)
    output = sharpen(source, step.guide, tmp_path / "o.tif")
    with open_features(source) as cells, open_features(output) as pixels:
        for one, other, said in ((cells, pixels, 1), (pixels, cells, 1), (pixels, pixels, 0), (cells, cells, 0)):
            caplog.clear()
            one.contract.check(other.contract, other.source.name)
            assert len([r for r in caplog.records if "sharpened" in r.getMessage()]) == said == len(caplog.records)
    model = tmp_path / "m.iamap"
    params = {"input": source, "output": str(tmp_path / "pca.tif"), "components": 2, "model": str(model)}
    jobs()["reduce_pca"].make(params).run(context())
    about = {"input": output, "model": str(model), "output": str(tmp_path / "a.tif")}
    jobs()["apply"].make(about).run(context())
    assert read(tmp_path / "a.tif").shape == (2, *step.truth.shape)


def test_integers_with_a_scale_are_read_as_values(tmp_path: Path, step: Step) -> None:
    stored = np.rint(step.cells * 100).astype(np.int16)[None]
    source = make_raster(tmp_path / "scaled.tif", stored, transform=CELLS, nodata=-32768)
    with rasterio.open(source, "r+") as ds:
        ds.scales, ds.offsets = (0.01,), (0.0,)
    found = read(sharpen(source, step.guide, tmp_path / "o.tif"))
    assert found.max() <= 1 and found.max() > 0.9


def test_colour_tables_mean_classes_and_numbers_can_be_said(tmp_path: Path, step: Step) -> None:
    source = coarse(tmp_path, (step.cells > 0.5).astype(np.uint8)[None] * 4, nodata=None)
    with rasterio.open(source, "r+") as ds:
        ds.write_colormap(1, {0: (1, 2, 3), 4: (9, 8, 7)})
    output = sharpen(source, step.guide, tmp_path / "o.tif")
    assert set(np.unique(read(output))) == {0, 4}
    assert [one["colour"] for one in json.loads(tag(output, "style"))["categories"]] == ["#010203", "#090807"]
    numbers = read(sharpen(source, step.guide, tmp_path / "p.tif", content="numbers"))
    assert numbers.dtype == np.float32 and len(np.unique(numbers)) > 10


def bad(folder: Path, step: Step, what: str) -> dict[str, Any]:
    source = coarse(folder, step.cells[None])
    small = make_raster(folder / "small.tif", step.cells[None], transform=CELLS)
    far = make_raster(folder / "far.tif", texture(40, 30), transform=Affine.translation(9e4, 0) * NORTH_UP)
    none = make_raster(folder / "none.tif", texture(40, 30), crs=None)
    many = make_raster(folder / "many.tif", texture(40, 30, bands=17))
    return {
        "same file": {"input": step.guide},
        "beside": {"guide": far},
        "no CRS": {"guide": none},
        "no finer": {"guide": small},
        "many bands": {"guide": many},
        "fractions as classes": {"content": "classes"},
        "classes of no probabilities": {"classes": str(folder / "c.tif")},
        "no such band": {"guide_bands": [9]},
        "extent beside": {"extent": "0,0,1,1"},
        "missing": {"guide": str(folder / "nothing.tif")},
        "input": source,
    }[what]  # type: ignore[return-value]


CASES = (
    "same file", "beside", "no CRS", "no finer", "many bands", "fractions as classes", "classes of no probabilities",
    "no such band", "extent beside", "missing",
)  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_what_can_not_work_is_refused_in_a_sentence(tmp_path: Path, step: Step, what: str) -> None:
    wrong = bad(tmp_path, step, what)
    before = files(tmp_path)
    values = {"source": tmp_path / "coarse.tif", "guide": step.guide, **wrong}
    values["source"] = values.pop("input", values["source"])
    with pytest.raises((BadRequest, BadRaster)) as told:
        sharpen(output=tmp_path / "o.tif", **values)
    assert is_a_sentence(told.value) and files(tmp_path) == before


def test_a_disk_that_is_too_small_is_noticed_first(tmp_path: Path, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(NoSpace, match="takes up to") as told:
        sharpen(coarse(tmp_path, step.cells[None]), step.guide, tmp_path / "o.tif")
    assert is_a_sentence(told.value) and "o.tif" not in files(tmp_path)


def test_a_cancel_leaves_nothing(tmp_path: Path, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharpening, "_SIDE", 16)
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 6

    source = coarse(tmp_path, step.cells[None])
    before = files(tmp_path)
    with pytest.raises((Cancelled, KeyboardInterrupt)):
        sharpen(source, step.guide, tmp_path / "o.tif", ctx=context(cancelled))
    assert files(tmp_path) == before
