"""Downloads that go wrong half-way, and weights that moved: one sentence with a way out, and nothing half-loaded."""

from __future__ import annotations

import errno
import json
import time
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the engine environment")

from hub import cache_fixture as _cache  # noqa: F401
from hub import hub_fixture as _hub  # noqa: F401
from iamap.contract.errors import IamapError, NoSpace, NoWeights
from iamap.contract.networks import HubFile
from iamap.encoders import encoders
from iamap.engine import weights
from making import context

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
