"""What a library must offer to run networks in torch's place."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...contract.networks import Network
from .choice import Choice

#: what tracing, converting, compiling and quantizing raise for networks they can't take
REFUSALS = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, NotImplementedError, AssertionError,
            ImportError, OSError, RecursionError)  # fmt: skip


class Runner(Protocol):
    """A network that is ready to run.

    Attributes:
        title: the backend with its version.
        precision: of the computation, in words.
        batch: tiles that go in at once.
        megabytes: of the weights, as they are computed with.
    """

    title: str
    precision: str
    batch: int
    megabytes: float

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encode (n, bands, tile, tile) float32 to (n, dim, tile / patch, tile / patch) float32; n may be any number."""


class Library(Protocol):
    """A library that runs converted networks.

    Attributes:
        id: as the field *backend* names it.
        title: for the user.
        precisions: that it may compute in on this computer, where what that needs is installed.
    """

    id: str
    title: str

    @property
    def precisions(self) -> tuple[str, ...]:
        """Of float32, bfloat16 and int8."""

    def installed(self) -> bool:
        """Whether it can be loaded; nothing is loaded."""

    def version(self) -> str:
        """Its own, and those of what it quantizes with."""

    def convert(self, network: Network) -> Any:
        """The network as a model for one tile at a time, in float32; raises one of ``REFUSALS``."""

    def runner(self, model: Any, precision: str, half: bool, choice: Choice) -> Runner:
        """Compile a model, or the path of one on disk, to compute in bfloat16 where *half*."""

    def saving(self, model: Any) -> Callable[[Path], Any]:
        """What writes the model to a path."""

    def quantized(self, model: Any, tiles: np.ndarray) -> Iterator[tuple[str, bool, Any]]:
        """Ways to compute *model* with 8-bit integers, from fast to careful: words, whether the rest is bfloat16, model.

        Args:
            tiles: (n, bands, tile, tile) float32 that say how large activations get.
        """


def installed(name: str) -> bool:
    """Whether the package *name* is installed; nothing is loaded."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ValueError, ModuleNotFoundError):
        # a module that was put there without a spec; the package above it is missing
        return False


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep tracers' warnings and bars of progress out of the worker's output."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def traced(network: Network) -> tuple[Any, Any]:
    """The network as torch's tracer sees it, and the tile that it was shown, (1, bands, tile, tile).

    One tile, because it is as quick as several, needs no filling up, and a tile's features then never depend on its neighbours.
    """
    import torch

    tile = torch.zeros(1, network.bands, network.tile, network.tile)
    with quiet(), torch.no_grad(), plain_attention():
        return torch.jit.trace(network.module.cpu().eval(), (tile,), check_trace=False, strict=False), tile


@contextlib.contextmanager
def plain_attention() -> Iterator[None]:
    """Let torch's attention layer compute in steps that have names elsewhere."""
    import torch

    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
