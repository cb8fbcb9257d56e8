"""The tiling of rasters: every wanted cell is shared out exactly, whatever the sizes."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")

from hypothesis import assume, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine.plan import make_plan, snap  # noqa: E402

BLENDINGS = ("window", "central crop", "none")
settings.register_profile("quick", max_examples=120, deadline=None)
settings.load_profile("quick")


@st.composite
def plans(draw):
    """Any plan a user can ask for."""
    patch = draw(st.sampled_from([1, 7, 8, 14, 16]))
    per_tile = draw(st.integers(1, 14))
    width, height = draw(st.integers(1, 700)), draw(st.integers(1, 700))
    window = None
    if draw(st.booleans()):
        left, top = draw(st.floats(-50, width - 0.5)), draw(st.floats(-50, height - 0.5))
        right, bottom = left + draw(st.floats(0.5, 900)), top + draw(st.floats(0.5, 900))
        if right > 0.5 and bottom > 0.5:
            window = (left, top, right, bottom)
    finer = st.sampled_from([{"enlarge": 1.5}, *({way: n} for way in ("enlarge", "shifts") for n in (1, 2, 3, 4))])
    chosen = draw(finer)
    assume(chosen.get("shifts", 1) <= patch)
    return make_plan(
        width, height, tile=patch * per_tile, patch=patch, **chosen,
        overlap=draw(st.floats(0, 0.9)), blending=draw(st.sampled_from(BLENDINGS)), window=window,
    )  # fmt: skip


@given(plans())
def test_weights_of_every_wanted_cell_sum_to_one(plan):
    for axis in (plan.rows, plan.cols):
        total = np.zeros(max(axis.total, axis.starts[-1] + axis.per_tile))
        for start, weights in zip(axis.starts, axis.weights):
            total[start : start + axis.per_tile] += weights
        np.testing.assert_allclose(total[axis.first : axis.stop], 1, atol=1e-6)
        assert total[: axis.first].max(initial=0) == 0 and total[axis.stop :].max(initial=0) == 0


@given(plans())
def test_a_tile_covers_what_is_fed(plan):
    assert plan.enlarge * plan.side == pytest.approx(plan.tile)
    assert plan.shifts == 1 or plan.side == pytest.approx(plan.tile)


@given(plans())
def test_tiles_start_within_the_raster_and_stay_there_where_it_is_large_enough(plan):
    for axis in (plan.rows, plan.cols):
        assert all(0 <= start for start in axis.starts)
        assert axis.starts == sorted(set(axis.starts))
        if axis.total >= axis.per_tile:
            assert axis.starts[-1] + axis.per_tile <= axis.total
        else:
            assert axis.starts == [0]


@given(plans())
def test_neighbouring_tiles_share_at_least_the_overlap(plan):
    for axis in (plan.rows, plan.cols):
        assert all(b - a <= axis.per_tile - axis.overlap for a, b in zip(axis.starts, axis.starts[1:]))


@given(plans())
def test_only_one_tile_counts_in_a_cell_without_window_blending(plan):
    for axis in (plan.rows, plan.cols):
        if axis.blending != "window":
            assert set(np.unique(axis.weights)) <= {0, 1}


@given(plans())
def test_weight_of_a_tile_is_the_product_of_its_row_and_column(plan):
    # Every tile's weights are added up: large plans take minutes.
    assume(len(plan.tiles) * plan.per_tile**2 < 1_000_000)
    total = np.zeros((plan.rows.total + plan.per_tile, plan.cols.total + plan.per_tile))
    for tile in plan.tiles:
        total[tile.row : tile.row + plan.per_tile, tile.col : tile.col + plan.per_tile] += plan.weight(tile)
    assert np.isclose(total.sum(), plan.out_width * plan.out_height, rtol=1e-5)


@given(
    st.floats(-1000, 1000), st.floats(0.1, 1000), st.sampled_from([1, 4, 16 / 3, 8, 14, 16]), st.integers(1, 900)
)  # fmt: skip
def test_a_range_is_enlarged_to_whole_cells_and_clipped_to_the_raster(low, length, cell, pixels):
    high = low + length
    first, stop = snap(low, high, cell, pixels)
    total = -(-pixels // cell)
    assert 0 <= first and stop <= max(1, total + 1e-6)
    if stop > first:
        inside = max(low, 0), min(high, pixels)
        assert first * cell <= inside[0] + 1e-4 * cell and inside[1] <= stop * cell + 1e-4 * cell
        assert inside[0] < (first + 1) * cell + 1e-4 * cell and inside[1] > (stop - 1) * cell - 1e-4 * cell


def test_a_cell_that_begins_where_the_extent_ends_is_not_taken():
    assert snap(16, 48, 16, 100) == (1, 3)
    assert snap(16.00001, 47.99999, 16, 100) == (1, 3)
    assert snap(15.9, 48.1, 16, 100) == (0, 4)
    assert snap(-50, 500, 16, 100) == (0, 7)


def test_an_extent_outside_the_raster_is_refused():
    for window in ((200, 0, 300, 50), (-90, 0, -10, 50), (0, 120, 50, 130)):
        with pytest.raises(BadRequest, match="which is no cell of the raster"):
            make_plan(100, 100, tile=64, patch=16, window=window)


def test_a_tile_that_is_no_multiple_of_the_patch_is_refused_and_the_nearest_named():
    with pytest.raises(BadRequest, match=r"tile = 224 is not a multiple of the patch, 15 pixels: 225 is"):
        make_plan(500, 500, tile=224, patch=15)
