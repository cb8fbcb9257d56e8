"""How visible tile borders are, and how much features tell of the place within the tile: with and without what places add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: (overlap in %, blending)
WAYS = ((0, "none"), (25, "none"), (25, "central crop"), (25, "window"), (50, "window"))
#: (what, folder and file of the shared data, bands) of real rasters
RASTERS = (
    ("aerial photo, 5 m (NAIP)", "change_naip_nd/m_4709963_se_14_1_20200831.tif", [1, 2, 3]),
    ("Landsat 7, 30 m (Everest)", "rgb_glaciers_everest/LE71400412000304SGS00_RGB.tif", None),
    ("aerial photo, 25 cm (Netherlands)", "rgb_trees_neon/test_tiled.tif", None),
)


def measure(folder: Path, data: Path) -> str:
    """Encode the rasters there are and return a table in Markdown; a ratio of 1 means that borders are like anywhere else."""
    head = ("raster and encoder", "overlap", "blending", "position bias", "R² of the place", "same ground differs", "border over elsewhere", "of the pixels", "ratio")  # fmt: skip
    rows = []
    for name, raster, params in scenes(folder, data):
        for overlap, blending in WAYS:
            for bias in ("keep", "remove"):
                request = {
                    "input": str(raster),
                    "overlap": overlap,
                    "blending": blending,
                    "position_bias": bias,
                    **params,
                }
                rows.append((name, f"{overlap} %", blending, bias, *figures(run(folder, request), bias)))
                print(" | ".join(rows[-1]), flush=True)
    lines = [head, tuple("-" * len(word) for word in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def scenes(folder: Path, data: Path) -> list[tuple[str, Path, dict[str, Any]]]:
    """(name, raster, parameters of Encode) of what can be measured here."""
    import scene

    found: list[tuple[str, Path, dict[str, Any]]] = []
    weights = data / "weights" / "galileo_nano_rgb_vit_p8.safetensors"
    galileo = {"encoder": "timm model by name", "weights": str(weights), "normalisation": "raster"}
    rasters = [("drawn scene", Path(scene.write(scene.draw(1024), folder)["raster"]), None)]
    rasters += [(name, data / file, bands) for name, file, bands in RASTERS if (data / file).is_file()]
    for name, raster, bands in rasters:
        if weights.is_file():
            found.append((f"{name}, Galileo-nano ViT/8", raster, {**galileo, "bands": bands}))
        found.append((f"{name}, MOSAIKS", raster, {"encoder": "MOSAIKS", "bands": bands}))
    return found


def run(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Encode with a report, which measures, and return what it tells."""
    from iamap.algorithms import jobs
    from iamap.worker.context import RunContext

    context = RunContext(lambda *_: None)
    outputs = {"output": str(folder / "features.tif"), "report": str(folder / "report.html")}
    jobs()["encode"].make({**request, **outputs, "resume": False}).run(context)
    return dict(context.facts)


def figures(facts: dict[str, Any], bias: str) -> tuple[str, ...]:
    """The last columns of the table."""
    told = facts.get("R² of the place within the tile" if bias == "keep" else "R² of the place without the pattern")
    gone = facts.get("differences of the same ground gone")
    seen, scenery = facts.get("seams of the features", float("nan")), facts.get("seams of the pixels", float("nan"))
    less = "" if gone is None else "1" if bias == "keep" else f"{1 - gone:.2f}"
    place = "" if told is None else f"{max(0.0, told):.2f}"
    return place, less, f"{seen:.3f}", f"{scenery:.3f}", f"{seen / scenery:.3f}"
