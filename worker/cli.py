"""The command line: ``iamap encode IN OUT --encoder …``, ``iamap run request.json``, ``iamap encoders``, ``iamap doctor``."""

from __future__ import annotations

import logging
import signal
import sys
import time
import traceback

from ..contract.errors import Cancelled, IamapError
from ..contract.job import Job
from .context import LESS_MEMORY, RunContext, ran_out_of_memory, stop_on
from .options import parsed
from .request import build, read


def _line(done: float, total: float, unit: str, stage: str, left: float | None) -> None:
    if sys.stderr.isatty():
        rest = f", {left:.0f} s left" if left is not None else ""
        end = "\n" if done >= total else ""
        print(f"\r{stage}: {done:.0f} of {total:.0f} {unit}{rest}   ", end=end, file=sys.stderr, flush=True)


def _work(job: Job) -> int:
    ctx = RunContext(_line, stop_on(signal.SIGINT, signal.SIGTERM))
    outputs = ctx.run(job)
    for name, path in outputs.items():
        print(f"{name}: {path}")
    for name, value in ctx.facts.items():
        if isinstance(value, (str, int, float)):
            print(f"{name.replace('_', ' ')}: {value}", file=sys.stderr)
    return 0


def _encoders() -> int:
    from ..encoders.table import rows

    table = rows()
    names = ("encoder", "download", "parameters", "bands", "patch", "tile", "features", "licence")
    widths = {n: max(len(n), *(len(row[n]) for row in table)) for n in names[:-1]}
    for row in ({n: n for n in names}, *table):
        print("  ".join(row[n].ljust(widths.get(n, 0)) for n in names))
    return 0


def _dispatch(argv: list[str]) -> int:
    if argv[:1] == ["setup"]:
        from ..environment.command import main as setup

        return setup(argv[1:])
    given = parsed(argv)
    verb = given.pop("verb")
    if given.pop("verbose", False):
        logging.getLogger("iamap").setLevel(logging.DEBUG)
    if verb == "encoders":
        return _encoders()
    if verb == "doctor":
        from ..engine.doctor import examine

        print("\n".join(examine()))
        return 0
    return _work(read(given["request"]) if verb == "run" else build(verb, given))


def main(argv: list[str] | None = None) -> int:
    """Run one command; return 0, 2 when the user can act, 3 when it is our fault, 130 when cancelled."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("iamap").setLevel(logging.INFO)
    began = time.monotonic()
    try:
        return _dispatch(sys.argv[1:] if argv is None else argv)
    except (Cancelled, KeyboardInterrupt):
        print(f"iamap: cancelled after {time.monotonic() - began:.0f} s", file=sys.stderr)
        return 130
    except IamapError as error:
        return _refuse(error.text, error.hint)
    except Exception as error:
        if ran_out_of_memory(error):
            return _refuse("memory ran out", LESS_MEMORY)
        traceback.print_exc()
        print(f"iamap: IAMAP failed: {error!r}. Please report this.", file=sys.stderr)
        return 3


def _refuse(text: str, hint: str) -> int:
    print(f"iamap: {text}." + (f" {hint[:1].upper()}{hint[1:]}." if hint else ""), file=sys.stderr)
    return 2
