"""Networks run by ONNX Runtime on the processor, where it was installed beside the engine's own packages."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...contract.networks import Network
from . import processor
from .choice import Choice
from .library import REFUSALS, installed, plain_attention, quiet

log = logging.getLogger(__name__)

#: set of operators: attention and layer norms of torch 2.13 have names in it, and ONNX Runtime 1.16 and later knows it
_OPERATORS = 17
_DYNAMIC = "int8 weights, activations quantized on the fly"


def library() -> Any:
    """Load ONNX Runtime without what reports its use to its makers."""
    import onnxruntime

    # events that Windows collects
    onnxruntime.disable_telemetry_events()
    # errors only: warnings would stand between the worker's events
    onnxruntime.set_default_logger_severity(3)
    return onnxruntime


class OnnxRuntime:
    """ONNX Runtime: float32, and integers where the package onnx is installed."""

    id = "onnxruntime"
    title = "ONNX Runtime"

    @property
    def precisions(self) -> tuple[str, ...]:
        """As ``Library`` has it."""
        return ("float32", "int8") if installed("onnx") else ("float32",)

    def installed(self) -> bool:
        """As ``Library`` has it."""
        return installed("onnxruntime")

    def version(self) -> str:
        """As ``Library`` has it."""
        return f"{library().__version__}, {processor.identity()}"

    def convert(self, network: Network) -> bytes:
        """As ``Library`` has it."""
        import torch

        tile = torch.zeros(1, network.bands, network.tile, network.tile)
        with quiet(), torch.no_grad(), plain_attention(), TemporaryDirectory(prefix="iamap-") as folder:
            path = Path(folder) / "float32.onnx"
            # the exporter that needs no package but torch; it traces by itself, to know the shapes
            torch.onnx.export(
                network.module.cpu().eval(), (tile,), path, dynamo=False, opset_version=_OPERATORS,
                input_names=["tile"], output_names=["features"],
            )  # fmt: skip
            return path.read_bytes()

    def runner(self, model: Any, precision: str, half: bool, choice: Choice) -> OnnxRunner:
        """As ``Library`` has it."""
        found = str(Path(model).with_suffix(".onnx")) if isinstance(model, str) else model
        return OnnxRunner(found, precision, choice.threads, choice.batch)

    def saving(self, model: bytes) -> Callable[[Path], Any]:
        """As ``Library`` has it."""
        return lambda path: path.with_suffix(".onnx").write_bytes(model)

    def quantized(self, model: bytes, tiles: np.ndarray) -> Iterator[tuple[str, bool, bytes]]:
        """As ``Library`` has it: weights of matrix products, one scale for each of their columns."""
        try:
            yield _DYNAMIC, False, _dynamic(model)
        except REFUSALS as error:
            log.debug("%s are refused: %s", _DYNAMIC, error)


def _dynamic(model: bytes) -> bytes:
    with quiet():
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic

    reports = logging.getLogger()
    level = reports.level
    with quiet(), TemporaryDirectory(prefix="iamap-") as folder:
        path = Path(folder) / "int8.onnx"
        try:
            # it tells the root of all logs how it would be used best
            reports.setLevel(logging.ERROR)
            quantize_dynamic(
                onnx.load_model_from_string(model), path, op_types_to_quantize=["MatMul"], per_channel=True,
                weight_type=QuantType.QInt8,
                # 7 bits: sums of two products of 8 overflow where the processor has no instruction for four (VNNI)
                reduce_range=not processor.sums_of_four(),
            )  # fmt: skip
        finally:
            reports.setLevel(level)
        return path.read_bytes()


class OnnxRunner:
    """A network that ONNX Runtime has loaded.

    Args:
        model: of one tile, or the path of one on disk.
        precision: in words, for the user.
        threads: of the processor, None for all.
        batch: tiles that are handed in at once.
    """

    def __init__(self, model: bytes | str, precision: str, threads: int | None, batch: int | None) -> None:
        ort = library()
        self.title, self.precision = f"onnxruntime {ort.__version__}", precision
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.batch = batch or 8
        self.megabytes = (len(model) if isinstance(model, bytes) else os.path.getsize(model)) / 1e6

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number."""
        tiles = np.ascontiguousarray(images)
        return np.concatenate(
            [
                np.asarray(self._session.run(["features"], {"tile": tiles[i : i + 1]})[0], np.float32)
                for i in range(len(tiles))
            ]
        )
