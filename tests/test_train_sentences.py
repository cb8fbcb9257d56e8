"""What a newcomer is told who trains on the wrong thing: sentences that name what is at fault."""

from __future__ import annotations

import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import shapely  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest  # noqa: E402
from iamap.contract.places import LAYERS  # noqa: E402
from iamap.engine.features import no_data, open_features  # noqa: E402
from iamap.engine.models import load  # noqa: E402
from iamap.engine.rasters import in_short, open_source  # noqa: E402
from iamap.engine.statistics import whole_raster  # noqa: E402
from learning import apply, examples, polygons, smooth_ground, square, train  # noqa: E402
from making import context, is_a_sentence, make_raster  # noqa: E402
from stacks import encoded  # noqa: E402
from stripes import dots, middle, numbers  # noqa: E402

CELLS = [(2, 2), (20, 3), (30, 4), (2, 12), (20, 13), (30, 14)]


@pytest.fixture
def source(tmp_path):
    return make_raster(tmp_path / "s.tif", numbers(), nodata=np.nan)


@pytest.fixture
def labels(tmp_path):
    return dots(tmp_path / "l.gpkg", CELLS, kind=np.array(list("aaabbb"), object))


# --- bands without data


@given(st.sets(st.integers(1, 40), min_size=1))
def test_numbers_in_short_are_all_there(chosen):
    told = in_short(sorted(chosen))
    runs = [list(map(int, run.split("-"))) for run in told.split(", ")]
    assert [n for run in runs for n in range(run[0], run[-1] + 1)] == sorted(chosen)
    assert in_short([1, 2, 3, 7, 224]) == "1-3, 7, 224"


def with_lost_bands(path, lost, count=9):
    data = np.random.default_rng(0).normal(size=(count, 47, 61)).astype(np.float32)
    data[[band - 1 for band in lost]] = np.nan
    return make_raster(path, data, nodata=np.nan)


def test_an_empty_band_is_named_alike_by_statistics_and_by_features(tmp_path):
    path = with_lost_bands(tmp_path / "lost.tif", [2, 3, 4, 9])
    with open_source(path) as source, pytest.raises(BadRaster) as caught:
        whole_raster(source, context())
    with open_features(path) as features:
        other = no_data(features)
    assert str(caught.value) == str(other) and is_a_sentence(other)
    assert other.text.endswith("for these hold none: bands 2-4, 9") and "leave these bands out" in other.hint
    empty = with_lost_bands(tmp_path / "empty.tif", range(1, 10))
    with open_features(empty) as features:
        assert "nodata value" in no_data(features).hint and "hold none" not in str(no_data(features))


@pytest.mark.parametrize("grid", ["input", "finest"])
def test_an_empty_band_of_a_stacked_raster_is_blamed_on_that_one(tmp_path, source, labels, grid):
    other = with_lost_bands(tmp_path / "other.tif", [3])
    with pytest.raises(BadRaster, match=r"for these hold none: band 3 of .*other\.tif") as caught:
        train(source, tmp_path, labels, more=[other], grid=grid)
    assert is_a_sentence(caught.value) and "copy of" in caught.value.hint
    gone = with_lost_bands(tmp_path / "gone.tif", [1, 2], 2)
    with pytest.raises(BadRaster, match=r"all bands of .*gone\.tif.*leave .*gone\.tif out"):
        train(source, tmp_path, labels, more=[gone], grid=grid)


# --- parameters in sentences


TITLES = {"seed": "Random seed", "fold_column": "Column with folds", "labels": "Labels", "more": "Stack with"}


def test_parameters_have_their_names_on_the_command_line_and_their_titles_in_qgis():
    error = BadRequest("`seed` = 3, but fold_column is missing", "give `labels`, or no more labels than `more`")
    assert str(error) == "seed = 3, but fold_column is missing: give labels, or no more labels than more"
    text, hint = error.titled(TITLES)
    assert text == "“Random seed” = 3, but “Column with folds” is missing"
    assert hint == "give “Labels”, or no more labels than “Stack with”"
    assert BadRequest("SEED = 3", "`depth` is none").titled(TITLES) == ("“Random seed” = 3", "depth is none")
    path = "/tmp/fold_column.gpkg lies in a_b/fold_column and fold_column-2"
    assert BadRequest(path).titled(TITLES)[0] == path
    assert BadRequest("`seed` is missing", "`seed` is: Random seed").titled(TITLES)[1] == ""


def test_no_job_names_a_parameter_where_a_dialog_has_its_title():
    for name, job in jobs().items():
        titles = {key: spec.label for key, spec in job.specs().items()}
        for key, spec in job.specs().items():
            if spec.kind in ("text", "crs", "raster_out", "vector_out", "file_out", "column") or spec.kind.endswith(
                "_in"
            ):
                continue
            with pytest.raises(BadRequest) as caught:
                spec.check(key, "odd!")
            assert f"“{spec.label}”" in caught.value.titled(titles)[0], (name, key)
        required = next(key for key, spec in job.specs().items() if spec.required)
        with pytest.raises(BadRequest, match=f"^{required} is missing: {required} is: ") as caught:
            job.make({})
        assert caught.value.titled(titles) == (f"“{titles[required]}” is missing", "")


def test_one_of_many_that_is_misspelt_is_answered_by_those_like_it():
    spec = jobs()["encode"].specs()["encoder"]
    assert len(spec.options()) > 40
    with pytest.raises(BadRequest) as caught:
        spec.check("encoder", "DINOv2 ViT-S14")
    assert "did you mean DINOv2 ViT-S/14" in caught.value.hint and len(str(caught.value)) < 300
    with pytest.raises(BadRequest, match="such as") as caught:
        spec.check("encoder", "0%&!")
    assert len(str(caught.value)) < 300
    few = jobs()["train_logistic"].specs()["task"]
    with pytest.raises(BadRequest, match="choose one of: classes, numbers"):
        few.check("task", "clases")
    with pytest.raises(BadRequest, match="did you mean MOSAIKS"):
        jobs()["compare_encoders"].make(
            {"input": "a.tif", "labels": "l", "column": "c", "report": "r.html", "encoders": "bands, mosaic"}
        )


# --- columns


def test_an_empty_column_is_called_empty_and_not_a_matter_of_crs(tmp_path, source):
    none = dots(tmp_path / "none.gpkg", CELLS, kind=np.array([None] * 6, object), n=np.full(6, np.nan))
    with pytest.raises(BadRequest, match="column kind of none is empty in all of its 6 features") as caught:
        train(source, tmp_path, none)
    assert is_a_sentence(caught.value) and "CRS" not in str(caught.value)
    with pytest.raises(BadRequest, match="column n of none is empty"):
        train(source, tmp_path, none, job="train_ridge", column="n", task="numbers")
    known = dots(tmp_path / "known.gpkg", CELLS, kind=np.array(list("aaabbb"), object))
    assert len(examples(source, tmp_path, none, more_labels=[str(known)])) == 6
    beside = dots(tmp_path / "beside.gpkg", [(900, 3), (930, 4)], kind=np.array(list("ab"), object))
    with pytest.raises(BadRequest, match="CRS"):
        train(source, tmp_path, beside)


@pytest.mark.parametrize("numbers_of, said", [
    ([1, 2, 3] * 4, True), ([0, 1] * 6, True), ([1.5, 2, 3] * 4, False), (list(range(12)), False), ([0.0, 10.0, 20.0] * 4, True),
])  # fmt: skip
def test_numbers_that_look_like_codes_of_classes_are_told(tmp_path, source, caplog, numbers_of, said):
    cells = [(row, col) for row in (2, 20, 30) for col in (2, 12, 22, 32)]
    layer = dots(tmp_path / "n.gpkg", cells, n=np.array(numbers_of, np.float64))
    with caplog.at_level(logging.WARNING):
        examples(source, tmp_path, layer, job="train_ridge", column="n", task="numbers")
    assert ("choose classes, not numbers" in caplog.text) == said


def test_labels_without_a_fold_go_with_the_nearest_that_has_one(tmp_path, source, caplog):
    cells = [(2, 2), (2, 4), (3, 12), (40, 2), (40, 4), (41, 12), (20, 58)]
    part = np.array(["n", "n", "", "s", "s", None, "n"], object)
    labels = dots(tmp_path / "l.gpkg", cells, kind=np.array(list("ababaab"), object), part=part)
    with caplog.at_level(logging.WARNING):
        found = examples(source, tmp_path, labels, validation="column", fold_column="part")
    row = found.places[:, 0]
    assert len(np.unique(found.fold)) == 2 and len(np.unique(found.fold[row < 30])) == 1
    assert len(np.unique(found.fold[row > 30])) == 1
    assert "2 of 7 labels have no fold in part" in caplog.text
    none = dots(tmp_path / "none.gpkg", CELLS, kind=np.array(list("aaabbb"), object), part=np.array([None] * 6, object))
    with pytest.raises(BadRequest, match="column part is empty for all 6"):
        train(source, tmp_path, none, validation="column", fold_column="part")


def test_labels_to_test_with_need_no_folds(tmp_path, source):
    part = np.array(list("nsnsns"), object)
    labels = dots(tmp_path / "l.gpkg", CELLS, kind=np.array(list("aaabbb"), object), part=part)
    test = dots(tmp_path / "t.gpkg", [(5, 5), (6, 13)], kind=np.array(list("ab"), object))
    assert train(source, tmp_path, labels, validation="column", fold_column="part", test=test)["checked by"] == "given"


# --- models


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 and then nothing", b"{}"])
def test_a_wrong_model_file_is_told_in_our_words(tmp_path, content):
    path = tmp_path / "m.iamap"
    path.write_bytes(content)
    with pytest.raises(BadRequest, match=r"m\.iamap is no model of IAMAP, or damaged: choose a file") as caught:
        load(str(path))
    assert "zip" not in str(caught.value) and is_a_sentence(caught.value)


def test_a_raster_of_another_encoder_with_fewer_bands_names_both_encoders(tmp_path, labels):
    values = numbers()
    train(encoded(tmp_path / "five.tif", values, nodata=np.nan), tmp_path, labels)
    three = encoded(tmp_path / "three.tif", values[:3], "MOSAIKS", nodata=np.nan)
    with pytest.raises(BadRaster, match="features of MOSAIKS, but those of DINOv2 are needed") as caught:
        apply(three, tmp_path)
    assert "DINOv2" in caught.value.hint
    plain = make_raster(tmp_path / "plain.tif", values[:3], nodata=np.nan)
    with pytest.raises(BadRaster, match="no features of an encoder, but those of DINOv2"):
        apply(plain, tmp_path)


def test_a_stack_that_is_missing_is_asked_for_by_the_title_of_its_field(tmp_path, source, labels):
    other = make_raster(tmp_path / "dem.tif", numbers(3)[:1], nodata=np.nan)
    train(source, tmp_path, labels, more=[other])
    with pytest.raises(
        BadRequest, match=r"1 more raster: dem\.tif .1 band.; none is given: give them as more"
    ) as caught:
        apply(source, tmp_path)
    titles = {name: spec.label for name, spec in jobs()["apply"].specs().items()}
    assert "“Stack with”" in caught.value.titled(titles)[1]


def test_what_is_said_of_distances_in_a_stack_is_said_once(tmp_path, caplog):
    ground = smooth_ground(tmp_path / "g.tif", 3, width=60)
    other = smooth_ground(tmp_path / "o.tif", 4, bands=2, width=60)
    cells = [(row, col) for row in range(5, 120, 20) for col in range(5, 120, 20)]
    layer = dots(tmp_path / "p.gpkg", cells, kind=np.array(["a", "b"] * 18, object))
    with caplog.at_level(logging.INFO):
        train(ground, tmp_path, layer, more=[other], validation="blocks", folds=2)
    told = [record.getMessage() for record in caplog.records if "alike" in record.getMessage()]
    assert len(told) == 1 and "5th of the extent" in told[0], told


# --- reports


def test_a_layer_that_qgis_has_written_for_the_run_is_shown_by_its_name(tmp_path, source):
    folder = tmp_path / (LAYERS + "x1")
    folder.mkdir()
    path, kind = folder / "Flache_Stellen.gpkg", np.array(list("aaabbb"), object)
    points = shapely.to_wkb(np.array([shapely.Point(middle(*cell)) for cell in CELLS], object))
    pyogrio.raw.write(path, points, [kind], ["kind"], layer="Fläche & Stellen", geometry_type="Point", crs="EPSG:32631")
    train(source, tmp_path, path, report=tmp_path / "r.html", more_labels=[str(path)])
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("Fläche &amp; Stellen") == 2 and str(folder) not in page
    kept = dots(tmp_path / "kept.gpkg", CELLS, kind=kind)
    train(source, tmp_path, kept, report=tmp_path / "r.html")
    assert str(kept) in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("side, said", [(0.5, True), (3.0, False)])
def test_polygons_smaller_than_a_cell_are_told_with_what_helps(tmp_path, source, caplog, side, said):
    shapes = [square(row + 0.2, col + 0.2, side) for row, col in CELLS]
    labels = polygons(tmp_path / "p.gpkg", shapes, list("aaabbb"))
    with caplog.at_level(logging.WARNING):
        train(source, tmp_path, labels, report=tmp_path / "r.html")
    text = "6 of 6 label polygons are smaller than a cell"
    assert (text in caplog.text) == said == (text in (tmp_path / "r.html").read_text(encoding="utf-8"))
    assert ("Cells = finest" in caplog.text) == said
