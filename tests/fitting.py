"""Cards for photos that are small enough to know their answers, a raster of six bands, and a run of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.errors import IamapError  # noqa: E402
from iamap.encoders import Encoder, Network, Order  # noqa: E402
from iamap.encoders._timm import IMAGENET, rgb  # noqa: E402

#: micrometres of the six bands: blue, green, red, infrared
SIX = "0.485,0.56,0.66,0.83,1.65,2.215"


class Photo(Encoder):
    """A card of one convolution, for red, green and blue."""

    id, patch, tile, bands = "MOSAIKS", 8, 64, rgb(IMAGENET)

    def build(self, order: Order) -> Network:
        assert order.bands == 3
        torch.manual_seed(1)
        module = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 8, 8), torch.nn.Tanh()).eval().requires_grad_(False)
        return Network(module, 3, 5, 8, order.tile or self.tile, None, None)


class Plain(Photo):
    """A card for photos that gives their means."""

    def build(self, order: Order) -> Network:
        return Network(making.Mean(8), order.bands, order.bands, 8, order.tile or self.tile, None, None)


@pytest.fixture(name="six")
def six_fixture(tmp_path: Path) -> str:
    """Six bands that have something in common."""
    common = making.texture(70, 75, 1, seed=3).astype(float)
    own = making.texture(70, 75, 6, seed=4)
    return making.make_raster(tmp_path / "six.tif", (0.7 * common + 0.3 * own).astype(np.uint8))


def run(source: str, folder: Path, card: Encoder | None = None, **params: Any) -> np.ndarray:
    return making.read(making.encode(source, folder / "out.tif", card or Photo(), overlap=0, **params))


def refused(source: str, folder: Path, card: Any = None, **params: Any) -> IamapError:
    """The error that an encode ends with; nothing may be left behind."""
    before = making.files(folder)
    with pytest.raises(IamapError) as caught:
        run(source, folder, card, **params)
    assert making.is_a_sentence(caught.value) and caught.value.hint
    assert making.files(folder) == before
    return caught.value
