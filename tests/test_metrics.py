"""Figures are what scikit-learn and the papers say, and intervals hold the truth as often as they claim."""

from __future__ import annotations

import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
metrics = pytest.importorskip("sklearn.metrics", reason="needs the engine environment")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine.training.area_estimates import area_estimates, from_counts  # noqa: E402
from iamap.engine.training.bootstrap import FEW_BLOCKS, difference, intervals  # noqa: E402
from iamap.engine.training.metrics import classification, regression  # noqa: E402

NAMES = ["water", "forêt", "草", "town", "never"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60))
@settings(max_examples=100, deadline=None)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_figures_of_classes_are_those_of_scikit_learn(pairs):
    true, predicted = np.array(pairs).T
    found = classification(true, predicted, NAMES)
    used = np.unique(np.concatenate([true, predicted]))
    assert np.array_equal(found.confusion, metrics.confusion_matrix(true, predicted, labels=range(5)))
    assert found.figures["overall accuracy"] == pytest.approx(metrics.accuracy_score(true, predicted))
    assert found.figures["balanced accuracy"] == pytest.approx(metrics.balanced_accuracy_score(true, predicted))
    if len(used) > 1:
        assert found.figures["kappa"] == pytest.approx(metrics.cohen_kappa_score(true, predicted), nan_ok=True)
    assert found.figures["macro-F1"] == pytest.approx(metrics.f1_score(true, predicted, average="macro"))
    each = metrics.precision_recall_fscore_support(true, predicted, labels=used, zero_division=np.nan)
    assert found.precision[used] == pytest.approx(each[0], nan_ok=True)
    assert found.recall[used] == pytest.approx(each[1], nan_ok=True)
    assert found.iou[used] == pytest.approx(metrics.jaccard_score(true, predicted, labels=used, average=None))
    assert np.isnan(found.f1[4]) and np.isnan(found.iou[4]) and np.isnan(found.recall[4])


def test_weights_count_as_often_as_they_say():
    random = np.random.default_rng(0)
    true, predicted, weight = random.integers(0, 4, (3, 50))
    found = classification(true, predicted, NAMES, weight)
    again = classification(true.repeat(weight), predicted.repeat(weight), NAMES)
    assert found.figures == pytest.approx(again.figures) and found.n == weight.sum()


def test_a_class_out_of_range_is_an_error():
    with pytest.raises(ValueError, match="from 0 to 5"):
        classification(np.array([0, 5]), np.array([0, 0]), NAMES)


def test_random_labels_are_at_chance():
    true, predicted = np.random.default_rng(0).integers(0, 4, (2, 40_000))
    found = classification(true, predicted, NAMES).figures
    assert abs(found["kappa"]) < 0.02 and abs(found["balanced accuracy"] - 0.25) < 0.02


def test_figures_of_numbers_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    true = random.normal(1e6, 1, 300)
    predicted = true + random.normal(0.3, 0.5, 300)
    found = regression(true, predicted)
    assert found.n == 300
    assert found.figures["R²"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-6)
    assert found.figures["RMSE"] == pytest.approx(np.sqrt(metrics.mean_squared_error(true, predicted)))
    assert found.figures["MAE"] == pytest.approx(metrics.mean_absolute_error(true, predicted))
    assert found.figures["bias"] == pytest.approx((predicted - true).mean())
    assert np.isnan(regression(np.full(5, 0.1), np.arange(5.0)).figures["R²"])


# --- intervals


def by_hand(true, predicted, block, draws, measure):
    """95 % of what whole blocks, drawn with replacement, give."""
    random, names = np.random.default_rng(9), np.unique(block)
    members = {name: np.flatnonzero(block == name) for name in names}
    found = []
    for _ in range(draws):
        drawn = np.concatenate([members[name] for name in random.choice(names, len(names))])
        found.append(measure(true[drawn], predicted[drawn]))
    return np.nanpercentile(found, [2.5, 97.5])


def blocks_of_classes(seed, blocks=40, each=20):
    """Classes whose error depends on the block."""
    random = np.random.default_rng(seed)
    block = np.arange(blocks).repeat(each)
    true = random.integers(0, 3, len(block))
    wrong = random.random(len(block)) < random.beta(1, 3, blocks)[block]
    return true, np.where(wrong, random.integers(0, 3, len(block)), true), block * 11 - 50


def test_intervals_are_those_of_drawing_blocks_by_hand():
    true, predicted, block = blocks_of_classes(0)
    found = intervals(true, predicted, block, NAMES, draws=1500)
    assert found["overall accuracy"] == pytest.approx(
        by_hand(true, predicted, block, 1000, metrics.accuracy_score), abs=0.01
    )
    assert found["kappa"] == pytest.approx(by_hand(true, predicted, block, 600, metrics.cohen_kappa_score), abs=0.02)
    assert found.per_class["recall"].shape == (5, 2) and np.isnan(found.per_class["recall"][4]).all()
    assert (np.diff(found.per_class["f1"][:3], axis=1) > 0).all()
    assert found.blocks == 40 and not found.few


@pytest.mark.parametrize("blocks", [50, 25_000])
def test_intervals_of_numbers_are_those_of_drawing_blocks_by_hand(blocks):
    random = np.random.default_rng(1)
    block = np.arange(blocks).repeat(2)
    true = random.normal(5, 2, len(block))
    predicted = true + random.normal(0.2, 1, blocks)[block] + random.normal(0, 0.3, len(block))
    found = intervals(true, predicted, block, draws=1500)
    assert set(found) == {"R²", "RMSE", "MAE", "bias"} and found.per_class == {}
    if blocks == 50:
        low, high = by_hand(true, predicted, block, 800, metrics.r2_score)
        assert found["R²"] == pytest.approx((low, high), abs=0.12 * (high - low))
    means = (predicted - true).reshape(-1, 2).mean(1)
    wide = 2 * 1.96 * means.std() / blocks**0.5
    assert np.ptp(found["bias"]) == pytest.approx(wide, rel=0.12)


def test_intervals_hold_the_truth_as_often_as_they_say():
    # by block, an error rate from Beta(1, 3), of which one in three is right by luck
    truth, held, narrow = 1 - 0.25 * 2 / 3, 0, 0
    for seed in range(150):
        true, predicted, block = blocks_of_classes(seed + 10)
        low, high = intervals(true, predicted, block, NAMES, draws=400, seed=seed)["overall accuracy"]
        held += low <= truth <= high
        low, high = intervals(true, predicted, np.arange(len(true)), NAMES, draws=400, seed=seed)["overall accuracy"]
        narrow += low <= truth <= high
    assert 0.88 * 150 <= held and narrow < 0.8 * 150


def test_the_same_seed_gives_the_same_intervals():
    true, predicted, block = blocks_of_classes(2)
    assert intervals(true, predicted, block, NAMES, seed=3) == intervals(true, predicted, block, NAMES, seed=3)
    assert intervals(true, predicted, block, NAMES, seed=3) != intervals(true, predicted, block, NAMES, seed=4)


def test_few_blocks_are_told():
    true, predicted, _ = blocks_of_classes(0)
    assert intervals(true, predicted, np.arange(800) % (FEW_BLOCKS - 1), NAMES).few
    one = intervals(true, predicted, np.zeros(800, int), NAMES)
    assert one.few and all(high - low > 0.4 for low, high in one.values()), "one block tells next to nothing"


@given(st.integers(1, 12), st.integers(1, 30), st.sampled_from([0, 1]))
@settings(max_examples=40, deadline=None)
def test_blocks_that_are_all_right_do_not_make_it_sure(blocks, cells, wrong):
    block = np.arange(blocks).repeat(cells)
    true = block % 2
    predicted = true ^ wrong
    found = intervals(true, predicted, block, NAMES, draws=50)
    low, high = found["overall accuracy"]
    # Wilson's ends of as many right, or wrong, trials as there are blocks: z² / (n + z²) from the end
    far = 1.96**2 / (blocks + 1.96**2)
    assert (low, high) == pytest.approx((0, far) if wrong else (1 - far, 1), abs=1e-3)
    for name in ("recall", "precision", "f1", "iou"):
        ends = found.per_class[name][:2]
        assert np.isnan(ends).any() or (np.diff(ends, axis=1) > 0.2).all()
    assert np.diff(found["balanced accuracy"]) > 0 and np.diff(found["macro-F1"]) > 0


@pytest.mark.parametrize("blocks", [3, 4, 6])
def test_intervals_of_few_blocks_hold_the_truth(blocks):
    truth, classes, numbers = 1 - 0.25 * 2 / 3, 0, 0
    for seed in range(120):
        true, predicted, block = blocks_of_classes(seed, blocks)
        low, high = intervals(true, predicted, block, NAMES, draws=200, seed=seed)["overall accuracy"]
        classes += low <= truth <= high
        random = np.random.default_rng(seed)
        value = random.normal(5, 2, len(block))
        off = random.normal(0.3, 1, blocks).repeat(20) + random.normal(0, 1, len(block))
        low, high = intervals(value, value + off, block, draws=200, seed=seed)["bias"]
        numbers += low <= 0.3 <= high
    assert classes >= 0.85 * 120 and numbers >= 0.88 * 120


def test_weights_of_intervals_count_as_often_as_they_say():
    true, predicted, block = blocks_of_classes(5, 12)
    weight = np.random.default_rng(0).integers(1, 4, len(true)).astype(float)
    found = intervals(true, predicted, block, NAMES, weight=weight)
    again = intervals(*(part.repeat(weight.astype(int)) for part in (true, predicted, block)), NAMES)
    for name in found:
        assert found[name] == pytest.approx(again[name], abs=0.02)


@pytest.mark.parametrize("classes", [3, 0])
def test_a_difference_is_that_of_the_figures_and_one_of_luck_holds_nothing(classes):
    held, main = 0, "balanced accuracy" if classes else "MAE"
    block, weight = np.arange(15).repeat(20), np.ones(300)
    for seed in range(20):
        random = np.random.default_rng(seed)
        true = random.integers(0, 3, 300)
        two, other = (np.where(random.random(300) < 0.6, true, random.integers(0, 3, 300)) for _ in range(2))
        low, gain, high = difference((true, two, block, weight), (true, other, block, weight), classes, main, 300, seed)
        judged = [classification(true, p, NAMES[:3]) if classes else regression(true, p) for p in (two, other)]
        assert gain == pytest.approx(judged[1].figures[main] - judged[0].figures[main])
        held += low <= 0 <= high
    assert held >= 17


def test_one_block_tells_nothing_of_numbers():
    found = intervals(np.arange(9.0), np.arange(9.0) + 1, np.zeros(9, int))
    assert found.few and np.isnan([*found.values()]).all()


@pytest.mark.parametrize("blocks", [200, 100_000])
def test_a_hundred_thousand_examples_take_seconds(blocks):
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 12, (2, 100_000))
    started = time.perf_counter()
    low, high = intervals(true, predicted, np.arange(100_000) % blocks, [*"abcdefghijkl"])["overall accuracy"]
    assert time.perf_counter() - started < 10
    assert high - low == pytest.approx(2 * 1.96 * (11 / 144 / 1e5) ** 0.5, rel=0.2)


# --- areas from a probability sample


def test_the_example_of_olofsson_is_reproduced():
    # table 8 of Olofsson et al. (2014); areas in pixels
    counts = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
    found = from_counts(counts, np.array([200_000, 150_000, 3_200_000, 6_450_000]), ["loss", "gain", "forest", "other"])
    loss = found.areas[0]
    assert loss.value == pytest.approx(235_086, abs=1) and 1.96 * loss.error == pytest.approx(68_418, abs=5)
    # ± of the text, two digits
    assert found.overall.value == pytest.approx(0.95, abs=0.005)
    assert 1.96 * found.overall.error == pytest.approx(0.02, abs=0.005)
    assert [round(one.value, 2) for one in found.users] == [0.88, 0.73, 0.93, 0.96]
    assert [round(1.96 * one.error, 2) for one in found.users] == [0.07, 0.10, 0.04, 0.02]
    assert [round(one.value, 2) for one in found.producers] == [0.75, 0.85, 0.93, 0.96]
    assert found.proportions.sum() == pytest.approx(1) and found.total == 10_000_000
    assert found.mapped == pytest.approx([200_000, 150_000, 3_200_000, 6_450_000])
    assert sum(one.value for one in found.areas) == pytest.approx(found.total) and found.notes == []


def test_the_example_of_stehman_is_reproduced():
    # table 2 of Stehman (2014): strata that are not the classes of the map
    stratum = np.arange(4).repeat(10)
    mapped = np.array([*"AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD"]).view(np.int32) - ord("A")
    reference = np.array([*"AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB"]).view(np.int32) - ord("A")
    found = area_estimates(mapped, reference, stratum, np.array([40_000, 30_000, 20_000, 10_000]), ["A", "B", "C", "D"])
    assert (found.areas[0].value, found.areas[2].value) == pytest.approx((35_000, 20_000))
    assert found.areas[0].error == pytest.approx(8_200, abs=60) and found.areas[2].error == pytest.approx(6_400, abs=60)
    assert found.overall.value == pytest.approx(0.63) and found.overall.error == pytest.approx(0.085, abs=0.0006)
    assert found.users[1].value == pytest.approx(0.574, abs=0.0006)
    assert found.users[1].error == pytest.approx(0.125, abs=0.0012)
    assert found.producers[1].value == pytest.approx(0.794, abs=0.0006)


@pytest.mark.parametrize("strata", ["classes", "others"])
def test_areas_lie_in_their_intervals_as_often_as_they_say(strata):
    random = np.random.default_rng(0)
    n = 60_000
    reference = random.choice(3, n, p=[0.15, 0.35, 0.5])
    mapped = np.where(random.random(n) < 0.25, random.choice(3, n), reference)
    stratum = mapped if strata == "classes" else (random.random(n) * 3 + 0.7 * (reference == 0)).astype(int)
    sizes = np.bincount(stratum)
    members = [np.flatnonzero(stratum == i) for i in range(len(sizes))]
    truth = np.bincount(reference)
    hits = reference == mapped
    held = np.zeros(10)
    for _ in range(400):
        drawn = np.concatenate([random.choice(one, 200, replace=False) for one in members])
        found = area_estimates(mapped[drawn], reference[drawn], stratum[drawn], sizes, ["a", "b", "c"])
        true = [*truth, *np.bincount(reference[hits]) / truth, *np.bincount(mapped[hits]) / np.bincount(mapped)]
        said = [*found.areas, *found.producers, *found.users, found.overall]
        held += [one.low <= value <= one.high for one, value in zip(said, [*true, hits.mean()])]
    # ratios of rare classes are a little skewed
    assert (held / 400 > 0.89).all() and 0.93 < held.mean() / 400 < 0.98


def test_strata_without_enough_samples_are_told():
    counts = np.array([[8, 2, 0], [0, 1, 0], [0, 0, 0]])
    found = from_counts(counts, np.array([60.0, 30.0, 10.0]), ["a", "b", "c"])
    assert any("stratum c, 10.0% of the area, has no sample" in note for note in found.notes)
    assert any("stratum b has one sample" in note for note in found.notes)
    assert found.total == 90 and np.isnan(found.overall.error) and np.isnan(found.areas[0].low)
    # what the lonely sample can't change is known
    assert found.users[0].value == 0.8 and found.users[0].error == pytest.approx((0.16 / 9) ** 0.5)
    assert np.isnan(found.users[1].error) and np.isnan(found.users[2].value)


def test_a_class_that_is_not_on_the_ground_is_told():
    found = from_counts(np.array([[9, 0], [5, 0]]), np.array([10.0, 20.0]), ["a", "b"])
    assert any("no sample is b on the ground" in note for note in found.notes)
    assert found.users[1].value == 0 and np.isnan(found.producers[1].value)


def test_samples_that_fit_no_stratum_are_a_sentence():
    two = np.array([0, 1])
    for stratum, sizes, words in [
        (np.array([0, 2]), [1, 1], "samples are of stratum 2"),
        (two, [1, 0], "stratum 1, which has no area"),
        (two, [1, np.nan], "stratum 1 has the size nan"),
    ]:
        with pytest.raises(BadRequest, match=words):
            area_estimates(two, two, stratum, np.array(sizes), ["a", "b"])
    with pytest.raises(BadRequest, match="sample is empty"):
        area_estimates(two[:0], two[:0], two[:0], np.array([1.0]), ["a", "b"])
