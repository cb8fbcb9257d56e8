"""8-bit integers are used as far as they keep the features, and calibrated once."""

from __future__ import annotations

import logging

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from computing import (  # noqa: E402, F401 (fixtures)
    Fragile,
    convert_no_more,
    cpu,
    exact,
    images,
    needs_nncf,
    needs_onnx,
    needs_openvino,
    network,
    only_fixture,
    own_home,
    work,
)  # fmt: skip
from iamap.engine.backends import Backend, fast, openvino_runner  # noqa: E402
from iamap.engine.precision_figures import closeness, relative_error  # noqa: E402


@needs_nncf
def test_integers_are_calibrated_on_the_raster_once_and_close(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    backend = Backend(network(), cpu(precision="int8"), work())
    first = backend(images())
    assert backend.facts()["precision"].startswith("int8")
    assert backend.close.cosine >= 0.99 and "mean cosine to float32" in caplog.text
    convert_no_more(monkeypatch)
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
    calibrated = openvino_runner.calibrated
    real = calibrated.quantized
    monkeypatch.setattr(calibrated, "quantized", lambda m, way, t: tried.append(way.words) or real(m, way, t))
    monkeypatch.setattr(fast, "good", lambda close: False)
    backend = Backend(network(), cpu(precision="int8"), work())
    assert tried == [way.words for way in calibrated.WAYS]
    assert backend.facts()["precision"] == "float32"
    assert relative_error(exact(), backend(images())) < 1e-5


@needs_openvino
def test_without_nncf_torch_quantizes(monkeypatch, only):
    only("openvino")
    monkeypatch.setattr(openvino_runner, "installed", lambda name: name != "nncf")
    backend = Backend(network(), cpu(precision="int8"), work())
    assert backend.facts()["backend"].startswith("torch ") and "int8" in backend.facts()["precision"]


@needs_onnx
def test_onnx_runtime_quantizes_what_is_close(only, monkeypatch):
    only("onnxruntime")
    assert Backend(network(Fragile()), cpu(precision="int8"), work()).facts()["precision"] == "float32"
    backend = Backend(network(), cpu(precision="int8"), work())
    first = backend(images())
    assert backend.facts()["precision"].startswith("int8") and backend.close.cosine >= 0.99
    assert 0 < closeness(exact(), first).error < 0.2
    convert_no_more(monkeypatch)
    assert np.array_equal(Backend(network(), cpu(precision="int8"), work())(images()), first)
