"""Shifted grids: every cell gets the features of the patch around its own centre, whatever tiles, extents and batches do."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRequest, Cancelled  # noqa: E402
from iamap.engine import encoding  # noqa: E402
from iamap.engine.plan import make_plan  # noqa: E402
from iamap.engine.shifted import positions  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import (  # noqa: E402
    NORTH_UP,
    Averager,
    Encode,
    Mean,
    context,
    encode,
    is_a_sentence,
    make_raster,
    read,
    tag,
    texture,
)

SHIFTED = {"finer_by": "shifted grids", "normalisation": "raster"}


def card(patch: int = 16, patches: int = 4, module=None):
    """A card of averages with patches of that size, and so many of them a side."""

    class Card(Averager):
        def module(self):
            return module or Mean(patch)

    made = Card()
    made.patch, made.tile = patch, patch * patches
    return made


def values(path):
    """Features as means of the raster's values, in float64."""
    statistics = json.loads(tag(path, "statistics"))
    return read(path) * np.array(statistics["std"])[:, None, None] + np.array(statistics["mean"])[:, None, None]


def moving_average(data, patch, times, window=None):
    """(bands, rows, cols): the mean of the patch of whole pixels that is centred on each cell, of a raster mirrored at its borders."""
    height, width = data.shape[1:]
    room = 2 * patch
    padded = np.pad(data.astype(float), ((0, 0), (room, room), (room, room)), mode="reflect")
    total = np.pad(padded.cumsum(1).cumsum(2), ((0, 0), (1, 0), (1, 0)))
    cell = patch / times
    left, top, right, bottom = window or (0, 0, width, height)

    def begins(low, high, size):
        cells = np.arange(max(0, math.floor(low / cell + 1e-6)), math.ceil(min(high, size) / cell - 1e-6))
        return np.floor((cells + 0.5) * cell - patch / 2 + 0.5 + 1e-6).astype(int) + room

    rows, cols = begins(top, bottom, height), begins(left, right, width)
    low, high = total[:, rows], total[:, rows + patch]
    return (high[:, :, cols + patch] - high[:, :, cols] - low[:, :, cols + patch] + low[:, :, cols]) / patch**2


@st.composite
def requests(draw):
    """Rasters, encoders and parameters that shifted grids can be asked for with."""
    patch, times = draw(st.sampled_from([4, 7, 8, 14, 16])), draw(st.sampled_from([2, 3, 4]))
    width, height = draw(st.integers(1, 150)), draw(st.integers(1, 150))
    params = {
        "enlarge": times, "overlap": draw(st.sampled_from([0, 25, 50, 80])), "batch": draw(st.sampled_from([None, 1, 3, 9])),
        "blending": draw(st.sampled_from(["window", "central crop", "none"])),
    }  # fmt: skip
    window = None
    if draw(st.booleans()):
        left, top = draw(st.integers(-20, width - 1)), draw(st.integers(-20, height - 1))
        window = left, top, max(1, left + draw(st.integers(1, 90))), max(1, top + draw(st.integers(1, 90)))
    return patch, draw(st.integers(1, 5)), width, height, window, params


@settings(max_examples=20, deadline=None)
@given(requests())
def test_cells_are_moving_averages_of_whole_patches_around_their_centres(request):
    patch, patches, width, height, window, params = request
    data = texture(width, height, bands=2)
    with tempfile.TemporaryDirectory() as folder:
        source = make_raster(Path(folder) / "s.tif", data)
        if window:
            (left, top), (right, bottom) = NORTH_UP * window[:2], NORTH_UP * window[2:]
            params["extent"] = f"{left},{bottom},{right},{top}"
        output = encode(source, Path(folder) / "f.tif", card(patch, patches), minimum_valid=0, **SHIFTED, **params)
        found, wanted = values(output), moving_average(data, patch, params["enlarge"], window)
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, atol=0.01)
        with rasterio.open(output) as ds:
            cell = 10 * patch / params["enlarge"]
            assert (ds.transform.a, ds.transform.e) == pytest.approx((cell, -cell))
            steps = (ds.transform.c - 500_000) / cell, (5_000_000 - ds.transform.f) / cell
            assert steps == pytest.approx(tuple(map(round, steps)), abs=1e-6)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 5000), st.integers(1, 4))
def test_patches_are_centred_on_their_cells_to_half_a_pixel(patch, patches, row, times):
    if times > patch:
        return
    plan = make_plan(9000, 9000, tile=patch * patches, patch=patch, shifts=times)
    read_by = positions(row * plan.cell, plan)
    assert read_by.shape == (times, plan.tile)
    for k, pixels in enumerate(read_by):
        assert (np.diff(pixels) == 1).all()
        for p in range(patches):
            own = pixels[p * patch : (p + 1) * patch]
            centre = (own[0] + own[-1] + 1) / 2
            cell = (row + p * times + k + 0.5) * plan.cell
            assert abs(centre - cell) <= 0.5 + 1e-6
            if patch % (2 * times) == 0:
                assert centre == cell


@pytest.mark.parametrize("params", [{}, {"enlarge": 2}, {"enlarge": 2, "finer_by": "shifted grids"}], ids=str)
def test_a_bright_dot_lies_in_its_cell_and_nowhere_beside_it(tmp_path, params):
    """The brightness that cells share is centred on the dot: on average over all places in a patch, to a tenth of a pixel."""
    cell, every = 16 // params.get("enlarge", 1), 64
    # dots of all offsets to the grid, each in the middle of a square of its own
    places = [(32 + k, 32 + (5 * k) % 16 + every * k) for k in range(16)]
    data = np.zeros((1, 80, 16 * every), np.float32)
    data[0, [row for row, _ in places], [col for _, col in places]] = 1
    source = make_raster(tmp_path / "s.tif", data)
    found = values(encode(source, tmp_path / "f.tif", Averager(), normalisation="raster", **params))[0]
    found[found < 1e-6] = 0
    off = []
    for k, (row, col) in enumerate(places):
        own = found[:, every * k // cell : every * (k + 1) // cell]
        down, across = ((np.arange(size) + 0.5) * cell for size in own.shape)
        off.append(
            (own.sum(1) @ down / own.sum() - row - 0.5, own.sum(0) @ across / own.sum() - (col - every * k) - 0.5)
        )
        # patches that hold a dot are as large as patches are, whatever the cells
        reach = (16 if "finer_by" in params else cell) / 2
        brightest = np.argwhere(own == own.max()) * cell + cell / 2 - (row + 0.5, col - every * k + 0.5)
        assert np.abs(brightest).max() <= reach + 0.5
    assert np.abs(np.mean(off, axis=0)).max() < 0.1
    assert np.abs(off).max() <= cell / 2


def test_a_finer_grid_of_one_is_the_plain_one(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(200, 150))
    plain = read(encode(source, tmp_path / "1.tif", Averager()))
    shifted = read(encode(source, tmp_path / "2.tif", Averager(), finer_by="shifted grids", enlarge=1))
    assert np.array_equal(plain, shifted)


def test_a_real_encoder_gives_the_cells_it_gives_plainly_where_grids_agree(tmp_path):
    """With three grids, the middle one is not shifted."""
    source = make_raster(tmp_path / "s.tif", texture(128, 192))
    own = encode(source, tmp_path / "1.tif", seed=3)
    finer = encode(source, tmp_path / "3.tif", seed=3, enlarge=3, finer_by="shifted grids")
    np.testing.assert_allclose(read(finer)[:, 1::3, 1::3], read(own), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("least", [1, 50, 100])
def test_cells_are_valid_by_the_pixels_they_cover_as_those_of_an_enlarged_image(tmp_path, least):
    data = texture(150, 130)
    data[:, 30:75, 41:90] = 0
    data[:, :, 139:] = 0
    data[:, 100, 100] = 0
    source = make_raster(tmp_path / "s.tif", data, nodata=0)
    masks = []
    for way in ("enlarged image", "shifted grids"):
        output = encode(source, tmp_path / f"{way}.tif", Averager(), enlarge=2, minimum_valid=least, finer_by=way)
        masks.append(np.isnan(read(output)))
    assert masks[0].any() and not masks[0].all()
    assert np.array_equal(*masks)


class Seen(Mean):
    """Notes the size of everything it is shown."""

    def __init__(self, patch: int) -> None:
        super().__init__(patch)
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, images):
        """As of Mean."""
        self.shapes.append(tuple(images.shape))
        return super().forward(images)


@pytest.mark.parametrize("times, batch", [(2, 1), (2, 5), (2, 8), (3, 2), (4, None)])
def test_the_network_never_gets_more_or_larger_images_at_once(tmp_path, times, batch):
    source = make_raster(tmp_path / "s.tif", texture(300, 200))
    seen, ctx = Seen(16), context()
    encode(
        source,
        tmp_path / "f.tif",
        card(module=seen),
        ctx,
        enlarge=times,
        batch=batch,
        backend="torch",
        position_bias="keep",
        **SHIFTED,
    )
    assert {shape[1:] for shape in seen.shapes} == {(3, 64, 64)}
    counts = [shape[0] for shape in seen.shapes]
    assert max(counts) <= (batch or 8)
    # a network may be tried on an image or two before the work begins
    assert ctx.facts["tiles"] == ctx.facts["tiles computed"]
    assert 0 <= sum(counts) - times**2 * ctx.facts["tiles"] <= 8


@pytest.mark.parametrize("times", [1, 2, 3])
def test_tiles_to_check_and_calibrate_on_have_the_networks_size(tmp_path, times):
    source = make_raster(tmp_path / "s.tif", texture(300, 200))
    job = Encode.make(
        {"input": source, "output": str(tmp_path / "f.tif"), "encoder": "MOSAIKS", "enlarge": times, **SHIFTED}
    )
    with encoding.prepared(job, card(), context()) as ready:
        assert ready.work.some(5).shape == (5, 3, 64, 64)
        assert np.array_equal(ready.work.some(2), ready.work.some(5)[:2])
        assert ready.work.tiles == times**2 * len(ready.plan.tiles)


def test_the_number_of_tiles_at_once_changes_nothing_where_cells_are_means(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(230, 170))
    made = [
        read(encode(source, tmp_path / f"{batch}.tif", Averager(), enlarge=2, batch=batch, **SHIFTED))
        for batch in (1, 4, 8, 31)
    ]
    assert all(np.array_equal(made[0], other) for other in made[1:])


def test_an_interrupted_run_ends_in_the_same_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr("iamap.engine.feature_raster.block_shape", lambda *_: (16, 64))
    source, params = make_raster(tmp_path / "s.tif", texture(90, 700)), {"enlarge": 2, **SHIFTED}
    whole = read(encode(source, tmp_path / "whole.tif", Averager(), **params))

    def listen(done, total, unit, stage, left):
        if stage == "encode" and done >= 0.7 * total:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        encode(source, tmp_path / "f.tif", Averager(), RunContext(listen, interval=0), **params)
    ctx = context()
    assert np.array_equal(whole, read(encode(source, tmp_path / "f.tif", Averager(), ctx, **params)))
    assert ctx.facts["tiles computed"] < ctx.facts["tiles"]


def test_the_land_that_a_pixel_covers_is_the_rasters_own(tmp_path):
    told = {}

    class Listening(Averager):
        def build(self, order):
            told[finer_by] = order.metres
            return super().build(order)

    source = make_raster(tmp_path / "s.tif", texture(100, 100))
    for finer_by in ("enlarged image", "shifted grids"):
        encode(source, tmp_path / f"{finer_by}.tif", Listening(), enlarge=2, finer_by=finer_by)
    assert told == {"enlarged image": pytest.approx(5, rel=0.01), "shifted grids": pytest.approx(10, rel=0.01)}


@pytest.mark.parametrize("enlarge, near", [(1.5, 2), (2.4, 2), (3.9, 4)])
def test_broken_numbers_of_grids_are_refused_and_the_nearest_named(enlarge, near):
    asked = {"input": "s.tif", "output": "f.tif", "encoder": "MOSAIKS", "enlarge": enlarge}
    with pytest.raises(BadRequest, match=rf"{enlarge} .*: {near} is") as refused:
        Encode.make({**asked, "finer_by": "shifted grids"})
    assert is_a_sentence(refused.value)
    Encode.make(asked)


def test_grids_finer_than_a_pixel_are_refused(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(30, 30))
    with pytest.raises(BadRequest, match="1 pixels, the finer grid 2 times") as refused:
        encode(source, tmp_path / "f.tif", card(1, 8), enlarge=2, **SHIFTED)
    assert is_a_sentence(refused.value)


def test_every_shift_of_a_tile_can_be_had(tmp_path):
    """Of those that are tried beforehand, the network's tiles are one shift each, and all shifts are among them."""
    from iamap.engine.example_tiles import spread_tiles
    from iamap.engine.normalise import Normaliser
    from iamap.engine.rasters import open_source

    plain = Normaliser((0.0,) * 3, (1.0,) * 3, "raster")
    plan = make_plan(300, 200, tile=64, patch=16, shifts=2)
    with open_source(make_raster(tmp_path / "s.tif", texture(300, 200))) as source:
        whole = spread_tiles(source, plan, plain, 4, 0, whole=True)
        single = spread_tiles(source, plan, plain, 4, 0)
    assert whole.shape == (4, 4, 3, 64, 64)
    assert all(np.array_equal(single[i], whole[i, i % 4]) for i in range(4))


def test_tiles_tried_beforehand_do_not_keep_the_grids_that_nobody_asked_for(tmp_path):
    import tracemalloc

    from iamap.engine.example_tiles import spread_tiles
    from iamap.engine.normalise import Normaliser
    from iamap.engine.rasters import open_source

    plan = make_plan(600, 600, tile=64, patch=16, shifts=4)
    with open_source(make_raster(tmp_path / "s.tif", texture(600, 600))) as source:
        tracemalloc.start()
        try:
            found = spread_tiles(source, plan, Normaliser((0.0,) * 3, (1.0,) * 3, "raster"), 64, 0)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    # the tiles, the same side by side, and what a few tiles of 16 grids take while they are read
    assert len(found) == 64 and most < 6 * found.nbytes
