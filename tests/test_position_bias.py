"""What an encoder adds to each place within a tile is found and taken off; where there is nothing of it, features stay as they are."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as some  # noqa: E402
from iamap.contract.errors import Cancelled  # noqa: E402
from iamap.contract.partial import journal_path  # noqa: E402
from iamap.engine import feature_raster, position_bias  # noqa: E402
from iamap.engine.position_figures import FOLDS, estimate, told  # noqa: E402
from iamap.engine.position_pattern import Cells, Pattern, Slopes  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import Averager, Encode, context, encode, files, make_raster, read, tag  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

SIDE, DIM = 8, 12


def ground(height, width, seed=0, dim=3):
    """(dim, height, width) float32 of deviation 1: land that varies over some pixels."""
    rng = np.random.default_rng(seed)
    made = np.stack([gaussian_filter(rng.normal(size=(height, width)), 20, mode="wrap") for _ in range(dim)])
    return (made / made.std((1, 2), keepdims=True)).astype(np.float32)


def land(path: Path, height=420, width=380, seed=0, **profile):
    """A raster of such land, 8-bit without 0."""
    values = 128 + 40 * ground(height, width, seed) + np.random.default_rng(seed).normal(0, 4, (3, height, width))
    return make_raster(path, np.clip(values, 1, 255).astype(np.uint8), **profile)


class Leaning(torch.nn.Module):
    """Means of patches seen from twelve sides, and a pattern of the places that is as strong as asked."""

    def __init__(self, strength, slope=0.0):
        super().__init__()
        rng = torch.Generator().manual_seed(3)
        self.mix = torch.nn.Conv2d(3, DIM, 8, 8)
        with torch.no_grad():
            self.mix.weight.copy_(torch.randn(DIM, 3, 1, 1, generator=rng).expand(-1, -1, 8, 8) / 64)
            self.mix.bias.zero_()
        rows = torch.linspace(-1, 1, SIDE)[None, :, None] * torch.randn(DIM, 1, 1, generator=rng)
        bumps = torch.randn(DIM, SIDE, SIDE, generator=rng)
        self.pattern = strength * (rows + 0.5 * (bumps - bumps.mean((1, 2), keepdim=True)))
        self.slope = slope * torch.linspace(-1, 1, SIDE)[None, None, :] * torch.randn(DIM, 1, 1, generator=rng)

    def forward(self, images):
        """(n, 3, 64, 64) to (n, 12, 8, 8)."""
        found = self.mix(images)
        return found + self.pattern + self.slope * found[:, :1]


class Leaner(Averager):
    """A card around it; it needs a model, so that nobody takes it for an encoder without weights."""

    strength, slope, needs_model = 0.5, 0.0, True

    def hub_file(self, model):
        """None is published."""
        return None

    def build(self, order):
        """One network for all orders."""
        module = Leaning(self.strength, self.slope).eval()
        return dataclasses.replace(super().build(order), module=module, bands=3, dim=DIM, patch=8, tile=64)


class Straight(Leaner):
    """The same without a pattern."""

    strength = 0.0


class Slanted(Leaner):
    """What a place adds grows with what is on the ground."""

    strength, slope = 0.3, 0.5


@pytest.fixture(scope="module", name="source")
def source_fixture(tmp_path_factory):
    return land(tmp_path_factory.mktemp("land") / "s.tif")


def error(found, truth):
    """Root mean square of the difference over the deviation of *truth*."""
    valid = ~np.isnan(truth)
    return np.sqrt(np.mean((found - truth)[valid] ** 2)) / truth[valid].std()


def tiles(count, seed, pattern, noise, slopes=None):
    """Cells of *count* tiles at some places, four at each, of ground of *DIM* features with a (places, DIM) pattern."""
    rng = np.random.default_rng(seed)
    true = ground(120, 120, seed, DIM).transpose(1, 2, 0)[::1, ::1]
    true = true * np.linspace(2, 0.5, DIM)
    parts = {name: [] for name in ("features", "ground", "place", "fold")}
    steps, place = np.arange(SIDE), np.arange(SIDE * SIDE)
    for i in range(count):
        if i % 4 == 0:
            top, left = rng.integers(10, 100, 2)
        at = np.stack([top + rng.integers(-5, 6) + steps, left + rng.integers(-5, 6) + steps])
        seen = true[at[0][:, None], at[1]].reshape(-1, DIM)
        extra = pattern + (0 if slopes is None else seen[:, :1] / 2 * slopes[place % SIDE])
        parts["features"].append(seen + extra + rng.normal(0, noise, seen.shape))
        parts["ground"].append((at[0][:, None] * 200 + at[1]).ravel())
        parts["place"].append(place)
        parts["fold"].append(np.full(len(place), i // 4 % FOLDS))
    made = {name: np.concatenate(found) for name, found in parts.items()}
    return Cells(made["features"].astype(np.float32), made["ground"], made["place"], made["fold"], SIDE)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.integers(0, 10_000), some.floats(0.3, 2), some.floats(0.05, 0.3))
def test_any_pattern_is_found_up_to_the_noise(seed, strength, noise):
    pattern = np.random.default_rng(seed).normal(0, strength, (SIDE * SIDE, DIM))
    pattern -= pattern.mean(0)
    found, figures = estimate(tiles(64, seed, pattern, noise), 0)
    left = np.sqrt(np.mean((found.mean - pattern) ** 2))
    assert left < 0.2 * strength + noise / 2
    assert figures.gain > 0.3


def test_what_tells_the_place_no_longer_does():
    ramps = np.stack(np.divmod(np.arange(SIDE * SIDE), SIDE), 1) / SIDE - 0.5 + 0.5 / SIDE
    pattern = ramps @ np.random.default_rng(4).normal(0, 2, (2, DIM))
    _, figures = estimate(tiles(64, 4, pattern, 0.1), 0)
    assert figures.before > 0.3 > 0.1 > figures.after


@settings(max_examples=5, deadline=None)
@given(some.integers(0, 10_000))
def test_where_there_is_none_next_to_nothing_is_found(seed):
    cells = tiles(64, seed, np.zeros((SIDE * SIDE, DIM)), 0.2)
    found, figures = estimate(cells, 0)
    assert np.abs(found.mean).mean() < 0.15
    assert figures.gain < 0.02 and abs(figures.before - figures.after) < 0.1


def test_patterns_that_grow_with_the_ground_are_found():
    slopes = np.random.default_rng(1).normal(0, 1, (SIDE, DIM))
    slopes -= slopes.mean(0)
    plain = np.zeros((SIDE * SIDE, DIM))
    cells = tiles(64, 5, plain, 0.1, slopes)
    found, figures = estimate(cells, 0)
    assert found.slopes is not None and figures.gain > 0.4
    assert estimate(tiles(64, 5, plain, 0.1), 0)[0].slopes is None


def test_the_place_is_told_where_it_can_be():
    cells = tiles(32, 0, np.zeros((SIDE * SIDE, DIM)), 0.2)
    rows, cols = np.divmod(cells.place, SIDE)
    assert told(cells) < 0.1
    marked = cells.features.copy()
    marked[:, 0], marked[:, 1] = rows, cols
    assert told(dataclasses.replace(cells, features=marked)) > 0.99
    half = cells.features.copy()
    half[:, 0] = rows
    assert 0.4 < told(dataclasses.replace(cells, features=half)) < 0.6


def test_tiles_and_cells_lose_the_same_pattern():
    rng = np.random.default_rng(0)
    slopes = Slopes(*(rng.normal(size=size).astype(np.float32) for size in ((2, 5), (2,), (2, 4, 5), (2, 4, 5))))
    pattern = Pattern(rng.normal(size=(16, 5)).astype(np.float32), slopes)
    images = rng.normal(size=(3, 7, 4, 4)).astype(np.float32)
    before = images.copy()
    found = pattern.off_tiles(images)
    assert np.array_equal(images, before)
    for one, other in zip(found, images):
        cells = pattern.off(other[:5].reshape(5, -1).T, np.arange(16))
        np.testing.assert_allclose(one[:5].reshape(5, -1).T, cells, atol=1e-5)
        # what sums up the tile has no place within it
        assert np.array_equal(one[5:], other[5:])
    twice = pattern.off_tiles(images.repeat(2, 2).repeat(2, 3), shifts=2)
    np.testing.assert_allclose(twice, found.repeat(2, 2).repeat(2, 3), atol=1e-5)


# whole jobs


@pytest.mark.parametrize("params", [{}, {"overlap": 0}, {"enlarge": 2, "finer_by": "shifted grids"}], ids=str)
def test_features_come_back_as_if_there_had_been_no_pattern(tmp_path, source, params):
    true = read(encode(source, tmp_path / "true.tif", Straight(), position_bias="keep", **params))
    kept = read(encode(source, tmp_path / "kept.tif", Leaner(), position_bias="keep", **params))
    ctx = context()
    removed = read(encode(source, tmp_path / "removed.tif", Leaner(), ctx, **params))
    assert ctx.facts["position bias"] == "removed" and tag(tmp_path / "removed.tif", "position_bias") == "removed"
    assert error(removed, true) < 0.3 * error(kept, true)
    figures = json.loads(tag(tmp_path / "removed.tif", "position_figures"))
    # without noise even what is left of the pattern tells the place: the R² need not fall
    assert figures["gain"] > 0.5


def test_a_pattern_that_grows_with_the_ground_is_taken_off_too(tmp_path, source):
    true = read(encode(source, tmp_path / "true.tif", Straight(), position_bias="keep"))
    kept = read(encode(source, tmp_path / "kept.tif", Slanted(), position_bias="keep"))
    removed = read(encode(source, tmp_path / "removed.tif", Slanted()))
    assert error(removed, true) < 0.4 * error(kept, true)


def test_an_encoder_without_bias_is_left_alone(tmp_path, source):
    ctx = context()
    auto = read(encode(source, tmp_path / "auto.tif", Straight(), ctx))
    assert ctx.facts["position bias"].startswith("kept") and tag(tmp_path / "auto.tif", "position_bias") == "kept"
    np.testing.assert_allclose(
        auto, read(encode(source, tmp_path / "kept.tif", Straight(), position_bias="keep")), atol=1e-5
    )


def test_encoders_that_see_little_cost_no_tile_more(tmp_path):
    ctx = context()
    encode(land(tmp_path / "s.tif", 150, 130), tmp_path / "f.tif", None, ctx, tile=32)
    assert ctx.facts["position bias"].startswith("not measured")
    assert ctx.facts["tiles computed"] == ctx.facts["tiles"]


def test_the_help_tells_what_is_computed_for_it_and_when_nothing_is_done():
    said = Encode.specs()["position_bias"].help
    shared = {8: "an eighth more tiles"}[position_bias._SHARE]
    few = {8: "fewer than eight tiles"}[position_bias._LEAST]
    parts = (shared, f"up to {position_bias._SHIFTED},", f"{position_bias._PLACES} besides", few, "MOSAIKS")
    assert [part for part in parts if part not in said] == []


def test_tiles_of_the_plan_are_computed_once(tmp_path, source):
    seen = []

    class Counting(Leaning):
        def forward(self, images):
            seen.append(len(images))
            return super().forward(images)

    class Counter(Leaner):
        def build(self, order):
            return dataclasses.replace(super().build(order), module=Counting(0.5).eval())

    ctx = context()
    encode(source, tmp_path / "f.tif", Counter(), ctx, backend="torch")
    assert ctx.facts["tiles computed"] == ctx.facts["tiles"]
    assert sum(seen) <= 1.15 * ctx.facts["tiles"] + 1, "tiles that only measure are an eighth at most"


@pytest.mark.parametrize("asked", ["auto", "remove"])
@pytest.mark.parametrize("size", [(40, 50), (64, 64), (64, 200)], ids=str)
def test_small_rasters_are_encoded_as_they_are(tmp_path, asked, size):
    source = land(tmp_path / "s.tif", *size)
    ctx = context()
    found = read(encode(source, tmp_path / "f.tif", Leaner(), ctx, position_bias=asked))
    assert not np.isnan(found).any()
    if ctx.facts["tiles"] == 1 or asked == "auto":
        assert ctx.facts["position bias"].startswith("kept: ")
        kept = read(encode(source, tmp_path / "kept.tif", Leaner(), position_bias="keep"))
        assert np.array_equal(found, kept)


@pytest.mark.parametrize("share", [0.6, 0.97])
def test_nodata_neither_counts_nor_changes(tmp_path, share):
    data = np.clip(128 + 40 * ground(420, 380), 1, 255).astype(np.uint8)
    empty = gaussian_filter(np.random.default_rng(2).normal(size=(420, 380)), 30)
    data[:, empty < np.quantile(empty, share)] = 0
    source = make_raster(tmp_path / "s.tif", data, nodata=0)
    true = read(encode(source, tmp_path / "true.tif", Straight(), position_bias="keep"))
    kept = read(encode(source, tmp_path / "kept.tif", Leaner(), position_bias="keep"))
    found = read(encode(source, tmp_path / "found.tif", Leaner()))
    assert np.array_equal(np.isnan(true), np.isnan(found))
    assert error(found, true) < (0.5 if share < 0.9 else 1.01) * error(kept, true)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (16, 64))


def stopped(source, output, when, **params):
    """Encode until ``when(done, total, stage)``, then cancel."""

    def listen(done, total, unit, stage, left):
        if when(done, total, stage):
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        encode(source, output, Leaner(), RunContext(listen, interval=0), **params)


def test_an_interrupted_run_ends_in_the_same_pixels(tmp_path, small_blocks):
    source = land(tmp_path / "s.tif", 900, 200)
    whole = read(encode(source, tmp_path / "whole.tif", Leaner()))
    assert tag(tmp_path / "whole.tif", "position_bias") == "removed"
    stopped(source, tmp_path / "f.tif", lambda done, total, stage: stage == "encode" and done > 0.7 * total)
    assert Path(journal_path(str(tmp_path / "f.tif"))).exists()
    ctx = context()
    again = read(encode(source, tmp_path / "f.tif", Leaner(), ctx))
    assert ctx.facts["tiles computed"] < ctx.facts["tiles"] + 1
    assert np.array_equal(again, whole)
    assert files(tmp_path) == ["f.tif", "s.tif", "whole.tif"]


def test_cancelling_while_it_is_measured_leaves_nothing(tmp_path, source):
    report = str(tmp_path / "r.html")
    stopped(source, tmp_path / "f.tif", lambda done, total, stage: stage.startswith("measure") and done > 8, report=report)  # fmt: skip
    assert files(tmp_path) == []


def test_the_same_request_gives_the_same_pixels(tmp_path, source):
    one, two = (read(encode(source, tmp_path / f"{i}.tif", Leaner())) for i in range(2))
    assert np.array_equal(one, two)
