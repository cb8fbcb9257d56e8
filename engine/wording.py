"""Numbers in sentences."""

from __future__ import annotations

import math


def many(count: int, what: str) -> str:
    """``1 cell``, ``2 cells``; for nouns whose plural is made with an s."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def of_labels(cells: int, labels: int) -> str:
    """``812 labelled cells of 40 labels``; ``800 labelled cells`` where each is a label, as in a raster of labels."""
    return many(cells, "labelled cell") + (f" of {many(labels, 'label')}" if labels != cells else "")


def pixels(count: float) -> str:
    """``1 pixel``, ``2.5 pixels``."""
    return f"{count:g} pixel{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """``about 3 minutes``, ``about 12 seconds`` or ``less than a second``."""
    if seconds < 1:
        return "less than a second"
    whole = math.ceil(seconds)
    return f"about {round(seconds / 60)} minutes" if seconds > 90 else f"about {many(whole, 'second')}"
