"""A thread that still runs is never taken for one that has ended: a cancel closes no file under its hands."""

from __future__ import annotations

import signal
import threading
import time

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")

from iamap.engine.background import Background  # noqa: E402
from iamap.engine.feature_raster import FeatureWriter, Layer, WriterThread  # noqa: E402
from iamap.engine.storage import Storage  # noqa: E402

needs_signals = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer of signals on this system")


class Cancelled(BaseException):
    """As a worker's signal raises it."""


@pytest.fixture(name="soon")
def soon_fixture():
    """Raise in this thread, whatever it waits for, a tenth of a second from now."""

    def cancel(*_: object) -> None:
        raise Cancelled

    before = signal.signal(signal.SIGALRM, cancel)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@needs_signals
def test_work_goes_on_where_who_waits_is_interrupted(soon):
    stop = threading.Event()
    thread = Background(stop.wait, "test")
    for _ in range(3):
        soon()
        with pytest.raises(Cancelled):
            thread.wait()
        assert not thread.is_over
    stop.set()
    thread.wait()
    assert thread.is_over


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_fails_is_over():
    def fail() -> None:
        raise SystemExit(3)

    thread = Background(fail, "test")
    thread.wait()
    assert thread.is_over


@needs_signals
@pytest.mark.parametrize("keep", [True, False])
def test_a_cancel_at_the_end_waits_for_what_is_being_written(tmp_path, monkeypatch, soon, keep):
    """The longest that a run waits for its writer is when all is computed: a cancel comes then as any time."""
    import rasterio

    writing, closed_while_writing = [], []
    write, close = FeatureWriter.write, FeatureWriter.close

    def slowly(self, rows):
        writing.append("")
        time.sleep(0.5)
        write(self, rows)
        writing.clear()

    def closing(self):
        closed_while_writing.append(bool(writing))
        close(self)

    monkeypatch.setattr(FeatureWriter, "write", slowly)
    monkeypatch.setattr(FeatureWriter, "close", closing)
    layer = Layer(str(tmp_path / "f.tif"), Storage("float32", float("nan")), ["a"])
    writer = FeatureWriter(layer, 32, 16, rasterio.Affine(1, 0, 0, 0, -1, 16), None)
    thread = WriterThread([(writer, lambda rows: rows)], None)
    thread.add(np.ones((1, 16, 32), np.float32))
    soon()
    with pytest.raises(Cancelled):
        thread.end()
    thread.stop(keep)
    assert closed_while_writing == [False] and not writing
