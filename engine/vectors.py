"""Read vector layers: shapes in the CRS of a raster, flat and valid, and the columns that are asked for."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS as ProjCRS
from pyproj import Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.crs import CRS

from ..contract.errors import BadRequest
from ..contract.job import Context
from .rasters import parse_crs

log = logging.getLogger(__name__)

#: features read at once
_BATCH = 200_000
#: pieces that the sides of a box are cut into before they are brought to another CRS
_STEPS = 32
#: kinds of shapely's numbers of types
POINTS, LINES, POLYGONS, COLLECTIONS = (0, 4), (1, 2, 5), (3, 6), (7,)
#: what may become of features that are not taken as they are -> what the log says, behind their number
_TOLD = {
    "empty": "without a geometry left out",
    "unknown": "with a geometry of an unknown kind left out",
    "lost": "that can't be brought to the CRS of the raster left out",
    "collapsed": "whose outline encloses nothing left out",
    "repaired": "with an invalid outline repaired",
    "beside": "that lie beside the raster left out",
}


@dataclass
class Shapes:
    """Features of a layer.

    Attributes:
        name: of the layer.
        geometry: (n,) of shapely: points, lines or polygons, or several of one kind; two-dimensional, valid, in the CRS that
            was asked for. A feature that holds several kinds comes as several.
        feature: (n,) int64: number of the feature in the layer, from 0.
        values: column -> (n,) as it is in the layer; missing numbers are NaN, missing texts None.
        count: features in the layer, those left out too.
        left_out: reason -> number of features, see ``_TOLD``; those repaired are not left out.
    """

    name: str
    geometry: np.ndarray
    feature: np.ndarray
    values: dict[str, np.ndarray]
    count: int
    left_out: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.geometry)

    def tell(self) -> None:
        """Write to the log what was left out, and what was repaired."""
        for reason, count in self.left_out.items():
            if count:
                log.warning("%s: %d of %d features %s", self.name, count, self.count, _TOLD[reason])


def read_shapes(
    name: str,
    columns: Sequence[str] = (),
    crs: CRS | None = None,
    within: tuple[float, float, float, float] | None = None,
    ctx: Context | None = None,
) -> Shapes:
    """Read a layer; memory grows with what is kept of it only.

    Args:
        name: a path, with ``|layername=…`` or ``|layerid=…`` behind it where the file holds several layers.
        columns: those whose values are wanted.
        crs: what geometries are brought to. A layer without a CRS is taken to be in it, which the log tells; None: as they are.
        within: (xmin, ymin, xmax, ymax) in *crs*: features beside it are left out.

    Raises:
        BadRequest: there is no such file, layer or column, or not one feature.
    """
    parts = list(each_batch(name, columns, crs, within, ctx))
    joined = Shapes(
        parts[0].name,
        np.concatenate([part.geometry for part in parts]),
        np.concatenate([part.feature for part in parts]),
        {column: np.concatenate([part.values[column] for part in parts]) for column in columns},
        parts[0].count,
        sum((part.left_out for part in parts), Counter()),
    )
    joined.tell()
    return joined


def each_batch(
    name: str,
    columns: Sequence[str] = (),
    crs: CRS | None = None,
    within: tuple[float, float, float, float] | None = None,
    ctx: Context | None = None,
) -> Iterator[Shapes]:
    """Yield what ``read_shapes`` would give, in batches that follow each other in the layer."""
    path, layer = _locate(name)
    about = _about(path, layer)
    title, count = str(about["layer_name"]), int(about["features"])
    known = [str(one) for one in about["fields"]]
    for column in columns:
        if column not in known:
            raise BadRequest(f"{title} has no column {column}", "it has " + (", ".join(known) or "none at all"))
    if not count:
        raise BadRequest(f"{title} ({path}) has no features", "choose another layer")
    transformer = _transformer(title, about["crs"], crs)
    for start in range(0, count, _BATCH):
        if ctx is not None:
            ctx.progress(start, count, "features", "read the layer")
        # by its name: the first layer of a file may be a table without geometry
        raw, table = _read(path, title if layer is None else layer, columns, start, about["encoding"])
        left_out: Counter[str] = Counter()
        geometry, feature = _usable(raw, left_out)
        geometry, feature = _moved(geometry, feature, transformer, left_out)
        geometry, feature = _valid(geometry, feature, left_out)
        if within is not None and len(geometry):
            geometry, feature = _inside(geometry, feature, within, left_out)
        values = {column: table[column][feature] for column in columns}
        yield Shapes(title, geometry, feature + start, values, count, left_out)
    if ctx is not None:
        ctx.progress(count, count, "features", "read the layer")


def columns(name: str) -> list[str]:
    """Names of the columns of a layer; raises BadRequest where there is none."""
    return [str(one) for one in _about(*_locate(name))["fields"]]


def from_box(extent: str, home: CRS | None, crs: CRS | None) -> Shapes:
    """One polygon: ``xmin,ymin,xmax,ymax [CRS]``, brought to *crs*, with sides that bend where those of the box do.

    Args:
        home: the CRS of a box that names none.

    Raises:
        BadRequest: the box is given in a CRS that is unknown, or the raster has none to compare with.
    """
    numbers, _, rest = extent.partition("[")
    told = rest.rstrip("] ").strip()
    if told and crs is None:
        raise BadRequest(
            f"box = {extent} is given in {told}, but the raster has no CRS",
            "give the box in the raster's own coordinates",
        )
    there = parse_crs(told, "box") if told else home
    transformer = _transformer("box", there.to_wkt(), crs) if there is not None and crs is not None else None
    shape = np.array([shapely.box(*(float(part) for part in numbers.split(",")))], object)
    left_out: Counter[str] = Counter()
    if transformer is not None:
        bounds = shapely.bounds(shape[0])
        shape = shapely.segmentize(shape, max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / _STEPS)
    geometry, feature = _valid(*_moved(shape, np.zeros(1, np.int64), transformer, left_out), left_out)
    return Shapes("box", geometry, feature, {}, 1, left_out)


def as_text(values: np.ndarray) -> np.ndarray:
    """Values of any column as names, (n,) of str; empty for what is missing. Whole numbers have no point."""
    if values.dtype.kind in "iub":
        return np.array([str(one) for one in values.tolist()], object)
    if values.dtype.kind == "M":
        return np.array(["" if np.isnat(one) else str(one) for one in values], object)
    return np.array([_text(one) for one in values.tolist()], object)


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    return str(value).strip()


def in_order(names: set[str]) -> list[str]:
    """Sort *names*: as numbers where all are, otherwise as text."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def _locate(name: str) -> tuple[str, str | int | None]:
    """Path, and name or number of the layer; None for the only one."""
    path, layer = name, None
    if "|" in name and not os.path.exists(name):
        path, *options = name.split("|")
        for option in options:
            what, _, value = option.partition("=")
            if what.lower() not in ("layername", "layerid"):
                raise BadRequest(f"{option} in {name} is not understood", "give a path, or a path|layername=…")
            layer = int(value) if what.lower() == "layerid" and value.isdigit() else value
    if not os.path.exists(path) and not path.startswith("/vsi"):
        raise BadRequest(f"{path} is not there", "check the path of the vector layer")
    return path, layer


def _about(path: str, layer: str | int | None) -> dict[str, Any]:
    try:
        known = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
        if layer is None:
            shapes = [name for name, kind in known if kind is not None]
            if len(shapes) > 1:
                few = ", ".join(shapes[:8]) + (" …" if len(shapes) > 8 else "")
                raise BadRequest(
                    f"{path} holds {len(shapes)} layers: {few}", f"give {path}|layername=… with one of them"
                )
            layer = next(iter(shapes or [name for name, _ in known]), None)
        about = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    except DataLayerError as error:
        few = ", ".join(name for name, _ in known[:8])
        raise BadRequest(f"{path} has no layer {layer}", f"it has {few or 'none'}") from error
    except DataSourceError as error:
        raise BadRequest(
            f"{path} can't be opened as a vector layer", "it is damaged, or of a format GDAL does not know"
        ) from error
    if about["geometry_type"] is None:
        raise BadRequest(
            f"{about['layer_name']} ({path}) has no geometry", "choose a layer of points, lines or polygons"
        )
    return dict(about)


def _read(
    path: str, layer: str | int | None, columns: Sequence[str], start: int, encoding: str | None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(features,) WKB or None, and the columns."""
    about: dict[str, Any] = {"layer": layer, "columns": [*columns], "skip_features": start, "max_features": _BATCH}
    try:
        try:
            meta, _, raw, data = pyogrio.raw.read(path, **about)
        except UnicodeDecodeError:
            log.warning("%s: texts are not %s as the file says, they are read as Latin-1", path, encoding)
            meta, _, raw, data = pyogrio.raw.read(path, **about, encoding="ISO-8859-1")
    except (DataSourceError, DataLayerError) as error:
        raise BadRequest(
            f"{path} can't be read: {str(error).rstrip('.')}", "the file is damaged: copy it anew"
        ) from error
    return raw, dict(zip(map(str, meta["fields"]), data))


def _different(ordered: np.ndarray) -> int:
    """How many different numbers there are in a list that does not fall."""
    return int((ordered[1:] != ordered[:-1]).sum()) + 1 if len(ordered) else 0


def _usable(raw: np.ndarray, left_out: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
    """Geometries that are there, each of one kind, and the numbers of their features in the batch."""
    feature = np.arange(len(raw))
    geometry = shapely.from_wkb(raw, on_invalid="ignore")
    high = shapely.has_z(geometry) | shapely.has_m(geometry)
    if high.any():
        geometry[high] = shapely.force_2d(geometry[high])
    given = np.array([one is not None for one in raw], bool)
    read = ~shapely.is_missing(geometry)
    left_out["unknown"] += int((given & ~read).sum())
    collection = np.isin(shapely.get_type_id(geometry), COLLECTIONS)
    while collection.any():
        parts, index = shapely.get_parts(geometry[collection], return_index=True)
        geometry, feature = (
            np.concatenate([geometry[~collection], parts]),
            np.concatenate([feature[~collection], feature[collection][index]]),
        )
        order = np.argsort(feature, kind="stable")
        geometry, feature = geometry[order], feature[order]
        collection = np.isin(shapely.get_type_id(geometry), COLLECTIONS)
    full = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    left_out["empty"] += len(raw) - int((given & ~read).sum()) - _different(feature[full])
    return geometry[full], feature[full]


def _transformer(title: str, there: str | None, here: CRS | None) -> Transformer | None:
    """What brings coordinates of the layer to those of the raster; None where nothing is to be done."""
    if here is None or there is None:
        if there is not None:
            log.warning("the raster has no CRS: coordinates of %s are taken as those of the raster", title)
        elif here is not None:
            log.warning("%s has no CRS: its coordinates are taken to be in that of the raster", title)
        return None
    try:
        source, target = ProjCRS.from_user_input(there).to_2d(), ProjCRS.from_wkt(here.to_wkt()).to_2d()
        if source.equals(target, ignore_axis_order=True):
            return None
        return Transformer.from_crs(source, target, always_xy=True)
    except (CRSError, ProjError) as error:
        raise BadRequest(
            f"{title} can't be brought to the CRS of the raster: {str(error).rstrip('.')}",
            "reproject the layer in QGIS first",
        ) from error


def _moved(
    geometry: np.ndarray, feature: np.ndarray, transformer: Transformer | None, left_out: Counter[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Geometries in the CRS of the raster; those with a vertex that has no place there are left out."""
    places, index = shapely.get_coordinates(geometry, return_index=True)
    if transformer is not None and len(places):
        places = np.stack(transformer.transform(places[:, 0], places[:, 1]), 1)
    finite = np.isfinite(places).all(1)
    if not finite.all():
        kept = np.ones(len(geometry), bool)
        kept[index[~finite]] = False
        places, lost = places[kept[index]], _different(feature) - _different(feature[kept])
        left_out["lost" if transformer is not None else "empty"] += lost
        geometry, feature = geometry[kept], feature[kept]
    if transformer is not None and len(geometry):
        geometry = shapely.set_coordinates(geometry.copy(), places)
    return geometry, feature


def _valid(geometry: np.ndarray, feature: np.ndarray, left_out: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
    """Polygons whose rings cross are made anew; what collapses is left out. A line of no length becomes a point."""
    if not len(geometry):
        return geometry, feature
    kind = shapely.get_type_id(geometry)
    bad = ~shapely.is_valid(geometry)
    polygons, others = bad & np.isin(kind, POLYGONS), bad & ~np.isin(kind, POLYGONS)
    geometry = geometry.copy()
    geometry[polygons] = shapely.make_valid(geometry[polygons], method="structure", keep_collapsed=False)
    geometry[others] = shapely.make_valid(geometry[others])
    full = ~shapely.is_empty(geometry)
    left_out["collapsed"] += _different(feature) - _different(feature[full])
    left_out["repaired"] += _different(feature[polygons & full])
    return geometry[full], feature[full]


def _inside(
    geometry: np.ndarray, feature: np.ndarray, within: tuple[float, float, float, float], left_out: Counter[str]
) -> tuple[np.ndarray, np.ndarray]:
    bounds = shapely.bounds(geometry)
    xmin, ymin, xmax, ymax = within
    near = (bounds[:, 0] <= xmax) & (bounds[:, 2] >= xmin) & (bounds[:, 1] <= ymax) & (bounds[:, 3] >= ymin)
    left_out["beside"] += _different(feature) - _different(feature[near])
    return geometry[near], feature[near]
