"""Command line built from the jobs: ``iamap encode IN OUT --encoder …``, ``iamap run request.json``, ``iamap encoders``, ``iamap doctor``."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
import traceback
from typing import Any

from .. import __version__
from ..algorithms import jobs
from ..contract.errors import Cancelled, IamapError
from ..contract.job import Job
from .context import LESS_MEMORY, RunContext, ran_out_of_memory, stop_on
from .request import build, read


def parser() -> argparse.ArgumentParser:
    """The options of all commands."""
    top = argparse.ArgumentParser(prog="iamap", description="Features of geo-rasters from pre-trained encoders.")
    top.add_argument("--version", action="version", version=f"iamap {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for name, job in sorted(jobs().items()):
        _add_job(verbs.add_parser(name, help=job.title, description=job.__doc__), job)
    one = verbs.add_parser("run", help="run a request file, or the request in the tags of a result")
    one.add_argument("request", help="a JSON file: version, job, params")
    verbs.add_parser("encoders", help="list the encoders with licence and size")
    verbs.add_parser("doctor", help="versions, devices, free memory and disk, cache, a timed forward pass")
    verbs.add_parser("setup", help="make, check or repair the engine environment", add_help=False)
    return top


def _add_job(verb: argparse.ArgumentParser, job: type[Job]) -> None:
    for name, spec in job.specs().items():
        several = "Several, with semicolons between them." if spec.kind in ("rasters_in", "vectors_in") else ""
        parts = (f"{spec.label}.", spec.help, several, f"[{spec.unit}]" if spec.unit else "")
        text = " ".join(part for part in parts if part).replace("%", "%%")
        if spec.required:
            verb.add_argument(name, help=text)
        else:
            metavar = "|".join(spec.options()) if spec.kind == "choice" and len(spec.options()) < 6 else name.upper()
            verb.add_argument(
                "--" + name.replace("_", "-"), dest=name, default=argparse.SUPPRESS, metavar=metavar, help=text
            )


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
    print(", ".join(f"{name} {value}" for name, value in ctx.facts.items()), file=sys.stderr)
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
    given: dict[str, Any] = vars(parser().parse_args(argv))
    verb = given.pop("verb")
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
