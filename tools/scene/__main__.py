"""Draw a scene from the command line."""

from __future__ import annotations

import argparse
import json
import time

from . import CLASSES, draw, write


def main() -> None:
    """Draw, write, and print the paths as one line of JSON."""
    parser = argparse.ArgumentParser(prog="scene", description="Draw an aerial photograph whose truth is known.")
    parser.add_argument("folder")
    parser.add_argument("--size", type=int, default=1024, help="pixels of a side")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--date", type=int, default=1, choices=(1, 2))
    parser.add_argument("--name", default="scene")
    given = parser.parse_args()
    start = time.perf_counter()
    scene = draw(given.size, given.seed, date=given.date)
    shares = {name: round(float((scene.classes == value).mean()), 3) for value, name in CLASSES.items()}
    paths = write(scene, given.folder, given.name)
    print(json.dumps({**paths, "seconds": round(time.perf_counter() - start, 1), "shares": shares}))


if __name__ == "__main__":
    main()
