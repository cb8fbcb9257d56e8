"""What a newcomer is told who trains on the wrong thing: sentences that name what is at fault."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRaster  # noqa: E402
from iamap.engine.features import no_data, open_features  # noqa: E402
from iamap.engine.rasters import in_short, open_source  # noqa: E402
from iamap.engine.statistics import whole_raster  # noqa: E402
from learning import train  # noqa: E402
from making import context, is_a_sentence, make_raster  # noqa: E402
from stripes import dots, numbers  # noqa: E402

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
