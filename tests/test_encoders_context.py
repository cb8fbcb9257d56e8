"""What sums up a tile, behind each of its cells: the token that the network's authors sum it up by, or the mean."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import numpy as np  # noqa: E402
import rasterio  # noqa: E402
import tiny_sensors as tiny  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812
from iamap.algorithms import jobs  # noqa: E402
from iamap.encoders._dense import beside, dense  # noqa: E402
from making import context, make_raster, texture  # noqa: E402
from tiny_sensors import CARDS, built, ordered  # noqa: E402

WAVES = (0.665, 0.56, 0.49, 0.842, 2.19)
#: a network of timm, smaller, and whether it has a class token
TRANSFORMERS = (
    ("vit_small_patch16_224.dino", True),
    ("vit_small_patch14_reg4_dinov2", True),
    ("vit_small_patch16_dinov3", True),
    ("vit_base_patch16_siglip_224", False),
)


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def transformer(model: str) -> Any:
    import timm

    torch.manual_seed(0)
    made = timm.create_model(model, num_classes=0, depth=2, embed_dim=32, num_heads=2, dynamic_img_size=True)
    return tiny.shaken(made)


def split(found: Any) -> tuple[Any, Any]:
    """The cells, and what is the same in all of them."""
    own = found.shape[1] // 2
    whole = found[:, own:, :1, :1]
    torch.testing.assert_close(found[:, own:], whole.expand_as(found[:, own:]), atol=0, rtol=0)
    return found[:, :own], whole[:, :, 0, 0]


@pytest.mark.parametrize(("model", "classed"), TRANSFORMERS)
def test_the_class_token_of_a_transformer_is_normalised_like_its_cells(model: str, classed: bool) -> None:
    network = transformer(model)
    side = network.patch_embed.patch_size[0]
    x = torch.randn(2, 3, 4 * side, 4 * side)
    tokens = network.forward_features(x)
    cells, whole = split(dense(network, context=True)(x))
    expected = tokens[:, 0] if classed else tokens.mean(1)
    torch.testing.assert_close(whole, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(cells.flatten(2).mT, tokens[:, network.num_prefix_tokens :], atol=1e-5, rtol=1e-5)


def test_the_help_tells_of_both_kinds_of_context() -> None:
    said = jobs()["encode"].specs()["context"].help
    assert {classed for _, classed in TRANSFORMERS} == {True, False}
    assert "one token" in said and "no such token add the mean of the tile's features" in said


def test_several_layers_each_have_their_own_context() -> None:
    x = torch.randn(1, 3, 64, 64)
    model = "vit_small_patch16_224.dino"
    alone = [split(dense(transformer(model), (layer,), True)(x)) for layer in (1, 2)]
    cells, whole = split(dense(transformer(model), (2, 1), True)(x))
    for part, expected in zip(whole.split(32, 1), [pair[1] for pair in alone]):
        torch.testing.assert_close(part, F.layer_norm(expected, (32,)), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(cells, dense(transformer(model), (2, 1))(x), atol=1e-5, rtol=1e-5)


def test_a_convolutional_network_gives_the_mean_of_its_stages() -> None:
    import timm

    torch.manual_seed(0)
    x = torch.randn(1, 3, 64, 64)
    for layers in ((-1,), (-2,)):
        network = timm.create_model("resnet18", num_classes=0).eval()
        found = dense(network, layers, True)
        cells, whole = split(found(x))
        torch.testing.assert_close(whole, cells.mean((2, 3)))
        # pooled over the last stage, as the network itself does it
        if layers == (-1,):
            torch.testing.assert_close(whole, timm_pooled(network, x), atol=1e-5, rtol=1e-5)


def timm_pooled(network: Any, x: Any) -> Any:
    return network.forward_features(x).mean((2, 3))


@pytest.mark.parametrize("name", ["DOFA ViT-B/16", "Copernicus-FM ViT-B/16", "Panopticon ViT-B/14"])
def test_the_context_is_what_torchgeo_sums_an_image_up_by(name: str, tmp_path: Path) -> None:
    card, maker = CARDS[name], {"D": tiny.dofa, "C": tiny.copernicus, "P": tiny.panopticon}[name[0]]
    tile = 7 * card.patch
    theirs, path = maker(card, tmp_path, tile) if name[0] != "C" else maker(card, tmp_path)
    x = torch.randn(2, len(WAVES), tile, tile)
    network = built(card, path, tile=tile, wavelengths=WAVES, context=True)
    cells, whole = split(network.module(x))
    nanometres = [1000 * wave for wave in WAVES]
    expected = {
        "D": lambda: theirs(x, list(WAVES)),
        "C": lambda: theirs(x, torch.full((2, 4), float("nan")), nanometres, [30, 35, 65, 115, 180]),
        "P": lambda: theirs({"imgs": x, "chn_ids": torch.tensor([nanometres]).repeat(2, 1)}),
    }[name[0]]()
    torch.testing.assert_close(whole, expected, atol=1e-5, rtol=1e-5)
    assert (network.dim, network.context) == (64, 32)
    plain = built(card, path, tile=tile, wavelengths=WAVES)
    assert (plain.dim, plain.context) == (32, 0)
    torch.testing.assert_close(cells, plain.module(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["Sentinel-2", "Sentinel-1", "Sentinel-1 and 2"])
def test_croma_gives_what_it_compares_radar_and_optical_images_by(name: str, tmp_path: Path) -> None:
    card = CARDS[f"CROMA {name} ViT-B/8"]
    theirs, path = tiny.croma(card, tmp_path, 64)
    optical, radar = torch.randn(2, 12, 64, 64), torch.randn(2, 2, 64, 64)
    given = {"Sentinel-2": optical, "Sentinel-1": radar}.get(name, torch.cat((optical, radar), 1))
    cells, whole = split(built(card, path, tile=64, context=True).module(given))
    found = theirs(radar, optical)
    key = {"Sentinel-2": "optical_GAP", "Sentinel-1": "sar_GAP"}.get(name, "joint_GAP")
    expected = found[key] if key == "joint_GAP" else F.layer_norm(found[key], (32,))
    torch.testing.assert_close(whole, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(cells, built(card, path, tile=64).module(given), atol=1e-5, rtol=1e-5)


def test_scale_mae_gives_its_class_token_and_satlas_its_mean(tmp_path: Path) -> None:
    card = CARDS["Scale-MAE ViT-L/16"]
    theirs, path = tiny.scale_mae(card, tmp_path, 64)
    x = torch.randn(1, 3, 64, 64)
    _, whole = split(built(card, path, tile=64, metres=1.0, context=True).module(x))
    torch.testing.assert_close(whole, theirs.forward_features(x)[:, 0], atol=1e-5, rtol=1e-5)
    card = CARDS["Satlas aerial Swin-B"]
    theirs, path = tiny.satlas(card, tmp_path)
    _, whole = split(built(card, path, tile=64, layers=(4,), context=True).module(x))
    torch.testing.assert_close(theirs.head(whole), theirs(x), atol=1e-5, rtol=1e-5)
    both = built(card, path, tile=64, layers=(3, 4), context=True)
    assert both.module(x).shape[1] == both.dim == 2 * both.context


@pytest.mark.parametrize("name", ["bands", "window statistics", "MOSAIKS"])
def test_what_needs_no_weights_gives_its_mean(name: str) -> None:
    card = CARDS[name]
    lent = {"weights": torch.randn(128, 4, 4, 4), "biases": torch.randn(128)} if card.drawn else None
    x = torch.randn(2, 4, 64, 64)
    network = built_bare(card, context=True, lent=lent)
    cells, whole = split(network.module(x.clone()))
    assert network.dim == 2 * network.context == 2 * cells.shape[1]
    torch.testing.assert_close(whole, cells.mean((2, 3)), atol=1e-5, rtol=1e-4)
    alone = built_bare(card, lent=lent)
    torch.testing.assert_close(cells, alone.module(x.clone()))
    # features of one raster can lend their filters to another one's, with context or without
    assert set(network.module.state_dict()) == set(alone.module.state_dict())


def built_bare(card: Any, **more: Any) -> Any:
    return card().build(ordered(None, card, tile=64, **more))


def test_bands_of_a_raster_of_features_say_what_is_of_the_whole_tile(tmp_path: Path) -> None:
    raster = make_raster(tmp_path / "in.tif", texture(64, 96), crs="EPSG:2154")
    params = {"input": str(raster), "encoder": "bands", "tile": 32, "overlap": 0, "context": True}
    jobs()["encode"].make({**params, "output": str(tmp_path / "out.tif")}).run(context())
    with rasterio.open(tmp_path / "out.tif") as ds:
        count = ds.count // 2
        assert ds.descriptions[:count] == tuple(f"bands {i + 1}" for i in range(count))
        assert ds.descriptions[count:] == tuple(f"bands context {i + 1}" for i in range(count))
        found = ds.read()
    # tiles of 32 pixels are 4 x 4 cells, and do not overlap
    means = found[:count].reshape(count, 3, 4, 2, 4).mean((2, 4)).repeat(4, 1).repeat(4, 2)
    np.testing.assert_allclose(found[count:], means, atol=1e-4)
    assert np.ptp(means) > 0.01


@pytest.mark.parametrize("name", ["DOFA ViT-B/16", "CROMA Sentinel-2 ViT-B/8", "Satlas aerial Swin-B", "timm"])
def test_context_survives_conversion(name: str, tmp_path: Path) -> None:
    runner = pytest.importorskip("iamap.engine.backends.openvino_runner", reason="needs the fast backend")
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("needs openvino, which the fast backend installs")
    from iamap.encoders import Network

    with torch.inference_mode(False):
        if name == "timm":
            network = Network(dense(transformer("vit_small_patch16_dinov3"), (1, 2), True), 3, 128, 16, 64, None, None)
        else:
            card = CARDS[name]
            maker = {"D": tiny.dofa, "C": tiny.croma, "S": tiny.satlas}[name[0]]
            network = built(card, maker(card, tmp_path)[1], tile=64, context=True)
    x = torch.randn(1, network.bands, 64, 64)
    exact = network.module(x).numpy()
    with torch.inference_mode(False):
        core = runner.library().Core()
        converted = core.compile_model(runner.convert(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.testing.assert_allclose(converted(x.numpy())[0], exact, atol=1e-4, rtol=1e-3)


def test_the_mean_is_taken_where_there_is_no_token() -> None:
    cells = torch.arange(12.0).reshape(1, 3, 2, 2)
    found = beside(cells)
    assert found.shape == (1, 6, 2, 2)
    assert found[0, 3:, 0, 0].tolist() == [1.5, 5.5, 9.5]
