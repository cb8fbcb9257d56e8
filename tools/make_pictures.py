#!/usr/bin/env python3
"""Make the pictures of docs/tutorial.md: ``python3 tools/make_pictures.py``. Needs QGIS and xvfb-run.

QGIS is started with a window on a display of its own, its dialogs are filled in and run as a user would on the drawn
scene, and what is seen is written to docs/pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import machine
from find_qgis import make_profile
from steps import ROOT, StepFailed, Steps, say

PICTURES = ROOT / "docs" / "pictures"
#: colours of a picture; a window has few, a map of features many. They are chosen for what is rare, too: a legend's few pixels
COLOURS = 128

_SHRINK = """
import sys
from pathlib import Path
from PIL import Image
for path in sorted(Path(sys.argv[1]).glob("*.png")):
    chosen = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 1, "dither": Image.Dither.NONE}
    image = Image.open(path).convert("RGB").quantize(int(sys.argv[2]), **chosen)
    image.save(Path(sys.argv[3]) / path.name, optimize=True)
"""


def tour(folder: Path, raster: str, points: str, labels: str) -> list[dict[str, Any]]:
    """What the tutorial does, step by step."""
    features = str(folder / "features.tif")
    made = {name: str(folder / f"{name}.tif") for name in ("picture", "components", "clusters", "similarity")}
    return [
        {
            "name": "encode",
            "algorithm": "iamap:encode",
            "params": {"INPUT": raster, "ENCODER": "MOSAIKS", "OUTPUT": features, "PICTURE": made["picture"]},
        },
        {
            "name": "reduce",
            "algorithm": "iamap:reduce_pca",
            "params": {"INPUT": features, "OUTPUT": made["components"], "REPORT": str(folder / "reduce.html")},
        },
        {
            "name": "cluster",
            "algorithm": "iamap:cluster_kmeans",
            "params": {
                "INPUT": features, "CLUSTERS": 6, "OUTPUT": made["clusters"], "TABLE": str(folder / "areas.csv"),
                "REPORT": str(folder / "cluster.html"),
            },
        },
        {
            "name": "similarity",
            "algorithm": "iamap:similarity",
            "vector": points,
            "params": {
                "INPUT": features, "QUERY": points, "OUTPUT": made["similarity"],
                "HITS": str(folder / "hits.gpkg"), "REPORT": str(folder / "similarity.html"),
            },
        },
        {
            "name": "train",
            "algorithm": "iamap:train_logistic",
            "vector": labels,
            "params": {
                "INPUT": features, "MORE": [raster], "LABELS": labels, "COLUMN": "name", "MODEL": str(folder / "land.iamap"),
                "REPORT": str(folder / "train.html"), "SUSPECTS": str(folder / "suspects.gpkg"),
            },
        },
        {
            "name": "apply",
            "algorithm": "iamap:apply",
            "params": {
                "INPUT": features, "MORE": [raster], "MODEL": str(folder / "land.iamap"), "OUTPUT": str(folder / "land.tif"),
                "OUTSIDE": str(folder / "outside.gpkg"), "SMOOTH": 3,
            },
        },
        {
            "name": "suggest",
            "algorithm": "iamap:suggest_labels",
            "params": {
                "INPUT": features, "MORE": [raster], "MODEL": str(folder / "land.iamap"), "COUNT": 12,
                "OUTPUT": str(folder / "suggested.gpkg"),
            },
        },
    ]  # fmt: skip


def some_points(points: str, path: Path, count: int, *names: str) -> str:
    """Write *count* of the drawn scene's labelled points of each class, or of those named, spread over the scene."""
    about = json.loads(Path(points).read_text("utf-8"))
    kept = []
    for name in names or sorted({one["properties"]["name"] for one in about["features"]}):
        of_class = [one for one in about["features"] if one["properties"]["name"] == name]
        kept += of_class[:: max(1, len(of_class) // count)][:count]
    about["features"] = kept
    path.write_text(json.dumps(about), encoding="utf-8")
    return str(path)


def main(arguments: list[str]) -> int:
    """Do it; return 0 if all pictures were made."""
    parser = argparse.ArgumentParser(prog="make_pictures.py", description=__doc__)
    parser.add_argument(
        "--out", default="build/pictures", help="folder for what is made on the way (default: %(default)s)"
    )
    folder = Path(parser.parse_args(arguments).out).absolute()
    steps = Steps(folder / "log")
    shots = folder / "shots"
    shutil.rmtree(shots, ignore_errors=True)
    shots.mkdir(parents=True)
    PICTURES.mkdir(exist_ok=True)
    try:
        engine, qgis = machine.engine(steps), shutil.which("qgis.bin") or shutil.which("qgis")
        if not qgis or not shutil.which("xvfb-run"):
            raise StepFailed("QGIS with windows and xvfb-run are needed")
        drawn = json.loads(
            steps.run(
                "draw the scene", [engine, "-m", "scene", folder, "--size", 1024], cwd=ROOT / "tools"
            ).splitlines()[-1]
        )
        points = some_points(drawn["points"], folder / "five_buildings.geojson", 5, "building")
        labels = some_points(drawn["points"], folder / "labels.geojson", 15)
        plan = {"raster": drawn["raster"], "folder": str(shots), "steps": tour(folder, drawn["raster"], points, labels)}
        (folder / "tour.json").write_text(json.dumps(plan), encoding="utf-8")
        make_profile(folder / "qgis", ROOT)
        extra = {
            "IAMAP_TOUR": str(folder / "tour.json"), "IAMAP_PYTHON": str(engine), "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join((str(Path(qgis).parent), os.environ["PATH"])),
        }  # fmt: skip
        words = [qgis, "--nologo", "--noversioncheck", "--profiles-path", folder / "qgis", "--profile", "default"]
        screen = ["xvfb-run", "-a", "-s", "-screen 0 1400x900x24"]
        steps.run("pictures in QGIS", [*screen, *words, "--code", ROOT / "tools" / "pictures_in_qgis.py"], extra)
        steps.run("shrink the pictures", [engine, "-c", _SHRINK, shots, COLOURS, PICTURES])
    except StepFailed as failure:
        told = shots / "failed.txt"
        say(f"{steps.summary()}\n{told.read_text('utf-8') if told.exists() else ''}\nmake_pictures: {failure}")
        return 1
    for path in sorted(PICTURES.glob("*.png")):
        say(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
