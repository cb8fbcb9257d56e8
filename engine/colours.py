"""Colours of classes: far apart to the eye, and alike where the classes are alike."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

#: grey of noise: no hue of its own
NOISE = "#9e9e9e"
#: lightness in OKLCH that neighbours in the wheel take in turn, and chroma that sRGB has at all hues there
_LIGHTNESS, _CHROMA = (0.74, 0.55, 0.87), (0.14, 0.13, 0.09)
#: classes whose order is worth a round trip, and rounds of exchanges it may take
_MOST_TO_VISIT, _ROUNDS = 400, 50

# OKLab to linear sRGB, https://bottosson.github.io/posts/oklab/ (public domain)
_TO_CONES = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def wheel(count: int) -> list[str]:
    """*count* colours ``#rrggbb`` around the wheel; lightness alternates, so that neighbours in hue differ too."""
    hues = 2 * np.pi * (np.arange(count) / max(1, count) + 0.08)
    turns = np.arange(count) % len(_LIGHTNESS) if count > 6 else np.zeros(count, int)
    light, chroma = np.take(_LIGHTNESS, turns), np.take(_CHROMA, turns)
    lab = np.stack([light, chroma * np.cos(hues), chroma * np.sin(hues)], 1)
    linear = np.clip((lab @ _TO_CONES.T) ** 3 @ _TO_RGB.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in np.rint(255 * srgb).astype(int)]


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def around(means: np.ndarray) -> np.ndarray:
    """Put (classes, dims) into an order in which neighbours are alike, the last being the first's neighbour too.

    A round trip through the means: nearest neighbour first, then exchanges (2-opt) until none shortens it.
    """
    count = len(means)
    if count < 3:
        return np.arange(count)
    if count > _MOST_TO_VISIT:
        # too many to tell apart by colour anyway
        axis = np.linalg.svd(means - means.mean(0), full_matrices=False)[2][0]
        return np.argsort(means @ axis, kind="stable")
    gaps = cdist(means, means)
    trip = [int(gaps.sum(1).argmax())]
    while len(trip) < count:
        away = gaps[trip[-1]].copy()
        away[trip] = np.inf
        trip.append(int(away.argmin()))
    return _shorten(np.array(trip), gaps)


def _shorten(trip: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    count, least = len(trip), 1e-12 * float(gaps.max())
    for _ in range(_ROUNDS):
        better = False
        for i in range(count - 2):
            # the legs behind the one after leg i, but not that which leads back to where leg 0 begins
            legs = np.arange(i + 2, count if i else count - 1)
            if not len(legs):
                continue
            a, b, c, d = trip[i], trip[i + 1], trip[legs], trip[(legs + 1) % count]
            gain = gaps[a, b] + gaps[c, d] - gaps[a, c] - gaps[b, d]
            best = int(gain.argmax())
            if gain[best] > least:
                trip[i + 1 : legs[best] + 1] = trip[i + 1 : legs[best] + 1][::-1]
                better = True
        if not better:
            break
    return trip
