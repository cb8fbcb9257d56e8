"""What a search looks for: the cells under examples and counter-examples, and their features."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.crs import CRS

from ..contract.errors import BadRequest
from ..contract.job import Context
from .cell_values import values_at
from .coverage import Cells, each_portion, mostly_covered
from .features import Features, bounds
from .survey import cell_hash
from .vectors import Shapes, as_text, from_box, in_order, read_shapes

if TYPE_CHECKING:
    from ..algorithms.similarity import Similarity

log = logging.getLogger(__name__)

#: what counts as no and as yes in a column that tells counter-examples
_NO = frozenset({"0", "-1", "no", "n", "false", "f", "negative", "neg", "-", "−"})
_YES = frozenset({"", "1", "yes", "y", "true", "t", "positive", "pos", "+"})
#: queries of one search; each is a band of the result
_MOST_QUERIES = 255
#: bytes of float32 of the features of all examples, and cells that a group has in any case
_BYTES, _LEAST = 256 << 20, 20


@dataclass(frozen=True)
class Group:
    """Cells that stand for one thing.

    Attributes:
        places: (cells, 2) int64: rows and columns in the raster of the examples, in reading order.
        raw: (cells, bands) float32: their features.
        under: (cells,) int64: number of the feature of the layer that each lies under, of the first where there are several.
    """

    places: np.ndarray
    raw: np.ndarray
    under: np.ndarray

    @property
    def count(self) -> int:
        """How many features of the layer, or boxes, the cells lie under."""
        return len(np.unique(self.under))

    def some(self, chosen: np.ndarray) -> Group:
        """The cells for which (cells,) bool *chosen* says so."""
        return Group(self.places[chosen], self.raw[chosen], self.under[chosen])


@dataclass(frozen=True)
class Query:
    """One thing to look for.

    Attributes:
        name: empty where queries have no names.
        examples: one cell at least.
        counters: of this query only; may be none.
    """

    name: str
    examples: Group
    counters: Group


@dataclass(frozen=True)
class Queries:
    """All that a search looks for.

    Attributes:
        each: the queries, in the order of their names.
        shared: counter-examples of all of them; may be none.
    """

    each: list[Query]
    shared: Group


class _Places:
    """Cells under the shapes of some groups, each once a group; of more than *most* in a group, an even draw."""

    def __init__(self, groups: int, width: int, most: int, seed: int) -> None:
        self._width, self._most, self._seed = width, most, np.uint64(seed)
        nothing = np.empty(0, np.int64)
        self.keys, self.under = [nothing] * groups, [nothing] * groups

    def add(self, cells: Cells, group: np.ndarray, feature: np.ndarray) -> None:
        """Take cells; *group* and *feature* are those of every shape."""
        keys = cells.row * self._width + cells.col
        of = group[cells.shape]
        for one in np.flatnonzero(np.bincount(of)).tolist():
            mine = of == one
            both = np.concatenate([self.keys[one], keys[mine]])
            under = np.concatenate([self.under[one], feature[cells.shape[mine]]])
            self.keys[one], first = np.unique(both, return_index=True)
            self.under[one] = under[first]
            if len(first) > 4 * self._most:
                self._thin(one)

    def _thin(self, one: int) -> None:
        keys = self.keys[one]
        if len(keys) > self._most:
            rank = cell_hash(keys // self._width, keys % self._width, self._seed)
            kept = np.sort(np.argpartition(rank, self._most - 1)[: self._most])
            self.keys[one], self.under[one] = keys[kept], self.under[one][kept]

    def end(self) -> None:
        """Thin all groups."""
        for one in range(len(self.keys)):
            self._thin(one)

    def drop(self, one: int, keys: np.ndarray) -> None:
        """Take these cells out of a group."""
        kept = ~np.isin(self.keys[one], keys)
        self.keys[one], self.under[one] = self.keys[one][kept], self.under[one][kept]


def gather(
    job: Similarity, features: Features, home: CRS | None, most: int, in_all: int | None, ctx: Context
) -> Queries:
    """Find the examples that *job* names, and read their features.

    Args:
        features: the raster that the examples lie on.
        home: the CRS of a box that names none: that of the raster that is searched.
        most: cells that stand for a group at most; an even draw of those there are.
        in_all: of all groups together; None for as many as fit into some megabytes.

    Raises:
        BadRequest: nothing lies on the raster or on its data, names are missing, too many, or a role is not understood.
    """
    if job.box:
        shapes = from_box(job.box, home, features.crs)
        names, against = np.full(1, "", object), np.zeros(1, bool)
    else:
        columns = [column for column in dict.fromkeys((job.name, job.role)) if column]
        shapes = read_shapes(str(job.query), columns, features.crs, bounds(features), ctx)
        _on_raster(shapes, features, "query")
        names, against = _named(job, shapes), _against(job, shapes)
    wanted = in_order(set(names[~against].tolist()) - ({""} if job.name else set()))
    _check_names(job, wanted, names[~against], shapes)
    # group 0 is shared by all; each query has one of examples and one of counter-examples
    groups = 1 + 2 * len(wanted)
    in_all = min(in_all or _BYTES, _BYTES // (4 * features.bands))
    places = _Places(groups, features.source.width, max(_LEAST, min(most, in_all // groups)), job.seed)
    _fill(places, shapes, _groups(job, wanted, names, against), features, ctx)
    if job.negatives:
        others = read_shapes(job.negatives, (), features.crs, bounds(features), ctx)
        _on_raster(others, features, "negatives")
        _fill(places, others, np.zeros(len(others), np.int64), features, ctx)
    places.end()
    return _read(wanted, places, features, ctx)


def _groups(job: Similarity, wanted: list[str], names: np.ndarray, against: np.ndarray) -> np.ndarray:
    """(shapes,) number of the group of each; -1 for what is left out."""
    index = {name: i for i, name in enumerate(wanted)}
    query = np.array([index.get(name, -1) for name in names], np.int64)
    group = np.where(query >= 0, 1 + 2 * query + against, -1)
    if job.name:
        group[against & (names == "")] = 0
    lost = sorted(set(names[group < 0].tolist()) - {""})
    if lost:
        log.warning("counter-examples of names without examples are left out: %s", ", ".join(lost[:8]))
    return group


def _on_raster(shapes: Shapes, features: Features, field: str) -> None:
    if not len(shapes):
        raise BadRequest(
            f"{field}: no feature of {shapes.name} lies on {features.source.name}",
            "check the CRS of both, and that the layer holds what you think",
        )


def _named(job: Similarity, shapes: Shapes) -> np.ndarray:
    """(shapes,) names of their queries; empty where there is none."""
    return as_text(shapes.values[job.name]) if job.name else np.full(len(shapes), "", object)


def _against(job: Similarity, shapes: Shapes) -> np.ndarray:
    """(shapes,) bool: which are counter-examples."""
    if not job.role:
        return np.zeros(len(shapes), bool)
    said = np.array([one.lower() for one in as_text(shapes.values[job.role])], object)
    odd = sorted(set(said.tolist()) - _YES - _NO)
    if odd:
        raise BadRequest(
            f"role: {job.role} of {shapes.name} holds {', '.join(odd[:5])}, which tells neither example nor counter-example",
            "write 1 for examples and 0 for counter-examples",
        )
    return np.isin(said, sorted(_NO))


def _check_names(job: Similarity, wanted: list[str], names: np.ndarray, shapes: Shapes) -> None:
    if not len(names):
        raise BadRequest(f"{shapes.name} holds counter-examples only", "give an example of what you look for")
    if job.name:
        missing = int((names == "").sum())
        if not wanted:
            raise BadRequest(
                f"name = {job.name} of {shapes.name} is empty in all features on the raster",
                "fill it, or leave `name` empty",
            )
        if missing:
            log.warning("%s: %d features without a name are left out", shapes.name, missing)
    if len(wanted) > _MOST_QUERIES:
        raise BadRequest(
            f"name = {job.name} of {shapes.name} has {len(wanted)} different values, a search takes {_MOST_QUERIES} queries",
            "choose a column with fewer",
        )


def _fill(places: _Places, shapes: Shapes, group: np.ndarray, features: Features, ctx: Context) -> None:
    """Add the cells of *shapes* to their groups; those of group -1 are left out."""
    kept = np.flatnonzero(group >= 0)
    source = features.source
    for cells in each_portion(shapes.geometry[kept], source.transform, source.width, source.height, ctx):
        places.add(mostly_covered(cells), group[kept], shapes.feature[kept])


def _read(wanted: list[str], places: _Places, features: Features, ctx: Context) -> Queries:
    _part(wanted, places)
    if not any(len(one) for one in places.keys[1::2]):
        raise BadRequest(
            f"the examples cover no cell of {features.source.name}", "check the CRS of both, or give larger examples"
        )
    edges = np.cumsum([0, *map(len, places.keys)])
    every = np.stack(np.divmod(np.concatenate(places.keys), features.source.width), 1)
    raw = values_at(features, every[:, 0], every[:, 1], ctx)
    valid = ~np.isnan(raw).any(1)
    groups = []
    for i, (start, end) in enumerate(zip(edges, edges[1:])):
        good = np.flatnonzero(valid[start:end])
        groups.append(Group(every[start + good], raw[start + good], places.under[i][good]))
        if len(good) < end - start:
            what = "counter-examples" if i % 2 == 0 else f"examples{' of ' + wanted[i // 2] if wanted[i // 2] else ''}"
            log.warning("%d of %d cells under %s hold no data", end - start - len(good), end - start, what)
    found = [Query(name, groups[1 + 2 * i], groups[2 + 2 * i]) for i, name in enumerate(wanted)]
    empty = [query.name for query in found if not len(query.examples.raw)]
    found = [query for query in found if len(query.examples.raw)]
    if not found:
        raise BadRequest(
            f"none of the {sum(map(len, places.keys[1::2]))} cells under the examples holds data in {features.source.name}",
            "place examples where the raster has data",
        )
    if empty:
        log.warning("queries without an example on the raster and its data are left out: %s", ", ".join(empty[:8]))
    for query in found:
        log.info(
            "%s: %d cells under %d examples, %d cells under counter-examples",
            query.name or "query", len(query.examples.raw), query.examples.count, len(query.counters.raw) + len(groups[0].raw),
        )  # fmt: skip
    return Queries(found, groups[0])


def _part(wanted: list[str], places: _Places) -> None:
    """Take out cells that are example and counter-example of the same query."""
    for i, name in enumerate(wanted):
        own, against = places.keys[1 + 2 * i], places.keys[2 + 2 * i]
        both = np.intersect1d(own, np.union1d(against, places.keys[0]))
        if not len(both):
            continue
        about = f" of {name}" if name else ""
        if len(both) == len(own):
            raise BadRequest(
                f"every example{about} shares its cell with a counter-example",
                "move them apart, or encode on a finer grid",
            )
        log.warning("%d cells are example and counter-example%s at once: they count as neither", len(both), about)
        places.drop(1 + 2 * i, both)
        places.drop(2 + 2 * i, both)
