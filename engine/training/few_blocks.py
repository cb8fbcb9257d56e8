"""Ends of intervals that few blocks deserve: the bootstrap alone makes them too narrow, or of no width at all.

Where three blocks are all right, every draw of them is, and the bootstrap says 100 % to 100 %. Shares get Wilson's score
interval with the effective sample size of the blocks, on Student's degrees of freedom; means get Student's interval. Of this
and the bootstrap's the wider ends are taken.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit


def quantile(blocks: np.ndarray, share: float) -> np.ndarray:
    """Student's t that *share* lies within, on one degree of freedom less than there are (...,) *blocks*; 1 at least."""
    return np.asarray(stdtrit(np.maximum(np.asarray(blocks, np.float64) - 1, 1), 0.5 + share / 2))


def share_ends(
    value: np.ndarray, variance: np.ndarray, blocks: np.ndarray, examples: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of shares, by Wilson's score interval with an effective sample size.

    That size is the number of independent examples whose share would vary as much, less what few blocks leave unknown of the
    variance: Korn and Graubard (1998), https://www150.statcan.gc.ca/n1/en/catalogue/12-001-X19980024356; with Wilson's
    interval: Dean and Pagano (2015), https://doi.org/10.1093/jssam/smv024. Where all blocks agree it is the number of blocks.

    Args:
        value: (...,) from 0 to 1; NaN where there is none, which gives NaN.
        variance: (...,) of *value*, over draws of blocks.
        blocks, examples: (...,) that the share is of.
        share: that the interval is asked to hold, such as 0.95.
    """
    normal = float(stdtrit(np.inf, 0.5 + share / 2))
    spread = value * (1 - value)
    # draws that agree up to rounding tell nothing of the variance
    known = variance > 1e-12
    size = np.divide(spread, variance, out=np.zeros_like(value), where=known) * (normal / quantile(blocks, share)) ** 2
    size = np.where(known, np.minimum(size, examples), blocks)
    size = np.maximum(size, 1e-9)
    middle = (value + normal**2 / (2 * size)) / (1 + normal**2 / size)
    half = normal / (1 + normal**2 / size) * np.sqrt(spread / size + normal**2 / (4 * size**2))
    return np.clip(middle - half, 0, value), np.clip(middle + half, value, 1)


def mean_ends(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """Ends of the mean of (classes,) *values* from the ends of each, NaN left out.

    The method of variance estimates recovery: Zou and Donner (2008), https://doi.org/10.1002/sim.3095.
    """
    known = ~np.isnan(values)
    if not known.any():
        return float("nan"), float("nan")
    values, low, high = values[known], low[known], high[known]
    below, above = (float(np.sqrt((side**2).sum())) / len(values) for side in (values - low, high - values))
    return max(0.0, float(values.mean()) - below), min(1.0, float(values.mean()) + above)


def ratio_ends(part: np.ndarray, count: np.ndarray, share: float) -> tuple[float, float]:
    """Ends of the mean sum(part) / sum(count) over blocks, (blocks,) each, by Student's law; NaN for one block."""
    blocks, total = len(part), count.sum()
    if blocks < 2:
        return float("nan"), float("nan")
    mean = part.sum() / total
    error = np.sqrt(blocks / (blocks - 1) * ((part - mean * count) ** 2).sum()) / total
    half = float(quantile(np.array(blocks), share) * error)
    return float(mean - half), float(mean + half)
