#!/usr/bin/env python3
"""See IAMAP at work on a bare machine: ``python3 tools/demo.py [RASTER]``.

Sets up what is missing (the engine environment; QGIS from the system's packages where it may), draws a scene unless a
raster is given, runs Encode on it through ``qgis_process``, and writes PNGs of what came out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import machine
from find_qgis import Qgis, make_profile
from steps import ROOT, StepFailed, Steps, say


def options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="demo.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("raster", nargs="?", help="a raster to encode; without one, a scene is drawn")
    parser.add_argument("--out", default="demo-output", help="folder for what is made (default: %(default)s)")
    parser.add_argument("--encoder", default="", help="an encoder by name (default: what the dialog would propose)")
    parser.add_argument("--size", type=int, default=1024, help="pixels of a side of the drawn scene")
    parser.add_argument("--engine-only", action="store_true", help="leave QGIS out: run Encode from the command line")
    return parser.parse_args(arguments)


def set_up(steps: Steps, engine_only: bool) -> tuple[Path, Qgis | None]:
    """Get the engine environment and QGIS, at once: one waits for the network, the other for the disk."""
    machine.make_sure_of_pip(steps)
    with ThreadPoolExecutor() as pool:
        engine = pool.submit(machine.engine, steps)
        qgis = None if engine_only else pool.submit(machine.qgis, steps)
        return engine.result(), qgis.result() if qgis else None


def draw(steps: Steps, engine: Path, folder: Path, size: int) -> Path:
    """Draw the scene, with its class map and labelled points, into *folder*."""
    told = steps.run("draw the scene", [engine, "-m", "scene", folder, "--size", size], cwd=ROOT / "tools")
    drawn = json.loads(told.splitlines()[-1])
    shares = ", ".join(f"{name} {share:.0%}" for name, share in drawn["shares"].items())
    say(f"  drawn: {drawn['raster']} ({shares})")
    say(f"  truth: {drawn['classes']}, {drawn['points']}")
    return Path(drawn["raster"])


def encode(steps: Steps, qgis: Qgis | None, engine: Path, raster: Path, folder: Path, encoder: str) -> dict[str, Path]:
    """Run Encode, in QGIS if there is one; return the features and their picture."""
    made = {"features": folder / "features.tif", "picture": folder / "features_picture.tif"}
    for path in made.values():
        path.unlink(missing_ok=True)
    chosen = {"encoder": encoder} if encoder else {}
    extra = {"IAMAP_PYTHON": str(engine)}
    if qgis:
        values = {"input": raster, **chosen, "output": made["features"], "picture": made["picture"]}
        extra.update({**make_profile(folder / "qgis", ROOT), **qgis.environment()})
        words = [
            *qgis.command,
            "run",
            "iamap:encode",
            "--",
            *(f"{name.upper()}={value}" for name, value in values.items()),
        ]
    else:
        words = [sys.executable, ROOT, "encode", raster, made["features"], "--picture", made["picture"]]
        words += [word for name, value in chosen.items() for word in (f"--{name}", value)]
    said = steps.run("encode in QGIS" if qgis else "encode", words, extra)
    for line in said.splitlines():
        if re.search(r"encoder|tiles|cells|seconds| s\b", line) and "..." not in line:
            say(f"    {line.strip()}")
    missing = [str(path) for path in made.values() if not path.is_file()]
    if missing:
        raise StepFailed(f"Encode ended well, but did not write {', '.join(missing)}")
    return made


def main(arguments: list[str]) -> int:
    """Do it; return 0 if everything asked for was made."""
    given = options(arguments)
    started, folder = time.monotonic(), Path(given.out).absolute()
    raster = Path(given.raster).absolute() if given.raster else None
    if raster and not raster.exists():
        say(f"demo: {raster} is not there")
        return 2
    steps = Steps(folder / "log")
    try:
        say(
            "1. Set up the engine environment"
            + ("" if given.engine_only else " and QGIS")
            + " (minutes the first time)"
        )
        engine, qgis = set_up(steps, given.engine_only)
        say("2. " + (f"Take {raster}" if raster else "Draw a scene"))
        raster = raster or draw(steps, engine, folder, given.size)
        say("3. Encode it" + (" in QGIS, as its toolbox does" if qgis else " from the command line"))
        made = encode(steps, qgis, engine, raster, folder, given.encoder)
        say("4. Paint what came out")
        named = [f"raster={raster}", f"features={made['picture']}"]
        told = steps.run("paint", [engine, ROOT / "tools" / "paint.py", folder, *named])
    except StepFailed as failure:
        say(f"\n{steps.summary()}\ndemo: {failure}")
        return 1
    painted = json.loads(told.splitlines()[-1])
    say(f"\n{steps.summary()}")
    size = os.path.getsize(made["features"]) / 1e6
    say(f"\nFeatures:  {made['features']}  ({size:.1f} MB; open it in QGIS)")
    for name, path in painted.items():
        say(f"{name.replace('_', ' ').capitalize() + ':':<14} {path}")
    say(f"All of it took {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
