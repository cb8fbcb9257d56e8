"""What tests of checking a map need: maps with their truth, reference layers, and a check whose figures come back as a dict."""

from __future__ import annotations

import csv
import re
import warnings

import numpy as np
import pyogrio
import shapely
from iamap.algorithms import jobs
from making import NORTH_UP, context, make_raster

Evaluate = jobs()["evaluate"]
HIGH, WIDE = 43, 61


def layer(path, shapes, values, crs="EPSG:32631", column="kind"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a layer without a CRS is meant
        pyogrio.raw.write(
            str(path), shapely.to_wkb(np.array(shapes, object)), [np.asarray(values)], [column],
            geometry_type="Unknown", crs=crs,
        )  # fmt: skip
    return str(path)


def at(rows, cols, grid=NORTH_UP):
    """Points in the middle of cells."""
    x, y = grid * (np.asarray(cols) + 0.5, np.asarray(rows) + 0.5)
    return list(shapely.points(np.stack([x, y], 1)))


def truth(kinds=3, seed=0, shape=(HIGH, WIDE)):
    """Patches of classes from 1, with another class at some cells of the map; (map, truth)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(1, kinds + 1, (shape[0] // 6 + 1, shape[1] // 6 + 1))
    real = np.kron(coarse, np.ones((6, 6), int))[: shape[0], : shape[1]].astype(np.uint8)
    wrong = rng.random(shape) < 0.2
    return np.where(wrong, rng.integers(1, kinds + 1, shape), real).astype(np.uint8), real


def checker(tmp_path):
    """What runs a check of *drawn* (rows, cols) or a path; it returns figures by (figure, class, class in map).

    With *page*, the text of the report too: its pictures take longer than all the rest.
    """

    def run(drawn, reference=None, profile=None, page=False, **params):
        if not isinstance(drawn, str):
            drawn = make_raster(tmp_path / "map.tif", np.asarray(drawn)[None], **(profile or {}))
        if reference is not None:
            params |= {"reference": reference, "column": params.get("column", "kind")}
        out = {"table": str(tmp_path / "t.csv"), "points": str(tmp_path / "p.gpkg")}
        out |= {"report": str(tmp_path / "r.html")} if page else {}
        done = Evaluate.make({"input": drawn, **out, **params}).run(context())
        assert done == out
        with open(done["table"], encoding="utf-8-sig") as file:
            rows = {(one["figure"], one["class"], one["class_in_map"]): one for one in csv.DictReader(file)}
        if not page:
            return rows
        text = re.sub("<[^>]+>", " ", (tmp_path / "r.html").read_text("utf-8").partition("</style>")[2])
        return rows, text

    return run


def value(rows, figure, *of):
    return float(rows[(figure, *of, *[""] * (2 - len(of)))]["value"])


def ends(rows, figure, name=""):
    row = rows[(figure, name, "")]
    return float(row["low"]), float(row["high"])
