"""The words a job declares its parameters with.

One declaration is the type, the default, the range check, the QGIS parameter, the option of the command line, the row of
the docs, the key of the request and the provenance tag.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, Union

from .errors import BadRequest

Choices = Union[Sequence[str], Callable[[], Sequence[str]]]

#: kinds whose value is a path that the job writes
OUTPUTS = frozenset({"raster_out", "vector_out", "file_out"})
#: kinds whose value is a path (or a GDAL source) that the job reads
INPUTS = frozenset({"raster_in", "rasters_in", "vector_in", "vectors_in", "path_in"})
#: endings of what ``raster_out`` and ``vector_out`` write; the first is what a name without one gets
ENDINGS = {"raster_out": (".tif", ".tiff"), "vector_out": (".gpkg",)}

#: where the choices of a field are listed that says nothing else
_WHERE = "listed in the dialog of this job, and by its --help"
#: a range of bands, and more bands than any raster has (GDAL_MAX_BAND_COUNT of GDALCheckBandCount)
_RANGE, _MOST_BANDS = re.compile("([0-9]+)[-\u2013]([0-9]+)"), 65536

#: choices up to which a sentence lists all, and near ones that it lists otherwise
_LISTED, _NEAR = 12, 5

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True)
class Field:
    """Everything known about one parameter.

    Attributes:
        kind: one of raster_in, rasters_in, raster_out, bands, vector_in, vectors_in, vector_out, column, choice, integer,
            number, flag, text, path_in, file_out, extent, crs.
        label: what stands beside the widget; capital first letter, no full stop.
        help: full sentences: what to choose, and when.
        required: the user must give a value; otherwise a missing one becomes ``default_value()``.
        default: a value, or a function of nothing that finds it when it is asked for.
        parent: name of the raster field that a bands or extent field belongs to, of the vector field of a column.
        files: for path_in and file_out, (what, pattern) pairs such as ``("Weights", "*.safetensors")``.
        wanted: an optional output that dialogs propose to write.
        geometry: for vector_in, vectors_in and vector_out: ``point``, ``line``, ``polygon``, ``table`` or ``any``.
        listed: where all choices can be read, if they are too many for a sentence: "listed …".
        speed_only: the value changes speed or memory, never the pixels: it is not part of what a result is keyed by.
    """

    kind: str
    label: str
    help: str = ""
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: Choices = ()
    listed: str = _WHERE
    parent: str = ""
    files: tuple[tuple[str, str], ...] = ()
    advanced: bool = False
    speed_only: bool = False
    geometry: str = "any"
    wanted: bool = False
    default: Any = None

    @property
    def is_output(self) -> bool:
        """Whether the job writes what this field names."""
        return self.kind in OUTPUTS

    @property
    def endings(self) -> tuple[str, ...]:
        """What names of an output may end in, lower case; empty for what is none."""
        if self.kind == "file_out":
            return tuple(pattern.lstrip("*").lower() for _, pattern in self.files)
        return ENDINGS.get(self.kind, ())

    def options(self) -> list[str]:
        """The strings a choice offers, in the order they are shown."""
        return list(self.choices() if callable(self.choices) else self.choices)

    def default_value(self) -> Any:
        """The value a job sees when none is given."""
        return self.default() if callable(self.default) else self.default

    def check(self, name: str, value: Any) -> Any:
        """Return *value* as the job will see it; None where nothing was given and there is no default.

        Raises:
            BadRequest: the value is missing, of the wrong type, out of range or not offered.
        """
        if value is None or (isinstance(value, (str, list, tuple)) and len(value) == 0):
            if self.required:
                raise BadRequest(f"`{name}` is missing", f"`{name}` is: {self.label}")
            return None
        return _CHECKS[self.kind](self, name, value)

    def _fail(self, name: str, value: Any, wanted: str) -> BadRequest:
        return BadRequest(f"`{name}` = {value!r} is not {wanted}", f"`{name}` is: {self.label}")

    def _in_range(self, name: str, value: float) -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = f"{low:g} to {high:g}" if low is not None and high is not None else ""
            bounds = bounds or (f"{low:g} or more" if low is not None else f"{high:g} or less")
            raise BadRequest(f"`{name}` = {value:g} is out of range", f"give {bounds} {self.unit}".rstrip())

    def _integer(self, name: str, value: Any) -> int:
        if isinstance(value, bool):
            raise self._fail(name, value, "a whole number")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise self._fail(name, value, "a whole number") from None
        if not math.isfinite(number) or number != int(number):
            raise self._fail(name, value, "a whole number")
        self._in_range(name, number)
        return int(number)

    def _number(self, name: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise self._fail(name, value, "a number") from None
        if isinstance(value, bool) or not math.isfinite(number):
            raise self._fail(name, value, "a number")
        self._in_range(name, number)
        return number

    def _flag(self, name: str, value: Any) -> bool:
        text = str(value).strip().lower()
        if isinstance(value, bool) or text in _TRUE or text in _FALSE:
            return value if isinstance(value, bool) else text in _TRUE
        raise self._fail(name, value, "true or false")

    def _choice(self, name: str, value: Any) -> str:
        match = [option for option in self.options() if option.lower() == str(value).strip().lower()]
        if not match:
            raise BadRequest(f"`{name}` = {value!r} is not offered", near(str(value), self.options(), self.listed))
        return match[0]

    def _bands(self, name: str, value: Any) -> list[int]:
        parts = [value] if isinstance(value, (int, float)) else value
        try:
            numbers = _band_numbers(value) if isinstance(value, str) else [int(part) for part in parts]
        except (TypeError, ValueError):
            raise self._fail(name, value, "a list of band numbers and ranges such as 3,2,1 or 1-129,136-224") from None
        if min(numbers) < 1:
            raise BadRequest(f"`{name}` = {value!r} has band {min(numbers)}", "bands are counted from 1")
        return numbers

    def _extent(self, name: str, value: Any) -> str:
        """``xmin,ymin,xmax,ymax`` with an optional `` [EPSG:…]`` behind it, as text."""
        text = value if isinstance(value, str) else ",".join(repr(float(v)) for v in value)
        wanted = "xmin,ymin,xmax,ymax, with [EPSG:…] behind it where it is not in the raster's CRS"
        match = re.fullmatch(r"\s*([^\[\]]+?)\s*(\[[^\[\]]+\])?\s*", text)
        try:
            numbers = [float(part) for part in match.group(1).split(",")] if match else []
        except ValueError:
            numbers = []
        if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
            raise self._fail(name, value, wanted)
        if numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
            raise BadRequest(f"`{name}` = {text} is empty", f"give {wanted}")
        return text.strip()

    def _text(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self._fail(name, value, "text")
        return value.strip()

    def _paths(self, name: str, value: Any) -> list[str]:
        """Paths as a list, or as text with semicolons between them."""
        parts = value.split(";") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
            what = "rasters" if self.kind == "rasters_in" else "vector layers"
            raise self._fail(name, value, f"a list of {what}, with semicolons between them")
        paths = [part.strip() for part in parts if part.strip()]
        if not paths:
            raise BadRequest(f"`{name}` is missing", f"`{name}` is: {self.label}")
        return paths

    def _output(self, name: str, value: Any) -> str:
        path = self._text(name, value)
        if not path.lower().endswith(self.endings):
            what = {"raster_out": "a GeoTIFF", "vector_out": "a GeoPackage"}.get(
                self.kind, self.files and self.files[0][0]
            )
            raise BadRequest(f"`{name}` = {path} is not {what}", f"give a name that ends in {self.endings[0]}")
        return path


def _band_numbers(text: str) -> list[int]:
    """Numbers of text such as ``3,2,1`` or ``1-129,136-224``; ``3-1`` are 3, 2, 1. Raises ValueError for what is none."""
    found: list[int] = []
    for part in re.split(r"[,;\s]+", re.sub("\\s*([-\u2013])\\s*(?=[0-9])", r"\1", text.strip())):
        ends = _RANGE.fullmatch(part)
        first, last = (int(ends.group(1)), int(ends.group(2))) if ends else (int(part), int(part))
        if max(first, last) > _MOST_BANDS:
            raise ValueError(part)
        step = 1 if first <= last else -1
        found += range(first, last + step, step)
    return found


def near(value: str, options: Sequence[str], listed: str = _WHERE) -> str:
    """What to choose in place of *value*: any of a few *options*, or those that are spelt like it and where the others are *listed*."""
    if len(options) <= _LISTED:
        return "choose one of: " + ", ".join(options)
    wanted = value.strip().lower()
    by_lower = {option.lower(): option for option in options}
    # what is part of a name first: spelling alone does not find the one of many that a word is short for
    within = [by_lower[one] for one in by_lower if wanted and wanted in one]
    import difflib  # only where something is wrong

    alike = [by_lower[one] for one in difflib.get_close_matches(wanted, by_lower, _NEAR, 0.5)]
    found = list(dict.fromkeys([*within, *alike]))[:_NEAR]
    if found:
        return f"did you mean {' or '.join(found)}? All are {listed}"
    return f"choose one of the {len(options)}, such as {options[0]}: they are {listed}"


_CHECKS: dict[str, Callable[[Field, str, Any], Any]] = {
    "raster_in": Field._text,
    "rasters_in": Field._paths,
    "raster_out": Field._output,
    "vector_in": Field._text,
    "vectors_in": Field._paths,
    "vector_out": Field._output,
    "column": Field._text,
    "path_in": Field._text,
    "file_out": Field._output,
    "text": Field._text,
    "crs": Field._text,
    "bands": Field._bands,
    "choice": Field._choice,
    "integer": Field._integer,
    "number": Field._number,
    "flag": Field._flag,
    "extent": Field._extent,
}


def _declare(kind: str, label: str, default: Any, **about: Any) -> Any:
    spec = Field(kind, label, required=default is ..., default=None if default is ... else default, **about)
    plain = None if callable(spec.default) else spec.default
    return dataclasses.field(default=plain, metadata={"spec": spec})


def raster_in(label: str, default: Any = ..., **about: Any) -> Any:
    """A raster to read: a path, or anything GDAL opens by name."""
    return _declare("raster_in", label, default, **about)


def raster_out(label: str, default: Any = ..., **about: Any) -> Any:
    """A GeoTIFF to write. ``default=None`` makes it optional: the job writes it only when a path is given."""
    return _declare("raster_out", label, default, **about)


def rasters_in(label: str, default: Any = ..., **about: Any) -> Any:
    """Several rasters to read, in an order that matters."""
    return _declare("rasters_in", label, default, **about)


def vector_in(label: str, default: Any = ..., geometry: str = "any", **about: Any) -> Any:
    """A vector layer to read: a path, with ``|layername=…`` behind it where the file holds several."""
    return _declare("vector_in", label, default, geometry=geometry, **about)


def vectors_in(label: str, default: Any = ..., geometry: str = "any", **about: Any) -> Any:
    """Several vector layers to read, each as ``vector_in`` names one."""
    return _declare("vectors_in", label, default, geometry=geometry, **about)


def vector_out(label: str, default: Any = ..., geometry: str = "any", **about: Any) -> Any:
    """A GeoPackage to write; ``table`` has no geometry. ``default=None`` makes it optional."""
    return _declare("vector_out", label, default, geometry=geometry, **about)


def column(label: str, of: str, **about: Any) -> Any:
    """The name of a field of the vector layer *of*, or of all the layers *of*; None where the job is to choose."""
    return _declare("column", label, None, parent=of, **about)


def path_in(label: str, files: Sequence[tuple[str, str]] = (), default: Any = None, **about: Any) -> Any:
    """A file or folder to read; optional unless ``default=...``."""
    return _declare("path_in", label, default, files=tuple(files), **about)


def file_out(label: str, files: Sequence[tuple[str, str]], default: Any = ..., **about: Any) -> Any:
    """A file to write, such as ``(("Report", "*.html"),)``. ``default=None`` makes it optional."""
    return _declare("file_out", label, default, files=tuple(files), **about)


def bands(label: str, of: str, **about: Any) -> Any:
    """Band numbers, counted from 1, in the order given; None where the job is to choose."""
    return _declare("bands", label, None, parent=of, **about)


def choice(label: str, choices: Choices, default: Any = ..., **about: Any) -> Any:
    """One of some strings. They are saved in models and scripts: improve labels elsewhere, never these."""
    return _declare("choice", label, default, choices=choices, **about)


def integer(
    label: str, default: Any = ..., minimum: int | None = None, maximum: int | None = None, **about: Any
) -> Any:
    """A whole number; ``default=None`` means that the job chooses."""
    return _declare("integer", label, default, minimum=minimum, maximum=maximum, **about)


def number(
    label: str, default: Any = ..., minimum: float | None = None, maximum: float | None = None, **about: Any
) -> Any:
    """A finite number."""
    return _declare("number", label, default, minimum=minimum, maximum=maximum, **about)


def flag(label: str, default: bool = False, **about: Any) -> Any:
    """Yes or no."""
    return _declare("flag", label, default, **about)


def text(label: str, default: Any = None, **about: Any) -> Any:
    """One line of text."""
    return _declare("text", label, default, **about)


def extent(label: str, of: str, **about: Any) -> Any:
    """``xmin,ymin,xmax,ymax`` in the CRS of the raster *of*, or with `` [EPSG:…]`` behind it; None: all of it."""
    return _declare("extent", label, None, parent=of, **about)


def crs(label: str, **about: Any) -> Any:
    """A coordinate reference system as ``EPSG:…`` or WKT; None: the raster's own."""
    return _declare("crs", label, None, **about)
