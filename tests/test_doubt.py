"""Where not to trust a map: sets hold the truth as often as they say, and what is unlike all examples is outside."""

from __future__ import annotations

import math
import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("sklearn", reason="needs the engine environment")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine.methods.estimators_doubt import Applicability, nearest_distance  # noqa: E402
from iamap.engine.training.applicability import applicability  # noqa: E402
from iamap.engine.training.conformal import (  # noqa: E402
    coverage_by_block,
    half_width,
    number_coverage_by_block,
    set_sizes,
    threshold,
)
from scipy.spatial.distance import cdist, pdist  # noqa: E402


def classified(random, n, classes=4, spread=1.0):
    """Probabilities of a classifier that is wrong at times, and the truth."""
    y = random.integers(0, classes, n)
    logits = spread * random.normal(size=(n, classes)) + 1.5 * (np.arange(classes) == y[:, None])
    raised = np.exp(1.7 * logits)
    return (raised / raised.sum(1, keepdims=True)).astype(np.float32), y


# --- prediction sets


@pytest.mark.parametrize("n", [30, 200])
@pytest.mark.parametrize("error_rate", [0.05, 0.2])
def test_sets_hold_the_true_class_at_the_stated_rate(n, error_rate):
    random = np.random.default_rng(0)
    held = []
    for _ in range(300):
        probability, y = classified(random, n + 300)
        least = threshold(probability[:n], y[:n], error_rate)
        held.append((probability[n:][np.arange(300), y[n:]] >= least).mean())
    # on average over calibrations: 1 - a at least, and 1 / (n + 1) more at most
    assert 1 - error_rate - 0.01 < np.mean(held) < 1 - error_rate + 1 / (n + 1) + 0.01


def test_intervals_hold_the_number_at_the_stated_rate():
    random = np.random.default_rng(0)
    held = []
    for _ in range(300):
        true, error = random.normal(size=260), random.standard_t(3, 260)
        reach = half_width(true[:60], true[:60] + error[:60], 0.1)
        held.append((np.abs(error[60:]) <= reach).mean())
    assert 0.89 < np.mean(held) < 0.9 + 1 / 61 + 0.01


def test_the_threshold_is_the_order_statistic_of_the_paper():
    probability = np.stack([np.arange(1, 20) / 20, 1 - np.arange(1, 20) / 20], 1)
    # n = 19, a = .1: the 18th smallest of 1 - p, which is the second smallest p
    assert threshold(probability, np.zeros(19, int), 0.1) == pytest.approx(0.1)


def test_too_few_examples_rule_nothing_out(caplog):
    probability, y = classified(np.random.default_rng(0), 18)
    assert threshold(probability, y, 0.05) == 0.0
    assert (set_sizes(probability, 0.0) == 4).all()
    assert half_width(y, y + 1.0, 0.05) == math.inf
    assert "18 examples are too few for an error rate of 0.05, which takes 19" in caplog.text
    assert threshold(np.tile(probability[:1], (19, 1)), np.repeat(y[:1], 19), 0.05) > 0
    with pytest.raises(BadRequest, match="error rate of 0 "):
        threshold(probability, y, 0)


def test_the_likeliest_class_is_always_in_the_set():
    probability = np.array([[0.4, 0.35, 0.25], [0.9, 0.06, 0.04], [np.nan, np.nan, np.nan]], np.float32)
    assert set_sizes(probability, 0.5).tolist() == [1, 1, 0]
    assert set_sizes(probability, 0.3).tolist() == [2, 1, 0]
    assert set_sizes(probability, 0.0).tolist() == [3, 3, 0]
    assert set_sizes(probability, 0.3).dtype == np.uint8


@given(
    seed=st.integers(0, 999), n=st.integers(2, 60), blocks=st.integers(1, 12), error_rate=st.floats(0.02, 0.6),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_coverage_by_block_is_that_of_leaving_each_out_by_hand(seed, n, blocks, error_rate):
    random = np.random.default_rng(seed)
    probability, y = classified(random, n)
    # ties too
    probability = np.round(probability, 1)
    block = random.integers(0, blocks, n) * 5 - 7
    found = coverage_by_block(probability, y, block, error_rate)
    covered, sizes = np.empty(n), np.empty(n)
    for one in np.unique(block):
        own = block == one
        least = threshold(probability[~own], y[~own], error_rate) if not own.all() else 0.0
        inside = (probability[own] >= least) | (probability[own] == probability[own].max(1, keepdims=True))
        covered[own], sizes[own] = inside[np.arange(own.sum()), y[own]], set_sizes(probability[own], least)
        assert found.by_block[found.blocks == one] == pytest.approx(covered[own].mean())
    assert found.share == pytest.approx(covered.mean()) and found.size == pytest.approx(sizes.mean())


def test_measured_coverage_of_numbers_is_near_what_was_asked_for():
    random = np.random.default_rng(0)
    true = random.normal(size=2000)
    found = number_coverage_by_block(true, true + random.normal(size=2000), np.arange(2000) // 20, 0.1)
    assert found.share == pytest.approx(0.9, abs=0.01) and found.size == pytest.approx(2 * 1.645, rel=0.05)
    assert number_coverage_by_block(true[:4], true[:4], np.arange(4), 0.1).size == math.inf


def test_blocks_that_differ_show_that_coverage_is_not_kept():
    random = np.random.default_rng(0)
    easy, y_easy = classified(random, 900, spread=0.2)
    hard, y_hard = classified(random, 100, spread=3)
    found = coverage_by_block(
        np.concatenate([easy, hard]), np.concatenate([y_easy, y_hard]), np.repeat([0, 1, 2], [450, 450, 100]), 0.1
    )
    assert found.by_block[2] < 0.7 < 0.85 < found.by_block[0]


def test_a_million_examples_are_left_out_in_seconds():
    probability, y = classified(np.random.default_rng(0), 1_000_000)
    started = time.perf_counter()
    assert coverage_by_block(probability, y, np.arange(1_000_000), 0.1).share == pytest.approx(0.9, abs=0.002)
    assert time.perf_counter() - started < 10


# --- area of applicability


def examples(seed=0, n=200, bands=30):
    random, mixed = np.random.default_rng(seed), np.random.default_rng(99).normal(size=(5, bands))
    x = (random.normal(size=(n, 5)) @ mixed + 0.3 * random.normal(size=(n, bands))) * 50 + 1000
    return x.astype(np.float32), np.arange(n) % 5


def test_the_index_is_that_of_the_paper():
    x, fold = examples()
    weights = np.random.default_rng(1).random(30)
    found = applicability(x, fold, weights, 0)
    cells = np.concatenate([x[:20] + 30, x[40:60] * 1.2])
    scaled, others = ((part - x.mean(0)) / x.std(0) * weights for part in (x.astype(float), cells.astype(float)))
    typical = pdist(scaled).mean()
    assert found.index(cells) == pytest.approx(cdist(others, scaled).min(1) / typical, abs=2e-4)
    apart = cdist(scaled, scaled)
    apart[fold[:, None] == fold] = np.inf
    index = apart.min(1) / typical
    low, high = np.percentile(index, [25, 75])
    assert found.threshold == pytest.approx(min(high + 1.5 * (high - low), index.max()), abs=2e-4)


def test_examples_are_inside_and_what_is_far_is_outside():
    x, fold = examples()
    found = applicability(x, fold, None, 0)
    assert (found.index(x) == 0).all() and found.inside(x).all()
    far = x.mean(0) + 8 * x.std(0) * np.random.default_rng(0).choice([-1, 1], (50, 30))
    assert not found.inside(far.astype(np.float32)).any()
    more, _ = examples(1, 400)
    assert found.inside(more).mean() > 0.8


def test_cells_that_have_what_no_example_has_are_outside():
    # one new direction, in which examples hardly vary: principal axes of the examples would not see it
    x, fold = examples()
    inner = np.linalg.svd((x - x.mean(0)) / x.std(0), full_matrices=False)[2][-1]
    assert not applicability(x, fold, None, 0).inside((x + 6 * inner * x.std(0)).astype(np.float32)).any()


def test_the_index_grows_with_the_distance():
    x, fold = examples()
    away = [applicability(x, fold, None, 0).index(x + np.float32(step)).mean() for step in (0, 10, 100, 1000)]
    assert away == sorted(away) and away[0] == 0 and away[3] > 5


@given(start=st.integers(0, 300), length=st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_a_cell_has_the_same_index_in_any_batch(start, length):
    x, fold = examples(0, 200)
    near = np.concatenate([x, x + np.float32(1e-2), examples(4, 200)[0]])
    found = applicability(x, fold, None, 0)
    assert np.array_equal(found.index(near)[start : start + length], found.index(near[start : start + length]))


def test_near_twins_are_told_apart():
    # lengths a thousand times the distance: float32 products alone would not find the nearest
    random = np.random.default_rng(0)
    middle = random.normal(size=(1, 50)) * 100
    twins = (middle + random.normal(0, 0.05, (300, 50))).astype(np.float32)
    cells = (middle + random.normal(0, 0.05, (500, 50))).astype(np.float32)
    assert nearest_distance(cells, twins) == pytest.approx(
        cdist(cells.astype(float), twins.astype(float)).min(1), rel=1e-4
    )


def test_bands_without_weight_do_not_count():
    x, fold = examples()
    weights = np.ones(30)
    weights[7], weights[8] = 0, -0.2
    found = applicability(x, fold, weights, 0)
    changed = x.copy()
    changed[:, [7, 8]] += 1e4
    assert (found.index(changed) == 0).all()
    flat = x.copy()
    flat[:, 3] = 5
    assert np.isfinite(applicability(flat, fold, None, 0).index(x)).all()


def test_weights_that_say_nothing_count_as_equal():
    x, fold = examples()
    even = applicability(x, fold, None, 0).index(x + 20)
    assert np.array_equal(applicability(x, fold, np.zeros(30), 0).index(x + 20), even)
    assert np.array_equal(applicability(x, fold, np.full(30, 3.0), 0).index(x + 20), even)


def test_folds_that_keep_neighbours_together_allow_more():
    random = np.random.default_rng(0)
    heap = np.arange(300) // 10
    x = (random.normal(size=(30, 8))[heap] + 0.1 * random.normal(size=(300, 8))).astype(np.float32)
    by_heap = applicability(x, heap % 5, None, 0).threshold
    assert by_heap > 3 * applicability(x, np.arange(300) % 5, None, 0).threshold


def test_without_folds_random_ones_are_taken():
    x, _ = examples()
    found = applicability(x, None, None, 3)
    assert found.threshold == applicability(x, None, None, 3).threshold
    assert found.threshold == pytest.approx(applicability(x, np.arange(200), None, 3).threshold, rel=0.1)


def test_missing_features_give_nan():
    x, fold = examples()
    cells = x[:4].copy()
    cells[1, 2], cells[3, 0] = np.nan, np.inf
    found = applicability(x, fold, None, 0)
    assert np.isnan(found.index(cells)).tolist() == [False, True, False, True]
    assert found.index(cells).dtype == np.float32 and not found.inside(cells)[1]
    assert found.index(x[:0]).shape == (0,)


def test_examples_that_are_all_the_same_don_t_fail(caplog):
    found = applicability(np.ones((6, 3), np.float32), np.arange(6) % 2, None, 0)
    assert found.threshold == 0 and found.inside(np.ones((2, 3), np.float32)).all()
    assert "all examples are the same" in caplog.text
    with pytest.raises(ValueError, match="one fold"):
        applicability(np.ones((6, 3), np.float32), np.zeros(6, int), None, 0)


def test_many_examples_are_thinned_and_every_fold_stays():
    x, fold = examples(0, 3000)
    fold = np.where(np.arange(3000) == 17, 1, 0)
    found = applicability(x, fold, None, 5, most=100)
    again = applicability(x, fold, None, 5, most=100)
    assert len(found.examples) == 100 and np.array_equal(found.examples, again.examples)
    assert found.index(x[17:18]) == 0


def test_it_is_saved_and_read():
    skops = pytest.importorskip("skops.io", reason="needs skops, of the engine environment")
    x, fold = examples()
    found = applicability(x, fold, None, 0)
    content = skops.dumps(found)
    name = f"{Applicability.__module__}.Applicability"
    assert skops.get_untrusted_types(data=content) == [name]
    again = skops.loads(content, trusted=[name])
    assert np.array_equal(again.index(x + 9), found.index(x + 9)) and again.threshold == found.threshold


def test_a_raster_takes_seconds():
    random = np.random.default_rng(0)
    x = random.normal(size=(1000, 384)).astype(np.float32)
    found = applicability(x, np.arange(1000) % 5, None, 0)
    cells = random.normal(size=(40_000, 384)).astype(np.float32)
    started = time.perf_counter()
    found.index(cells)
    # a tenth of a raster of 632 x 632 cells
    assert time.perf_counter() - started < 6
