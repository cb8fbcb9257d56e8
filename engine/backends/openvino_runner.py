"""Networks run by OpenVINO on the processor: converted once, compiled for tiles of one size."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...contract.networks import Network
from . import calibrated
from .choice import Choice
from .library import REFUSALS, installed, quiet, traced

log = logging.getLogger(__name__)


def library() -> Any:
    """Load OpenVINO without what reports its use to its makers: nothing is told of this computer."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@cache
def processor() -> tuple[str, frozenset[str]]:
    """Name of the processor, and what OpenVINO can compute with on it, such as ``BF16``."""
    core = library().Core()
    name = str(core.get_property("CPU", "FULL_DEVICE_NAME"))
    return name, frozenset(map(str, core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")))


def convert(network: Network) -> Any:
    """The network as an OpenVINO model for one tile at a time, in float32."""
    import torch

    ov = library()
    module, tile = traced(network)
    with quiet(), torch.no_grad():
        return ov.convert_model(module, example_input=tile, input=[ov.PartialShape(list(tile.shape))])


class OpenVino:
    """OpenVINO: float32, bfloat16 where the processor has it, and integers where nncf is installed."""

    id = "openvino"
    title = "OpenVINO"

    @property
    def precisions(self) -> tuple[str, ...]:
        """As ``Library`` has it."""
        half = ("bfloat16",) if "BF16" in processor()[1] else ()
        return ("float32", *half, *(("int8",) if installed("nncf") else ()))

    def installed(self) -> bool:
        """As ``Library`` has it."""
        return installed("openvino")

    def version(self) -> str:
        """As ``Library`` has it."""
        name, able = processor()
        return f"{library().__version__}, {name}, {sorted(able)}"

    def convert(self, network: Network) -> Any:
        """As ``Library`` has it."""
        return convert(network)

    def runner(self, model: Any, precision: str, half: bool, choice: Choice) -> OpenVinoRunner:
        """As ``Library`` has it."""
        return OpenVinoRunner(model, precision, half, choice.threads, choice.batch)

    def saving(self, model: Any) -> Callable[[Path], Any]:
        """As ``Library`` has it."""
        # ready-made half precision of constants would be inexact
        return lambda path: library().save_model(model, str(path), compress_to_fp16=False)

    def quantized(self, model: Any, tiles: np.ndarray) -> Iterator[tuple[str, bool, Any]]:
        """As ``Library`` has it."""
        for way in calibrated.WAYS:
            # what is not integers: attention, norms
            half = way.activations and not way.ends and "bfloat16" in self.precisions
            try:
                made = calibrated.quantized(model, way, tiles)
            except REFUSALS as error:
                log.debug("%s is refused: %s", way.words, error)
                continue
            yield way.words + (", the rest bfloat16" if half else ""), half, made


class OpenVinoRunner:
    """A compiled network.

    Args:
        model: of one tile, or the path of one on disk.
        precision: in words, for the user.
        bfloat16: compute in that.
        threads: of the processor, None for all.
        batch: tiles that are handed in at once, None for what keeps all threads busy.
    """

    def __init__(self, model: Any, precision: str, bfloat16: bool, threads: int | None, batch: int | None) -> None:
        ov = library()
        self.title, self.precision = f"openvino {ov.__version__.partition('-')[0]}", precision
        # several tiles side by side, each by few threads: they wait less for each other than all threads on one tile
        config: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
            "CPU_DENORMALS_OPTIMIZATION": False,
        }  # fmt: skip
        if threads:
            config["INFERENCE_NUM_THREADS"] = min(threads, os.cpu_count() or threads)
        core = ov.Core()
        model = core.read_model(model) if isinstance(model, str) else model
        self.megabytes = _megabytes(model, bfloat16)
        self._compiled = core.compile_model(model, "CPU", config)
        side_by_side = max(1, int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))
        # as many again wait in line, so that no thread is idle while the features of a tile are fetched
        self._requests = [self._compiled.create_infer_request() for _ in range(2 * side_by_side)]
        self.batch = batch or max(8, 4 * side_by_side)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number."""
        tiles = np.ascontiguousarray(images)
        features: list[np.ndarray] = []
        busy: list[Any] = []
        try:
            for i in range(len(tiles)):
                if len(busy) == len(self._requests):
                    features.append(_taken(busy))
                request = self._requests[i % len(self._requests)]
                request.start_async({0: tiles[i : i + 1]}, share_inputs=True)
                busy.append(request)
            while busy:
                features.append(_taken(busy))
        finally:
            # a cancel: what still runs reads the tiles
            for request in busy:
                request.wait()
        return np.concatenate(features)


def _megabytes(model: Any, bfloat16: bool) -> float:
    """Of a model's constants; float32 takes half of it where it computes in bfloat16."""
    size = 0.0
    for node in model.get_ops():
        if node.get_type_name() == "Constant":
            halved = bfloat16 and node.get_element_type().to_string() == "f32"
            size += node.get_byte_size() / (2 if halved else 1)
    return size / 1e6


def _taken(busy: list[Any]) -> np.ndarray:
    """The features of the tile that has run for longest; it leaves the list when it is done."""
    busy[0].wait()
    return np.array(busy.pop(0).get_output_tensor(0).data, np.float32)
