"""Whether a wrong order of bands is noticed by the values, and a right one left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the engine environment")

from fitting import six_fixture as _six  # noqa: E402, F401
from iamap.encoders import encoders  # noqa: E402
from iamap.engine.inputs import band_order  # noqa: E402
from iamap.engine.inputs.known import Known  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
S2 = encoders()["SSL4EO Sentinel-2 ViT-S/16 DINO"].bands


def spectrum(bands: Any, order: list[int], factor: float = 1.0) -> np.ndarray:
    """(bands, 64, 64) whose means are those that an encoder met, times up to 1.3, in another order."""
    rng = np.random.default_rng(5)
    usual = np.array([(bands[i].seen or (bands[i].mean, 0))[0] for i in order])
    usual = factor * usual * rng.uniform(0.77, 1.3, len(order))
    return (usual[:, None, None] * rng.uniform(0.5, 1.5, (len(order), 64, 64))).astype(np.float32)


@pytest.mark.parametrize("factor", [1.0, 1e-4])
def test_values_tell_bands_that_are_sorted_by_name(tmp_path: Path, factor: float) -> None:
    names = [band.name for band in S2]
    by_name = sorted(range(13), key=lambda i: names[i])
    path = making.make_raster(tmp_path / "sorted.tif", spectrum(S2, by_name, factor))
    card = encoders()["SSL4EO Sentinel-2 ViT-S/16 DINO"]
    with open_source(path) as source:
        told = band_order.noticed(card, source, Known("", ("",) * 13, (None,) * 13, "", ""))
        assert band_order.likelier_order(S2, source) == tuple(by_name)
    assert "B1, B10, B11, B12, B2" in told
    # what is proposed gives the encoder's own order
    proposed = [int(number) for number in told.rpartition("= ")[2].split(", ")]
    assert [names[by_name[number - 1]] for number in proposed] == names


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_values_in_the_right_order_are_not_doubted(tmp_path_factory: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = spectrum(S2, list(range(13))) * rng.uniform(0.6, 1.6, (13, 1, 1)).astype(np.float32)
    with open_source(making.make_raster(tmp_path_factory.mktemp("right") / "right.tif", data)) as source:
        assert band_order.likelier_order(S2, source) == ()


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the real rasters in {SHARED}")
@pytest.mark.parametrize(
    "scene",
    [
        "ms_clouds_landsat7/ukis_landsat7_6band_toa.tif",
        "ms_landsat_small/L7_ETMs.tif",
        "ms_landsat8_s1/LC08_232066_20190727.tif",
        "ms_iamap_congo/test.tif",
        "hsi_enmap_potsdam/enmap_potsdam_mosaic.tif",
    ],
)
def test_no_real_scene_is_doubted_by_any_encoder(scene: str) -> None:
    """Whatever bands of it an encoder is given, in the order of their wavelengths."""
    every = {card.bands for card in encoders().values() if len(card.bands) >= 6}
    with open_source(str(SHARED / scene)) as source:
        fitting = [bands for bands in every if len(bands) <= len(source.bands)]
        for bands in fitting:
            few = np.linspace(1, min(len(source.bands), 90), len(bands)).astype(int).tolist()
            assert band_order.likelier_order(bands, source.of_bands(few)) == ()
    assert fitting
