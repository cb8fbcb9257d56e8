"""Figures of closeness see what changes maps, and nothing else."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.engine.precision_figures import closeness, relative_error, same_clusters, same_neighbours  # noqa: E402


@given(st.integers(0, 1000), st.floats(0.1, 100))
def test_the_same_features_are_the_same_whatever_their_unit(seed, unit):
    features = unit * np.random.default_rng(seed).standard_normal((2, 5, 3, 4))
    close = closeness(features, features)
    assert close.cosine == pytest.approx(1) and close.centred == pytest.approx(1) and close.error == 0
    assert relative_error(features, features) == 0


@given(st.integers(0, 1000), st.floats(0.001, 0.5))
def test_the_error_is_that_of_the_deviations(seed, share):
    features = np.random.default_rng(seed).standard_normal((2, 5, 6, 7))
    centre = features.mean((0, 2, 3), keepdims=True)
    # moved far away, all cells point one way: raw cosines see nothing
    close = closeness(features + 1e3, features + 1e3 + share * (features - centre))
    assert close.error == pytest.approx(share, rel=1e-6) and close.cosine > 0.999


def test_noise_shows_in_every_figure():
    rng = np.random.default_rng(0)
    places = np.repeat(rng.standard_normal((8, 16)), 40, 0) + 0.05 * rng.standard_normal((320, 16))
    features = places.T.reshape(1, 16, 16, 20)
    alike, apart = (features + size * rng.standard_normal(features.shape) for size in (0.001, 5.0))
    assert closeness(features, alike).centred > 0.999 > 0.9 > closeness(features, apart).centred
    assert same_clusters(features, alike, 8, 0) > 0.99 > 0.5 > same_clusters(features, apart, 8, 0)
    assert same_neighbours(features, alike, 10, 0) > 0.9 > 0.5 > same_neighbours(features, apart, 10, 0)


def test_what_is_no_number_is_not_close():
    features = np.ones((1, 3, 2, 2))
    assert closeness(features, features * np.nan).cosine == 0
    assert relative_error(features, features * np.inf) == float("inf")
