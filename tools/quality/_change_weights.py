"""Which cells should count for the correction: what was tried, on features of one scene."""

from __future__ import annotations

from typing import Any

from ._changes import average_precision, band, changed_share


def cells_of(path: str) -> Any:
    """(cells, bands) float32."""
    import rasterio

    with rasterio.open(path) as ds:
        return ds.read().reshape(ds.count, -1).T


def distances(one: Any, two: Any, correction: str) -> Any:
    """(cells,): what the job would say of these cells."""
    import numpy as np
    from iamap.engine import aligning, change
    from iamap.worker.context import RunContext

    frame = aligning.Frame(one.mean(0, dtype=float), one.std(0, dtype=float))
    before, after = frame(one), frame(two)
    alignment, _ = aligning.from_sample(before, after, correction, RunContext(lambda *_: None))
    width = one.shape[1]
    return change.Measure(frame, alignment, np.zeros(width), 0.1 * width).distance(before, alignment(after))


def weightings(before: str, after: str, dates: dict[str, str]) -> dict[str, list[float]]:
    """Average precision by how cells are weighted: for what was planted, and after felling most of the forest besides."""
    import numpy as np
    from iamap.engine import aligning

    one, two = cells_of(before), cells_of(after)
    truth = (changed_share(dates["truth of planted"], before) >= 0.5).ravel()
    side = round(len(band(dates["classes"])) / len(band(before)))
    kind = band(dates["classes"])[side // 2 :: side, side // 2 :: side].ravel()[: len(one)]
    rng = np.random.default_rng(3)
    cases = [(two, truth)]
    felled = np.flatnonzero((kind == 3) & (rng.random(len(kind)) < 0.7))
    field = two.copy()
    field[felled] = two[rng.choice(np.flatnonzero(kind == 1), len(felled))]
    cases.append((field, truth | np.isin(np.arange(len(one)), felled)))
    found, own = {}, aligning.weights
    for name, weights in {**others(), "few that differ, none that differ much (biweight, as built)": own}.items():
        aligning.weights = weights
        found[name] = [average_precision(changed, distances(one, now, "covariance")) for now, changed in cases]
    aligning.weights = own
    return found


def others() -> dict[str, Any]:
    """Ways of weighting that were tried; each takes what ``aligning.weights`` takes."""
    import numpy as np
    from scipy.stats import chi2

    def gaps(before: Any, after: Any, alignment: Any) -> Any:
        return before - alignment(after)

    def likely(before: Any, after: Any, alignment: Any, scale: float) -> Any:
        gap = gaps(before, after, alignment)
        values, vectors = np.linalg.eigh(gap.T @ gap / len(gap))
        kept = values > 1e-6 * values[-1]
        squares = ((gap @ vectors[:, kept]) ** 2 / values[kept]).sum(1)
        return chi2.sf(squares, int(kept.sum())) + 1e-12

    def best(share: float) -> Any:
        def keep(before: Any, after: Any, alignment: Any, scale: float) -> Any:
            far = (gaps(before, after, alignment) ** 2).sum(1)
            return (far <= np.quantile(far, share)).astype(float)

        return keep

    return {
        "all alike": lambda before, *_: np.ones(len(before)),
        "likely ones (chi-square, as in IR-MAD)": likely,
        "the better half": best(0.5),
        "the better three quarters": best(0.75),
        "all, fewer the more they differ (Cauchy)": lambda b, a, m, s: 1 / (1 + (gaps(b, a, m) ** 2).sum(1) / s**2),
    }
