"""Compare maps with a truth that is known, in the engine's Python.

python score.py clusters MAP TRUTH              adjusted Rand index, pixel by pixel of the truth
python score.py search MAP TRUTH VALUE POINTS   average precision of finding the class VALUE, cells of POINTS left out
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def on_grid_of(truth: str, found: str) -> tuple[Any, Any, Any]:
    """(rows, cols) of the truth, of band 1 of the map on the truth's grid, each pixel taking its cell's value, and where both are."""
    import rasterio
    from rasterio.vrt import WarpedVRT

    with rasterio.open(truth) as ds, rasterio.open(found) as made:
        grid = {"crs": ds.crs, "transform": ds.transform, "width": ds.width, "height": ds.height}
        with WarpedVRT(made, **grid) as fine:
            return ds.read(1), fine.read(1), fine.read_masks(1) > 0


def clusters(found: str, truth: str) -> float:
    """Adjusted Rand index: 1 for the same groups under whatever names, 0 for chance."""
    from sklearn.metrics import adjusted_rand_score

    known, made, valid = on_grid_of(truth, found)
    return float(adjusted_rand_score(known[valid], made[valid]))


def search(found: str, truth: str, value: str, points: str) -> float:
    """Average precision: 1 if all of the class comes before all else, its share of the area for chance."""
    import rasterio
    from sklearn.metrics import average_precision_score

    known, made, valid = on_grid_of(truth, found)
    with rasterio.open(truth) as ds, rasterio.open(found) as cells:
        wide = max(1, round(abs(cells.transform.a / ds.transform.a)))
        for one in json.loads(Path(points).read_text("utf-8"))["features"]:
            row, col = ds.index(*one["geometry"]["coordinates"])
            top, left = row // wide * wide, col // wide * wide
            valid[top : top + wide, left : left + wide] = False
    return float(average_precision_score(known[valid] == int(value), made[valid]))


if __name__ == "__main__":
    print({"clusters": clusters, "search": search}[sys.argv[1]](*sys.argv[2:]))
