"""Principal components of a raster in place of its bands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from fitting import Plain, refused, run  # noqa: E402
from fitting import six_fixture as _six  # noqa: E402, F401
from iamap.engine.inputs.principal import Principal  # noqa: E402
from iamap.engine.rasters import Source, open_source  # noqa: E402
from iamap.engine.statistics import whole_raster  # noqa: E402


def test_components_are_those_of_all_pixels(six: str) -> None:
    with open_source(six) as source:
        pixels = source.read(0, source.height, 0, source.width)[0].reshape(6, -1).astype(float)
        made = Principal(source, 3, making.context())
        found, _ = made.read(0, source.height, 0, source.width)
        measured = whole_raster(made, making.context())
    z = (pixels - pixels.mean(1, keepdims=True)) / pixels.std(1, keepdims=True)
    values, vectors = np.linalg.eigh(np.cov(z, bias=True))
    for i in range(3):
        own = vectors[:, -1 - i] @ z
        assert abs(np.corrcoef(own, found[i].ravel())[0, 1]) > 1 - 1e-9
    np.testing.assert_allclose(made.shares, values[::-1][:3] / values.sum(), rtol=1e-6)
    # said beforehand, and true
    np.testing.assert_allclose(measured.mean, found.mean((1, 2), dtype=float), atol=1e-5)
    np.testing.assert_allclose(measured.std, found.std((1, 2), dtype=float), rtol=1e-5)


def test_part_of_a_raster_has_the_components_of_all_of_it(six: str, tmp_path: Path) -> None:
    whole = run(six, tmp_path, Plain(), fit_bands="principal components")
    extent = "500080,4999360,500480,4999920"
    part = run(six, tmp_path, Plain(), fit_bands="principal components", extent=extent)
    # the tile is reflected where it is larger than the extent, its cells are not
    np.testing.assert_allclose(part, whole[:, 1:8, 1:6], atol=1e-5)


def test_components_are_noted_and_made_alike_by_them(six: str, tmp_path: Path) -> None:
    run(six, tmp_path, Plain(), fit_bands="principal components")
    note = json.loads(making.tag(tmp_path / "out.tif", "principal_components"))
    with open_source(six) as source:
        made = Principal(source, 3, making.context())
        pixels, _ = source.read(3, 5, 7, 9)
        found, _ = made.read(3, 5, 7, 9)
    z = (pixels - np.array(note["mean"])[:, None, None]) / np.array(note["scale"])[:, None, None]
    np.testing.assert_allclose(np.tensordot(np.array(note["rotation"]), z, 1), found, atol=1e-4)
    assert making.tag(tmp_path / "out.tif", "bands") == "[1, 2, 3, 4, 5, 6]"


def test_components_do_not_see_nodata(tmp_path: Path) -> None:
    data = making.texture(70, 75, 4).astype(np.float32)
    holes = data.copy()
    holes[:, 20:40, 30:50] = -9999
    parts = data[:, :, :30], data[:, :20, 30:], data[:, 40:, 30:], data[:, 20:40, 50:]
    pixels = np.concatenate([part.reshape(4, -1) for part in parts], 1)
    path = making.make_raster(tmp_path / "holes.tif", holes, nodata=-9999)
    with open_source(path) as source:
        made = Principal(source, 3, making.context())
    np.testing.assert_allclose(made.preparation.mean, pixels.mean(1), rtol=1e-5)


def test_bands_that_say_the_same_have_no_three_components(tmp_path: Path) -> None:
    band = making.texture(70, 75, 1)
    path = making.make_raster(tmp_path / "same.tif", np.concatenate([band, band, band // 2, np.full_like(band, 7)]))
    assert "3 principal components" in refused(path, tmp_path, fit_bands="principal components").text
    assert "of 2 bands" in refused(path, tmp_path, fit_bands="principal components", bands=[1, 3]).text


@pytest.mark.parametrize(
    "what", [whole_raster, lambda source, ctx: Principal(source, 3, ctx)], ids=["means", "components"]
)
def test_memory_does_not_grow_with_the_number_of_bands(tmp_path: Path, what: Any) -> None:
    """A block of many bands is smaller."""
    largest = []

    class Noted(Source):
        def read(self, top: int, bottom: int, left: int, right: int) -> Any:
            found = super().read(top, bottom, left, right)
            largest.append(found[0].size)
            return found

    path = making.make_raster(tmp_path / "many.tif", making.texture(700, 260, 3))
    with open_source(path) as source:
        source.__class__ = Noted
        what(source.of_bands([1, 2, 3]), making.context())
        many = source.of_bands([1, 2, 3] * 40)
        many.__class__ = Noted
        what(many, making.context())
    assert largest and max(largest) <= 12 << 20
