"""Backends give torch's features, within what their precision allows, or torch runs the network."""

from __future__ import annotations

import json
import logging
import os
import threading
import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.contract.networks import Network  # noqa: E402
from iamap.engine import backends  # noqa: E402
from iamap.engine.backends import Backend, Choice, Work, fast, store  # noqa: E402
from iamap.engine.backends.openvino_runner import installed  # noqa: E402
from iamap.engine.precision_figures import closeness, relative_error, same_clusters, same_neighbours  # noqa: E402
from making import Averager, encode, make_raster, read, tag, texture  # noqa: E402

needs_openvino = pytest.mark.skipif(not installed(), reason="needs openvino in the engine environment")
needs_nncf = pytest.mark.skipif(not (installed() and installed("nncf")), reason="needs openvino and nncf")


class Tiny(torch.nn.Module):
    """A transformer of two blocks, with the operations of a large one."""

    def __init__(self, dim: int = 32) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = torch.nn.Conv2d(3, dim, 8, 8)
        layer = [torch.nn.TransformerEncoderLayer(dim, 4, 2 * dim, 0.0, batch_first=True) for _ in range(2)]
        self.blocks = torch.nn.ModuleList(layer)
        self.scale = 1.0

    def forward(self, images):
        """(n, 3, 32, 32) to (n, dim, 4, 4)."""
        cells = self.patches(images)
        tokens = cells.flatten(2).transpose(1, 2)
        for block in self.blocks:
            # the plain way, not torch's closed fast path
            tokens = block.norm1(tokens + block._sa_block(tokens, None, None))
            tokens = block.norm2(tokens + block._ff_block(tokens))
        return self.scale * tokens.transpose(1, 2).reshape(cells.shape)


class Choosy(Tiny):
    """Refuses to be traced."""

    def forward(self, images):
        """The same."""
        if torch.jit.is_tracing():
            raise RuntimeError("not traceable")
        return super().forward(images)


class Fickle(Tiny):
    """Is another network when it is traced."""

    def forward(self, images):
        """The same, or 2 more."""
        return super().forward(images) + (2 if torch.jit.is_tracing() else 0)


class Fragile(Tiny):
    """Tells places apart by what integers lose: small differences of large numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.same = torch.nn.Linear(32, 32, bias=False)
        with torch.no_grad():
            self.same.weight.copy_(torch.eye(32))

    def forward(self, images):
        """The same, by ways around."""
        large = super().forward(images) * 1e-2 + 30.0
        return (self.same(large.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) - 30.0) * 1e2


def network(module: torch.nn.Module | None = None) -> Network:
    return Network((module or Tiny()).eval(), 3, 32, 8, 32, None, None)


def images(count: int = 12) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).standard_normal((count, 3, 32, 32)).astype(np.float32))


def work(tiles: int = 10**9) -> Work:
    return Work(tiles, lambda count: images(min(count, 12)), "a raster")


def exact(module: torch.nn.Module | None = None) -> np.ndarray:
    with torch.inference_mode():
        return network(module).module(images()).numpy()


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("IAMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(fast, "_timed", lambda *_: (True, [0.0, 0.0]))


def cpu(**more) -> Choice:
    return Choice(device="cpu", threads=1, **more)


# --- torch


def test_torch_runs_what_nothing_else_is_told_about():
    backend = Backend(network(), cpu())
    assert backend.facts()["backend"].startswith("torch ")
    assert np.allclose(backend(images()), exact(), atol=1e-6)


@pytest.mark.parametrize("batch", [1, 5, 12, 100])
def test_any_number_of_tiles_goes_in(batch):
    assert Backend(network(), cpu(batch=batch))(images(7)).shape == (7, 32, 4, 4)


def test_torch_is_used_where_it_is_asked_for():
    assert Backend(network(), cpu(backend="torch"), work()).facts()["backend"].startswith("torch ")


def test_small_jobs_are_not_converted():
    assert Backend(network(), cpu(), work(tiles=3)).facts()["backend"].startswith("torch ")
    assert not store.store().exists()


def test_a_backend_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(backends.backend, "installed", lambda *_: False)
    with pytest.raises(BadRequest, match="backend = openvino is not installed"):
        Backend(network(), cpu(backend="openvino"), work())


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_openvino_is_for_processors(device):
    with pytest.raises(BadRequest, match="does not run on device"):
        Backend(network(), Choice(device=device, backend="openvino"), work())


def test_tags_tell_backend_and_precision(tmp_path):
    source = make_raster(tmp_path / "r.tif", texture(100, 90))
    told = json.loads(tag(encode(source, tmp_path / "f.tif", Averager(), device="cpu"), "computation"))
    assert told["precision"] == "float32" and told["device"] == "cpu" and told["backend"].startswith("torch ")


# --- OpenVINO


@needs_openvino
def test_openvino_gives_torchs_features():
    backend = Backend(network(), cpu(), work())
    assert backend.facts()["backend"].startswith("openvino ")
    assert relative_error(exact(), backend(images())) < 1e-5


@needs_openvino
@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_a_tile_has_the_same_features_in_any_company(count):
    backend = Backend(network(), cpu(), work())
    together = backend(images())
    assert np.array_equal(backend(images()[:count]), together[:count])
    assert np.array_equal(backend(images()[count:]), together[count:])


@needs_openvino
def test_the_second_run_converts_nothing_and_gives_the_same(monkeypatch):
    first = Backend(network(), cpu(), work())(images())
    monkeypatch.setattr(fast, "convert", lambda *_: pytest.fail("converted again"))
    assert np.array_equal(Backend(network(), cpu(), work())(images()), first)


@needs_openvino
def test_other_weights_or_settings_are_other_networks(monkeypatch):
    Backend(network(), cpu(), work())
    changed, scaled = Tiny(), Tiny()
    with torch.no_grad():
        changed.patches.bias[0] += 0.5
    scaled.scale = 2.0
    for module in (changed, scaled):
        backend = Backend(network(module), cpu(), work())
        assert relative_error(exact(module), backend(images())) < 1e-5


@needs_openvino
def test_a_wrong_network_in_the_cache_is_found_out(monkeypatch):
    monkeypatch.setattr(store, "key", lambda *_: "always the same")
    Backend(network(), cpu(), work())
    other = Tiny()
    other.scale = 3.0
    assert relative_error(exact(other), Backend(network(other), cpu(), work())(images())) < 1e-5


@needs_openvino
@pytest.mark.parametrize("module", [Choosy, Fickle], ids=["can't be converted", "is converted wrongly"])
def test_torch_runs_what_openvino_can_not(module, caplog):
    caplog.set_level(logging.INFO)
    backend = Backend(network(module()), cpu(), work())
    assert backend.facts()["backend"].startswith("torch ")
    assert sum("OpenVINO" in line for line in caplog.messages) == 1
    assert np.allclose(backend(images()), exact(module()), atol=1e-6)
    with pytest.raises(BadRequest, match="backend = openvino can't run this network"):
        Backend(network(module()), cpu(backend="openvino"), work())


@needs_openvino
def test_the_slower_one_is_not_used_and_that_is_remembered(monkeypatch):
    monkeypatch.setattr(fast, "_timed", lambda *_: (False, [2.0, 1.0]))
    assert Backend(network(), cpu(), work()).facts()["backend"].startswith("torch ")
    monkeypatch.setattr(fast, "_timed", lambda *_: pytest.fail("timed again"))
    assert Backend(network(), cpu(), work()).facts()["backend"].startswith("torch ")
    assert Backend(network(), cpu(backend="openvino"), work()).facts()["backend"].startswith("openvino ")


@needs_openvino
def test_bfloat16_is_close_or_float32():
    backend = Backend(network(), cpu(precision="bfloat16"), work())
    assert closeness(exact(), backend(images())).cosine > 0.99
    assert backend.facts()["precision"] in ("bfloat16", "float32")


@needs_openvino
def test_a_processor_without_bfloat16_computes_exactly(monkeypatch, caplog):
    name = fast.processor()[0]
    monkeypatch.setattr(fast, "processor", lambda: (name, frozenset({"FP32"})))
    backend = Backend(network(), cpu(precision="bfloat16"), work())
    assert backend.facts()["precision"] == "float32" and "no bfloat16" in caplog.text
    assert relative_error(exact(), backend(images())) < 1e-5


@needs_openvino
def test_nothing_is_reported_to_its_makers():
    import sys

    Backend(network(), cpu(), work())
    assert sys.modules["openvino_telemetry"] is None


@needs_openvino
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_full_disk_stops_nothing(monkeypatch, precision):
    monkeypatch.setattr(store, "LEAST_FREE", 10**18)
    backend = Backend(network(), cpu(precision=precision), work())
    assert closeness(exact(), backend(images())).cosine > 0.99
    assert not [path for path in store.store().rglob("*") if path.suffix in (".xml", ".bin")]


@needs_openvino
def test_a_cancel_leaves_no_request_running():
    backend = Backend(network(), cpu(backend="openvino"), work())
    runner = backend._runner
    for delay in (0.0, 0.01, 0.05):
        with pytest.raises(KeyboardInterrupt):
            threading.Timer(delay, lambda: os.kill(os.getpid(), 2)).start()
            while True:
                runner(images())
                time.sleep(0)
    assert relative_error(exact(), backend(images())) < 1e-5


# --- 8-bit integers


@needs_nncf
def test_integers_are_calibrated_on_the_raster_once_and_close(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    backend = Backend(network(), cpu(precision="int8"), work())
    first = backend(images())
    assert backend.facts()["precision"].startswith("int8")
    assert backend.told["cosine"] >= 0.99 and "mean cosine to float32" in caplog.text
    monkeypatch.setattr(fast, "convert", lambda *_: pytest.fail("calibrated again"))
    assert np.array_equal(Backend(network(), cpu(precision="int8"), work())(images()), first)


@needs_nncf
def test_what_integers_would_spoil_is_left_out():
    backend = Backend(network(Fragile()), cpu(precision="int8"), work())
    features = backend(images())
    assert backend.facts()["precision"] != "int8"
    assert closeness(exact(Fragile()), features).cosine > 0.99


@needs_nncf
def test_steps_go_from_fast_to_careful(monkeypatch):
    tried = []
    real = fast.calibrated.quantized
    monkeypatch.setattr(fast.calibrated, "quantized", lambda m, way, t: tried.append(way.words) or real(m, way, t))
    monkeypatch.setattr(fast, "good", lambda close: False)
    backend = Backend(network(), cpu(precision="int8"), work())
    assert tried == [way.words for way in fast.calibrated.WAYS]
    assert backend.facts()["precision"] == "float32"
    assert relative_error(exact(), backend(images())) < 1e-5


@needs_openvino
def test_without_nncf_torch_quantizes(monkeypatch):
    monkeypatch.setattr(fast, "installed", lambda name="": name != "nncf")
    backend = Backend(network(), cpu(precision="int8"), work())
    assert backend.facts()["backend"].startswith("torch ") and "int8" in backend.facts()["precision"]


# --- the store


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
    plain = store.key(network())
    assert store.key(network()) == plain
    for change in ("weight", "setting", "tile"):
        module = Tiny()
        if change == "weight":
            with torch.no_grad():
                module.blocks[1].linear2.weight[3, 5] += 1e-6
        if change == "setting":
            module.scale = 1.5
        other = Network(module, 3, 32, 8, 64 if change == "tile" else 32, None, None)
        assert store.key(other) != plain


# --- figures


@given(st.integers(0, 1000), st.floats(0.1, 100))
def test_the_same_features_are_the_same_whatever_their_unit(seed, unit):
    features = unit * np.random.default_rng(seed).standard_normal((2, 5, 3, 4))
    close = closeness(features, features)
    assert close.cosine == pytest.approx(1) and close.centred == pytest.approx(1) and close.error == 0
    assert relative_error(features, features) == 0


@given(st.integers(0, 1000), st.floats(0.001, 0.5))
def test_the_error_is_that_of_the_deviations(seed, share):
    features = np.random.default_rng(seed).standard_normal((2, 5, 6, 7))
    centre = features.mean((0, 2, 3), keepdims=True)
    # moved far away, all cells point one way: raw cosines see nothing
    close = closeness(features + 1e3, features + 1e3 + share * (features - centre))
    assert close.error == pytest.approx(share, rel=1e-6) and close.cosine > 0.999


def test_noise_shows_in_every_figure():
    rng = np.random.default_rng(0)
    places = np.repeat(rng.standard_normal((8, 16)), 40, 0) + 0.05 * rng.standard_normal((320, 16))
    features = places.T.reshape(1, 16, 16, 20)
    alike, apart = (features + size * rng.standard_normal(features.shape) for size in (0.001, 5.0))
    assert closeness(features, alike).centred > 0.999 > 0.9 > closeness(features, apart).centred
    assert same_clusters(features, alike, 8, 0) > 0.99 > 0.5 > same_clusters(features, apart, 8, 0)
    assert same_neighbours(features, alike, 10, 0) > 0.9 > 0.5 > same_neighbours(features, apart, 10, 0)


def test_what_is_no_number_is_not_close():
    features = np.ones((1, 3, 2, 2))
    assert closeness(features, features * np.nan).cosine == 0
    assert relative_error(features, features * np.inf) == float("inf")


@needs_openvino
def test_a_whole_encode_is_the_same_by_either_backend(tmp_path, monkeypatch):
    class Card(Averager):
        patch, tile = 8, 32

        def build(self, order):
            return network()

    source = make_raster(tmp_path / "r.tif", texture(150, 110))
    ours = read(encode(source, tmp_path / "1.tif", Card(), backend="openvino", device="cpu"))
    again = read(encode(source, tmp_path / "2.tif", Card(), backend="openvino", device="cpu", batch=3))
    other = read(encode(source, tmp_path / "3.tif", Card(), backend="torch", device="cpu"))
    assert np.array_equal(ours, again)
    assert relative_error(other, ours) < 1e-5
