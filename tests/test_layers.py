"""Several layers side by side or averaged, with the last normalisation and without."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

import torch.nn.functional as F  # noqa: E402, N812
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.encoders._dense import dense, together  # noqa: E402
from iamap.engine.torchvision_shim import prepare  # noqa: E402

prepare()
from timm.models.resnet import BasicBlock, ResNet  # noqa: E402
from timm.models.vision_transformer import VisionTransformer  # noqa: E402

X = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def transformer() -> Any:
    torch.manual_seed(1)
    model = VisionTransformer(img_size=32, patch_size=8, embed_dim=24, depth=3, num_heads=2, num_classes=0).eval()
    # a norm of its own, so that its absence shows
    torch.nn.init.uniform_(model.norm.weight, 2, 5)
    return model


def level(cells: Any) -> Any:
    return F.layer_norm(cells.permute(0, 2, 3, 1), (cells.shape[1],)).permute(0, 3, 1, 2)


@pytest.mark.parametrize("norm", [True, False])
def test_averaged_layers_are_the_mean_of_those_side_by_side(norm: bool) -> None:
    beside = dense(transformer(), (-1, -2), norm=norm)(X)
    mean = dense(transformer(), (-1, -2), averaged=True, norm=norm)(X)
    assert mean.shape[1] == 24 and beside.shape[1] == 48
    torch.testing.assert_close(mean, (beside[:, :24] + beside[:, 24:]) / 2)


def test_without_the_norm_blocks_are_given_as_they_are() -> None:
    model = transformer()
    raw = dense(transformer(), norm=False)(X)
    tokens = raw.flatten(2).transpose(1, 2)
    torch.testing.assert_close(model.norm(tokens), dense(model)(X).flatten(2).transpose(1, 2))
    assert not torch.allclose(raw, dense(transformer())(X))
    one, two = (dense(transformer(), (layer,), norm=False)(X) for layer in (-2, -1))
    torch.testing.assert_close(dense(transformer(), (-2, -1), norm=False)(X), torch.cat((one, two), 1))


@pytest.mark.parametrize("norm", [True, False])
def test_context_is_averaged_as_the_cells_are(norm: bool) -> None:
    made = dense(transformer(), (-1, -2), True, True, norm)(X)
    apart = dense(transformer(), (-1, -2), True, False, norm)(X)
    assert made.shape[1] == 48
    torch.testing.assert_close(made[:, 24:], (apart[:, 48:72] + apart[:, 72:]) / 2)
    assert (made[:, 24:] == made[:, 24:, :1, :1]).all()


def test_side_by_side_no_layer_outweighs_another() -> None:
    maps = [torch.rand(1, 4, 2, 2), 1000 * torch.rand(1, 6, 4, 4)]
    made = together(maps)
    torch.testing.assert_close(made[:, 4:], level(maps[1]))
    assert made.abs().max() < 10


def test_layers_of_other_sizes_are_not_averaged() -> None:
    torch.manual_seed(0)
    model = ResNet(BasicBlock, [1, 1, 1, 1], channels=(8, 8, 16, 16), num_classes=0).eval()
    with pytest.raises(BadRequest, match="layers of 8, 16 features can't be averaged"):
        dense(model, (-3, -2), averaged=True)(X)
    assert dense(model, (-2, -1), averaged=True)(X).shape[1] == 16


@pytest.mark.parametrize("more", [{"layers": "-2"}, {"norm": False}])
@pytest.mark.parametrize("encoder", ["MOSAIKS", "bands", "window statistics"])
def test_what_has_no_layers_says_so(encoder: str, more: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=f"the encoder {encoder} is no network of layers"):
        jobs()["encode"].make({"input": "a.tif", "output": "b.tif", "encoder": encoder, **more})
