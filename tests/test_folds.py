"""Folds: nothing that belongs together is split, classes are spread, and blocks are as large as features are alike."""

from __future__ import annotations

import logging
import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("sklearn", reason="needs the engine environment")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine.training.folds import (  # noqa: E402
    block_folds,
    given_folds,
    joined_groups,
    random_folds,
    scene_folds,
)
from iamap.engine.training.variogram import CAP, practical_range  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402
from scipy.signal import fftconvolve  # noqa: E402


def labels(seed, n, groups, classes=3, extent=1000.0):
    """Places, groups (all of a group near each other) and classes of *n* examples."""
    random = np.random.default_rng(seed)
    group = random.integers(0, groups, n) * 7 - 3
    middle = random.random((groups, 2)) * extent
    xy = middle[(group + 3) // 7] + random.normal(0, extent / 50, (n, 2))
    return xy, group, random.integers(0, classes, n)


def within(inner, outer):
    """Whether no part of *inner* is in two parts of *outer*."""
    pairs = np.unique(np.stack([inner, outer], 1), axis=0)
    return len(pairs) == len(np.unique(inner))


cases = given(
    seed=st.integers(0, 999), n=st.integers(2, 80), groups=st.integers(2, 30), count=st.integers(2, 8),
    size=st.floats(1, 5000), numbers=st.booleans(),
)  # fmt: skip


@cases
@settings(max_examples=150, deadline=None)
def test_folds_never_split_groups_or_blocks(seed, n, groups, count, size, numbers):
    xy, group, y = labels(seed, n, groups)
    y = y + 0.5 if numbers else y
    if len(np.unique(group)) < 2:
        return
    for folds in (block_folds(xy, group, y, count, size, seed), random_folds(group, y, count, seed)):
        assert within(group, folds.number) and within(group, folds.block) and within(folds.block, folds.number)
        assert sorted(np.unique(folds.number)) == list(range(folds.count))
        assert folds.count == min(count, len(np.unique(group)))
        assert folds.blocks == len(np.unique(folds.block)) and folds.block.min() == 0
        tested = sum(held.astype(int) for _, held in folds.parts())
        assert (tested == 1).all() and all(((learnt ^ held).all() and learnt.any()) for learnt, held in folds.parts())


@cases
@settings(max_examples=60, deadline=None)
def test_the_order_of_examples_does_not_matter(seed, n, groups, count, size, numbers):
    xy, group, y = labels(seed, n, groups)
    y = np.random.default_rng(seed).normal(size=n) if numbers else y
    if len(np.unique(group)) < 2:
        return
    turned = np.random.default_rng(seed + 1).permutation(n)
    for make in (
        lambda o: block_folds(xy[o], group[o], y[o], count, size, seed),
        lambda o: random_folds(group[o], y[o], count, seed),
    ):
        straight, other = make(np.arange(n)), make(turned)
        assert np.array_equal(straight.number[turned], other.number)
        assert np.array_equal(straight.block[turned], other.block)


def test_classes_are_spread_over_folds():
    # 60 blocks of one class each, and a rare class in 5 of them
    random = np.random.default_rng(0)
    block = np.repeat(np.arange(60), 10)
    xy = np.stack([block % 10, block // 10], 1) * 100 + 20 + random.random((600, 2)) * 60
    y = np.where(block % 12 == 0, 2, block % 2)
    folds = block_folds(xy, np.arange(600), y, 5, 100, 0)
    assert folds.blocks == 60 and folds.size == 100 and folds.way == "blocks"
    table = np.stack([np.bincount(y[held], minlength=3) for _, held in folds.parts()])
    assert (table[:, 2] == 10).all() and np.ptp(table[:, 0]) <= 10 and np.ptp(table[:, 1]) <= 10
    assert folds.lonely(y) == []


def test_terciles_of_values_are_spread_over_folds():
    random = np.random.default_rng(1)
    values = np.repeat(random.normal(size=90), 4)
    folds = random_folds(np.repeat(np.arange(90), 4), values, 5, 0)
    means = [values[held].mean() for _, held in folds.parts()]
    assert np.ptp(means) < 0.5


def test_another_seed_shares_out_otherwise():
    xy, group, y = labels(0, 300, 60)
    assert not np.array_equal(block_folds(xy, group, y, 5, 100, 0).number, block_folds(xy, group, y, 5, 100, 1).number)


def test_examples_of_one_block_are_near_and_of_others_may_be_far():
    xy, _, y = labels(0, 500, 100)
    folds = block_folds(xy, np.arange(500), y, 5, 250, 0)
    for block in range(folds.blocks):
        assert np.ptp(xy[folds.block == block], axis=0).max() <= 250 * 1.001


def test_blocks_are_halved_until_there_are_enough(caplog):
    xy, group, y = labels(3, 200, 40)
    folds = block_folds(xy, group, y, 5, 1e5, 0)
    assert folds.count == 5 and folds.blocks >= 5
    assert folds.size < 2000 and np.log2(1e5 / folds.size) == round(np.log2(1e5 / folds.size))
    assert "would be fewer than the 5 folds" in caplog.text


def test_groups_at_one_place_are_blocks_each(caplog):
    folds = block_folds(np.zeros((6, 2)), np.arange(6) // 2, np.zeros(6, int), 3, 10, 0)
    assert folds.way == "groups" and folds.blocks == 3 and folds.count == 3 and folds.size is None
    assert "fewer places than folds" in caplog.text


def test_fewer_groups_than_folds_make_fewer_folds(caplog):
    caplog.set_level(logging.WARNING)
    xy = np.array([[0.0, 0], [1, 1], [500, 0], [900, 900]])
    assert block_folds(xy, np.array([0, 0, 1, 2]), np.zeros(4, int), 5, 100, 0).count == 3
    assert "3 labels make 3 folds, not 5" in caplog.text


def test_one_label_is_a_sentence():
    with pytest.raises(BadRequest, match="one label only"):
        block_folds(np.zeros((4, 2)), np.ones(4, int), np.zeros(4, int), 5, 10, 0)
    with pytest.raises(BadRequest, match="one label only"):
        random_folds(np.ones(4, int), np.zeros(4, int), 5, 0)
    with pytest.raises(BadRequest, match="blocks of 0 m"):
        block_folds(np.zeros((4, 2)), np.arange(4), np.zeros(4, int), 2, 0, 0)


def test_a_class_in_one_fold_is_named():
    folds = given_folds(np.array([5, 5, 9, 9, 9]), np.arange(5))
    assert folds.number.tolist() == [0, 0, 1, 1, 1] and folds.count == 2
    assert folds.lonely(np.array([0, 1, 0, 3, 3])) == [1, 3]
    assert folds.lonely(np.array([0.5, 1, 0, 3, 3])) == []


def test_given_folds_that_split_a_label_are_a_sentence():
    with pytest.raises(BadRequest, match=r"1 of 2 labels are in two folds, the first in 1 and 4"):
        given_folds(np.array([1, 4, 4]), np.array([8, 8, 9]))
    with pytest.raises(BadRequest, match="all labels are in fold 3"):
        given_folds(np.array([3, 3]), np.array([0, 1]))


def test_scenes_are_held_out_whole():
    xy, group, _ = labels(0, 300, 60)
    scene = np.abs(group) % 3
    folds = scene_folds(scene, xy, group, 200.0)
    assert folds.count == 3 and within(scene, folds.number) and within(folds.number, scene)
    assert within(group, folds.block) and within(folds.block, folds.number) and folds.blocks > 30
    assert scene_folds(scene, xy, group, None).blocks == len(np.unique(group))


def test_scenes_that_share_a_label_are_held_out_together():
    scene, group = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 3])
    assert scene_folds(scene, np.zeros((5, 2)), group, None).number.tolist() == [0, 0, 0, 0, 1]
    with pytest.raises(BadRequest, match="share labels"):
        scene_folds(scene[:4], np.zeros((4, 2)), group[:4], None)
    with pytest.raises(BadRequest, match="one scene"):
        scene_folds(np.zeros(4, int), np.zeros((4, 2)), group[:4], None)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_groups_that_share_a_cell_are_one(pairs):
    group, cell = np.array(pairs).T
    joined = joined_groups(group, cell)
    assert within(group, joined) and within(cell, joined)
    # no more is joined than must be: grow from each group by hand
    for start in np.unique(group):
        members, before = {start}, set()
        while members != before:
            before = set(members)
            members |= set(group[np.isin(cell, cell[np.isin(group, list(members))])].tolist())
        assert set(group[joined == joined[group == start][0]].tolist()) == members
        assert joined[group == start][0] == min(members)


def test_a_million_labels_take_seconds():
    random = np.random.default_rng(0)
    n = 1_000_000
    group, y, xy = np.arange(n), random.integers(0, 12, n), random.random((n, 2)) * 1e5
    started = time.perf_counter()
    joined = joined_groups(group, random.integers(0, n, n))
    folds = [random_folds(joined, y, 5, 0), block_folds(xy, joined, y, 5, 1000, 0)]
    assert time.perf_counter() - started < 20
    for one in folds:
        table = np.stack([np.bincount(y[held]) for _, held in one.parts()])
        assert (np.ptp(table, axis=0) < 0.02 * table.mean(0)).all()


# --- how far features are alike


def drawn_cells(fields, n, seed=0, cell=10.0):
    rows, cols = fields[0].shape
    place = np.random.default_rng(seed).integers(0, rows * cols, n)
    return np.stack([field.ravel()[place] for field in fields], 1), np.stack([place % cols, place // cols], 1) * cell


def disc_fields(radius, seed, side=300, bands=4):
    """Noise smoothed by a disc: alike up to its diameter, and no farther."""
    random, r = np.random.default_rng(seed), int(radius)
    disc = np.hypot(*np.mgrid[-r : r + 1, -r : r + 1]) <= r
    made = [fftconvolve(random.normal(size=(side + 2 * r,) * 2), disc, "same")[r:-r, r:-r] for _ in range(bands)]
    return [field / field.std() * 10.0**i for i, field in enumerate(made)]


@pytest.mark.parametrize("radius", [5, 8, 20])
@pytest.mark.parametrize("n", [500, 3000])
def test_the_range_of_a_field_is_found(radius, n):
    found = practical_range(*drawn_cells(disc_fields(radius, radius), n), 0)
    assert 20 * radius / 1.5 < found < 20 * radius * 1.5


def test_the_range_of_a_smooth_field_with_noise_is_found():
    random = np.random.default_rng(0)
    smooth = [gaussian_filter(random.normal(size=(300, 300)), 6) for _ in range(3)]
    fields = [field / field.std() + random.normal(0, 0.5, field.shape) for field in smooth]
    # correlation exp(-h² / 4 σ²) is .05 at √12 σ
    assert 60 * 12**0.5 / 1.5 < practical_range(*drawn_cells(fields, 2000), 0) < 60 * 12**0.5 * 1.5


def test_white_noise_has_no_range():
    random = np.random.default_rng(0)
    found = []
    for n in (2000, 400, 400, 100, 100, 100, 50, 50, 50, 50):
        found.append(practical_range(random.normal(size=(n, 5)), random.random((n, 2)) * 1000, 0))
    assert sum(one is not None and one > 50 for one in found) <= 1


def test_a_trend_gives_the_stated_cap():
    xy = np.random.default_rng(0).random((1000, 2)) * [3000, 4000]
    assert practical_range(xy @ [[1.0, 2], [1, 0]], xy, 0) == pytest.approx(CAP * 5000, rel=0.01)


def test_nothing_to_fit_gives_none():
    random = np.random.default_rng(0)
    assert practical_range(random.normal(size=(5, 3)), random.random((5, 2)), 0) is None
    assert practical_range(np.ones((500, 3)), random.random((500, 2)), 0) is None
    assert practical_range(random.normal(size=(500, 3)), np.ones((500, 2)), 0) is None
    assert practical_range(np.empty((0, 3)), np.empty((0, 2)), 0) is None


def test_units_of_features_do_not_change_the_range():
    x, xy = drawn_cells(disc_fields(8, 5), 1000)
    assert practical_range(x, xy, 0) == pytest.approx(practical_range(x * [1, 1e4, 1e-4, 3] + 7, xy, 0), rel=1e-6)
