"""A network that was built before is not built again: the second run needs no torch, and gives the same."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

import safetensors.torch  # noqa: E402
from computing import Tiny, cpu, needs_nncf, needs_openvino, own_home  # noqa: E402, F401 (a fixture)
from iamap.contract.networks import Network  # noqa: E402
from iamap.encoders import any_timm, encoders  # noqa: E402
from iamap.engine import remembered  # noqa: E402
from iamap.engine.backends import choice, fast, probe, store, timing  # noqa: E402
from iamap.engine.backends.choice import Choice, Device, find_device  # noqa: E402
from iamap.engine.backends.timing import Setting  # noqa: E402
from making import encode, make_raster, read, tag, texture  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

#: before fixtures change them
fastest, keep = timing.fastest, store.keep
BOOT = Path(__file__).parents[1] / "worker" / "boot.py"
#: what takes seconds to load, and building a network loads
HEAVY = ("torch", "torchvision", "timm", "torchgeo", "pandas", "sklearn")


def own_weights(folder: Path, seed: int = 0, **more: Any) -> str:
    """A small vision transformer, and the file that tells how it is built."""
    import timm

    torch.manual_seed(seed)
    state = timm.create_model("test_vit", num_classes=0, **more).state_dict()
    safetensors.torch.save_file(state, folder / "own.safetensors")
    (folder / "own.json").write_text(json.dumps({"architecture": "test_vit", "num_classes": 0}))
    return str(folder / "own.safetensors")


def work(params: dict[str, Any], folder: Path) -> tuple[dict[str, Any], set[str]]:
    """Encode in a worker; return the last event, and the names of the packages that it loaded."""
    request = folder / "request.json"
    request.write_text(json.dumps({"version": 1, "job": "encode", "params": params}))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # the worker's lifeline: it ends with its parent
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-X", "importtime", str(BOOT), "serve", str(request)],
            stdin=reading, capture_output=True, text=True, env=environment, timeout=300,
        )  # fmt: skip
    finally:
        os.close(reading)
        os.close(writing)
    lines = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "result", last
    return last, {name.partition(".")[0] for name in lines}


@needs_openvino
@pytest.mark.parametrize("precision", ["float32", pytest.param("int8", marks=needs_nncf)])
def test_the_second_worker_loads_neither_torch_nor_timm_and_gives_the_same_pixels(tmp_path, precision):
    params = {
        "input": make_raster(tmp_path / "s.tif", texture(400, 300)), "encoder": "timm model by name", "model": "test_vit",
        "weights": own_weights(tmp_path), "backend": "openvino", "precision": precision, "threads": 1, "tile": 160,
        "position_bias": "remove", "device": "cpu",
    }  # fmt: skip
    made = []
    for name in ("first", "second"):
        found, loaded = work({**params, "output": str(tmp_path / f"{name}.tif")}, tmp_path)
        made.append((found, loaded, tmp_path / f"{name}.tif"))
    assert "torch" in made[0][1] and not made[1][1].intersection(HEAVY)
    assert np.array_equal(read(made[0][2]), read(made[1][2]), equal_nan=True)
    for name in ("weights_sha256", "statistics", "computation", "cell", "tile"):
        assert tag(made[0][2], name) == tag(made[1][2], name)


class Weighed(torch.nn.Module):
    """Bands to bands."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = torch.nn.Conv2d(3, 5, 8, 8)

    def forward(self, images):
        """(n, 3, 32, 32) to (n, 5, 4, 4)."""
        return self.mix(images)


def builder(built: list[str]) -> Any:
    def build() -> Network:
        built.append("")
        remembered.log.warning("the weights are a little strange")
        return Network(Weighed(), 3, 5, 8, 32, (0.5, 0.25, 0.1), (0.1, 0.2, 0.3), 1)

    return build


def test_a_network_is_built_once_and_again_only_for_its_module(caplog):
    built: list[str] = []
    first = remembered.remembered(["card", "hash", 1], builder(built))
    second = remembered.remembered(["card", "hash", 1], builder(built))
    assert len(built) == 1 and first.measured == second.measured
    facts = ("bands", "dim", "patch", "tile", "context")
    assert [getattr(first, name) for name in facts] == [getattr(second, name) for name in facts] == [3, 5, 8, 32, 1]
    assert list(first.mean) == list(second.mean) and list(first.std) == list(second.std)
    # the second user is told what the first was
    assert caplog.text.count("a little strange") == 2
    tiles = torch.rand(1, 3, 32, 32)
    assert second.module(tiles).shape == (1, 5, 4, 4) and len(built) == 2
    assert second.module is second.module and len(built) == 2
    # but not again when it is built after all
    assert caplog.text.count("a little strange") == 2


@pytest.mark.parametrize("other", [["card", "other", 1], ["card", "hash", 2], ["other", "hash", 1]])
def test_anything_else_is_another_network(other):
    built: list[str] = []
    for about in (["card", "hash", 1], other):
        remembered.remembered(about, builder(built))
    assert len(built) == 2


def test_other_code_builds_anew(monkeypatch):
    built: list[str] = []
    remembered.remembered(["card"], builder(built))
    monkeypatch.setattr(remembered, "_code", lambda: "other")
    remembered.remembered(["card"], builder(built))
    assert len(built) == 2


@pytest.mark.parametrize("damage", ['{"sizes": {}}', '{"sizes": {}, "facts": 3}', "[]", "no JSON"])
def test_a_damaged_note_is_no_obstacle(damage):
    built: list[str] = []
    remembered.remembered(["card"], builder(built))
    (note,) = store.store().glob("*-network/about.json")
    note.write_text(damage)
    assert remembered.remembered(["card"], builder(built)).dim == 5 and len(built) == 2
    assert remembered.remembered(["card"], builder(built)).dim == 5 and len(built) == 2


def test_changed_weights_or_changed_notes_beside_them_are_noticed(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(200, 200))
    about = {"encoder": "timm model by name", "model": "test_vit", "tile": 160}

    def features(name: str) -> Any:
        return read(encode(source, tmp_path / name, any_timm.AnyTimm(), **about, weights=path))

    path = own_weights(tmp_path)
    first, again = features("a.tif"), features("b.tif")
    assert np.array_equal(first, again)
    own_weights(tmp_path, seed=1)
    assert not np.allclose(first, features("c.tif"))
    own_weights(tmp_path)
    (tmp_path / "own.json").write_text(
        json.dumps(
            {"architecture": "test_vit", "num_classes": 0, "pretrained_cfg": {"mean": [0, 0, 0], "std": [1, 1, 1]}}
        )
    )
    assert not np.allclose(first, features("d.tif"))


@pytest.mark.parametrize("given", ["model.safetensors", ""], ids=["file", "folder"])
def test_what_stands_beside_the_weights_in_a_folder_is_noticed_too(tmp_path, given):
    source, folder = make_raster(tmp_path / "s.tif", texture(200, 200)), tmp_path / "hub"
    folder.mkdir()
    Path(own_weights(folder)).rename(folder / "model.safetensors")
    (folder / "own.json").unlink()
    about = {"architecture": "test_vit", "num_classes": 0}
    # of a file, they are read only where no model is named
    named = {} if given else {"model": "test_vit"}

    def features(name: str, **more: Any) -> Any:
        params = {"encoder": "timm model by name", "tile": 160, "weights": str(folder / given), **more}
        return read(encode(source, tmp_path / name, any_timm.AnyTimm(), **params))

    made = []
    for mean in (0.5, 0.1):
        config = {"mean": [mean] * 3, "std": [0.1] * 3}
        (folder / "config.json").write_text(json.dumps({**about, "pretrained_cfg": config}))
        made.append(features(f"{mean}.tif", **named))
    (folder / "config.json").rename(folder / "config.old.json")
    made.append(features("without.tif", model="test_vit"))
    assert not np.allclose(made[0], made[1]) and not np.allclose(made[1], made[2])


def test_what_stands_beside_and_can_not_be_read_is_no_obstacle(tmp_path):
    (tmp_path / "own.json").mkdir()
    assert remembered.beside(str(tmp_path / "own.safetensors"))[0] == "own.safetensors"


def test_a_raster_elsewhere_of_other_pixels_needs_no_other_network(tmp_path):
    params = {"encoder": "timm model by name", "weights": own_weights(tmp_path), "tile": 160}
    for seed, (pixel, top) in enumerate([(10, 5_000_000), (10, 5_100_000), (2, 5_000_000)]):
        place = Affine(pixel, 0, 500_000, 0, -pixel, top)
        source = make_raster(tmp_path / f"{seed}.tif", texture(200, 200), transform=place)
        encode(source, tmp_path / f"f{seed}.tif", any_timm.AnyTimm(), **params, seed=seed)
    assert len(list(store.store().glob("*-network"))) == 1


@pytest.mark.parametrize("card", encoders().values(), ids=encoders())
def test_encoders_are_told_what_they_ask_for(card):
    """What a card does not name, it is never told."""
    text = "".join(inspect.getsource(sys.modules[kind.__module__]) for kind in {card, *card.__bases__})
    for name in ("metres", "place"):
        assert (f"order.{name}" in text) == (name in card.told)


def test_encoders_of_others_are_built_each_time(tmp_path):
    """Their code may change where nobody looks."""
    source, own = make_raster(tmp_path / "s.tif", texture(200, 200)), own_weights(tmp_path)

    class Mine(any_timm.AnyTimm):
        mean = 0.5

        def build(self, order):
            return dataclasses.replace(super().build(order), mean=(self.mean,) * 3, std=(0.1,) * 3)

    def features(name: str) -> Any:
        return read(encode(source, tmp_path / name, Mine(), encoder="timm model by name", weights=own, tile=160))

    first = features("a.tif")
    Mine.mean = 0.1
    assert not np.allclose(first, features("b.tif"))


def test_what_another_thread_says_is_not_noted(caplog):
    def build() -> Network:
        other = threading.Thread(target=lambda: remembered.log.warning("of another run"))
        other.start()
        other.join()
        return builder([])()

    remembered.remembered(["card"], build)
    caplog.clear()
    remembered.remembered(["card"], build)
    assert "a little strange" in caplog.text and "of another run" not in caplog.text


@needs_openvino
def test_the_first_run_computes_with_what_the_second_will_read(monkeypatch):
    from computing import exact, images, network, work
    from iamap.engine.backends import Backend
    from iamap.engine.backends.openvino_runner import OpenVino

    class Rounded(OpenVino):
        """Rounds a little when it writes, as if sums were in another order then."""

        def saving(self, model):
            other = network()
            other.module.scale = 1.0001
            return super().saving(self.convert(other))

    monkeypatch.setattr(fast, "LIBRARIES", (Rounded(),))
    first, second = (Backend(network(), cpu(backend="openvino"), work())(images()) for _ in range(2))
    assert np.array_equal(first, second) and not np.allclose(first, exact(), rtol=1e-5)


class Bright(Tiny):
    """Is another network for bright tiles when it is traced."""

    def forward(self, images):
        """The same, or more."""
        return super().forward(images) + ((images > 6).float().mean() if torch.jit.is_tracing() else 0)


@needs_openvino
def test_what_was_refused_for_a_raster_stays_so_whatever_served_others(monkeypatch):
    from computing import images, network
    from iamap.engine.backends import Backend, Work

    def first(name: str, runners: Any, *_: Any) -> Setting:
        store.keep(name, timing.note(chosen := next(iter(runners)), []), None, 0)
        return chosen

    monkeypatch.setattr(timing, "fastest", first)

    def title(more: float, identity: str) -> str:
        made = Backend(network(Bright()), cpu(), Work(10**9, lambda count: images(min(count, 12)) + more, identity))
        return made.facts()["backend"].split()[0]

    assert [title(9, "bright"), title(0, "dark"), title(9, "bright"), title(0, "dark")] == ["torch", "openvino"] * 2


def test_the_faster_of_two_runs_decides_for_both(monkeypatch):
    mine, theirs = Setting("openvino"), Setting("torch", 1, 1)
    monkeypatch.setattr(timing.store, "keep", lambda name, *_: keep(name, timing.note(theirs, []), None, 0))
    slow = {mine: lambda images: images, theirs: lambda images: images}
    assert fastest("choice", slow, np.zeros((1, 3, 8, 8), np.float32), 1e9) == theirs


@needs_openvino
def test_a_kept_network_that_computes_something_else_is_not_used(tmp_path, monkeypatch):
    """Its files are whole, their sizes are right, only its numbers are not."""
    from computing import convert_no_more, exact, images, network, work
    from iamap.engine.backends import Backend

    asked = cpu(backend="openvino")
    right = Backend(network(), asked, work())(images())
    (numbers,) = store.store().glob("*/model.bin")
    whole = numbers.read_bytes()
    numbers.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    assert np.array_equal(Backend(network(), asked, work())(images()), right)
    assert np.allclose(right, exact(), atol=1e-3)
    convert_no_more(monkeypatch)
    assert np.array_equal(Backend(network(), asked, work())(images()), right)


def test_the_drawn_tile_is_the_same_in_every_run_and_looks_like_ground():
    network = Network(None, 4, 5, 8, 100, None, None)
    tile = probe.tile(network)
    assert tile.shape == (1, 4, 100, 100) and tile.dtype == np.float32 and np.array_equal(tile, probe.tile(network))
    beside = np.corrcoef(tile[..., 1:].ravel(), tile[..., :-1].ravel())[0, 1]
    assert abs(tile.mean()) < 0.2 and 0.7 < tile.std() < 1.3 and beside > 0.7


NOTES = {
    "__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n": False,
    "__version__ = '2.13.0'\ncuda = None\nhip = None\n": False,
    "cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n": True,
    "cuda: Optional[str] = None\nhip: Optional[str] = '6.4'\n": True,
    "nothing of it": True,
}


@pytest.mark.parametrize(("notes", "graphics"), NOTES.items())
def test_torch_is_asked_for_graphics_processors_only_where_it_may_know_one(tmp_path, monkeypatch, notes, graphics):
    (tmp_path / "version.py").write_text(notes)

    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(choice.sys, "platform", "linux")
    monkeypatch.setattr(choice.importlib.util, "find_spec", lambda name: Spec)
    assert choice._built_for_graphics() is graphics


def test_a_device_has_torchs_name():
    assert str(Device("cuda", 1)) == str(torch.device("cuda", 1)) and str(Device("cpu")) == str(torch.device("cpu"))
    assert find_device(Choice(device="cpu")) == Device("cpu")
