"""Measure what IAMAP promises, side by side in one run: ``python tools/bench.py all`` with the engine's Python.

    overhead       the whole job against a bare timm loop on the same tiles
    memory         peak memory of the worker, and whether it grows with the raster's height
    startup        from the worker's start to its first tile
    declarations   import of all jobs in QGIS's Python
    seams          how much more features change across tile borders than elsewhere
    explore        PCA, k-means, UMAP and HDBSCAN on features of such a raster
    whole          Encode in each precision beside a plain loop and the original plugin's way
    train          training on a thousand labels, and mapping

This process imports nothing heavy: what a child inherits of its parent's memory counts as the child's peak on Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench_explore import explore
from bench_training import train
from bench_whole import whole

ROOT = Path(__file__).resolve().parents[1]
BOOT = ROOT / "worker" / "boot.py"
PARTS = Path(__file__).resolve().with_name("bench_parts.py")
ENCODER = "DINO ViT-S/16"
#: pixels, or cells, of a side where it is not 4096
SIDES = {"memory": 10_000, "explore": 625, "train": 625}
SECONDS_TO_FIRST_TILE, MILLISECONDS_TO_DECLARE, MOST_OVERHEAD, MOST_MEGABYTES = 2.0, 50.0, 1.10, 1500.0


@dataclass
class Told:
    """What a worker did.

    Attributes:
        seconds: from its start to its end.
        first_tile: seconds from its start to its first tile, or row.
        megabytes: the most memory it held at once.
        facts: what it told of its run.
    """

    seconds: float = 0.0
    first_tile: float = 0.0
    megabytes: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def quiet(seconds: float) -> None:
    """Wait until nothing else runs on this machine, at most so many seconds; a busy one gives no figures."""
    end = time.monotonic() + seconds
    before = _idle()
    while seconds and time.monotonic() < end:
        time.sleep(3)
        now = _idle()
        if now - before > 0.92 * 3 * (os.cpu_count() or 1):
            return
        before = now
    if seconds:
        print("(the machine was not quiet)", flush=True)


def _idle() -> float:
    """Idle seconds of all processors since the machine started; Linux only."""
    return float(Path("/proc/uptime").read_text("utf-8").split()[1])


def part(*arguments: object) -> str:
    """Run a piece of ``bench_parts.py`` in a process of its own, so that its memory is not ours; return what it printed."""
    words = [sys.executable, str(PARTS), *map(str, arguments)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"bench_parts.py {' '.join(words[2:])} ended with {done.returncode}")
    return done.stdout.strip()


def work(params: dict[str, Any], folder: Path, job: str = "encode") -> Told:
    """Run *job* in a worker, as QGIS does.

    Raises:
        SystemExit: it failed; says why.
    """
    request = folder / "request.json"
    request.write_text(json.dumps({"version": 1, "job": job, "params": params}), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    told, last, started = Told(), {}, time.perf_counter()
    with (folder / "stderr.log").open("wb") as chatter:
        command = [sys.executable, "-I", "-X", "utf8", "-u", str(BOOT), "serve", str(request)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=chatter, env=environment
        )
        for line in process.stdout or ():
            last = json.loads(line)
            begun = (
                last.get("event") == "progress" and last.get("unit") in ("tiles", "rows") and last.get("done", 0) > 0
            )
            if not told.first_tile and begun:
                told.first_tile = time.perf_counter() - started
        _, status, used = os.wait4(process.pid, 0)
    told.seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the worker ended with {process.returncode}: {last}")
    told.facts = last["facts"]
    # kilobytes on Linux, bytes on macOS
    told.megabytes = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3 / 1.024)
    return told


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows below each other, as Markdown reads them."""
    texts = [list(head)] + [[str(value) for value in row] for row in rows]
    wide = [max(len(row[i]) for row in texts) for i in range(len(head))]
    lines = ["| " + " | ".join(text.ljust(wide[i]) for i, text in enumerate(row)) + " |" for row in texts]
    print("\n".join([lines[0], "|" + "|".join("-" * (size + 2) for size in wide) + "|", *lines[1:]]), flush=True)


def verdict(name: str, value: float, most: float, unit: str) -> None:
    """Say whether a figure is within its target."""
    print(
        f"{name}: {value:.4g} {unit} (target: at most {most:g}): {'reached' if value <= most else 'MISSED'}\n",
        flush=True,
    )


def overhead(given: argparse.Namespace, folder: Path) -> None:
    """The whole job against a bare timm loop on the same tiles, batch and threads; both are processes of their own."""
    raster, weights = folder / "photo.tif", folder / "vit.safetensors"
    part("raster", raster, given.size, given.size)
    part("weights", weights, 12)
    rows = []
    for overlap in (0, 25):
        tiles = folder / "tiles.npy"
        part("tiles", raster, overlap, tiles)
        loops, starts, jobs, encodes = [], [], [], []
        for _ in range(given.repeat):
            quiet(given.quiet)
            began = time.perf_counter()
            loops.append(float(part("bare", weights, tiles, given.batch, given.threads)))
            starts.append(time.perf_counter() - began)
            quiet(given.quiet)
            told = work(
                {"input": str(raster), "encoder": ENCODER, "weights": str(weights), "overlap": overlap, "batch": given.batch,
                 "threads": given.threads, "device": "cpu", "output": str(folder / "features.tif"), "resume": not given.no_resume},
                folder,
            )  # fmt: skip
            jobs.append(told.seconds)
            encodes.append(told.facts["seconds"])
        rows.append(
            [f"{overlap} %", told.facts["tiles"], f"{min(loops):.1f}", f"{min(encodes):.1f}", f"{min(encodes) / min(loops):.3f}",
             f"{min(starts):.1f}", f"{min(jobs):.1f}", f"{min(jobs) / min(starts):.3f}"]
        )  # fmt: skip
        verdict(f"encode over bare loop, overlap {overlap} %", min(encodes) / min(loops), MOST_OVERHEAD, "times")
        verdict(f"process over process, overlap {overlap} %", min(jobs) / min(starts), MOST_OVERHEAD, "times")
    table(
        ("overlap", "tiles", "bare loop s", "encode s", "ratio", "bare process s", "worker process s", "ratio"),
        rows,
    )


def memory(given: argparse.Namespace, folder: Path) -> None:
    """Peak memory of the worker on a large raster, on one of half its height, and in a first run, which builds and converts the network."""
    weights = folder / "vit.safetensors"
    part("weights", weights, 1 if given.quick else 12)
    rows, peaks = [], []
    for height, run in ((given.size // 8, "first"), (given.size, "later"), (given.size // 2, "later")):
        raster = folder / f"photo_{height}.tif"
        part("raster", raster, given.size, height)
        params = {
            "input": str(raster),
            "weights": str(weights),
            "device": "cpu",
            "output": str(folder / "features.tif"),
        }
        params |= {"encoder": "timm model by name"} if given.quick else {"encoder": ENCODER}
        if given.rows:
            params["extent"] = part("extent", raster, given.rows)
        told = work(params, folder)
        raster.unlink()
        peaks.append(told.megabytes)
        figures = (f"{told.megabytes:.0f}", f"{told.seconds:.0f}", told.facts["megabytes"])
        rows.append([f"{given.size} x {height}", run, told.facts["tiles"], *figures])
    table(("pixels", "run", "tiles", "peak MB", "seconds", "result MB"), rows)
    verdict("peak memory", max(peaks), MOST_MEGABYTES, "MB")
    verdict("full height over half", peaks[1] / peaks[2], 1.1, "times")


def startup(given: argparse.Namespace, folder: Path) -> None:
    """Seconds from the start of a worker's process to its first tiles, for ViT-S/16 on a small raster; the first run converts the network."""
    raster, weights = folder / "photo.tif", folder / "vit.safetensors"
    part("raster", raster, 1024, 1024)
    part("weights", weights, 12)
    params = {"input": str(raster), "encoder": ENCODER, "weights": str(weights), "device": "cpu"}
    quiet(given.quiet)
    runs = [work({**params, "output": str(folder / "features.tif")}, folder) for _ in range(given.repeat + 1)]
    table(
        ("run", "first tile s", "whole run s"),
        [(i + 1, f"{r.first_tile:.2f}", f"{r.seconds:.2f}") for i, r in enumerate(runs)],
    )
    verdict(
        "start to first tiles, later runs, median",
        statistics.median(run.first_tile for run in runs[1:]),
        SECONDS_TO_FIRST_TILE,
        "s",
    )


_DECLARE = """
import sys, time
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
began = time.perf_counter()
import boot
boot.load()
from iamap.algorithms import jobs
from iamap.encoders import encoders
jobs(), encoders()
spent = time.perf_counter() - began
heavy = sorted({"numpy", "torch", "rasterio", "timm", "torchgeo", "sklearn", "qgis", "pandas"} & set(sys.modules))
print(1000 * spent, *heavy)
"""


def declarations(given: argparse.Namespace, folder: Path) -> None:
    """Milliseconds that QGIS's Python takes to import all jobs and cards, and which heavy modules come along."""
    command = [given.python, "-I", "-c", _DECLARE, str(BOOT.parent)]
    told = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(given.repeat + 5)
    ]
    spent = [float(words[0]) for words in told]
    heavy = sorted({name for words in told for name in words[1:]})
    table(
        ("python", "first ms", "median ms", "heavy modules"),
        [(given.python, f"{spent[0]:.1f}", f"{statistics.median(spent[1:]):.1f}", ", ".join(heavy) or "none")],
    )
    verdict("import of all declarations, median", statistics.median(spent[1:]), MILLISECONDS_TO_DECLARE, "ms")


def seams(given: argparse.Namespace, folder: Path) -> None:
    """How much more features change across tile borders than elsewhere, for each way of blending."""
    print(part("seams", folder, given.data), flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    measures = {
        "overhead": overhead,
        "memory": memory,
        "startup": startup,
        "declarations": declarations,
        "seams": seams,
        "explore": explore,
        "train": train,
        "whole": whole,
    }
    system = shutil.which("python3", path="/usr/bin") or sys.executable
    for name in (*measures, "all"):
        verb = verbs.add_parser(name, help=(measures[name].__doc__ or "") if name != "all" else "all of them")
        size = SIDES.get(name, 4096)
        verb.add_argument(
            "--size", type=int, default=None if name == "all" else size, help=f"pixels of a side [{size}]"
        )
        verb.add_argument("--repeat", type=int, default=2, help="runs, of which the quickest or the median counts")
        verb.add_argument("--batch", type=int, default=8, help="overhead: tiles at once")
        verb.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="overhead: processor threads")
        verb.add_argument("--no-resume", action="store_true", help="overhead: without points to resume from")
        verb.add_argument("--rows", type=int, default=0, help="memory: only so many rows of pixels, from the top")
        verb.add_argument("--quick", action="store_true", help="memory: a ViT of one block, as wide as ViT-S/16")
        verb.add_argument(
            "--quiet", type=float, default=0, help="overhead: seconds to wait at most until nothing else runs"
        )
        verb.add_argument("--python", default=system, help="declarations: QGIS's Python")
        verb.add_argument(
            "--data", default=ROOT.parent / "shared" / "data", help="seams: folder of the real rasters and weights"
        )
        verb.add_argument("--folder", default=None, help="for rasters that are made; its disk must hold them")
    given = parser.parse_args()
    for name, measure in measures.items():
        if given.verb in (name, "all"):
            options = argparse.Namespace(**vars(given))
            options.size = given.size or SIDES.get(name, 4096)
            print(f"## {name}: {measure.__doc__}\n\n    python tools/bench.py {name}\n", flush=True)
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                # networks are converted once on a computer: what earlier runs have kept is not measured
                os.environ["IAMAP_HOME"] = str(Path(folder) / "home")
                measure(options, Path(folder))


if __name__ == "__main__":
    main()
