"""Interrupted runs go on where they stopped and end in the same pixels; the same request always gives the same pixels."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import Cancelled  # noqa: E402
from iamap.contract.partial import journal_path, part_path  # noqa: E402
from iamap.engine import feature_raster  # noqa: E402
from iamap.engine.plan import make_plan  # noqa: E402
from iamap.engine.tiles import batches  # noqa: E402
from iamap.engine.torchgeo_scene import TorchgeoScene  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import Averager, context, encode, files, make_raster, read, texture  # noqa: E402

HERE = Path(__file__).resolve().parent


class Mixing(torch.nn.Module):
    """A network whose cells depend on the whole tile, with sums that rounding shows in."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = torch.nn.Conv2d(bands, 24, 16, 16)
        self.across = torch.nn.Linear(24, 24)

    def forward(self, images):
        """(n, bands, tile, tile) to (n, 24, tile / 16, tile / 16)."""
        cells = self.patches(images)
        return cells + torch.tanh(self.across(cells.mean((2, 3))))[:, :, None, None]


class Mixer(Averager):
    """A card around it, for three bands; *seed* makes other weights."""

    seed = 0

    def build(self, order):
        """One network for all orders."""
        network = super().build(order)
        module = Mixing(order.bands)
        with torch.no_grad():
            module.across.bias += self.seed
        return dataclasses.replace(network, module=module.eval(), dim=24)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 16 rows, so that small rasters have several."""
    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (16, 64))


@pytest.fixture
def source(tmp_path):
    return make_raster(tmp_path / "s.tif", texture(150, 1300))


def interrupted(source, output, share, card=None, **params):
    """Encode until *share* of the tiles are done, then cancel."""

    def listen(done, total, unit, stage, left):
        if stage == "encode" and done >= share * total:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        encode(source, output, card or Mixer(), RunContext(listen, interval=0), **params)


def computed(source, output, card=None, **params):
    """Encode and return how many tiles were done in this run, the sample apart."""
    ctx = context()
    encode(source, output, card or Mixer(), ctx, **params)
    return ctx.facts["tiles computed"], ctx.facts["tiles"]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.97, 1])
@pytest.mark.parametrize(
    "params", [{}, {"overlap": 60}, {"storage": "int16"}, {"blending": "none", "batch": 3}], ids=str
)
def test_an_interrupted_run_ends_in_the_same_pixels(tmp_path, source, share, params):
    whole = read(encode(source, tmp_path / "whole.tif", Mixer(), **params))
    output = tmp_path / "f.tif"
    interrupted(source, output, share, **params)
    assert not output.exists() and Path(journal_path(str(output))).exists()
    rows = json.loads(Path(journal_path(str(output))).read_text())["rows"]
    assert rows >= 16
    done, tiles = computed(source, output, **params)
    assert done < tiles
    assert np.array_equal(whole, read(output))
    assert files(tmp_path) == ["f.tif", "s.tif", "whole.tif"]


def test_progress_of_a_resumed_run_begins_where_it_goes_on(tmp_path, source):
    told = []
    interrupted(source, tmp_path / "f.tif", 0.7)
    ctx = RunContext(lambda done, total, unit, stage, left: told.append((done, total)), interval=0)
    encode(source, tmp_path / "f.tif", Mixer(), ctx)
    tiles = [done for done, total in told if total == ctx.facts["tiles"]]
    assert tiles == sorted(tiles) and tiles[-1] == ctx.facts["tiles"]
    assert tiles[0] >= 0.5 * ctx.facts["tiles"], "time left is reckoned from the first number told"


def test_a_run_may_be_interrupted_again_and_again(tmp_path, source, monkeypatch):
    monkeypatch.setattr(feature_raster, "_CHECKPOINT_SECONDS", 0)
    picture = str(tmp_path / "p.tif")
    whole = read(encode(source, tmp_path / "whole.tif", Mixer(), picture=picture))
    painted = read(picture)
    Path(picture).unlink()
    for share in (0.3, 0.5, 0.5, 0.8, 0.98):
        interrupted(source, tmp_path / "f.tif", share, picture=picture)
        assert not Path(picture).exists()
    assert np.array_equal(whole, read(encode(source, tmp_path / "f.tif", Mixer(), picture=picture)))
    assert np.array_equal(painted, read(picture))
    assert files(tmp_path) == ["f.tif", "p.tif", "s.tif", "whole.tif"]


def test_without_resume_nothing_is_left(tmp_path, source):
    interrupted(source, tmp_path / "f.tif", 0.8, resume=False)
    assert files(tmp_path) == ["s.tif"]


def test_an_interruption_before_the_first_row_leaves_nothing(tmp_path, source):
    interrupted(source, tmp_path / "f.tif", 0)
    assert files(tmp_path) == ["s.tif"]


CHANGES = {
    "content": lambda source: make_raster(Path(source), texture(150, 1300, seed=5)),
    "one pixel": lambda source: make_raster(
        Path(source), np.where(np.arange(150) == 7, 3, texture(150, 1300)).astype(np.uint8)
    ),
    "place": lambda source: make_raster(Path(source), texture(150, 1300), transform=rasterio.Affine.scale(1, -1)),
    "nodata": lambda source: make_raster(Path(source), texture(150, 1300), nodata=77),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_another_raster_under_the_same_name_starts_over(tmp_path, source, change):
    interrupted(source, tmp_path / "f.tif", 0.7)
    change(source)
    done, tiles = computed(source, tmp_path / "f.tif")
    assert done == tiles
    assert np.array_equal(
        read(tmp_path / "f.tif"), read(encode(source, tmp_path / "anew.tif", Mixer())), equal_nan=True
    )


def test_another_mask_beside_the_raster_starts_over(tmp_path, source):
    def mask(left):
        valid = np.full((1300, 150), 255, np.uint8)
        valid[:, :left] = 0
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(source, "r+") as ds:
            ds.write_mask(valid)

    mask(16)
    assert Path(source + ".msk").exists()
    interrupted(source, tmp_path / "f.tif", 0.7)
    mask(32)
    done, tiles = computed(source, tmp_path / "f.tif")
    assert done == tiles


def test_other_weights_start_over(tmp_path, source):
    interrupted(source, tmp_path / "f.tif", 0.7)
    other = type("Other", (Mixer,), {"seed": 1})()
    done, tiles = computed(source, tmp_path / "f.tif", other)
    assert done == tiles


@pytest.mark.parametrize(
    "params",
    [{"overlap": 50}, {"bands": [3, 2, 1]}, {"enlarge": 2}, {"storage": "int16"}, {"seed": 1}, {"minimum_valid": 10}, {"resolution": 11}],
    ids=str,
)  # fmt: skip
def test_other_parameters_start_over(tmp_path, source, params):
    interrupted(source, tmp_path / "f.tif", 0.7)
    done, tiles = computed(source, tmp_path / "f.tif", **params)
    assert done == tiles


def test_a_resampled_raster_with_other_content_starts_over(tmp_path, source):
    interrupted(source, tmp_path / "f.tif", 0.7, resolution=12)
    CHANGES["content"](source)
    done, tiles = computed(source, tmp_path / "f.tif", resolution=12)
    assert done == tiles


@pytest.mark.parametrize("damage", ["{", "[]", "{}", '{"rows": 5}', None])
def test_damaged_leftovers_start_over(tmp_path, source, damage):
    output = str(tmp_path / "f.tif")
    interrupted(source, output, 0.7)
    if damage is None:
        Path(part_path(output)).write_bytes(b"II*\0 cut short")
    else:
        Path(journal_path(output)).write_text(damage)
    done, tiles = computed(source, output)
    assert done == tiles


KILLED = """
import sys, time
sys.path.insert(0, {here!r})
import conftest
from test_resume import Mixer, feature_raster, encode
feature_raster.block_shape = lambda *_: (16, 64)
feature_raster._CHECKPOINT_SECONDS = 0
from making import RunContext
encode({source!r}, {output!r}, Mixer(), RunContext(lambda *_: time.sleep(0.05), interval=0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_run_goes_on_and_ends_in_the_same_pixels(tmp_path, source):
    output = str(tmp_path / "f.tif")
    code = KILLED.format(here=str(HERE), source=source, output=output)
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    for _ in range(600):
        if Path(journal_path(output)).exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert process.poll() is None, process.stderr.read().decode()
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not Path(output).exists()
    done, tiles = computed(source, output)
    assert done < tiles
    assert np.array_equal(read(output), read(encode(source, tmp_path / "whole.tif", Mixer())))
    assert files(tmp_path) == ["f.tif", "s.tif", "whole.tif"]


# the same pixels


def test_the_same_request_gives_the_same_pixels(tmp_path, source):
    assert np.array_equal(read(encode(source, tmp_path / "1.tif")), read(encode(source, tmp_path / "2.tif")))


@pytest.mark.parametrize("batch", [1, 2, 7, 64])
def test_the_number_of_tiles_at_once_changes_rounding_only(tmp_path, source, batch):
    usual = read(encode(source, tmp_path / "1.tif", Mixer()))
    other = read(encode(source, tmp_path / "2.tif", Mixer(), batch=batch))
    np.testing.assert_allclose(other, usual, atol=1e-4)


def test_blocks_of_the_source_change_rounding_only(tmp_path):
    data = texture(300, 300)
    tiled = make_raster(tmp_path / "1s.tif", data, tiled=True, blockxsize=32, blockysize=128)
    striped = make_raster(tmp_path / "2s.tif", data, interleave="band")
    first, second = read(encode(tiled, tmp_path / "1.tif")), read(encode(striped, tmp_path / "2.tif"))
    np.testing.assert_allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("kind, steps", [("int16", 65534), ("int8", 254)])
def test_integers_keep_features_to_half_a_step(tmp_path, source, kind, steps):
    exact = read(encode(source, tmp_path / "1.tif", Mixer()))
    with rasterio.open(encode(source, tmp_path / "2.tif", Mixer(), storage=kind)) as ds:
        scale, offset = np.array(ds.scales), np.array(ds.offsets)
        stored = ds.read()
        assert ds.dtypes[0] == {"int16": "int16", "int8": "uint8"}[kind]
        assert ds.nodata == {"int16": -32768, "int8": 0}[kind]
        lowest, highest = {"int16": (-32767, 32767), "int8": (1, 255)}[kind]
    restored = stored * scale[:, None, None] + offset[:, None, None]
    inside = (stored > lowest) & (stored < highest)
    assert inside.mean() > 0.99
    assert np.abs((restored - exact) / scale[:, None, None])[inside].max() <= 0.51
    spread = exact.max((1, 2)) - exact.min((1, 2))
    assert (scale <= 5 * spread / steps).all()


def test_integers_mark_nodata(tmp_path):
    data = texture(160, 160).astype(np.float32)
    data[:, :64] = np.nan
    for kind in ("int16", "int8"):
        with rasterio.open(
            encode(make_raster(tmp_path / "s.tif", data), tmp_path / "f.tif", storage=kind, tile=64)
        ) as ds:
            valid = ds.read_masks(1) > 0
        assert not valid[:8].any() and valid[8:].all()


# any data set of torchgeo


def test_tiles_of_any_torchgeo_raster_dataset_are_those_of_the_plan(tmp_path):
    from torchgeo.datasets import RasterDataset

    data = texture(200, 150)
    make_raster(tmp_path / "s.tif", data)
    dataset = RasterDataset(str(tmp_path), transforms=None)
    plan = make_plan(200, 150, tile=64, patch=16, overlap=0.3)
    groups = [plan.tiles[:4], plan.tiles[4:]]
    for tiles, images, shares in batches(TorchgeoScene(dataset, plan), groups):
        assert images.shape == (len(tiles), 3, 64, 64) and (shares == 1).all()
        for tile, image in zip(tiles, images):
            # beyond the raster, torchgeo fills up; what lies within must be the plan's pixels
            wanted = data[:, tile.row * 16 : tile.row * 16 + 64, tile.col * 16 : tile.col * 16 + 64]
            assert np.array_equal(image[:, : wanted.shape[1], : wanted.shape[2]], wanted)
