"""The months of the dates that a raster holds, as a field tells them."""

from __future__ import annotations

import re

from .errors import BadRequest

#: where no month is told: June alone
UNTOLD = (6,)
_EXAMPLE = "give numbers from 1 to 12, such as 6, or 3, 6, 9, or 11-2"
_RANGE = re.compile(r"(\d+)(?:\s*[-\u2013]\s*(\d+))?")


def months(text: str | None) -> tuple[int, ...]:
    """Numbers of months, 1 to 12, of text such as ``3, 6, 9``; ``11-2`` is 11, 12, 1, 2. ``UNTOLD`` where there is none.

    Raises:
        BadRequest: it is no list of months.
    """
    found: list[int] = []
    for part in re.split(r"[,;]", text.strip()) if text and text.strip() else ():
        ends = _RANGE.fullmatch(part.strip())
        if ends is None:
            raise BadRequest(f"months = {text} is no list of months", _EXAMPLE)
        first, last = int(ends.group(1)), int(ends.group(2) or ends.group(1))
        for number in (first, last):
            if not 1 <= number <= 12:
                raise BadRequest(f"months = {text}: {number} is no month", _EXAMPLE)
        found += [(first + step - 1) % 12 + 1 for step in range((last - first) % 12 + 1)]
    return tuple(found) or UNTOLD


def in_words(dates: tuple[int, ...]) -> str:
    """The months of *dates* in words, for the tags of features; empty for what nobody told."""
    return "" if dates == UNTOLD else f"bands of month{'s' * (len(dates) > 1)} {', '.join(map(str, dates))}"
