"""Backends give torch's features, within what their precision allows, or torch runs the network."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from computing import (  # noqa: E402, F401 (fixtures)
    Choosy,
    Fickle,
    Tiny,
    convert_no_more,
    cpu,
    exact,
    images,
    libraries,
    needs_nncf,
    needs_openvino,
    network,
    only_fixture,
    own_home,
    work,
)  # fmt: skip
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.engine.backends import Backend, Choice, openvino_runner, store  # noqa: E402
from iamap.engine.precision_figures import closeness, relative_error  # noqa: E402
from making import Averager, encode, make_raster, read, tag, texture  # noqa: E402

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


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_a_backend_that_is_not_there_is_refused(only, backend):
    only()
    with pytest.raises(BadRequest, match=f"backend = {backend} is not installed"):
        Backend(network(), cpu(backend=backend), work())


@pytest.mark.parametrize("device", ["cuda", "mps"])
@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_openvino_and_onnx_runtime_are_for_processors(device, backend):
    with pytest.raises(BadRequest, match="does not run on device"):
        Backend(network(), Choice(device=device, backend=backend), work())


def test_tags_tell_backend_and_precision(tmp_path):
    source = make_raster(tmp_path / "r.tif", texture(100, 90))
    told = json.loads(tag(encode(source, tmp_path / "f.tif", Averager(), device="cpu"), "computation"))
    assert told["precision"] == "float32" and told["device"] == "cpu" and told["backend"].startswith("torch ")


# --- OpenVINO and ONNX Runtime


@libraries
def test_a_library_gives_torchs_features(library, only):
    only(library)
    backend = Backend(network(), cpu(), work())
    assert backend.facts()["backend"].startswith(f"{library} ")
    assert relative_error(exact(), backend(images())) < 1e-5


@libraries
@pytest.mark.parametrize("count", [1, 5])
def test_a_tile_has_the_same_features_in_any_company(count, library):
    backend = Backend(network(), cpu(backend=library), work())
    together = backend(images())
    assert np.array_equal(backend(images()[:count]), together[:count])
    assert np.array_equal(backend(images()[count:]), together[count:])


@libraries
def test_the_second_run_converts_nothing_and_gives_the_same(monkeypatch, library, only):
    only(library)
    first = Backend(network(), cpu(), work())(images())
    convert_no_more(monkeypatch)
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


@libraries
@pytest.mark.parametrize("module", [Choosy, Fickle], ids=["can't be converted", "is converted wrongly"])
def test_torch_runs_what_a_library_can_not(module, library, only, caplog):
    only(library)
    caplog.set_level(logging.INFO)
    backend = Backend(network(module()), cpu(), work())
    assert backend.facts()["backend"].startswith("torch ")
    assert sum("OpenVINO" in line or "ONNX Runtime" in line for line in caplog.messages) == 1
    assert np.allclose(backend(images()), exact(module()), atol=1e-6)
    with pytest.raises(BadRequest, match=f"backend = {library} can't run this network"):
        Backend(network(module()), cpu(backend=library), work())


@needs_openvino
def test_a_damaged_model_in_the_cache_is_converted_again():
    """As long as before, and nothing that OpenVINO can read: the sizes that were noted are right."""
    Backend(network(), cpu(backend="openvino"), work())
    (model,) = store.store().rglob("model.xml")
    model.write_bytes(bytes(model.stat().st_size))
    for _ in range(2):
        backend = Backend(network(), cpu(), work())
        assert backend.facts()["backend"].startswith("openvino ")
        assert relative_error(exact(), backend(images())) < 1e-5


@needs_openvino
def test_bfloat16_is_close_or_float32():
    backend = Backend(network(), cpu(precision="bfloat16"), work())
    assert closeness(exact(), backend(images())).cosine > 0.99
    assert backend.facts()["precision"] in ("bfloat16", "float32")


@needs_openvino
def test_a_processor_without_bfloat16_computes_exactly(monkeypatch, caplog):
    name = openvino_runner.processor()[0]
    monkeypatch.setattr(openvino_runner, "processor", lambda: (name, frozenset({"FP32"})))
    backend = Backend(network(), cpu(precision="bfloat16"), work())
    assert backend.facts()["precision"] == "float32" and "no fast bfloat16" in caplog.text
    assert relative_error(exact(), backend(images())) < 1e-5


@needs_openvino
def test_nothing_is_reported_to_its_makers():
    import sys

    Backend(network(), cpu(), work())
    assert sys.modules["openvino_telemetry"] is None


@needs_nncf
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
    # a suite that was started in the background is given a deaf ear
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for delay in (0.0, 0.01, 0.05):
            with pytest.raises(KeyboardInterrupt):
                threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
                while True:
                    runner(images())
                    time.sleep(0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert relative_error(exact(), backend(images())) < 1e-5


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
