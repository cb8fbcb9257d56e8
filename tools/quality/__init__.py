"""What the sections of ``tools/quality.py`` share: running jobs, features of drawn and real scenes, means with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: a small vision transformer whose weights are real, in the folder of real data
VIT = "galileo_nano_rgb_vit_p8.safetensors"


def run(job: str, **params: Any) -> dict[str, Any]:
    """Run a job, silently; return what it wrote and the facts it told."""
    from iamap.algorithms import jobs
    from iamap.worker.context import RunContext

    ctx = RunContext(lambda *_: None)
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in params.items()}
    return {**jobs()[job].make(plain).run(ctx), "facts": ctx.facts}


def encode(raster: Any, output: Path, **params: Any) -> str:
    """Encode; MOSAIKS unless told otherwise."""
    return str(run("encode", **{"input": raster, "output": output, "encoder": "MOSAIKS", **params})["output"])


def with_vit(data: Path | None, name: str = VIT) -> dict[str, Any] | None:
    """Parameters of Encode for the vision transformer with real weights in the folder *data*; None where it is not there."""
    weights = data / "weights" / name if data else None
    if weights is None or not weights.is_file():
        return None
    return {"encoder": "timm model by name", "weights": str(weights), "normalisation": "raster"}


def mean(values: Sequence[float]) -> float:
    """The mean."""
    return sum(values) / len(values)


def half_interval(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean, by Student's t; 0 for a single value."""
    import numpy as np
    from scipy import stats

    if len(values) < 2:
        return 0.0
    return float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
