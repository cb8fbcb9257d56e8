"""Small networks, and what tests of backends share."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from iamap.contract.networks import Network  # noqa: E402
from iamap.engine.backends import Choice, Work, fast  # noqa: E402
from iamap.engine.backends.library import installed  # noqa: E402
from iamap.engine.backends.onnx_runner import OnnxRuntime  # noqa: E402
from iamap.engine.backends.openvino_runner import OpenVino  # noqa: E402

needs_openvino = pytest.mark.skipif(not installed("openvino"), reason="openvino has no wheel for this platform")
needs_nncf = pytest.mark.skipif(
    not (installed("openvino") and installed("nncf")), reason="openvino and nncf have no wheels for this platform"
)
needs_onnx = pytest.mark.skipif(
    not (installed("onnxruntime") and installed("onnx")),
    reason="needs onnxruntime and onnx, which are no part of the engine: PYTHONPATH of a folder that has them",
)
libraries = pytest.mark.parametrize(
    "library", [pytest.param("openvino", marks=needs_openvino), pytest.param("onnxruntime", marks=needs_onnx)]
)


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


def images(count: int = 12) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, 3, 32, 32)).astype(np.float32)


def work(tiles: int = 10**9) -> Work:
    return Work(tiles, lambda count: images(min(count, 12)), "a raster")


def exact(module: torch.nn.Module | None = None) -> np.ndarray:
    with torch.inference_mode():
        return network(module).module(torch.from_numpy(images())).numpy()


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Nothing is kept from one test to the next, and no clock decides."""
    quick(monkeypatch, tmp_path)


def quick(monkeypatch, folder) -> None:
    """Keep networks in *folder*, and let the fastest be the first: by the clock a small network is torch's."""
    monkeypatch.setenv("IAMAP_HOME", str(folder / "home"))
    monkeypatch.setattr(fast.timing, "fastest", lambda name, runners, *_: next(iter(runners)))


@pytest.fixture(name="only")
def only_fixture(monkeypatch):
    """Leave one library, as if it alone was installed."""

    def leave(*ids: str) -> None:
        for kind in (OpenVino, OnnxRuntime):
            if kind.id not in ids:
                monkeypatch.setattr(kind, "installed", lambda self: False)

    return leave


def convert_no_more(monkeypatch) -> None:
    for kind in (OpenVino, OnnxRuntime):
        monkeypatch.setattr(kind, "convert", lambda *_: pytest.fail("converted again"))


def cpu(**more) -> Choice:
    return Choice(device="cpu", threads=1, **more)
