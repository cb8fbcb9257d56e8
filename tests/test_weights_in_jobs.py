"""Weights of all kinds through the whole job: published ones, own files and folders, and those that don't fit."""

from __future__ import annotations

import json

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from hub import cache_fixture as _cache  # noqa: E402, F401
from hub import hub_fixture as _hub  # noqa: E402, F401
from huggingface_hub import constants  # noqa: E402
from iamap.contract.errors import Cancelled, NoWeights  # noqa: E402
from iamap.engine import feature_raster, weights  # noqa: E402
from iamap.worker.cli import main  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import encode, files, make_raster, read, tag, texture  # noqa: E402


@pytest.fixture(scope="module")
def network():
    """A vision transformer of a few hundred kilobytes, and what the hub would say of it."""
    import timm
    import torch

    torch.manual_seed(0)
    state = timm.create_model("test_vit", num_classes=0).state_dict()
    return state, {"architecture": "test_vit", "num_classes": 0}


def as_safetensors(folder, network):
    import safetensors.torch

    safetensors.torch.save_file(network[0], folder / "own é.safetensors")
    (folder / "own é.json").write_text(json.dumps(network[1]))
    return folder / "own é.safetensors", {}


def as_folder(folder, network):
    path, _ = as_safetensors(folder, network)
    (folder / "hub style").mkdir()
    path.rename(folder / "hub style" / "model.safetensors")
    (folder / "own é.json").rename(folder / "hub style" / "config.json")
    return folder / "hub style", {}


def as_checkpoint(ending):
    def write(folder, network):
        import torch

        torch.save({"state_dict": network[0]}, folder / f"own [1]{ending}")
        return folder / f"own [1]{ending}", {"model": "test_vit"}

    return write


def test_a_published_network_is_downloaded_once_and_then_works_without_a_hub(hub, tmp_path, monkeypatch):
    """The file as the hub holds it, its classifier included, by way of the whole job."""
    import safetensors.torch
    import timm

    state = timm.create_model("test_vit").state_dict()
    assert any(name.startswith("head.") for name in state)
    name = "timm/test_vit.r160_in1k/model.safetensors"
    hub.files[name] = safetensors.torch.save(state)
    source = make_raster(tmp_path / "s.tif", texture(200, 170))
    params = {**BY_NAME, "model": "test_vit.r160_in1k"}
    first = encode(source, tmp_path / "1.tif", **params)
    assert tag(first, "weights_sha256") == hub.sha256(name)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert np.array_equal(read(first), read(encode(source, tmp_path / "2.tif", **params)))
    before = files(tmp_path)
    with pytest.raises(NoWeights, match=r"timm/test_vit2\.r160_in1k .* can't be reached: give the file as own weights"):
        encode(source, tmp_path / "3.tif", **{**params, "model": "test_vit2.r160_in1k"})
    assert files(tmp_path) == before


KINDS = {
    "safetensors": as_safetensors, "folder": as_folder, "pth": as_checkpoint(".pth"), "pt": as_checkpoint(".pt"), "bin": as_checkpoint(".bin"),
}  # fmt: skip
BY_NAME = {"encoder": "timm model by name", "tile": 160, "overlap": 0}


def test_every_kind_of_weights_gives_the_same_pixels_and_its_hash(tmp_path, network):
    source = make_raster(tmp_path / "s.tif", texture(200, 170))
    results = []
    for kind, write in KINDS.items():
        (tmp_path / kind).mkdir()
        path, about = write(tmp_path / kind, network)
        output = encode(source, tmp_path / f"{kind}.tif", weights=str(path), **BY_NAME, **about)
        assert tag(output, "weights_sha256") == weights.sha256(path), kind
        results.append(read(output))
    assert results[0].shape == (64, 11, 13) and np.isfinite(results[0]).all() and results[0].std() > 0.1
    assert all(np.array_equal(results[0], other) for other in results[1:])


def test_weights_that_do_not_fit_are_refused_with_their_keys_and_no_file(tmp_path, network, capsys):
    import safetensors.torch

    source = make_raster(tmp_path / "s.tif", texture(200, 170))
    path, _ = as_safetensors(tmp_path, network)
    state = dict(network[0])
    state["blocks.0.mlp.strange.weight"] = state.pop("blocks.0.mlp.fc1.weight")
    safetensors.torch.save_file(state, path)
    before = files(tmp_path)
    words = ["--encoder", "timm model by name", "--weights", str(path)]
    assert main(["encode", source, str(tmp_path / "f.tif"), *words]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "own é.safetensors does not fit test_vit: it lacks blocks.0.mlp.fc1.weight" in line
    assert "has besides blocks.0.mlp.strange.weight" in line and "Traceback" not in line
    assert files(tmp_path) == before


def test_other_weights_under_the_same_name_start_over(tmp_path, network, monkeypatch):
    import safetensors.torch

    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (16, 64))
    source = make_raster(tmp_path / "s.tif", texture(160, 900))
    path, _ = as_safetensors(tmp_path, network)

    def stop(done, total, unit, stage, left):
        if stage == "encode" and done > 0.8 * total:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        encode(source, tmp_path / "f.tif", ctx=RunContext(stop, interval=0), weights=str(path), **BY_NAME)
    assert "f.tif.part.json" in files(tmp_path), "there is something to go on from"
    safetensors.torch.save_file({name: tensor * 1.1 for name, tensor in network[0].items()}, path)
    found = read(encode(source, tmp_path / "f.tif", weights=str(path), **BY_NAME))
    assert np.array_equal(found, read(encode(source, tmp_path / "anew.tif", weights=str(path), **BY_NAME)))
