"""Which cells of a grid shapes cover, and how much of each.

Polygons: the exact share of every cell that they cover, computed from the outline by Green's theorem, on rotated, south-up and
geographic grids too. Lines: the cells they touch. Points: the cell they lie in. Places within 1e-6 of a cell's border count
as on it, so that a box drawn along cells does not touch their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.transform import Affine

from ..contract.job import Context
from .vectors import LINES, POINTS, POLYGONS

#: how far from a border a place counts as on it, in cells; a smaller share than that counts as none
_SNAP = 1e-6
#: cells, and pieces of outlines, worked on at once
_CELLS, _PIECES = 2_000_000, 1_000_000


@dataclass(frozen=True)
class Cells:
    """Where shapes lie: one entry for each shape and cell, sorted by shape, row and column.

    Attributes:
        shape: (n,) int64: index of the shape.
        row, col: (n,) int64.
        share: (n,) float32: how much of the cell a polygon covers, above 0 to 1; 1 for points and lines.
    """

    shape: np.ndarray
    row: np.ndarray
    col: np.ndarray
    share: np.ndarray

    def __len__(self) -> int:
        return len(self.shape)


def cells_under(geometry: np.ndarray, transform: Affine, width: int, height: int) -> Cells:
    """All cells of all shapes; see ``each_portion``."""
    parts = list(each_portion(geometry, transform, width, height))
    if not parts:
        return _nothing()
    joined = [np.concatenate([getattr(part, name) for part in parts]) for name in ("shape", "row", "col", "share")]
    return Cells(*joined)


def mostly_covered(cells: Cells, share: float = 0.5) -> Cells:
    """Those that a shape covers by *share* or more; of a shape that covers none so far, the one that it covers most."""
    best = np.zeros(int(cells.shape.max()) + 1, np.float32) if len(cells) else np.empty(0, np.float32)
    np.maximum.at(best, cells.shape, cells.share)
    kept = cells.share >= np.minimum(best[cells.shape], share)
    return Cells(cells.shape[kept], cells.row[kept], cells.col[kept], cells.share[kept])


def each_portion(
    geometry: np.ndarray, transform: Affine, width: int, height: int, ctx: Context | None = None
) -> Iterator[Cells]:
    """Yield the cells in portions of some millions, shape after shape; a large polygon comes in bands of rows.

    Args:
        geometry: (n,) of shapely, each of one kind, valid, in the CRS of the grid.
        transform: of columns and rows to coordinates.
        width, height: of the grid; what lies beyond it counts for nothing.
    """
    if not len(geometry):
        return
    boxes = _boxes(geometry, ~transform, width, height)
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    # of points and lines, what counts is their vertices and the borders between these
    outline = shapely.get_num_coordinates(geometry) * np.where(wide > 0, wide + high, 0)
    sizes = np.where(np.isin(shapely.get_type_id(geometry), POLYGONS), wide * high, outline)
    for start, end in _groups(sizes, _CELLS):
        if ctx is not None:
            ctx.progress(start, len(geometry), "shapes", "find the cells")
        # a shape that is too large has a group of its own, and is cut into bands
        large = int(sizes[start]) > _CELLS
        tall = max(1, int(high[start]) * _CELLS // int(sizes[start])) if large else height
        for top in range(int(boxes[start, 1]), int(boxes[start, 3]), tall) if large else (0,):
            band = boxes[start:end].copy()
            band[:, 1], band[:, 3] = np.maximum(band[:, 1], top), np.minimum(band[:, 3], top + tall)
            found = _portion(geometry[start:end], ~transform, band, (width, height))
            if len(found):
                yield Cells(found.shape + start, found.row, found.col, found.share)
    if ctx is not None:
        ctx.progress(len(geometry), len(geometry), "shapes", "find the cells")


def _groups(sizes: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Cut a list into (first, last) whose sizes add up to *most* at most; what is larger stands alone."""
    total = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = total[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + most, "right")))
        yield start, end
        start = end


def _nothing() -> Cells:
    none = np.empty(0, np.int64)
    return Cells(none, none, none, np.empty(0, np.float32))


def _on_grid(places: np.ndarray, inverse: Affine) -> np.ndarray:
    """(n, 2) coordinates to columns and rows."""
    x = inverse.a * places[:, 0] + inverse.b * places[:, 1] + inverse.c
    y = inverse.d * places[:, 0] + inverse.e * places[:, 1] + inverse.f
    found = np.stack([x, y], 1)
    whole = np.rint(found)
    return np.where(np.abs(found - whole) < _SNAP, whole, found)


def _places(geometry: np.ndarray, inverse: Affine) -> tuple[np.ndarray, np.ndarray]:
    """(vertices, 2) columns and rows of all vertices, and the shapes they are of."""
    places, index = shapely.get_coordinates(geometry, return_index=True)
    return _on_grid(places, inverse), index


def _boxes(geometry: np.ndarray, inverse: Affine, width: int, height: int) -> np.ndarray:
    """(shapes, 4) int64: first column and row, last column and row (exclusive) that a shape may touch, within the grid."""
    bounds = shapely.bounds(geometry)
    corners = np.stack([_on_grid(bounds[:, pair], inverse) for pair in ([0, 1], [0, 3], [2, 1], [2, 3])])
    low, high, last = corners.min(0), corners.max(0), np.array([width, height])
    # what lies on the last border belongs to the last cell
    first = np.clip(np.floor(np.clip(low, -1, last + 1)), 0, last - 1)
    end = np.clip(np.floor(np.clip(high, -1, last + 1)) + 1, 0, last)
    beside = (low > last).any(1) | (high < 0).any(1)
    end[beside] = first[beside] = 0
    return np.asarray(np.concatenate([first, end], 1), np.int64)


def _portion(geometry: np.ndarray, inverse: Affine, boxes: np.ndarray, size: tuple[int, int]) -> Cells:
    kind = shapely.get_type_id(geometry)
    parts = []
    for kinds, find in ((POINTS, _of_points), (LINES, _of_lines), (POLYGONS, _of_polygons)):
        which = np.flatnonzero(np.isin(kind, kinds) & (boxes[:, 3] > boxes[:, 1]))
        if len(which):
            found = find(geometry[which], inverse, boxes[which], size)
            parts.append((which[found.shape], found.row, found.col, found.share))
    if not parts:
        return _nothing()
    shape, row, col, share = (np.concatenate(column) for column in zip(*parts))
    order = np.lexsort((col, row, shape))
    return Cells(shape[order], row[order], col[order], share[order])


def _touched(shape: np.ndarray, x: np.ndarray, y: np.ndarray, boxes: np.ndarray, size: tuple[int, int]) -> Cells:
    """Cells in which places lie, each once for a shape; the last border belongs to the last cell."""
    width, height = size
    inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    shape, x, y = shape[inside], x[inside], y[inside]
    col = np.minimum(np.floor(x).astype(np.int64), width - 1)
    row = np.minimum(np.floor(y).astype(np.int64), height - 1)
    band = (row >= boxes[shape, 1]) & (row < boxes[shape, 3])
    return _once(shape[band], row[band], col[band], size)


def _once(shape: np.ndarray, row: np.ndarray, col: np.ndarray, size: tuple[int, int]) -> Cells:
    """Each cell once for a shape, in order."""
    width, height = size
    # not np.unique: its table of hashes is ten times slower on such numbers (NumPy 2.3)
    key = np.sort((shape * height + row) * width + col)
    found, col = np.divmod(key[np.append(True, key[1:] != key[:-1])] if len(key) else key, width)
    shape, row = np.divmod(found, height)
    return Cells(shape, row, col, np.ones(len(shape), np.float32))


def _of_points(geometry: np.ndarray, inverse: Affine, boxes: np.ndarray, size: tuple[int, int]) -> Cells:
    places, shape = _places(geometry, inverse)
    return _touched(shape, places[:, 0], places[:, 1], boxes, size)


def _of_lines(geometry: np.ndarray, inverse: Affine, boxes: np.ndarray, size: tuple[int, int]) -> Cells:
    parts, part_of = shapely.get_parts(geometry, return_index=True)
    places, part = _places(parts, inverse)
    edge = np.flatnonzero(part[1:] == part[:-1])
    ends = np.concatenate([places[edge], places[edge + 1]], 1)
    shape = part_of[part[edge]]
    found = []
    for chosen, begin, stop in _pieces(ends, (0, size[0]), boxes[shape, 1], boxes[shape, 3]):
        middle = (begin + stop) / 2
        x, y = (ends[chosen, k] + middle * (ends[chosen, k + 2] - ends[chosen, k]) for k in (0, 1))
        found.append(_touched(shape[chosen], x, y, boxes, size))
    if not found:
        return _nothing()
    which, row, col = (np.concatenate(column) for column in zip(*((part.shape, part.row, part.col) for part in found)))
    return _once(which, row, col, size)


def _of_polygons(geometry: np.ndarray, inverse: Affine, boxes: np.ndarray, size: tuple[int, int]) -> Cells:
    """Add up, for every edge, what lies to its right: its own cells in part, all cells of the row behind them as a whole."""
    ends, shape = _outlines(geometry, inverse)
    # one column more than the box has, for what lies behind its last
    wide = boxes[:, 2] - boxes[:, 0] + 1
    base = np.concatenate([[0], np.cumsum(wide * (boxes[:, 3] - boxes[:, 1]))])
    here, behind = np.zeros(base[-1]), np.zeros(base[-1])
    for chosen, begin, stop in _pieces(ends, (0, size[0]), boxes[shape, 1], boxes[shape, 3]):
        x0, y0, x1, y1 = ends[chosen].T
        middle = (begin + stop) / 2
        y, fall = y0 + middle * (y1 - y0), (stop - begin) * (y1 - y0)
        which = shape[chosen]
        x = np.clip(x0 + middle * (x1 - x0) - boxes[which, 0], 0, wide[which] - 1)
        row = np.clip(np.floor(y).astype(np.int64) - boxes[which, 1], 0, boxes[which, 3] - boxes[which, 1] - 1)
        col = np.floor(x).astype(np.int64)
        cell = base[which] + row * wide[which] + col
        here += np.bincount(cell, fall * (1 - (x - col)), base[-1])
        behind += np.bincount(cell, fall, base[-1])
    # the edges of a row fall and rise as much, so that every row begins at 0
    share = np.cumsum(behind) - behind + here
    cell = np.flatnonzero(share > _SNAP)
    which = np.searchsorted(base, cell, "right") - 1
    row, col = np.divmod(cell - base[which], wide[which])
    real = col < wide[which] - 1
    which, row, col, cell = which[real], row[real], col[real], cell[real]
    return Cells(which, row + boxes[which, 1], col + boxes[which, 0], np.minimum(share[cell], 1).astype(np.float32))


def _outlines(geometry: np.ndarray, inverse: Affine) -> tuple[np.ndarray, np.ndarray]:
    """(edges, 4) x, y of both ends: outlines on the grid such that edges on the left of what is covered go down; their shapes."""
    polygons, shape_of = shapely.get_parts(geometry, return_index=True)
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    # the first ring of a polygon is its outline, the others are holes
    hole = np.concatenate([[False], polygon_of[1:] == polygon_of[:-1]])
    places, ring = _places(rings, inverse)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    ends, ring = np.concatenate([places[edge], places[edge + 1]], 1), ring[edge]
    # relative to the first vertex of the ring: products of large numbers would lose the area of small rings
    first = np.searchsorted(ring, np.arange(len(rings)))
    near = ends - np.tile(ends[first, :2], 2)[ring]
    area = np.bincount(ring, near[:, 0] * near[:, 3] - near[:, 2] * near[:, 1], len(rings))
    turn = (area > 0) != hole
    ends = np.where(turn[ring][:, None], ends[:, [2, 3, 0, 1]], ends)
    return ends, shape_of[polygon_of[ring]]


def _pieces(
    ends: np.ndarray, columns: tuple[int, int], top: np.ndarray, bottom: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Cut edges where they cross borders of cells, and leave out what lies above *top* and below *bottom*.

    Yields:
        Portions of (pieces,) indices of edges, and the shares of the edge at which the piece begins and ends.
    """
    fall = ends[:, 3] - ends[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        cuts = np.stack([(top - ends[:, 1]) / fall, (bottom - ends[:, 1]) / fall])
    level = fall == 0
    low = np.where(level, 0.0, np.clip(np.nan_to_num(cuts.min(0)), 0, 1))
    high = np.where(level, 1.0, np.clip(np.nan_to_num(cuts.max(0)), 0, 1))
    kept = np.where(level, (ends[:, 1] >= top) & (ends[:, 1] <= bottom), high > low)
    chosen = np.flatnonzero(kept)
    low, high = low[chosen], high[chosen]
    across = _borders(ends[chosen, 0], ends[chosen, 2], low, high, *columns)
    down = _borders(ends[chosen, 1], ends[chosen, 3], low, high, -(2**62), 2**62)
    count = across[1] + down[1] + 1
    for start, end in _groups(count, _PIECES):
        part = slice(start, end)
        at = [
            _shares(ends[chosen[part], k], ends[chosen[part], k + 2], first[part], number[part])
            for k, (first, number) in ((0, across), (1, down))
        ]
        edge = np.concatenate([np.arange(end - start), *(index for index, _ in at)])
        begin = np.concatenate([low[part], *(share for _, share in at)])
        order = np.lexsort((begin, edge))
        edge, begin = edge[order], begin[order]
        stop = np.append(begin[1:], 0)
        last = np.append(edge[1:] != edge[:-1], True)
        stop[last] = high[part][edge[last]]
        yield chosen[part][edge], begin, np.maximum(stop, begin)


def _borders(
    a: np.ndarray, b: np.ndarray, low: np.ndarray, high: np.ndarray, least: int, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """First whole number between the places of an edge at its shares *low* and *high*, and how many there are."""
    from_, to = a + low * (b - a), a + high * (b - a)
    first = np.maximum(np.floor(np.minimum(from_, to)) + 1, least).astype(np.int64)
    last = np.minimum(np.ceil(np.maximum(from_, to)) - 1, most).astype(np.int64)
    return first, np.maximum(last - first + 1, 0)


def _shares(a: np.ndarray, b: np.ndarray, first: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where edges from *a* to *b* cross whole numbers: indices of edges, and shares of their length."""
    edge = np.repeat(np.arange(len(a)), number)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(number) - number, number)
    return edge, (first[edge] + step - a[edge]) / (b[edge] - a[edge])
