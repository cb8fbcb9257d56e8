"""Downloads that go wrong half-way, weights that moved, and files that a GPU wrote: nothing is half-loaded."""

from __future__ import annotations

import errno
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the engine environment")

import torch
from hub import cache_fixture as _cache  # noqa: F401
from hub import hub_fixture as _hub  # noqa: F401
from iamap.contract.errors import IamapError, NoSpace, NoWeights
from iamap.contract.networks import HubFile
from iamap.encoders import encoders
from iamap.engine import weights
from making import context
from tiny_networks import WEIGHTS, needs_weights

CONTENT = bytes(range(256)) * 12_000
DEEP = HubFile("nasa/galileo", "models/nano/encoder.pt", None, None, 3, "MIT")


@pytest.fixture(autouse=True)
def one_file(hub):
    hub.files["nasa/galileo/models/nano/encoder.pt"] = CONTENT


def find(file: HubFile = DEEP, download: bool = True) -> Path:
    path, _ = weights.find(file, None, download, context())
    return Path(path)


def whole_files(cache: Path) -> list[Path]:
    """What later runs would take for weights."""
    return [path for path in cache.rglob("snapshots/*/**/*") if path.is_file()]


def refused(error: type[IamapError], file: HubFile = DEEP) -> IamapError:
    with pytest.raises(error) as caught:
        find(file)
    told = caught.value
    assert told.text and told.hint and "\n" not in str(told) and not told.text.endswith(".")
    return told


def test_a_file_in_a_folder_of_its_repository_is_found_again(hub, cache):
    path = find()
    assert path.read_bytes() == CONTENT and path.parts[-3:] == ("models", "nano", "encoder.pt")
    assert DEEP.on_disk() and find(download=False) == path
    noted = json.loads((cache / "iamap_pins.json").read_text())
    assert noted == {"nasa/galileo/models/nano/encoder.pt": {"revision": hub.commit, "sha256": weights.sha256(path)}}


def test_a_line_that_breaks_for_good_leaves_nothing(hub, cache, monkeypatch):
    hub.breaks = 1000
    # huggingface_hub rests for a second before each of its five attempts
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    told = refused(NoWeights)
    assert "can't be reached" in told.text and "give the file as own weights" in told.hint
    assert not whole_files(cache) and not DEEP.on_disk()
    assert not (cache / "iamap_pins.json").exists()
    hub.breaks = 0
    assert find().read_bytes() == CONTENT


def test_a_disk_that_fills_half_way_is_told_and_nothing_is_taken_for_whole(hub, cache, monkeypatch):
    import huggingface_hub

    def full(repo, name, *, revision, cache_dir, tqdm_class):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(huggingface_hub, "hf_hub_download", full)
        told = refused(NoSpace)
    assert told.text == f"the disk of {cache} is full" and "another cache folder" in told.hint
    assert not whole_files(cache) and not (cache / "iamap_pins.json").exists()
    assert find().read_bytes() == CONTENT


def test_weights_that_moved_are_followed_to_their_new_home(hub, cache):
    hub.files["new/home/model.pth"] = CONTENT
    hub.moved["old/home"] = "new/home"
    old = HubFile("old/home", "model.pth", hub.commit, None, 3, "MIT")
    assert find(old).read_bytes() == CONTENT
    assert old.on_disk() and find(old, download=False).read_bytes() == CONTENT


def test_weights_that_moved_to_nowhere_are_told_with_a_way_out(hub, cache):
    hub.moved["old/home"] = "nobody/home"
    told = refused(NoWeights, HubFile("old/home", "model.pth", None, None, 3, "MIT"))
    assert told.text == "the hub has no old/home, or no longer" and "own weights" in told.hint
    assert not whole_files(cache)


def test_files_of_all_cards_have_names_that_a_cache_can_hold():
    files = {card.hub for card in encoders().values() if card.hub}
    assert len(files) > 50
    for file in files:
        assert file.repo.count("/") == 1 and not file.name.startswith(("/", ".")) and ".." not in file.name
        assert file.name.endswith((".safetensors", ".pth", ".pt", ".bin"))
        assert file.revision is None or len(file.revision) == 40
        assert file.sha256 is None or (len(file.sha256) == 64 and file.revision)


# ---- files that a computer with a GPU wrote


def of_a_gpu(tensors: dict[str, Any], path: Path) -> Path:
    """A file as torch writes it on a computer with a GPU: each tensor says that it lies on ``cuda:0``."""
    torch.save(tensors, path)
    said, says = b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"  # a short text in a pickle: its length, and itself
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(said, says) if name.endswith("/data.pkl") else content)
    assert path.read_bytes().count(says) >= 1
    return path


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_of_tensors_on_a_gpu_is_read_on_a_processor(tmp_path: Path, wrapped: bool) -> None:
    from iamap.encoders._state import read_nested, read_tensors

    state = {"blocks.weight": torch.arange(12.0).reshape(3, 4), "norm.bias": torch.randn(7)}
    path = of_a_gpu({"model": state, "epoch": 3} if wrapped else state, tmp_path / "gpu.pt")
    if not torch.cuda.is_available():
        # not by torch's own choice of a place
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(path, weights_only=True)
    for read in (read_tensors, read_nested):
        found = {name.removeprefix("model."): tensor for name, tensor in read(path).items()}
        assert found.keys() == state.keys()
        for name, tensor in found.items():
            assert tensor.device.type == "cpu"
            torch.testing.assert_close(tensor, state[name])


@needs_weights
def test_presto_as_published_is_read_on_a_processor() -> None:
    from iamap.encoders._state import read_nested, read_tensors

    path = WEIGHTS / "presto_default_model.pt"
    assert b"cuda:0" in path.read_bytes()
    for tensors in (read_tensors(path), read_nested(path)):
        assert tensors and all(tensor.device.type == "cpu" for tensor in tensors.values())
