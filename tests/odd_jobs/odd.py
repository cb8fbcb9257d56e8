"""A job that misbehaves in the way its request says; tests put this folder beside the real algorithms."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iamap.contract import fields as f
from iamap.contract.errors import BadRaster
from iamap.contract.job import Context, Job

log = logging.getLogger("iamap.odd")


@dataclass(frozen=True)
class Odd(Job):
    """Misbehave.

    On purpose.
    """

    id = "odd"
    title = "Odd"
    group = "0 Tests"

    what: str = f.text("What to do", ...)
    output: str = f.raster_out("Result")

    def run(self, ctx: Context) -> dict[str, Any]:
        """Do what the request says, then write a result."""
        getattr(self, self.what.replace(" ", "_"))(ctx)
        Path(self.output).write_bytes(b"whole")
        return {"output": self.output}

    def work(self, ctx: Context) -> None:
        for _ in ctx.track(list(range(5)), "things", "odd work"):
            log.info("é 地 \N{SNOWMAN}\nsecond line")
        ctx.fact("things", 5)

    def print_noise(self, ctx: Context) -> None:
        print("from Python")
        os.write(1, b'{"v": 1, "event": "result", "outputs": {"output": "/a/lie"}, "facts": {}}\n')
        ctypes.CDLL(None).puts(b"from C, without an end of line")
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        warnings.warn("a warning", stacklevel=1)
        logging.getLogger("another.library").warning("of another library")
        self.work(ctx)

    def talk_much(self, ctx: Context) -> None:
        threads = [threading.Thread(target=self._say, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _say(self, number: int) -> None:
        for i in range(200):
            log.debug("%d %d %s", number, i, "x" * 5000)

    def refuse(self, ctx: Context) -> None:
        raise BadRaster("the encoder takes 3 bands, 16 given", "choose bands in its order")

    def stumble(self, ctx: Context) -> None:
        raise KeyError("our fault")

    def eat_memory(self, ctx: Context) -> None:
        bytearray(1 << 60)

    def eat_memory_as_torch(self, ctx: Context) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried")

    def leave(self, ctx: Context) -> None:
        raise SystemExit(0)

    def crash(self, ctx: Context) -> None:
        os.abort()

    def have_children(self, ctx: Context) -> None:
        quiet = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", quiet])
        log.info("child %d", child.pid)
        self.wait(ctx)

    def wait(self, ctx: Context) -> None:
        ctx.progress(0, 1, "things", "odd work")
        time.sleep(600)

    def swallow(self, ctx: Context) -> None:
        """As libraries do that catch everything."""
        try:
            self.wait(ctx)
        except BaseException:
            log.warning("swallowed")
        ctx.progress(1, 2, "things", "odd work")

    def twist(self, ctx: Context) -> None:
        """As libraries do that make an error of their own of every other."""
        try:
            self.wait(ctx)
        except BaseException as error:
            raise OSError("no connection") from error
