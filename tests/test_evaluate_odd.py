"""Checking a map with odd maps and references: a right result, or a sentence."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from checking import HIGH, WIDE, Evaluate, at, checker, ends, layer, truth, value  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, Cancelled, IamapError  # noqa: E402
from making import context, files, is_a_sentence, make_raster  # noqa: E402


@pytest.fixture
def check(tmp_path):
    """See ``checker``."""
    return checker(tmp_path)


def test_classes_that_only_one_side_has_count_as_wrong_and_are_named(check, tmp_path):
    drawn = np.array([[1, 1, 2, 9]], np.uint8)
    reference = layer(tmp_path / "a.gpkg", at([0] * 4, range(4)), np.array(["1", "swamp", "2", "2"], object))
    for sample in ("as it comes", "random", "by class"):
        found, text = check(drawn, reference, sample=sample, page=True)
        assert value(found, "overall accuracy") == 0.5
        assert "no class for swamp" in text and "No reference is 9" in text


def test_one_class_is_a_result_with_a_warning(check, tmp_path):
    drawn, _ = truth()
    found, text = check(drawn, layer(tmp_path / "a.gpkg", at([1, 5, 9], [1, 5, 9]), np.array([2, 2, 2])), page=True)
    assert value(found, "recall", "2") == pytest.approx((drawn[[1, 5, 9], [1, 5, 9]] == 2).mean())
    assert "All of the reference is 2" in text


def test_classes_as_whole_floats_are_classes(check, tmp_path):
    drawn, real = truth()
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 9), WIDE)
    holes = np.where(np.arange(WIDE) < 5, np.nan, drawn.astype(np.float32))
    found = check(holes, layer(tmp_path / "a.gpkg", at(rows, cols), real[rows, cols].astype(float)))
    kept = cols >= 5
    assert value(found, "compared") == kept.sum()
    assert value(found, "overall accuracy") == pytest.approx((drawn == real)[rows, cols][kept].mean())


def test_a_map_of_very_many_classes_is_checked_by_those_that_are_met(check, tmp_path):
    drawn = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256)
    rows, cols = np.arange(0, 60), np.arange(0, 60)
    real = drawn[rows, cols].astype(int)
    found = check(drawn, layer(tmp_path / "a.gpkg", at(rows, cols), np.where(rows % 2, real, real + 1)))
    assert value(found, "overall accuracy") == 0.5
    with pytest.raises(BadRequest, match="classes, more than the 254"):
        check(drawn, layer(tmp_path / "b.gpkg", at(rows, cols), real), sample="random")
    every = np.arange(256)
    with pytest.raises(BadRequest, match="256 classes, more than the 254"):
        check(drawn, layer(tmp_path / "c.gpkg", at(every, every), drawn[every, every].astype(int)))


def away(tmp_path, drawn):
    return layer(tmp_path / "a.gpkg", at([5000], [5000]), np.array([1]))


def on_nodata(tmp_path, drawn):
    drawn[:9] = 255
    return layer(tmp_path / "a.gpkg", at([1, 2], [3, 4]), np.array([1, 2]))


def other_names(tmp_path, drawn):
    return layer(tmp_path / "a.gpkg", at([1, 2], [3, 4]), np.array(["été", "hiver"], object))


def decimals(tmp_path, drawn):
    return layer(tmp_path / "a.gpkg", at([1, 2], [3, 4]), np.array([1.5, 2]))


@pytest.mark.parametrize(
    ("make", "said"),
    [(away, "no reference lies on"), (on_nodata, "holds no data"), (other_names, "été"), (decimals, "1.5")],
)
def test_a_reference_that_says_nothing_is_refused_in_a_sentence(check, tmp_path, make, said):
    drawn, _ = truth()
    reference = make(tmp_path, drawn)
    with pytest.raises(BadRequest, match=said) as caught:
        check(drawn, reference, {"nodata": 255})
    assert is_a_sentence(caught.value) and caught.value.text
    assert [name for name in files(tmp_path) if name[:2] in ("t.", "r.", "p.")] == []


@pytest.mark.parametrize(
    ("drawn", "kind", "said"),
    [
        (np.full((5, 5), 0.5, np.float32), BadRequest, "decimals, such as 0.5"),
        (np.full((5, 5), 1 << 25, np.uint32), BadRequest, "beyond"),
        (np.full((5, 5), np.nan, np.float32), BadRaster, "no pixel with valid data"),
    ],
)
def test_a_map_that_holds_no_classes_is_refused_in_a_sentence(check, tmp_path, drawn, kind, said):
    with pytest.raises(kind, match=said) as caught:
        check(drawn, layer(tmp_path / "a.gpkg", at([1], [1]), np.array([1])))
    assert is_a_sentence(caught.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "there is no reference"),
        ({"reference": "r"}, "column"),
        ({"reference": "r", "column": "c", "reference_raster": "x"}, "two references"),
        ({"reference": "r", "column": "c", "task": "numbers", "sample": "random"}, "numbers have no areas"),
        ({"reference": "r", "column": "c", "names": "forest = 1"}, "names no value"),
        ({"reference": "r", "column": "c", "blank": "none"}, "blank"),
        ({"reference": "r", "column": "c", "report": None}, "nothing is asked for"),
    ],
)
def test_requests_that_fit_nothing_are_refused_before_the_work(values, said):
    with pytest.raises(IamapError, match=said):
        Evaluate.make({"input": "m.tif", "report": "r.html", **values})


def test_the_report_says_what_cant_be_known_and_names_can_do_no_harm(check, tmp_path):
    drawn, real = truth()
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 30), WIDE)
    words = np.array(["", "<b>a</b>", "$x_", "very long name " * 6], object)[real[rows, cols]]
    check(drawn, layer(tmp_path / "a.gpkg", at(rows, cols), words), page=True, names="1 = <b>a</b>, 2 = $x_, 3 = " + ("very long name " * 6).strip())  # fmt: skip
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "took part in making the map" in page and "<b>" not in page and page.count("data:image/png") == 2


def test_blocks_make_intervals_wider_where_errors_lie_together(check, tmp_path):
    real = np.ones((60, 60), np.uint8)
    drawn = real.copy()
    drawn[:20, :20] = 2
    rows, cols = (axis.ravel() for axis in np.mgrid[0:60:3, 0:60:3])
    reference = layer(tmp_path / "a.gpkg", at(rows, cols), real[rows, cols])
    wide = ends(check(drawn, reference), "overall accuracy")
    asked = ends(check(drawn, reference, block=200), "overall accuracy")
    alone = ends(check(drawn, reference, block=0.001), "overall accuracy")
    assert np.diff(wide) > 1.5 * np.diff(alone) and np.diff(asked) > 2 * np.diff(alone)


def test_the_same_request_gives_the_same_figures(check, tmp_path):
    drawn, real = truth()
    rows, cols = np.divmod(np.arange(0, HIGH * WIDE, 9), WIDE)
    reference = layer(tmp_path / "a.gpkg", at(rows, cols), real[rows, cols])
    assert check(drawn, reference) == check(drawn, reference)


def test_a_cancel_leaves_nothing_behind(tmp_path):
    drawn = make_raster(tmp_path / "map.tif", truth()[0][None])
    reference = layer(tmp_path / "a.gpkg", at([1, 2], [3, 4]), np.array([1, 2]))
    job = Evaluate.make({"input": drawn, "reference": reference, "column": "kind", "report": str(tmp_path / "r.html")})
    with pytest.raises(Cancelled):
        job.run(context(lambda: True))
    assert "r.html" not in " ".join(files(tmp_path))
