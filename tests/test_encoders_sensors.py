"""Encoders beyond RGB: equal to torchgeo's own models, from files in the published layout, at any tile."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.engine import torchvision_shim  # noqa: E402

torchvision_shim.prepare()

import numpy as np  # noqa: E402
import tiny_sensors as tiny  # noqa: E402
from iamap.contract.errors import BadRequest, BadWeights  # noqa: E402
from iamap.contract.networks import RADAR  # noqa: E402
from iamap.engine.backends.torch_runner import TorchRunner  # noqa: E402
from tiny_sensors import CARDS, built, ordered  # noqa: E402

SPECTRAL = {
    "DOFA ViT-B/16": tiny.dofa,
    "Copernicus-FM ViT-B/16": tiny.copernicus,
    "Panopticon ViT-B/14": tiny.panopticon,
}
CROMAS = {
    "CROMA Sentinel-2 ViT-B/8": "optical",
    "CROMA Sentinel-1 ViT-B/8": "sar",
    "CROMA Sentinel-1 and 2 ViT-B/8": "joint",
}
SATLAS = [name for name in CARDS if name.startswith("Satlas")]
MAKERS = {
    **SPECTRAL,
    **dict.fromkeys(CROMAS, tiny.croma),
    "Scale-MAE ViT-L/16": tiny.scale_mae,
    **dict.fromkeys(SATLAS[::5], tiny.satlas),
    "Prithvi-EO-2.0 ViT-T/16": tiny.prithvi,
    "Galileo Sentinel-2 nano/4": tiny.galileo,
}
WAVES = (0.665, 0.56, 0.49, 0.842, 2.19)


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def picture(card: Any, tile: int, bands: int | None = None) -> Any:
    torch.manual_seed(1)
    return torch.randn(2, bands or len(card.bands) or len(WAVES), tile, tile)


# ---- the same numbers as torchgeo


@pytest.mark.parametrize("tile", [224, 160])
def test_dofa_pooled_is_torchgeos(tmp_path: Path, tile: int) -> None:
    card = CARDS["DOFA ViT-B/16"]
    theirs, path = tiny.dofa(card, tmp_path, tile)
    module, x = built(card, path, tile=tile, wavelengths=WAVES).module, picture(card, tile)
    pooled = theirs.fc_norm(module.tokens(x).mean(1))
    torch.testing.assert_close(pooled, theirs(x, list(WAVES)), atol=1e-5, rtol=1e-5)
    # what a cell holds is the same tokens, each normalised
    each = theirs.fc_norm(module.tokens(x)).transpose(1, 2).unflatten(2, (tile // 16, tile // 16))
    torch.testing.assert_close(module(x), each, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("tile", [224, 160])
def test_copernicus_pooled_is_torchgeos(tmp_path: Path, tile: int) -> None:
    card = CARDS["Copernicus-FM ViT-B/16"]
    theirs, path = tiny.copernicus(card, tmp_path)
    module, x = built(card, path, tile=tile, wavelengths=WAVES).module, picture(card, tile)
    unknown = torch.full((2, 4), float("nan"))
    expected = theirs(x, unknown, [1000 * wave for wave in WAVES], [30, 35, 65, 115, 180])
    torch.testing.assert_close(theirs.fc_norm(module.tokens(x).mean(1)), expected, atol=1e-5, rtol=1e-5)


def test_copernicus_takes_radar_as_its_authors_give_it(tmp_path: Path) -> None:
    card = CARDS["Copernicus-FM ViT-B/16"]
    theirs, path = tiny.copernicus(card, tmp_path)
    x = picture(card, 64, 2)
    module = built(card, path, tile=64, wavelengths=(RADAR["VV"], RADAR["VH"])).module
    expected = theirs(x, torch.full((2, 4), float("nan")), [5e7, 5e7], [1e9, 1e9])
    torch.testing.assert_close(theirs.fc_norm(module.tokens(x).mean(1)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("tile", [224, 154])
def test_panopticon_tokens_are_torchgeos(tmp_path: Path, tile: int) -> None:
    card = CARDS["Panopticon ViT-B/14"]
    theirs, path = tiny.panopticon(card, tmp_path, tile)
    waves = (*WAVES, RADAR["VV"], RADAR["HV"])
    x = picture(card, tile, len(waves))
    channels = torch.tensor([665.0, 560, 490, 842, 2190, -1, -4]).repeat(2, 1)
    expected = theirs.model.forward_features({"imgs": x, "chn_ids": channels})[:, 1:]
    found = built(card, path, tile=tile, wavelengths=waves).module(x)
    torch.testing.assert_close(found.flatten(2).transpose(1, 2), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("tile", [120, 64])
@pytest.mark.parametrize("name", CROMAS)
def test_croma_tokens_are_torchgeos(tmp_path: Path, name: str, tile: int) -> None:
    card = CARDS[name]
    theirs, path = tiny.croma(card, tmp_path, tile)
    module = built(card, path, tile=tile).module
    optical, radar = picture(card, tile, 12), picture(card, tile, 2)
    x = {"optical": optical, "sar": radar, "joint": torch.cat((optical, radar), 1)}[CROMAS[name]]
    expected = theirs(radar, optical)[f"{CROMAS[name]}_encodings"]
    torch.testing.assert_close(module(x).flatten(2).transpose(1, 2), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("tile", "metres"), [(224, 1.0), (160, 0.3)])
def test_scale_mae_tokens_are_torchgeos(tmp_path: Path, tile: int, metres: float) -> None:
    card = CARDS["Scale-MAE ViT-L/16"]
    theirs, path = tiny.scale_mae(card, tmp_path, tile, metres)
    state = {**torch.load(path, weights_only=True), "pos_embed": torch.zeros(1, 197, tiny.DIM)}
    published = tmp_path / "published.pth"
    torch.save(state, published)
    published.with_suffix(".json").write_text(path.with_suffix(".json").read_text())
    x = picture(card, tile)
    for weights in (path, published):
        found = built(card, weights, tile=tile, metres=metres).module(x).flatten(2).transpose(1, 2)
        torch.testing.assert_close(found, theirs.forward_features(x)[:, 1:], atol=1e-5, rtol=1e-5)
    other = built(card, path, tile=tile, metres=2 * metres).module(x).flatten(2).transpose(1, 2)
    assert not torch.allclose(other, theirs.forward_features(x)[:, 1:], atol=1e-2)


@pytest.mark.parametrize("name", SATLAS[::2])
def test_satlas_stages_are_torchvisions(tmp_path: Path, name: str) -> None:
    card = CARDS[name]
    theirs, path = tiny.satlas(card, tmp_path)
    x = picture(card, 64)
    maps = {}
    y = x
    for number, layer in enumerate(theirs.features):
        y = layer(y)
        if number % 2:
            maps[(number + 1) // 2] = y
    maps[4] = theirs.norm(maps[4])
    for layer in (1, 2, 3, 4, -1):
        expected = maps[layer % 5].permute(0, 3, 1, 2)
        torch.testing.assert_close(
            built(card, path, tile=64, layers=(layer,)).module(x), expected, atol=1e-5, rtol=1e-5
        )
    whole = theirs.head(built(card, path, tile=64, layers=(4,)).module(x).mean((2, 3)))
    torch.testing.assert_close(whole, theirs(x), atol=1e-5, rtol=1e-5)
    network = built(card, path, tile=64)
    assert (network.patch, network.dim) == (16, 64)
    torch.testing.assert_close(network.module(x), maps[3].permute(0, 3, 1, 2), atol=1e-5, rtol=1e-5)
    both = built(card, path, tile=64, layers=(-1, -2))
    assert (both.patch, both.dim) == (16, 192)
    assert both.module(x).shape == (2, 192, 4, 4)


# ---- what holds of all


@pytest.fixture(scope="module", name="published")
def published_fixture(tmp_path_factory: pytest.TempPathFactory):
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        maker = MAKERS[name]
        if name not in made:
            with torch.inference_mode(False):
                made[name] = maker(CARDS[name], tmp_path_factory.mktemp("published"))[1]
        return made[name]

    return get


@pytest.mark.parametrize("name", MAKERS)
def test_features_have_the_declared_grid_and_do_not_depend_on_the_batch(name: str, published) -> None:
    card = CARDS[name]
    network = built(card, published(name))
    assert (network.patch, network.tile) == (card.patch, card.tile)
    x = torch.randn(2, network.bands, network.tile, network.tile)
    found = network.module(x)
    assert found.shape == (2, network.dim, card.tile // card.patch, card.tile // card.patch)
    assert found.dtype == torch.float32 and torch.isfinite(found).all() and found.std() > 0.01
    torch.testing.assert_close(network.module(x[1:]), found[1:], atol=1e-5, rtol=1e-4)
    # moved to another device or saved, it is the same network
    assert not any(part.requires_grad for part in network.module.parameters())


@pytest.mark.parametrize("name", MAKERS)
def test_a_file_that_does_not_fit_is_refused_by_the_name_of_what_is_wrong(name: str, published, tmp_path: Path) -> None:
    card = CARDS[name]
    state = torch.load(published(name), weights_only=True)
    part = (
        state["s2_encoder" if "Sentinel-2" in name or "and 2" in name else "s1_encoder"] if "CROMA" in name else state
    )
    gone = next(key for key in part if key.endswith(("mlp.fc1.weight", "mlp.0.weight", "1.net.0.weight")))
    part["strange.weight"] = part.pop(gone)
    path = tiny.saved(state, tmp_path, "wrong.pth", "", {})
    path.with_suffix(".json").write_text(published(name).with_suffix(".json").read_text())
    with pytest.raises(BadWeights, match=rf"wrong\.pth does not fit .*lacks .*{gone}.*besides .*strange\.weight"):
        built(card, path)
    path.write_bytes(published(name).read_bytes()[:5000])
    with pytest.raises(BadWeights, match=r"truncated|corrupt"):
        built(card, path)


@pytest.mark.parametrize("name", MAKERS)
def test_weights_of_another_encoder_are_refused(name: str, published) -> None:
    other = next(known for known, maker in MAKERS.items() if maker is not MAKERS[name])
    path = published(other)
    with pytest.raises(BadWeights, match="says that the weights are of"):
        built(CARDS[name], path)
    if "DOFA" not in name:
        return  # the others do the same, and build their whole network for it
    lone = path.parent / "lone.pth"
    lone.write_bytes(path.read_bytes())
    with pytest.raises(BadWeights, match="does not fit"):
        built(CARDS[name], lone)


@pytest.mark.parametrize("name", MAKERS)
def test_bands_tiles_and_layers_that_cannot_be_are_refused(name: str, published) -> None:
    card, path = CARDS[name], published(name)
    with pytest.raises(BadRequest, match="is not a multiple of the patch"):
        built(card, path, tile=card.tile + card.patch // 2)
    if card.bands:
        order = ordered(path, card)
        with pytest.raises(BadRequest, match=f"takes {len(card.bands)} bands"):
            card().build(type(order)(**{**vars(order), "bands": 5}))
    if not card.staged:
        with pytest.raises(BadRequest, match="last layer only"):
            built(card, path, layers=(1,))
    else:
        with pytest.raises(BadRequest, match=r"has [24] layers, and layers = 5"):
            built(card, path, layers=(5,))


@pytest.mark.parametrize("name", SPECTRAL)
def test_wavelengths_are_asked_for_and_matter(name: str, published) -> None:
    card, path = CARDS[name], published(name)
    with pytest.raises(BadRequest, match="must know the wavelengths of the 4 bands"):
        built(card, path, wavelengths=None)
    tile = 4 * card.patch
    x = picture(card, tile)
    here, there = (built(card, path, tile=tile, wavelengths=waves).module(x) for waves in (WAVES, WAVES[::-1]))
    assert not torch.allclose(here, there, atol=1e-2)
    # bands may come in any order, if their wavelengths do too
    order = [3, 0, 4, 1, 2]
    mixed = built(card, path, tile=tile, wavelengths=tuple(WAVES[i] for i in order)).module(x[:, order])
    torch.testing.assert_close(mixed, here, atol=1e-4, rtol=1e-4)


def test_weights_wrapped_by_a_training_script_are_found(tmp_path: Path, published) -> None:
    card = CARDS["DOFA ViT-B/16"]
    plain = published("DOFA ViT-B/16")
    state = torch.load(plain, weights_only=True)
    extra = {"mask_token": torch.zeros(1), "norm.weight": torch.ones(32), "projector.weight": torch.ones(1)}
    wrapped = {"model": {f"module.{name}": tensor.half() for name, tensor in {**state, **extra}.items()}, "epoch": 3}
    path = tmp_path / "checkpoint.pth"
    torch.save(wrapped, path)
    path.with_suffix(".json").write_text(plain.with_suffix(".json").read_text())
    x = picture(card, 64)
    here, there = (built(card, weights, tile=64, wavelengths=WAVES).module(x) for weights in (plain, path))
    torch.testing.assert_close(here, there, atol=0.05, rtol=0.05)


# ---- what runs them


@pytest.mark.parametrize(
    "name",
    [
        *SPECTRAL,
        "CROMA Sentinel-1 and 2 ViT-B/8",
        "Scale-MAE ViT-L/16",
        SATLAS[0],
        "Prithvi-EO-2.0 ViT-T/16",
        "Galileo Sentinel-2 nano/4",
    ],
)
def test_every_way_of_computing_gives_the_same_features(name: str, published) -> None:
    card = CARDS[name]
    network = built(card, published(name), tile=card.patch * 8)
    x = torch.randn(1, network.bands, network.tile, network.tile)
    exact = network.module(x).numpy()

    def cosine(found: np.ndarray) -> float:
        return float(((found * exact).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(exact, axis=1)).min())

    half = TorchRunner(network, torch.device("cpu"), "bfloat16", None)
    assert cosine(half(x.numpy())) > 0.99
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")
        eight = torch.ao.quantization.quantize_dynamic(network.module, {torch.nn.Linear}, dtype=torch.qint8)
        assert cosine(eight(x.clone()).numpy()) > 0.99
    runner = pytest.importorskip("iamap.engine.backends.openvino_runner", reason="needs the fast backend")
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("needs openvino, which the fast backend installs")
    core = runner.library().Core()
    with torch.inference_mode(False):
        converted = core.compile_model(runner.convert(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.testing.assert_allclose(converted(x.numpy())[0], exact, atol=1e-4, rtol=1e-4)
