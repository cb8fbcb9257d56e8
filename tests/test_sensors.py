"""What is known of sensors, and how rasters are recognised: by names, metadata, colours, names of files, or honestly not at all."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rasterio", reason="needs the engine environment")

import numpy as np
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from iamap.contract.networks import RADAR
from iamap.contract.sensors import SENSORS, find_band, key, sensor, sensor_names, sensors_of_file
from iamap.contract.units import UNITS
from iamap.encoders import _bands
from iamap.engine.inputs.known import Known, recognised
from iamap.engine.rasters import open_source
from making import make_raster
from rasterio.enums import ColorInterp

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
UNIT_NAMES = {unit.name for unit in UNITS}
S2 = [band.name for band in sensor("Sentinel-2").bands]


def known(path: Any, bands: list[int] | None = None, **said: Any) -> Known:
    job = SimpleNamespace(**{"wavelengths": None, "sensor": "auto", "unit": "auto", **said})
    with open_source(str(path), bands) as source:
        return recognised(job, source)


def raster(path: Path, names: Any = 3, dtype: str = "uint16", high: float = 3000.0, **about: Any) -> str:
    """A raster of random values up to *high* with these names of bands, or with that many that have none."""
    count = names if isinstance(names, int) else len(names)
    data = np.random.default_rng(0).uniform(0.1, 1, (count, 40, 50)) * high
    made = make_raster(path, data.astype(dtype), **about)
    if not isinstance(names, int):
        with rasterio.open(made, "r+") as ds:
            ds.descriptions = names
    return made


# ---- tables


def test_names_are_saved_for_ever() -> None:
    assert sensor_names()[0] == "auto" and len(set(sensor_names())) == len(SENSORS) + 1
    for one in SENSORS:
        assert {one.unit, *one.units} - {""} <= UNIT_NAMES, one.name
        assert all(find_band(one.bands, name) for layout in one.layouts for name in layout)
        assert all(len(set(layout)) == len(layout) for layout in one.layouts)


@pytest.mark.parametrize("one", SENSORS, ids=lambda one: one.name)
def test_no_two_bands_of_a_sensor_share_a_name(one) -> None:
    names = [key(name) for band in one.bands for name in (band.name, *band.aliases)]
    own = [{key(name) for name in (band.name, *band.aliases)} for band in one.bands]
    assert all(names)
    assert sum(map(len, own)) == len(set(names))
    for band in one.bands:
        assert all(find_band(one.bands, name) is band for name in (band.name, *band.aliases, band.name.lower()))
        assert band.micrometres is None or 0.3 < band.micrometres < 15 or band.micrometres in RADAR.values()


def test_encoders_take_wavelengths_from_here() -> None:
    assert _bands.SENTINEL2["B8A"] == 0.865 and list(_bands.SENTINEL2) == S2
    assert list(_bands.ETM)[-1] == "B8 panchromatic" and _bands.TM["B6"] == 11.45 and len(_bands.OLI_TIRS) == 11


FILES = {
    "S2A_MSIL2A_20230510T105031_N0509_R051_T31UDQ_20230510T170000.tif": "Sentinel-2 L2A",
    "S2B_MSIL1C_20181013T105031_N0206_R051_T31UDQ_20181013T170000.SAFE": "Sentinel-2 L1C",
    "T31UDQ_20230510T105031_B04_10m.jp2": "Sentinel-2",
    "2018-10-13_Sentinel-2B_L1C_B02.tiff": "Sentinel-2 L1C",
    "HLS.S30.T13SGA.2023001T174731.v2.0.B04.tif": "Sentinel-2",
    "HLS.L30.T13SGA.2023001T174731.v2.0.B04.tif": "Landsat 8-9 OLI/TIRS",
    "LC08_L2SP_195025_20200101_20200823_02_T1_SR_B4.TIF": "Landsat 8-9 OLI/TIRS",
    "LC81950252013188LGN00_B4.TIF": "Landsat 8-9 OLI/TIRS",
    "LE07_L1TP_195025_20000101_20200823_02_T1.tif": "Landsat 7 ETM+",
    "LE71400412000304SGS00_RGB.tif": "Landsat 7 ETM+",
    "LT05_L2SP_195025_19900101_20200823_02_T1.tif": "Landsat 4-5 TM",
    "S1A_IW_GRDH_1SDV_20200106T015322_20200106T015347_030670_0383E2_VV.tif": "Sentinel-1",
    "S1_2018_VV_VH_clip.tif": "Sentinel-1",
    "m_4709963_se_14_1_20090818.tif": "NAIP",
    "20230510_103512_24_2449_3B_AnalyticMS_SR_8b.tif": "PlanetScope 8 bands",
    "20190510_103512_1_0f22_3B_AnalyticMS.tif": "PlanetScope 4 bands",
    "MOD09A1.A2018001.h18v04.006.hdf": "MODIS",
    "ENMAP01-____L2A-DT0000001511_20220708T085920Z_009_V010100_20220721T201616Z-SPECTRAL_IMAGE.TIF": "EnMAP",
    "PRS_L2D_STD_20200413023942_20200413023947_0001.he5": "PRISMA",
    "DESIS-HSI-L2A-DT0483531728_003-20200823T095314-V0210-SPECTRAL_IMAGE.tif": "DESIS",
    "srtm_38_03.tif": "Elevation", "dom1_32_356_5699_1_nw_2020.tif": "Elevation", "olinda_dem_utm25s.tif": "Elevation",
    "RGEALTI_MNT.tif": "Elevation", "ortho_irc_2021.tif": "IRC",
}  # fmt: skip
OTHERS = "s2.tif test.tif demography.tif L2A.tif prismatic.tif enmaps2.tif circle.tif s1_plot.tif domain.tif naipaul.tif b4.tif".split()


@pytest.mark.parametrize("name", FILES)
def test_files_are_told_by_their_names(name: str) -> None:
    found = [one.name for one in sensors_of_file(name)]
    assert found[0] == FILES[name]
    # the others are the same sensor, less exactly told
    assert {one.split()[0] for one in found} == {FILES[name].split()[0]}


@pytest.mark.parametrize("name", [name for name in OTHERS if not name.startswith("enmap")])
def test_names_that_only_look_like_it_tell_nothing(name: str) -> None:
    assert sensors_of_file(name) == []


# ---- names of bands


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_bands_are_found_by_any_of_their_names_in_any_order(tmp_path_factory, data) -> None:
    one = data.draw(st.sampled_from([one for one in SENSORS if len(one.bands) > 1]))
    chosen = data.draw(st.permutations(one.bands)) if len(one.bands) < 5 else data.draw(st.permutations(one.bands))[:5]
    names = [data.draw(st.sampled_from([band.name, *band.aliases, band.name.upper()])) for band in chosen]
    path = raster(tmp_path_factory.mktemp("x") / "x.tif", names, "float32", 0.4)
    found = known(path, sensor=one.name)
    assert found.micrometres == tuple(band.micrometres for band in chosen)
    assert found.names == tuple(band.name for band in chosen)
    order = data.draw(st.permutations(range(1, len(names) + 1)))
    assert known(path, list(order), sensor=one.name).names == tuple(chosen[i - 1].name for i in order)


@pytest.mark.parametrize(
    ("names", "sensor_name", "waves"),
    [
        (["B02", "B03", "B04"], "Sentinel-2", (0.49, 0.56, 0.665)),
        (["B4", "B3", "B2", "B8A"], "Sentinel-2", (0.665, 0.56, 0.49, 0.865)),
        (["B4, central wavelength 665 nm", "B8, central wavelength 842 nm"], "Sentinel-2", (0.665, 0.842)),
        (["T31UDQ_20200101_B11", "T31UDQ_20200101_B12"], "Sentinel-2", (1.61, 2.19)),
        (["SR_B4", "SR_B6", "ST_B10"], "Landsat 8-9 OLI/TIRS", (0.6545, 1.6085, 10.895)),
        (["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B7"], "Landsat 7 ETM+", (0.485, 0.56, 0.66, 0.835, 1.65, 2.22)),
        (["sur_refl_b01", "sur_refl_b02"], "MODIS", (0.645, 0.8585)),
        (["VH", "VV"], "Sentinel-1", (RADAR["VH"], RADAR["VV"])),
        (["Sigma0_VV_db", "Sigma0_VH_db"], "Sentinel-1", (RADAR["VV"], RADAR["VH"])),
        (["red", "NIR", "Green"], "", (0.665, 0.842, 0.56)),
        (["665 nm", "0.84 µm", "Band 3 (2190 Nanometers)"], "", (0.665, 0.84, 2.19)),
        (["0.665", "0.56", "0.49"], "", (0.665, 0.56, 0.49)),
        (["418.4", "424.0", "2445.5"], "", (0.4184, 0.424, 2.4455)),
        (["Band 1", "Band 2", "Band 3"], "", (None,) * 3),
        (["B1", "B2", "B3", "B4"], "", (None,) * 4),
        (["1", "2", "3"], "", (None,) * 3),
        (["layer.1", "NDVI", "VV/VH"], "", (None,) * 3),
    ],
)  # fmt: skip
def test_names_of_bands_tell_wavelengths_or_nothing(tmp_path: Path, names, sensor_name: str, waves) -> None:
    path = raster(tmp_path / "x.tif", names, "float32", 0.4, crs=None)
    found = known(path)
    assert (found.sensor, found.micrometres) == (sensor_name, pytest.approx(waves))
    order = list(range(len(names), 0, -1))
    assert known(path, order).micrometres == pytest.approx(waves[::-1])
    assert known(path, [2]).micrometres == pytest.approx(waves[1:2])


def test_numbers_that_several_sensors_have_are_told_apart_by_the_size_of_pixels_or_asked_for(tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO)
    names = ["B2", "B3", "B4", "B5"]
    assert known(raster(tmp_path / "a.tif", names, crs=None)).sensor == ""
    assert "are called B2, B3, B4, B5 by Sentinel-2, Landsat 8-9" in caplog.text and "Sensor tells which" in caplog.text
    assert known(raster(tmp_path / "b.tif", names)).sensor == "Sentinel-2"
    assert "guessed from" in caplog.text and "size of its pixels" in caplog.text
    # a colour says it too
    with rasterio.open(tmp_path / "a.tif", "r+") as ds:
        ds.descriptions = ["B2 green", "B3 red", "B4", "B5"]
    assert known(tmp_path / "a.tif").micrometres[2] == pytest.approx(0.83, abs=0.01)


def test_short_words_in_names_of_files_count_where_all_bands_agree(tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO)
    assert known(raster(tmp_path / "s2_median.tif", 10)).names == (
        "B2",
        "B3",
        "B4",
        "B5",
        "B6",
        "B7",
        "B8",
        "B8A",
        "B11",
        "B12",
    )
    assert "guessed from the name of the file and the number of its bands, 10" in caplog.text
    assert known(raster(tmp_path / "plot_L8.tif", ["B2", "B3", "B4", "B5"], crs=None)).sensor == "Landsat 8-9 OLI/TIRS"
    assert known(raster(tmp_path / "plot_L7.tif", ["B2", "B3", "B4", "B5"], crs=None)).micrometres[0] == 0.56
    for name, bands in (("S2.tif", 4), ("S2b.tif", 11), ("s2_L8.tif", ["NDVI", "B2"]), ("L8.tif", ["B8A", "B4"])):
        assert "Landsat" not in known(raster(tmp_path / name, bands, crs=None)).sensor
        assert bands != 4 or known(tmp_path / name).sensor == ""


# ---- what else tells


def test_the_users_word_comes_first(tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO)
    path = raster(tmp_path / "LC08_L2SP_x_02_T1.tif", S2)
    found = known(path, sensor="Sentinel-2 L1C", unit="reflectance x 10000 + 1000")
    assert (found.sensor, found.unit) == ("Sentinel-2 L1C", "reflectance x 10000 + 1000")
    assert known(path, wavelengths=", ".join(["0.5"] * 13)).micrometres == (0.5,) * 13
    # without names, by their number
    silent = raster(tmp_path / "silent.tif", 12)
    assert known(silent).sensor == "" and known(silent, sensor="Sentinel-2").names == tuple(n for n in S2 if n != "B10")
    caplog.clear()
    assert known(raster(tmp_path / "few.tif", 5), sensor="Sentinel-2").micrometres == (None,) * 5
    assert "which band is which is not told" in caplog.text


def test_wavelengths_in_metadata_are_believed_more_than_names(tmp_path: Path, caplog) -> None:
    path = raster(tmp_path / "x.tif", ["red", "green"])
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(1, ns="IMAGERY", CENTRAL_WAVELENGTH_UM="0.49")
        ds.update_tags(2, ns="IMAGERY", CENTRAL_WAVELENGTH_UM="0.555")
    assert known(path).micrometres == (0.49, 0.555)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1 and "red, which is 0.665 µm, but its wavelength is given as 0.49" in warnings[0]


def test_colours_tell_where_names_do_not(tmp_path: Path) -> None:
    path = raster(tmp_path / "x.tif", 4, "uint8", 250, photometric="minisblack")
    with rasterio.open(path, "r+") as ds:
        ds.colorinterp = [ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.undefined]
    assert known(path).micrometres == (0.49, 0.56, 0.665, None)
    assert known(path, [3, 2, 1]).sensor == "RGB"
    # three bands of 8 bits are taken for a photo, no others are
    assert known(raster(tmp_path / "three.tif", 3, "uint8", 250)).names == ("red", "green", "blue")
    assert known(tmp_path / "three.tif", [3]).names == ("blue",)
    assert known(raster(tmp_path / "ortho_irc.tif", 3, "uint8", 250)).names == ("nir", "red", "green")
    for dtype, count in (("uint16", 3), ("uint8", 4), ("float32", 1)):
        assert known(raster(tmp_path / "other.tif", count, dtype, 250, photometric="minisblack")).wavelengths is None


def test_heights_are_known_by_a_hint_only(tmp_path: Path) -> None:
    assert known(raster(tmp_path / "x.tif", 1, "float32")).unit == ""
    assert known(raster(tmp_path / "my_dem.tif", 1, "float32")).sensor == "Elevation"
    assert known(raster(tmp_path / "my_dem.tif", 1, "uint8", 250)).sensor == ""
    assert known(raster(tmp_path / "y.tif", ["elevation"], "float32")).unit == "metres"
    with rasterio.open(raster(tmp_path / "z.tif", 1, "int16"), "r+") as ds:
        ds.units = ["m"]
    assert known(tmp_path / "z.tif").sensor == "Elevation"
    with rasterio.open(raster(tmp_path / "feet_dem.tif", 1, "int16"), "r+") as ds:
        ds.units = ["ft"]
    assert (known(tmp_path / "feet_dem.tif").sensor, known(tmp_path / "feet_dem.tif").unit) == ("Elevation", "")


def test_polarisations_are_told_by_the_name_of_the_product(tmp_path: Path) -> None:
    product = "S1A_IW_GRDH_1SDH_20200106T015322_20200106T015347_030670_0383E2_9C1A"
    found = known(raster(tmp_path / f"{product}.tif", 2))
    assert found.micrometres == (RADAR["HH"], RADAR["HV"]) and found.unit == "digital numbers"
    assert known(raster(tmp_path / f"{product}_HV.tif", 1, "float32", 0.2)).unit == "linear power"
    assert known(raster(tmp_path / "x.tif", ["Amplitude_VV"], "float32", 0.2)).unit == "digital numbers"


def test_a_stack_of_sensors_is_known_band_by_band(tmp_path: Path) -> None:
    found = known(raster(tmp_path / "x.tif", ["B02", "B03", "VV", "slope", "dem"], "float32", 3000))
    assert found.micrometres == (0.49, 0.56, RADAR["VV"], None, None)
    assert found.each_unit[0] == "reflectance x 10000" and found.each_unit[-1] == "metres" and found.unit == ""
    assert found.of([0, 1]).unit == "reflectance x 10000" and found.of([4]).names == ("elevation",)


def test_a_virtual_raster_is_known_by_the_files_of_its_bands(tmp_path: Path) -> None:
    for number in ("B08", "B04"):
        raster(tmp_path / f"T31UDQ_20200101T105031_{number}_10m.tif", 1)
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{i}"><SimpleSource><SourceFilename relativeToVRT="1">T31UDQ_20200101T105031_{n}_10m.tif'
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>" for i, n in ((1, "B08"), (2, "B04"))
    )  # fmt: skip
    path = tmp_path / "stack.vrt"
    path.write_text(f'<VRTDataset rasterXSize="50" rasterYSize="40">{bands}</VRTDataset>')
    assert known(path).names in {("B8", "B4"), ("nir", "red")} and known(path, [2]).micrometres == (0.665,)
    assert known(tmp_path / "T31UDQ_20200101T105031_B08_10m.tif").micrometres == (0.842,)


@pytest.mark.parametrize(
    ("day", "unit"), [("20230510", "reflectance x 10000 + 1000"), ("20200510", "reflectance x 10000")]
)
def test_the_offset_of_2022_is_told_by_the_day_of_a_tile(tmp_path: Path, day: str, unit: str) -> None:
    found = known(raster(tmp_path / f"T31UDQ_{day}T105031_B04_10m.tif", 1, "uint16", 20_000))
    assert (found.names, found.unit) == (("B4",), unit)


def test_enmap_is_known_by_the_file_beside_it(tmp_path: Path) -> None:
    path = raster(tmp_path / "ENMAP01-____L2A-DT1-SPECTRAL_IMAGE.TIF", 3, "int16")
    assert known(path).wavelengths is None and known(path).unit == "reflectance x 10000"
    text = "".join(
        f"<bandID><wavelengthCenterOfBand>{w}</wavelengthCenterOfBand></bandID>" for w in (418.4, 424, 2445.5)
    )
    (tmp_path / "ENMAP01-____L2A-DT1-METADATA.XML").write_text(text)
    assert known(path, [3, 1]).wavelengths == pytest.approx((2.4455, 0.4184))


# ---- real rasters

REAL = {
    "ms_sentinel2_rcr/2018-10-13_Sentinel-2B_L1C_B08.tiff": ("Sentinel-2 L1C", ("B8",), "8-bit"),
    "ms_landsat8_s1/LC08_232066_20190727.tif": ("Landsat 8-9 OLI/TIRS", ("B2", "B3", "B4", "B5", "B6", "B7"), "reflectance x 10000"),
    "ms_landsat8_s1/S1_2018_VV_VH_clip.tif": ("Sentinel-1", ("VV", "VH", ""), ("dB", "dB", "")),
    "ms_clouds_landsat7/ukis_landsat7_6band_toa.tif": ("Landsat 7 ETM+", ("B1", "B2", "B3", "B4", "B5", "B7"), "reflectance"),
    "ms_landsat_small/L7_ETMs.tif": ("Landsat 7 ETM+", ("B1", "B2", "B3", "B4", "B5", "B7"), "8-bit"),
    "rgb_glaciers_everest/LE71400412000304SGS00_RGB.tif": ("Landsat 7 ETM+", ("B3", "B2", "B1"), "8-bit"),
    "change_naip_nd/m_4709963_se_14_1_20090818.tif": ("NAIP", ("red", "green", "blue", "nir"), "8-bit"),
    "robust/m_3607824_se_17_1_20160620_sub.tif": ("NAIP", ("red", "green", "blue", "nir"), "8-bit"),
    "robust/cog_nodata_nan.tif": ("Sentinel-1", ("VV",), "linear power"),
    "robust/all-nodata.tif": ("PlanetScope 4 bands", ("blue", "green", "red", "nir"), ""),
    "rgb_trees_neon/OSBS_029.tif": ("RGB", ("red", "green", "blue"), "8-bit"),
    "rgb_buildings_ggaba/fair_oam_z21.tif": ("RGB", ("red", "green", "blue"), "8-bit"),
    "dem_city_dsm/dsm.tif": ("Elevation", ("elevation",), "metres"),
    "dem_nrw_dsm/dom1_32_356_5699_1_nw_2020.tif": ("Elevation", ("elevation",), "metres"),
    "hsi_enmap_potsdam/enmap_potsdam_mosaic.tif": ("EnMAP", ("",) * 224, "reflectance x 10000"),
    # nothing tells of these
    "ms_iamap_congo/test.tif": ("", ("",) * 11, "8-bit"),
    "ts_modis_sinop/TERRA_MODIS_012010_NDVI_2013-09-14.jp2": ("", ("",), ""),
    "dem_srtm/bigtujunga.tif": ("", ("",), ""),
    "dem_city_dsm/cog.tif": ("", ("",) * 4, ""),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", REAL)
def test_real_rasters_are_recognised_or_honestly_unknown(name: str, caplog) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"needs {name} in shared/data")
    caplog.set_level(logging.INFO, logger="iamap.engine.inputs.known")
    found = known(DATA / name)
    sensor_name, names, unit = REAL[name]
    assert (found.sensor, found.names) == (sensor_name, names)
    assert found.each_unit == unit if isinstance(unit, tuple) else set(found.each_unit) == {unit}
    told = [record.getMessage() for record in caplog.records if record.name.endswith("known")]
    assert len(told) == 1 and "Sensor" in told[0]


def test_views_of_a_file_are_recognised_as_the_file_is(tmp_path: Path) -> None:
    path = raster(tmp_path / "x.tif", ["B02", "B03", "B8A"])
    job: Any = SimpleNamespace(wavelengths=None, sensor="auto", unit="auto")
    with open_source(path, [3, 1], crs="EPSG:4326") as source:
        assert recognised(job, source).names == ("B8A", "B2")
    with open_source(path, resolution=20) as source:
        assert recognised(job, source).wavelengths == (0.49, 0.56, 0.865)
