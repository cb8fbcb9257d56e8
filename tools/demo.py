#!/usr/bin/env python3
"""See IAMAP at work on a bare machine: ``python3 tools/demo.py [RASTER]``.

Sets up what is missing (the engine environment; QGIS from the system's packages where it may), draws a scene unless a
raster is given, encodes, clusters and searches it through ``qgis_process``, and writes PNGs of what came out. On the drawn
scene, whose truth is known, it says how good that is, beside the same done with the raw pixels.
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


def draw(steps: Steps, engine: Path, folder: Path, size: int) -> dict[str, str]:
    """Draw the scene, with its class map and labelled points, into *folder*; return paths by what they are."""
    told = steps.run("draw the scene", [engine, "-m", "scene", folder, "--size", size], cwd=ROOT / "tools")
    drawn = json.loads(told.splitlines()[-1])
    shares = ", ".join(f"{name} {share:.0%}" for name, share in drawn["shares"].items())
    say(f"  drawn: {drawn['raster']} ({shares})")
    say(f"  truth: {drawn['classes']}, {drawn['points']}")
    return dict(drawn)


def run_job(steps: Steps, qgis: Qgis | None, engine: Path, folder: Path, job: str, values: dict[str, object]) -> None:
    """Run a job, in QGIS if there is one; show what its log says of it.

    Raises:
        StepFailed: it failed, or did not write a file that was asked for.
    """
    outputs = [Path(value) for value in values.values() if isinstance(value, Path) and value.parent == folder]
    written = [path for path in outputs if path not in (values.get("input"), values.get("query"))]
    for path in written:
        path.unlink(missing_ok=True)
    extra = {"IAMAP_PYTHON": str(engine)}
    if qgis:
        extra.update({**make_profile(folder / "qgis", ROOT), **qgis.environment()})
        given = (f"{name.upper()}={value}" for name, value in values.items())
        words: list[object] = [*qgis.command, "run", f"iamap:{job}", "--", *given]
    else:
        (folder / "request.json").write_text(json.dumps({"job": job, "params": values}, default=str), encoding="utf-8")
        words = [sys.executable, ROOT, "run", folder / "request.json"]
    said = steps.run(f"{job} in QGIS" if qgis else job, words, extra)
    for line in dict.fromkeys(_told(line) for line in said.splitlines()):
        if re.search(r"encoder|tiles|cells|seconds|threshold", line) and not re.search(r"\d of \d|\.\.\.", line):
            say(f"    {line}")
    missing = [str(path) for path in written if not path.is_file()]
    if missing:
        raise StepFailed(f"{job} ended well, but did not write {', '.join(missing)}")


def _told(line: str) -> str:
    """A line of the log without the dots and numbers of the progress bar that it may begin with."""
    return re.sub(r"^[\d.]+(?=[A-Za-z])", "", line.strip())


class Demo:
    """What is done with one raster, one step after the other.

    Args:
        steps: runs programs.
        engine, qgis: what they run in; no QGIS: the command line.
        folder: takes all that is made.
    """

    def __init__(self, steps: Steps, engine: Path, qgis: Qgis | None, folder: Path) -> None:
        self._steps, self._engine, self._qgis, self._folder = steps, engine, qgis, folder
        self.features, self.picture = folder / "features.tif", folder / "features_picture.tif"
        self.clusters, self.similarity = folder / "clusters.tif", folder / "similarity.tif"

    def _run(self, job: str, **values: object) -> None:
        run_job(self._steps, self._qgis, self._engine, self._folder, job, values)

    def _score(self, *words: object) -> float:
        told = self._steps.run(f"score {words[0]}", [self._engine, ROOT / "tools" / "score.py", *words])
        return float(told.splitlines()[-1])

    def encode(self, raster: Path, encoder: str) -> None:
        """Make features and their picture."""
        chosen = {"encoder": encoder} if encoder else {}
        self._run("encode", input=raster, **chosen, output=self.features, picture=self.picture)

    def cluster(self, raster: Path, truth: str | None) -> None:
        """Make six clusters of the features; where the truth is known, compare them, and six clusters of the raw pixels, with it."""
        report = self._folder / "clusters.html"
        self._run("cluster_kmeans", input=self.features, clusters=6, output=self.clusters, report=report)
        if truth:
            plain = self._folder / "clusters_of_pixels.tif"
            self._run("cluster_kmeans", input=raster, clusters=6, output=plain)
            found, baseline = (self._score("clusters", path, truth) for path in (self.clusters, plain))
            say(
                f"  agreement with the true classes (adjusted Rand index): {found:.3f}, of the raw pixels {baseline:.3f}"
            )

    def search(self, raster: Path, drawn: dict[str, str]) -> None:
        """Search for buildings by five points on some, in the features and in the raw pixels; compare both with the truth."""
        about = json.loads(Path(drawn["points"]).read_text("utf-8"))
        some = [one for one in about["features"] if one["properties"]["name"] == "building"]
        query = self._folder / "five_buildings.geojson"
        query.write_text(json.dumps({**about, "features": some[:: max(1, len(some) // 5)][:5]}), encoding="utf-8")
        plain = self._folder / "similarity_of_pixels.tif"
        self._run("similarity", input=self.features, query=query, output=self.similarity)
        self._run("similarity", input=raster, query=query, output=plain)
        value = some[0]["properties"]["class"]
        found, baseline = (
            self._score("search", path, drawn["classes"], value, query) for path in (self.similarity, plain)
        )
        say(f"  average precision from five points: {found:.3f}, in the raw pixels {baseline:.3f}")


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
        drawn = {} if raster else draw(steps, engine, folder, given.size)
        raster = raster or Path(drawn["raster"])
        demo = Demo(steps, engine, qgis, folder)
        say("3. Encode it" + (" in QGIS, as its toolbox does" if qgis else " from the command line"))
        demo.encode(raster, given.encoder)
        say("4. Cluster the features")
        demo.cluster(raster, drawn.get("classes"))
        named = {"raster": raster, "features": demo.picture, "clusters": demo.clusters}
        if drawn:
            say("5. Find buildings by five points")
            demo.search(raster, drawn)
            named["similarity"] = demo.similarity
        say("6. Paint what came out")
        pairs = [f"{name}={path}" for name, path in named.items()]
        told = steps.run("paint", [engine, ROOT / "tools" / "paint.py", folder, *pairs])
    except StepFailed as failure:
        say(f"\n{steps.summary()}\ndemo: {failure}")
        return 1
    painted = json.loads(told.splitlines()[-1])
    say(f"\n{steps.summary()}")
    size = os.path.getsize(demo.features) / 1e6
    say(f"\nFeatures:  {demo.features}  ({size:.1f} MB; open it in QGIS)")
    for name, path in painted.items():
        say(f"{name.replace('_', ' ').capitalize() + ':':<14} {path}")
    say(f"All of it took {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
