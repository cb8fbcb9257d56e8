"""Small pictures of places, cut from the image that features were made of, or from the features themselves."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rasterio.transform import Affine

from ...contract.errors import IamapError
from ..features import Features
from ..inputs.recognition import recognise
from ..inputs.told import told
from ..orders import wave_of_tags
from ..picture import make_look
from ..rasters import Source, open_source

log = logging.getLogger(__name__)

#: side of a thumbnail in pixels, and the least of the image that it shows, in pixels of that and in cells
SIDE, _PIXELS, _CELLS = 72, 48, 5
#: the same where the features themselves are shown
_CELLS_OF_FEATURES = 15
#: how many jobs may lie between an image and the raster at hand
_LONGEST_WAY = 8
#: centre of what is seen as red, green and blue, and how far a band may be from it, in micrometres
_COLOURS, _APART = (0.665, 0.56, 0.48), 0.05
#: shares of all values shown that become dark and bright
_LOW, _HIGH = 2, 98
_WHITE, GREY = 255, 235


@dataclass(frozen=True)
class Original:
    """The image that places are shown of.

    Attributes:
        caption: what it is.
        cells: of the features that a thumbnail shows at least.
    """

    source: Source
    caption: str
    cells: int


@contextlib.contextmanager
def open_original(features: Features, sample: np.ndarray) -> Iterator[Original]:
    """Open the image that *features* were made of, or where it is gone, the three of its bands that tell most.

    Args:
        sample: (cells, bands) float32 of the features.
    """
    with contextlib.ExitStack() as stack:
        found = _image_behind(features.source.tags(), stack)
        if found is not None:
            yield Original(found, f"cut from {found.name}", _CELLS)
        elif features.contract.encoder:
            bands = _three_or_one([features.source.bands[i - 1] for i in make_look(sample).bands])
            shown = stack.enter_context(open_source(features.source.name, bands))
            yield Original(shown, f"the bands of the features that tell most, {_list(bands)}", _CELLS_OF_FEATURES)
        else:
            with open_source(features.source.name) as whole:
                bands = colour_bands(whole, features.source.bands)
            shown = stack.enter_context(open_source(features.source.name, bands))
            yield Original(shown, f"band{'s' if len(bands) > 1 else ''} {_list(bands)}", _CELLS)


def colour_bands(whole: Source, chosen: list[int]) -> list[int]:
    """Numbers of the bands that show a raster as people know it: red, green and blue, or one that is shown in grey.

    From the style that IAMAP noted; from wavelengths, names and colours of the bands. Otherwise the first of *chosen*.
    """
    with contextlib.suppress(ValueError, KeyError, TypeError):
        bands = [int(band) for band in json.loads(whole.tags()["style"])["bands"]]
        if len(bands) == 3 and set(bands) <= set(whole.bands):
            return bands
    file = told(whole)
    those = file.chosen(whole)
    known = recognise(file, those, None, whole.eight_bit).bands
    waves = []
    for band, table in zip(those, known):
        given = (band.colour, band.word, table)
        named = (wave_of_tags(band.tags), band.named, *(one.micrometres for one in given if one is not None))
        waves.append(next((wave for wave in named if wave is not None), None))
    found = []
    for colour in _COLOURS:
        near = [(abs(wave - colour), band) for wave, band in zip(waves, whole.bands) if wave is not None]
        if not near or min(near)[0] > _APART:
            return _three_or_one(chosen)
        found.append(min(near)[1])
    return found


def _three_or_one(bands: list[int]) -> list[int]:
    """What can be shown: red, green and blue, or grey."""
    return bands[: 3 if len(bands) >= 3 else 1]


def _list(bands: list[int]) -> str:
    return ", ".join(map(str, bands))


def _image_behind(tags: dict[str, str], stack: contextlib.ExitStack) -> Source | None:
    """Follow the requests in the tags of rasters to what was encoded; None where the trace is lost."""
    try:
        for _ in range(_LONGEST_WAY):
            request = json.loads(tags.get("request", "null"))
            if not isinstance(request, dict):
                return None
            given = request["params"]
            if request["job"] == "encode":
                image = given["input"], given.get("bands"), given.get("crs"), given.get("resolution")
                with open_source(image[0]) as whole, open_source(*image) as chosen:
                    bands = colour_bands(whole, chosen.bands)
                return stack.enter_context(open_source(image[0], bands, *image[2:]))
            with open_source(given["input"]) as before:
                tags = before.tags()
    except (IamapError, ValueError, KeyError, TypeError) as error:
        log.debug("the image behind the features can't be shown: %s", error)
    return None


def thumbnails(original: Original, features: Features, places: np.ndarray) -> np.ndarray:
    """Cut pictures around cells.

    Args:
        places: (n, 2): rows and columns in the whole raster of *features*.

    Returns:
        (n, SIDE, SIDE, 3) uint8; the cell in question is framed, and grey is where there is no image.
    """
    ways = ~original.source.transform * features.source.transform
    cut = [_cut(original, ways, int(row), int(col)) for row, col in places]
    if not cut:
        return np.zeros((0, SIDE, SIDE, 3), np.uint8)
    pictures = np.stack([picture for picture, _, _ in cut])
    valid = np.stack([mask for _, mask, _ in cut])
    shown = stretched(pictures, valid, original.source.eight_bit)
    for picture, (_, _, (first_row, last_row, first_col, last_col)) in zip(shown, cut):
        frame = np.zeros((SIDE, SIDE), bool)
        frame[first_row : last_row + 1, first_col : last_col + 1] = True
        frame[first_row + 1 : last_row, first_col + 1 : last_col] = False
        picture[frame] = _WHITE
    return shown


def _cut(
    original: Original, ways: Affine, row: int, col: int
) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]]:
    """(bands, SIDE, SIDE) float32, where it is valid, and rows and columns of the frame."""
    source = original.source
    x, y = ways * (col + 0.5, row + 0.5)
    across, down = abs(ways.a) + abs(ways.b), abs(ways.d) + abs(ways.e)
    half = max(_PIXELS, original.cells * across, original.cells * down) / 2
    steps = (np.arange(SIDE) + 0.5) / SIDE * 2 * half - half
    cols, rows = np.floor(x + steps).astype(int), np.floor(y + steps).astype(int)
    left, right = max(0, cols[0]), min(source.width, cols[-1] + 1)
    top, bottom = max(0, rows[0]), min(source.height, rows[-1] + 1)
    picture = np.zeros((len(source.bands), SIDE, SIDE), np.float32)
    valid = np.zeros((SIDE, SIDE), bool)
    if left < right and top < bottom:
        data, mask = source.read(top, bottom, left, right)
        inside = np.ix_((rows >= top) & (rows < bottom), (cols >= left) & (cols < right))
        taken = np.ix_(rows[(rows >= top) & (rows < bottom)] - top, cols[(cols >= left) & (cols < right)] - left)
        valid[inside] = mask[taken]
        for band, there in zip(data, picture):
            there[inside] = band[taken]
    size_x, size_y = across / (2 * half) * SIDE / 2, down / (2 * half) * SIDE / 2
    middle = SIDE / 2
    frame = round(middle - size_y) - 1, round(middle + size_y), round(middle - size_x) - 1, round(middle + size_x)
    return picture, valid, frame


def stretched(pictures: np.ndarray, valid: np.ndarray, eight_bit: bool) -> np.ndarray:
    """(n, bands, rows, cols) float32, which is changed, to (n, rows, cols, 3) uint8; the stretch is the same for all.

    Args:
        valid: (n, rows, cols) bool.
    """
    for i in range(pictures.shape[1]):
        values = pictures[:, i][valid]
        low, high = (0, 255) if eight_bit or not len(values) else np.percentile(values, (_LOW, _HIGH))
        pictures[:, i] = 255 * np.clip((pictures[:, i] - low) / max(high - low, 1e-30), 0, 1)
    shown = np.rint(np.moveaxis(pictures, 1, -1)).astype(np.uint8)
    shown = np.ascontiguousarray(np.broadcast_to(shown, (*shown.shape[:3], 3)))
    shown[~valid] = GREY
    return shown
