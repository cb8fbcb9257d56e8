"""What a raster to be sharpened holds, and the layers its sharpened values are written to: names, legend, style and tags kept."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

from .. import __version__
from ..contract.errors import BadRaster, BadRequest
from ..contract.job import Context
from . import colours
from .clustering import class_storage
from .feature_raster import Layer
from .features import Features, no_data
from .mapping import Sheet
from .models import ClassOf
from .outputs import Outputs
from .storage import Storage, make_storage
from .survey import survey

if TYPE_CHECKING:
    from ..algorithms.sharpen import Sharpen

log = logging.getLogger(__name__)

#: tag that tells how a raster was sharpened
TAG = "sharpened"
#: what bands of probabilities are called, see ``training.maps``
PROBABILITY = "probability of "
#: more values than these are taken for numbers, and values that a raster of classes can hold
_MOST, _HIGHEST = 2000, 65_534
#: cells that the range of scaled integers is found from, and seed of their draw
_SAMPLE, _SEED = 30_000, 42


@dataclass(frozen=True)
class Kind:
    """What the values of a raster are.

    Attributes:
        classes: numbers of classes, with their legend; empty for other numbers, or where they are to come from probabilities.
        probabilities: bands are those of classes, and add up to 1.
        named: classes of the bands of probabilities.
    """

    classes: list[ClassOf] = field(default_factory=list)
    probabilities: bool = False
    named: list[ClassOf] = field(default_factory=list)

    @property
    def bytes_of_class(self) -> int:
        """Of a stored class."""
        return 1 if class_storage(self.classes or self.named).dtype == "uint8" else 2


def recognise(job: Sharpen, cells: Features, ctx: Context) -> Kind:
    """Tell classes, probabilities and other numbers apart.

    Raises:
        BadRaster: values that are to be classes are none.
        BadRequest: classes are asked for of what are no probabilities.
    """
    style, table = style_of(cells), _colour_table(cells)
    # a legend of another band than the one that is sharpened tells nothing of it
    listed = style.get("categories", []) if style.get("band", 1) == cells.source.bands[0] else []
    if job.content == "classes" or (job.content == "auto" and (listed or table)):
        if job.classes:
            raise BadRequest(
                f"`classes` is asked for, but {job.input} is a map of classes already", "leave `classes` empty"
            )
        if cells.bands > 1:
            log.info("only band %d of %s holds classes", cells.source.bands[0], cells.source.name)
        return Kind(_classes(cells, listed, table, ctx))
    names = cells.source.band_names()
    probable = cells.bands > 1 and all(name.startswith(PROBABILITY) for name in names)
    if job.classes and not probable:
        raise BadRequest(
            f"`classes` is asked for, but the bands of {job.input} are no probabilities of classes",
            "leave `classes` empty, or give the probabilities that Apply a model writes",
        )
    return Kind([], probable, _named(cells, names) if probable else [])


def style_of(cells: Features) -> dict[str, Any]:
    """How the raster is shown; empty where nothing is known."""
    return _read(cells, "style")


def _read(cells: Features, tag: str) -> dict[str, Any]:
    try:
        told = json.loads(cells.source.tags().get(tag, "{}"))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _colour_table(cells: Features) -> dict[int, tuple[int, ...]]:
    """Value -> red, green, blue, alpha; empty where there is none."""
    with rasterio.open(cells.source.name) as ds:
        try:
            return dict(ds.colormap(cells.source.bands[0]))
        except ValueError:
            return {}


def _classes(cells: Features, listed: list[Any], table: dict[int, tuple[int, ...]], ctx: Context) -> list[ClassOf]:
    """The classes that there are, by value."""
    found: set[float] = set()
    ctx.progress(0, cells.height, "rows", "classes")
    for _, last, values in cells.each():
        found |= set(np.unique(values[0][~np.isnan(values[0])]).tolist())
        if len(found) > _MOST:
            raise BadRaster(
                f"{cells.source.name} holds more than {_MOST} values, which can't be classes",
                "choose content = numbers",
            )
        ctx.progress(last, cells.height, "rows", "classes")
    if not found:
        raise no_data(cells)
    wrong = sorted(value for value in found if value != int(value) or not 0 <= value <= _HIGHEST)
    if wrong:
        raise BadRaster(
            f"{cells.source.name} holds the value {wrong[0]:g}, but numbers of classes are whole, from 0 to {_HIGHEST}",
            "choose content = numbers",
        )
    legend = {int(one["value"]): ClassOf(int(one["value"]), str(one["label"]), str(one["colour"])) for one in listed}
    numbers = sorted({int(value) for value in found} | set(legend))
    spare = dict(zip(numbers, colours.wheel(len(numbers))))
    shades = {value: "#{:02x}{:02x}{:02x}".format(*table[value][:3]) for value in numbers if value in table}
    return [legend.get(one) or ClassOf(one, str(one), shades.get(one, spare[one])) for one in numbers]


def _named(cells: Features, names: list[str]) -> list[ClassOf]:
    """The classes of bands of probabilities, from 1; with the colours of their map where the raster tells them."""
    told = _read(cells, "legend")
    wheel = colours.wheel(len(names))
    labels = [name[len(PROBABILITY) :] for name in names]
    return [ClassOf(i + 1, label, str(told.get(label, wheel[i]))) for i, label in enumerate(labels)]


def sheets(job: Sharpen, cells: Features, kind: Kind, outputs: Outputs, times: float, ctx: Context) -> list[Sheet]:
    """The layers that are written, each with its columns.

    Args:
        times: pixels along a cell.
    """
    source, style = cells.source, style_of(cells)
    tags = _tags(job, cells, times)
    names = [name or f"band {band}" for name, band in zip(source.band_names(), source.bands)]
    path = outputs.paths["output"]
    if kind.classes:
        return [Sheet(_class_layer(path, names[0], kind.classes, tags), slice(0, 1))]
    shown = _shown(style, source.bands)
    if shown:
        tags["style"] = json.dumps(shown, ensure_ascii=False)
    storage = Storage("float32", float("nan"))
    if job.storage != "float32":
        storage = make_storage(job.storage, survey(cells, _SAMPLE, _SEED, ctx).sample)
    made = [Sheet(Layer(path, storage, names, tags), slice(0, cells.bands))]
    if job.classes:
        layer = _class_layer(outputs.paths["classes"], "most probable class", kind.named, tags)
        made.append(Sheet(layer, slice(cells.bands, cells.bands + 1)))
    return made


def _class_layer(path: str, name: str, classes: list[ClassOf], tags: dict[str, str]) -> Layer:
    legend = [{"value": one.value, "label": one.label, "colour": one.colour} for one in classes]
    style = json.dumps({"categories": legend, "band": 1}, ensure_ascii=False)
    table = {one.value: colours.rgb(one.colour) for one in classes}
    return Layer(path, class_storage(classes), [name], {**tags, "style": style}, table)


def _tags(job: Sharpen, cells: Features, times: float) -> dict[str, str]:
    """Those of the raster, with what has been done to it; without its style, and its ``pca`` where bands are left out."""
    tags = cells.source.tags()
    tags.pop("style", None)
    if job.bands:
        tags.pop("pca", None)
    with_number = f"radius {job.radius}, " + (
        f"epsilon {job.epsilon:g}" if job.method == "guided filter" else f"sigma {job.sigma:g}"
    )
    try:
        tags["cell"] = f"{float(tags['cell']) / times:.6g}"
    except (KeyError, ValueError):
        tags.pop("cell", None)
    tags[TAG] = f"{job.method}, {with_number}"
    tags["made_from"] = json.dumps(cells.contract.as_dict())
    tags["request"] = json.dumps({"version": 1, "job": job.id, "params": job.values()})
    tags["versions"] = json.dumps({"iamap": __version__, "numpy": np.__version__})
    return tags


def _shown(style: dict[str, Any], bands: list[int]) -> dict[str, Any]:
    """The *style* of a raster for some of its *bands*; empty where a band that it shows is not among them."""
    numbers = {band: i + 1 for i, band in enumerate(bands)}
    wanted = [*style.get("bands", []), *([style["band"]] if "band" in style else [])]
    if not style or any(band not in numbers for band in wanted):
        return {}
    told = {key: value for key, value in style.items() if key != "categories"}
    if "bands" in told:
        told["bands"] = [numbers[band] for band in told["bands"]]
    if "band" in told:
        told["band"] = numbers[told["band"]]
    return told
