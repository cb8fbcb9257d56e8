"""What is kept of converted networks is whole, bounded, and never in the way."""

from __future__ import annotations

import importlib.metadata
import os

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from computing import Tiny, cpu, images, needs_openvino, network, own_home, work  # noqa: E402, F401 (a fixture)
from iamap.contract.networks import Network  # noqa: E402
from iamap.engine import remembered  # noqa: E402
from iamap.engine.backends import Backend, measure, store  # noqa: E402


def write(content: bytes):
    return lambda path: path.write_bytes(content)


def test_what_is_kept_is_found_again():
    assert store.find("a") is None
    path = store.keep("a", {"words": "int8"}, write(b"model"), 1)
    about, found = store.find("a")
    assert found == path and path.read_bytes() == b"model" and about["words"] == "int8"


def test_notes_need_no_model():
    store.keep("a", {"torch": True}, None, 0)
    assert store.find("a")[0]["torch"] is True and store.find("a")[1] is None


@pytest.mark.parametrize("damage", ["cut", "gone", "about", "list"])
def test_what_is_damaged_is_not_found_and_goes(damage):
    path = store.keep("a", {}, write(b"model"), 1)
    about = path.with_name("about.json")
    {"cut": lambda: path.write_bytes(b"mod"), "gone": path.unlink, "about": lambda: about.write_text("{"),
     "list": lambda: about.write_text("[]")}[damage]()  # fmt: skip
    assert store.find("a") is None and store.find("a") is None
    assert store.keep("a", {}, write(b"again"), 1).read_bytes() == b"again"


def test_what_fails_while_it_is_written_leaves_nothing():
    def fail(path):
        path.write_bytes(b"half")
        raise OSError("no space left")

    assert store.keep("a", {}, fail, 1) is None
    assert store.find("a") is None and not list(store.store().iterdir())


def test_the_oldest_go_when_it_grows(monkeypatch):
    monkeypatch.setattr(store, "MOST_BYTES", 3_000_000)
    for i, name in enumerate("abcd"):
        store.keep(name, {}, write(bytes(900_000)), 0.9)
        os.utime(store.store() / name, (i, i))
    store.find("b")
    store.keep("e", {}, write(bytes(900_000)), 0.9)
    assert [store.find(name) is not None for name in "abcde"] == [False, True, False, True, True]


def test_a_home_that_can_not_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IAMAP_HOME", str(tmp_path / "file"))
    assert store.keep("a", {}, write(b"model"), 1) is None and store.find("a") is None


def test_the_key_depends_on_every_number_of_the_network():
    plain = measure.digest(network())
    assert measure.digest(network()) == plain
    for change in ("weight", "setting", "tile"):
        module = Tiny()
        if change == "weight":
            with torch.no_grad():
                module.blocks[1].linear2.weight[3, 5] += 1e-6
        if change == "setting":
            module.scale = 1.5
        other = Network(module, 3, 32, 8, 64 if change == "tile" else 32, None, None)
        assert measure.digest(other) != plain


def broken(size: int) -> bytes:
    """The beginning of a file of numpy, with a header that never ends."""
    return (b"\x93NUMPY\x01\x00v\x00{'descr': '" + b"'" * 2).ljust(size)


@needs_openvino
@pytest.mark.parametrize("damage", [bytes, b"PK\x03\x04".ljust, broken], ids=["zeros", "zip", "numpy"])
def test_a_network_whose_kept_features_are_damaged_is_converted_anew(damage):
    asked = cpu(backend="openvino")
    right = Backend(network(), asked, work())(images())
    (kept,) = store.store().glob("*/probe.bin")
    kept.write_bytes(damage(kept.stat().st_size))
    assert np.array_equal(Backend(network(), asked, work())(images()), right)


def test_nobody_hears_of_notes_that_can_not_be_kept(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("IAMAP_HOME", str(tmp_path / "file"))
    caplog.set_level("INFO")
    store.keep("a", {}, None, 0)
    assert not caplog.text
    store.keep("a", {}, write(b"model"), 1)
    assert "can't be kept" in caplog.text


def test_networks_are_remembered_where_a_library_that_they_do_not_need_is_missing(monkeypatch):
    def missing(name: str) -> str:
        if name == "torchgeo":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert remembered.remembered(["card"], network).dim == remembered.remembered(["card"], pytest.fail).dim == 32
