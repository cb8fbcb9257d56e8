"""How much of a change that covers much of the scene the corrections of Change take off: ``tools/quality.py blind_spot``."""

from __future__ import annotations

import argparse
from typing import Any

from . import mean, table

#: cells, bands and kinds of places of the made-up features, and deviations of kinds, of places of a kind, and between dates
CELLS, BANDS, KINDS = 8000, 16, 12
APART, WITHIN, NOISE = 1.5, 0.4, 0.25


def main(arguments: list[str]) -> int:
    """Print tables in Markdown."""
    parser = argparse.ArgumentParser(prog="quality.py blind_spot", description=__doc__)
    parser.add_argument("--draws", type=int, default=6, help="of each case (default: %(default)s)")
    given = parser.parse_args(arguments)
    from iamap.engine.aligning import CORRECTIONS

    rows = []
    for size in (1, 2):
        for share in (1 / 6, 1 / 3, 5 / 12, 1 / 2):
            for whole in (False, True):
                found = [judge(seed, share, size, whole) for seed in range(given.draws)]
                told = [
                    f"{mean(values):.2f} ({min(values):.2f})"
                    for values in ([one[c] for one in found] for c in CORRECTIONS)
                ]
                rows.append((f"{100 * share:.0f} %, {'whole kinds' if whole else 'anywhere'}", size, *told))
    print(table(("share of the cells that moved", "how far", *CORRECTIONS), rows))
    return 0


def judge(seed: int, share: float, size: float, whole: bool) -> dict[str, float]:
    """Correction -> average precision, where a *share* of the cells moved in one direction: anywhere, or *whole* kinds of places."""
    import numpy as np
    from iamap.engine import aligning, change
    from iamap.worker.context import RunContext
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(seed)
    kinds, kind = rng.normal(size=(KINDS, BANDS)) * APART, rng.integers(0, KINDS, CELLS)
    one: Any = kinds[kind] + rng.normal(size=(CELLS, BANDS)) * WITHIN
    two: Any = one + rng.normal(size=one.shape) * NOISE
    moved = kind < round(KINDS * share) if whole else rng.random(CELLS) < share
    two = two + moved[:, None] * size * rng.normal(size=BANDS)
    frame = aligning.Frame(one.mean(0), one.std(0))
    before, after = frame(one), frame(two)
    found = {}
    for correction in aligning.CORRECTIONS:
        alignment = aligning.Alignment.none(BANDS)
        if correction != "none":
            alignment, _ = aligning.from_sample(before, after, correction, RunContext(lambda *_: None))
        apart = change.Measure(frame, alignment, np.zeros(BANDS), 0.1 * BANDS).distance(before, alignment(after))
        found[correction] = float(average_precision_score(moved, apart))
    return found
