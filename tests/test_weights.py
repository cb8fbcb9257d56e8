"""Published weights: downloaded once, hashes checked ever after, and a way out where they can't be had."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="needs the engine environment")

from hub import cache_fixture as _cache  # noqa: F401
from hub import hub_fixture as _hub  # noqa: F401
from huggingface_hub import constants
from iamap.contract import places
from iamap.contract.errors import BadWeights, Cancelled, NoSpace, NoWeights
from iamap.contract.networks import HubFile
from iamap.engine import weights
from iamap.worker.context import RunContext
from making import as_anybody, context, folder_for_all

ROOT = Path(__file__).resolve().parents[1]
NAME = "timm/tiny/model.safetensors"
CONTENT = bytes(range(256)) * 12_000
OTHER = "f" * 64


@pytest.fixture(autouse=True)
def one_file(hub):
    """What the hub holds."""
    hub.files[NAME] = CONTENT


def wanted(revision=None, sha256=None, licence="MIT"):
    """The file as a card names it."""
    return HubFile("timm/tiny", "model.safetensors", revision, sha256, 3, licence)


def find(file=None, ctx=None, download=True):
    """Where it is, and its hash."""
    path, sha = weights.find(file or wanted(), None, download, ctx or context())
    return Path(path), sha


def pins(cache):
    """What was noted."""
    return json.loads((cache / "iamap_pins.json").read_text())[NAME]


def known(hub):
    """The hash that the hub's file has."""
    return hub.sha256(NAME)


#: what cards know beforehand
CARDS = {
    "all pinned": lambda hub: wanted(hub.commit, known(hub)),
    "revision pinned": lambda hub: wanted(hub.commit),
    "nothing pinned": lambda hub: wanted(),
}
every_kind = pytest.mark.parametrize("kind", CARDS.values(), ids=list(CARDS))


@every_kind
def test_weights_are_downloaded_once_and_found_without_asking_again(hub, cache, kind):
    path, sha = find(kind(hub))
    assert path.read_bytes() == CONTENT and sha == known(hub)
    assert path.is_relative_to(cache / "models--timm--tiny" / "snapshots" / hub.commit)
    asked = len(hub.asked)
    assert find(kind(hub)) == (path, sha)
    assert len(hub.asked) == asked


def test_size_licence_and_revision_are_told_before_the_download(hub, caplog):
    told = []
    caplog.set_level(logging.INFO, "iamap")
    ctx = RunContext(lambda *event: told.append((len(caplog.records), *event)), interval=0)
    find(wanted(licence="CC-BY-NC-4.0: NO COMMERCIAL USE"), ctx)
    line = caplog.records[0].getMessage()
    assert "3 MB" in line and "NO COMMERCIAL USE" in line and hub.commit[:8] in line
    before, done, total, unit, stage, _ = told[0]
    assert before >= 1 and 0 < done < total == pytest.approx(3.072) and (unit, stage) == ("MB", "download")
    assert told[-1][1] == total


def test_nothing_but_the_file_is_asked_for_and_nothing_is_told_of_this_computer(hub):
    find()
    assert all(NAME.split("/")[1] in line for line in hub.asked)
    assert not any("torch" in agent or "agent/" in agent for agent in hub.agents)


# what is insisted on


@pytest.mark.parametrize("kind", ["revision pinned", "nothing pinned"])
def test_what_the_card_does_not_pin_is_noted_at_the_first_use(hub, cache, kind):
    find(CARDS[kind](hub))
    assert pins(cache) == {"revision": hub.commit, "sha256": known(hub)}
    assert [path.name for path in cache.glob("iamap_pins*")] == ["iamap_pins.json"]


def test_a_file_that_its_card_pins_is_not_noted(hub, cache):
    find(CARDS["all pinned"](hub))
    assert not (cache / "iamap_pins.json").exists()


def test_a_noted_revision_is_kept_when_the_hub_moves_on(hub, cache):
    find()
    first = hub.commit
    shutil.rmtree(cache / "models--timm--tiny")
    hub.asked.clear()
    find()
    assert hub.asked[0] == f"HEAD timm/tiny/resolve/{first}/model.safetensors"
    shutil.rmtree(cache / "models--timm--tiny")
    hub.commit = "f" * 40
    with pytest.raises(NoWeights, match=f"no model.safetensors in revision {first}"):
        find()


def test_a_card_that_names_a_newer_revision_goes_before_what_was_noted(hub, cache):
    find()
    hub.files[NAME], hub.commit = CONTENT[::-1], "a" * 40
    path, sha = find(wanted("a" * 40))
    assert path.read_bytes() == CONTENT[::-1]
    assert pins(cache) == {"revision": "a" * 40, "sha256": sha}


def flattened(cache):
    """Make of the cache what a copy on a stick is: files instead of links, nothing noted."""
    for path in (cache / "models--timm--tiny" / "snapshots").rglob("*"):
        if path.is_symlink():
            target = path.resolve()
            path.unlink()
            shutil.move(target, path)
    (cache / "iamap_pins.json").unlink(missing_ok=True)


@every_kind
@pytest.mark.parametrize("copied", [False, True])
def test_a_cached_file_that_has_changed_is_refused(hub, cache, kind, copied):
    path, sha = find(kind(hub))
    if copied:
        flattened(cache)
        assert find(kind(hub), download=False) == (path, sha), "the first use of the copy"
    path.write_bytes(CONTENT[:-1] + b"x")
    other = weights.sha256(path)
    with pytest.raises(BadWeights) as caught:
        find(kind(hub))
    assert other[:12] in caught.value.text and sha[:12] in caught.value.text
    assert str(path.resolve()) in caught.value.text
    assert path.exists(), "what the user has is the user's"


@every_kind
def test_what_the_refusal_advises_mends_it(hub, cache, kind):
    path, sha = find(kind(hub))
    path.write_bytes(b"rubbish")
    with pytest.raises(BadWeights) as caught:
        find(kind(hub))
    if caught.value.hint.startswith("delete the file"):
        path.resolve().unlink()
        assert find(kind(hub)) == (path, sha) and path.read_bytes() == CONTENT
        return
    assert f"delete its entry in {cache / 'iamap_pins.json'}" in caught.value.hint
    path.resolve().unlink()
    assert find(kind(hub)) == (path, sha)
    flattened(cache)
    path.write_bytes(b"mine")
    assert find(kind(hub))[0].read_bytes() == b"mine"


def test_a_damaged_blob_is_refused_even_at_its_first_use(hub, cache):
    path, sha = find()
    (cache / "iamap_pins.json").unlink()
    path.write_bytes(CONTENT[:1000])
    with pytest.raises(BadWeights, match=sha[:12]):
        find()


def test_of_several_snapshots_the_main_one_is_taken(hub, cache):
    path, _ = find()
    flattened(cache)
    newer = path.parents[1] / ("f" * 40) / path.name
    newer.parent.mkdir()
    newer.write_bytes(b"newer")
    refs = cache / "models--timm--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text(hub.commit)
    assert find()[0] == path


def test_a_hub_that_offers_another_file_than_the_card_knows_gives_nothing(hub, cache):
    with pytest.raises(BadWeights, match=f"offers another model.safetensors .*{known(hub)[:12]}, not ffffffffffff"):
        find(wanted(hub.commit, OTHER))
    assert not any(line.startswith("GET") for line in hub.asked), "refused before the download"


def test_a_hub_that_gives_another_file_than_it_states_leaves_nothing(hub, cache):
    hub.stated = OTHER
    for file in (wanted(hub.commit, OTHER), wanted()):
        with pytest.raises(BadWeights, match="it was deleted again"):
            find(file)
        with pytest.raises(NoWeights):
            find(file, download=False)
        assert not list(cache.rglob("blobs/*"))


@pytest.mark.parametrize("content", ["{", "[]", '{"timm/tiny": 1}'])
def test_damaged_notes_are_refused_by_name(hub, cache, content):
    cache.mkdir()
    (cache / "iamap_pins.json").write_text(content)
    with pytest.raises(BadWeights, match=r"iamap_pins\.json is no JSON that IAMAP wrote: delete it"):
        find()
    (cache / "iamap_pins.json").unlink()
    find()


def test_a_cache_that_may_not_be_written_serves_nevertheless(hub, monkeypatch, caplog):
    find()
    with folder_for_all() as folder:
        shared = folder / "shared"
        shutil.copytree(places.weights_cache() / "models--timm--tiny", shared / "models--timm--tiny", symlinks=True)
        shared.chmod(0o555)
        monkeypatch.setenv("IAMAP_CACHE", str(shared))
        with as_anybody():
            assert find()[0].read_bytes() == CONTENT
            assert "can't be noted" in caplog.text
            with pytest.raises(NoWeights, match="can't be written to: choose another cache folder"):
                weights.find(HubFile("timm/tiny", "other.bin", None, None, 3, "MIT"), None, True, context())
        shared.chmod(0o755)


# where weights can't be had


def refuse_connections(hub, monkeypatch):
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}/{revision}/{filename}")


def name_nowhere(hub, monkeypatch):
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://hub.invalid/{repo_id}/{revision}/{filename}")


def switch_off(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def overload(hub, monkeypatch):
    hub.refusal = (503, "")


@pytest.mark.parametrize("trouble", [refuse_connections, name_nowhere, switch_off, overload])
def test_without_a_hub_one_sentence_tells_the_ways_out(hub, cache, monkeypatch, trouble):
    trouble(hub, monkeypatch)
    began = time.monotonic()
    with pytest.raises(NoWeights) as caught:
        find()
    assert time.monotonic() - began < 10
    assert caught.value.text == "the weights timm/tiny (3 MB) are not on disk and the model hub can't be reached"
    hint = f"give the file as own weights, or copy the folder models--timm--tiny from another computer's cache into {cache}"
    assert caught.value.hint == hint


def test_the_way_out_leads_out(hub, cache, monkeypatch, tmp_path):
    """Another computer's cache folder, copied to where the sentence says, is found without a hub."""
    _, sha = find()
    monkeypatch.setenv("IAMAP_CACHE", str(tmp_path / "here"))
    switch_off(hub, monkeypatch)
    with pytest.raises(NoWeights):
        find()
    shutil.copytree(cache / "models--timm--tiny", tmp_path / "here" / "models--timm--tiny", symlinks=False)
    found, again = find()
    assert found.is_relative_to(tmp_path / "here") and again == sha


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ((403, "GatedRepo"), r"the licence of timm/tiny \(MIT\) must be accepted .*HF_TOKEN"),
        ((404, "RepoNotFound"), "the hub has no timm/tiny, or no longer"),
        ((404, "RevisionNotFound"), "the hub has no model.safetensors in revision main of timm/tiny"),
        ((404, "EntryNotFound"), "the hub has no model.safetensors in revision main of timm/tiny"),
    ],
)
def test_what_the_hub_refuses_is_told_apart(hub, refusal, sentence):
    hub.refusal = refusal
    with pytest.raises(NoWeights, match=sentence):
        find()


def test_nothing_is_downloaded_where_downloads_are_off(hub):
    with pytest.raises(NoWeights, match=r"not on disk, and download = false: .*copy the folder"):
        find(download=False)
    assert hub.asked == []


def test_a_disk_too_small_is_told_before_the_download(hub, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50_000_000))
    with pytest.raises(NoSpace, match="timm/tiny needs 3 MB, but 50 MB are free"):
        find()
    assert not any(line.startswith("GET") for line in hub.asked)


def test_a_line_that_breaks_is_taken_up_again(hub):
    hub.breaks = 1
    path, sha = find()
    assert path.read_bytes() == CONTENT and sha == known(hub)
    assert sum(line.startswith("GET") for line in hub.asked) == 2


def test_a_cancelled_download_ends_at_once_and_can_be_started_again(hub, cache):
    hub.files[NAME] = CONTENT * 10
    hub.pause = 0.05
    stopped = threading.Event()
    threading.Timer(0.6, stopped.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        find(ctx=context(stopped.is_set))
    assert time.monotonic() - began < 2
    with pytest.raises(NoWeights):
        find(download=False)
    assert not (cache / "iamap_pins.json").exists()
    hub.pause = 0
    assert find()[1] == known(hub)


def test_a_large_file_is_checked_with_progress_and_can_be_cancelled(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "_LARGE", 1000)
    monkeypatch.setattr(weights, "_PIECE", 1000)
    (tmp_path / "w.pth").write_bytes(CONTENT)
    told = []
    weights.find(None, str(tmp_path / "w.pth"), True, RunContext(lambda done, *_: told.append(done), interval=0))
    assert told == sorted(told) and told[-1] == pytest.approx(3.072)
    with pytest.raises(Cancelled):
        weights.find(None, str(tmp_path / "w.pth"), True, context(lambda: True))


# own weights, own places


def test_own_weights_need_no_hub(hub, tmp_path):
    (tmp_path / "w.pth").write_bytes(CONTENT)
    assert weights.find(wanted(), str(tmp_path / "w.pth"), True, context()) == (str(tmp_path / "w.pth"), known(hub))
    with pytest.raises(NoWeights, match=r"nowhere\.pth does not exist"):
        weights.find(wanted(), str(tmp_path / "nowhere.pth"), True, context())
    assert hub.asked == []


def test_the_hash_of_a_folder_depends_on_all_its_files(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"1")
    before = weights.sha256(tmp_path)
    assert before == weights.sha256(str(tmp_path))
    (tmp_path / "config.json").write_text("{ }")
    assert weights.sha256(tmp_path) != before


def test_weights_never_lie_in_the_plugin_which_an_update_deletes(monkeypatch):
    monkeypatch.delenv("IAMAP_CACHE", raising=False)
    monkeypatch.delenv("IAMAP_HOME", raising=False)
    assert not places.weights_cache().is_relative_to(ROOT)


ELSEWHERE = """
import runpy, sys
runpy.run_path({boot!r})["load"]()
from iamap.contract.networks import HubFile
from iamap.engine import weights
from iamap.worker.cli import main
from iamap.worker.context import RunContext
file = HubFile("timm/tiny", "model.safetensors", None, None, 3, "MIT")
print(weights.find(file, None, True, RunContext(lambda *_: None))[1])
"""


@pytest.mark.parametrize("way", ["mirror", "proxy"])
def test_a_mirror_or_a_proxy_that_the_user_names_is_used(hub, cache, way):
    other = "http://models.invalid"
    hub.elsewhere = "http://content.invalid" if way == "proxy" else hub.elsewhere
    settings = {"mirror": {"HF_ENDPOINT": hub.url}, "proxy": {"HF_ENDPOINT": other, "HTTP_PROXY": hub.url}}[way]
    inherited = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    code = ELSEWHERE.format(boot=str(ROOT / "worker" / "boot.py"))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**inherited, **settings}, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == known(hub), done.stderr
