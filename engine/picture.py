"""What features look like: principal components of a sample of them as red, green and blue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: shares of the sample that a colour's range spans
_LOW, _HIGH = 0.02, 0.98


@dataclass(frozen=True)
class Look:
    """A small PCA of features, and how to show it.

    Attributes:
        mean: (features,) float64.
        components: (3, features) float64, orthonormal rows; fewer rows where there are fewer features.
        minimum, maximum: (3,) component values shown darkest and brightest.
        variance: (3,) share of the sample's variance in each component.
        bands: numbers, from 1, of the three bands most alike to the components.
        band_minimum, band_maximum: (3,) feature values of those bands shown darkest and brightest.
    """

    mean: np.ndarray
    components: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    variance: np.ndarray
    bands: list[int]
    band_minimum: np.ndarray
    band_maximum: np.ndarray

    def paint(self, features: np.ndarray) -> np.ndarray:
        """Turn (features, rows, cols) with NaN for nodata into (3, rows, cols) uint8: 1 to 255, 0 for nodata."""
        flat = features.reshape(len(features), -1)
        with np.errstate(invalid="ignore"):
            scores = self.components @ (flat - self.mean[:, None])
            span = np.maximum(self.maximum - self.minimum, 1e-12)
            level = (scores - self.minimum[:, None]) / span[:, None]
        colour = np.where(np.isnan(level), 0, 1 + np.rint(254 * np.clip(level, 0, 1)))
        colour = np.concatenate([colour, *[colour[-1:]] * (3 - len(colour))])
        return colour.astype(np.uint8).reshape(3, *features.shape[1:])

    def style(self) -> dict[str, Any]:
        """The ``style`` tag: bands to show as red, green and blue, and the feature values to stretch between."""
        low, high = self.band_minimum.tolist(), self.band_maximum.tolist()
        return {
            "bands": self.bands,
            "minimum": [float(f"{v:.6g}") for v in low],
            "maximum": [float(f"{v:.6g}") for v in high],
        }

    def pca(self) -> dict[str, Any]:
        """The ``pca`` tag: score = components @ (feature - mean)."""

        def short(values: np.ndarray) -> list[float]:
            return [float(f"{v:.6g}") for v in values]

        return {
            "mean": short(self.mean),
            "components": [short(row) for row in self.components],
            "minimum": short(self.minimum),
            "maximum": short(self.maximum),
            "variance": short(self.variance),
        }


def make_look(sample: np.ndarray) -> Look:
    """Fit the components on (cells, features) float32 without NaN, at least one cell."""
    x = sample.astype(np.float64)
    mean = x.mean(0)
    centred = x - mean
    covariance = centred.T @ centred / len(x)
    values, vectors = np.linalg.eigh(covariance)
    count = min(3, len(values))
    components = vectors[:, ::-1][:, :count].T
    # eigenvectors have no sign of their own: let the strongest loading be positive, so that runs agree
    strongest = np.take_along_axis(components, np.abs(components).argmax(1)[:, None], 1)
    components = components * np.where(strongest < 0, -1, 1)
    scores = centred @ components.T
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-30))
    bands: list[int] = []
    for component in components:
        alike = np.abs(covariance @ component) / spread
        alike[[band - 1 for band in bands]] = -1
        bands.append(int(alike.argmax()) + 1)
    chosen = x[:, [band - 1 for band in bands]]
    return Look(
        mean=mean,
        components=components,
        minimum=np.quantile(scores, _LOW, axis=0),
        maximum=np.quantile(scores, _HIGH, axis=0),
        variance=np.maximum(values[::-1][:count], 0) / max(values.sum(), 1e-30),
        bands=bands,
        band_minimum=np.quantile(chosen, _LOW, axis=0),
        band_maximum=np.quantile(chosen, _HIGH, axis=0),
    )
