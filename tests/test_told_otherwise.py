"""What the user says of a raster, and what the raster says: the user is believed, and warned."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rasterio", reason="needs the engine environment")

import rasterio
from iamap.engine.inputs.known import recognised
from iamap.engine.rasters import open_source
from making import make_raster, texture

FOUR = "PlanetScope 4 bands"


def said(folder: Path, caplog: Any, names: tuple[str, ...], dtype: str = "uint8", **words: Any) -> tuple[str, str]:
    """Warnings, and the line that tells what was recognised."""
    caplog.set_level(logging.INFO)
    data = texture(50, 40, len(names)).astype(dtype)
    path = make_raster(
        folder / "stack.tif", data * (10 if dtype == "uint16" else 1), photometric="MINISBLACK", alpha="NO"
    )
    with rasterio.open(path, "r+") as ds:
        ds.descriptions = names
    job = SimpleNamespace(**{"wavelengths": None, "sensor": "auto", "unit": "auto", **words})
    with open_source(path) as source:
        recognised(job, source)
    texts = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    return "\n".join(texts), next(t for t in caplog.text.splitlines() if "the bands are taken for" in t)


def test_names_that_are_not_those_of_the_sensor_are_mentioned(tmp_path: Path, caplog: Any) -> None:
    warned, line = said(tmp_path, caplog, ("B2", "B3", "B4", "B8"), sensor=FOUR)
    assert f"Sensor is {FOUR}, but band 1 is called B2" in warned and "band 4 is called B8" in warned
    assert "(as told by Sensor; which is which by the number of its bands, 4): blue" in line and "guessed" not in line


@pytest.mark.parametrize("sensor", ["Sentinel-2 L2A", "EnMAP"])
def test_what_wavelengths_tell_is_not_missed(tmp_path: Path, caplog: Any, sensor: str) -> None:
    """Which band is which has been told then, though neither the sensor nor the file does."""
    doubts, names = re.compile("is not told|does not tell"), ("", "", "", "")
    assert doubts.search(said(tmp_path, caplog, names, sensor=sensor)[1])
    caplog.clear()
    line = said(tmp_path, caplog, names, sensor=sensor, wavelengths="0.49, 0.56, 0.665, 0.842")[1]
    assert "band 3 0.665 µm" in line and not doubts.search(line)


@pytest.mark.parametrize(
    "names, sensor",
    [
        (("B1", "B2", "B3", "B4"), FOUR),
        (("Band 1", "Band 2", "Band 3", "Band 4"), FOUR),
        (("blue", "green", "red", "nir"), FOUR),
        (("", "", "", ""), "NAIP"),
        (("june", "july", "august", "september"), FOUR),
        (("B2", "B3", "B4", "B8"), "Sentinel-2"),
        (("B2", "B3", "B4", "B8"), "auto"),
    ],
)
def test_names_that_agree_or_say_nothing_are_not(
    tmp_path: Path, caplog: Any, names: tuple[str, ...], sensor: str
) -> None:
    assert said(tmp_path, caplog, names, sensor=sensor)[0] == ""


@pytest.mark.parametrize("unit", ["reflectance x 10000", "reflectance x 10000 + 1000", "reflectance", "dB"])
def test_bytes_in_a_unit_that_needs_more_are_mentioned(tmp_path: Path, caplog: Any, unit: str) -> None:
    assert f"Unit of the values is {unit}, but they lie from" in said(tmp_path, caplog, ("", "", "x"), unit=unit)[0]


def test_bytes_and_larger_numbers_may_be_what_they_are_told_to_be(tmp_path: Path, caplog: Any) -> None:
    names = ("red", "green", "blue")
    assert said(tmp_path, caplog, names, unit="8-bit")[0] == ""
    assert said(tmp_path, caplog, names, "uint16", unit="reflectance x 10000")[0] == ""
