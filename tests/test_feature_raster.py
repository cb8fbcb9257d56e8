"""Rasters that are written row by row: what a checkpoint looks at, and what it notices."""

from __future__ import annotations

from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import NoSpace  # noqa: E402
from iamap.engine import feature_raster  # noqa: E402
from iamap.engine.feature_raster import FeatureWriter, Layer, is_whole  # noqa: E402
from iamap.engine.storage import Storage  # noqa: E402
from making import NORTH_UP, read  # noqa: E402

#: 384 bands and 5000 cells make blocks of 16 rows; here they are as low without being as large
BANDS, WIDTH, BLOCK = 3, 70, 16


@pytest.fixture
def writer(tmp_path, monkeypatch):
    """A writer of 160 rows in blocks of 16, two blocks wide."""
    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (BLOCK, 48))
    layer = Layer(str(tmp_path / "f.tif"), Storage("float32", float("nan")), ["a", "b", "c"])
    made = FeatureWriter(layer, WIDTH, 10 * BLOCK, NORTH_UP, None)
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch):
    """(path, first, last) of every check of a file."""
    found = []

    def spy(path, first=0, last=None):
        found.append((Path(path).name, first, last))
        return is_whole(path, first, last)

    monkeypatch.setattr(feature_raster, "is_whole", spy)
    return found


def noise(rows, seed=0):
    """(bands, rows, width) that do not compress."""
    return np.random.default_rng(seed).normal(size=(BANDS, rows, WIDTH)).astype(np.float32)


def test_a_checkpoint_looks_at_what_is_new_and_the_end_at_everything(writer, asked):
    """Else a raster of 600 000 blocks spends 5 of every 30 seconds on blocks it has looked at before."""
    heights = (BLOCK, 3 * BLOCK, 5, BLOCK - 5, 5 * BLOCK)
    for i, rows in enumerate(heights):
        writer.write(noise(rows, i))
        writer.flush()
    edges = np.cumsum([0, *heights]).tolist()
    assert [(first, last) for _, first, last in asked] == list(zip(edges, edges[1:]))
    writer.finish()
    assert asked[-1][1:] == (0, 10 * BLOCK)
    np.testing.assert_array_equal(
        read(writer.layer.path), np.concatenate([noise(r, i) for i, r in enumerate(heights)], 1)
    )


def test_a_resumed_writer_looks_at_what_it_writes_itself(writer, asked):
    writer.write(noise(4 * BLOCK))
    writer.flush()
    writer.close()
    later = FeatureWriter(writer.layer, WIDTH, 10 * BLOCK, NORTH_UP, None, done=4 * BLOCK)
    later.write(noise(BLOCK, 1))
    later.flush()
    later.close()
    assert [(first, last) for _, first, last in asked] == [(0, 4 * BLOCK), (4 * BLOCK, 5 * BLOCK)]


@pytest.mark.parametrize("row", [0, 4 * BLOCK, 4 * BLOCK + 3, 10 * BLOCK - 1])
def test_a_lost_block_is_seen_from_its_own_rows_and_from_the_whole_only(tmp_path, row):
    """A block that was never written, as where the disk was full: the third band lacks one."""
    path = str(tmp_path / "s.tif")
    about = {
        "tiled": True,
        "blockxsize": 48,
        "blockysize": BLOCK,
        "compress": "deflate",
        "interleave": "band",
        "transform": NORTH_UP,
    }
    with rasterio.open(
        path, "w", driver="GTiff", width=WIDTH, height=10 * BLOCK, count=BANDS, dtype="float32", SPARSE_OK=True, **about
    ) as ds:
        for band in range(BANDS):
            for j in range(10):
                for i in range(2):
                    if (band, j, i) != (2, row // BLOCK, 1):
                        wide = min(48, WIDTH - 48 * i)
                        ds.write(
                            noise(BLOCK)[0, :, :wide],
                            band + 1,
                            window=rasterio.windows.Window(48 * i, BLOCK * j, wide, BLOCK),
                        )
    assert not is_whole(path) and not is_whole(path, row, row + 1)
    top = row // BLOCK * BLOCK
    assert is_whole(path, 0, top) and is_whole(path, top + BLOCK, 10 * BLOCK)


def test_a_checkpoint_refuses_rows_that_did_not_arrive(writer, monkeypatch):
    """The file ends where the first checkpoint ended: what came later is lost, as on a full disk."""
    writer.write(noise(4 * BLOCK))
    writer.flush()
    size = Path(writer.part).stat().st_size
    writer.write(noise(4 * BLOCK, 1))
    close = writer.close

    def cut():
        close()
        content = Path(writer.part).read_bytes()
        assert len(content) > size
        Path(writer.part).write_bytes(content[:-2000])

    monkeypatch.setattr(writer, "close", cut)
    with pytest.raises(NoSpace, match="not all of it arrived"):
        writer.flush()
    monkeypatch.undo()
