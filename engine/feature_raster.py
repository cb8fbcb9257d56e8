"""Write a feature raster: block rows in a thread of its own, under a provisional name until it is whole."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Interleaving
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..contract.errors import BadRequest, NoSpace
from ..contract.partial import journal_path, part_path
from .background import Background
from .rasters import CACHE_BYTES
from .storage import Storage

log = logging.getLogger(__name__)

#: the largest block row kept in memory, and seconds between two points a run can be resumed from
_BLOCK_ROW_BYTES, _CHECKPOINT_SECONDS = 64 << 20, 30.0
#: version of the contract that later jobs read
CONTRACT = 1


def block_shape(width: int, height: int, bands: int) -> tuple[int, int]:
    """(rows, cols) of the blocks: multiples of 16, a row of blocks small enough for memory, little waste at the edge."""
    across = -(-width // 256)
    cols = min(256, 16 * -(-width // (16 * across)))
    rows = 256
    while rows > 16 and (rows * width * bands * 4 > _BLOCK_ROW_BYTES or rows >= height + 16):
        rows //= 2
    return rows, cols


@dataclass
class Layer:
    """One raster being written: its storage, its band names, its place.

    Attributes:
        path: of the finished file; it grows beside it.
        colours: stored value -> red, green, blue (0 to 255), for single bands of whole numbers.
    """

    path: str
    storage: Storage
    names: list[str]
    tags: dict[str, str] = field(default_factory=dict)
    colours: dict[int, tuple[int, int, int]] = field(default_factory=dict)


class FeatureWriter:
    """Rows go in from the top, a whole GeoTIFF comes out.

    Args:
        layer: what is written, and how.
        width, height: of the result, in cells.
        transform, crs: of the result.
        done: rows that an earlier run has written; its part file is continued.
    """

    def __init__(self, layer: Layer, width: int, height: int, transform: Any, crs: Any, done: int = 0) -> None:
        self.layer, self.width, self.height = layer, width, height
        self.rows_per_block, cols = block_shape(width, height, len(layer.names))
        self.part = part_path(layer.path)
        self.row = self._safe = done
        self.cut = 0
        if done:
            self._ds = rasterio.open(self.part, "r+")
            return
        storage = layer.storage
        try:
            self._ds = rasterio.open(
                self.part, "w", driver="GTiff", dtype=storage.dtype, count=len(layer.names), nodata=storage.nodata, crs=crs,
                width=width, height=height, transform=transform, tiled=True, blockxsize=cols, blockysize=self.rows_per_block,
                compress="deflate", zlevel=1, predictor=storage.predictor, interleave="band", BIGTIFF="IF_SAFER",
            )  # fmt: skip
        except RasterioError as error:
            raise BadRequest(
                f"{layer.path} can't be written", "choose a folder that exists and that you may write to"
            ) from error
        self._ds.descriptions = layer.names
        if layer.colours and len(layer.names) == 1:
            self._ds.write_colormap(1, layer.colours)
        if storage.scale is not None and storage.offset is not None:
            self._ds.scales, self._ds.offsets = storage.scale.tolist(), storage.offset.tolist()

    def write(self, rows: np.ndarray) -> None:
        """Write the next (bands, rows, width) of what is to be stored, as float32 with NaN for nodata."""
        stored, cut = self.layer.storage.encode(rows)
        self.cut += cut
        try:
            self._ds.write(stored, window=Window(0, self.row, self.width, rows.shape[1]))
        except RasterioError as error:
            raise _full(self.layer.path, str(error.__cause__ or error)) from error
        self.row += rows.shape[1]

    def flush(self) -> None:
        """Make sure that what was written since the last time can be read even if this process dies now.

        Raises:
            NoSpace: the disk is full.
        """
        self.close()
        self._check(self._safe, self.row)
        self._safe = self.row
        self._ds = rasterio.open(self.part, "r+")

    def seal(self) -> None:
        """Add the tags, close, and make sure that everything is on the disk.

        Raises:
            NoSpace: the disk is full.
        """
        self._ds.update_tags(ns="IAMAP", **self.layer.tags)
        self.close()
        self._check(0, self.height)

    def finish(self) -> None:
        """Seal it, and give the file its name."""
        self.seal()
        os.replace(self.part, self.layer.path)

    def close(self) -> None:
        """Close without finishing."""
        self._ds.close()

    def _check(self, first: int, last: int) -> None:
        # most blocks reach the disk when the file is closed, and what fails then is told to nobody (rasterio 1.4.4)
        if not is_whole(self.part, first, last):
            raise _full(self.layer.path, "not all of it arrived on the disk")


class WriterThread:
    """Gathers rows into whole block rows and writes them beside the computation.

    Args:
        writers: each with the function that makes its rows from features (dim, rows, width) float32 with NaN for nodata.
        journal: output path and key to note progress under, None when the run is not to be resumable.
    """

    def __init__(self, writers: list[tuple[FeatureWriter, Any]], journal: tuple[str, str] | None) -> None:
        self._writers, self._journal = writers, journal
        self._block = writers[0][0].rows_per_block  # of the features: they fill the memory
        self._rest: list[np.ndarray] = []
        self._row = writers[0][0].row
        self._height = writers[0][0].height
        self._queue: queue.Queue[np.ndarray | None] = queue.Queue(maxsize=1)
        self._error: BaseException | None = None
        self._said = time.monotonic()
        self._thread = Background(self._work, "writer")

    def add(self, rows: np.ndarray) -> None:
        """Take the next (dim, rows, width); blocks only while a block row waits to be written."""
        self._rest.append(rows)
        ready = sum(part.shape[1] for part in self._rest)
        target = min(self._height, (self._row // self._block + 1) * self._block) - self._row
        while ready >= target > 0:
            whole = np.concatenate(self._rest, 1) if len(self._rest) > 1 else self._rest[0]
            self._put(whole[:, :target])
            self._row += target
            ready -= target
            self._rest = [whole[:, target:]]
            target = min(self._height, (self._row // self._block + 1) * self._block) - self._row

    def _put(self, rows: np.ndarray | None) -> None:
        while self._error is None:
            try:
                self._queue.put(rows, timeout=0.2)
            except queue.Full:
                continue
            return
        raise self._error

    def _work(self) -> None:
        try:
            with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
                while (rows := self._queue.get()) is not None:
                    for writer, make in self._writers:
                        writer.write(make(rows))
                    self._checkpoint()
        except BaseException as error:
            self._error = error

    def _checkpoint(self) -> None:
        if self._journal is None or time.monotonic() - self._said < _CHECKPOINT_SECONDS:
            return
        for writer, _ in self._writers:
            writer.flush()
        note_progress(*self._journal, self._writers[0][0].row)
        self._said = time.monotonic()

    def end(self) -> None:
        """Wait until everything is written.

        Raises:
            NoSpace: the disk is full.
        """
        self._put(None)
        self._thread.wait()
        if self._error:
            raise self._error

    def stop(self, keep: bool) -> None:
        """End early; *keep* what is written, to resume from."""
        if not self._thread.is_over and self._error is None:
            self._put(None)
        self._thread.wait()
        for writer, _ in self._writers:
            writer.close()
            keep = keep and is_whole(writer.part)
        if keep and self._journal and self._error is None and self._writers[0][0].row:
            note_progress(*self._journal, self._writers[0][0].row)


@contextlib.contextmanager
def writing(writers: list[tuple[FeatureWriter, Any]]) -> Iterator[WriterThread]:
    """A thread that writes rows while they come, and seals all files at the end; nothing is kept of a run that fails.

    Tags may be changed until the end.

    Raises:
        NoSpace: the disk is full.
    """
    thread = WriterThread(writers, None)
    whole = False
    try:
        yield thread
        thread.end()
        for writer, _ in writers:
            writer.seal()
        whole = True
    finally:
        if not whole:
            thread.stop(keep=False)


def finish_all(writers: Iterable[FeatureWriter], last: Callable[[], None] = lambda: None) -> None:
    """Finish several: all get their names, or none does.

    Args:
        last: what is to be done when all are whole, and may still fail.

    Raises:
        NoSpace: the disk is full.
    """
    writers = list(writers)
    for writer in writers:
        writer.seal()
    last()
    for writer in writers:
        os.replace(writer.part, writer.layer.path)


def is_whole(path: str, first: int = 0, last: int | None = None) -> bool:
    """Whether every block of a GeoTIFF lies within the file, apart from the others; none is read.

    Args:
        first, last: look only at blocks that hold some of these rows; None for the last of the raster.
    """
    try:
        with rasterio.open(path) as ds:
            shared = ds.interleaving == Interleaving.pixel  # a block then holds all bands
            bottom = ds.height if last is None else last
            places = [
                [ds.get_tag_item(f"BLOCK_{what}_{i}_{j}", "TIFF", band) for what in ("OFFSET", "SIZE")]
                for band, (high, wide) in zip(ds.indexes[:1] if shared else ds.indexes, ds.block_shapes)
                for j in range(first // high, -(-bottom // high))
                for i in range(-(-ds.width // wide))
            ]
    except RasterioError:
        return False
    if not places:
        return True
    if not all(offset and size for offset, size in places):
        return False
    starts, sizes = np.array(sorted((int(offset), int(size)) for offset, size in places), np.int64).T
    ends = starts + sizes
    return bool((sizes > 0).all() and (starts[1:] >= ends[:-1]).all() and ends[-1] <= os.path.getsize(path))


def _full(path: str, reason: str) -> NoSpace:
    last = (reason.strip().splitlines() or ["unknown reason"])[-1].rstrip(".")
    return NoSpace(f"{path} can't be written: {last}", "free some disk space, or choose another folder")


def note_progress(output: str, key: str, rows: int) -> None:
    """Note that *rows* rows of *output* are good, for a run with the same *key*."""
    journal = journal_path(output)
    with open(journal + ".new", "w", encoding="utf-8") as file:
        json.dump({"key": key, "rows": rows}, file)
    os.replace(journal + ".new", journal)


def rows_done(output: str, key: str, others: list[str]) -> int:
    """Rows an interrupted run with the same *key* has left; 0 where there is none or its files can't be read."""
    try:
        with open(journal_path(output), encoding="utf-8") as file:
            noted = json.load(file)
        if not isinstance(noted, dict) or noted.get("key") != key:
            return 0
        for path in (output, *others):
            with rasterio.open(part_path(path)) as ds:
                ds.checksum(1)
        return int(noted["rows"])
    except (OSError, ValueError, KeyError, RasterioError):
        return 0
