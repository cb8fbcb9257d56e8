"""Torch on any device: memory that runs out, half precision, batches that fit, settings chosen by the clock."""

from __future__ import annotations

import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

from computing import exact, images, network, own_home, work  # noqa: E402, F401 (a fixture)
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.contract.errors import IamapError  # noqa: E402
from iamap.contract.networks import Network  # noqa: E402
from iamap.engine.backends import Backend, fast, graphics, processor, store, timing  # noqa: E402
from iamap.engine.backends.timing import Setting  # noqa: E402
from iamap.engine.backends.torch_runner import TorchRunner, is_full  # noqa: E402

CUDA, MPS, CPU = torch.device("cuda", 0), torch.device("mps"), torch.device("cpu")


class Full(torch.nn.Module):
    """Runs out of memory above some tiles, as a device would say it."""

    def __init__(self, most: int, error: Exception) -> None:
        super().__init__()
        self.most, self.error, self.seen = most, error, []

    def forward(self, images):
        """(n, 3, 32, 32) to (n, 3, 4, 4): means of patches."""
        self.seen.append(len(images))
        if len(images) > self.most:
            raise self.error
        return torch.nn.functional.avg_pool2d(images, 8)


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 MiB"),
    RuntimeError("MPS backend out of memory (MPS allocated: 5 GB, other allocations: 3 GB)"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried"),
]


def full(most: int, error: Exception) -> Network:
    return Network(Full(most, error), 3, 3, 8, 32, None, None)


@pytest.mark.parametrize("error", ERRORS, ids=["CUDA", "MPS", "cuBLAS", "processor"])
@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_memory_that_runs_out_halves_the_batch(error, most, caplog):
    runner = TorchRunner(full(most, error), CPU, "float32", 12)
    assert np.allclose(runner(images()), torch.nn.functional.avg_pool2d(torch.from_numpy(images()), 8).numpy())
    assert 1 <= runner.batch <= most and "ran out" in caplog.text
    seen = len(runner._module.seen)
    runner(images())
    # what was learnt holds: nothing fails any more
    assert max(runner._module.seen[seen:]) <= most


@pytest.mark.parametrize("error", ERRORS, ids=["CUDA", "MPS", "cuBLAS", "processor"])
def test_memory_for_no_tile_is_told(error):
    with pytest.raises(IamapError, match="too small for one tile"):
        TorchRunner(full(0, error), CPU, "float32", 4)(images())


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), KeyError("x")])
def test_other_errors_go_through(error):
    assert not is_full(error)
    with pytest.raises(type(error)):
        TorchRunner(full(0, error), CPU, "float32", 4)(images())


def test_an_encoder_that_the_device_can_not_hold_is_told(monkeypatch):
    module = Full(9, ERRORS[0])
    monkeypatch.setattr(module, "to", lambda device: (_ for _ in ()).throw(ERRORS[0]), raising=False)
    with pytest.raises(IamapError, match="too small for the encoder"):
        TorchRunner(Network(module, 3, 3, 8, 32, None, None), CPU, "float32", 4)


# --- graphics processors, pretended


class Card:
    """The memory of a pretended CUDA device: a tile needs so many bytes."""

    def __init__(self, monkeypatch, tile: int, free: int) -> None:
        self.tile, self.peak = tile, 0
        for name, value in {
            "mem_get_info": lambda device: (free, 2 * free),
            "memory_reserved": lambda device: 0,
            "memory_allocated": lambda device: 0,
            "reset_peak_memory_stats": lambda device: None,
            "max_memory_allocated": lambda device: self.peak,
            "empty_cache": lambda: None,
        }.items():
            monkeypatch.setattr(torch.cuda, name, value)
        self.free = free

    def fits(self, tiles: int) -> bool:
        self.peak = max(self.peak, tiles * self.tile)
        return tiles * self.tile <= self.free


@given(tile=st.integers(1, 10**10), free=st.integers(1, 10**11), most=st.integers(1, 64))
@settings(max_examples=60, deadline=None)
def test_the_batch_is_as_large_as_fits_and_a_halving_of_the_usual_one(tile, free, most):
    with pytest.MonkeyPatch.context() as patch:
        card = Card(patch, tile, free)
        batch = graphics.fitting(CUDA, most, card.fits)
    halvings = {max(1, most >> i) for i in range(8)}
    assert batch in halvings
    if most > 2 and 2 * tile <= free:
        assert batch == 1 or batch * tile <= graphics._SHARE * free
        assert batch == most or 2 * (batch + 1) * tile > graphics._SHARE * free


def test_cards_without_bfloat16_compute_in_float16(monkeypatch):
    for capability, kind in (((7, 5), torch.float16), ((8, 0), torch.bfloat16), ((12, 0), torch.bfloat16)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device, found=capability: found)
        assert graphics.half(CUDA) == kind
    assert graphics.half(MPS) == torch.float16 and graphics.half(CPU) == torch.bfloat16


class Large(torch.nn.Module):
    """Has numbers beyond float16's for bright tiles, on the way to moderate ones."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = torch.nn.Conv2d(3, 8, 8, 8, bias=False), torch.nn.Conv2d(8, 4, 1, bias=False)
        with torch.no_grad():
            self.up.weight.fill_(40.0)
            self.down.weight.fill_(1e-4)

    def forward(self, images):
        """(n, 3, 32, 32) to (n, 4, 4, 4)."""
        return self.down(self.up(images))


def test_what_float16_can_not_hold_is_computed_in_float32(monkeypatch):
    monkeypatch.setattr(graphics, "half", lambda device: torch.float16)
    tiles = np.random.default_rng(0).random((6, 3, 32, 32), np.float32)
    tiles[3] *= 100
    module = Large()
    with torch.inference_mode():
        right = module(torch.from_numpy(tiles)).numpy()
    runner = TorchRunner(Network(module, 3, 4, 8, 32, None, None), CPU, "bfloat16", 1)
    assert runner.precision == "float16"
    features = runner(tiles)
    assert np.isfinite(features).all() and np.allclose(features, right, rtol=5e-3)
    assert np.allclose(features[3], right[3], rtol=1e-6) and not np.array_equal(features[:3], right[:3])


# --- by the clock


def clock(monkeypatch, seconds: dict[Setting, float]) -> list[str]:
    """Let time pass as *seconds* say; return a list that grows when something is measured."""
    measured: list[str] = []

    def measure(runners, images):
        measured.append("")
        return {one: seconds.get(one, 9.0) for one in runners}

    monkeypatch.setattr(timing, "_measure", measure)
    # a computer that others use
    reference = fast._reference
    monkeypatch.setattr(fast, "_reference", lambda *given: (reference(*given)[0], 0.01))
    return measured


@pytest.fixture(name="by_clock")
def by_clock_fixture(monkeypatch, own_home):  # noqa: F811 (the fixture)
    """Torch alone, and settings that are really compared."""
    monkeypatch.setattr(timing, "fastest", FASTEST)
    monkeypatch.setattr(fast, "LIBRARIES", ())
    monkeypatch.setattr(processor, "cores", lambda: 1)
    monkeypatch.setattr(processor, "threads", lambda: 2)


FASTEST = timing.fastest


def any_threads(**more):
    return fast.Choice(device="cpu", **more)


def test_the_fastest_setting_of_torch_is_used_and_remembered(by_clock, monkeypatch):
    measured = clock(monkeypatch, {Setting("torch", 1, 2): 0.1})
    first = Backend(network(), any_threads(), work())
    assert (first.batch, first.threads) == (1, 2) and len(measured) == 1
    # the clock would say otherwise now
    clock(monkeypatch, {Setting("torch", 8, 1): 0.1})
    again = Backend(network(), any_threads(), work())
    assert (again.batch, again.threads) == (1, 2)
    assert np.array_equal(first(images()), again(images()))


def test_a_little_faster_is_not_worth_another_setting(by_clock, monkeypatch):
    clock(monkeypatch, {Setting("torch", 8, 2): 1.0, Setting("torch", 8, 1): 0.97})
    backend = Backend(network(), any_threads(), work())
    assert (backend.batch, backend.threads) == (8, 2)


def test_what_can_not_be_remembered_is_not_decided_by_the_clock(by_clock, monkeypatch):
    """Another run would decide otherwise, and give other last digits."""
    clock(monkeypatch, {Setting("torch", 1, 2): 0.1})
    monkeypatch.setattr(store, "keep", lambda *_: None)
    assert Backend(network(), any_threads(), work()).batch == 8


def test_that_it_took_too_long_to_measure_is_remembered(by_clock, monkeypatch):
    """The same request gives the same pixels when the computer is less busy."""
    clock(monkeypatch, {Setting("torch", 1, 2): 0.1})
    with monkeypatch.context() as busy:
        reference = fast._reference
        busy.setattr(fast, "_reference", lambda *given: (reference(*given)[0], 9.0))
        assert Backend(network(), any_threads(), work()).batch == 8
    assert Backend(network(), any_threads(), work()).batch == 8


def test_what_the_user_sets_is_not_measured(by_clock, monkeypatch):
    measured = clock(monkeypatch, {})
    backend = Backend(network(), any_threads(batch=3, threads=1), work())
    assert (backend.batch, backend.threads) == (3, 1) and not measured


def test_small_jobs_are_not_measured(by_clock, monkeypatch):
    measured = clock(monkeypatch, {})
    Backend(network(), any_threads(), work(tiles=3))
    assert not measured


def test_measuring_takes_no_longer_than_it_may(monkeypatch):
    def slow(seconds):
        return lambda images: time.sleep(seconds * len(images))

    assert timing.BUDGET < 3
    monkeypatch.setattr(timing, "BUDGET", 0.5)
    for seconds in (0.0, 0.006, 0.06, 0.4):
        runners = {Setting("torch", batch): slow(seconds) for batch in (1, 2, 3)}
        runners[Setting("torch", 4)] = slow(seconds / 2)
        began = time.perf_counter()
        best = FASTEST(f"note {seconds}", runners, images(4), seconds)
        # a turn that has begun comes to its end
        assert time.perf_counter() - began < 3 * timing.BUDGET
        # what takes long is not measured
        assert best == Setting("torch", {0.0: best.batch, 0.4: 1}.get(seconds, 4))


def test_the_slower_library_is_not_used_and_that_is_remembered(by_clock, monkeypatch):
    class Slow:
        """A library that computes right."""

        id, title, precisions = "slow", "Slow", ("float32",)

        def installed(self):
            return True

        def version(self):
            return "1"

        def convert(self, network):
            return network

        def runner(self, model, precision, half, choice):
            made = TorchRunner(model, CPU, precision, choice.batch)
            made.title = "slow 1"
            return made

        def saving(self, model):
            return lambda path: path.write_bytes(b"model")

    monkeypatch.setattr(fast, "LIBRARIES", (Slow(),))
    measured = clock(monkeypatch, {Setting("torch", 1, 2): 0.1})
    for _ in range(2):
        backend = Backend(network(), any_threads(), work())
        assert backend.facts()["backend"].startswith("torch ") and backend.batch == 1
    assert len(measured) == 1
    named = Backend(network(), any_threads(backend="slow"), work())
    assert named.facts()["backend"] == "slow 1" and np.allclose(named(images()), exact(), atol=1e-6)


def test_notes_outlive_models(monkeypatch):
    monkeypatch.setattr(store, "MOST_BYTES", 1_000_000)
    store.keep("a-choice", timing.note(Setting("torch", 1, 2), [1.0]), None, 0)
    for name in "bcd":
        store.keep(name, {}, lambda path: path.write_bytes(bytes(900_000)), 0.9)
    assert timing.noted("a-choice") == Setting("torch", 1, 2)
    assert [store.find(name) is not None for name in "bcd"] == [False, False, True]


@pytest.mark.parametrize("damage", ['{"setting": 3, "sizes": {}}', '{"setting": {"batch": 1}, "sizes": {}}', "{"])
def test_a_damaged_note_is_none(damage):
    store.keep("a", timing.note(Setting("torch"), []), None, 0)
    (store.store() / "a" / "about.json").write_text(damage)
    assert timing.noted("a") is None


def test_with_integers_a_tile_has_the_features_it_has_alone():
    tiles = np.concatenate([images(), 20 * images()])
    runner = TorchRunner(network(), CPU, "int8", 8)
    alone = np.concatenate([TorchRunner(network(), CPU, "int8", 8)(tile[None]) for tile in tiles])
    assert np.array_equal(runner(tiles), alone)
