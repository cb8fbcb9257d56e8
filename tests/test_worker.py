"""The worker as a process: what it says is true, its exit code agrees, and nothing of it outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap import __version__  # noqa: E402
from iamap.contract.events import LineReader  # noqa: E402
from making import context, encode, files, make_raster, read, texture  # noqa: E402

HERE = Path(__file__).resolve().parent
BOOT = HERE.parent / "worker" / "boot.py"
ODD = HERE / "odd_worker.py"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are POSIX")


class Worker:
    """A worker at work, spoken to as QGIS does."""

    def __init__(self, request, folder, boot=BOOT, **environment):
        self.file = folder / "request of [this] run é.json"
        self.file.write_text(request if isinstance(request, str) else json.dumps(request), encoding="utf-8")
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-u", str(boot), "serve", str(self.file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, cwd=folder,
            env={**os.environ, **environment}, start_new_session=True,
        )  # fmt: skip
        self.reader, self.events = LineReader(), []
        self.chatter = ""

    def hear(self, wanted):
        """Listen until an event is *wanted*, and return it; None where it ends without one."""
        seen = 0
        while True:
            for event in self.events[seen:]:
                if wanted(event):
                    return event
            seen = len(self.events)
            piece = os.read(self.process.stdout.fileno(), 65536)
            self.events += self.reader.feed(piece) if piece else self.reader.end()
            if not piece:
                return None

    def end(self, seconds=60):
        """Wait for its end, with the lifeline in hand; return the exit code."""
        late = threading.Timer(seconds, self.process.kill)
        late.start()
        self.hear(lambda event: False)
        code = self.process.wait()
        late.cancel()
        self.said.seek(0)
        self.chatter = self.said.read().decode("utf-8", "replace")
        self.put_away()
        return code

    def put_away(self):
        """Close and delete what belongs to it."""
        for stream in (self.said, self.process.stdin, self.process.stdout):
            stream.close()
        self.file.unlink(missing_ok=True)

    def of(self, kind):
        """All events of one kind."""
        return [event for event in self.events if event["event"] == kind]


@pytest.fixture
def odd(tmp_path):
    """Start the odd job; whatever is left of it at the end of the test is ended."""
    workers = []

    def start(what, **more):
        request = {"version": 1, "job": "odd", "params": {"what": what, "output": str(tmp_path / "out.tif")}}
        workers.append(Worker({**request, **more}, tmp_path, ODD))
        return workers[-1]

    yield start
    for worker in workers:
        worker.process.kill()
        worker.process.wait()
        worker.put_away()


def gone(pid, seconds=3.0):
    """Whether no process *pid* is left, a zombie not counted."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not told or told.startswith("Z"):
            return True
        time.sleep(0.05)
    return False


# what it says


def test_a_result_comes_last_once_and_true(odd, tmp_path):
    worker = odd("work")
    assert worker.end() == 0
    kinds = [event["event"] for event in worker.events]
    assert kinds[0] == "hello" and kinds[-1] == "result" and kinds.count("result") == 1 and "error" not in kinds
    assert set(kinds) == {"hello", "log", "progress", "result"} and all(event["v"] == 1 for event in worker.events)
    hello, result = worker.events[0], worker.events[-1]
    assert (hello["job"], hello["engine"], hello["prefix"]) == ("odd", __version__, sys.prefix)
    assert result["outputs"] == {"output": str(tmp_path / "out.tif")} and result["facts"] == {"things": 5}
    assert (tmp_path / "out.tif").read_bytes() == b"whole"
    assert [event["text"] for event in worker.of("log")] == ["é 地 ☃\nsecond line"] * 5
    done = [(event["done"], event["total"], event["unit"], event["stage"]) for event in worker.of("progress")]
    assert done[0] == (0, 5, "things", "odd work") and done[-1] == (5, 5, "things", "odd work") and done == sorted(done)


def test_noise_of_all_kinds_stays_out_of_the_events(odd):
    worker = odd("print noise")
    assert worker.end() == 0
    assert worker.of("noise") == []
    assert [event["outputs"] for event in worker.of("result")] != [{"output": "/a/lie"}]
    for words in ("from Python", "from C", "from a child", "/a/lie"):
        assert words in worker.chatter


def test_lines_of_many_threads_never_mix(odd):
    worker = odd("talk much")
    assert worker.end() == 0
    assert worker.of("noise") == []
    texts = [event["text"] for event in worker.of("log")]
    assert len(texts) == 800 and all(text.endswith("x" * 5000) and len(text) < 5010 for text in texts)


@pytest.mark.parametrize(
    ("what", "code", "kind", "sentence"),
    [
        ("refuse", 2, "BadRaster", "the encoder takes 3 bands, 16 given"),
        ("eat memory", 2, "MemoryError", "memory ran out"),
        ("eat memory as torch", 2, "MemoryError", "memory ran out"),
        ("stumble", 3, "KeyError", "IAMAP failed: KeyError('our fault')"),
        ("leave", 3, "SystemExit", "IAMAP failed: SystemExit(0)"),
    ],
)
def test_an_error_comes_last_and_the_exit_code_says_whose_it_is(odd, tmp_path, what, code, kind, sentence):
    worker = odd(what)
    assert worker.end() == code
    assert worker.of("result") == [] and worker.events[-1]["event"] == "error" and len(worker.of("error")) == 1
    error = worker.events[-1]
    assert (error["kind"], error["text"]) == (kind, sentence)
    assert error["hint"] and ("Traceback" in error["trace"]) == (code == 3)
    assert "Traceback" not in worker.chatter
    assert files(tmp_path) == []


@posix
def test_a_crash_in_c_says_nothing_and_its_exit_code_is_the_signal(odd):
    worker = odd("crash")
    assert worker.end() == -signal.SIGABRT
    assert worker.of("result") == worker.of("error") == []


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"job": "dance"}, "there is no job 'dance'"),
        ({"version": 2}, "is a request of version 2, this is version 1"),
        ({"params": {"what": "work"}}, "`output` is missing"),
        ({"params": {"what": "work", "output": "a.tif", "colour": 3}}, "odd has no parameter colour"),
        ({"params": []}, "params is not an object"),
    ],
)
def test_a_request_that_is_none_is_refused_in_a_sentence(odd, request_, sentence):
    worker = odd("work", **request_)
    assert worker.end() == 2
    assert sentence in worker.events[-1]["text"] and worker.events[-1]["kind"] == "BadRequest"


@pytest.mark.parametrize("text", ["", "{", "[1]", '"encode"'])
def test_a_damaged_request_file_is_refused_in_a_sentence(tmp_path, text):
    worker = Worker(text, tmp_path)
    assert worker.end() == 2
    assert [event["event"] for event in worker.events] == ["error"]
    assert "request of [this] run é.json is no" in worker.events[0]["text"]


# how it ends


def waiting(worker):
    """Wait until it works."""
    assert worker.hear(lambda event: event["event"] == "progress")
    return worker


@posix
@pytest.mark.parametrize("what", ["wait", "swallow", "twist"])
def test_sigterm_cancels_at_once_whatever_the_job_does_with_it(odd, tmp_path, what):
    worker = waiting(odd(what))
    began = time.monotonic()
    worker.process.terminate()
    assert worker.end(10) == 2
    assert time.monotonic() - began < 2
    assert worker.events[-1]["event"] == "error" and worker.events[-1]["kind"] == "Cancelled"
    assert files(tmp_path) == []


@posix
def test_a_worker_whose_lifeline_is_cut_ends_with_its_children(odd, tmp_path):
    worker = waiting(odd("have children"))
    child = int(worker.hear(lambda event: event["event"] == "log")["text"].split()[1])
    assert not gone(child, 0.1)
    worker.process.stdin.close()
    assert gone(worker.process.pid) and gone(child)
    assert worker.end() in (9, -9)
    assert files(tmp_path) == []


@posix
def test_a_worker_whose_listener_is_gone_but_whose_lifeline_holds_still_ends(odd, tmp_path):
    worker = odd("talk much")
    worker.process.stdout.close()
    assert worker.process.wait(60) == 0
    assert (tmp_path / "out.tif").exists()


# the real job


def request(source, output, **params):
    """A request as QGIS writes it."""
    values = {"input": str(source), "output": str(output), "encoder": "MOSAIKS", "seed": 3, **params}
    return {"version": 1, "job": "encode", "params": values}


def test_the_worker_gives_the_pixels_that_the_library_gives(tmp_path):
    source = make_raster(tmp_path / "été du [nord].tif", texture(300, 220))
    picture = str(tmp_path / "p.tif")
    worker = Worker(request(source, tmp_path / "w.tif", overlap=40, picture=picture), tmp_path)
    assert worker.end() == 0, worker.events[-1]
    result = worker.events[-1]
    assert result["outputs"] == {"output": str(tmp_path / "w.tif"), "picture": picture}
    there = read(tmp_path / "w.tif")
    facts = result["facts"]
    assert (facts["features"], facts["rows"], facts["columns"]) == there.shape
    assert 0 < facts["tiles computed"] <= facts["tiles"] and facts["seconds"] > 0
    here = read(encode(source, tmp_path / "l.tif", overlap=40, seed=3))
    np.testing.assert_allclose(there, here, atol=1e-5)
    stages = [event["stage"] for event in worker.of("progress")]
    assert stages == sorted(stages, reverse=True) and set(stages) == {"statistics", "encode"}
    last = worker.of("progress")[-1]
    assert last["done"] == last["total"] == facts["tiles"]
    assert files(tmp_path) == ["l.tif", "p.tif", "w.tif", "été du [nord].tif"]


@posix
def test_a_terminated_encode_leaves_nothing_even_while_it_pauses(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(600, 600))
    worker = Worker(request(source, tmp_path / "f.tif", batch=1, threads=1, pause=600, resume=False), tmp_path)
    worker.hear(lambda event: event["event"] == "progress" and event["stage"] == "encode")
    began = time.monotonic()
    worker.process.terminate()
    assert worker.end(10) == 2
    assert time.monotonic() - began < 2
    assert worker.events[-1]["kind"] == "Cancelled"
    assert files(tmp_path) == ["s.tif"]


@posix
def test_a_terminated_encode_keeps_what_can_be_resumed_and_the_library_goes_on(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(100, 1500))
    params = {"tile": 64, "batch": 1, "pause": 0.02, "threads": 1}
    worker = Worker(request(source, tmp_path / "f.tif", **params), tmp_path)
    worker.hear(
        lambda event: event["event"] == "progress" and event["done"] > 0.8 * event["total"] and event["unit"] == "tiles"
    )
    worker.process.terminate()
    assert worker.end(10) == 2
    assert files(tmp_path) == ["f.tif.part.json", "f.tif.part.tif", "s.tif"]
    ctx = context()
    encode(source, tmp_path / "f.tif", ctx=ctx, seed=3, **{**params, "pause": 0})
    assert ctx.facts["tiles computed"] < 0.6 * ctx.facts["tiles"]
    assert files(tmp_path) == ["f.tif", "s.tif"]
